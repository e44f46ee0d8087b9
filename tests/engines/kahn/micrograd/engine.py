"""Tuples of parents, and Kahn's algorithm: a node is ready when all that depend on it are done."""

from collections import Counter, deque
from math import exp, log, tanh
from numbers import Number


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op
        self._rule = None

    def _backward(self):
        if self._rule:
            self._rule(self.grad)

    def _node(self, data, parents, op, rule):
        node = Value(data, parents, op)
        node._rule = rule
        return node

    @classmethod
    def of(cls, x):
        if isinstance(x, Value):
            return x
        if isinstance(x, Number):
            return Value(x)
        raise TypeError(f"{x!r} is no number")

    def __add__(self, other):
        other = self.of(other)

        def rule(g):
            self.grad += g
            other.grad += g

        return self._node(self.data + other.data, (self, other), "+", rule)

    def __mul__(self, other):
        other = self.of(other)

        def rule(g):
            left, right = g * other.data, g * self.data
            self.grad += left
            other.grad += right

        return self._node(self.data * other.data, (self, other), "*", rule)

    def __pow__(self, n):
        if not isinstance(n, Number):
            raise TypeError(f"{n!r} is no number")
        if self.data < 0 and n % 1:
            raise ValueError(f"no real number is {self.data} ** {n}")

        def rule(g):
            if n:
                self.grad += n * self.data ** (n - 1) * g

        return self._node(self.data**n, (self,), f"**{n}", rule)

    def relu(self):
        def rule(g):
            self.grad += g if self.data > 0 else 0.0

        return self._node(self.data if self.data > 0 else 0, (self,), "ReLU", rule)

    def tanh(self):
        t = tanh(self.data)

        def rule(g):
            self.grad += g - g * t**2

        return self._node(t, (self,), "tanh", rule)

    def exp(self):
        e = exp(self.data)

        def rule(g):
            self.grad += g * e

        return self._node(e, (self,), "exp", rule)

    def log(self):
        def rule(g):
            self.grad += g / self.data

        return self._node(log(self.data), (self,), "log", rule)

    def __neg__(self):
        return 0.0 - self

    def __sub__(self, other):
        other = self.of(other)

        def rule(g):
            self.grad += g
            other.grad -= g

        return self._node(self.data - other.data, (self, other), "-", rule)

    def __truediv__(self, other):
        return self * self.of(other) ** -1.0

    def __radd__(self, other):
        return self.of(other) + self

    def __rsub__(self, other):
        return self.of(other) - self

    def __rmul__(self, other):
        return self.of(other) * self

    def __rtruediv__(self, other):
        return self.of(other) / self

    def __repr__(self):
        return f"Value(data={self.data!r}, grad={self.grad!r})"

    def backward(self):
        waiting, found, queue = Counter(), {self}, deque([self])
        while queue:
            for parent in queue.popleft()._prev:
                waiting[parent] += 1
                if parent not in found:
                    found.add(parent)
                    queue.append(parent)
        for node in found:
            if node._prev:
                node.grad = 0.0
        self.grad = 1.0
        ready = deque([self])
        while ready:
            node = ready.pop()
            node._backward()
            for parent in node._prev:
                waiting[parent] -= 1
                if waiting[parent] == 0:
                    ready.append(parent)
