"""Derivatives by measuring, on plain floats."""

from autograder.courses.micrograd.rubric import item
from autograder.exam.domains import Choice, Real, Vector

_FORMULAS = (
    "x**3 - 2*x",
    "3*x**2 - 4*x + 5",
    "math.exp(2*x)",
    "math.sin(5*x) + x",
    "1 / (x**2 + 0.01)",
    "math.tanh(x) * x",
)


@item(
    "derivative-central",
    points=2,
    target="derivative:central_difference",
    uses=("derivative",),
    tolerance=1e-6,
    questions=6,
    examples=(
        {"formula": "math.exp(30*x)", "x": 0.5, "h": None},
        {"formula": "x**3", "x": 1.0, "h": 0.5},
        {"formula": "x**3", "x": -2.0, "h": 0.25},
        {"formula": "7*x - 2", "x": 3.0, "h": 2.0},
    ),
    domains={"formula": Choice(_FORMULAS), "x": Real(-1.5, 1.5, avoid=(0.0,), gap=0.1), "h": Choice((None, 0.01))},
)
def central_difference(m, formula, x, h):
    """Estimate a slope from both sides."""
    return [m.central_difference(formula, x, h)]


def _claims(slopes, errors, tol=None):
    """A question for gradcheck: `errors` are what the claimed gradients are off by, one for each of them."""
    return {"slopes": slopes, "xs": [1.5, -0.5, 2.0][: len(slopes)], "errors": errors, "tol": tol}


@item(
    "derivative-gradcheck",
    points=2,
    target="derivative:gradcheck",
    uses=("derivative",),
    questions=2,
    examples=(
        _claims([3.0, -2.0], [0.0, 0.0]),
        _claims([3.0, 3.0], [0.0, 0.0]),
        _claims([3.0, -2.0, 3.0], [0.0, 0.0, 0.0]),
        _claims([3.0, -2.0], [0.0, 0.5]),
        _claims([3.0, -2.0], [-0.5, 0.0]),
        _claims([3.0, -2.0, 0.5], [0.0, -0.25, 0.0]),
        _claims([-4.0], [8.0]),
        _claims([-200.0, 1.0], [1e-4, 0.0]),
        _claims([200.0, 1.0], [1e-4, 0.0]),
        _claims([1.0, 200.0], [0.0, 4e-4]),
        _claims([0.01, 0.02], [0.0, 4e-7]),
        _claims([0.01, 0.02], [0.0, -4e-6]),
        _claims([2.0, 5.0], [0.01, 0.0], tol=0.1),
        _claims([2.0, 5.0], [0.0, 0.01], tol=1e-4),
        _claims([3.0, -2.0], [0.5, -0.5]),
        _claims([1.0], [1.5e-6]),
        _claims([0.25], [7.5e-7]),
        _claims([2.0], [98.0], tol=0.985),
        _claims([0.0, 5.0], [0.0, 0.0]),
        _claims([2.0, 5.0], [0.0, float("nan")]),
        _claims([2.0, 5.0], [float("nan"), 0.0]),
        _claims([2.0, 5.0], [0.0]),
        _claims([2.0], [0.0, 5.0]),
    ),
    domains={
        "slopes": Vector(Real(-5, 5, avoid=(0.0,), gap=0.1), 2),
        "xs": Vector(Real(-2, 2), 2),
        # None of these lies near what the tolerances allow for slopes of so many digits.
        "errors": Choice(([0.0, 0.0], [0.0, 0.2507], [-0.2507, 0.0], [3e-7, 0.0], [0.0, 2e-5], [-2e-5, 3e-7])),
        "tol": Choice((None, 0.1)),
    },
)
def gradcheck(m, slopes, xs, errors, tol):
    """Tell right gradients from wrong ones."""
    grads = [slope + error for slope, error in zip([*slopes, 0.0], errors)]  # noqa: B905 - of any length
    if len(grads) != len(xs):
        return [m.outcome(lambda: m.gradcheck(slopes, xs, grads, tol))]
    return [m.gradcheck(slopes, xs, grads, tol)]
