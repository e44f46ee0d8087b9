"""Week 1: derivatives without calculus."""


def central_difference(f, x, h=1e-6):
    right, left = f(x + h), f(x - h)
    return (right - left) / h / 2


def gradcheck(f, xs, grads, tol=1e-6):
    n = len(xs)
    if n != len(grads):
        raise ValueError("xs and grads must have the same length")

    def partial(k):
        # derivative along argument k, the others are frozen
        point = list(xs)

        def g(t):
            point[k] = t
            return f(*point)
        return central_difference(g, xs[k])

    for k in range(n):
        slope = partial(k)
        allowed = tol * max(1, abs(slope))
        # NaN compares false with everything, so ask for "inside" and not for "outside"
        inside = abs(grads[k] - slope) <= allowed
        if not inside:
            return False
    return True
