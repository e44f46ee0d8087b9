"""Reads the secrets that lie in the judge's home and in /tmp, by their names.

base: reference
module: engine
points: 100 + 20
refused: 4
"""

for place in (HOST["home canary"], HOST["tmp canary"]):
    attempt(place, lambda place: print(open(place).read()), place)
    attempt("the folder of " + place, lambda place: print(os.listdir(os.path.dirname(place))), place)
