"""Modules are called and do their work in `forward`, as in PyTorch; dropout is a module of its own."""

import random
from math import isclose

from . import engine


class Module:
    training = True

    def parameters(self):
        return []

    def children(self):
        return []

    def zero_grad(self):
        for p in tuple(self.parameters()):
            p.grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def __call__(self, *inputs):
        return self.forward(*inputs)


class Dropout(Module):
    def __init__(self, neuron):
        self.neuron = neuron

    def forward(self, x):
        p = self.neuron.dropout
        if not self.neuron.training or isclose(p, 0.0):
            return x
        return x / (1 - p) if random.random() > p else engine.Value(0.0)


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [engine.Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = engine.Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def forward(self, x):
        signals = self.checked(x)
        activation = sum((signals[i] * w for i, w in enumerate(self.w)), start=self.b)
        return Dropout(self)(activation.relu() if self.nonlin else activation)

    def checked(self, x):
        signals = [x] if isinstance(x, engine.Value) else [*x]
        if len(signals) == len(self.w):
            return signals
        raise ValueError(f"{len(signals)} signals at a neuron for {len(self.w)}")

    def parameters(self):
        return [*self.w] + [self.b]  # noqa: RUF005

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Stack(Module):
    """What has children has their parameters."""

    def parameters(self):
        found = {}
        for child in self.children():
            found.update((id(p), p) for p in child.parameters())
        return list(found.values())


class Layer(Stack):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def forward(self, x):
        results = {place: neuron(x) for place, neuron in enumerate(self.neurons)}
        return results[0] if set(results) == {0} else list(results.values())

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Stack):
    def __init__(self, nin, nouts, **kwargs):
        ends = dict(enumerate(nouts))
        self.layers = []
        while ends:
            place = min(ends)
            nout = ends.pop(place)
            self.layers.append(Layer(nin, nout, **kwargs) if ends else Layer(nin, nout, nonlin=False))
            nin = nout

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
