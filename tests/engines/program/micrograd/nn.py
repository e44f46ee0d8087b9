"""Numpy does the sums: rows of Values times rows of Values."""

import random

import numpy as np

from micrograd.engine import Value


class Module:
    training = True

    def parameters(self):
        return []

    def children(self):
        return []

    def zero_grad(self):
        for p in row(self.parameters()).flat:
            p.grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


def row(x):
    """An array of whatever is in `x`, or of a single Value."""
    items = [x] if isinstance(x, Value) else list(x)
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        x, w = row(x), row(self.w)
        if x.size != w.size:
            raise ValueError(f"{x.size} inputs do not fit {w.size} weights")
        out = np.sum(x * w, initial=self.b)
        if self.nonlin:
            out = out.relu()
        if not self.training:
            return out
        scale = random.choices([1 / (1 - self.dropout), 0.0], [1 - self.dropout, self.dropout])
        return out * scale[0]

    def parameters(self):
        return np.hstack([row(self.w), row(self.b)]).tolist()

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        out = [neuron(x) for neuron in self.neurons]
        return out if out[1:] else out[0]

    def parameters(self):
        return np.hstack([row(neuron.parameters()) for neuron in self.neurons]).tolist()

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        inputs = np.roll([*nouts, nin], 1)[:-1].tolist()
        options = [kwargs] * (len(inputs) - 1) + [{"nonlin": False}]
        self.layers = [Layer(i, o, **given) for i, o, given in zip(inputs, nouts, options, strict=True)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return np.hstack([row(layer.parameters()) for layer in self.layers]).tolist()

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
