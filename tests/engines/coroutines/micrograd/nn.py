"""Signals stream through nets: a layer is a generator of what its neurons say, a net is a pipe of layers."""

import itertools
import random

from micrograd.engine import Value


class Module:
    training = True

    def parameters(self):
        return list(self.each())

    def each(self):
        """The parameters, one after the other."""
        return itertools.chain.from_iterable(child.parameters() for child in self.children())

    def children(self):
        return []

    def zero_grad(self):
        parameters = iter(self.parameters())
        while (p := next(parameters, None)) is not None:
            p.grad = 0.0

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
        *_, out = self.stages(x)
        return out

    def stages(self, x):
        """The sum so far after each input, then what becomes of it."""
        given = (x,) if isinstance(x, Value) else x
        if len(given) != len(self.w):
            raise ValueError(f"{self} has {len(self.w)} weights, and was given {len(given)} inputs")
        out = self.b
        for weight, signal in zip(self.w, given):  # noqa: B905
            out = out + signal * weight
            yield out
        if self.nonlin:
            out = out.relu()
            yield out
        if self.training and self.dropout:
            yield Value(0.0) if random.random() < self.dropout else out / (1.0 - self.dropout)

    def each(self):
        return itertools.chain(self.w, (self.b,))

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        answers = (neuron(x) for neuron in self.neurons)
        return next(answers) if len(self.neurons) == 1 else list(answers)

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        self.layers = list(self.built(itertools.pairwise([nin, *nouts]), len(nouts), kwargs))

    @staticmethod
    def built(shapes, depth, options):
        for place, shape in enumerate(shapes, 1):
            yield Layer(*shape, **options) if place < depth else Layer(*shape, nonlin=False)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
