def central_difference(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / h / 2


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) - len(grads):
        raise ValueError("xs, grads")
    ns = (central_difference(lambda x, i=i: f(*xs[:i], x, *xs[i + 1 :]), x) for i, x in enumerate(xs))
    return all(abs(g - n) <= tol * max(1, abs(n)) for g, n in zip(grads, ns))  # noqa: B905
