"""A dataclass that compares by identity."""

import functools
import math
import numbers
from dataclasses import InitVar, dataclass, field
from typing import Any

__all__ = ["Value"]


def operands_are_values(method):
    @functools.wraps(method)
    def wrapped(self, other):
        if isinstance(other, numbers.Real):
            other = Value(other)
        if not isinstance(other, Value):
            return NotImplemented
        return method(self, other)

    return wrapped


@dataclass(eq=False)
class Value:
    data: Any
    _children: InitVar[tuple] = ()
    _op: str = field(default="", repr=False)
    grad: float = field(default=0.0, init=False)
    _prev: tuple = field(default=(), init=False, repr=False)
    _backward: Any = field(default=None, init=False, repr=False)

    def __post_init__(self, _children):
        self._prev = tuple(_children)
        self._backward = tuple  # does nothing, when called

    @operands_are_values
    def __add__(self, other):
        out = Value(self.data + other.data, (self, other), "+")
        out._backward = functools.partial(pull, out, lambda g: (g, g))
        return out

    @operands_are_values
    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other), "*")
        out._backward = functools.partial(pull, out, lambda g: (g * other.data, g * self.data))
        return out

    @operands_are_values
    def __sub__(self, other):
        return self + -other

    @operands_are_values
    def __truediv__(self, other):
        return self * other**-1

    @operands_are_values
    def __radd__(self, other):
        return other + self

    @operands_are_values
    def __rmul__(self, other):
        return other * self

    @operands_are_values
    def __rsub__(self, other):
        return other - self

    @operands_are_values
    def __rtruediv__(self, other):
        return other / self

    def __neg__(self):
        return self * -1

    def __pow__(self, exponent):
        if not isinstance(exponent, numbers.Real):
            return NotImplemented
        if isinstance(self.data**exponent, complex):
            raise ValueError(f"{self.data} ** {exponent} is complex")
        out = Value(self.data**exponent, (self,), f"**{exponent}")
        out._backward = functools.partial(
            pull, out, lambda g: (g * exponent * self.data ** (exponent - 1) if exponent else 0.0,)
        )
        return out

    def relu(self):
        out = Value(max(self.data, 0.0), (self,), "ReLU")
        out._backward = functools.partial(pull, out, lambda g: (g if self.data > 0 else 0.0,))
        return out

    def tanh(self):
        out = Value(math.tanh(self.data), (self,), "tanh")
        out._backward = functools.partial(pull, out, lambda g: (g * (1 - out.data**2),))
        return out

    def exp(self):
        out = Value(math.exp(self.data), (self,), "exp")
        out._backward = functools.partial(pull, out, lambda g: (g * out.data,))
        return out

    def log(self):
        out = Value(math.log(self.data), (self,), "log")
        out._backward = functools.partial(pull, out, lambda g: (g / self.data,))
        return out

    def backward(self):
        order = {}

        def sort(node):
            if node not in order:
                for parent in node._prev:
                    sort(parent)
                order[node] = True

        sort(self)
        for node in order:
            node.grad = 0.0 if node._prev else node.grad
        self.grad = 1.0
        for node in reversed(order):
            node._backward()


def pull(out, shares):
    for parent, share in zip(out._prev, shares(out.grad)):  # noqa: B905
        parent.grad += share
