"""Raises exceptions that are long, deep, of every base, and none.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""


def raising(name, make):
    def operation(self, *other):
        tried(name)
        raise make()

    return operation


def deep_group():
    found = ValueError()
    for _ in range(10**4):
        found = ExceptionGroup("x", [found])
    return found


def deep_traceback(levels=800):
    if levels:
        deep_traceback(levels - 1)
    raise ValueError


ATTACKS = [
    raising("a giant text", lambda: ValueError("x" * 10**7)),
    raising("a str that is no str", lambda: type("E", (Exception,), {"__str__": lambda self: 5})()),
    raising("a name that is no name", lambda: NameError("NotImplementedError")),
    raising("a number", lambda: 5),
    raising("a class that makes numbers", lambda: type("E", (Exception,), {"__new__": lambda cls: 5})),
    raising("a deep group", deep_group),
    raising("a deep traceback", deep_traceback),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
