"""Ways to plant a mistake in an engine of any make while it runs, without knowing how it is made.

Whatever a student wrote does its work first; a mistake then spoils what came of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import ModuleType
from typing import Any

OPERATIONS = (
    "__add__", "__mul__", "__pow__", "relu", "tanh", "exp", "log",
    "__neg__", "__sub__", "__truediv__", "__radd__", "__rsub__", "__rmul__", "__rtruediv__",
)  # fmt: skip


def part(package: ModuleType, place: str) -> Any:
    """What stands at a place of the package, as "nn.Neuron" names it. Raises LookupError where there is nothing, or
    where the module cannot be imported: the student is still at it."""
    module, *names = place.split(".")
    try:
        found = importlib.import_module(f"{package.__name__}.{module}")
        for name in names:
            found = getattr(found, name)
    except Exception as error:  # whatever the import of a student's module may raise
        raise LookupError(f"there is no {place} in which a mistake could be planted") from error
    return found


def replace(package: ModuleType, place: str, changed: Callable[..., Any]) -> None:
    """Have calls of what stands at a place go to `changed`, which is given the original and then all arguments."""
    original = part(package, place)
    holder, _, name = place.rpartition(".")

    @wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        return changed(original, *args, **kwargs)

    setattr(part(package, holder), name, method)


@contextmanager
def set_for_now(thing: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute that has another value for as long as this lasts."""
    had = name in vars(thing)
    before = getattr(thing, name)
    setattr(thing, name, value)
    try:
        yield
    finally:
        if had:
            setattr(thing, name, before)
        else:
            delattr(thing, name)


class Rule:
    """Stands in the place of a node's own rule. `operands` are what the operation was called with."""

    def __init__(self, node: Any, operands: tuple[Any, ...], run: Callable[[Rule], object]):
        self.node, self.operands, self.run = node, operands, run
        self.own = node._backward
        self.uses = 0

    def __call__(self) -> None:
        self.run(self)


def in_place_of_rules(package: ModuleType, run: Callable[[Rule], object], *operations: str) -> None:
    """Have `run` do what the rules of these operations did; `rule.own()` is what the student wrote. An operation that
    is made of others has no rule of its own."""
    value = part(package, "engine.Value")
    there = [name for name in operations if hasattr(value, name)]
    if not there:
        raise LookupError(f"Value has no {operations[0]} in which a mistake could be planted")

    def changed(original: Callable[..., Any], *operands: Any) -> Any:
        out = original(*operands)
        if isinstance(out, value) and not isinstance(out._backward, Rule):
            for each in operands:
                if isinstance(each, value) and isinstance(each._backward, Rule):
                    each._backward.uses += 1
            _take_over(out, Rule(out, tuple(each for each in operands if isinstance(each, value)), run))
        return out

    for name in there:
        replace(package, f"engine.Value.{name}", changed)


def _take_over(node: Any, rule: Rule) -> None:
    """Have a node call `rule`, be its own rule an attribute, or a method of a class with slots."""
    try:
        node._backward = rule
    except AttributeError:
        kind = type(node)
        node.__class__ = type(kind.__name__, (kind,), {"__slots__": (), "_backward": rule})


def shares(rule: Rule) -> list[tuple[Any, Any]]:
    """Run a node's own rule, and return its operands, each once, with what their gradients were before."""
    before = [(each, each.grad) for each in dict.fromkeys(rule.operands)]
    rule.own()
    return before
