def central_difference(f, x, h=1e-6):
    rise = f(x + h)
    rise -= f(x - h)
    run = (x + h) - (x - h)  # what the step has become by rounding
    return rise / run


def gradcheck(f, xs, grads, tol=1e-6):
    assert_same_length(xs, grads)
    wrong = []
    for i in range(len(xs)):
        head, tail = list(xs[:i]), list(xs[i + 1 :])
        n = central_difference(lambda x, head=head, tail=tail: f(*head, x, *tail), xs[i])
        tolerance = tol * abs(n) if abs(n) > 1 else tol
        if not n - tolerance <= grads[i] <= n + tolerance:
            wrong.append(i)
    return not wrong


def assert_same_length(xs, grads):
    if len(xs) != len(grads):
        raise ValueError(f"lengths {len(xs)} and {len(grads)}")
