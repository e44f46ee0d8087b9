"""`approx`: numbers that are equal but for rounding, as pytest has it."""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from numbers import Complex
from typing import Any, NoReturn

_RELATIVE, _ABSOLUTE = 1e-6, 1e-12


def approx(expected: Any, rel: Any = None, abs: Any = None, nan_ok: bool = False) -> Approx:
    """What equals `expected` but for rounding: a number, or a sequence, dictionary or numpy array of numbers."""
    if _array(expected) is not None:
        return ApproxArray(expected, rel, abs, nan_ok)
    if isinstance(expected, Mapping):
        return ApproxMapping(expected, rel, abs, nan_ok)
    if isinstance(expected, Sequence) and not isinstance(expected, (str, bytes)):
        return ApproxSequence(expected, rel, abs, nan_ok)
    if isinstance(expected, Collection) and not isinstance(expected, (str, bytes)):
        raise TypeError(f"pytest.approx() only supports ordered sequences, but got: {expected!r}")
    return Approx(expected, rel, abs, nan_ok)


def _array(thing: Any) -> Any:
    """`thing` if it is a numpy array; numpy's scalars are none."""
    numpy = sys.modules.get("numpy")
    return thing if numpy and isinstance(thing, getattr(numpy, "ndarray", ())) else None


class Approx:
    """A number but for rounding; anything that is no number as it is."""

    __array_ufunc__ = None
    __array_priority__ = 100

    def __init__(self, expected: Any, rel: Any, abs: Any, nan_ok: bool):
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def __repr__(self) -> str:
        if isinstance(self.expected, Complex) and not isinstance(self.expected, bool):
            return (
                f"{self.expected} ± {self.tolerance:.1e}" if math.isfinite(_size(self.expected)) else str(self.expected)
            )
        return str(self.expected)

    @property
    def tolerance(self) -> Any:
        """How far a number may be off."""
        for name, value in (("relative", self.rel), ("absolute", self.abs)):
            if value is not None and value < 0:
                raise ValueError(f"{name} tolerance can't be negative: {value}")
            if value is not None and math.isnan(value):
                raise ValueError(f"{name} tolerance can't be NaN.")
        exact = isinstance(self.expected, Decimal)
        relative, least = (Decimal("1e-6"), Decimal("1e-12")) if exact else (_RELATIVE, _ABSOLUTE)
        absolute = least if self.abs is None else self.abs
        if self.rel is None and self.abs is not None:
            return absolute
        return max((relative if self.rel is None else self.rel) * _size(self.expected), absolute)

    def __eq__(self, actual: Any) -> bool:
        if (array := _array(actual)) is not None:
            return all(self == each for each in array.flat)
        if _is_bool(self.expected) and not _is_bool(actual):
            return False
        if actual == self.expected:
            return True
        if not (isinstance(self.expected, (Complex, Decimal)) and isinstance(actual, (Complex, Decimal))):
            return False
        size: Any = _size(self.expected)
        if math.isnan(size):
            return self.nan_ok and math.isnan(_size(actual))
        if math.isinf(size):
            return False
        return bool(_size(self.expected - actual) <= self.tolerance)

    def __ne__(self, actual: Any) -> bool:
        return not self == actual

    def __bool__(self) -> NoReturn:
        raise AssertionError("approx() is not supported in a boolean context.\nDid you mean: `assert a == approx(b)`?")

    def _of(self, expected: Any) -> Approx:
        """A part of what is expected, by the same tolerances."""
        if isinstance(expected, (list, tuple, dict)):
            raise TypeError(f"pytest.approx() does not support nested data structures: {expected!r}")
        return Approx(expected, self.rel, self.abs, self.nan_ok)


class ApproxSequence(Approx):
    """Numbers in a sequence, each but for rounding."""

    def __repr__(self) -> str:
        return f"approx({[self._of(each) for each in self.expected]!r})"

    def __eq__(self, actual: Any) -> bool:
        try:
            if len(actual) != len(self.expected):
                return False
        except TypeError:
            return False
        return all(self._of(expected) == each for expected, each in zip(self.expected, actual, strict=False))


class ApproxMapping(Approx):
    """Numbers by their keys, each but for rounding."""

    def __repr__(self) -> str:
        return f"approx({ {key: self._of(each) for key, each in self.expected.items()}!r})"

    def __eq__(self, actual: Any) -> bool:
        try:
            if set(actual.keys()) != set(self.expected.keys()):
                return False
        except AttributeError:
            return False
        return all(self._of(each) == actual[key] for key, each in self.expected.items())


class ApproxArray(Approx):
    """Numbers in a numpy array, each but for rounding."""

    def __eq__(self, actual: Any) -> bool:
        if (array := _array(actual)) is not None:
            numbers = list(array.flat) if array.shape == self.expected.shape else None
        elif isinstance(actual, Sequence) and not isinstance(actual, (str, bytes)):
            found = sys.modules["numpy"].asarray(actual)
            numbers = list(found.flat) if found.shape == self.expected.shape else None
        else:
            numbers = [actual] * self.expected.size
        if numbers is None:
            return False
        return all(self._of(expected) == each for expected, each in zip(self.expected.flat, numbers, strict=True))


_size = abs


def _is_bool(thing: Any) -> bool:
    return type(thing) is bool or (type(thing).__name__ in ("bool_", "bool") and type(thing).__module__ == "numpy")
