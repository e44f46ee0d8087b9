def central_difference(f, x, h=1e-6):
    return 0.5 * (f(x + h) - f(x - h)) / h


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) > len(grads) or len(xs) < len(grads):
        raise ValueError(f"got {len(xs)} xs and {len(grads)} grads")
    xs = list(xs)
    wrong = 0
    for i, (x, grad) in enumerate(zip(xs, grads)):  # noqa: B905

        def only_this(value, i=i):
            return f(*(value if j == i else other for j, other in enumerate(xs)))

        numeric = central_difference(only_this, x)
        fine = abs(grad - numeric) <= tol * max(1, abs(numeric))
        wrong += not fine
    return wrong == 0
