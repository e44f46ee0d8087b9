"""Imports PyTorch, the oracle, the exam and the tests, also after it took the guard of imports away.

base: reference
module: engine
points: 100 + 20
refused: 26
"""

NAMES = ["torch", "hypothesis", "pytest", "rich", "click", "pip", "setuptools", "solutions.micrograd.engine"]
NAMES += [
    "autograder.courses.micrograd.oracle.torch_lab",
    "autograder.exam.building",
    "autograder.grading.grader",
    "autograder.exam.equality",
    "autograder.courses.micrograd.transcript.lab",
]
finders, path = [*sys.meta_path], [*sys.path]
for name in NAMES:
    attempt(name, __import__, name)
sys.meta_path[2:] = [__import__("importlib.machinery").machinery.PathFinder]
sys.path += [HOST["project"], HOST["project"] + "/solutions", HOST["packages"]]
for name in NAMES:
    attempt(name + " without the guard", __import__, name)
sys.meta_path[:], sys.path[:] = finders, path
