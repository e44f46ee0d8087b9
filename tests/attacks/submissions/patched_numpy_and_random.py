"""Patches the modules that all submissions of a worker find loaded: the next student must not meet them.

base: reference
module: derivative
points: 100 + 20
tried: 1
"""

import math, numpy

tried("math and numpy")
for module in (math, numpy):
    for name in ("exp", "log", "tanh"):
        setattr(module, name + "_", getattr(module, name))
numpy.float64 = numpy.exp = numpy.array = None
