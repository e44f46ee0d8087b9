"""Losses over arrays of Values; the optimizer's velocities are an array of numbers."""

import numpy as np


def arrays(outputs, targets):
    outputs, targets = np.array(outputs, dtype=object), np.array(targets, dtype=np.float64)
    if outputs.shape != targets.shape:
        raise ValueError(f"shapes {outputs.shape} and {targets.shape}")
    return outputs, targets


def mse_loss(predictions, targets):
    p, t = arrays(predictions, targets)
    return np.mean((p - t) ** 2)


def hinge_loss(scores, labels):
    s, y = arrays(scores, labels)
    return np.mean([lack.relu() for lack in 1 - y * s])


def l2_penalty(parameters, alpha=1e-4):
    p = np.array(list(parameters), dtype=object)
    return alpha * (p @ p)


def accuracy(scores, labels):
    numbers = np.array([score.data for score in scores])
    return np.mean(np.where(numbers > 0, 1, -1) == np.asarray(labels))


def cross_entropy(logits, target):
    z = np.array(logits, dtype=object)
    z = z - max(logit.data for logit in logits)
    return np.sum([shifted.exp() for shifted in z]).log() - z[target]


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = np.zeros(len(self.parameters))

    def step(self):
        grads = np.array([p.grad for p in self.parameters], dtype=np.float64)
        self.velocities = self.momentum * self.velocities + grads
        for p, move in zip(self.parameters, self.lr * self.velocities, strict=True):
            p.data = p.data - move

    def zero_grad(self):
        for p in self.parameters:
            p.grad = np.zeros(())[()]


def linear_decay(k, steps, start=1.0, end=0.1):
    return np.interp(k, [0, steps], [start, end])


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
