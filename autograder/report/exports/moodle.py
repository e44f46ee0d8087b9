"""Moodle's grade import from CSV: who, a column an assignment, the score, and feedback.

Whoever imports it says by which column Moodle finds a user (username, ID number or email address), and to which grade
item each column belongs. One unknown user makes Moodle refuse the whole file.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from autograder.report import Report, are_dated
from autograder.report.exports import ForClass
from autograder.report.files import DATED, assignment_points, scored, table
from autograder.report.text import by_assignment, left_to_do, number, standing, tally
from autograder.texts import _

_TITLES = ("Username", "ID number", "Email address")
_IDS = ("username", "id_number", "email")


def _moodle(reports: Sequence[Report]) -> str:
    possible, earned = assignment_points(reports)
    dated = are_dated(reports)
    rows = [[*_TITLES, *possible, "score", *(DATED if dated else ()), "feedback"]]
    for report in reports:
        student, who = report.student, report.who
        known = any(who.get(column) for column in _IDS)
        rows.append([
            who.get("username", "" if known else student),
            who.get("id_number", ""),
            who.get("email", ""),
            *(number(earned[student][name]) if name in earned[student] else "" for name in possible),
            *scored(report, dated),
            _feedback(report),
        ])  # fmt: skip
    return table(rows)


def _feedback(report: Report) -> str:
    """What there is to know, points and what comes next: as HTML, for which Moodle takes it, without a word of what
    the student's code said."""
    points = ", ".join(f"{name} {tally(items)}" for name, items in by_assignment(report.items).items())
    left = left_to_do(report)
    following = _("next: {item}", item=left[0].id) if left else ""
    return "; ".join(filter(None, [escape(standing(report)), points, following]))


EXPORT = ForClass(_moodle, ids=_IDS, stand_in="Username")
