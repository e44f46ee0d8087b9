"""Training in lambdas."""

mean = lambda xs: sum(xs) * (1 / len(xs))  # noqa: E731
pairs = lambda xs, ys: list(zip(xs, ys, strict=True))  # noqa: E731
mse_loss = lambda predictions, targets: mean([(p - t) ** 2 for p, t in pairs(predictions, targets)])  # noqa: E731
hinge_loss = lambda scores, labels: mean([(1 - s * y).relu() for s, y in pairs(scores, labels)])  # noqa: E731
l2_penalty = lambda parameters, alpha=1e-4: sum(p**2 * alpha for p in parameters)  # noqa: E731
accuracy = lambda scores, labels: mean([float(y == (1 if s.data > 0 else -1)) for s, y in pairs(scores, labels)])  # noqa: E731
linear_decay = lambda k, steps, start=1.0, end=0.1: (1 - k / steps) * start + k / steps * end  # noqa: E731


def cross_entropy(logits, target):
    top = max(logits, key=lambda z: z.data)
    return sum((z - top).exp() for z in logits).log() - (logits[target] - top)


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters, self.lr, self.momentum = list(parameters), lr, momentum
        self.velocities = [0.0 for _ in self.parameters]

    def zero_grad(self):
        _ = [setattr(p, "grad", 0.0) for p in self.parameters]

    def step(self):
        grads = [p.grad for p in self.parameters]
        self.velocities = [g + self.momentum * v for g, v in zip(grads, self.velocities)]  # noqa: B905
        _ = [setattr(p, "data", p.data - self.lr * v) for p, v in zip(self.parameters, self.velocities)]  # noqa: B905


def train_step(model, inputs, targets, loss_fn, optimizer):
    loss = loss_fn([*map(model, inputs)], targets)
    _ = [step() for step in (optimizer.zero_grad, loss.backward, optimizer.step)]
    return loss.data


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=lambda k, loss: None):
    losses = []
    for k in range(steps):
        optimizer.lr = schedule(k, steps) if schedule else optimizer.lr
        losses += [train_step(model, inputs, targets, loss_fn, optimizer)]
        (callback or print)(k, losses[-1])
    return losses
