def central_difference(f, x, h=1e-6):
    return -(f(x - h) - f(x + h)) / (2 * h)


def gradcheck(f, xs, grads, tol=1e-6):
    i, n = 0, len(xs)
    if n != len(grads):
        raise ValueError("how many inputs are there?")
    while i < n:

        def g(t):
            return f(*xs[:i], t, *xs[i + 1 :])  # noqa: B023

        d = central_difference(g, xs[i])
        if not -tol * max(1, abs(d)) <= grads[i] - d <= tol * max(1, abs(d)):
            return False
        i += 1
    return True
