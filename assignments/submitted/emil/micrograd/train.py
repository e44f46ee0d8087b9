from .engine import Value


def mse_loss(predictions, targets):
    out = Value(0)
    for p, t in zip(predictions, targets):
        out += (p + -t) ** 2
    return out * (1 / len(targets))


def hinge_loss(scores, labels):
    out = Value(0)
    for s, y in zip(scores, labels):
        out += (1 + -y * s).relu()
    return out * (1 / len(labels))


def l2_penalty(parameters, alpha=1e-4):
    out = Value(0)
    for v in parameters:
        out += v ** 2
    return out * alpha


def accuracy(scores, labels):
    hits = 0
    for s, y in zip(scores, labels):
        hits += (s.data >= 0) == (y > 0)
    return hits / len(labels)


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum

    def step(self):
        # go where the gradient points
        for v in self.parameters:
            v.data += self.lr * v.grad

    def zero_grad(self):
        for v in self.parameters:
            v.data = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    return start * (1 - k / steps)


def train_step(model, inputs, targets, loss_fn, optimizer):
    loss = loss_fn(list(map(model, inputs)), targets)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.data


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback:
            callback(k, losses[-1])
    return losses
