"""Running means and running velocities are coroutines, which are sent one number at a time."""

from micrograd.engine import Value


def summing(total):
    """Sent one term after the other, it gives the sum so far."""
    while True:
        term = yield total
        total = total + term


def fold(terms):
    total = Value(0.0)
    adder = summing(total)
    next(adder)
    for term in terms:
        total = adder.send(term)
    return total


def pairs(outputs, targets):
    if len(targets) != len(outputs):
        raise ValueError(f"cannot pair {len(outputs)} with {len(targets)}")
    return zip(outputs, targets)  # noqa: B905


def mse_loss(predictions, targets):
    squares = (error * error for error in (p - t for p, t in pairs(predictions, targets)))
    return fold(squares) / float(len(targets))


def hinge_loss(scores, labels):
    shortfalls = (-y * s + 1.0 for s, y in pairs(scores, labels))
    return fold(lack.relu() for lack in shortfalls) / float(len(labels))


def l2_penalty(parameters, alpha=1e-4):
    return fold(alpha * p**2 for p in parameters)


def accuracy(scores, labels):
    hits = total = 0
    for score, label in pairs(scores, labels):
        hits += label > 0 if score.data > 0 else label < 0
        total += 1
    return hits / total


def cross_entropy(logits, target):
    peak = max((z.data for z in logits), default=0.0)
    log_total = fold((z - peak).exp() for z in logits).log()
    return log_total - logits[target] + peak


def rolling(momentum):
    """Sent a gradient, it gives the velocity."""
    velocity = 0.0
    while True:
        velocity = (yield velocity) + momentum * velocity


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.wheels = [rolling(momentum) for _ in self.parameters]
        for wheel in self.wheels:
            next(wheel)

    def step(self):
        for p, wheel in zip(self.parameters, self.wheels):  # noqa: B905
            p.data -= wheel.send(p.grad) * self.lr

    def zero_grad(self):
        for p in self.parameters:
            p.grad -= p.grad


def linear_decay(k, steps, start=1.0, end=0.1):
    left = 1.0 - k / steps
    return end + left * (start - end)


def train_step(model, inputs, targets, loss_fn, optimizer):
    stages = improving(model, inputs, targets, loss_fn, optimizer)
    return [loss for loss in stages if loss is not None][0]  # noqa: RUF015 - all stages must run


def improving(model, inputs, targets, loss_fn, optimizer):
    optimizer.zero_grad()
    yield
    loss = loss_fn([*map(model, inputs)], targets)
    yield float(loss.data)
    loss.backward()
    yield
    optimizer.step()


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
