"""Formulas, compiled: an operation is a line of text, and the way back a list of instructions.

Each node knows its height above the leaves, so that instructions are sorted by height, without a search for an order.
"""

import math
from collections import defaultdict
from numbers import Real

# op: the number, and for each operand (x, y) its share of the gradient g, where z is the number.
_FORMULAS = {
    "+": ("x + y", "g", "g"),
    "-": ("x - y", "g", "-g"),
    "*": ("x * y", "g * y", "g * x"),
    "/": ("x / y", "g / y", "-g * z / y"),
    "neg": ("-x", "-g"),
    "ReLU": ("x if x > 0 else 0.0", "g if x > 0 else 0.0"),
    "tanh": ("tanh(x)", "g - g * z * z"),
    "exp": ("exp(x)", "g * z"),
    "log": ("log(x)", "g / x"),
    "**": ("x ** n", "g * n * x ** (n - 1) if n else 0.0"),
}


def _compiled(formulas):
    number, *shares = formulas
    scope = {"tanh": math.tanh, "exp": math.exp, "log": math.log}
    forward = eval(f"lambda x, y=None, n=None: {number}", scope)
    back = eval(f"lambda g, z, x, y=None, n=None: ({', '.join(shares)},)", scope)
    return forward, back


_CODE = {op: _compiled(formulas) for op, formulas in _FORMULAS.items()}


class Value:
    _code = None
    _constants = {}  # noqa: RUF012 - never changed

    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op
        self._height = 1 + max((parent._height for parent in self._prev), default=-1)

    def _backward(self):
        if self._code:
            numbers = [parent.data for parent in self._prev]
            for parent, share in zip(self._prev, self._code(self.grad, self.data, *numbers, **self._constants)):  # noqa: B905
                parent.grad += share

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def backward(self):
        for instruction, node in compile_backward(self):
            instruction(node)

    def relu(self):
        return compute("ReLU", self)

    def tanh(self):
        return compute("tanh", self)

    def exp(self):
        return compute("exp", self)

    def log(self):
        return compute("log", self)

    def __neg__(self):
        return compute("neg", self)

    def __add__(self, other):
        return compute("+", self, other)

    def __sub__(self, other):
        return compute("-", self, other)

    def __mul__(self, other):
        return compute("*", self, other)

    def __truediv__(self, other):
        return compute("/", self, other)

    def __radd__(self, other):
        return compute("+", other, self)

    def __rsub__(self, other):
        return compute("-", other, self)

    def __rmul__(self, other):
        return compute("*", other, self)

    def __rtruediv__(self, other):
        return compute("/", other, self)

    def __pow__(self, n):
        if not isinstance(n, Real):
            raise TypeError(f"exponent {n!r}")
        if self.data < 0 and not float(n).is_integer():
            raise ValueError(f"({self.data}) ** {n} is complex")
        return compute("**", self, n=n)


def compute(op, *operands, **constants):
    parents = [x if isinstance(x, Value) else Value(_checked(x)) for x in operands]
    forward, back = _CODE[op]
    label = op + "".join(map(str, constants.values()))
    out = Value(forward(*(parent.data for parent in parents), **constants), parents, label)
    out._code, out._constants = back, constants
    return out


def _checked(x):
    if isinstance(x, Real):
        return x
    raise TypeError(f"{type(x).__name__} is no number")


def _clear(node):
    node.grad = 0.0


def _seed(node):
    node.grad = 1.0


def _pull(node):
    node._backward()


def compile_backward(root):
    """The instructions for a backward pass: clear what is no leaf, seed the root, pull from the heights down."""
    floors = defaultdict(set)
    floors[root._height].add(root)
    for height in range(root._height, 0, -1):
        for node in floors[height]:
            for parent in node._prev:
                floors[parent._height].add(parent)
    results = [node for height in range(root._height, 0, -1) for node in floors[height] if node._prev]
    return [*((_clear, node) for node in results), (_seed, root), *((_pull, node) for node in results)]
