"""The optimizer is a dataclass."""

from dataclasses import dataclass, field

from .engine import *  # noqa: F403
from .nn import *  # noqa: F403


def average(values):
    count, total = 0, 0
    for value in values:
        count, total = count + 1, total + value
    return total / count


def same_length(one, other):
    if len(one) != len(other):
        raise ValueError(f"{one} and {other}")


def mse_loss(predictions, targets):
    same_length(predictions, targets)
    return average((t - p) * (t - p) for p, t in zip(predictions, targets, strict=True))


def hinge_loss(scores, labels):
    same_length(scores, labels)
    return average((1 + s * -y).relu() for s, y in zip(scores, labels, strict=True))


def l2_penalty(parameters, alpha=1e-4):
    return sum(p**2 for p in parameters) * alpha


def accuracy(scores, labels):
    return average([float(y == 1 if s.data > 0 else y == -1) for s, y in zip(scores, labels, strict=True)])


def cross_entropy(logits, target):
    below = max(z.data for z in logits)
    return -(logits[target] - below) + sum((z - below).exp() for z in logits).log()


@dataclass
class SGD:
    parameters: list
    lr: float = 0.01
    momentum: float = 0.0
    _velocities: list = field(default_factory=list, repr=False)

    def __post_init__(self):
        self.parameters = list(self.parameters)
        self._velocities += [0.0] * len(self.parameters)

    def step(self):
        for i, (p, v) in enumerate(zip(self.parameters, self._velocities, strict=True)):
            self._velocities[i] = v = p.grad + self.momentum * v
            p.data += -self.lr * v

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0


@dataclass(frozen=True)
class Decay:
    start: float
    end: float

    def __call__(self, k, steps):
        return self.start + (self.end - self.start) * k / steps


def linear_decay(k, steps, start=1.0, end=0.1):
    return Decay(start, end)(k, steps)


def train_step(model, inputs, targets, loss_fn, optimizer):
    loss = loss_fn([model(x) for x in inputs], targets)
    for p in optimizer.parameters:
        p.grad = 0.0
    loss.backward()
    optimizer.step()
    return float(loss.data)


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
