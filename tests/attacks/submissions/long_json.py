"""Writes its answers down itself, as JSON that is long, not finite, or none.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
sign: engine
"""


def written(text):
    def operation(self, *other):
        harness("sandbox.inside.sitting").plain = lambda value: text
        return self

    return operation


ATTACKS = [
    written("9" * 200_000),
    written("1e999"),
    written("NaN"),
    written("-Infinity"),
    written('"' + "\\ud800" * 9_000 + '"'),
    written("[1.0, true]]"),
    written(" " * 10**6),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
