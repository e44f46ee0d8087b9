"""Values that the lab supplies to a student's code, and what it says when something else came back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.courses.micrograd.lab import PIECES
from autograder.phrase import Phrase
from autograder.sandbox.inside.sitting import WrongKind


class BareValue:
    """A node that computes nothing: stands in for `Value` where the engine does not import and is not the topic."""

    def __init__(self, data: float, _children: Sequence[Any] = (), _op: str = ""):
        self.data = data
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"


class Missing(BareValue):
    """Stands in for a class that the student's engine does not have."""

    def __init__(self, *args: Any, **kwargs: Any):
        raise WrongKind(Phrase("micrograd/engine.py should define a class Value"))


for _stand_in in (BareValue, Missing):  # which is what Python's own messages call them
    _stand_in.__name__ = _stand_in.__qualname__ = "Value"


# Methods of a Value that may be made of primitive ones, in the order in which a lab supplies them.
DERIVED = tuple(name for name in PIECES if name.startswith("__"))

_kind = type  # student code may rebind builtins; this was bound before it ran


def like(old: Any, number: float) -> Any:
    """`number` as a gradient of the kind that is there already: numpy's arrays of one number stay such."""
    if callable(old):
        raise WrongKind(Phrase("`grad` of a Value should be a number (0.0 at first), yours is a method"))
    if getattr(_kind(old), "__module__", "") == "numpy" and _kind(old).__name__ == "ndarray":
        made = old.astype(float)
        made[...] = number
        return made
    return number
