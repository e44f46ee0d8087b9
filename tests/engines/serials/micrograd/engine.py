"""Nodes are numbered as they are made, so that a heap of numbers gives the order of the walk."""

import heapq
import itertools
import math

_serial = itertools.count()


class Value:
    def __init__(self, data, _children=(), _op=""):
        if isinstance(data, (str, list, type(None))):
            raise TypeError(data)
        self.data, self.grad, self._prev, self._op = data, 0.0, tuple(_children), _op
        self._number = next(_serial)
        self._pull = ()

    def _backward(self):
        for parent, share in self._pull:
            parent.grad += share(self.grad)

    def _made(self, *pull):
        self._pull = pull
        return self

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), "+")._made((self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), "*")._made(
            (self, lambda g: g * other.data), (other, lambda g: g * self.data)
        )

    def __pow__(self, n):
        if not isinstance(n, (int, float)):
            raise TypeError(type(n))
        if n == 0:
            return Value(1.0, (self,), f"**{n}")
        power = math.pow(self.data, n)  # a ValueError for the root of a negative number
        return Value(power, (self,), f"**{n}")._made((self, lambda g: g * n * self.data ** (n - 1)))

    def relu(self):
        return Value(self.data if self.data >= 0 else 0.0, (self,), "ReLU")._made(
            (self, lambda g: g if self.data > 0 else 0.0)
        )

    def tanh(self):
        size = 2 / (math.exp(-2 * abs(self.data)) + 1) - 1  # which no number is too large for
        out = Value(math.copysign(size, self.data), (self,), "tanh")
        return out._made((self, lambda g: g * (1 - out.data**2)))

    def exp(self):
        out = Value(math.e**self.data, (self,), "exp")
        return out._made((self, lambda g: g * out.data))

    def log(self):
        return Value(math.log(self.data), (self,), "log")._made((self, lambda g: g / self.data))

    __neg__ = lambda self: self * -1  # noqa: E731
    __sub__ = lambda self, other: self + -(other if isinstance(other, Value) else Value(other))  # noqa: E731
    __truediv__ = lambda self, other: self * (other if isinstance(other, Value) else Value(other)) ** -1  # noqa: E731
    __radd__ = lambda self, other: Value(other) + self  # noqa: E731
    __rsub__ = lambda self, other: Value(other) - self  # noqa: E731
    __rmul__ = lambda self, other: Value(other) * self  # noqa: E731
    __rtruediv__ = lambda self, other: Value(other) / self  # noqa: E731

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        heap = [(-self._number, self)]
        queued = {self._number}
        self.grad = 1.0
        while heap:
            _, node = heapq.heappop(heap)
            for parent in node._prev:
                if parent._number not in queued:
                    queued.add(parent._number)
                    heapq.heappush(heap, (-parent._number, parent))
                    parent.grad *= not parent._prev
            node._backward()
