"""Cross-entropy is a node of its own, with its local derivatives."""

import math
from statistics import mean

from micrograd.engine import lift, node


def paired(outputs, targets):
    if len(outputs) != len(targets):
        raise ValueError("an output for each target, please")
    return [(lift(output), target) for output, target in zip(outputs, targets)]  # noqa: B905


def mse_loss(predictions, targets):
    total = lift(0)
    for p, t in paired(predictions, targets):
        total = total + (p - t) ** 2
    return total / len(targets)


def hinge_loss(scores, labels):
    total = lift(0)
    for s, y in paired(scores, labels):
        total = total + (1.0 - y * s).relu()
    return total / len(labels)


def l2_penalty(parameters, alpha=1e-4):
    total = lift(0)
    for p in parameters:
        total = total + p * p * alpha
    return total


def accuracy(scores, labels):
    return mean([1.0 if y * (0.5 if s.data > 0 else -0.5) > 0 else 0.0 for s, y in paired(scores, labels)])


def cross_entropy(logits, target):
    top = max(z.data for z in logits)
    exps = [math.exp(z.data - top) for z in logits]
    loss = math.log(sum(exps)) + top - logits[target].data
    shares = [(z, e / sum(exps)) for z, e in zip(logits, exps)]  # noqa: B905
    return node(loss, "cross entropy", *shares, (logits[target], -1.0))


class SGD(object):  # noqa: UP004
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = [*parameters]
        self.lr = lr
        self.momentum = momentum
        self.velocities = None

    def step(self):
        grads = [p.grad for p in self.parameters]
        if self.velocities is None:
            self.velocities = grads
        else:
            self.velocities = [self.momentum * v + g for v, g in zip(self.velocities, grads)]  # noqa: B905
        for i in range(len(grads)):
            self.parameters[i].data -= self.lr * self.velocities[i]

    def zero_grad(self):
        for p in self.parameters:
            p.grad *= 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    done = k / steps
    return done * end + (1.0 - done) * start


def train_step(model, inputs, targets, loss_fn, optimizer):
    model.zero_grad()
    loss = loss_fn([model(x) for x in inputs], targets)
    loss.backward()
    optimizer.step()
    return loss.data


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
