'''Goran Petrov, tutorial Thursday 10:15'''
import random

from micrograd.engine import Value, to_value


class Module:
    training = True

    def parameters(self):
        return []

    def children(self):
        return []

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = 0.0

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
        result = self.b
        for i, weight in enumerate(self.w):
            result = result + weight * to_value(x[i])
        if self.nonlin:
            result = result.relu()
        if self.training:
            result = self.drop(result)
        return result

    def drop(self, result):
        mask = random.choices([0, 1], [self.dropout, 1 - self.dropout])[0]
        return result * mask / (1 - self.dropout)

    def parameters(self):
        return [*self.w] + [self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        results = []
        for neuron in self.neurons:
            results.append(neuron(x))
        return results[0] if len(results) == 1 else results

    def parameters(self):
        return sum([neuron.parameters() for neuron in self.neurons], [])

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        self.layers = []
        for position, nout in enumerate(nouts, 1):
            if position == len(nouts):
                kwargs = {'nonlin': False}
            self.layers.append(Layer(nin, nout, **kwargs))
            nin = nout

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return sum([layer.parameters() for layer in self.layers], [])

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
