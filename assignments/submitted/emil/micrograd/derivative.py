def central_difference(f, x, h=1e-6):
    df = f(x + h) - f(x - h)
    dx = 2 * h
    return df / dx


def gradcheck(f, xs, grads, tol=1e-6):
    if len(grads) != len(xs):
        raise ValueError
    for i, g in enumerate(grads):
        numeric = central_difference(lambda t: f(*[t if j == i else x for j, x in enumerate(xs)]), xs[i])
        if not (abs(g - numeric) < tol * max(1, abs(numeric))):
            return False
    return True
