class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = tuple(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = {}

    def step(self):
        for p in self.parameters:
            v = self.velocities[p] = self.momentum * self.velocities.get(p, 0.0) + p.grad
            p.data -= self.lr * v

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    t = k / steps
    return start * (1 - t) + end * t
