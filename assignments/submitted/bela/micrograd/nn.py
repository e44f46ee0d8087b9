import random

from micrograd.engine import Value, number_or_value


class Module:
    """ base class: everything that can be trained """

    training = True

    def parameters(self):
        return []

    def children(self):
        return []

    def zero_grad(self):
        for param in self.parameters():
            param.grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


class Neuron(Module):

    __slots__ = ('w', 'b', 'nonlin', 'dropout')

    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        inputs = [number_or_value(xi) for xi in x]
        act = self.b
        for wi, xi in zip(self.w, inputs):
            act = act + wi * xi
        act = act.relu() if self.nonlin else act
        if not self.training or self.dropout == 0:
            return act
        if self.dropout > random.random():
            return number_or_value(0.0)
        return act * (1.0 / (1.0 - self.dropout))

    def parameters(self):
        params = list(self.w)
        params.append(self.b)
        return params

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):

    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        outs = [neuron(x) for neuron in self.neurons]
        return outs[0] if self.neurons[1:] == [] else outs

    def parameters(self):
        params = []
        for neuron in self.neurons:
            params += neuron.parameters()
        return params

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):

    def __init__(self, nin, nouts, **kwargs):
        dims = [nin] + list(nouts)
        last = len(nouts) - 1
        self.layers = [Layer(dims[i], dims[i + 1], **kwargs) if i < last else Layer(dims[i], dims[i + 1], nonlin=False)
                       for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        params = []
        for layer in self.layers:
            params += layer.parameters()
        return params

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
