"""A package that imports all of itself, and spreads the engine over several files."""

from . import derivative, ops, topology, trace
from .engine import Value

__all__ = ["Value", "derivative", "ops", "topology", "trace"]
