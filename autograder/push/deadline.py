"""Scores of a class as of a deadline, from what the server wrote down of each push when it received it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.course import in_use
from autograder.errors import UserError
from autograder.exam.paper import totals
from autograder.report.files import table
from autograder.report.text import number
from autograder.settings.dates import Dates

HISTORY = "history.jsonl"
_TITLES = ("student", "score", "max_score", "bonus", "pushed", "commit", "pushes", "later")
Entry = Mapping[str, Any]


def as_of(results: Path, dates: Dates, at: datetime | None, counts: str) -> str:
    """A table, a row a student, of the pushes that count: of those by `at`, or else by the due date of each assignment,
    the last one or the best. Raises UserError where there are no pushes, or no deadline."""
    histories = {path.parent.name: _entries(path) for path in sorted(results.glob(f"*/{HISTORY}"))}
    if not any(histories.values()):
        raise UserError(f"there is no push in {results}: name the results folder of `gradschool hook install`")
    if at is None and not dates:
        raise UserError("nothing has a due date: say as of when with --at, or write due into [dates] of course.toml")
    rows: list[Sequence[str]] = [_TITLES]
    for student, entries in histories.items():
        rows.append(_whole(student, entries, at, counts) if at else _by_dates(student, entries, dates, counts))
    return table(rows)


def _entries(path: Path) -> list[Entry]:
    found = []
    for line in path.read_text("ascii", "replace").splitlines():
        with suppress(ValueError, TypeError, KeyError):  # a line that was cut off
            entry = dict(json.loads(line))
            entry["when"] = datetime.fromisoformat(entry["pushed"]).astimezone(UTC)
            found.append(entry)
    return sorted(found, key=lambda entry: entry["when"])


def _whole(student: str, entries: Sequence[Entry], at: datetime, counts: str) -> Sequence[str]:
    by_then = [entry for entry in entries if entry["when"] <= at]
    best = _chosen(by_then, counts, lambda entry: entry["score"] + entry["bonus"])
    if best is None:
        return [student, "", "", "", "", "", "0", str(len(entries))]
    return _row(student, best["score"], best["max_score"], best["bonus"], [best], len(by_then), entries)


def _by_dates(student: str, entries: Sequence[Entry], dates: Dates, counts: str) -> Sequence[str]:
    """Of each assignment the push that counts for it; what has no date counts whenever it came."""
    score = bonus = 0.0
    used: list[Entry] = []
    most = 0
    for name in in_use().assignments:
        closes = dates.closes_at(name, student)
        by_then = [entry for entry in entries if closes is None or entry["when"] <= closes]
        most = max(most, len(by_then))
        if any("earned" not in entry for entry in by_then):
            raise UserError(
                f"pushes of {student} were graded before the course had due dates, and nothing is known of them by "
                "assignment: say as of when with --at"
            )
        best = _chosen(by_then, counts, lambda entry, name=name: _of(entry, name, "earned") + _of(entry, name, "extra"))
        if best is not None:
            score, bonus = score + _of(best, name, "earned"), bonus + _of(best, name, "extra")
            used += [best] if best not in used else []
    maximum = float(totals([*in_use().items.values()])[0])
    if not used:
        return [student, "", number(maximum), "", "", "", "0", str(len(entries))]
    return _row(student, score, maximum, bonus, used, most, entries)


def _of(entry: Entry, assignment: str, what: str) -> float:
    return float(entry[what].get(assignment, 0))


def _chosen(entries: Sequence[Entry], counts: str, worth: Any) -> Entry | None:
    """The last of the pushes, or of the best the first."""
    if counts == "last":
        return entries[-1] if entries else None
    return max(entries, key=worth, default=None)


def _row(
    student: str, score: float, maximum: float, bonus: float, used: Sequence[Entry], many: int, entries: Sequence[Entry]
) -> Sequence[str]:  # fmt: skip
    pushed = " ".join(entry["pushed"] for entry in used)
    commits = " ".join(str(entry["commit"])[:10] for entry in used)
    return [
        student,
        number(score),
        number(maximum),
        number(bonus),
        pushed,
        commits,
        str(many),
        str(len(entries) - many),
    ]
