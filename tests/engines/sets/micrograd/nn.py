"""As in the original, plus dropout."""

import random

from micrograd.engine import Value


class Module:
    training = True

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0

    def parameters(self):
        return []

    def children(self):
        return []

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
        self.b = Value(0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        if isinstance(x, Value):
            x = [x]
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        act = act.relu() if self.nonlin else act
        if self.training and self.dropout > 0:
            act = Value(0) if random.random() < self.dropout else act * (1 / (1 - self.dropout))
        return act

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        outs = [neuron(x) for neuron in self.neurons]
        return outs if len(outs) > 1 else outs[0]

    def parameters(self):
        return [param for neuron in self.neurons for param in neuron.parameters()]

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        sz = [nin, *nouts]
        self.layers = [
            Layer(sz[i], sz[i + 1], **(kwargs if i != len(nouts) - 1 else {"nonlin": False})) for i in range(len(nouts))
        ]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [param for layer in self.layers for param in layer.parameters()]

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
