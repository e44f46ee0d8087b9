def around(x, h):
    yield x + h
    yield x - h


def central_difference(f, x, h=1e-6):
    above, below = (f(near) for near in around(x, h))
    return (above - below) / 2.0 / h


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) != len(grads):
        raise ValueError("a gradient for each input, please")
    at = list(xs)
    for i, claim in enumerate(grads):

        def line(moved, i=i):
            arguments = at.copy()
            arguments[i] = moved
            return f(*arguments)

        slope = central_difference(line, at[i])
        if abs(claim - slope) <= tol or abs(claim - slope) <= tol * abs(slope):
            continue
        return False
    return True
