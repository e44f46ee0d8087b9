"""Moodle's feedback files: the archive that *Upload multiple feedback files in a zip* of an assignment takes.

Moodle reads `Ada Lovelace_101_assignsubmission_file_feedback.html`: a name that it does not look at, the number of the
participant, which is another one in each assignment, where the file comes from, and how it is called from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.report import Report
from autograder.report.exports import ForPeople, Page
from autograder.report.text import file_name, natural_name


def _feedback(reports: Sequence[Report], page: Page) -> Mapping[str, bytes]:
    return {_name(report): page(report) for report in reports}


def _name(report: Report) -> str:
    name = file_name(natural_name(report), "student").replace("_", " ")
    return f"{name}_{report.who['participant']}_assignsubmission_file_feedback.html"


EXPORT = ForPeople(
    _feedback, packed=True, ids=("participant",),
    lack="neither their files' names nor a roster (Moodle's grading worksheet) say their participant number",
)  # fmt: skip
