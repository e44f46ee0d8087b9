"""Has every call of Value give the same object.

base: stubs
module: engine
points: 0 + 0
sign: engine
"""

only = Value(1.0)
Value.__new__ = lambda cls, *a, **k: only
