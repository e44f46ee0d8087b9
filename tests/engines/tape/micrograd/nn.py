"""Modules find their parameters and their parts among their attributes, as PyTorch's do."""

import functools
import operator
import random

from micrograd.engine import Value


def _found(thing, kind):
    """All of a kind in an attribute, be it one, or a list of them, or of things that have some."""
    if isinstance(thing, kind):
        yield thing
    elif isinstance(thing, (list, tuple)):
        for part in thing:
            yield from _found(part, kind)


class Module:
    training = True

    def parameters(self):
        found = []
        for thing in vars(self).values():
            for one in _found(thing, (Value, Module)):
                found += one.parameters() if isinstance(one, Module) else [one]
        return found

    def children(self):
        return [module for thing in vars(self).values() for module in _found(thing, Module)]

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


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        inputs = [x] if isinstance(x, Value) else list(x)
        try:
            terms = [w * xi for w, xi in zip(self.w, inputs, strict=True)]
        except ValueError:
            raise ValueError(f"{self!r} takes {len(self.w)} inputs, not {len(inputs)}") from None
        out = functools.reduce(operator.add, terms, self.b)
        return self._dropped(out.relu() if self.nonlin else out)

    def _dropped(self, out):
        if not self.training or self.dropout == 0:
            return out
        return Value(0.0) if random.random() < self.dropout else out * (1.0 / (1.0 - self.dropout))

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        first, *others = (neuron(x) for neuron in self.neurons)
        return [first, *others] if others else first

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        *hidden, last = nouts
        self.layers = []
        for width in hidden:
            self.layers.append(Layer(nin, width, **kwargs))
            nin = width
        self.layers.append(Layer(nin, last, nonlin=False))

    def __call__(self, x):
        return functools.reduce(lambda signal, layer: layer(signal), self.layers, x)

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
