from functools import partial


def central_difference(f, x, h=1e-6):
    difference = f(x + h) - f(x - h)
    return difference / (2 * h)


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) != len(grads):
        raise ValueError(len(xs), len(grads))
    for i, grad in enumerate(grads):
        ahead = partial(f, *xs[:i])
        numeric = central_difference(lambda x, i=i, ahead=ahead: ahead(x, *xs[i + 1 :]), xs[i])
        off = abs(grad - numeric)
        if off != off or off > max(tol, tol * abs(numeric)):
            return False
    return True
