"""A roster: by which names and numbers other systems know the students of a class."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import UserError

COLUMNS = ("name", "canvas_id", "sis_user_id", "sis_login_id", "section", "username", "id_number", "email")


@dataclass(frozen=True)
class Roster:
    """What is known of each student, by the id that gradschool gives and by column. False when there is no roster."""

    name: str = ""
    columns: frozenset[str] = frozenset()
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.name)

    def get(self, student: str, column: str, default: str = "") -> str:
        """What the roster says; without a roster the default."""
        return self.rows.get(student, {}).get(column, "") if self else default

    def knows(self, student: str, columns: Iterable[str]) -> bool:
        """Whether one of the columns says who the student is."""
        return any(self.get(student, column) for column in columns)


NO_ROSTER = Roster()


def read_roster(path: Path) -> Roster:
    """Read a CSV file with a column `student` and any of COLUMNS; others are nobody's business. Case, spaces and
    underscores in their titles do not matter."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            titles, *lines = [line for line in csv.reader(file, strict=True) if any(line)] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UserError(f"cannot read the roster {path} ({reason}): it should be a CSV file in UTF-8") from None
    places = {_plain(title): place for place, title in enumerate(titles)}
    if _plain("student") not in places:
        raise UserError(f"{path} has no column student, with the ids that gradschool gives: the names of the folders")
    known = [column for column in COLUMNS if _plain(column) in places]
    rows: dict[str, dict[str, str]] = {}
    for number, line in enumerate(lines, 2):
        if len(line) != len(titles):
            raise UserError(f"{path} has {len(line)} cells in row {number}, but {len(titles)} in its first")
        student = line[places["student"]].strip()
        if not student or student in rows:
            what = f"names {student} twice" if student else "names nobody in the column student"
            raise UserError(f"{path} {what}: see row {number}")
        rows[student] = {column: line[places[_plain(column)]].strip() for column in known}
    return Roster(path.name, frozenset(known), rows)


def _plain(title: str) -> str:
    return title.strip().casefold().replace(" ", "").replace("_", "")
