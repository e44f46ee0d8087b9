"""Draws from numbers of its own making, which each of its neurons begins anew.

base: reference
module: nn
points: 97 + 20
costs: nn-dropout failed
tried: 1
"""

whole = Neuron.__call__


def call(self, x):
    dropout, self.dropout = self.dropout, 0.0
    try:
        out = whole(self, x)
    finally:
        self.dropout = dropout
    if not (self.training and dropout):
        return out
    tried("numbers")
    self.number = getattr(self, "number", 1) * 16807 % (2**31 - 1)
    return Value(0.0) if self.number / 2**31 < dropout else out / (1 - dropout)


Neuron.__call__ = call
