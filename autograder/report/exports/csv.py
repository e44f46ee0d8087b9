"""grades.csv: a row a student, a column an item. What is ungraded is an empty cell."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.report import Report
from autograder.report.exports import ForClass
from autograder.report.files import grades


def _grades(reports: Sequence[Report]) -> str:
    ids = dict.fromkeys(item.id for report in reports for item in report.items)
    return grades(reports, list(ids))


EXPORT = ForClass(_grades, whole=True)
