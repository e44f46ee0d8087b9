"""Losses over rows of Values; numbers that are no Values live in numpy arrays."""

import numpy as np

from micrograd.engine import Value
from micrograd.nn import row


def rows(outputs, targets):
    if np.shape(targets) != (len(outputs),):
        raise ValueError(f"{len(outputs)} outputs do not fit {len(targets)} targets")
    return row(outputs), np.array(targets, dtype=float)


def total(terms):
    return np.add.reduce(terms, initial=Value(0.0))


def mse_loss(predictions, targets):
    p, t = rows(predictions, targets)
    return total(np.square(p - t)) / t.size


def hinge_loss(scores, labels):
    s, y = rows(scores, labels)
    margins = s * y
    return total(row(lack.relu() for lack in 1.0 - margins)) / y.size


def l2_penalty(parameters, alpha=1e-4):
    p = row(parameters)
    return total(p * p) * alpha


def accuracy(scores, labels):
    guesses = np.sign(np.sign([score.data for score in scores]) - 0.5)
    return float(np.count_nonzero(guesses == np.array(labels)) / len(labels))


def cross_entropy(logits, target):
    z = row(logits)
    z = z - np.max([logit.data for logit in logits])
    return -(z[target] - total(row(one.exp() for one in z)).log())


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self._v = np.zeros(len(self.parameters))

    def step(self):
        self._v *= self.momentum
        self._v += [p.grad for p in self.parameters]
        after = np.subtract([p.data for p in self.parameters], self.lr * self._v)
        for p, data in zip(self.parameters, after.tolist()):  # noqa: B905
            p.data = data

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    return float(np.polyval([(end - start) / steps, start], k))


def train_step(model, inputs, targets, loss_fn, optimizer):
    optimizer.zero_grad()
    outputs = []
    for x in inputs:
        outputs += [model(x)]
    loss = loss_fn(outputs, targets)
    result = np.float64(loss.data).item()
    loss.backward()
    optimizer.step()
    return result


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
