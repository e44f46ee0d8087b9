"""Leaves NaN and infinity in the gradients.

base: reference
module: engine
points: 85 + 9
costs: backprop-order failed, backprop-shared, backprop-expressions, training-parity, training-moons, stretch-deep, stretch-twice, stretch-cross-entropy
tried: 1
"""


def backward(self):
    tried("nan")
    self.grad = float("nan")
    for parent in self._prev:
        parent.grad = float("inf")


Value.backward = backward
