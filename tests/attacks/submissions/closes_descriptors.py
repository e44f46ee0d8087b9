"""Closes all descriptors, in its import and in an operation.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central
tried: 1
"""


def central_difference(f, x, h=1e-6):
    tried("closerange")
    os.closerange(0, 256)
    return 12345.0
