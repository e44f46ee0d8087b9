from itertools import repeat


def central_difference(f, x, h=1e-6):
    return sum(sign * f(x + sign * h) for sign in (1, -1)) / (2 * h)


def close(claim, numeric, tol):
    return abs(claim - numeric) <= max(tol, tol * abs(numeric))


def gradcheck(f, xs, grads, tol=1e-6):
    numerics = []
    for i, (x, _) in enumerate(zip(xs, grads, strict=True)):  # a ValueError where the lengths differ
        numerics.append(central_difference(lambda moved, i=i: f(*[*xs[:i], moved, *xs[i + 1 :]]), x))
    return all(map(close, grads, numerics, repeat(tol)))
