import random

import numpy as np

from micrograd.engine import V, Value


class Module:
    training = True

    def parameters(self):
        return []

    def children(self):
        return []

    def zero_grad(self):
        for p in self.parameters():
            p.grad = np.zeros_like(p.grad)[()]

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
        z = np.dot(np.array(self.w), np.array(x, dtype=object))     # arrays of Values, nice
        z = V(z) + self.b
        if self.nonlin:
            z = z.relu()
        if self.training:
            # a neuron that is there with probability 1 - p gives (1 - p) of its output on average
            z = z * (1 - self.dropout)
        return z

    def parameters(self):
        return [self.b] + self.w

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        z = [n(x) for n in self.neurons]
        return z[0] if len(z) == 1 else z

    def parameters(self):
        return list(np.concatenate([n.parameters() for n in self.neurons]))

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        n = [nin, *nouts]
        self.layers = [Layer(n[i], n[i + 1], **dict(kwargs, nonlin=i + 2 < len(n))) for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return list(np.concatenate([layer.parameters() for layer in self.layers]))

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
