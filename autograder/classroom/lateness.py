"""What comes of a course's dates for a student's report: how late each assignment was, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from autograder.errors import some
from autograder.report import ItemResult, Report
from autograder.report.late import Late, off
from autograder.report.text import by_assignment
from autograder.settings.dates import ALL, Dates
from autograder.settings.form import nearest
from autograder.settings.in_force import in_force
from autograder.settings.roster import Roster
from autograder.submissions.submission import Submission
from autograder.submissions.times import time_of

_NAMED = 5


def reckoned(submission: Submission, report: Report) -> Report:
    """The report with what is late in it; as it is, where nothing has a due date."""
    dates = in_force().dates
    if not dates:
        return replace(report, dated=False, late=[], untimed=False) if report.dated else report
    graded = by_assignment(report.items)
    due = [name for name in graded if dates.due_at(name)]
    untimed = any(_time(submission, name) is None for name in due) and not _is_told(submission)
    return replace(report, dated=True, late=list(_late(submission, graded, dates)), untimed=untimed)


def _is_told(submission: Submission) -> bool:
    """Whether a system says what is late, as Canvas does in the names of files."""
    who = submission.who
    return bool(who.get("late") or (who.get("canvas_id") and who.get("upload")))


def _late(submission: Submission, graded: Mapping[str, Sequence[ItemResult]], dates: Dates) -> Iterator[Late]:
    student = dates.name_of(submission.student, submission.who)
    for name, items in graded.items():
        if all(item.explanation.absent for item in items) or not (due := dates.due_at(name, student)):
            continue
        when = _time(submission, name)
        late = dates.late(name, student, when) if when else None
        if when is None and submission.who.get("late") and not _has_longer(dates, student, name):
            late = dates.some_late()
        if late:
            core = sum(item.earned for item in items if not item.bonus)
            bonus = sum(item.earned for item in items if item.bonus)
            costs = off(late.share * core), off(late.share * bonus)
            yield Late(name, dates.local(due), dates.local(when) if when else "", late.days, late.share, *costs)


def _has_longer(dates: Dates, student: str, assignment: str) -> bool:
    longer = dates.extensions.get(student, {})
    return assignment in longer or ALL in longer


def _time(submission: Submission, assignment: str) -> datetime | None:
    return submission.times.get(assignment, submission.times.get(""))


def with_times(submissions: Sequence[Submission], roster: Roster, said: list[str]) -> list[Submission]:
    """The submissions, with the times of the roster for those of which their system says none. `said` hears of cells
    that are no times."""
    if not in_force().dates:
        return list(submissions)
    cells = roster.times({each.student: each.who for each in submissions})
    if odd := [cell for cell in cells.values() if time_of(cell) is None and cell.strip(" -")]:
        said.append(f"no times, so nothing is known of when these were handed in: {some(odd, _NAMED)}")
    times = {student: {"": time} for student, cell in cells.items() if (time := time_of(cell))}
    return [replace(each, times={**times.get(each.student, {}), **each.times}) for each in submissions]


def strangers(submissions: Sequence[Submission]) -> list[str]:
    """Sentences on who has an extension and did not hand in."""
    dates = in_force().dates
    there = {dates.name_of(each.student, each.who) for each in submissions}
    students = [each.student for each in submissions]
    return [
        f"{name} has more time by the course file, and handed in nothing; {nearest(name, students)}"
        for name in sorted({*dates.extensions} - there)
    ]
