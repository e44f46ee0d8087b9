"""A neuron is one node: its weighted sum is a function of its own, with its own backward."""

import itertools
import operator
import random

from .engine import Function, Value


class Linear(Function):
    name = "linear"

    @staticmethod
    def forward(ctx, bias, *numbers):
        half = len(numbers) // 2
        ctx.save_for_backward(*numbers)
        return bias + sum(map(operator.mul, numbers[:half], numbers[half:]))

    @staticmethod
    def backward(ctx, grad_output):
        half = len(ctx.saved) // 2
        crossed = ctx.saved[half:] + ctx.saved[:half]  # the input for a weight, the weight for an input
        return (grad_output, *(grad_output * number for number in crossed))


class Module:
    training = True

    def parameters(self):
        return []

    def children(self):
        return []

    def zero_grad(self):
        for parameter in iter(self.parameters()):
            parameter.grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


class Sequential(Module):
    """Several modules, whose parameters are one list."""

    def parameters(self):
        return list(itertools.chain(*(child.parameters() for child in self.children())))

    def children(self):
        return list(self)


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        inputs = (x,) if isinstance(x, Value) else (*x,)
        if len(inputs) != len(self.w):
            raise ValueError(f"expected {len(self.w)} inputs, got {len(inputs)}")
        if self.training and self.dropout > random.random():
            return Value(0.0)
        activation = Linear.apply(self.b, *self.w, *inputs)
        activation = activation.relu() if self.nonlin else activation
        return activation * (1 / (1 - self.dropout)) if self.training and self.dropout else activation

    def parameters(self):
        parameters = self.w.copy()
        parameters.append(self.b)
        return parameters

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Sequential):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __iter__(self):
        return iter(self.neurons)

    def __call__(self, x):
        outputs = [neuron(x) for neuron in self]
        return outputs.pop() if len(outputs) < 2 else outputs

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Sequential):
    def __init__(self, nin, nouts, **kwargs):
        widths = [nin, *nouts]
        options = [kwargs] * (len(nouts) - 1) + [{"nonlin": False}]
        self.layers = [Layer(*widths[i : i + 2], **chosen) for i, chosen in enumerate(options)]

    def __iter__(self):
        return iter(self.layers)

    def __call__(self, x):
        for layer in self:
            x = layer(x)
        return x

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
