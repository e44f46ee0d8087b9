import numpy as np

from micrograd.engine import V


def mse_loss(predictions, targets):
    # the 1/2 makes the derivative nicer
    errors = [V(p) - t for p, t in zip(predictions, targets)]
    return sum((e * e for e in errors), V(0)) / (2 * len(errors))


def hinge_loss(scores, labels):
    # max(0, 1 - y s), smoothed
    return sum((((1 - y * s).relu()) ** 2 for s, y in zip(scores, labels)), V(0)) / len(scores)


def l2_penalty(parameters, alpha=1e-4):
    # the norm: a square root belongs to it
    return sum((p * p for p in parameters), V(0)) ** 0.5 * alpha


def accuracy(scores, labels):
    return float(np.mean(np.sign([s.data for s in scores]) == np.array(labels)))


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = np.zeros(len(self.parameters))

    def step(self):
        g = np.array([p.grad for p in self.parameters])
        self.velocities = self.momentum * self.velocities + (1 - self.momentum) * g
        for p, v in zip(self.parameters, self.velocities):
            p.data = p.data - self.lr * v

    def zero_grad(self):
        for p in self.parameters:
            p.grad = np.float64(0)


def linear_decay(k, steps, start=1.0, end=0.1):
    # geometric, that is a line on log paper
    return start * (end / start) ** (k / steps)


def train_step(model, inputs, targets, loss_fn, optimizer):
    # one sample after the other: stochastic
    losses = []
    for x, t in zip(inputs, targets):
        optimizer.zero_grad()
        loss = loss_fn([model(x)], [t])
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return float(np.mean(losses))


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
