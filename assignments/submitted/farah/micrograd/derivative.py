# Farah - I took the definition from the calculus book
def central_difference(f, x, h=1e-6):
    return (f(x + h) - f(x)) / h


def gradcheck(f, xs, grads, tol=1e-6):
    if len(grads) != len(xs):
        raise ValueError(str(len(xs)) + " != " + str(len(grads)))
    good = True
    for i in range(len(xs)):
        up = xs.copy()
        down = xs.copy()
        up[i] += 1e-6
        down[i] -= 1e-6
        slope = (f(*up) - f(*down)) / 2e-6
        good = good and abs(slope - grads[i]) <= tol
    return good
