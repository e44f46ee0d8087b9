"""The cells of the demo notebook, made into functions."""

from micrograd.engine import Value


def mse_loss(predictions, targets):
    losses = [(yout - ygt) ** 2 for ygt, yout in zip(targets, predictions, strict=True)]
    return sum(losses) * (1.0 / len(losses))


def hinge_loss(scores, labels):
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(labels, scores, strict=True)]
    return sum(losses) * (1.0 / len(losses))


def l2_penalty(parameters, alpha=1e-4):
    return alpha * sum(p * p for p in parameters)


def accuracy(scores, labels):
    hits = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(labels, scores, strict=True)]
    return sum(hits) / len(hits)


def cross_entropy(logits, target):
    biggest = max(z.data for z in logits)
    counts = [(z - biggest).exp() for z in logits]
    return biggest + sum(counts).log() - logits[target]


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [0.0] * len(self.parameters)

    def step(self):
        for i, p in enumerate(self.parameters):
            self.velocities[i] = self.momentum * self.velocities[i] + p.grad
            p.data -= self.lr * self.velocities[i]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0


def linear_decay(k, steps, start=1.0, end=0.1):
    return start - (start - end) * k / steps


def train_step(model, inputs, targets, loss_fn, optimizer):
    # forward
    scores = list(map(model, inputs))
    total_loss = loss_fn(scores, targets)
    # backward
    model.zero_grad()
    total_loss.backward()
    # update (sgd)
    optimizer.step()
    return float(total_loss.data)


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        loss = train_step(model, inputs, targets, loss_fn, optimizer)
        if callback is not None:
            callback(k, loss)
        losses.append(loss)
    return losses


__all__ = ["SGD", "Value", "accuracy", "cross_entropy", "fit", "hinge_loss", "l2_penalty", "linear_decay", "mse_loss"]
