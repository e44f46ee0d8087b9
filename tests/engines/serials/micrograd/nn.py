"""Parameters are lists, which are put together by `+`; a net collects its own when it is made."""

import random

import micrograd.engine as eng


class Module:
    training = True

    def parameters(self):
        return []

    def children(self):
        return ()

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
        self.w = [eng.Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = eng.Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        x = (x,) if isinstance(x, eng.Value) else tuple(x)
        if len(x) != len(self.w):
            raise ValueError(x)
        terms = (*(wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        out = sum(terms[1:], terms[0])
        if self.nonlin:
            out = out.relu()
        if self.training and self.dropout > 0.0:
            mask = 0 if random.random() < self.dropout else 1
            out = out * mask * (1 - self.dropout) ** -1
        return out

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return ("ReLU" if self.nonlin else "Linear") + f"Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = tuple(Neuron(nin, **kwargs) for _ in range(nout))

    def __call__(self, x):
        if len(self.neurons) == 1:
            return self.neurons[0](x)
        return [neuron(x) for neuron in self.neurons]

    def parameters(self):
        all_of_them = []
        for neuron in self.neurons:
            all_of_them = all_of_them + neuron.parameters()
        return all_of_them

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        sizes = (nin, *nouts)
        self.layers = ()
        for i in range(1, len(sizes) - 1):
            self.layers += (Layer(sizes[i - 1], sizes[i], **kwargs),)
        self.layers += (Layer(sizes[-2], sizes[-1], nonlin=False, dropout=0.0),)
        self._parameters = []
        for layer in self.layers:
            self._parameters.extend(layer.parameters())

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return self._parameters[:]

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
