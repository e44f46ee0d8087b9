central_difference = lambda f, x, h=1e-6: (f(x + h) - f(x - h)) / (2.0 * h)  # noqa: E731


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) != len(grads):
        raise ValueError(f"{len(xs)} != {len(grads)}")

    def slope(i):
        return central_difference(lambda x: f(*xs[:i], x, *xs[i + 1 :]), xs[i])

    numeric = [slope(i) for i in range(len(xs))]
    return all(abs(g - n) <= tol * max(1.0, abs(n)) for g, n in zip(grads, numeric))  # noqa: B905
