"""Loops and accumulators."""

from micrograd import engine


def _check(one, other):
    if len(one) != len(other):
        raise ValueError(f"{len(one)} and {len(other)} do not go together")


def mse_loss(predictions, targets):
    _check(predictions, targets)
    total = engine.Value(0.0)
    for i in range(len(targets)):
        error = predictions[i] - targets[i]
        total += error * error
    return total / len(targets)


def hinge_loss(scores, labels):
    _check(scores, labels)
    total = engine.Value(0.0)
    for i in range(len(labels)):
        total += (-(scores[i] * labels[i]) + 1.0).relu()
    return total / len(labels)


def l2_penalty(parameters, alpha=1e-4):
    total = engine.Value(0.0)
    for p in parameters:
        total += p**2
    total *= alpha
    return total


def accuracy(scores, labels):
    right = 0
    for score, label in zip(scores, labels, strict=True):
        guess = -1
        if score.data > 0:
            guess = 1
        if guess == label:
            right += 1
    return right / len(labels)


def cross_entropy(logits, target):
    largest = logits[0].data
    for logit in logits:
        if logit.data > largest:
            largest = logit.data
    total = engine.Value(0.0)
    for logit in logits:
        total += (logit - largest).exp()
    return total.log() + largest - logits[target]


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = {}

    def step(self):
        for p in self.parameters:
            v = self.velocities.get(id(p))
            if v is None:
                v = p.grad
            else:
                v *= self.momentum
                v += p.grad
            self.velocities[id(p)] = v
            p.data -= self.lr * v

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    slope = (end - start) / steps
    return start + slope * k


def train_step(model, inputs, targets, loss_fn, optimizer):
    for p in model.parameters():
        p.grad = 0.0
    outputs = []
    for x in inputs:
        outputs.append(model(x))
    loss = loss_fn(outputs, targets)
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
