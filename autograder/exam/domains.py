"""What an experiment's inputs may be. Descriptions only: `strategies` draws from them, the sandbox never needs to. A
course may have more.

Every value that is drawn is plain JSON, so that a question can be stored in an exam, sent to a worker, and printed.
`special` holds the values that random draws miss and students trip over; an exam asks each of them at least once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Real:
    """A float in [low, high], at least `gap` away from each of `avoid` (kinks, poles)."""

    low: float = -4.0
    high: float = 4.0
    special: tuple[float, ...] = ()
    avoid: tuple[float, ...] = ()
    gap: float = 0.05


@dataclass(frozen=True)
class Choice:
    """One of the options; `round` has a simpler one in the place of each, for questions that are only shown."""

    options: tuple[Any, ...]
    round: tuple[Any, ...] = ()

    @property
    def special(self) -> tuple[Any, ...]:
        return self.options if len(self.options) > 1 else ()


@dataclass(frozen=True)
class Vector:
    """A list of `size` parts: floats, or lists of them."""

    part: Real | Vector = Real()
    size: int = 2
    special: tuple[list[Any], ...] = ()


class Domain(Protocol):
    """What an argument may be: one of those above, or one of a course's own."""

    @property
    def special(self) -> tuple[Any, ...]: ...
