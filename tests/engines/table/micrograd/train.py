"""A table of losses: what each pair costs."""

import statistics

import micrograd.engine as E
import micrograd.nn as N

COSTS = {
    "mse": lambda p, t: (t - p) ** 2.0,
    "hinge": lambda s, y: (1.0 - s * y).relu(),
}


def mean_cost(name, outputs, targets):
    if len(outputs) > len(targets) or len(outputs) < len(targets):
        raise ValueError(name)
    total = 0
    for pair in zip(outputs, targets):  # noqa: B905
        total = COSTS[name](*pair) + total
    return total * len(targets) ** -1


def mse_loss(predictions, targets):
    return mean_cost("mse", predictions, targets)


def hinge_loss(scores, labels):
    return mean_cost("hinge", scores, labels)


def l2_penalty(parameters, alpha=1e-4):
    return sum([alpha * p**2 for p in parameters], E.Value(0))


def accuracy(scores, labels):
    return statistics.fmean((s.data > 0) == (y > 0) for s, y in zip(scores, labels))  # noqa: B905


def cross_entropy(logits, target):
    top = max(range(len(logits)), key=lambda i: logits[i].data)
    rest = sum((z - logits[top]).exp() for i, z in enumerate(logits) if i != top)
    loss = (1 + rest).log() if len(logits) > 1 else logits[0] * 0
    return loss + logits[top] - logits[target] if top != target else loss


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.table = dict.fromkeys(parameters, 0.0)
        self.lr = lr
        self.momentum = momentum

    @property
    def parameters(self):
        return list(self.table)

    def step(self):
        for p, v in self.table.items():
            self.table[p] = p.grad + v * self.momentum
        for p, v in self.table.items():
            p.data -= v * self.lr

    def zero_grad(self):
        N.Module.zero_grad(_Parameters(self.table))


class _Parameters(N.Module):
    def __init__(self, values):
        self.values = values

    def parameters(self):
        return self.values


def linear_decay(k, steps, start=1.0, end=0.1):
    return (start * (steps - k) + end * k) / steps


def train_step(model, inputs, targets, loss_fn, optimizer):
    optimizer.zero_grad()
    model.train()
    loss = loss_fn(tuple(model(x) for x in inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.data + 0.0


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
