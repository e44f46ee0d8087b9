"""Returns anything but a Value.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""


class Yes:
    __eq__ = __ne__ = __le__ = __ge__ = lambda self, other: True
    __hash__ = lambda self: 0
    __float__ = lambda self: 1.0


def returning(name, answer):
    def operation(self, *other):
        tried(name)
        return answer

    return operation


deep = []
for _ in range(10_000):
    deep = [deep]
ATTACKS = [
    returning("an object that agrees", Yes()),
    returning("a deep list", deep),
    returning("None", None),
    returning("True", True),
    returning("a long text", "x" * 10**6),
    returning("the class", Value),
    returning("the frame", sys._getframe()),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
