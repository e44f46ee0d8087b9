import torch


class Value:
    """torch can do all of this already, so why not use it"""

    def __init__(self, data, _children=(), _op=''):
        self.t = torch.tensor(float(data), dtype=torch.float64, requires_grad=True)
        self._prev, self._op = set(_children), _op

    @property
    def data(self):
        return self.t.item()

    @property
    def grad(self):
        return self.t.grad.item() if self.t.grad is not None else 0.0

    def __add__(self, other):
        return Value(self.t + other.t, (self, other), '+')

    def __mul__(self, other):
        return Value(self.t * other.t, (self, other), '*')

    def backward(self):
        self.t.backward()
