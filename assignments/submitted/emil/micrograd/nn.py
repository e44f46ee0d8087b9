from random import random, uniform

from .engine import Value


class Module:
    """What nets are made of."""

    training = True

    def zero_grad(self):
        for v in self.parameters():
            v.grad = 0.0

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
        self.w = [Value(uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        out = sum((a * b for a, b in zip(self.w, x)), self.b)
        if self.training and random() < self.dropout:
            return Value(0.0)
        return out.relu() if self.nonlin else out

    def parameters(self):
        return self.w[:] + [self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        y = [neuron(x) for neuron in self.neurons]
        return y if len(y) > 1 else y[0]

    def parameters(self):
        return [v for neuron in self.neurons for v in neuron.parameters()]

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        self.layers = []
        for nout in nouts:
            self.layers.append(Layer(nin, nout, **kwargs))
            nin = nout

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [v for layer in self.layers for v in layer.parameters()]

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
