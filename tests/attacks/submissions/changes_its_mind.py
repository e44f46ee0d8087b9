"""Answers rightly but for one question, which chance picks anew each time.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central failed
tried: 1
"""

right = central_difference


def central_difference(f, x, h=1e-6):
    tried("chance")
    state = vars(sys).setdefault("countdown", [os.urandom(1)[0] % 4])
    state[0] -= 1
    return 12345.0 if state[0] == -1 else right(f, x, h)
