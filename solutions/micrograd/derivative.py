"""Derivatives by measuring: change the input a little and watch the output.

It works for every function and explains nothing, which makes it the right tool to check an autograd engine with.
"""


def central_difference(f, x, h=1e-6):
    """Estimate the derivative of `f` at `x` from its values at `x + h` and `x - h`; floats in and out.

    Looking to both sides cancels the curvature of `f`: the error shrinks with h**2, where a one-sided difference's
    shrinks with h alone.
    """
    # Return the slope of the line through the two points of `f` at x + h and at x - h.
    ### BEGIN SOLUTION derivative-central
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


def gradcheck(f, xs, grads, tol=1e-6):
    """Tell whether `grads` is the gradient of `f` at `xs`: True or False.

    `f` takes as many floats as there are in `xs` and returns one; `grads[i]` claims to be its derivative with respect
    to `xs[i]`. A claim holds when it is within `tol * max(1, |n|)` of the numeric derivative n. NaN is never right.
    Raises ValueError when `xs` and `grads` differ in length.
    """
    # Compare each claim with `central_difference` of `f` along that one argument, while the others stay put.
    ### BEGIN SOLUTION derivative-gradcheck
    if len(xs) != len(grads):
        raise ValueError(f'{len(xs)} inputs, but {len(grads)} gradients')
    for i, claim in enumerate(grads):
        def along(x, i=i):
            return f(*xs[:i], x, *xs[i + 1:])

        numeric = central_difference(along, xs[i])
        if not abs(claim - numeric) <= tol * max(1.0, abs(numeric)):  # also False for NaN
            return False
    return True
    ### END SOLUTION
