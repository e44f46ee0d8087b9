"""How much of a report its student is told: scores alone, which items are right, or all that there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from autograder.explanation import Explanation
from autograder.report import ItemResult, Report
from autograder.report.text import by_assignment
from autograder.settings.in_force import in_force
from autograder.texts import _

_SILENT = Explanation()


def level(assignment: str, student: str, now: datetime | None = None) -> str:
    """How much is told of an assignment now: what the course file says for before it is due, or for after."""
    settings = in_force()
    if settings.before == settings.after:
        return settings.after
    return settings.after if settings.dates.is_over(assignment, student, now) else settings.before


def is_cut(report: Report, now: datetime | None = None) -> bool:
    """Whether a student is told less than all."""
    return any(_level(item.assignment, report, now) != "all" for item in report.items)


def is_silent(report: Report) -> bool:
    """Whether a student is told scores alone."""
    return {_level(item.assignment, report, None) for item in report.items} == {"scores"}


def _level(assignment: str, report: Report, now: datetime | None) -> str:
    return level(assignment, in_force().dates.name_of(report.student, report.who), now)


def told(report: Report, now: datetime | None = None) -> Report:
    """The report as its student gets it; itself, where all may be told."""
    groups = by_assignment(report.items)
    levels = {name: _level(name, report, now) for name in groups}
    if set(levels.values()) <= {"all"}:
        return report
    items = [item for name, group in groups.items() for item in _told(name, group, levels[name])]
    return replace(report, items=items)


def silent(item: ItemResult) -> ItemResult:
    """A verdict without anything but that."""
    return replace(
        item, counterexample=None, reproduce=None, diagnosis=None, hint=None, file=None, line=None,
        stdout="", explanation=_SILENT,
    )  # fmt: skip


def _told(assignment: str, items: Sequence[ItemResult], level: str) -> Iterator[ItemResult]:
    if level == "all":
        yield from items
    elif level == "items":
        yield from map(silent, items)
    else:
        core, bonus = ([item for item in items if item.bonus is beyond] for beyond in (False, True))
        yield from [_sum(assignment, core)] if core else []
        yield from [_sum(f"{assignment}-bonus" if core else assignment, bonus)] if bonus else []


def _sum(id: str, items: Sequence[ItemResult]) -> ItemResult:
    """The items as if they were one."""
    points, earned = sum(item.points for item in items), sum(item.earned for item in items)
    lost = any(item.status == "ungraded" for item in items)
    status = "ungraded" if lost else "passed" if earned == points else "failed"
    title = _("{count} items together", count=len(items))
    return replace(silent(items[0]), id=id, title=title, points=points, earned=earned, status=status, seconds=0.0)
