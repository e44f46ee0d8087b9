"""A Value whose class ends the process whenever somebody looks at it.

base: stubs
module: engine
points: 0 + 0
sign: engine
"""


class Meta(type):
    def __getattribute__(cls, name):
        os._exit(0)


class Value(metaclass=Meta):
    pass
