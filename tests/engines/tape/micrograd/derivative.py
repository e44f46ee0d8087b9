def central_difference(f, x, h=1e-6):
    ahead, behind = map(f, (x + h, x - h))
    return (ahead - behind) / (2 * h)


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) != len(grads):
        raise ValueError(f"{len(grads)} gradients for {len(xs)} inputs")

    def right(i):
        numeric = central_difference(lambda x: f(*(x if j == i else y for j, y in enumerate(xs))), xs[i])
        return abs(grads[i] - numeric) <= tol * max(1.0, abs(numeric))

    return all(right(i) for i in range(len(xs)))
