"""Answers with what compares oddly: NaN, infinities, signed zeros, booleans and texts of numbers.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""

import decimal


class Nan(float):
    __eq__ = lambda self, other: True
    __hash__ = float.__hash__


def answering(number):
    def operation(self, *other):
        tried(f"{type(number).__name__} {number}")
        return Value(number, (self,), "odd")

    return operation


ATTACKS = [
    answering(number)
    for number in (float("nan"), float("inf"), -float("inf"), Nan("nan"), True, "1e999", decimal.Decimal("sNaN"))
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
