"""Bonus: what a careful engine does where micrograd's falls short."""

from autograder.domains import Choice, Program, Real, execute
from autograder.rubric import item

_WALK = ("engine-add", "engine-mul", "backprop-add", "backprop-mul", "backprop-order")


@item(
    "stretch-deep",
    points=3,
    target="engine:Value.backward",
    needs=_WALK,
    end_to_end=True,
    questions=1,
    x=Real(0.25, 2),
    decay=Real(1, 5),
)
def deep(m, x, decay):
    """Go back through a chain of 10,000 nodes."""
    Value = m.engine(0)
    a, b = Value(x), Value(-x)
    factor = 1 - decay / 10_000
    out = m.repeat(5_000, lambda total: total * factor + b, a)
    out.backward()
    return [out.data, a.grad, b.grad]


@item(
    "stretch-twice",
    points=3,
    target="engine:Value.backward",
    needs=_WALK,
    end_to_end=True,
    questions=4,
    examples=({"program": {"leaves": [2.0, -3.0, 5.0], "steps": [["+", 0, 1], ["*", 3, 2]]}, "order": 1},),
    program=Program(operations=("+", "*"), steps=6, numbers=False),
    order=Choice((1, -1)),
)
def twice(m, program, order):
    """Call backward() twice on one graph."""
    Value = m.engine(order)
    leaves = [Value(x) for x in program["leaves"]]
    root = execute(program["steps"], leaves)
    root.backward()
    root.backward()
    return [leaf.grad for leaf in leaves]


def _refused(question, expected, got, same):
    """As the oracle, but an AssertionError is as good as a TypeError."""
    return same(expected, got) or (expected == ["TypeError"] and got == ["AssertionError"])


_STRANGERS = ("two", None, [1.0], "Value")
_RAISES = tuple(
    {"act": "combine", "x": 2, "op": op, "other": other, "swap": swap}
    for op, others in (("+", _STRANGERS[:3]), ("*", _STRANGERS[:3]), ("-", _STRANGERS[:2]), ("/", _STRANGERS[:2]),
    ("**", _STRANGERS)) for other in others
    for swap in (False, True)
)  # fmt: skip


@item(
    "stretch-edges",
    points=4,
    target="engine:Value.__pow__",
    needs=(
        *(f"engine-{op}" for op in ("add", "mul", "pow", "sub", "truediv", "radd", "rsub", "rmul", "rtruediv")),
        "backprop-pow",
    ),
    judge=_refused,
    end_to_end=True,
    questions=2,
    examples=(
        {"act": "flat", "x": 0.0, "op": "**", "other": 0, "swap": False},
        {"act": "flat", "x": 0.0, "op": "**", "other": 0.0, "swap": False},
        {"act": "power", "x": -8.0, "op": "**", "other": 1 / 3, "swap": False},
        {"act": "power", "x": -0.5, "op": "**", "other": -0.5, "swap": False},
        {"act": "power", "x": -2.0, "op": "**", "other": 3.0, "swap": False},
        *_RAISES,
    ),
    act=Choice(("power",)),
    x=Real(-8, -0.25),
    op=Choice(("**",)),
    other=Choice((0.5, -0.75, 1 / 3, 2.0, -1)),
    swap=Choice((False,)),
)
def edges(m, act, x, op, other, swap):
    """Mind the edges: 0**0, roots of negative numbers, operands that are no numbers."""
    a = m.Value(x)
    if act == "flat":
        out = a**other
        out.grad = 2.0
        out._backward()
        return [out.data, a.grad]
    stranger = m.Value(3.0) if other == "Value" else other
    pair = [stranger, a] if swap else [a, stranger]
    return [m.outcome(lambda: execute([[op, 0, 1]], pair))]
