"""Canvas' gradebook import: a column an assignment, and a row with the points that are possible.

Canvas finds a student by ID, SIS User ID or SIS Login ID, in this order, and an assignment by its title; it asks about
those that it does not find. Bonus points are possible beyond 0, which Canvas counts as extra credit.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.report import Report
from autograder.report.exports import ForClass
from autograder.report.files import assignment_points, table
from autograder.report.roster import Roster
from autograder.report.text import number

_TITLES = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def _canvas(reports: Sequence[Report], roster: Roster) -> str:
    possible, earned = assignment_points(reports)
    rows = [[*_TITLES, *possible], ["    Points Possible", "", "", "", "", *map(number, possible.values())]]
    for report in reports:
        student = report.student
        rows.append([
            roster.get(student, "name", student) or student,
            roster.get(student, "canvas_id"),
            roster.get(student, "sis_user_id"),
            roster.get(student, "sis_login_id", student),
            roster.get(student, "section"),
            *(number(earned[student][name]) if name in earned[student] else "" for name in possible),
        ])  # fmt: skip
    return table(rows)


EXPORT = ForClass(_canvas, ids=("canvas_id", "sis_user_id", "sis_login_id"))
