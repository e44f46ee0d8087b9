import numpy as np


class Value:
    def __init__(self, data, _children=(), _op=''):
        self.data = np.float64(data)
        self.grad = np.float64(0)
        self._prev = _children
        self._op = _op
        self._backward = lambda: None

    def _derived_from(self, *pairs):
        # pairs of (parent, function of upstream gradient)
        def f():
            for parent, rule in pairs:
                parent.grad = parent.grad + rule(self.grad)
        self._backward = f
        return self

    def __add__(self, other):
        o = V(other)
        return Value(self.data + o.data, (self, o), '+')._derived_from((self, lambda g: g), (o, lambda g: g))

    def __mul__(self, other):
        o = V(other)
        return Value(self.data * o.data, (self, o), '*')._derived_from(
            (self, lambda g: g * o.data), (o, lambda g: g * self.data))

    def __pow__(self, n):
        # numpy refuses negative integer powers of integers, so n becomes a float
        n = float(n)
        return Value(self.data ** n, (self,), f'**{n}')._derived_from((self, lambda g: g * n * self.data ** n - 1))

    def relu(self):
        return Value(np.maximum(self.data, 0), (self,), 'ReLU')._derived_from((self, lambda g: g * (self.data >= 0)))

    def tanh(self):
        # tanh' = 1 - tanh
        out = Value(np.tanh(self.data), (self,), 'tanh')
        return out._derived_from((self, lambda g: g * (1 - out.data)))

    def exp(self):
        return Value(np.exp(self.data), (self,), 'exp')._derived_from((self, lambda g: g * self.data))

    def log(self):
        return Value(np.log10(self.data), (self,), 'log')._derived_from((self, lambda g: g / self.data))

    def backward(self):
        self.grad = np.float64(1)
        level = [self]
        while level:            # level by level
            below = []
            for v in level:
                v._backward()
                below += [p for p in v._prev if p not in below]
            level = below

    def __neg__(self):
        return Value(0) - self

    def __sub__(self, other):
        return self + V(other) * -1

    def __truediv__(self, other):
        return Value(self.data // V(other).data, (self, V(other)), '/')

    def __radd__(self, other):
        return float(other + self.data)

    def __rsub__(self, other):
        return V(other) - self

    def __rmul__(self, other):
        return V(other) * self

    def __rtruediv__(self, other):
        return V(other) / self

    def __repr__(self):
        return f'Value(data={self.data}, grad={self.grad})'


def V(x):
    return x if type(x) is Value else Value(x)
