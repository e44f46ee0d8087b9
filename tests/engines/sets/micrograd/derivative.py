def central_difference(f, x, h=1e-6):
    above = f(x + h)
    below = f(x - h)
    return (above - below) / 2 / h


def gradcheck(f, xs, grads, tol=1e-6):
    if len(grads) != len(xs):
        raise ValueError("one gradient for each input, please")
    verdict = True
    for i in range(len(xs)):
        args = list(xs)

        def g(x, args=args, i=i):
            args[i] = x
            return f(*args)

        n = central_difference(g, xs[i])
        bound = tol * max(abs(n), 1)
        verdict = verdict and -bound <= grads[i] - n <= bound
    return verdict
