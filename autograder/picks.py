"""What an instructor chose to have graded for a student, kept in the results folder so that the next run knows it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from autograder.archives import printable
from autograder.errors import UserError
from autograder.report.files import write_atomically
from autograder.submissions import Submission, as_source

_FILE = ".use.json"


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
    return replace(submission, folders={"": as_source(path)}, remark=f"{printable(path.name)} was chosen by hand")
