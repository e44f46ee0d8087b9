"""A small neural-net library on top of `Value`, with the names that PyTorch uses."""
import random

from micrograd.engine import Value


class Module:
    """Something with parameters: a neuron, a layer, a whole net.

    `training` tells whether it is being trained (at first, and after `train()`) or used (after `eval()`); only dropout
    cares.
    """

    training = True

    def parameters(self):
        """The Values that training changes, each once."""
        return []

    def children(self):
        """The modules that this one is made of."""
        return []

    def zero_grad(self):
        """Set the gradient of every parameter to 0.0, before the next `backward()` adds to it."""
        # TODO nn-zero-grad: Gradients add up over calls of backward(). Start all parameters afresh.
        raise NotImplementedError("nn-zero-grad")

    def train(self, mode=True):
        """Switch this module and all its parts to training (or, with False, to use), and return it."""
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        """Switch this module and all its parts to use: no dropout. Returns the module."""
        return self.train(False)


class Neuron(Module):
    """A weighted sum of `nin` inputs and a bias, through relu unless `nonlin` is False.

    In training it is left out (gives 0) with probability `dropout`, and is scaled up by 1 / (1 - dropout) otherwise, so
    that what it gives on average stays the same. Whenever it is not left out, its output leads back, by its graph, to
    its weights, its bias and the Values among its inputs. Raises ValueError for nin < 1 and for a dropout outside
    [0, 1).
    """

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
        # TODO stretch-shapes (bonus): The inputs `x` are Values or numbers, as many as there are weights. Two things to
        # care about: a layer of width 1 gives a bare Value, which should count as a list of one; and a wrong number of
        # inputs should raise a ValueError, where `zip` would quietly forget some.
        # TODO nn-neuron: Make `out`, the weighted sum of the inputs plus the bias, through relu when `self.nonlin`.
        raise NotImplementedError("nn-neuron")
        if not (self.training and self.dropout):
            return out
        # TODO nn-dropout: Draw with the `random` module: with probability `self.dropout` the neuron gives a fresh
        # Value(0.0), else `out` divided by the probability that it stays.
        raise NotImplementedError("nn-dropout")

    def parameters(self):
        # TODO nn-neuron-parameters: The weights, then the bias.
        raise NotImplementedError("nn-neuron-parameters")

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons side by side, which all see the same `nin` inputs. Keyword arguments go to the neurons.

    What it gives are the very Values that its neurons give, which lead back to their weights and to the inputs.
    """

    def __init__(self, nin, nout, **kwargs):
        if nout < 1:
            raise ValueError(f'a layer needs at least 1 neuron, not {nout}')
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        # TODO nn-layer: The outputs of all neurons as a list; of a single neuron, its output itself.
        raise NotImplementedError("nn-layer")

    def parameters(self):
        # TODO nn-layer-parameters: Neuron by neuron.
        raise NotImplementedError("nn-layer-parameters")

    def children(self):
        return self.neurons

    def __repr__(self):
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    """A multi-layer perceptron: layers one after the other, whose sizes are `nouts`, on `nin` inputs.

    Keyword arguments go to the hidden layers; the last layer is linear and has no dropout. What a net gives leads back,
    by its graph, to the weights of all its layers.
    """

    def __init__(self, nin, nouts, **kwargs):
        # TODO nn-mlp: Set self.layers: a Layer for each number in `nouts`, with as many inputs as the one before has
        # outputs. Hidden layers get `kwargs`; the last one is linear (nonlin=False) and has no dropout.
        raise NotImplementedError("nn-mlp")

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        # TODO nn-mlp-parameters: Layer by layer.
        raise NotImplementedError("nn-mlp-parameters")

    def children(self):
        return self.layers

    def __repr__(self):
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
