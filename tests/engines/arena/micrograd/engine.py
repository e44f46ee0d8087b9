"""Numbers in columns: a Value is little more than the number of a row, which is given back when the Value goes.

A walk marks rows in an array of bytes, and rules are methods that are found by the name of the operation.
"""

import math

_data, _grad = [], []  # the columns
_free = []  # rows that nobody has any more


def _row(number):
    if _free:
        row = _free.pop()
        _data[row], _grad[row] = number, 0.0
        return row
    _data.append(number)
    _grad.append(0.0)
    return len(_data) - 1


class Value:
    __slots__ = ("_op", "_parents", "_row", "_rule")

    def __init__(self, data, _children=(), _op=""):
        self._row = _row(data)
        self._parents = tuple(_children)
        self._op = _op
        self._rule = None

    def __del__(self):
        _free.append(self._row)

    @property
    def data(self):
        return _data[self._row]

    @data.setter
    def data(self, number):
        _data[self._row] = number

    @property
    def grad(self):
        return _grad[self._row]

    @grad.setter
    def grad(self, number):
        _grad[self._row] = number

    @property
    def _prev(self):
        return frozenset(self._parents)

    def _backward(self):
        if self._rule:
            getattr(self, f"_pull_{self._rule[0]}")(*self._parents, *self._rule[1:])

    def _ruled(self, *rule):
        self._rule = rule
        return self

    # Forward and backward of each operation.

    def __add__(self, other):
        other = _operand(other)
        return Value(self.data + other.data, (self, other), "+")._ruled("sum")

    def _pull_sum(self, a, b):
        _grad[a._row] += _grad[self._row]
        _grad[b._row] += _grad[self._row]

    def __mul__(self, other):
        other = _operand(other)
        return Value(self.data * other.data, (self, other), "*")._ruled("product")

    def _pull_product(self, a, b):
        _grad[a._row] += _grad[self._row] * _data[b._row]
        _grad[b._row] += _grad[self._row] * _data[a._row]

    def __pow__(self, exponent):
        exponent = _plain(exponent)
        if self.data < 0 and exponent != round(exponent):
            raise ValueError(f"a fractional power of {self.data}")
        return Value(self.data**exponent, (self,), f"**{exponent}")._ruled("power", exponent)

    def _pull_power(self, a, exponent):
        if exponent:
            _grad[a._row] += _grad[self._row] * exponent * _data[a._row] ** (exponent - 1)

    def relu(self):
        return Value(max(self.data, 0), (self,), "ReLU")._ruled("relu")

    def _pull_relu(self, a):
        if _data[self._row] > 0:
            _grad[a._row] += _grad[self._row]

    def tanh(self):
        return Value(math.tanh(self.data), (self,), "tanh")._ruled("tanh")

    def _pull_tanh(self, a):
        _grad[a._row] += _grad[self._row] * (1 - _data[self._row] ** 2)

    def exp(self):
        return Value(math.exp(self.data), (self,), "exp")._ruled("exp")

    def _pull_exp(self, a):
        _grad[a._row] += _grad[self._row] * _data[self._row]

    def log(self):
        return Value(math.log(self.data), (self,), "log")._ruled("log")

    def _pull_log(self, a):
        _grad[a._row] += _grad[self._row] / _data[a._row]

    # What follows from these.

    def __neg__(self):
        return self.__mul__(-1)

    def __sub__(self, other):
        return self + _operand(other) * -1

    def __truediv__(self, other):
        return self * _operand(other) ** -1

    def __radd__(self, other):
        return _operand(other) + self

    def __rsub__(self, other):
        return _operand(other) + self * -1

    def __rmul__(self, other):
        return _operand(other) * self

    def __rtruediv__(self, other):
        return _operand(other) * self**-1

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        marks = bytearray(len(_data))  # 0: unknown, 1: its parents are waited for, 2: in order
        order, stack = [], [self]
        while stack:
            node = stack[-1]
            new = [] if marks[node._row] else [p for p in node._prev if not marks[p._row]]
            marks[node._row] = marks[node._row] or 1
            if new:
                stack.extend(new)
                continue
            stack.pop()
            if marks[node._row] == 1:
                marks[node._row] = 2
                order.append(node)
                if node._parents:
                    node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            node._backward()


def _plain(x):
    """`x`, which must be a number."""
    if isinstance(x, Value) or not hasattr(x, "__float__"):
        raise TypeError(f"a number should be here, not a {type(x).__name__}")
    return x


def _operand(x):
    return x if isinstance(x, Value) else Value(_plain(x))
