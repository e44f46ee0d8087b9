"""Week 4: neurons, layers, nets.

One idea again: everything is a Module that only has to name its parts, parameters() walks them.
"""
import random

from micrograd.engine import Value


class Module:
    training = True

    def parameters(self):
        every = []
        for child in self.children():
            every.extend(child.parameters())
        return every

    def children(self):
        return []

    def zero_grad(self):
        for q in self.parameters():
            q.grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)


class Neuron(Module):

    def __init__(self, nin, nonlin=True, dropout=0.0):
        if nin < 1:
            raise ValueError(f'a neuron needs at least 1 input, not {nin}')
        if not 0 <= dropout < 1:
            raise ValueError(f'dropout must be in [0, 1), not {dropout}')
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x):
        if isinstance(x, Value):
            x = (x,)        # a layer of one neuron came before
        if len(self.w) != len(x):
            raise ValueError(f"{len(self.w)} weights cannot weigh {len(x)} inputs")
        s = self.b
        for weight, number in zip(self.w, x):
            s = s + weight * number
        if self.nonlin:
            s = s.relu()
        if self.training:
            stays = 1 - self.dropout
            # the ones that stay speak louder, so that the next layer hears as much as without dropout
            s = s * (1 / stays) if random.random() < stays else Value(0.0)
        return s

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):

    def __init__(self, nin, nout, **kwargs):
        if nout < 1:
            raise ValueError(f'a layer needs at least 1 neuron, not {nout}')
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        answers = [neuron(x) for neuron in self.neurons]
        if len(answers) == 1:
            return answers[0]
        return answers

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):

    def __init__(self, nin, nouts, **kwargs):
        self.layers = []
        width = nin
        for nout in nouts[:-1]:
            self.layers.append(Layer(width, nout, **kwargs))
            width = nout
        self.layers.append(Layer(width, nouts[-1], nonlin=False))

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
