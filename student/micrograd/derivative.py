"""Derivatives by measuring: change the input a little and watch the output.

It works for every function and explains nothing, which makes it the right tool to check an autograd engine with.
"""


def central_difference(f, x, h=1e-6):
    """Estimate the derivative of `f` at `x` from its values at `x + h` and `x - h`; floats in and out.

    Looking to both sides cancels the curvature of `f`: the error shrinks with h**2, where a one-sided difference's
    shrinks with h alone.
    """
    # TODO derivative-central: Return the slope of the line through the two points of `f` at x + h and at x - h.
    raise NotImplementedError("derivative-central")


def gradcheck(f, xs, grads, tol=1e-6):
    """Tell whether `grads` is the gradient of `f` at `xs`: True or False.

    `f` takes as many floats as there are in `xs` and returns one; `grads[i]` claims to be its derivative with respect
    to `xs[i]`. A claim holds when it is within `tol * max(1, |n|)` of the numeric derivative n. NaN is never right.
    Raises ValueError when `xs` and `grads` differ in length.
    """
    # TODO derivative-gradcheck: Compare each claim with `central_difference` of `f` along that one argument, while the
    # others stay put.
    raise NotImplementedError("derivative-gradcheck")
