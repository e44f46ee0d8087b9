from micrograd.engine import Value


def mse_loss(predictions, targets):
    return sum((p - t) * (p.data - t) for p, t in zip(predictions, targets)) / len(targets)


def hinge_loss(scores, labels):
    return sum((1 + -y * s).relu() for s, y in zip(scores, labels)) * (1.0 / len(labels))


def l2_penalty(parameters, alpha=1e-4):
    return alpha * sum(p * p for p in parameters)


def accuracy(scores, labels):
    return sum((s.data > 0) == (y > 0) for s, y in zip(scores, labels)) / len(labels)


def cross_entropy(logits, target):
    top = max(x.data for x in logits)
    shifted = [x - top for x in logits]
    return sum(x.exp() for x in shifted).log() - shifted[target]


def linear_decay(k, steps, start=1.0, end=0.1):
    return start + (end - start) * k / steps


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
            p.grad = 0.0


def train_step(model, inputs, targets, loss_fn, optimizer):
    optimizer.zero_grad()
    loss = loss_fn([model(x) for x in inputs], targets)
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
