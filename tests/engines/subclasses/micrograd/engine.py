"""A class for each operation, with its own `_backward`."""

import math


def value(x):
    if isinstance(x, (str, list)) or x is None:
        raise TypeError(x)
    return x if isinstance(x, Value) else Value(x)


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._prev = list(_children)
        self._op = _op

    def _backward(self):
        pass

    def __add__(self, other):
        return Sum(self, value(other))

    def __radd__(self, other):
        return Sum(value(other), self)

    def __mul__(self, other):
        return Product(self, value(other))

    def __rmul__(self, other):
        return Product(value(other), self)

    def __neg__(self):
        return Product(self, value(-1))

    def __sub__(self, other):
        return Sum(self, Product(value(other), value(-1)))

    def __rsub__(self, other):
        return Sum(value(other), Product(self, value(-1)))

    def __truediv__(self, other):
        return Quotient(self, value(other))

    def __rtruediv__(self, other):
        return Quotient(value(other), self)

    def __pow__(self, exponent):
        return Power(self, exponent)

    def relu(self):
        return Relu(self)

    def tanh(self):
        return Tanh(self)

    def exp(self):
        return Exp(self)

    def log(self):
        return Log(self)

    def square(self):
        return Product(self, self)

    def item(self):
        return float(self.data)

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        order, entered = [], []
        stack = [self]
        seen = set()
        while stack or entered:
            if entered and (not stack or stack[-1] is None):
                stack.pop()
                order.append(entered.pop())
                continue
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            entered.append(node)
            stack.append(None)
            stack.extend(node._prev)
        for node in order:
            if node._prev:
                node.grad = 0.0
        self.grad = 1.0
        for node in order[::-1]:
            node._backward()


class Sum(Value):
    def __init__(self, a, b):
        super().__init__(a.data + b.data, (a, b), "+")

    def _backward(self):
        for parent in self._prev:
            parent.grad += self.grad


class Product(Value):
    def __init__(self, a, b):
        super().__init__(a.data * b.data, (a, b), "*")

    def _backward(self):
        a, b = self._prev
        a.grad += b.data * self.grad
        b.grad += a.data * self.grad


class Quotient(Value):
    def __init__(self, a, b):
        super().__init__(a.data / b.data, (a, b), "div")

    def _backward(self):
        a, b = self._prev
        a.grad += self.grad / b.data
        b.grad -= self.grad * a.data / b.data**2


class Power(Value):
    def __init__(self, a, exponent):
        if not isinstance(exponent, (int, float)):
            raise TypeError("exponent")
        if isinstance(exponent, float) and not exponent.is_integer() and a.data < 0:
            raise ValueError("exponent")
        super().__init__(a.data**exponent, (a,), f"**{exponent}")
        self.exponent = exponent

    def _backward(self):
        (a,) = self._prev
        if self.exponent:
            a.grad += self.exponent * a.data ** (self.exponent - 1) * self.grad


class Unary(Value):
    name = ""

    def __init__(self, a):
        super().__init__(self.of(a.data), (a,), self.name)

    def _backward(self):
        self._prev[0].grad += self.slope(self._prev[0].data) * self.grad


class Relu(Unary):
    name = "ReLU"

    def of(self, x):
        return (x + abs(x)) / 2

    def slope(self, x):
        return x > 0


class Tanh(Unary):
    name = "tanh"
    of = staticmethod(math.tanh)

    def slope(self, x):
        return 1 - math.tanh(x) ** 2


class Exp(Unary):
    name = "exp"
    of = slope = staticmethod(math.exp)


class Log(Unary):
    name = "log"
    of = staticmethod(math.log)

    def slope(self, x):
        return x**-1
