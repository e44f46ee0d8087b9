"""Losses are folds over pairs."""

import functools
import operator

from micrograd.engine import Value


def _mean(cost, outputs, targets):
    """The mean of what each pair costs."""
    if len(outputs) != len(targets):
        raise ValueError(f"outputs and targets differ in length: {len(outputs)}, {len(targets)}")
    return functools.reduce(operator.add, map(cost, outputs, targets)) * (1.0 / len(targets))


def mse_loss(predictions, targets):
    return _mean(lambda p, t: (t - p) ** 2, predictions, targets)


def hinge_loss(scores, labels):
    return _mean(lambda s, y: (1.0 - s * y).relu(), scores, labels)


def l2_penalty(parameters, alpha=1e-4):
    return functools.reduce(lambda total, p: total + alpha * p * p, parameters, Value(0.0))


def accuracy(scores, labels):
    right = [label == (1 if score.data > 0 else -1) for score, label in zip(scores, labels, strict=True)]
    return right.count(True) / len(right)


def cross_entropy(logits, target):
    """log(sum(exp(z - z[target]))), with the largest of these differences put in front."""
    ahead = [z - logits[target] for z in logits]
    top = max(ahead, key=lambda difference: difference.data)
    return functools.reduce(operator.add, [(difference - top).exp() for difference in ahead]).log() + top


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self._rolling = [[p, 0.0] for p in self.parameters]

    def step(self):
        for state in self._rolling:
            p, speed = state
            state[1] = speed = self.momentum * speed + p.grad
            p.data = p.data - self.lr * speed

    def zero_grad(self):
        for p, _ in self._rolling:
            p.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    return (start * (steps - k) + end * k) / steps


def train_step(model, inputs, targets, loss_fn, optimizer):
    outputs = list(map(model, inputs))
    loss = loss_fn(outputs, targets)
    optimizer.zero_grad()
    loss.backward()
    before = float(loss.data)
    optimizer.step()
    return before


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
