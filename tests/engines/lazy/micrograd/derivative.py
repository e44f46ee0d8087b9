from fractions import Fraction


def central_difference(f, x, h=1e-6):
    rise, run = f(x + h) - f(x - h), 2 * h
    return rise / run


def gradcheck(f, xs, grads, tol=1e-6):
    if (n := len(xs)) != len(grads):
        raise ValueError(f"{n} inputs need {n} gradients")
    numeric = [central_difference(lambda x, i=i: f(*replaced(xs, i, x)), xs[i]) for i in range(n)]
    allowed = [tol * abs(slope) if abs(slope) > 1 else tol for slope in numeric]
    return all(g == g and exact(g, slope) <= Fraction(a) for g, slope, a in zip(grads, numeric, allowed, strict=True))


def exact(one, other):
    """How far apart they are, without rounding."""
    return abs(Fraction(one) - Fraction(other))


def replaced(xs, i, x):
    return [*xs[:i], x, *xs[i + 1 :]]
