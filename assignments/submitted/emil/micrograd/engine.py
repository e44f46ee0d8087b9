from math import exp, log, tanh


class Value:
    """One number in the graph."""

    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0.0
        self._prev = set(_children)
        self._op = _op
        self._backward = lambda: None

    def __repr__(self):
        return f'Value(data={self.data}, grad={self.grad})'

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        out = Value(self.data + other.data, {self, other}, '+')

        def go():
            self.grad += 1 * out.grad
            other.grad += 1 * out.grad
        out._backward = go
        return out

    def __mul__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        out = Value(self.data * other.data, {self, other}, '*')

        def go():
            self.grad = other.data * out.grad
            other.grad = self.data * out.grad
        out._backward = go
        return out

    def __pow__(self, n):
        out = Value(self.data ** n, {self}, '**' + repr(n))

        def go():
            self.grad += n * self.data ** (n - 1)
        out._backward = go
        return out

    def relu(self):
        out = Value(max(0, self.data), {self}, 'ReLU')

        def go():
            if out.data >= 0:
                self.grad += 1.0 * out.grad
        out._backward = go
        return out

    def tanh(self):
        t = tanh(self.data)
        out = Value(t, {self}, 'tanh')

        def go():
            self.grad += (1 - t ** 2) * out.grad
        out._backward = go
        return out

    def exp(self):
        out = Value(exp(self.data), {self}, 'exp')

        def go():
            self.grad += out.data * self.grad
        out._backward = go
        return out

    def log(self):
        out = Value(log(self.data), {self}, 'log')

        def go():
            self.grad += 1 / self.data * out.grad
        out._backward = go
        return out

    def backward(self):
        self.grad = 1.0
        self._visit(set())

    def _visit(self, seen):
        # me first, then everything below me
        if self in seen:
            return
        seen.add(self)
        self._backward()
        for p in self._prev:
            p._visit(seen)

    def __neg__(self):
        return -1 * self

    def __sub__(self, other):
        return self + (-1) * other

    def __truediv__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return self * other ** -1

    def __radd__(self, other):
        return self.__add__(other)

    def __rsub__(self, other):
        return self - other

    def __rmul__(self, other):
        return self.__mul__(other)

    def __rtruediv__(self, other):
        return self / other
