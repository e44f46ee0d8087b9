"""One table of operations, each with its function and its derivatives. `_backward` is a method that looks the op up."""

import math
import operator

# name: (function, derivative for each operand: f(result, *operands))
TABLE = {
    "+": (operator.add, (lambda z, x, y: 1.0, lambda z, x, y: 1.0)),
    "-": (operator.sub, (lambda z, x, y: 1.0, lambda z, x, y: -1.0)),
    "*": (operator.mul, (lambda z, x, y: y, lambda z, x, y: x)),
    "/": (operator.truediv, (lambda z, x, y: 1 / y, lambda z, x, y: -x / y**2)),
    "neg": (operator.neg, (lambda z, x: -1.0,)),
    "ReLU": (lambda x: x if x > 0 else 0.0, (lambda z, x: 1.0 if x > 0 else 0.0,)),
    "tanh": (math.tanh, (lambda z, x: 1 - z * z,)),
    "exp": (math.exp, (lambda z, x: z,)),
    "log": (math.log, (lambda z, x: 1 / x,)),
}


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op

    def _backward(self):
        numbers = [parent.data for parent in self._prev]
        if self._op.startswith("**"):
            n = float(self._op[2:])
            slopes = [n * numbers[0] ** (n - 1) if n else 0.0]
        else:
            slopes = [derivative(self.data, *numbers) for derivative in TABLE[self._op][1]]
        for parent, slope in zip(self._prev, slopes):  # noqa: B905
            parent.grad += slope * self.grad

    def _ancestors(self):
        order, seen = [], set()

        def visit(node):
            seen.add(id(node))
            for parent in node._prev:
                if id(parent) not in seen:
                    visit(parent)
            order.append(node)

        visit(self)
        return order

    def backward(self):
        order = self._ancestors()
        for node in order:
            if node._op:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            if node._prev:
                node._backward()

    def __pow__(self, exponent):
        if isinstance(exponent, Value):
            raise TypeError("the exponent must be a number")
        if self.data < 0 and exponent % 1:
            raise ValueError("the exponent must be an integer, for the base is negative")
        return Value(self.data**exponent, (self,), f"**{exponent}")

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"


def apply(op, *operands):
    if any(x is None or isinstance(x, (str, list)) for x in operands):
        raise TypeError(f"{op} takes numbers")
    nodes = [x if isinstance(x, Value) else Value(x) for x in operands]
    return Value(TABLE[op][0](*(node.data for node in nodes)), nodes, op)


def _install(name, op, swapped=False):
    def method(self, *others):
        return apply(op, *others, self) if swapped else apply(op, self, *others)

    method.__name__ = name
    setattr(Value, name, method)


for _name, _op in {"add": "+", "sub": "-", "mul": "*", "truediv": "/"}.items():
    _install(f"__{_name}__", _op)
    _install(f"__r{_name}__", _op, swapped=True)
for _name, _op in {"__neg__": "neg", "relu": "ReLU", "tanh": "tanh", "exp": "exp", "log": "log"}.items():
    _install(_name, _op)
