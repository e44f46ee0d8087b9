"""A Value that has every attribute, equals everything and is an instance of everything.

base: stubs
module: engine
points: 0 + 0
sign: engine
"""


class Meta(type):
    __instancecheck__ = __subclasscheck__ = lambda *a: True


class Value(metaclass=Meta):
    def __init__(self, *a, **k):
        pass

    def __getattr__(self, name):
        return lambda *a: self

    def __iter__(self):
        return iter([self])

    __add__ = __mul__ = __pow__ = __neg__ = __sub__ = __truediv__ = lambda self, *a: self
    __radd__ = __rmul__ = __rsub__ = __rtruediv__ = lambda self, *a: self
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 0
