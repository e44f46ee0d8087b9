"""With the engine's own `lift`; whatever has parts asks its parts."""

import random

from micrograd.engine import Value, lift


class Module(object):  # noqa: UP004
    training = True
    parts = ()

    def parameters(self):
        found = []
        for part in self.parts:
            found += part.parameters() if isinstance(part, Module) else [part]
        return found

    def children(self):
        return [part for part in self.parts if isinstance(part, Module)]

    def zero_grad(self):
        for p in self.parameters():
            p.grad *= 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    @property
    def parts(self):
        return (*self.w, self.b)

    def __call__(self, x):
        xs = list(map(lift, [x] if isinstance(x, Value) else x))
        if len(xs) != len(self.w):
            raise ValueError(f"not {len(xs)} but {len(self.w)} inputs")
        out = lift(0.0)
        while xs:
            out = out + xs.pop() * self.w[len(xs)]
        out = out + self.b
        out = out.relu() if self.nonlin else out
        if self.training:
            stays = random.choices((True, False), (1 - self.dropout, self.dropout))[0]
            out = out / (1 - self.dropout) if stays else lift(0.0)
        return out

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    @property
    def parts(self):
        return self.neurons

    def __call__(self, x):
        out = [n(x) for n in self.neurons]
        while len(out) == 1:
            return out[0]
        return out

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        sizes = [nin, *nouts]
        make = {True: lambda i, o: Layer(i, o, nonlin=False), False: lambda i, o: Layer(i, o, **kwargs)}
        self.layers = [make[n == len(nouts)](sizes[n - 1], sizes[n]) for n in range(1, len(sizes))]

    @property
    def parts(self):
        return self.layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
