"""Neurons are dataclasses, too."""

import operator
import random
from dataclasses import InitVar, dataclass, field

from .engine import *  # noqa: F403
from .engine import Value

__all__ = ["MLP", "Layer", "Module", "Neuron"]


class Module:
    training = True

    def parameters(self):
        return [p for child in self.children() for p in child.parameters()]

    def children(self):
        return []

    def zero_grad(self):
        for p in self.parameters():
            p.grad = type(p.grad)(0)

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


def random_weight():
    return Value(random.uniform(-1, 1))


@dataclass(eq=False, repr=False)
class Neuron(Module):
    nin: InitVar[int]
    nonlin: bool = True
    dropout: float = 0.0
    w: list = field(default_factory=list, init=False)
    b: Value = field(default_factory=lambda: Value(0.0), init=False)

    def __post_init__(self, nin):
        self.w.extend(random_weight() for _ in range(nin))

    def __call__(self, x):
        x = [x] if isinstance(x, Value) else [*x]
        if len(x) - len(self.w):
            raise ValueError(f"{len(x)} inputs instead of {len(self.w)}")
        if self.training and random.random() < self.dropout:
            return Value(0.0)
        out = sum(map(operator.mul, self.w, x), start=self.b)
        if self.training:
            out = out * (1 / (1 - self.dropout))
        return out.relu() if self.nonlin else out

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        match [n(x) for n in self.neurons]:
            case [one]:
                return one
            case many:
                return many

    def children(self):
        return list(self.neurons)

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        self.layers = []
        for place, nout in enumerate(nouts):
            hidden = place + 1 < len(nouts)
            self.layers.append(Layer(nin, nout, **(kwargs if hidden else {**kwargs, "nonlin": False, "dropout": 0.0})))
            nin = nout

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
