"""Hints everywhere, tanh by exponentials, a quotient as a product with a power."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Final, SupportsFloat

Number = int | float
MINUS_ONE: Final = -1


class Value:
    data: float
    grad: float
    _prev: list[Value]
    _op: str
    _backward: Callable[[], None]

    def __init__(self, data: Number, _children: Iterable[Value] = (), _op: str = "") -> None:
        if not isinstance(data, SupportsFloat):
            raise TypeError(f"{type(data).__name__} is no number")
        self.data = float(data)
        self.grad = 0.0
        self._prev = []
        for child in _children:
            self._prev.append(child)
        self._op = _op
        self._backward = self._do_nothing

    def _do_nothing(self) -> None:
        return None

    def __add__(self, other: Value | Number) -> Value:
        right = other if isinstance(other, Value) else Value(other)
        result = Value(self.data + right.data, (self, right), "+")

        def _backward() -> None:
            self.grad += 1.0 * result.grad
            right.grad += 1.0 * result.grad

        result._backward = _backward
        return result

    def __mul__(self, other: Value | Number) -> Value:
        right = other if isinstance(other, Value) else Value(other)
        result = Value(self.data * right.data, (self, right), "*")

        def _backward() -> None:
            self.grad, right_share = self.grad + right.data * result.grad, self.data * result.grad
            right.grad += right_share

        result._backward = _backward
        return result

    def __pow__(self, exponent: Number) -> Value:
        if not isinstance(exponent, int | float):
            raise TypeError("int or float, please")
        if self.data < 0 and not float(exponent).is_integer():
            raise ValueError(f"{self.data} to the {exponent}")
        result = Value(self.data**exponent, (self,), f"**{exponent}")

        def _backward() -> None:
            if exponent == 0:
                return
            self.grad += result.grad * (exponent * self.data ** (exponent - 1))

        result._backward = _backward
        return result

    def exp(self) -> Value:
        result = Value(math.exp(self.data), (self,), "exp")

        def _backward() -> None:
            self.grad += result.grad * result.data

        result._backward = _backward
        return result

    def log(self) -> Value:
        result = Value(math.log(self.data), (self,), "log")

        def _backward() -> None:
            self.grad += result.grad * (1.0 / self.data)

        result._backward = _backward
        return result

    def tanh(self) -> Value:
        e = math.exp(-2.0 * abs(self.data))
        size = (1.0 - e) / (1.0 + e)
        result = Value(size if self.data > 0 else -size, (self,), "tanh")

        def _backward() -> None:
            self.grad += result.grad * (1.0 - result.data**2)

        result._backward = _backward
        return result

    def relu(self) -> Value:
        result = Value(0.0 if self.data < 0.0 else self.data, (self,), "ReLU")

        def _backward() -> None:
            self.grad += result.grad * (result.data > 0.0)

        result._backward = _backward
        return result

    def __neg__(self) -> Value:
        return self * MINUS_ONE

    def __sub__(self, other: Value | Number) -> Value:
        return self + (-other)

    def __truediv__(self, other: Value | Number) -> Value:
        divisor = other if isinstance(other, Value) else Value(other)
        return self * divisor**MINUS_ONE

    def __radd__(self, other: Number) -> Value:
        return self + other

    def __rsub__(self, other: Number) -> Value:
        return (self - other) * MINUS_ONE

    def __rmul__(self, other: Number) -> Value:
        return self * other

    def __rtruediv__(self, other: Number) -> Value:
        return Value(other) / self

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def _walk(self, seen: set[int]) -> Iterator[Value]:
        """Yield all ancestors and then this node."""
        seen.add(id(self))
        for parent in self._prev:
            if id(parent) not in seen:
                yield from parent._walk(seen)
        yield self

    def backward(self) -> None:
        order = list(self._walk(set()))
        for node in order:
            if node._prev:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            node._backward()
