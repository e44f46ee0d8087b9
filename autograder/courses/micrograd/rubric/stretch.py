"""Bonus: what a careful engine does where micrograd's falls short."""

from autograder.courses.micrograd.domains import Program, execute
from autograder.courses.micrograd.lab import FORWARD
from autograder.courses.micrograd.rubric import item
from autograder.courses.micrograd.rubric.backprop import ALL_RULES
from autograder.courses.micrograd.rubric.engine import ALL_OPERATIONS
from autograder.exam.domains import Choice, Real, Vector

_WALK = ("engine-add", "engine-mul", "backprop-add", "backprop-mul", "backprop-order")


@item(
    "stretch-deep",
    points=3,
    bonus=True,
    target="engine:Value.backward",
    needs=_WALK,
    end_to_end=True,
    questions=1,
    ladder=False,
    examples=({"x": 0.5, "decay": 2.0, "nodes": 40},),
    domains={"x": Real(0.25, 2), "decay": Real(1, 5), "nodes": Choice((10_000,))},
)
def deep(m, x, decay, nodes):
    """Go back through a chain of 10,000 nodes."""
    Value = m.engine(0)
    a, b = Value(x), Value(-x)
    factor = 1 - decay / nodes
    out = m.repeat(nodes // 2, lambda total: total * factor + b, a)
    out.backward()
    return [out.data, a.grad, b.grad]


@item(
    "stretch-twice",
    points=3,
    bonus=True,
    target="engine:Value.backward",
    look=("data", "grad"),
    needs=_WALK,
    end_to_end=True,
    questions=4,
    examples=({"program": {"leaves": [2.0, -3.0, 5.0], "steps": [["+", 0, 1], ["*", 3, 2]]}, "order": 1},),
    domains={"program": Program(operations=("+", "*"), steps=6, numbers=False), "order": Choice((1, -1))},
)
def twice(m, program, order):
    """Call backward() twice on one graph."""
    Value = m.engine(order)
    leaves = [Value(x) for x in program["leaves"]]
    m.note(*leaves)
    root = execute(program["steps"], leaves, m.note)
    root.backward()
    root.backward()
    return [leaf.grad for leaf in leaves]


def _refused(question, expected, got, same):
    """As the oracle, but an AssertionError is as good as a TypeError."""
    return same(expected, got) or (expected == ["TypeError"] and got == ["AssertionError"])


def _edge(act, x, op, other, swap=False):
    return {"act": act, "x": x, "op": op, "other": other, "swap": swap}


_STRANGERS = ("two", None, [1.0], "Value")
_RAISES = tuple(
    _edge("combine", 2, op, other, swap)
    for op, others in (("+", _STRANGERS[:3]), ("*", _STRANGERS[:3]), ("-", _STRANGERS[:2]), ("/", _STRANGERS[:2]),
    ("**", _STRANGERS)) for other in others
    for swap in (False, True)
)  # fmt: skip


@item(
    "stretch-edges",
    points=4,
    bonus=True,
    target="engine:Value.__pow__",
    needs=(
        *(f"engine-{op}" for op in ("add", "mul", "pow", "sub", "truediv", "radd", "rsub", "rmul", "rtruediv", "tanh")),
        "backprop-pow",
        "backprop-tanh",
    ),
    judge=_refused,
    end_to_end=True,
    questions=2,
    examples=(
        _edge("flat", 0.0, "**", 0),
        _edge("flat", 0.0, "**", 0.0),
        _edge("power", -8.0, "**", 1 / 3),
        _edge("power", -0.5, "**", -0.5),
        _edge("power", -2.0, "**", 3.0),
        _edge("combine", -2.0, "**", "two"),
        _edge("combine", 2.0, "**", 2, swap=True),
        _edge("flat", 1000.0, "tanh", None),
        _edge("flat", -1000.0, "tanh", None),
        *_RAISES,
    ),
    domains={
        "act": Choice(("power",)),
        "x": Real(-8, -0.25),
        "op": Choice(("**",)),
        "other": Choice((0.5, -0.75, 1 / 3, 2.0, -1)),
        "swap": Choice((False,)),
    },
)
def edges(m, act, x, op, other, swap):
    """Mind the edges: 0**0, roots of negative numbers, tanh of large ones, operands that are no numbers."""
    a = m.Value(x)
    if act == "flat":
        return _where_it_is_flat(m, a, op, other)
    stranger = m.Value(3.0) if other == "Value" else other
    pair = [stranger, a] if swap else [a, stranger]
    return [m.outcome(lambda: execute([[op, 0, 1]], pair))]


def _where_it_is_flat(m, a, op, other):
    """What an operation gives where its gradient is 0, and that gradient."""
    out = a.tanh() if op == "tanh" else a**other
    out.grad = m.slope(out, 2.0)
    out._backward()
    return [out.data, a.grad]


def _shape(act, count):
    return {"act": act, "count": count, "x": [1.0, -2.0, 0.5]}


@item(
    "stretch-shapes",
    points=2,
    bonus=True,
    lent=FORWARD,
    target="nn:Neuron.__call__",
    uses=("nn", "train"),
    needs=("nn-neuron", "nn-layer", "nn-mlp", "training-mse", "training-hinge"),
    end_to_end=True,
    questions=2,
    examples=tuple(_shape(act, count) for act in ("neuron", "net", "mse_loss", "hinge_loss") for count in (1, 3, 2)),
    domains={"act": Choice(("narrow",)), "count": Choice((2,)), "x": Vector(Real(0.25, 3), 3)},
)
def shapes(m, act, count, x):
    """Refuse inputs of the wrong length, and let a hidden layer be one neuron wide."""
    m.forward()
    if act == "narrow":
        net = m.net([[[x[2], 1.0, 0.5]], [[-2.0, 1.0]]])
        return [m.result(net(m.row("numbers", x[:2]))).data]
    if act.endswith("loss"):
        return [m.outcome(lambda: m.call(act, m.row("Values", x[:2]), [1, -1, 1][:count]))]
    net = m.neuron([0.5, 2.0], 1.0) if act == "neuron" else m.net([[[0.5] * 3] * 2, [[0.5] * 3]])
    return [m.outcome(lambda: net(m.row("numbers", x[:count])))]


@item(
    "stretch-momentum",
    points=3,
    bonus=True,
    lent=FORWARD,
    target="train:SGD.step",
    uses=("train",),
    needs=("training-sgd-step", "training-sgd-zero-grad"),
    questions=2,
    domains={
        "data": Vector(Real(-3, 3), 2),
        "first": Vector(Real(-2, 2, avoid=(0.0,), gap=0.1), 2),
        "second": Vector(Real(-2, 2, avoid=(0.0,), gap=0.1), 2),
        "lr": Real(0.05, 1),
        "later": Real(1.5, 3),
        "momentum": Choice((0.9, 0.5)),
    },
)
def momentum(m, data, first, second, lr, later, momentum):
    """Keep rolling: momentum."""
    m.forward()
    ps = m.parameters(data, first)
    optimizer = m.call("SGD", ps, lr=lr, momentum=momentum)
    optimizer.step()
    optimizer.zero_grad()
    optimizer.lr = later
    m.set_slopes(ps, second)
    optimizer.step()
    optimizer.step()
    return [m.read(ps), m.slopes(ps)]


@item(
    "stretch-cross-entropy",
    points=5,
    bonus=True,
    target="train:cross_entropy",
    uses=("engine", "train"),
    needs=(*ALL_OPERATIONS, *ALL_RULES, "backprop-order", "backprop-expressions"),
    end_to_end=True,
    questions=2,
    examples=(
        *({"logits": [1000.0, -1000.0, 0.5], "label": label} for label in (0, 1, 2)),
        {"logits": [-1000.0, -1000.5], "label": 1},
        {"logits": [-1000.0, 0.5, 1000.0], "label": 1},
        {"logits": [2.0, 2.0], "label": 0},
        {"logits": [0.75], "label": 0},
    ),
    domains={"logits": Vector(Real(-4, 4), 3), "label": Choice((0, 1, 2))},
)
def cross_entropy(m, logits, label):
    """Cross-entropy that does not overflow."""
    Value = m.engine(1)
    zs = [Value(z) for z in logits]
    loss = m.result(m.call("cross_entropy", zs, label))
    loss.backward()
    return [loss.data, *m.grads(*zs)]
