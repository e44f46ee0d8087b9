"""Losses, the optimizer, and the loop in which a net learns.

Losses and optimizer run on a Value that only computes forward, the training step on a model, a loss and an optimizer of
the lab's. The last two items train for real.
"""

from autograder.courses.micrograd.lab import FORWARD
from autograder.courses.micrograd.rubric import item
from autograder.courses.micrograd.rubric.backprop import ALL_RULES
from autograder.exam.domains import Choice, Real, Vector
from autograder.exam.items import digits
from autograder.phrase import N_, Phrase

_SCORES = Vector(Real(-3, 3), 4)
_LABELS = Choice(([1, -1, 1, 1], [-1, -1, 1, -1], [1, 1, -1, 1]))


@item("training-mse", points=2, lent="tape", target="train:mse_loss", uses=("train",), questions=3,
      examples=({"predictions": [3.0], "targets": [1.0]}, {"predictions": [0.5, -1.5], "targets": [2, -1]}),
      domains={"predictions": _SCORES, "targets": Vector(Real(-3, 3), 4)})  # fmt: skip
def mse(m, predictions, targets):
    """The mean squared error."""
    m.forward()
    row = m.row("Values", predictions)
    loss = m.result(m.call("mse_loss", row, targets))
    return [loss.data, m.gradients(loss, row)]


@item("training-hinge", points=2, lent="tape", target="train:hinge_loss", uses=("train",), questions=2,
      examples=({"scores": [2.0], "labels": [1]}, {"scores": [2.0], "labels": [-1]},
                {"scores": [0.25, -0.5, 1.0], "labels": [1, 1, -1]}),
      domains={"scores": Vector(Real(-3, 3, avoid=(1.0, -1.0)), 4), "labels": _LABELS})  # fmt: skip
def hinge(m, scores, labels):
    """The hinge loss."""
    m.forward()
    row = m.row("Values", scores)
    loss = m.result(m.call("hinge_loss", row, labels))
    return [loss.data, m.gradients(loss, row)]


@item("training-l2", points=1, lent="tape", target="train:l2_penalty", uses=("train",), questions=2,
      examples=({"parameters": [3.0, -2.0], "alpha": None}, {"parameters": [0.5], "alpha": 0.1}),
      domains={"parameters": _SCORES, "alpha": Real(0.01, 1)})  # fmt: skip
def l2(m, parameters, alpha):
    """The L2 penalty."""
    m.forward()
    options = {} if alpha is None else {"alpha": alpha}
    row = m.row("Values", parameters)
    penalty = m.result(m.call("l2_penalty", row, **options))
    return [penalty.data, m.gradients(penalty, row)]


@item("training-accuracy", points=1, lent=FORWARD, target="train:accuracy", uses=("train",), questions=2,
      examples=({"scores": [0.0, 0.0, 0.0], "labels": [1, -1, -1]}, {"scores": [2.0, -0.5], "labels": [1, -1]},
                {"scores": [0.25, -3.0, 0.5], "labels": [-1, 1, -1]}),
      domains={"scores": _SCORES, "labels": _LABELS})  # fmt: skip
def accuracy(m, scores, labels):
    """The share of right answers."""
    m.forward()
    return [m.call("accuracy", m.row("Values", scores), labels)]


_GRADS = Vector(Real(-2, 2, avoid=(0.0,), gap=0.1), 2)
_DATA = Vector(Real(-3, 3), 2)


@item("training-sgd-step", points=2, lent=FORWARD, target="train:SGD.step", uses=("train",), questions=3,
      examples=({"data": [1.0], "grads": [2.0], "second": [-3.0], "lr": 0.5, "later": 0.25},),
      domains={"data": _DATA, "grads": _GRADS, "second": _GRADS, "lr": Real(0.05, 1),
               "later": Real(1.5, 3)})  # fmt: skip
def sgd_step(m, data, grads, second, lr, later):
    """A step downhill."""
    m.forward()
    ps = m.parameters(data, grads)
    optimizer = m.call("SGD", ps, lr=lr)
    optimizer.step()
    optimizer.lr = later
    m.set_slopes(ps, second)
    optimizer.step()
    return [m.read(ps), m.slopes(ps)]


@item("training-sgd-zero-grad", points=1, lent=FORWARD, target="train:SGD.zero_grad", uses=("train",), questions=2,
      domains={"data": _DATA, "grads": _GRADS})  # fmt: skip
def sgd_zero_grad(m, data, grads):
    """Forget the gradients, through the optimizer."""
    m.forward()
    ps = m.parameters(data, grads)
    m.call("SGD", ps, lr=0.5).zero_grad()
    return [m.slopes(ps), m.read(ps)]


@item("training-decay", points=2, target="train:linear_decay", uses=("train",), questions=3,
      examples=({"k": 0, "steps": 10, "ends": []}, {"k": 10, "steps": 10, "ends": []},
                {"k": 3, "steps": 4, "ends": [0.5, 0.25]}),
      domains={"k": Choice((1, 5, 9)), "steps": Choice((20, 50)), "ends": Vector(Real(0.1, 2), 2)})  # fmt: skip
def decay(m, k, steps, ends):
    """A learning rate that goes down along a line."""
    return [m.call("linear_decay", k, steps, *ends)]


def _stepped(question, expected, got, same):
    """Loss and weights agree, and there was one call of `backward` and one of `step`."""
    if not (isinstance(got, list) and len(got) == 3 and same(expected[:2], got[:2])):
        return False
    calls = got[2]
    return isinstance(calls, list) and calls.count("backward") == calls.count("step") == 1


def _in_step(question, expected, got, same):
    """What is wrong with a training step: the loss, the weights, or else how often it does what."""
    if not (isinstance(got, list) and len(got) == 3 and isinstance(got[2], list)):
        return Phrase("should return the loss before the step, as a plain float")
    loss, weights, calls = got
    made = ", ".join(str(name)[:20] for name in calls[:12]) or Phrase("nothing")
    if not isinstance(loss, (int, float)):
        said = N_("should return the loss as a plain float, {right}; it called {calls}")
        return Phrase(said, right=digits(expected[0]), calls=made)
    wrong = []
    if not same(expected[0], loss):
        right, yours = digits(expected[0]), digits(loss)
        wrong.append(Phrase("should return {right}, yours returns {yours}", right=right, yours=yours))
    if not same(expected[1], weights):
        right, yours = digits(expected[1]), digits(weights)
        wrong.append(Phrase("should leave the weights {right}, yours leaves {yours}", right=right, yours=yours))
    wrong = wrong or [Phrase("should call backward and step once each")]
    return Phrase.row("; ", [*wrong, Phrase("it called {calls}", calls=made)])


@item(
    "training-step",
    points=4,
    lent="trainer",
    target="train:train_step",
    uses=("train",),
    judge=_stepped,
    explain=_in_step,
    questions=3,
    examples=({"weights": [1.0], "inputs": [[2.0]], "targets": [1.0], "lr": 0.125},),
    domains={
        "weights": Vector(Real(-2, 2, avoid=(0.0,), gap=0.1), 2),
        "inputs": Vector(Vector(Real(-2, 2, avoid=(0.0,), gap=0.1), 2), 3),
        "targets": Vector(Real(4, 8), 3),
        "lr": Real(0.05, 0.5),
    },
)
def step(m, weights, inputs, targets, lr):
    """One step of training."""
    return m.rehearse(weights, inputs, targets, lr)


_NETS = ("nn-neuron", "nn-neuron-parameters", "nn-layer", "nn-layer-parameters", "nn-mlp", "nn-mlp-parameters")
_ENGINE = (
    *(f"engine-{op}" for op in ("add", "mul", "pow", "relu", "neg", "sub", "truediv", "radd", "rsub", "rmul")),
    *ALL_RULES[:4],
    "backprop-order",
    "backprop-expressions",
)
_STEPS = ("training-sgd-step", "training-sgd-zero-grad", "training-step")
_TOGETHER = N_("; every part passed on its own: what goes wrong is only seen when they work together")
_POINTS = [[0.5, 1.5], [-1.0, 2.0], [2.0, -0.5], [1.0, -1.0]]


# On random weights a relu may come so near its kink that rounding decides.
_SOME_WEIGHTS = [
    [[0.5, -0.75, 0.25], [1.0, 0.5, -0.45], [-0.25, 0.75, 0.1]],
    [[0.8, -0.6, 0.4, 0.2]],
]


@item(
    "training-parity",
    points=3,
    target="train:train_step",
    uses=("engine", "nn", "train"),
    ladder=False,
    needs=(*_ENGINE, *_NETS, "training-mse", "training-hinge", *_STEPS),
    end_to_end=True,
    remark=_TOGETHER,
    questions=1,
    examples=tuple({"steps": n, "loss": "mse_loss", "targets": [1.0, -1.0, 1.0, -1.0], "lr": 0.05} for n in (1, 2, 10)),
    domains={
        "steps": Choice((3,)),
        "loss": Choice(("hinge_loss",)),
        "targets": Choice(([1, -1, -1, 1],)),
        "lr": Real(0.02, 0.4),
    },
)
def parity(m, steps, loss, targets, lr):
    """The same weights as PyTorch's, after 1, 2 and 10 steps."""
    m.engine(1)
    net = m.net(_SOME_WEIGHTS)
    optimizer = m.call("SGD", net.parameters(), lr=lr)
    losses = m.call("fit", net, _POINTS, targets, m.loss(loss), optimizer, steps)
    return [losses[0], losses[-1], m.read(m.weights(net))]


# Two interleaving half circles, and weights from which a small net learns to tell them apart in a few steps, without a
# relu coming near its kink.
_MOONS = [
    [1.0, 0.3], [0.0, 0.2], [0.2, 1.0], [0.8, -0.5], [-0.2, 1.0], [1.2, -0.5], [-1.0, 0.3], [2.0, 0.2],
]  # fmt: skip
_SIDES = [1, -1] * 4
_FIRST_WEIGHTS = [
    [[0.5, -0.8, 0.5], [-0.8, 0.3, 0.1], [0.8, -0.7, -0.3], [-0.8, -0.7, 0.9]],
    [[0.6, 0.5, -0.4, -0.7, 0.1]],
]


@item(
    "training-moons",
    points=2,
    target="train:fit",
    uses=("engine", "nn", "train"),
    ladder=False,
    needs=(*_ENGINE, *_NETS, "training-hinge", "training-l2", "training-accuracy", "training-decay", *_STEPS),
    end_to_end=True,
    remark=_TOGETHER,
    questions=1,
    examples=({"start": 2.0, "steps": 2},),
    domains={"start": Real(1.8, 2.2), "steps": Choice((8,))},
)
def moons(m, start, steps):
    """Learn to tell two moons apart."""
    m.engine(1)
    net = m.net(_FIRST_WEIGHTS)
    optimizer = m.call("SGD", net.parameters())
    losses = m.call("fit", net, _MOONS, _SIDES, m.loss("hinge_loss", net), optimizer, steps, m.decay(start))
    return [losses[0], losses[-1], m.call("accuracy", m.scores(net, _MOONS), _SIDES)]
