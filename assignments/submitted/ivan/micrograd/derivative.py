import sys


def central_difference(f, x, h=1e-6):
    lo, hi = x - h, x + h
    return (f(hi) - f(lo)) / (2 * h)


def gradcheck(f, xs, grads, tol=1e-6):
    if len(grads) != len(xs):
        sys.exit("xs and grads have different lengths")
    for i, x in enumerate(xs):
        args = list(xs)
        slope = central_difference(lambda t: f(*(args[:i] + [t] + args[i + 1:])), x)
        # not (a <= b), because NaN
        if not abs(slope - grads[i]) <= tol * max(1.0, abs(slope)):
            return False
    return True
