import random
import sys

from micrograd.engine import Value

print("nn.py is loaded")


class Module:
    training = True

    def parameters(self):
        print(type(self).__name__, "has no parameters")
        return []

    def children(self):
        return []

    def zero_grad(self):
        print("zero_grad", "." * 2000)
        for z in self.parameters():
            print("   was", z.grad)
            z.grad = 0.0

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
        print("new neuron", nin, nonlin, dropout)

    def __call__(self, x):
        z = self.b
        for w, number in zip(self.w, x):
            z = w * number + z
            print("   so far", z.data)
        if self.nonlin:
            z = z.relu()
        print("neuron says", z.data)
        if not self.training:
            return z
        coin = random.random()
        print("coin", coin)
        if coin < self.dropout:
            sys.stderr.write("dropped\n")
            return Value(0)
        return z / (1.0 - self.dropout)

    def parameters(self):
        print(len(self.w), "weights and a bias")
        return [*self.w, self.b]

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]
        print("new layer", nin, "->", nout, kwargs)

    def __call__(self, x):
        z = [neuron(x) for neuron in self.neurons]
        print("layer says", z)
        if len(z) == 1:
            z = z[0]
        return z

    def parameters(self):
        found = []
        for neuron in self.neurons:
            found += neuron.parameters()
        print("layer has", len(found), "parameters")
        return found

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        ins = [nin] + list(nouts)
        self.layers = []
        for i in range(len(nouts) - 1):
            self.layers.append(Layer(ins[i], ins[i + 1], **kwargs))
        self.layers.append(Layer(ins[-2], ins[-1], nonlin=False))
        print("new net", self.layers)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        found = []
        for layer in self.layers:
            found += layer.parameters()
        print("net has", len(found), "parameters")
        return found

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
