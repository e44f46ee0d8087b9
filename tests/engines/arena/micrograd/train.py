"""Recursion over lists, and one function that moves a parameter."""

import micrograd.engine


def _halved(terms):
    """The sum of at least one term, as a balanced tree."""
    middle = len(terms) // 2
    return _halved(terms[:middle]) + _halved(terms[middle:]) if middle else terms[0]


def _matched(outputs, targets):
    if not len(outputs) == len(targets):
        raise ValueError(f"outputs: {len(outputs)}, targets: {len(targets)}")
    return range(len(targets))


def mse_loss(predictions, targets):
    n = len(predictions)
    return _halved([(predictions[i] - targets[i]) ** 2 * (1 / n) for i in _matched(predictions, targets)])


def hinge_loss(scores, labels):
    n = len(scores)
    return _halved([(1 - scores[i] * labels[i]).relu() for i in _matched(scores, labels)]) / n


def l2_penalty(parameters, alpha=1e-4):
    squares = [p * p for p in parameters] or [micrograd.engine.Value(0.0)]
    return alpha * _halved(squares)


def accuracy(scores, labels):
    missed = sum(1 for i in _matched(scores, labels) if (scores[i].data <= 0) == (labels[i] > 0))
    return (len(labels) - missed) / len(labels)


def cross_entropy(logits, target):
    top = sorted(logit.data for logit in logits)[-1]
    surprise = _halved([(logit - top).exp() for logit in logits]).log()
    return surprise + (top - logits[target])


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self._speeds = [0.0] * len(self.parameters)

    def step(self):
        for place in range(len(self._speeds)):
            self._move(place, self.parameters[place])

    def _move(self, place, parameter):
        speed = self._speeds[place] * self.momentum + parameter.grad
        self._speeds[place] = speed
        parameter.data -= speed * self.lr

    def zero_grad(self):
        for parameter in self.parameters:
            parameter.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    per_step = (start - end) / steps
    return start - per_step * k


def train_step(model, inputs, targets, loss_fn, optimizer):
    for parameter in optimizer.parameters:
        parameter.grad = 0.0
    loss = loss_fn([model(one) for one in inputs], targets)
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
