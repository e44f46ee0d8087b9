"""Scalar autograd.

My version keeps the *local derivatives* next to the parents instead of writing a closure for every operation:
backward is then the same two lines for all of them.
"""
import math


class Value:
    def __init__(self, data, _children=(), _op='', _slopes=()):
        self.data = data
        self.grad = 0.0
        self._prev = list(_children)
        self._slopes = list(_slopes)    # d(self) / d(parent), same order as _prev
        self._op = _op

    def _backward(self):
        for parent, slope in zip(self._prev, self._slopes):
            parent.grad += slope * self.grad

    def backward(self):
        # Kahn's algorithm. First count how often every node is used ...
        uses = {}
        todo = [self]
        reached = {id(self)}
        while todo:
            v = todo.pop()
            for p in v._prev:
                uses[id(p)] = uses.get(id(p), 0) + 1
                if id(p) not in reached:
                    reached.add(id(p))
                    todo.append(p)
            if v._prev:
                v.grad = 0.0        # inner nodes forget the last backward(), leaves accumulate
        # ... then a node is ready when all of its users are done.
        self.grad = 1.0
        ready = [self]
        while ready:
            v = ready.pop()
            v._backward()
            for p in v._prev:
                uses[id(p)] -= 1
                if uses[id(p)] == 0:
                    ready.append(p)

    # ---- operations ----

    def __add__(self, other):
        b = wrap(other)
        return Value(self.data + b.data, (self, b), '+', (1.0, 1.0))

    def __mul__(self, other):
        b = wrap(other)
        return Value(self.data * b.data, (self, b), '*', (b.data, self.data))

    def __pow__(self, k):
        value = self.data ** k
        slope = k * self.data ** (k - 1) if k else 0.0
        return Value(value, (self,), '**%s' % k, (slope,))

    def relu(self):
        positive = self.data > 0
        return Value(self.data * positive, (self,), 'ReLU', (float(positive),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), 'tanh', ((1 - t) * (1 + t),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, (self,), 'exp', (e,))

    def log(self):
        return Value(math.log(self.data), (self,), 'log', (1 / self.data,))

    # ---- the rest, made of the ones above ----

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + wrap(other) * -1.0

    def __truediv__(self, other):
        return self * wrap(other) ** -1.0

    def __radd__(self, other):
        return wrap(other) + self

    def __rsub__(self, other):
        return wrap(other) + self * -1.0

    def __rmul__(self, other):
        return wrap(other) * self

    def __rtruediv__(self, other):
        return wrap(other) * self ** -1.0

    def __repr__(self):
        return f'Value(data={self.data}, grad={self.grad})'


def wrap(x):
    if isinstance(x, Value):
        return x
    return Value(x)
