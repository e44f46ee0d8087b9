"""Answers with what is nearly a number: lists, arrays, complex numbers, Values in Values, generators without end.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""

import numpy


def answering(name, make):
    def operation(self, *other):
        tried(name)
        return Value(make(self.data), (self,), "odd")

    return operation


ATTACKS = [
    answering("a complex number", lambda x: x + 0j),
    answering("an array", lambda x: numpy.array([x])),
    answering("a huge array", lambda x: numpy.zeros(10**5)),
    answering("a list", lambda x: [x]),
    answering("a generator", lambda x: (i for i in iter(int, 1))),
    answering("a Value", Value),
    answering("nothing", lambda x: None),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
