"""The optimizer keeps its velocities by the id of the parameter, for a Value has no room for more."""

from micrograd.engine import Value, operand


def check(outputs, targets):
    if len(outputs) != len(targets):
        raise ValueError("so many outputs, so many targets")
    return zip(outputs, targets, strict=True)


def mse_loss(predictions, targets):
    n = len(predictions)
    return sum((prediction - target) ** 2 / n for prediction, target in check(predictions, targets))


def hinge_loss(scores, labels):
    cost = Value(0.0)
    for score, label in check(scores, labels):
        cost = cost + operand(1 - label * score).relu()
    return cost / len(scores)


def l2_penalty(parameters, alpha=1e-4):
    norm = Value(0.0)
    for p in parameters:
        norm = norm + p * p
    return norm * alpha


def accuracy(scores, labels):
    wrong = [1 for score, label in check(scores, labels) if (score.data > 0) != (label > 0)]
    return 1.0 - len(wrong) / len(labels)


def cross_entropy(logits, target):
    largest = max(logit.data for logit in logits)
    exps = [(logit - largest).exp() for logit in logits]
    total = sum(exps[1:], exps[0])
    return total.log() - (logits[target] - largest)


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        if lr < 0:
            raise ValueError("lr")
        if not 0 <= momentum < 1:
            raise ValueError("momentum")
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self._velocity = {id(p): 0.0 for p in self.parameters}

    def step(self):
        for p in self.parameters:
            self._velocity[id(p)] *= self.momentum
            self._velocity[id(p)] += p.grad
            p.data -= self._velocity[id(p)] * self.lr

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    return end + (start - end) * (steps - k) / steps


def train_step(model, inputs, targets, loss_fn, optimizer):
    outputs = [model(x) for x in inputs]
    loss = loss_fn(outputs, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.data)


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    if steps < 0:
        raise ValueError("steps")
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
