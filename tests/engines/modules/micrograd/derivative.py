import math


def central_difference(f, x, h=1e-6):
    return math.fsum((f(x + h), -f(x - h))) / (2 * h)


def partial(f, xs, i):
    before, after = xs[:i], xs[i + 1 :]
    return central_difference(lambda x: f(*before, x, *after), xs[i])


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) != len(grads):
        raise ValueError("lengths differ")
    pairs = [(grad, partial(f, xs, i)) for i, grad in enumerate(grads)]
    return not any(math.isnan(grad) or abs(grad - n) > tol * max(1.0, abs(n)) for grad, n in pairs)
