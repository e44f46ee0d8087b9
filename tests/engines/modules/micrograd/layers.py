import random
from itertools import pairwise

from .engine import Value
from .modules import Module
from .values import as_row, total


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        out = self.b + total(w * xi for w, xi in zip(self.w, as_row(x), strict=True))
        if self.nonlin:
            out = out.relu()
        if not self.training:
            return out
        kept = random.random() >= self.dropout
        return out / (1 - self.dropout) if kept else Value(0.0)

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        first, *others = [neuron(x) for neuron in self.neurons]
        return [first, *others] if others else first

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        *hidden, (width, nout) = pairwise([nin, *nouts])
        self.layers = [*(Layer(*shape, **kwargs) for shape in hidden), Layer(width, nout, nonlin=False)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
