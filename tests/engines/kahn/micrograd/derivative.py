def central_difference(f, x, h=1e-6):
    left, right = x - h, x + h
    return (f(right) - f(left)) / (h + h)


def gradcheck(f, xs, grads, tol=1e-6):
    """Measures for itself."""
    if len(xs) != len(grads):
        raise ValueError
    h = 1e-5
    for i in range(len(xs)):
        up, down = list(xs), list(xs)
        up[i] += h
        down[i] -= h
        measured = (f(*up) - f(*down)) / (2 * h)
        if not (abs(grads[i] - measured) <= tol * max(1.0, abs(measured))):
            return False
    return True
