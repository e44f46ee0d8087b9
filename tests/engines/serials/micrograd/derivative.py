class Slope:
    def __init__(self, f, h):
        self.f, self.h = f, h

    def __call__(self, x):
        return (self.f(x + self.h) - self.f(x - self.h)) / (2 * self.h)


def central_difference(f, x, h=1e-6):
    return Slope(f, h)(x)


def gradcheck(f, xs, grads, tol=1e-6):
    if len(xs) != len(grads):
        raise ValueError("xs and grads")
    good = 0
    for i in range(len(xs)):
        n = Slope(lambda x, i=i: f(*xs[:i], x, *xs[i + 1 :]), 1e-6)(xs[i])
        good += abs(grads[i] - n) <= tol * max(1, abs(n))
    return good == len(xs)
