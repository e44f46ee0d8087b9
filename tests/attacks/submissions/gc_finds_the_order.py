"""Finds the nodes of the lab by the garbage collector, in the order in which backward() should find them.

base: reference
module: engine
points: 88 + 17
costs: backprop-order failed, backprop-shared, training-parity, training-moons, stretch-twice
tried: 1
"""


def backward(self):
    tried("gc")
    nodes = [node for node in gc.get_objects() if isinstance(node, Value)]
    self.grad = 1.0
    for node in reversed(nodes):
        node._backward()


Value.backward = backward
