"""Losses of the methods that this engine's Values have, and an optimizer with a state for each parameter."""

from .engine import Value


def _mean(values):
    total = Value(0.0)
    for v in values:
        total = total + v
    return total / len(values)


def mse_loss(predictions, targets):
    if len(predictions) != len(targets):
        raise ValueError("predictions and targets")
    return _mean([(p - t).square() for p, t in zip(predictions, targets)])  # noqa: B905


def hinge_loss(scores, labels):
    if len(scores) != len(labels):
        raise ValueError("scores and labels")
    return _mean([(1 - s * y).relu() for s, y in zip(scores, labels)])  # noqa: B905


def l2_penalty(parameters, alpha=1e-4):
    total = Value(0.0)
    for p in parameters:
        total = total + p.square()
    return alpha * total


def accuracy(scores, labels):
    return float(sum((s.item() > 0) is (y == 1) for s, y in zip(scores, labels)) / len(scores))  # noqa: B905


def cross_entropy(logits, target):
    top = max(logit.item() for logit in logits)
    total = Value(0.0)
    for logit in logits:
        total = total + (logit - top).exp()
    return (total.log() + top) - logits[target]


class State:
    def __init__(self):
        self.velocity = 0.0

    def update(self, momentum, grad):
        self.velocity = momentum * self.velocity + grad
        return self.velocity


class Optimizer:
    def __init__(self, parameters):
        self.parameters = list(parameters)
        self.states = [State() for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0


class SGD(Optimizer):
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        super().__init__(parameters)
        self.lr = lr
        self.momentum = momentum

    def step(self):
        for p, state in zip(self.parameters, self.states):  # noqa: B905
            p.data -= self.lr * state.update(self.momentum, p.grad)


def linear_decay(k, steps, start=1.0, end=0.1):
    return start + (end - start) * (k / steps)


def train_step(model, inputs, targets, loss_fn, optimizer):
    model.zero_grad()
    outputs = [model(x) for x in inputs]
    loss = loss_fn(outputs, targets)
    loss.backward()
    optimizer.step()
    return loss.item() if hasattr(loss, "item") else float(loss.data)


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
