"""Numbers and gradients are np.float64 all the way."""

import numpy as np


def as_value(x):
    if isinstance(x, Value):
        return x
    if not np.isscalar(x) or isinstance(x, str):
        raise TypeError(f"not a number: {x!r}")
    return Value(x)


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = np.float64(data)
        self.grad = np.float64(0)
        self._backward = lambda: None
        self._prev = frozenset(_children)
        self._op = _op

    def _then(self, backward):
        self._backward = backward
        return self

    def __add__(self, other):
        a, b = self, as_value(other)
        c = Value(np.add(a.data, b.data), {a, b}, "+")

        def backward():
            a.grad = a.grad + c.grad
            b.grad = b.grad + c.grad

        return c._then(backward)

    def __mul__(self, other):
        a, b = self, as_value(other)
        c = Value(np.multiply(a.data, b.data), {a, b}, "*")

        def backward():
            a.grad = a.grad + c.grad * b.data
            b.grad = b.grad + c.grad * a.data

        return c._then(backward)

    def __pow__(self, exponent):
        a = self
        if not isinstance(exponent, (int, float, np.floating)):
            raise TypeError(f"not a number: {exponent!r}")
        if a.data < 0 and not float(exponent).is_integer():
            raise ValueError("the root of a negative number")
        c = Value(np.power(a.data, float(exponent)), {a}, f"**{exponent}")

        def backward():
            if exponent == 0:
                return
            a.grad = a.grad + c.grad * exponent * np.power(a.data, float(exponent) - 1)

        return c._then(backward)

    def relu(self):
        a = self
        c = Value(np.maximum(a.data, 0), {a}, "ReLU")

        def backward():
            a.grad = a.grad + np.where(a.data > 0, c.grad, 0.0)

        return c._then(backward)

    def tanh(self):
        a = self
        c = Value(np.tanh(a.data), {a}, "tanh")

        def backward():
            a.grad = a.grad + c.grad / np.cosh(a.data) ** 2

        return c._then(backward)

    def exp(self):
        a = self
        c = Value(np.exp(a.data), {a}, "exp")

        def backward():
            a.grad = a.grad + c.grad * c.data

        return c._then(backward)

    def log(self):
        a = self
        c = Value(np.log(a.data), {a}, "log")

        def backward():
            a.grad = a.grad + c.grad / a.data

        return c._then(backward)

    def __neg__(self):
        return self * np.float64(-1)

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return as_value(other) + self

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return as_value(other) * self

    def __rtruediv__(self, other):
        return as_value(other) / self

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        # How far a node is from the root, the longest way, decides when it is its turn.
        depth = {self: 0}
        level = {self}
        distance = 0
        while level:
            distance += 1
            level = {parent for node in level for parent in node._prev}
            depth.update(dict.fromkeys(level, distance))
        for node in depth:
            if node._prev:
                node.grad = np.float64(0)
        self.grad = np.float64(1)
        for node in sorted(depth, key=depth.get):
            node._backward()
