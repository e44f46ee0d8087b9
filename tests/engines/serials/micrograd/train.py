"""Velocities belong to the parameters themselves."""

import math

import micrograd.engine as eng
import micrograd.nn as nn


def mse_loss(predictions, targets):
    errors = [p - t for p, t in zip(predictions, targets, strict=True)]
    return sum((e * e for e in errors), eng.Value(0.0)) / len(errors)


def hinge_loss(scores, labels):
    # y * s > 1 costs nothing
    lacks = [(1 - s) if y > 0 else (1 + s) for s, y in zip(scores, labels, strict=True)]
    return sum((lack.relu() for lack in lacks), eng.Value(0.0)) / len(lacks)


def l2_penalty(parameters, alpha=1e-4):
    return sum((p**2 for p in parameters), eng.Value(0.0)) * alpha


def accuracy(scores, labels):
    found = [math.copysign(1, s.data) if s.data else -1.0 for s in scores]
    return sum(1.0 for f, y in zip(found, labels, strict=True) if f == y) / len(found)


def softmax(logits):
    top = max(z.data for z in logits)
    exps = tuple((z - top).exp() for z in logits)
    total = sum(exps, eng.Value(0.0))
    return tuple(e / total for e in exps)


def cross_entropy(logits, target):
    """Its own node: the gradient is the softmax, less 1 at the target."""
    weights = [p.data for p in softmax(logits)]
    top = max(z.data for z in logits)
    log_total = top + math.log(math.fsum(math.exp(z.data - top) for z in logits))
    out = eng.Value(log_total - logits[target].data, tuple(logits), "cross entropy")
    return out._made(*((z, _slope(p - (i == target))) for i, (z, p) in enumerate(zip(logits, weights, strict=True))))


def _slope(number):
    return lambda g: g * number


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = tuple(parameters)
        self.lr = lr
        self.momentum = momentum
        for p in self.parameters:
            p.velocity = 0.0

    def step(self):
        for p in self.parameters:
            p.velocity = p.velocity * self.momentum + p.grad
            p.data = p.data - p.velocity * self.lr

    def zero_grad(self):
        nn.Module.zero_grad(self.as_module())

    def as_module(self):
        module = nn.Module()
        module.parameters = lambda: self.parameters
        return module


def linear_decay(k, steps, start=1.0, end=0.1):
    return start - k * ((start - end) / steps)


def train_step(model, inputs, targets, loss_fn, optimizer):
    optimizer.zero_grad()
    loss = loss_fn([model(x) for x in inputs], targets)
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
