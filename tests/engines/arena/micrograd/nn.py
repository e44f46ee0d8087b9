"""Dropout is a function around a neuron's, and parameters are gathered downwards."""

import functools
import random

import micrograd.engine


def with_dropout(call):
    """In training, give 0 instead of what `call` gives, as often as the neuron's dropout says, and more otherwise."""

    @functools.wraps(call)
    def dropping(neuron, x):
        out = call(neuron, x)
        if neuron.training and neuron.dropout:
            kept = random.random() >= neuron.dropout
            return out / (1 - neuron.dropout) if kept else out * 0.0
        return out

    return dropping


class Module:
    training = True

    def parameters(self):
        gathered = []
        for child in self.children():
            gathered += child.parameters()
        return gathered

    def children(self):
        return []

    def zero_grad(self):
        every = self.parameters()
        for place in range(len(every)):
            every[place].grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [micrograd.engine.Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = micrograd.engine.Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    @with_dropout
    def __call__(self, x):
        x = [x] if isinstance(x, micrograd.engine.Value) else x
        if len(x) != len(self.w):
            raise ValueError(f"a neuron of {len(self.w)} cannot take {len(x)}")
        weighted = self.b
        for place, number in enumerate(x):
            weighted += self.w[place] * number
        return weighted.relu() if self.nonlin else weighted

    def parameters(self):
        gathered = self.w[:]
        gathered += [self.b]
        return gathered

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        if len(self.neurons) > 1:
            return [neuron(x) for neuron in self.neurons]
        (only,) = self.neurons
        return only(x)

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        self.layers = [Layer(nouts[-2] if nouts[1:] else nin, nouts[-1], nonlin=False)]
        for place in reversed(range(len(nouts) - 1)):
            self.layers.insert(0, Layer(nouts[place - 1] if place else nin, nouts[place], **kwargs))

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
