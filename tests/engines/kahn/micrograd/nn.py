"""Loops and accumulators."""

import random

from micrograd import engine


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
        if nin < 1 or not 0 <= dropout < 1:
            raise ValueError("no such neuron")
        self.w = [engine.Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = engine.Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        if isinstance(x, engine.Value):
            x = [x]
        if len(x) != len(self.w):
            raise ValueError(f"{len(x)} inputs for {len(self.w)} weights")
        total = self.b
        for i in range(len(self.w)):
            total = total + self.w[i] * engine.Value.of(x[i])
        if self.nonlin:
            total = total.relu()
        if self.training and self.dropout:
            keep = 1.0 - self.dropout
            if random.uniform(0.0, 1.0) > keep:
                return engine.Value(0.0)
            total = total / keep
        return total

    def parameters(self):
        result = list(self.w)
        result.append(self.b)
        return result

    def __repr__(self):
        kind = "ReLU" if self.nonlin else "Linear"
        return f"{kind}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = []
        for _ in range(nout):
            self.neurons.append(Neuron(nin, **kwargs))

    def __call__(self, x):
        result = []
        for neuron in self.neurons:
            result.append(neuron(x))
        if len(result) == 1:
            (result,) = result
        return result

    def parameters(self):
        result = []
        for neuron in self.neurons:
            result.extend(neuron.parameters())
        return result

    def children(self):
        return self.neurons

    def __repr__(self):
        return "Layer of [" + ", ".join(map(repr, self.neurons)) + "]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        self.layers = []
        inputs = nin
        for index, outputs in enumerate(nouts, start=1):
            options = kwargs
            if index == len(nouts):
                options = {"nonlin": False}
            self.layers.append(Layer(inputs, outputs, **options))
            inputs = outputs

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        result = []
        for layer in self.layers:
            result.extend(layer.parameters())
        return result

    def children(self):
        return self.layers

    def __repr__(self):
        return "MLP of [" + ", ".join(map(repr, self.layers)) + "]"
