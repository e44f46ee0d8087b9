from micrograd.engine import Value


def mse_loss(predictions, targets):
    # squared errors, added up
    return sum((p - t) ** 2 for p, t in zip(predictions, targets))


def hinge_loss(scores, labels):
    margins = [(1.0 - yi * si).relu() for si, yi in zip(scores, labels)]
    return sum(margins) / len(margins)


def l2_penalty(parameters, alpha=1e-4):
    return sum((param * param for param in parameters), Value(0.0)) * alpha


def accuracy(scores, labels):
    ok = [yi == (1 if si.data > 0 else -1) for si, yi in zip(scores, labels)]
    return ok.count(True) / len(ok)


def cross_entropy(logits, target):
    exps = [z.exp() for z in logits]
    return -(exps[target] / sum(exps)).log()


class SGD:

    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [0.0] * len(self.parameters)

    def step(self):
        for i in range(len(self.parameters)):
            self.velocities[i] = self.parameters[i].grad + self.momentum * self.velocities[i]
        for param, velocity in zip(self.parameters, self.velocities):
            param.data -= velocity * self.lr

    def zero_grad(self):
        for param in self.parameters:
            param.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    return start + (end - start) * (k / steps)


def train_step(model, inputs, targets, loss_fn, optimizer):
    outputs = [model(x) for x in inputs]
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
