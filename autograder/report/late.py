"""What is late in a report, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.texts import _, ngettext


@dataclass(frozen=True)
class Late:
    """An assignment that was handed in late: when it was due and when it came, as they are written in the course's time
    zone (nothing, where a system says no more than that it was late), how many days were begun by then, and what these
    cost: a share of the points earned, so many of the core's (`penalty`), and so many of the `bonus`."""

    assignment: str
    due: str
    handed_in: str
    days: int
    share: float
    penalty: float
    bonus: float = 0.0

    @property
    def by(self) -> str:
        """How late it was."""
        if not self.handed_in:
            return _("late, as the course's system says")
        return ngettext("{count} day late", "{count} days late", self.days)


def off(points: float) -> float:
    """Points that are taken off, to hundredths."""
    return round(points + 1e-9, 2)
