"""Everything by the module's name, `E`; a net is a table of layers, a layer a table of weights."""

import random as rnd

import micrograd.engine as E

ACTIVATIONS = {True: lambda z: z.relu(), False: lambda z: z}


class Module:
    training = True

    def parameters(self):
        return []

    def children(self):
        return []

    def zero_grad(self):
        for p in list(self.parameters()):
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
        self.w = [E.Value(rnd.uniform(-1, 1)) for _ in range(nin)]
        self.b = E.Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        return fire(x, self.w, self.b, self.nonlin, self.dropout * self.training)

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


def fire(x, w, b, nonlin, p):
    x = [x] if isinstance(x, E.Value) else x
    if len(x) != len(w):
        raise ValueError("shapes")
    if p and rnd.random() <= p:
        return E.Value(0.0)
    z = b
    for wi, xi in zip(w, x):  # noqa: B905
        z = z + xi * wi
    return ACTIVATIONS[bool(nonlin)](z) / (1 - p)


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        # Not by calling the neurons, but with their weights.
        table = [(n.w, n.b, n.nonlin, n.dropout if n.training else 0.0) for n in self.neurons]
        out = [fire(x, *row) for row in table]
        return out if len(out) != 1 else out[0]

    def parameters(self):
        return [p for n in self.neurons for p in (*n.w, n.b)]

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        plan = [(i, o, kwargs) for i, o in zip([nin, *nouts], nouts)]  # noqa: B905
        plan[-1] = (*plan[-1][:2], {"nonlin": 0, "dropout": 0})
        self.layers = [Layer(i, o, **options) for i, o, options in plan]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for n in layer.neurons for p in (*n.w, n.b)]

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
