import math


class Value:
    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0.0
        self._prev = frozenset(_children)
        self._op = _op
        self._backward = lambda: None

    def __add__(self, other):
        return Value(self.data + num(other), (self, lift(other)), '+')

    def __mul__(self, other):
        o = lift(other)
        return Value(self.data * o.data, (self, o), '*')

    def __pow__(self, e):
        return Value(math.pow(self.data, e), (self,), '**' + str(e))

    def relu(self):
        return Value((abs(self.data) + self.data) / 2, (self,), 'ReLU')

    def tanh(self):
        return Value(math.tanh(self.data), (self,), 'tanh')

    def exp(self):
        return Value(math.exp(self.data), (self,), 'exp')

    def log(self):
        return Value(math.log(self.data), (self,), 'log')

    def __neg__(self):
        return Value(-self.data, (self,), '-')

    def __sub__(self, other):
        o = lift(other)
        return Value(self.data - o.data, (self, o), '-')

    def __truediv__(self, other):
        o = lift(other)
        return Value(self.data / o.data, (self, o), '/')

    def __radd__(self, other):
        return lift(other) + self

    def __rsub__(self, other):
        return lift(other) - self

    def __rmul__(self, other):
        return lift(other) * self

    def __rtruediv__(self, other):
        return lift(other) / self

    def __repr__(self):
        return f'Value(data={self.data}, grad={self.grad})'


def num(x):
    return x.data if isinstance(x, Value) else x


def lift(x):
    return x if isinstance(x, Value) else Value(x)
