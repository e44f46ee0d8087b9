import random

from micrograd.engine import Value


class Module:
    """Something with parameters."""

    training = True

    def parameters(self):
        return [p for c in self.children() for p in c.parameters()]

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
        assert len(x) == len(self.w), 'wrong number of inputs'
        v = sum([w * xi for w, xi in zip(self.w, x)]) + self.b
        v = v.relu() if self.nonlin else v
        p = self.dropout if self.training else 0
        return v / (1 - p) if random.random() >= p else Value(0.0)

    def parameters(self):
        return [w for w in self.w] + [self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        vs = [n(x) for n in self.neurons]
        return vs[0] if len(vs) == 1 else vs

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        ins = [nin] + nouts[:-1]
        self.layers = [Layer(i, o, **kwargs) for i, o in zip(ins[:-1], nouts)]
        self.layers += [Layer(ins[-1], nouts[-1], nonlin=False)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
