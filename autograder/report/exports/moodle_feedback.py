"""Moodle's feedback files: the archive that *Upload multiple feedback files in a zip* of an assignment takes.

Moodle reads `Ada Lovelace_101_assignsubmission_file_feedback.html`: a name that it does not look at, the number of the
participant, which is another one in each assignment, where the file comes from, and how it is called from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from autograder.report import Report
from autograder.report.exports import File, ForPeople
from autograder.report.kept.shelf import Shelf
from autograder.report.text import file_name, natural_name


def _feedback(reports: Sequence[Report]) -> Mapping[str, File]:
    return {_name(report): partial(Shelf.page, outline=report) for report in reports}


def _name(report: Report) -> str:
    name = file_name(natural_name(report), "student").replace("_", " ")
    return f"{name}_{report.who['participant']}_assignsubmission_file_feedback.html"


EXPORT = ForPeople(
    _feedback, packed=True, ids=("participant",),
    lack="neither their files' names nor a roster (Moodle's grading worksheet) say their participant number",
)  # fmt: skip
