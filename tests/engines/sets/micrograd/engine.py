"""As in the lecture: parents in a set, closures, a recursive sort."""

import math


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0
        self._backward = lambda: None
        self._prev = set(_children)
        self._op = _op

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        b = other if isinstance(other, Value) else Value(other)
        total = Value(self.data + b.data, (self, b), "+")

        def share():
            for parent in (self, b):
                parent.grad += total.grad

        total._backward = share
        return total

    def __mul__(self, other):
        b = other if isinstance(other, Value) else Value(other)
        product = Value(self.data * b.data, (self, b), "*")

        def share():
            upstream = product.grad
            self.grad = self.grad + upstream * b.data
            b.grad = b.grad + upstream * self.data

        product._backward = share
        return product

    def __pow__(self, k):
        assert isinstance(k, (int, float)), "only constant powers"
        power = Value(self.data**k, (self,), f"**{k}")

        def share():
            self.grad += power.grad * (k * self.data ** (k - 1))

        power._backward = share
        return power

    def _map(self, name, y, slope):
        node = Value(y, (self,), name)

        def share():
            self.grad += slope * node.grad

        node._backward = share
        return node

    def relu(self):
        return self._map("ReLU", max(0, self.data), float(self.data > 0))

    def tanh(self):
        t = math.tanh(self.data)
        return self._map("tanh", t, 1.0 - t * t)

    def exp(self):
        y = math.exp(self.data)
        return self._map("exp", y, y)

    def log(self):
        return self._map("log", math.log(self.data), self.data**-1)

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return (-self) + other

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return self**-1 * other

    def backward(self):
        topo, seen = [], set()

        def sort(v):
            if v in seen:
                return
            seen.add(v)
            for u in v._prev:
                sort(u)
            topo.append(v)

        sort(self)
        self.grad = 1
        for v in topo[::-1]:
            v._backward()
