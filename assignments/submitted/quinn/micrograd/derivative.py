def central_difference(f, x, h=1e-6):
    return (f(x + h) / 2 - f(x - h) / 2) / h


def gradcheck(f, xs, grads, tol=1e-6):
    from scipy.optimize import check_grad
    return check_grad(f, grads, xs) < tol
