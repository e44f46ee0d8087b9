"""The same question with small and round numbers: where these show a mistake as well, a message is about them.

Each number goes to the nearest round one of its sign that its domain allows and that the question does not have yet:
where all numbers differ, one sees which of them went where. What a domain calls special stays as it is.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from autograder.course import Course
from autograder.exam import domains
from autograder.exam.items import Item, Question

Grids = tuple[tuple[float, ...], ...]


def rounded(course: Course, item: Item, question: Question) -> Question:
    """The question with small whole numbers, or halves where there is no room for these."""
    return Rounding(course, _ROUND).question(item, question)


def one_decimal(course: Course, item: Item, question: Question) -> Question:
    """The question with numbers that no computer has exactly."""
    return Rounding(course, _DECIMALS).question(item, question)


class Rounding:
    """How the numbers of one question become round: each is sought in one grid after the other."""

    def __init__(self, course: Course, grids: Grids):
        self._course = course
        self._grids = grids
        self._used: set[float] = set()

    def question(self, item: Item, question: Question) -> Question:
        domains = item.domains
        self._used.update(number for value in question.values() for number in _whole(value))
        return {
            name: self._value(domains[name], value) if name in domains else value for name, value in question.items()
        }

    def _value(self, domain: domains.Domain, value: Any) -> Any:
        if isinstance(domain, domains.Real):
            return value if value is None else self.near(domain, value)
        if isinstance(domain, domains.Choice):
            return domain.round[domain.options.index(value)] if domain.round and value in domain.options else value
        if isinstance(domain, domains.Vector):
            return [self._value(domain.part, each) for each in value]
        return self._course.find("domains").rounded(domain, value, self)

    def apart(self) -> Rounding:
        """Another of the same kind, that does not know which numbers were used."""
        return Rounding(self._course, self._grids)

    def near(self, domain: domains.Real, x: float) -> float:
        """The nearest number to `x`, if it can be one that is not used yet; `x` itself where there is none."""
        if x in domain.special or x != x:
            return x
        grids = _allowed(self._grids, domain, math.copysign(1.0, x))
        unused = [[n for n in grid if n not in self._used] for grid in grids]
        found = min(next(filter(None, [*unused, *grids]), [x]), key=lambda n: abs(n - x))
        self._used.add(found)
        return found


def _whole(value: Any) -> list[float]:
    """The number of an operand that is an int, which stays as it is."""
    return [float(value[1])] if isinstance(value, list) and value[:1] == ["int"] else []


@cache  # few domains, and thousands of numbers
def _allowed(grids: Grids, domain: domains.Real, sign: float) -> list[list[float]]:
    """The numbers of this sign in each of the grids that a domain allows."""
    return [[n for size in grid if _is_in(n := math.copysign(size, sign), domain)] for grid in grids]


def _is_in(n: float, domain: domains.Real) -> bool:
    """Whether an exam could have drawn it, and no special value is meant."""
    apart = all(abs(n - point) >= domain.gap for point in domain.avoid)
    return domain.low <= n <= domain.high and n not in domain.special and apart


def _tenths(*numerators: int) -> tuple[float, ...]:
    return tuple(n / 10 for n in numerators)


# 1 comes late, since it hides in every product.
_ROUND = (_tenths(*range(20, 201, 10)), _tenths(*range(5, 100, 10)), (1.0,), _tenths(*range(1, 10)))
_DECIMALS = (_tenths(*(n for n in range(1, 100) if n % 5)),)
