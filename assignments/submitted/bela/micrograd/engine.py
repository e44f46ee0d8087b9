import math
import numbers


class Value:
    """ stores a single scalar value and its gradient """

    __slots__ = ('data', 'grad', '_prev', '_op', '_backward')

    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op
        self._backward = nothing

    def __add__(self, other):
        other = number_or_value(other)
        total = Value(self.data + other.data, (self, other), '+')

        def _backward():
            for term in (self, other):
                term.grad += total.grad
        total._backward = _backward
        return total

    def __sub__(self, other):
        # own rule: no need for two nodes
        other = number_or_value(other)
        difference = Value(self.data - other.data, (self, other), '-')

        def _backward():
            self.grad += difference.grad
            other.grad -= difference.grad
        difference._backward = _backward
        return difference

    def __mul__(self, other):
        other = number_or_value(other)
        product = Value(self.data * other.data, (self, other), '*')

        def _backward():
            upstream = product.grad
            self.grad += upstream * other.data
            other.grad += upstream * self.data
        product._backward = _backward
        return product

    def __truediv__(self, other):
        # quotient rule
        other = number_or_value(other)
        quotient = Value(self.data / other.data, (self, other), '/')

        def _backward():
            upstream = quotient.grad
            self.grad += upstream / other.data
            other.grad -= upstream * self.data / (other.data * other.data)
        quotient._backward = _backward
        return quotient

    def __pow__(self, n):
        if isinstance(n, bool) or not isinstance(n, numbers.Real):
            raise TypeError("only int/float powers, not " + type(n).__name__)
        if self.data < 0 and n != round(n):
            raise ValueError("root of a negative number")
        power = Value(self.data ** n, (self,), '**' + str(n))

        def _backward():
            if n == 0:
                return      # constant
            self.grad += power.grad * (n * self.data ** (n - 1))
        power._backward = _backward
        return power

    def __neg__(self):
        flipped = Value(-self.data, (self,), 'neg')

        def _backward():
            self.grad -= flipped.grad
        flipped._backward = _backward
        return flipped

    def relu(self):
        r = Value(max(0.0, self.data), (self,), 'ReLU')

        def _backward():
            self.grad += r.grad * (1.0 if self.data > 0 else 0.0)
        r._backward = _backward
        return r

    def tanh(self):
        # (e^2x - 1) / (e^2x + 1), with the exponent <= 0 so that it cannot overflow
        e = math.exp(-2.0 * abs(self.data))
        t = Value(math.copysign((1.0 - e) / (1.0 + e), self.data), (self,), 'tanh')

        def _backward():
            self.grad += t.grad * (1.0 - t.data * t.data)
        t._backward = _backward
        return t

    def exp(self):
        e = Value(math.exp(self.data), (self,), 'exp')

        def _backward():
            self.grad += e.grad * e.data
        e._backward = _backward
        return e

    def log(self):
        ln = Value(math.log(self.data), (self,), 'log')

        def _backward():
            self.grad += ln.grad * (1.0 / self.data)
        ln._backward = _backward
        return ln

    def backward(self):
        topo = []
        done = set()

        def visit(v):
            if v in done:
                return
            done.add(v)
            for child in v._prev:
                visit(child)
            topo.append(v)

        visit(self)
        # gradients of inner nodes belong to one backward() only
        for v in topo:
            v.grad = v.grad if v._prev == () else 0.0
        self.grad = 1.0
        while topo:
            topo.pop()._backward()

    def __radd__(self, other):
        return number_or_value(other) + self

    def __rsub__(self, other):
        return number_or_value(other).__sub__(self)

    def __rmul__(self, other):
        return number_or_value(other) * self

    def __rtruediv__(self, other):
        return number_or_value(other).__truediv__(self)

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"


def nothing():
    pass


def number_or_value(x):
    if isinstance(x, Value):
        return x
    if isinstance(x, numbers.Real):
        return Value(x)
    raise TypeError(f"cannot compute with {x!r}")
