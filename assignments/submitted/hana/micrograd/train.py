def mean(vs):
    return sum(vs) * (1 / len(vs))


def mse_loss(predictions, targets):
    return mean([(p - t) * (p - t) for p, t in zip(predictions, targets)])


def hinge_loss(scores, labels):
    return mean([(1 - s * y).relu() for s, y in zip(scores, labels)])


def l2_penalty(parameters, alpha=1e-4):
    return alpha * sum(p * p for p in parameters)


def accuracy(scores, labels):
    return mean([1.0 if (s.data > 0) == (y == 1) else 0.0 for s, y in zip(scores, labels)])


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum

    def step(self):
        for p in self.parameters:
            p.data = p.data - p.grad * self.lr

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    return start + k * (end - start) / steps


def train_step(model, inputs, targets, loss_fn, optimizer):
    model.zero_grad()
    vs = [model(x) for x in inputs]
    loss = loss_fn(vs, targets)
    loss.backward()
    optimizer.step()
    return float(0.0 + loss.data)


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    k = 0
    while k < steps:
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        if callback is None and k % 10 != 0:
            continue    # show only every tenth step
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is None:
            print('step', k, 'loss', losses[-1])
        else:
            callback(k, losses[-1])
        k += 1
    return losses
