'''numeric derivatives'''


def central_difference(f, x, h=1e-6):
    return 0.5 * (f(x + h) - f(x - h)) / h


def gradcheck(f, xs, grads, tol=1e-6):
    if len(grads) != len(xs):
        raise ValueError('need one gradient per input')

    def shifted(i):
        return lambda t: f(*[t if k == i else v for k, v in enumerate(xs)])

    slopes = [central_difference(shifted(i), v) for i, v in enumerate(xs)]
    return all(abs(g - s) <= tol * max(1, abs(s)) for g, s in zip(grads, slopes))
