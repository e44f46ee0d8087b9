"""Nothing is computed before somebody asks: a Value is a plan, which its `data` carries out, and then the number."""

import math
from numbers import Real


class Plan:
    """How to compute a number from others, and the derivative with respect to each."""

    def __init__(self, compute, *slopes):
        self.compute, self.slopes = compute, slopes


ADD = Plan(lambda x, y: x + y, lambda z, x, y: 1.0, lambda z, x, y: 1.0)
SUBTRACT = Plan(lambda x, y: x - y, lambda z, x, y: 1.0, lambda z, x, y: -1.0)
MULTIPLY = Plan(lambda x, y: x * y, lambda z, x, y: y, lambda z, x, y: x)
DIVIDE = Plan(lambda x, y: x / y, lambda z, x, y: 1 / y, lambda z, x, y: -z / y)
NEGATE = Plan(lambda x: -x, lambda z, x: -1.0)
RECTIFY = Plan(lambda x: x if x > 0 else 0.0, lambda z, x: 1.0 if x > 0 else 0.0)
TANH = Plan(math.tanh, lambda z, x: 1 - z**2)
EXP = Plan(math.exp, lambda z, x: z)
LOG = Plan(math.log, lambda z, x: 1 / x)


def power(n):
    return Plan(lambda x: x**n, lambda z, x: n * x ** (n - 1) if n else 0.0)


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op
        self._plan = None
        self._number = data
        self._realized = True

    @property
    def data(self):
        if not self._realized:
            realize(self)
        return self._number

    @data.setter
    def data(self, number):
        self._number, self._realized = number, True

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        return planned(ADD, "+", self, other)

    def __radd__(self, other):
        return planned(ADD, "+", other, self)

    def __sub__(self, other):
        return planned(SUBTRACT, "-", self, other)

    def __rsub__(self, other):
        return planned(SUBTRACT, "-", other, self)

    def __mul__(self, other):
        return planned(MULTIPLY, "*", self, other)

    def __rmul__(self, other):
        return planned(MULTIPLY, "*", other, self)

    def __truediv__(self, other):
        return planned(DIVIDE, "/", self, other)

    def __rtruediv__(self, other):
        return planned(DIVIDE, "/", other, self)

    def __neg__(self):
        return planned(NEGATE, "neg", self)

    def __pow__(self, exponent):
        if not isinstance(exponent, Real):
            raise TypeError("only powers with a number on top")
        if exponent != math.trunc(exponent) and self.data < 0:
            raise ValueError(f"what would {self.data} ** {exponent} be?")
        return planned(power(exponent), f"**{exponent}", self)

    def relu(self):
        return planned(RECTIFY, "ReLU", self)

    def tanh(self):
        return planned(TANH, "tanh", self)

    def exp(self):
        return planned(EXP, "exp", self)

    def log(self):
        return planned(LOG, "log", self)

    def _backward(self):
        if self._plan:
            numbers = [parent.data for parent in self._prev]
            for parent, slope in zip(self._prev, self._plan.slopes, strict=True):
                parent.grad += self.grad * slope(self.data, *numbers)

    def backward(self):
        realize(self)
        order = upwards(self, lambda node: True)
        for node in order:
            node.grad *= 0.0 if node._prev else 1.0
        self.grad = 1.0
        for node in order[::-1]:
            node._backward()


def planned(plan, op, *operands):
    for x in operands:
        if not isinstance(x, (Value, Real)):
            raise TypeError(f"no plan for {op} of a {type(x).__name__}")
    node = Value(None, [x if isinstance(x, Value) else Value(x) for x in operands], op)
    node._plan, node._realized = plan, False
    return node


def realize(root):
    """Carry out all plans that `root` waits for."""
    for node in upwards(root, lambda node: not node._realized):
        node.data = node._plan.compute(*(parent._number for parent in node._prev))


def upwards(root, wanted):
    """The nodes behind `root` that are wanted, each after its parents."""
    entered, order = {}, []
    stack = [root] if wanted(root) else []
    while stack:
        node = stack[-1]
        if node not in entered:
            entered[node] = iter(node._prev)
        parent = next(entered[node], None)
        if parent is not None:
            if parent not in entered and wanted(parent):
                stack.append(parent)
        else:
            order.append(stack.pop())
    return order
