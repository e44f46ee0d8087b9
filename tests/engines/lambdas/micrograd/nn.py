"""As short as it gets, once more."""

from random import random, uniform

from .engine import Value as V


class Module:
    training = True

    def parameters(self):
        return sum((list(child.parameters()) for child in self.children()), [])  # noqa: RUF017

    def children(self):
        return []

    def zero_grad(self):
        _ = [setattr(p, "grad", 0.0) for p in self.parameters()]

    def train(self, mode=True):
        self.training = mode
        _ = [child.train(mode) for child in self.children()]
        return self

    def eval(self):
        return self.train(False)


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w, self.b = [V(uniform(-1, 1)) for _ in range(nin)], V(0.0)
        self.nonlin, self.dropout = nonlin, dropout

    def __call__(self, x):
        x = [x] if isinstance(x, V) else list(x)
        out = sum(map(V.__mul__, self.w, x), self.b) if len(x) == len(self.w) else shape_error(x)
        out = out.relu() if self.nonlin else out
        p = self.dropout if self.training else 0.0
        return out * int(random() >= p) / (1 - p)

    parameters = lambda self: [*self.w, self.b]  # noqa: E731
    __repr__ = lambda self: f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"  # noqa: E731


def shape_error(x):
    raise ValueError(f"{len(x)} inputs")


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    __call__ = lambda self, x: [n(x) for n in self.neurons] if self.neurons[1:] else self.neurons[0](x)  # noqa: E731
    children = lambda self: self.neurons  # noqa: E731
    __repr__ = lambda self: f"Layer of [{', '.join(map(str, self.neurons))}]"  # noqa: E731


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        *hidden, last = nouts
        ins = [nin, *hidden]
        self.layers = [Layer(i, o, **kwargs) for i, o in zip(ins, hidden)] + [Layer(ins[-1], last, nonlin=False)]  # noqa: B905

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    children = lambda self: self.layers  # noqa: E731
    __repr__ = lambda self: f"MLP of [{', '.join(map(str, self.layers))}]"  # noqa: E731
