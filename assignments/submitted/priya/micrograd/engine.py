import numpy as np


class Value:
    __slots__ = ["data", "grad", "_prev", "_op", "_pull"]

    def __init__(self, data, _children=(), _op="", pull=None):
        self.data = np.float64(data)
        self.grad = np.float64(0.0)
        self._prev = _children
        self._op = _op
        self._pull = pull

    def _backward(self):
        # pull(g) says what every parent gets when g arrives here
        if self._pull is not None:
            for parent, share in zip(self._prev, self._pull(self.grad)):
                parent.grad = parent.grad + share

    def backward(self):
        order = []
        colour = {}
        stack = [self]
        while stack:
            top = stack[-1]
            if colour.get(top) is None:
                colour[top] = "grey"
                stack.extend(p for p in top._prev if p not in colour)
            else:
                stack.pop()
                if colour[top] == "grey":
                    colour[top] = "black"
                    order.append(top)
        for v in order:
            if len(v._prev):
                v.grad = np.float64(0.0)
        self.grad = np.float64(1.0)
        for v in reversed(order):
            v._backward()

    def __add__(self, other):
        other = const(other)
        return Value(self.data + other.data, (self, other), "+", lambda g: (g, g))

    def __sub__(self, other):
        other = const(other)
        return Value(self.data - other.data, (self, other), "-", lambda g: (g, -g))

    def __mul__(self, other):
        other = const(other)
        return Value(self.data * other.data, (self, other), "*", lambda g: (other.data * g, self.data * g))

    def __truediv__(self, other):
        other = const(other)
        q = self.data / other.data
        return Value(q, (self, other), "/", lambda g: (g / other.data, -q * g / other.data))

    def __pow__(self, k):
        return Value(self.data ** k, (self,), f"**{k}", lambda g: (k * self.data ** (k - 1.0) * g,))

    def __neg__(self):
        return Value(-self.data, (self,), "-", lambda g: (-g,))

    def relu(self):
        return Value(np.maximum(self.data, 0.0), (self,), "ReLU", lambda g: (np.where(self.data > 0, g, 0.0),))

    def tanh(self):
        t = np.tanh(self.data)
        return Value(t, (self,), "tanh", lambda g: ((1 - t * t) * g,))

    def exp(self):
        e = np.exp(self.data)
        return Value(e, (self,), "exp", lambda g: (e * g,))

    def log(self):
        return Value(np.log(self.data), (self,), "log", lambda g: (g / self.data,))

    def __radd__(self, other):
        return const(other) + self

    def __rsub__(self, other):
        return const(other) - self

    def __rmul__(self, other):
        return const(other) * self

    def __rtruediv__(self, other):
        return const(other) / self

    def __repr__(self):
        return f"Value(data={float(self.data)}, grad={float(self.grad)})"


def const(x):
    return x if isinstance(x, Value) else Value(x)
