"""Like PyTorch: modules have a `forward`, and nets are made of smaller ones. Uses what else the engine's Values can."""

import random

from .engine import Value, value


class Module:
    training = True

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        raise NotImplementedError

    def parameters(self):
        return [p for child in self.children() for p in child.parameters()]

    def children(self):
        return []

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


class Dropout(Module):
    def __init__(self, p):
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        kept = random.random() > self.p
        return x * (kept / (1 - self.p))


class Relu(Module):
    def forward(self, x):
        return x.relu()


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout
        self.after = [Relu()] if nonlin else []
        self.leave_out = Dropout(dropout)

    def forward(self, x):
        xs = [x] if isinstance(x, Value) else [value(xi) for xi in x]
        if len(xs) != len(self.w):
            raise ValueError(f"{self!r} cannot take {len(xs)} inputs")
        out = self.b
        for w, xi in zip(self.w, xs):  # noqa: B905
            out = out + w * xi
        for module in self.after:
            out = module(out)
        self.leave_out.training = self.training
        return self.leave_out(out)

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def forward(self, x):
        out = [neuron(x) for neuron in self.neurons]
        return out if len(out) > 1 else out.pop()

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class Sequential(Module):
    layers = ()

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def children(self):
        return self.layers


class MLP(Sequential):
    def __init__(self, nin, nouts, **kwargs):
        self.layers = []
        for nout in nouts[:-1]:
            self.layers.append(Layer(nin, nout, **kwargs))
            nin = nout
        self.layers.append(Layer(nin, nouts[-1], nonlin=False))

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
