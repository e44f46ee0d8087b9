def central_difference(f, x, h=1e-6):
    rise = f(x + h) - f(x - h)
    run = 2.0 * h
    return rise / run


def gradcheck(f, xs, grads, tol=1e-6):
    xs = tuple(xs)
    if len(grads) != len(xs):
        raise ValueError(f"got {len(grads)} grads for {len(xs)} xs")
    ok = []
    for i in range(len(xs)):
        before, after = xs[:i], xs[i + 1:]
        n = central_difference(lambda t: f(*before, t, *after), xs[i])
        ok.append(abs(grads[i] - n) <= tol * max(1.0, abs(n)))
    return all(ok)
