"""Every operation is a generator: it goes forward up to its first `yield`, and backward with what it is sent then."""

import functools
import math
from numbers import Real


def operation(name):
    """Make a method of a generator that yields its number, then shares of whatever gradient it is sent."""

    def decorate(generator):
        @functools.wraps(generator)
        def method(*operands):
            if not all(isinstance(x, (Value, Real)) for x in operands):
                raise TypeError(f"cannot compute {name} of {operands}")
            return start(name, generator, [x if isinstance(x, Value) else Value(x) for x in operands])

        return method

    return decorate


def start(name, generator, operands):
    """Run the forward half of an operation."""
    halves = generator(*operands)
    out = Value(next(halves), operands, name)
    out._halves = halves
    return out


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._prev = list(_children)
        self._op = _op
        self._halves = None

    def _backward(self):
        """Run the backward half once more."""
        if self._halves:
            for parent, share in zip(self._prev, self._halves.send(self.grad)):  # noqa: B905
                parent.grad += share

    @operation("+")
    def __add__(self, other):
        g = yield self.data + other.data
        while True:
            g = yield g, g

    @operation("*")
    def __mul__(self, other):
        g = yield self.data * other.data
        while True:
            g = yield g * other.data, g * self.data

    @operation("/")
    def __truediv__(self, other):
        g = yield self.data / other.data
        while True:
            g = yield g / other.data, -g * self.data / other.data**2

    def __pow__(self, exponent):
        def power(base):
            g = yield base.data**exponent
            slope = exponent * base.data ** (exponent - 1) if exponent else 0.0
            while True:
                g = yield (g * slope,)

        if not isinstance(exponent, Real):
            return NotImplemented
        if exponent % 1 and self.data < 0:
            raise ValueError("there is no such power of a negative number")
        return start(f"**{exponent}", power, [self])

    @operation("ReLU")
    def relu(self):
        g = yield max(0.0, self.data)
        while True:
            g = yield (g if self.data > 0 else 0.0,)

    @operation("tanh")
    def tanh(self):
        t = math.tanh(self.data)
        g = yield t
        while True:
            g = yield (g * (1.0 + t) * (1.0 - t),)

    @operation("exp")
    def exp(self):
        e = math.exp(self.data)
        g = yield e
        while True:
            g = yield (g * e,)

    @operation("log")
    def log(self):
        g = yield math.log(self.data)
        while True:
            g = yield (g / self.data,)

    @operation("neg")
    def __neg__(self):
        g = yield -self.data
        while True:
            g = yield (-g,)

    @operation("-")
    def __sub__(self, other):
        g = yield self.data - other.data
        while True:
            g = yield g, -g

    def __radd__(self, other):
        return self.__add__(other)

    def __rmul__(self, other):
        return self.__mul__(other)

    def __rsub__(self, other):
        return (-self).__add__(other)

    def __rtruediv__(self, other):
        return (self**-1).__mul__(other)

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        order = []
        run(visit(self, order, {self}))
        for node in filter(lambda node: node._prev, order):
            node.grad = 0.0
        self.grad = 1.0
        while order:
            order.pop()._backward()


def visit(node, order, seen):
    """Ask for a visit to each parent, then take the node's own turn."""
    for parent in node._prev:
        if parent not in seen:
            seen.add(parent)
            yield visit(parent, order, seen)
    order.append(node)


def run(first):
    """Run a generator that yields generators, each of which comes to its end before the one that asked for it goes on:
    recursion, without Python's limit."""
    running = [first]
    while running:
        asked = next(running[-1], None)
        if asked is None:
            running.pop()
        else:
            running.append(asked)
