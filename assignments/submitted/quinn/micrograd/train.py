def mse_loss(predictions, targets):
    total = 0
    for p, t in zip(predictions, targets):
        total = total + (p - t)**2
    return total / len(targets)


def hinge_loss(scores, labels):
    total = 0
    for s, y in zip(scores, labels):
        total = total + (1 - y * s).relu()
    return total / len(labels)


def l2_penalty(parameters, alpha=1e-4):
    total = 0
    for p in parameters:
        total = total + p**2
    return total * alpha


def accuracy(scores, labels):
    return sum(1 for s, y in zip(scores, labels) if (s.data > 0) == (y > 0)) / len(labels)


class SGD:
    """same formula as torch.optim.SGD"""

    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters, self.lr, self.momentum = list(parameters), lr, momentum
        self.buf = {}

    def step(self):
        for p in self.parameters:
            self.buf[p] = self.buf.get(p, 0.0) * self.momentum + p.grad
            p.data -= self.buf[p] * self.lr

    def zero_grad(self, set_to_none=True):
        for p in self.parameters:
            p.grad = None if set_to_none else 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    return torch.linspace(start, end, steps + 1)[k].item()


def train_step(model, inputs, targets, loss_fn, optimizer):
    optimizer.zero_grad()
    pred = [model(x) for x in inputs]
    loss = loss_fn(pred, targets)
    loss.backward()
    optimizer.step()
    return loss.item()
