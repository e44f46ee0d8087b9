from numbers import Real

from . import ops
from .topology import parents_first


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._prev = _children
        self._op = _op
        self._slopes = ()

    def _backward(self):
        for parent, slope in zip(self._prev, self._slopes, strict=True):
            parent.grad += slope * self.grad

    def _apply(self, op, function, *others):
        if not all(isinstance(x, (Value, Real)) for x in others):
            raise TypeError(f"{op} takes numbers")
        operands = (self, *(x if isinstance(x, Value) else Value(x) for x in others))
        number, slopes = function(*(node.data for node in operands))
        result = Value(number, operands, op)
        result._slopes = slopes
        return result

    def __add__(self, other):
        return self._apply("+", ops.add, other)

    def __mul__(self, other):
        return self._apply("*", ops.mul, other)

    def __truediv__(self, other):
        return self._apply("/", ops.div, other)

    def __pow__(self, n):
        if not isinstance(n, (int, float)):
            raise TypeError(f"no power of {n!r}")
        if self.data < 0 and n % 1:
            raise ValueError("no root of a negative number")
        return self._apply(f"**{n}", ops.power(n))

    def relu(self):
        return self._apply("ReLU", ops.relu)

    def tanh(self):
        return self._apply("tanh", ops.tanh)

    def exp(self):
        return self._apply("exp", ops.exp)

    def log(self):
        return self._apply("log", ops.log)

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + other * -1

    def __radd__(self, other):
        return self.__add__(other)

    def __rmul__(self, other):
        return self.__mul__(other)

    def __rsub__(self, other):
        return self.__neg__().__add__(other)

    def __rtruediv__(self, other):
        return Value(other).__truediv__(self)

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        order = parents_first(self)
        for node in order:
            if len(node._prev):
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            if len(node._prev):
                node._backward()
