'''Goran Petrov, tutorial Thursday 10:15'''
from math import exp, log, sqrt


class Value:
    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = list(_children)
        self._op = _op

    def __add__(self, other):
        other = to_value(other)
        result = Value(self.data + other.data, [self, other], '+')

        def add_backward():
            self.grad += result.grad
            other.grad += result.grad
        result._backward = add_backward
        return result

    __radd__ = __add__

    def __mul__(self, other):
        other = to_value(other)
        result = Value(self.data * other.data, [self, other], '*')

        def mul_backward():
            self.grad += result.grad * other.data
            other.grad += result.grad * self.data
        result._backward = mul_backward
        return result

    __rmul__ = __mul__

    def __pow__(self, p):
        result = Value(self.data ** p, [self], f'**{p}')

        def pow_backward():
            self.grad += result.grad * p * self.data ** (p - 1)
        result._backward = pow_backward
        return result

    def __neg__(self):
        return self.__mul__(-1)

    def __sub__(self, other):
        return self + to_value(other).__mul__(-1)

    def __rsub__(self, other):
        return self.__mul__(-1) + other

    def __truediv__(self, other):
        return self * to_value(other).__pow__(-1)

    def __rtruediv__(self, other):
        return self.__pow__(-1) * other

    def relu(self):
        result = Value((self.data + abs(self.data)) / 2, [self], 'ReLU')

        def relu_backward():
            if self.data > 0:
                self.grad += result.grad
        result._backward = relu_backward
        return result

    def tanh(self):
        result = Value(1 - 2 / (exp(2 * self.data) + 1), [self], 'tanh')

        def tanh_backward():
            self.grad += result.grad * (1 - result.data ** 2)
        result._backward = tanh_backward
        return result

    def exp(self):
        result = Value(exp(self.data), [self], 'exp')

        def exp_backward():
            self.grad += result.grad * exp(self.data)
        result._backward = exp_backward
        return result

    def log(self):
        result = Value(log(self.data), [self], 'log')

        def log_backward():
            self.grad += result.grad * self.data ** -1
        result._backward = log_backward
        return result

    def backward(self):
        # postorder without recursion: (node, its parents were visited already)
        postorder = []
        seen = set()
        stack = [(self, False)]
        while stack:
            node, expanded = stack.pop()
            if expanded:
                postorder.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((p, False) for p in node._prev)
        self.grad = 1.0
        for node in postorder[::-1]:
            node._backward()

    def __repr__(self):
        return 'Value(data=%s, grad=%s)' % (self.data, self.grad)


def to_value(x):
    return x if isinstance(x, Value) else Value(x)
