import logging
import math
import sys
import warnings

logging.basicConfig(level=logging.DEBUG, format='%(levelname)s: %(message)s')
log = logging.getLogger('micrograd')
RED, PLAIN = '\033[31m', '\033[0m'


class Value:
    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0.0
        self._prev = set(_children)
        self._op = _op
        self._backward = lambda: None
        if len(_children) > 0:
            print("new node", self, "op", _op, "from", list(_children))

    def __repr__(self):
        return f'Value(data={self.data}, grad={self.grad})'

    def __add__(self, other):
        y = other if isinstance(other, Value) else Value(other)
        z = Value(self.data + y.data, (self, y), '+')

        def chain():
            print(RED + "backward +" + PLAIN, z.grad)
            self.grad += z.grad
            y.grad += z.grad
        z._backward = chain
        return z

    def __mul__(self, other):
        y = other if isinstance(other, Value) else Value(other)
        z = Value(self.data * y.data, (self, y), '*')

        def chain():
            print(RED + "backward *" + PLAIN, z.grad)
            self.grad += y.data * z.grad
            y.grad += self.data * z.grad
        z._backward = chain
        return z

    def __pow__(self, n):
        if not isinstance(n, (int, float)):
            raise TypeError("exponent must be a number")
        if n == 0.5:
            warnings.warn("this is a square root")
        z = Value(self.data ** n, (self,), f'**{n}')

        def chain():
            log.debug("backward ** with n = %s", n)
            self.grad += z.grad * n * self.data ** (n - 1)
        z._backward = chain
        return z

    def relu(self):
        z = Value(self.data if 0 < self.data else 0, (self,), 'ReLU')

        def chain():
            sys.stderr.write("backward relu\n")
            if z.data != 0:
                self.grad += z.grad
        z._backward = chain
        return z

    def tanh(self):
        z = Value(math.tanh(self.data), (self,), 'tanh')

        def chain():
            self.grad += z.grad - z.grad * z.data ** 2
        z._backward = chain
        return z

    def exp(self):
        z = Value(math.exp(self.data), (self,), 'exp')

        def chain():
            # ::error::is this a message for the build server?
            print("::error file=engine.py,line=1::backward exp")
            self.grad += z.data * z.grad
        z._backward = chain
        return z

    def log(self):
        z = Value(math.log(self.data), (self,), 'log')

        def chain():
            print("d log / d x =", "-" * 100_000, 1 / self.data)
            self.grad += 1 / self.data * z.grad
        z._backward = chain
        return z

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for c in v._prev:
                    build(c)
                topo.append(v)
        build(self)
        print("topological order:", *topo, sep="\n    ")
        self.grad = 1
        for v in topo[::-1]:
            v._backward()

    def __neg__(self):
        return self * (-1.0)

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return (-self) + other

    def __radd__(self, other):
        return self.__add__(other)

    def __rmul__(self, other):
        return self.__mul__(other)

    def __truediv__(self, other):
        if isinstance(other, Value):
            return self * other ** (-1)
        return self * (1 / other)

    def __rtruediv__(self, other):
        return self ** (-1) * other
