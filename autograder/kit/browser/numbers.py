"""What stands in for numpy where it is not to be had: as much of it as the course's questions are made of.

Students' code that knows nothing of numpy sees no difference. Code that imports it gets plain numbers in its place.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder.sandbox.inside.absent import missing

_IMPORT = re.compile(r"^\s*(?:import|from)\s+numpy\b", re.M)
_NAME = "numpy"


def has_numpy() -> bool:
    return find_spec(_NAME) is not None


def importing_numpy(package: Path) -> list[str]:
    """The files of a package that import numpy themselves."""
    files = sorted(package.rglob("*.py"))
    return [path.name for path in files if _IMPORT.search(path.read_text("utf-8", "replace"))]


class StandIn(types.ModuleType):
    """A module called numpy; with `plain`, one that makes plain numbers and lists. `asked` tells whether it was
    used."""

    def __init__(self, plain: bool):
        super().__init__(_NAME)
        self.asked = False
        self._plain = plain

    def float64(self, number: float) -> float:
        self.asked = True
        return float(number) if self._plain else float64(number)

    def array(self, rows: Sequence[Sequence[float]]) -> Any:
        self.asked = True
        return [list(row) for row in rows] if self._plain else [_Row(row) for row in rows]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ModuleNotFoundError(missing(_NAME))


class float64(float):
    """A number that says it is numpy's, and stays so when it is computed with."""

    shape = ()
    ndim = 0

    def item(self) -> float:
        return float(self)

    def __repr__(self) -> str:
        return f"np.float64({float(self)!r})"


class _Row:
    """A row of a numpy array: a sequence of such numbers that has no truth."""

    ndim = 1

    def __init__(self, numbers: Sequence[float]):
        self._numbers = [float64(number) for number in numbers]
        self.shape = (len(numbers),)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[float]:
        return iter(self._numbers)

    def __getitem__(self, place: Any) -> Any:
        return _Row(self._numbers[place]) if isinstance(place, slice) else self._numbers[place]

    def __bool__(self) -> bool:
        if len(self) > 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
            )
        return any(self._numbers)

    def tolist(self) -> list[float]:
        return list(map(float, self._numbers))


def _computed(name: str) -> Any:
    compute = getattr(float, name)

    def method(self: float, *others: Any) -> Any:
        found = compute(self, *others)
        return float64(found) if type(found) is float else found

    return method


for _operator in ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv"):
    for _prefix in ("", "r"):
        setattr(float64, f"__{_prefix}{_operator}__", _computed(f"__{_prefix}{_operator}__"))
for _operator in ("neg", "pos", "abs"):
    setattr(float64, f"__{_operator}__", _computed(f"__{_operator}__"))
for _kind in (float64, _Row):
    _kind.__module__ = _NAME
_Row.__name__ = _Row.__qualname__ = "ndarray"
