DEBUG = True


def central_difference(f, x, h=1e-6):
    fr = f(x + h)
    fl = f(x - h)
    if DEBUG:
        print("f(x + h) =", fr, " f(x - h) =", fl)
    return (fr - fl) / (x + h - (x - h)) if h > 0.01 else (fr - fl) / (2 * h)


def gradcheck(f, xs, grads, tol=1e-6):
    print("=" * 60)
    print("gradcheck", xs, grads)
    if len(grads) != len(xs):
        raise ValueError("len(xs) = %d but len(grads) = %d" % (len(xs), len(grads)))
    for i in range(len(xs)):
        def f_of_one(t, i=i):
            return f(*[*xs[:i], t, *xs[i + 1:]])
        approx = central_difference(f_of_one, xs[i])
        print("   input", i, "approx", approx, "claimed", grads[i])
        scale = max(1, abs(approx))
        if abs(grads[i] - approx) / scale <= tol:
            print("   ok")
            continue
        print("   WRONG")
        return False
    return True
