"""Whether an answer is right. Answers are plain JSON: numbers, strings, booleans, None, and lists of them."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from autograder.exam.items import Item, Question

TOLERANCE = 1e-9
NOTHING = 1e-201  # whoever cuts off an exponent where exp would vanish is left with less


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def same(expected: Any, got: Any, tolerance: float = TOLERANCE, scale: float = 0.0) -> bool:
    """Whether `got` equals `expected`, numbers to a relative `tolerance`.

    Where an expected number is (nearly) 0, a relative tolerance forgives nothing, though sums of larger terms cancel
    inexactly: an absolute floor of `tolerance / 1000` times `scale`, the largest number in the same list, is allowed.
    Instead of 0, whatever is less than `NOTHING` will do.
    NaN equals nothing; True is not 1.
    """
    if type(expected) is float and type(got) is float:
        error = abs(got - expected)
        floor = tolerance / 1000 * scale if expected or scale else NOTHING
        return error < math.inf and error <= max(tolerance * abs(expected), floor)
    if isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            return False
        scale = -1.0
        for e, g in zip(expected, got, strict=True):
            if type(e) is type(g) is float and abs(g - e) <= tolerance * abs(e) < math.inf:
                continue  # nearly all: a class has millions of them
            if scale < 0.0:
                scale = max([abs(x) for x in expected if _is_number(x)], default=0.0)
            if not same(e, g, tolerance, scale):
                return False
        return True
    if _is_number(expected):
        if not _is_number(got):
            return False
        try:
            return same(float(expected), float(got), tolerance, scale)
        except OverflowError:  # an int too large for a float
            return False
    return type(expected) is type(got) and expected == got


def fingerprint(answer: Any) -> str:
    """A text that is equal for answers that agree to nine significant digits."""
    if isinstance(answer, list):
        return "[" + ",".join(map(fingerprint, answer)) + "]"
    if _is_number(answer):
        return f"{answer + 0.0:.9g}" if abs(answer) < 1e308 else str(answer)
    return repr(answer)


def agrees(item: Item, question: Question, expected: Any, got: Any, tolerance: float | None = None) -> bool:
    """Whether `got` is a right answer where the oracle says `expected`."""
    tolerance = item.tolerance if tolerance is None else tolerance
    if item.judge is None:
        return same(expected, got, tolerance)
    return item.judge(question, expected, got, partial(same, tolerance=tolerance))
