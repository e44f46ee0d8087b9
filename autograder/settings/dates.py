"""When things are due, and what being late costs: plain arithmetic on what a course file says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
ALL = ""  # the date of what has none of its own


class Late(NamedTuple):
    """How late something was handed in: how long after it was due, in days begun, and what that costs, as a share."""

    by: timedelta
    days: int
    share: float


def days_begun(late: timedelta) -> int:
    """How many days were begun."""
    return math.ceil(late / _DAY)


@dataclass(frozen=True)
class Penalty:
    """What a day costs, and all days at most, in percent of the points that were earned."""

    per_day: float = 0.0
    at_most: float = 100.0

    def share(self, days: int) -> float:
        """The share of the points that so many days cost."""
        return min(days * self.per_day, self.at_most) / 100


@dataclass(frozen=True)
class Dates:
    """Due dates by assignment (`ALL` for the others), and how much longer some students have: by student, and then by
    assignment, a time or another date."""

    zone: str = "UTC"
    due: Mapping[str, datetime] = field(default_factory=dict)
    grace: timedelta = timedelta()
    extensions: Mapping[str, Mapping[str, timedelta | datetime]] = field(default_factory=dict)
    penalty: Penalty = Penalty()

    def __bool__(self) -> bool:
        return bool(self.due)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def aware(self, moment: datetime) -> datetime:
        """A moment with its zone: the course's, where it says none."""
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def local(self, moment: datetime) -> str:
        """A moment as it is written in the course's time zone."""
        return f"{self.aware(moment).astimezone(self._zone):%Y-%m-%d %H:%M}"

    def name_of(self, student: str, who: Mapping[str, str]) -> str:
        """How the extensions call a student: by gradschool's name, or by a login, number, address or name that is
        known of them."""
        known = {each.casefold() for each in (student, *who.values())}
        return next((name for name in self.extensions if name.casefold() in known), student)

    def due_at(self, assignment: str, student: str = "") -> datetime | None:
        """When an assignment is due for a student; None where it has no date."""
        due = self.due.get(assignment, self.due.get(ALL))
        if due is None:
            return None
        longer = self.extensions.get(student, {})
        more: Any = longer.get(assignment, longer.get(ALL))
        if isinstance(more, datetime):
            return max(self.aware(due), self.aware(more))
        return self.aware(due) + (more or timedelta())

    def closes_at(self, assignment: str, student: str = "") -> datetime | None:
        """The last moment that is not late."""
        due = self.due_at(assignment, student)
        return due and due + self.grace

    def late(self, assignment: str, student: str, handed_in: datetime) -> Late | None:
        """How late an assignment was handed in; None where it was not. Within the grace nothing is late, and after it
        all counts."""
        due = self.due_at(assignment, student)
        if due is None or (by := self.aware(handed_in) - due) <= self.grace:
            return None
        return Late(by, days_begun(by), self.share_after(by))

    def share_after(self, late: timedelta) -> float:
        """The share of the points that being so late costs."""
        return self.penalty.share(days_begun(late)) if late > self.grace else 0.0

    def some_late(self) -> Late:
        """The least that being late can mean, where a system says that it was so and not by how much."""
        return Late(timedelta(), 1, self.penalty.share(1))

    def is_over(self, assignment: str, student: str = "", now: datetime | None = None) -> bool:
        """Whether an assignment can no longer be handed in in time; never, where it has no date."""
        closes = self.closes_at(assignment, student)
        return closes is not None and (now or datetime.now(UTC)) > closes
