def central_difference(f, x, h=1e-6):
    # slope of the secant
    x1, x2 = x - h, x + h
    return (f(x2) - f(x1)) / (2 * h)


def gradcheck(f, xs, grads, tol=1e-6):
    pairs = list(zip(xs, grads, strict=True))
    for i, (x, g) in enumerate(pairs):
        def line(t):
            point = [p for p, _ in pairs]
            point[i] = t
            return f(*point)
        expected = central_difference(line, x)
        if abs(g - expected) <= tol * max(1.0, abs(expected)):
            continue
        return False
    return True
