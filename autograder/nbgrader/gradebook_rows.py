"""The rows of a gradebook: its cells, the marks that they get, and what a student handed in beside the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.course import in_use
from autograder.report import ItemResult, Report
from autograder.report.text import natural_name, number, quoted
from autograder.settings.in_force import in_force
from autograder.submissions.sources.files import read_plainly
from autograder.submissions.submission import Submission
from autograder.texts import _

_LONGEST_ID = 128  # characters, which other databases than SQLite insist on
_LONGEST_NOTEBOOK = 20_000_000  # bytes


@dataclass(frozen=True)
class Cell:
    """A grade cell. `checksum` is that of the unanswered question where a human grades it, else None."""

    id: str
    name: str
    max_score: float
    written: bool
    checksum: str | None
    comments: str  # the cell that its comments belong to


@dataclass(frozen=True)
class Sheet:
    """An assignment as the gradebook has it: the cells of each notebook, by the notebook's id and name."""

    id: str
    duedate: datetime | None
    notebooks: dict[tuple[str, str], list[Cell]]
    name: str = ""


def is_complete(sheet: Sheet) -> bool:
    """Whether the gradebook has a cell for each item, with the points of the course file: a notebook may have been
    released before an item was added, or got other points."""
    worth = {cell.name: cell.max_score for cells in sheet.notebooks.values() for cell in cells}
    points = in_use().scheme.points
    asked = [item for item in in_use().items.values() if item.assignment == sheet.name]
    return all(item.id in worth and points.get(item.id, worth[item.id]) == worth[item.id] for item in asked)


def submission_of(db: Any, student: Any, sheet: Sheet) -> Any:
    """The student's submission of an assignment, if there is one."""
    from nbgrader.api import SubmittedAssignment

    return db.query(SubmittedAssignment).filter_by(assignment_id=sheet.id, student_id=student.id).one_or_none()


def finder(db: Any, kind: Any, notebook: Any, rows: Any) -> Callable[[str], Any]:
    """A function that finds, or adds, a submitted notebook's row about a cell of that id."""
    there = {row.cell_id: row for row in rows}

    def find(cell_id: str) -> Any:
        if cell_id not in there:
            there[cell_id] = kind(cell_id=cell_id, notebook=notebook)
            db.add(there[cell_id])
        return there[cell_id]

    return find


def mark(grade: Any, cell: Cell, result: ItemResult) -> None:
    """The score of an item. One that a human gave stays, and is put up for review when ours has changed."""
    score = cell.max_score * result.earned / result.points
    if grade.auto_score != score:
        grade.auto_score = score
        grade.needs_manual_grade = grade.manual_score is not None


def mark_written(grade: Any, comment: Any, cell: Cell, answered: Mapping[str, str] | None, again: bool) -> None:
    """Nothing for a question that was left as it was; all others wait for a human, who is never overruled."""
    unanswered = answered is not None and answered.get(cell.name) in (None, cell.checksum)
    if grade.manual_score is not None:
        grade.needs_manual_grade = grade.needs_manual_grade or again
        return
    grade.auto_score = 0.0 if unanswered else None
    grade.needs_manual_grade = not unanswered
    comment.auto_comment = "No response." if unanswered else None


def withdraw(grade: Any, comment: Any, cell: Cell, report: Report) -> None:
    """No score for a cell that could not be graded, and a word on why, and on what it had."""
    before = (comment.auto_comment or "").partition("\n")[2]  # of a run that withdrew it already
    if grade.auto_score is not None:
        had = {"points": number(grade.auto_score), "maximum": number(cell.max_score)}
        before = _("Before, it had {points} of {maximum} points.", **had)
    grade.auto_score, grade.needs_manual_grade = None, True
    why = _("Not graded: {why}", why=" ".join(quoted(report.message).split()))
    comment.auto_comment = f"{why}\n{before}".strip()


def read_notebook(path: Path) -> Any:
    """A notebook that was handed in. Raises whatever hostile bytes make of the parser."""
    import nbformat

    return nbformat.reads(read_plainly(path, _LONGEST_NOTEBOOK).decode("utf-8"), as_version=4)


def answers(path: Path) -> dict[str, str] | None:
    """The checksum of each marked cell in a notebook that was handed in; None when it cannot be read."""
    from nbgrader.utils import compute_checksum, is_grade

    try:
        cells = read_notebook(path).cells
        return {cell.metadata.nbgrader["grade_id"]: compute_checksum(cell) for cell in cells if is_grade(cell)}
    except Exception:  # hostile bytes: a human will look at it
        return None


def handed_in_at(folder: Path) -> Any:
    """When it was handed in, by nbgrader's timestamp.txt; None where that is missing or no date."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    try:
        return parse_utc(read_plainly(path, 1000).decode("utf-8").strip() or None) if path.exists() else None
    except Exception:  # whatever it is, it is no date
        return None


def in_utc(moment: datetime | None) -> datetime | None:
    """A moment as nbgrader keeps it: in UTC, without saying so."""
    return moment and in_force().dates.aware(moment).astimezone(UTC).replace(tzinfo=None)


def name_student(student: Any, report: Report) -> None:
    """Have formgrader show the student's name and address, where they are known and it has none."""
    name, email = natural_name(report), report.who.get("email", "")
    if report.who.get("name") and not (student.first_name or student.last_name):
        student.first_name, _, student.last_name = name.rpartition(" ")
    if email and not student.email:
        student.email = email


def extension(sheet: Sheet, report: Report) -> timedelta | None:
    """How much longer the course file gives a student; None where it gives no more than others have."""
    dates = in_force().dates
    student = dates.name_of(report.student, report.who)
    theirs, everybodys = dates.due_at(sheet.name, student), dates.due_at(sheet.name)
    return theirs - everybodys if theirs and everybodys and theirs > everybodys else None


def share_late(sheet: Sheet, submitted: Any, report: Report) -> float:
    """What being late costs by the course file, as a share: by the time in the gradebook, where that has one, and also
    with an extension that somebody gave there; else by what the report knows."""
    if submitted.timestamp is not None and in_force().dates:
        return in_force().dates.share_after(timedelta(seconds=seconds_late(sheet.duedate, submitted)))
    return sum(each.share for each in report.late if each.assignment == sheet.name)


def seconds_late(duedate: datetime | None, submitted: Any) -> float:
    if submitted.timestamp is None or duedate is None:
        return 0.0
    if submitted.extension is not None:
        duedate += submitted.extension
    return max(0.0, (submitted.timestamp - duedate).total_seconds())


def student_id(submission: Submission) -> str:
    """nbgrader's own id, the folder's name, for what lies in its tree; else ours."""
    homes = {path.parent.name for name, path in submission.folders.items() if name and isinstance(path, Path)}
    id = homes.pop() if len(homes) == 1 else submission.student
    return id if len(id) <= _LONGEST_ID and id.isprintable() else submission.student
