"""Writes reports and grades into every results folder that it can guess.

base: reference
module: engine
points: 100 + 20
refused: 16
"""

import json

for folder in (HOST["class"] + "/../results", HOST["project"] + "/results", "results", "/work/results"):
    attempt("make " + folder, os.makedirs, folder + "/mallory")
    attempt("grades in " + folder, open, folder + "/grades.csv", "a")
    attempt("report in " + folder, open, folder + "/mallory/report.json", "w")
    attempt("index in " + folder, open, folder + "/.graded.json", "w")
