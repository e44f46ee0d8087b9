"""Slots, lists of parents, a rule of its own for every operator, and aliases for the reflected ones that commute."""

import math


def nothing():
    """The rule of a leaf."""


def operand(x):
    """A Value, be it a new one."""
    if isinstance(x, Value):
        return x
    if isinstance(x, (int, float)):
        return Value(x)
    raise TypeError(f"cannot compute with a {type(x).__name__}")


class Value:
    __slots__ = ("_backward", "_op", "_prev", "data", "grad")

    def __init__(self, data, _children=(), _op=""):
        self.data, self.grad = data, 0.0
        self._prev, self._op = list(_children), _op
        self._backward = nothing

    def __repr__(self):
        return "Value(data=%s, grad=%s)" % (self.data, self.grad)  # noqa: UP031

    def __add__(self, other):
        other = operand(other)
        out = Value(self.data + other.data, [self, other], "+")

        def _backward():
            g = out.grad
            self.grad += g
            other.grad += g

        out._backward = _backward
        return out

    __radd__ = __add__

    def __mul__(self, other):
        other = operand(other)
        out = Value(self.data * other.data, [self, other], "*")

        def _backward():
            g = out.grad
            self.grad += g * other.data
            other.grad += g * self.data

        out._backward = _backward
        return out

    __rmul__ = __mul__

    def __sub__(self, other):
        other = operand(other)
        out = Value(self.data - other.data, [self, other], "-")

        def _backward():
            self.grad += out.grad
            other.grad -= out.grad

        out._backward = _backward
        return out

    def __rsub__(self, other):
        return operand(other).__sub__(self)

    def __truediv__(self, other):
        other = operand(other)
        out = Value(self.data / other.data, [self, other], "/")

        def _backward():
            share = out.grad / other.data
            self.grad += share
            other.grad -= share * out.data

        out._backward = _backward
        return out

    def __rtruediv__(self, other):
        return operand(other).__truediv__(self)

    def __neg__(self):
        out = Value(-self.data, [self], "neg")

        def _backward():
            self.grad -= out.grad

        out._backward = _backward
        return out

    def __pow__(self, exponent):
        if not isinstance(exponent, (int, float)):
            raise TypeError("the exponent must be a number")
        if exponent != int(exponent) and self.data < 0:
            raise ValueError("a power that is not real")
        out = Value(self.data**exponent, [self], "**" + str(exponent))

        def _backward():
            slope = exponent * pow(self.data, exponent - 1) if exponent else 0.0
            self.grad += out.grad * slope

        out._backward = _backward
        return out

    def relu(self):
        positive = self.data > 0
        out = Value(self.data * positive, [self], "ReLU")

        def _backward():
            self.grad += out.grad * positive

        out._backward = _backward
        return out

    def tanh(self):
        out = Value(math.tanh(self.data), [self], "tanh")

        def _backward():
            self.grad += out.grad * (1 + out.data) * (1 - out.data)

        out._backward = _backward
        return out

    def exp(self):
        out = Value(math.exp(self.data), [self], "exp")

        def _backward():
            self.grad += out.grad * out.data

        out._backward = _backward
        return out

    def log(self):
        out = Value(math.log(self.data), [self], "log")

        def _backward():
            self.grad += out.grad / self.data

        out._backward = _backward
        return out

    def backward(self):
        done = []
        marks = {}  # 1: on the stack, 2: done
        stack = [self]
        while stack:
            node = stack[-1]
            if marks.get(id(node)) == 2:
                stack.pop()
            elif marks.get(id(node)) == 1:
                marks[id(node)] = 2
                done.append(node)
                stack.pop()
            else:
                marks[id(node)] = 1
                stack += [p for p in node._prev if id(p) not in marks]
        for node in done:
            if node._prev:
                node.grad = 0.0
        self.grad = 1.0
        while done:
            done.pop()._backward()
