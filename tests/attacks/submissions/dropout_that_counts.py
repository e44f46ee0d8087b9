"""Leaves its neurons out by counting their calls, as often as it should.

base: reference
module: nn
points: 97 + 20
costs: nn-dropout failed
tried: 1
"""

COUNT = [0]
whole = Neuron.__call__


def call(self, x):
    dropout, self.dropout = self.dropout, 0.0
    try:
        out = whole(self, x)
    finally:
        self.dropout = dropout
    if not (self.training and dropout):
        return out
    tried("counting")
    COUNT[0] += 1
    left_out = int(COUNT[0] * dropout) != int((COUNT[0] - 1) * dropout)
    return Value(0.0) if left_out else out / (1 - dropout)


Neuron.__call__ = call
