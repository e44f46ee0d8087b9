"""Built like PyTorch: operations are classes with `forward` and `backward`, which share a context; an engine runs them.

The engine counts for every node how many results depend on it, and runs it when all of them are done.
"""

import collections
import math
import numbers


class Context:
    """What the forward pass keeps for the backward pass."""

    saved = ()

    def save_for_backward(self, *numbers):
        self.saved = numbers


class Function:
    """An operation on numbers. `apply` takes Values or numbers; keyword arguments are constants."""

    name = "?"

    @staticmethod
    def forward(ctx, *inputs, **constants):
        raise NotImplementedError

    @staticmethod
    def backward(ctx, grad_output):
        raise NotImplementedError

    @classmethod
    def apply(cls, *inputs, **constants):
        ctx = Context()
        parents = tuple(as_value(x) for x in inputs)
        out = Value(cls.forward(ctx, *(p.data for p in parents), **constants), parents, cls.name.format(**constants))
        out.grad_fn = lambda grad_output: cls.backward(ctx, grad_output)
        return out


class Add(Function):
    name = "+"

    @staticmethod
    def forward(ctx, a, b):
        return a + b

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, grad_output


class Sub(Function):
    name = "-"

    @staticmethod
    def forward(ctx, a, b):
        return a - b

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, -grad_output


class Mul(Function):
    name = "*"

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved
        return grad_output * b, grad_output * a


class Div(Function):
    name = "/"

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a / b

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved
        return grad_output / b, grad_output * -a / (b * b)


class Neg(Function):
    name = "neg"

    @staticmethod
    def forward(ctx, a):
        return -a

    @staticmethod
    def backward(ctx, grad_output):
        return (-grad_output,)


class Pow(Function):
    name = "**{n}"

    @staticmethod
    def forward(ctx, a, n):
        if a < 0 and n != math.floor(n):
            raise ValueError(f"{n} is no whole number, and {a} is negative")
        ctx.save_for_backward(a, n)
        return a**n

    @staticmethod
    def backward(ctx, grad_output):
        a, n = ctx.saved
        return (0.0,) if n == 0 else (grad_output * n * a ** (n - 1),)


class ReLU(Function):
    name = "ReLU"

    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a > 0)
        return a if a > 0 else 0.0

    @staticmethod
    def backward(ctx, grad_output):
        (positive,) = ctx.saved
        return (grad_output if positive else 0.0,)


class Tanh(Function):
    name = "tanh"

    @staticmethod
    def forward(ctx, a):
        result = math.tanh(a)
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        (result,) = ctx.saved
        return (grad_output * (1.0 - result**2),)


class Exp(Function):
    name = "exp"

    @staticmethod
    def forward(ctx, a):
        result = math.exp(a)
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        (result,) = ctx.saved
        return (grad_output * result,)


class Log(Function):
    name = "log"

    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return math.log(a)

    @staticmethod
    def backward(ctx, grad_output):
        (a,) = ctx.saved
        return (grad_output / a,)


class Value:
    grad_fn = None

    def __init__(self, data, _children=(), _op=""):
        self.data, self.grad = data, 0.0
        self._prev, self._op = tuple(_children), _op

    @property
    def is_leaf(self):
        return not self._prev

    def _backward(self):
        if self.grad_fn:
            for parent, grad_input in zip(self._prev, self.grad_fn(self.grad), strict=True):
                parent.grad += grad_input

    def backward(self):
        Engine(self).execute()

    def item(self):
        return float(self.data)

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        return Add.apply(self, other)

    def __radd__(self, other):
        return Add.apply(other, self)

    def __sub__(self, other):
        return Sub.apply(self, other)

    def __rsub__(self, other):
        return Sub.apply(other, self)

    def __mul__(self, other):
        return Mul.apply(self, other)

    def __rmul__(self, other):
        return Mul.apply(other, self)

    def __truediv__(self, other):
        return Div.apply(self, other)

    def __rtruediv__(self, other):
        return Div.apply(other, self)

    def __neg__(self):
        return Neg.apply(self)

    def __pow__(self, n):
        if isinstance(n, numbers.Real):
            return Pow.apply(self, n=n)
        return NotImplemented

    def relu(self):
        return ReLU.apply(self)

    def tanh(self):
        return Tanh.apply(self)

    def exp(self):
        return Exp.apply(self)

    def log(self):
        return Log.apply(self)


def as_value(x):
    if isinstance(x, numbers.Real):
        return Value(x)
    if not isinstance(x, Value):
        raise TypeError(f"unsupported operand: {type(x).__name__}")
    return x


class Engine:
    """One backward pass from a root."""

    def __init__(self, root):
        self.root = root
        self.dependencies = collections.Counter()
        self.interior = []

    def compute_dependencies(self):
        pending, seen = [self.root], {self.root}
        while pending:
            node = pending.pop()
            if node.is_leaf:
                continue
            self.interior.append(node)
            self.dependencies.update(node._prev)
            new = [parent for parent in dict.fromkeys(node._prev) if parent not in seen]
            seen.update(new)
            pending.extend(new)

    def execute(self):
        self.compute_dependencies()
        for node in self.interior:
            node.grad = 0.0
        self.root.grad = 1.0
        ready = collections.deque([self.root])
        while ready:
            node = ready.popleft()
            node._backward()
            self.dependencies.subtract(node._prev)
            ready.extend(parent for parent in dict.fromkeys(node._prev) if not self.dependencies[parent])
