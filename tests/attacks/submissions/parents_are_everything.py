"""Records no operands, and says that every node there is is a parent of every other.

base: reference
module: engine
points: 55 + 9
costs: engine-add failed, engine-mul failed, engine-pow failed, engine-relu failed, engine-exp failed, engine-log failed, engine-tanh failed, engine-neg failed, engine-sub failed, engine-truediv failed, engine-radd failed, engine-rsub failed, engine-rmul failed, engine-rtruediv failed, trace-nodes failed, backprop-order failed, nn-mlp failed
tried: 1
"""

tried("everything is a parent")
everything = []
init = Value.__init__


def __init__(self, *arguments):
    everything.append(self)
    init(self, *arguments)


Value.__init__ = __init__
Value._prev = property(lambda self: everything[-40:], lambda self, value: None)
