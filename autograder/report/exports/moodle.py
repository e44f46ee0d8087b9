"""Moodle's grade import from CSV: who, a column an assignment, the score, and feedback.

Whoever imports it says by which column Moodle finds a user (username, ID number or email address), and to which grade
item each column belongs. One unknown user makes Moodle refuse the whole file.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.report import Report
from autograder.report.exports import ForClass
from autograder.report.files import assignment_points, table
from autograder.report.roster import Roster
from autograder.report.text import by_assignment, number, tally

_TITLES = ("Username", "ID number", "Email address")


def _moodle(reports: Sequence[Report], roster: Roster) -> str:
    possible, earned = assignment_points(reports)
    rows = [[*_TITLES, *possible, "score", "feedback"]]
    for report in reports:
        student = report.student
        rows.append([
            roster.get(student, "username", student),
            roster.get(student, "id_number"),
            roster.get(student, "email"),
            *(number(earned[student][name]) if name in earned[student] else "" for name in possible),
            number(report.score),
            _feedback(report),
        ])  # fmt: skip
    return table(rows)


def _feedback(report: Report) -> str:
    """Points and what comes next, without a word of the student's, for Moodle shows it as HTML."""
    points = ", ".join(f"{name} {tally(items)}" for name, items in by_assignment(report.items).items())
    left = next((item.id for item in report.items if item.status not in ("passed", "ungraded")), "")
    return points + (f"; next: {left}" if left else "")


EXPORT = ForClass(_moodle, ids=("username", "id_number", "email"))
