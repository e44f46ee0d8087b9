"""Every node keeps a dictionary from parents to local derivatives; equal parents add up."""

import math


class Value(object):  # noqa: UP004
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._local = dict.fromkeys(_children, 0.0)
        self._op = _op

    @property
    def _prev(self):
        return self._local.keys()

    def _backward(self):
        for parent, slope in self._local.items():
            parent.grad += self.grad * slope

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        other = lift(other)
        return node(self.data + other.data, "+", (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = lift(other)
        return node(self.data * other.data, "*", (self, other.data), (other, self.data))

    def __truediv__(self, other):
        other = lift(other)
        return node(self.data / other.data, "/", (self, 1 / other.data), (other, -self.data / other.data / other.data))

    def __sub__(self, other):
        other = lift(other)
        return node(self.data - other.data, "-", (self, 1.0), (other, -1.0))

    def __neg__(self):
        return node(-self.data, "-", (self, -1.0))

    def __pow__(self, n):
        if isinstance(n, Value) or not hasattr(n, "__float__"):
            raise TypeError("a power must be a number")
        if n == 0:
            return node(1.0, f"**{n}", (self, 0.0))
        if self.data < 0 and float(n) != round(n):
            raise ValueError("that power of a negative number is not real")
        return node(self.data**n, f"**{n}", (self, n * self.data ** (n - 1)))

    def relu(self):
        on = 1.0 if self.data > 0 else 0.0
        return node(on * self.data, "ReLU", (self, on))

    def tanh(self):
        t = math.tanh(self.data)
        return node(t, "tanh", (self, 1 - t**2))

    def exp(self):
        e = math.exp(self.data)
        return node(e, "exp", (self, e))

    def log(self):
        return node(math.log(self.data), "log", (self, 1 / self.data))

    def __radd__(self, x):
        return lift(x) + self

    def __rsub__(self, x):
        return lift(x) - self

    def __rmul__(self, x):
        return lift(x) * self

    def __rtruediv__(self, x):
        return lift(x) / self

    def backward(self):
        order = []
        seen = set()
        todo = [(self, False)]
        while todo:
            at, done = todo.pop()
            if done:
                order.append(at)
            elif at not in seen:
                seen.add(at)
                todo.append((at, True))
                todo.extend((parent, False) for parent in at._prev)
        for at in order:
            at.grad *= not at._prev
        self.grad = 1.0
        for at in order[::-1]:
            at._backward()


def lift(x):
    if isinstance(x, Value):
        return x
    return Value(x + 0.0)  # whatever is no number raises a TypeError here


def node(data, op, *shares):
    new = Value(data, (parent for parent, _ in shares), op)
    for parent, slope in shares:
        new._local[parent] += slope
    return new
