def central_difference(f, x, h=1e-6):
    a = f(x - h)
    b = f(x + h)
    return (b - a) / 2 / h


def gradcheck(f, xs, grads, tol=1e-6):
    if len(grads) != len(xs):
        raise ValueError("different lengths")
    for i in range(len(xs)):
        along_i = lambda t: f(*xs[:i], t, *xs[i+1:])
        d = central_difference(along_i, xs[i])
        if not (abs(d - grads[i]) <= tol * max(abs(d), 1.0)):
            return False
    return True
