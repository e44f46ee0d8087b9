import numpy as np


def central_difference(f, x, h=1e-6):
    return np.subtract(f(x + h), f(x - h)) / (2 * h)


def gradcheck(f, xs, grads, tol=1e-6):
    claims = np.array(grads, dtype=float)
    if claims.shape != (len(xs),):
        raise ValueError("xs and grads differ in length")
    numeric = np.array(
        [central_difference(lambda x, i=i: f(*xs[:i], x, *xs[i + 1 :]), float(x)) for i, x in enumerate(xs)]
    )
    return np.all(np.abs(claims - numeric) <= tol * np.maximum(1.0, np.abs(numeric)))
