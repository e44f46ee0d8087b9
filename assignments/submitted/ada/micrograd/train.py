"""Week 5: how a net learns."""
import sys

from micrograd.engine import Value


def pairs(ours, theirs):
    if len(ours) != len(theirs):
        raise ValueError("not the same length")
    return list(zip(ours, theirs))


def mean(values):
    s = Value(0.0)
    for v in values:
        s = s + v
    return s / len(values)


def mse_loss(predictions, targets):
    return mean([(p - t) ** 2 for p, t in pairs(predictions, targets)])


def hinge_loss(scores, labels):
    return mean([(1 - y * s).relu() for s, y in pairs(scores, labels)])


def l2_penalty(parameters, alpha=1e-4):
    s = Value(0.0)
    for q in parameters:
        s = s + q * q
    return s * alpha


def accuracy(scores, labels):
    right = 0
    for s, y in pairs(scores, labels):
        says = 1 if s.data > 0 else -1
        right += says == y
    return right / len(labels)


def cross_entropy(logits, target):
    # log(sum(exp(z))) = m + log(sum(exp(z - m))): with the largest z as m, no exponent is above 0
    m = max(z.data for z in logits)
    total = Value(0.0)
    for z in logits:
        total = total + (z - m).exp()
    return total.log() + m - logits[target]


class SGD:

    def __init__(self, parameters, lr=0.01, momentum=0.0):
        if lr < 0:
            raise ValueError(f'lr must be at least 0, not {lr}')
        if not 0 <= momentum < 1:
            raise ValueError(f'momentum must be in [0, 1), not {momentum}')
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [0.0 for _ in self.parameters]

    def step(self):
        for i, q in enumerate(self.parameters):
            v = self.momentum * self.velocities[i] + q.grad
            self.velocities[i] = v
            q.data -= self.lr * v

    def zero_grad(self):
        for q in self.parameters:
            q.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    share = k / steps
    return (1 - share) * start + share * end


def train_step(model, inputs, targets, loss_fn, optimizer):
    optimizer.zero_grad()
    outputs = [model(x) for x in inputs]
    loss = loss_fn(outputs, targets)
    loss.backward()
    before = float(loss.data)
    optimizer.step()
    return before


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    if steps < 0:
        raise ValueError(f'steps must be at least 0, not {steps}')
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
        elif sys.stderr.isatty():
            print(k, losses[-1], file=sys.stderr)
    return losses
