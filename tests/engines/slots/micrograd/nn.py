"""Constructors that call `super().__init__()` and keep more than they must; properties."""

import random

from micrograd.engine import Value, operand


class Module:
    def __init__(self):
        self.training = True

    def parameters(self):
        return []

    def children(self):
        return []

    @property
    def size(self):
        """How many parameters there are."""
        return len(self.parameters())

    def zero_grad(self):
        parameters = self.parameters()
        for i in range(self.size):
            parameters[i].grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        super().__init__()
        if nin < 1:
            raise ValueError("nin")
        if not 0 <= dropout < 1:
            raise ValueError("dropout")
        self.nin = nin
        self.w = [Value(random.uniform(-1, 1)) for _ in range(self.nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout
        self.activation = Value.relu if nonlin else operand

    @property
    def keep(self):
        return 1.0 - self.dropout

    @property
    def silent(self):
        """Whether the neuron is left out this time."""
        return self.training and random.random() >= self.keep

    def __call__(self, x):
        if isinstance(x, Value):
            x = [x]
        if len(x) != self.nin:
            raise ValueError(f"{self} was given {len(x)} inputs")
        if self.silent:
            return Value(0.0)
        z = sum([operand(xi) * wi for xi, wi in zip(x, self.w, strict=True)]) + self.b
        out = z.relu() if self.nonlin else z
        return out / self.keep if self.training else out

    def parameters(self):
        return self.w + [self.b]  # noqa: RUF005

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({self.nin})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        super().__init__()
        if nout < 1:
            raise ValueError("nout")
        self.nin, self.nout = nin, nout
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        if self.nout == 1:
            return self.neurons[0](x)
        return [neuron(x) for neuron in self.neurons]

    def parameters(self):
        parameters = []
        for neuron in self.neurons:
            parameters = parameters + neuron.parameters()
        return parameters

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        super().__init__()
        self.nin = nin
        self.nouts = list(nouts)
        self.layers = []
        while len(self.layers) < len(self.nouts):
            self.layers.append(self._layer(len(self.layers), kwargs))

    def _layer(self, i, options):
        last = i == len(self.nouts) - 1
        nin = self.layers[-1].nout if self.layers else self.nin
        return Layer(nin, self.nouts[i], nonlin=False) if last else Layer(nin, self.nouts[i], **options)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        parameters = []
        for layer in self.layers:
            parameters = parameters + layer.parameters()
        return parameters

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
