"""Neurons, layers, nets, on a Value that only computes forward: no fault of the engine's reaches them.

A layer is made of neurons that the lab supplies, and a net of such layers, so that each is right or wrong on its own.
"""

from autograder.courses.micrograd.lab import FORWARD
from autograder.courses.micrograd.rubric import item
from autograder.courses.micrograd.rubric.dropout import LISTENED, but_for_rhythms, how_often, left_out_as_often
from autograder.exam.domains import Choice, Real, Vector

_WEIGHT = Real(-3, 3, special=(0.0,), avoid=(0.0,), gap=0.1)
_KINDS = Choice(("numbers", "Values", "array"))


def _neuron(w, b, x, nonlin=True, kind="numbers"):
    return {"w": w, "b": b, "x": x, "kind": kind, "nonlin": nonlin}


@item(
    "nn-neuron",
    points=4,
    lent="tape",
    target="nn:Neuron.__call__",
    uses=("nn",),
    questions=4,
    examples=(
        _neuron([2.0], 1.0, [3.0]),
        _neuron([2.0], 1.0, [-3.0]),
        _neuron([0.5, -1.5], -0.25, [2.0, -1.0]),
        _neuron([0.5, -1.5], -4.0, [2.0, 1.0], nonlin=False),
        _neuron([1.0, -2.0, 0.5, 3.0], 0.75, [1.5, -0.5, 2.5, 0.5], kind="Values"),
    ),
    domains={
        "w": Vector(Real(-3, 3), 3),
        "b": _WEIGHT,
        "x": Vector(Real(-3, 3), 3),
        "kind": _KINDS,
        "nonlin": Choice((True, False)),
    },
)
def neuron(m, w, b, x, kind, nonlin):
    """A neuron: relu(w·x + b)."""
    m.forward()
    n = m.neuron(w, b, nonlin)
    row = m.row(kind, x)
    out = m.result(n(row))
    inputs = row if kind == "Values" else []
    return [out.data, *m.read(n.w), n.b.data, m.gradients(out, [*m.weights(n), *inputs])]


@item("nn-neuron-parameters", points=2, lent=FORWARD, target="nn:Neuron.parameters", uses=("nn",), questions=2,
      examples=({"w": [0.5], "b": -2.0},), domains={"w": Vector(_WEIGHT, 3), "b": _WEIGHT})  # fmt: skip
def neuron_parameters(m, w, b):
    """The parameters of a neuron."""
    m.forward()
    n = m.neuron(w, b)
    ps = m.listed(n)
    m.read(ps)  # which says what is no list of Values
    m.write(ps, range(1, len(w) + 2))
    return [m.read(n.parameters()), m.read(n.w), n.b.data]


_ONE = [[0.5, -1.0, 0.25]]
_THREE = [[0.5, -1.5, 0.25], [2.0, 1.0, -1.0], [-0.75, 3.0, 1.5]]


@item(
    "nn-layer",
    points=3,
    lent="neuron",
    target="nn:Layer.__call__",
    uses=("nn",),
    questions=2,
    examples=(
        {"neurons": _ONE, "x": [3.0, 1.0], "kind": "numbers", "nonlin": True},
        {"neurons": _THREE, "x": [1.0, -2.0], "kind": "numbers", "nonlin": True},
        {"neurons": [[0.5, 0.25], [-1.5, 2.0]], "x": [3.0], "kind": "numbers", "nonlin": True},
    ),
    domains={
        "neurons": Vector(Vector(_WEIGHT, 3), 2),
        "x": Vector(_WEIGHT, 2),
        "kind": _KINDS,
        "nonlin": Choice((False,)),
    },
)
def layer(m, neurons, x, kind, nonlin):
    """A layer: neurons side by side."""
    m.forward()
    layer = m.layer(neurons, nonlin)
    row = m.row(kind, x)
    out = layer(row)
    inputs = row if kind == "Values" else []
    return [m.outputs(out), m.gradients(out, [*m.weights(layer), *inputs])]


@item("nn-layer-parameters", points=1, lent="neuron_parameters", target="nn:Layer.parameters", uses=("nn",),
      questions=2, examples=({"neurons": _ONE}, {"neurons": _THREE}),
      domains={"neurons": Vector(Vector(_WEIGHT, 3), 2)})  # fmt: skip
def layer_parameters(m, neurons):
    """The parameters of a layer."""
    m.forward()
    return [m.read(m.listed(m.layer(neurons)))]


def _weights(nin, nouts):
    """Weights, all different within a layer or nearly so: by layer and neuron, the bias last."""
    return [
        [[((5 * i + 3 * j + 7 * k) % 13 - 5) / 4 for k in range(inputs + 1)] for j in range(outputs)]
        for i, (inputs, outputs) in enumerate(zip([nin, *nouts], nouts))  # noqa: B905 - each but the last is an input
    ]


def _mlp(nin, *nouts, x=(1.0, -2.0, 0.5), **options):
    return {"nin": nin, "nouts": list(nouts), "options": options, "x": list(x[:nin])}


@item(
    "nn-mlp",
    points=4,
    lent="layer",
    target="nn:MLP.__init__",
    uses=("nn",),
    questions=2,
    examples=(
        _mlp(2, 1),
        _mlp(2, 3, 1),
        _mlp(3, 2, 3, 2),
        _mlp(2, 3, 2, dropout=0.25),
        _mlp(1, 2, 3, 1, nonlin=False),
        _mlp(2, 2, nonlin=True),
    ),
    domains={
        "nin": Choice((3,)),
        "nouts": Choice(([2, 1], [3, 2, 2], [4, 2, 1])),
        "options": Choice(({}, {"dropout": 0.5})),
        "x": Vector(Real(-3, 3), 3),
    },
)
def mlp(m, nin, nouts, options, x):
    """A net: layers one after the other, the last one linear."""
    m.forward()
    net = m.mlp(nin, nouts, options, _weights(nin, nouts))
    plan = m.plan(net)
    out = net(m.row("numbers", x))
    return [plan, m.outputs(out), m.gradients(out, m.weights(net))]


@item("nn-mlp-parameters", points=1, lent="layer_parameters", target="nn:MLP.parameters", uses=("nn",), questions=2,
      examples=({"layers": [_ONE]}, {"layers": [_THREE, [[1.25, -0.5, 4.0, 2.0]]]}),
      domains={"layers": Vector(Vector(Vector(_WEIGHT, 3), 2), 2)})  # fmt: skip
def mlp_parameters(m, layers):
    """The parameters of a net."""
    m.forward()
    return [m.read(m.listed(m.assembled(layers)))]


@item("nn-zero-grad", points=2, lent=FORWARD, target="nn:Module.zero_grad", uses=("nn",), questions=2,
      domains={"data": Vector(Real(-3, 3), 3), "grads": Vector(Real(-3, 3, avoid=(0.0,)), 3)})  # fmt: skip
def zero_grad(m, data, grads):
    """Forget the gradients."""
    m.forward()
    module = m.module(data, grads)
    module.zero_grad()
    return [m.slopes(module.parameters()), m.read(module.parameters()), m.unresettable()]


@item(
    "nn-dropout",
    points=3,
    lent="tape",
    target="nn:Neuron.__call__",
    uses=("nn",),
    needs=("nn-neuron",),
    judge=left_out_as_often,
    explain=how_often,
    essence=but_for_rhythms,
    questions=1,
    examples=(
        {"w": [1.0, 0.5], "b": 0.25, "x": [2.0, 1.0], "dropout": 0.0, "calls": 20, "seed": 1},
        {"w": [1.0, 0.5], "b": 0.25, "x": [2.0, 1.0], "dropout": 0.8, "calls": 300, "seed": 2},
    ),
    domains={
        "w": Vector(Real(0.25, 2), 2),
        "b": Real(0.25, 2),
        "x": Vector(Real(0.25, 2), 2),
        "dropout": Choice((0.25,)),
        "calls": Choice((300,)),
        "seed": Choice((3,)),
    },
)
def dropout(m, w, b, x, dropout, calls, seed):
    """Dropout: left out at random in training, never in use."""
    m.forward()
    n = m.neuron(w, b, True, dropout)
    row = m.row("numbers", x)
    n.training = False
    used = m.tally(n, row, 20, seed)
    n.training = True
    trained = m.tally(n, row, calls, seed)
    plain = m.tally(m.neuron(w, b), row, 20, seed)
    seeds = [seed + 1, seed + 2] if dropout else []
    return [used, trained, plain, m.rhythms(w, b, dropout, row, LISTENED, seeds)]
