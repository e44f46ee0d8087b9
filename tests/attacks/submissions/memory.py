"""Asks for all the memory that there is: at once, bit by bit, by maps, and shared.

base: reference
module: engine
points: 82 + 11
costs: engine-neg crashed, engine-sub crashed, engine-radd error, engine-rsub error, engine-rmul crashed, engine-truediv crashed, engine-rtruediv crashed
tried: 7
"""

import mmap


def filling(how, act):
    def operation(self, *other):
        tried(how)
        return Value(act(), (self,), "full")

    return operation


def bit_by_bit():
    found = []
    while True:
        found.append(bytes(1 << 22))


ATTACKS = [
    filling("10 GB", lambda: bytearray(10 << 30)),
    filling("bit by bit", bit_by_bit),
    filling("a map", lambda: mmap.mmap(-1, 10 << 30)),
    filling("shared maps", lambda: [mmap.mmap(-1, 64 << 20) for _ in range(64)]),
    filling("a long text", lambda: "x" * (10 << 30)),
    filling("a huge number", lambda: 1 << (1 << 34)),
    filling("a list of lists", lambda: [[]] * (1 << 32)),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
