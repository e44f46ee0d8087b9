"""Answers with integers that no float holds, and that take long to write down.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""


def answering(number, name):
    def operation(self, *other):
        tried(name)
        return Value(number, (self,), "huge")

    return operation


ATTACKS = [
    answering(10**400, "10**400"),
    answering(-(10**400), "-10**400"),
    answering(10**5000, "10**5000"),
    answering(1 << 2_000_000, "1 << 2,000,000"),
    answering(2**1024 - 1, "2**1024 - 1"),
    answering(2**1024, "2**1024"),
    answering(10**308 * 9, "9e308"),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
