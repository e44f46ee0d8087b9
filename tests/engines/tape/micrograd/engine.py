"""A Wengert tape: whatever is computed is recorded as it is made, and the way back reads the record in reverse.

The tape holds its nodes weakly: of a graph that nobody needs any more nothing is left on it.
"""

import itertools
import math
import weakref
from numbers import Real

_tape = weakref.WeakValueDictionary()  # by serial number, that is in the order in which they were made
_serials = itertools.count()


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op
        self._pullback = None
        if self._prev:
            _tape[next(_serials)] = self

    def _backward(self):
        if self._pullback is not None:
            for parent, share in zip(self._prev, self._pullback(self.grad), strict=True):
                parent.grad += share

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        return _record("+", _sum, self, other)

    def __mul__(self, other):
        return _record("*", _product, self, other)

    def __pow__(self, exponent):
        if not isinstance(exponent, Real):
            raise TypeError(f"an exponent must be a number, {exponent!r} is none")
        return _record(f"**{exponent}", lambda x: _power(x, exponent), self)

    def relu(self):
        return _record("ReLU", _relu, self)

    def tanh(self):
        return _record("tanh", _tanh, self)

    def exp(self):
        return _record("exp", _exp, self)

    def log(self):
        return _record("log", _log, self)

    def __neg__(self):
        return _record("neg", lambda x: (-x, lambda g: (-g,)), self)

    def __sub__(self, other):
        return _record("-", _difference, self, other)

    def __truediv__(self, other):
        return _record("/", _quotient, self, other)

    def __radd__(self, other):
        return _record("+", _sum, other, self)

    def __rsub__(self, other):
        return _record("-", _difference, other, self)

    def __rmul__(self, other):
        return _record("*", _product, other, self)

    def __rtruediv__(self, other):
        return _record("/", _quotient, other, self)

    def backward(self):
        wanted, part = {self}, []
        for node in reversed(list(_tape.values())):
            if node in wanted:
                wanted.update(node._prev)
                part.append(node)
        for node in part:
            node.grad = 0.0
        self.grad = 1.0
        for node in part:
            node._backward()


def _record(op, primitive, *operands):
    """Compute with a primitive: it takes numbers, and gives a number and the way back from it."""
    for x in operands:
        if not isinstance(x, (Value, Real)):
            raise TypeError(f"{op} takes Values and numbers, not {x!r}")
    parents = [x if isinstance(x, Value) else Value(x) for x in operands]
    number, pullback = primitive(*(parent.data for parent in parents))
    out = Value(number, parents, op)
    out._pullback = pullback
    return out


def _sum(x, y):
    return x + y, lambda g: (g, g)


def _difference(x, y):
    return x - y, lambda g: (g, -g)


def _product(x, y):
    return x * y, lambda g: (g * y, g * x)


def _quotient(x, y):
    z = x / y
    return z, lambda g: (g / y, -g * z / y)


def _power(x, n):
    z = x**n
    if isinstance(z, complex):
        raise ValueError(f"{x} ** {n} has no real value")
    return z, lambda g: (g * n * x ** (n - 1) if n else 0.0,)


def _relu(x):
    return (x, lambda g: (g,)) if x > 0 else (0.0, lambda g: (0.0,))


def _tanh(x):
    t = math.tanh(x)
    return t, lambda g: (g * (1 - t * t),)


def _exp(x):
    e = math.exp(x)
    return e, lambda g: (g * e,)


def _log(x):
    return math.log(x), lambda g: (g / x,)
