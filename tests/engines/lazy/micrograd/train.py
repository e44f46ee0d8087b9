"""Losses are objects with a cost for each pair, and optimizers have a rule for each slope."""

from . import engine


class Loss:
    """The mean cost over pairs of output and target."""

    def __call__(self, outputs, targets):
        count = len(outputs)
        if count != len(targets):
            raise ValueError(f"a loss of {count} outputs over {len(targets)} targets")
        total = self.cost(outputs[0], targets[0])
        for place in range(1, count):
            total = total + self.cost(outputs[place], targets[place])
        return total / count


class SquaredError(Loss):
    def cost(self, output, target):
        off = output - target
        return off * off


class Hinge(Loss):
    def cost(self, output, target):
        return (output * -target + 1).relu()


def mse_loss(predictions, targets):
    return SquaredError()(predictions, targets)


def hinge_loss(scores, labels):
    return Hinge()(scores, labels)


def l2_penalty(parameters, alpha=1e-4):
    lengths = (alpha * (p * p) for p in parameters)
    return sum(lengths, start=engine.Value(0.0))


def accuracy(scores, labels):
    sides = {True: 1, False: -1}
    verdicts = [sides[bool(score.data > 0)] == label for score, label in zip(scores, labels, strict=True)]
    return float(sum(verdicts)) / len(verdicts)


def cross_entropy(logits, target):
    """The logarithm of the sum of exponentials is put together from what lies below the largest."""
    order = sorted(range(len(logits)), key=lambda place: logits[place].data)
    top = logits[order[-1]]
    rest = sum(((logits[place] - top).exp() for place in order[:-1]), start=engine.Value(1.0))
    return rest.log() + (top - logits[target])


class Optimizer:
    def __init__(self, parameters):
        self.parameters = list(parameters)

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for place, p in enumerate(self.parameters):
            p.data -= self.lr * self.direction(place, p.grad)


class SGD(Optimizer):
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        super().__init__(parameters)
        self.lr, self.momentum = lr, momentum
        self.last = {}

    def direction(self, place, slope):
        self.last[place] = self.momentum * self.last.get(place, 0.0) + slope
        return self.last[place]


def linear_decay(k, steps, start=1.0, end=0.1):
    drop = start - end
    return start - drop * (k / steps)


def train_step(model, inputs, targets, loss_fn, optimizer):
    getattr(model, "zero_grad", optimizer.zero_grad)()
    loss = loss_fn([model(x) for x in iter(inputs)], targets)
    loss.backward()
    number = loss.data * 1.0
    optimizer.step()
    return number


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
