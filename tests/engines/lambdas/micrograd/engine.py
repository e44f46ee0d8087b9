"""As short as it gets: every rule is an expression."""

import math as m


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data, self.grad, self._prev, self._op = data, 0.0, set(_children), _op
        self._backward = lambda: None

    def get(self, g):
        self.grad += g

    def __add__(self, other):
        a, b = self, other if isinstance(other, Value) else Value(other)
        out = Value(a.data + b.data, (a, b), "+")
        out._backward = lambda: (a.get(out.grad), b.get(out.grad))
        return out

    def __mul__(self, other):
        a, b = self, other if isinstance(other, Value) else Value(other)
        out = Value(a.data * b.data, (a, b), "*")
        out._backward = lambda: (a.get(b.data * out.grad), b.get(a.data * out.grad))
        return out

    def __pow__(self, k):
        assert not isinstance(k, Value)
        return self.unary(self.data**k, f"**{k}", lambda out: k * out.data / self.data if self.data else float(k == 1))

    def unary(self, data, op, slope):
        out = Value(data, (self,), op)
        out._backward = lambda: self.get(slope(out) * out.grad)
        return out

    def relu(self):
        return self.unary(self.data * (self.data > 0), "ReLU", lambda out: out.data > 0)

    def tanh(self):
        return self.unary(m.tanh(self.data), "tanh", lambda out: 1 - out.data**2)

    def exp(self):
        return self.unary(m.exp(self.data), "exp", lambda out: out.data)

    def log(self):
        return self.unary(m.log(self.data), "log", lambda out: 1 / self.data)

    def __neg__(self):
        return self.unary(-self.data, "-", lambda out: -1.0)

    def __sub__(self, other):
        return -(-self + other)

    def __truediv__(self, other):
        return self * (other**-1 if isinstance(other, Value) else 1 / other)

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return -(self - other)

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return self**-1 * other

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def sorted(self, seen):
        seen.add(self)
        return [n for p in self._prev if p not in seen for n in p.sorted(seen)] + [self]

    def backward(self):
        self.grad = 1.0
        for node in reversed(self.sorted(set())):
            node._backward()
