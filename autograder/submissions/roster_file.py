"""Reads a roster as systems write it: Canvas' gradebook, Moodle's grading worksheet and list of participants,
Gradescope's roster and submission metadata, GitHub Classroom's roster, or any table with titles like these.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import UserError, some
from autograder.settings.roster import COLUMNS, Roster, Row
from autograder.submissions.gradescope import submitters

# A row a column: our name of it, and how systems title it, in small letters without spaces, underscores and hyphens.
_TITLES = Path(__file__).with_name("roster_titles.csv").read_text("utf-8").splitlines()
_COLUMN = {title: column for column, *titles in csv.reader(_TITLES) for title in titles}
_NAMED = 8  # unused columns
_PARTICIPANT = re.compile(r"\D*\s?(\d+)")
_NO_STUDENT = re.compile(r"\s*Points Possible|\s*(Student, Test|Test Student)\s*\Z")


def read_roster(path: Path) -> Roster:
    """Read a roster, a CSV file or Gradescope's YAML. Raises UserError where there is nobody to be found in it."""
    said: list[str] = []
    try:
        if path.suffix.lower() in (".yml", ".yaml"):
            return Roster(path.name, _with_somebody(path, submitters(path.read_text("utf-8-sig"))))
        text, encoding = _decoded(path.read_bytes())
        titles, *lines = [line for line in csv.reader(io.StringIO(text), _Dialect(text), strict=True) if any(line)]
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        if "not enough values" in str(error):
            reason = "it is empty"
        raise UserError(f"cannot read the roster {path} ({reason}): it should be a CSV file with titles") from None
    if encoding != "utf-8":
        said.append(f"{path.name} was read as {encoding}")
    canvas = {"id", "section"} <= {*map(_plain, titles)} and not {"name"} & {*map(_plain, titles)}
    columns = [_column(title, canvas) for title in titles]
    if unused := [title.strip() for title, column in zip(titles, columns, strict=True) if not column and title.strip()]:
        said.append(f"columns of {path.name} that say nothing of who is who: {some(unused, _NAMED)}")
    rows = []
    for number, line in enumerate(lines, 2):
        if canvas and (_NO_STUDENT.match(line[0]) or all(re.fullmatch(r"\s*(Manual Posting.*|Muted)?\s*", each)
                                                         for each in line)):  # fmt: skip
            continue
        if len(line) != len(titles):
            raise UserError(f"{path} has {len(line)} cells in row {number}, but {len(titles)} in its first")
        rows.append(_row(columns, line))
        if "student" in columns and not rows[-1].get("student"):
            raise UserError(f"{path} names nobody in the column student: see row {number}")
    return Roster(path.name, _with_somebody(path, _students(rows)), said)


def _with_somebody(path: Path, rows: Sequence[Row]) -> Sequence[Row]:
    seen: set[str] = set()
    for row in rows:
        if (student := row.get("student", "")) and student in seen:
            raise UserError(f"{path} names {student} twice")
        seen.add(student)
    if not any(row.get(column) for row in rows for column in ("student", *COLUMNS)):
        raise UserError(
            f"{path} says nothing of who is in the class: it takes a column student, with the ids that gradschool "
            "gives, or one like name, email, username or ID"
        )
    return rows


def _decoded(data: bytes) -> tuple[str, str]:
    """The text, and how it was encoded: as Excel saves, too."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), "utf-8"
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        if b"\0" in data:
            raise
        return data.decode("cp1252"), "Windows-1252, for it is not UTF-8"


class _Dialect(csv.excel):
    """The separator of the first line that makes most columns."""

    def __init__(self, text: str):
        self.delimiter = max(",;\t", key=lambda each: len(next(csv.reader([text.partition("\n")[0]], delimiter=each))))
        super().__init__()


def _plain(title: str) -> str:
    return re.sub(r"[\s_\-']", "", title.casefold())


def _column(title: str, canvas: bool) -> str:
    column = _COLUMN.get(_plain(title), "")
    return {"student": "name", "id_number": "canvas_id"}.get(column, column) if canvas else column


def _row(columns: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for column, cell in zip(columns, line, strict=True):
        if column and not found.get(column):
            found[column] = cell.strip()
    if "participant" in found:
        found |= _identified(found.pop("participant"))
    if org := found.get("brightspace_id"):
        found["brightspace_id"] = org.removeprefix("#")
        found["username"] = found.get("username", "").removeprefix("#")
    parts = found.pop("first", ""), found.pop("last", "")
    found["name"] = found.get("name") or " ".join(filter(None, parts))
    if "@" in found.get("sis_login_id", ""):
        found.setdefault("email", found["sis_login_id"])
    return {column: value for column, value in found.items() if value}


def _identified(cell: str) -> dict[str, str]:
    """Moodle's "Participant 123", or what a course wrote into GitHub Classroom's roster."""
    number = _PARTICIPANT.fullmatch(cell)
    return {"participant": number[1]} if number else {"email" if "@" in cell else "id_number": cell}


def _students(rows: Sequence[dict[str, str]]) -> Sequence[Row]:
    """Those whose role is a student's, where there are roles."""
    roles = [row.pop("role", "").casefold() for row in rows]
    if any("student" in role for role in roles):
        return [row for row, role in zip(rows, roles, strict=True) if "student" in role]
    return rows
