"""A neuron is a product of arrays of Values."""

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
        for p in self.parameters():
            p.grad = np.float64(0)

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

    def __call__(self, x):
        x, w = np.atleast_1d(np.asarray(x, dtype=object)), np.array(self.w)
        if x.shape != w.shape:
            raise ValueError(f"shapes {x.shape} and {w.shape}")
        out = w @ x + self.b
        if self.nonlin:
            out = out.relu()
        if self.training and self.dropout:
            out = out * (random.random() >= self.dropout) / np.float64(1 - self.dropout)
        return out

    def parameters(self):
        return np.append(self.w, self.b).tolist()

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        out = np.array([neuron(x) for neuron in self.neurons], dtype=object)
        return out.item() if out.size == 1 else out.tolist()

    def parameters(self):
        return np.concatenate([neuron.parameters() for neuron in self.neurons]).tolist()

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        shapes = np.lib.stride_tricks.sliding_window_view(np.array([nin, *nouts]), 2).tolist()
        nin, nout = shapes.pop()
        self.layers = [Layer(*shape, **kwargs) for shape in shapes] + [Layer(nin, nout, nonlin=np.False_)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return np.concatenate([layer.parameters() for layer in self.layers]).tolist()

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
