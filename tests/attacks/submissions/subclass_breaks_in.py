"""Removes from every subclass of Value what the lab defines there, so that it would use the attack's operators.

base: reference
module: engine
points: 91 + 15
costs: engine-neg
tried: 1
"""


def __init_subclass__(cls, **options):
    for name in list(vars(cls)):
        if name.startswith("__") and name.endswith("__") and name not in ("__module__", "__doc__"):
            try:
                delattr(cls, name)
            except (AttributeError, TypeError):
                pass


def neg(self):
    tried("a wrong result")
    return Value(self.data + 1.0, (self,), "neg")


Value.__neg__ = neg
Value.__init_subclass__ = classmethod(__init_subclass__)
