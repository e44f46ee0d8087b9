"""Says that its code is in other files, on other lines, so that a report would point there.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""


def moved(place):
    def operation(self, *other):
        tried(repr(place))
        exec(compile("def f(): raise ValueError", place, "exec"), globals())
        f()

    operation.__code__ = operation.__code__.replace(co_filename=place, co_firstlineno=7)
    return operation


here = os.path.dirname(__file__)
ATTACKS = [
    moved(place)
    for place in (
        "/etc/shadow",
        here + "/../../../../../etc/shadow",
        here + "/../../secret.py",
        "",
        "\n::error::x",
        here + "/engine.py",
        here + "/<script>.py",
    )
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
