import numpy as np


def central_difference(f, x, h=1e-6):
    values = [f(x + step) for step in (-h, h)]
    return float(np.diff(values)[0] / (2 * h))


def gradcheck(f, xs, grads, tol=1e-6):
    n = len(xs)
    if n != len(grads):
        raise ValueError(f"{n} inputs and {len(grads)} gradients")
    at = np.array(xs, dtype=float)
    axes = np.eye(n)
    # Along axis i, t is how far we are from where the others stay put.
    numeric = [central_difference(lambda t, axis=axis: f(*(at + t * axis).tolist()), 0.0) for axis in axes]
    return bool(np.allclose(grads, numeric, rtol=0, atol=tol * np.maximum(1.0, np.abs(numeric))))
