import random

from micrograd.engine import Value


class Module:
    training = True

    def parameters(self):
        return []

    def children(self):
        return []

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
        o = self.b
        for w, e in zip(self.w, x):
            o = o + e * w
        o = o.relu() if self.nonlin else o
        # dropout: in training a neuron is there or not
        if self.training and random.uniform(0, 1) <= self.dropout:
            o = o * 0.0
        return o

    def parameters(self):
        return self.w + [self.b, ]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        o = tuple(n(x) for n in self.neurons)
        return o if len(o) > 1 else o[0]

    def parameters(self):
        ps = []
        for n in self.neurons:
            for p in n.parameters():
                ps.append(p)
        return ps

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        self.layers = []
        for n, nout in zip([nin, *nouts], nouts):
            self.layers.append(Layer(n, nout, **kwargs))
        for n in self.layers[-1].neurons:
            n.nonlin, n.dropout = False, 0.0

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        ps = []
        for layer in self.layers:
            ps += layer.parameters()
        return ps

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
