def central_difference(f, x, h=1e-6):
    values = [f(x + k * h) for k in (-1, 1)]
    return (values[1] - values[0]) / (2 * h)


def numeric_gradient(f, xs):
    gradient = []
    for i, x in enumerate(xs):

        def along(t, i=i):
            moved = list(xs)
            moved[i] = t
            return f(*moved)

        gradient.append(central_difference(along, x))
    return gradient


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) != len(grads):
        raise ValueError("a gradient has one part for each input")
    return all(abs(g - n) <= max(tol, tol * abs(n)) for g, n in zip(grads, numeric_gradient(f, xs), strict=True))
