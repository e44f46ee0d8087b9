"""Raises exceptions that end the process, raise or never end when somebody looks at them.

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


def exception(base=Exception, meta=type, **members):
    return meta("E", (base,), members)


def nameless(name):
    return type("M", (type,), {"__name__": property(lambda cls: name())})


class Text(str):
    def __getitem__(self, index):
        raise SystemExit


def in_a_circle():
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    return one


class Exits:
    def __str__(self):
        os._exit(0)


ATTACKS = [
    raising("a str that exits", lambda: exception(__str__=lambda self: os._exit(0))()),
    raising("a str that raises", lambda: exception(__str__=lambda self: 1 / 0)()),
    raising("a str of an odd kind", lambda: exception(__str__=lambda self: Text("x"))()),
    raising("a class without a name", lambda: exception(meta=nameless(lambda: 1 / 0))()),
    raising("a hostile traceback", lambda: exception(__traceback__=property(lambda self: self))()),
    raising("causes in a circle", in_a_circle),
    raising("hostile syntax", lambda: SyntaxError("x", (Exits(), Exits(), Exits(), Exits(), Exits(), Exits()))),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
