"""What an instructor said once, kept in the results folder so that the next run knows it: what to grade for a student,
and who is in the class."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from autograder.errors import UserError
from autograder.files import write_atomically
from autograder.settings.roster import NO_ROSTER, Roster
from autograder.submissions.roster_file import read_roster
from autograder.submissions.sources.files import printable
from autograder.submissions.submission import Submission, as_source

_FILE = ".use.json"
_ROSTER = ".roster.json"


def remembered(results: Path, chosen: Sequence[str], students: Collection[str]) -> dict[str, Path]:
    """The choices of earlier runs and these, each STUDENT=FILE; STUDENT= takes one back. Raises UserError for others,
    and for who is none of `students`."""
    uses: dict[str, str] = {}
    with suppress(OSError, ValueError, TypeError):
        uses = {str(key): str(value) for key, value in json.loads((results / _FILE).read_text("utf-8")).items()}
    for choice in chosen:
        student, equals, file = choice.partition("=")
        if not student or not equals:
            raise UserError(f"--use {printable(choice)}: say which file is whose, as in --use ada=path/to/ada.zip")
        if student not in students:
            some = ", ".join(sorted(students)[:3])
            raise UserError(f"--use {printable(choice)}: nobody of that name handed in ({some}, … did)")
        if file and not os.path.exists(file):
            raise UserError(f"--use {printable(choice)}: there is no {printable(file)}")
        uses.pop(student, None)
        if file:
            uses[student] = os.path.abspath(file)
    if chosen:
        write_atomically(results / _FILE, json.dumps(uses, indent=1, sort_keys=True) + "\n")
    return {student: Path(file) for student, file in uses.items()}


def replaced(submissions: Sequence[Submission], uses: Mapping[str, Path]) -> list[Submission]:
    """The submissions, with what was chosen in the places of those students' own. Raises UserError for a file that has
    gone."""
    for student, path in uses.items():
        if not path.exists():
            raise UserError(
                f"{printable(str(path))}, which was chosen for {student}, is not there: choose again with "
                f"--use {student}=FILE, or take it back with --use {student}="
            )
    return [_replaced(each, uses[each.student]) if each.student in uses else each for each in submissions]


def _replaced(submission: Submission, path: Path) -> Submission:
    who = {**submission.who, "chosen": printable(path.name)}
    return replace(submission, folders={"": as_source(path)}, remark="", who=who)


def roster_in_use(results: Path, given: Path | None, *, forget: bool = False) -> tuple[Roster, list[str]]:
    """The roster that is given, else the one of an earlier run, as it was then; and what there is to say of it. It is
    kept by `keep_roster`; `forget` has there be none from now on."""
    if given:
        roster = read_roster(given)
        return roster, [*roster.said]
    if forget:
        (results / _ROSTER).unlink(missing_ok=True)
        return NO_ROSTER, []
    roster = kept_roster(results)
    said = f"the class is that of the roster {printable(roster.name)}, which was given before"
    return roster, [f"{said}: --roster FILE replaces it, --no-roster drops it"] if roster else []


def keep_roster(results: Path, roster: Roster) -> None:
    """Have later runs, and exports, know the class by this roster."""
    if roster:
        data = {"name": roster.name, "rows": [dict(row) for row in roster.rows]}
        write_atomically(results / _ROSTER, json.dumps(data, indent=1) + "\n", mode=0o600)


def kept_roster(results: Path) -> Roster:
    """The roster of earlier runs; none where there is none that can be read."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        data = json.loads((results / _ROSTER).read_text("utf-8"))
        rows = [{str(column): str(value) for column, value in row.items()} for row in data["rows"]]
        return Roster(str(data["name"]), rows)
    return NO_ROSTER
