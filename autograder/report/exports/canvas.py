"""Canvas' gradebook import: a column an assignment, and a row with the points that are possible.

Canvas finds a student by ID, SIS User ID or SIS Login ID, in this order, and an assignment by its title; it asks about
those that it does not find. Bonus points are possible beyond 0, which Canvas counts as extra credit. A column whose
title holds "Final Score" is one of its own, which it leaves alone: there stands what is for people.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.report import Report, are_dated
from autograder.report.exports import ForClass
from autograder.report.files import assignment_points, scored, table
from autograder.report.text import number, standing

_TITLES = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_IDS = ("canvas_id", "sis_user_id", "sis_login_id")
_REMARK = "Remark on Final Score"
_DATED = ("Score before Final Score", "Penalty before Final Score", "Final Score", "Bonus beside Final Score")


def _canvas(reports: Sequence[Report]) -> str:
    possible, earned = assignment_points(reports)
    remarks = [standing(report) for report in reports]
    dated = are_dated(reports)
    title = [*(_DATED if dated else ()), *([_REMARK] if any(remarks) else ())]
    read_only = ["(read only)"] * len(title)
    rows = [
        [*_TITLES, *possible, *title],
        ["    Points Possible", "", "", "", "", *map(number, possible.values()), *read_only],
    ]
    for report, remark in zip(reports, remarks, strict=True):
        student, who = report.student, report.who
        known = any(who.get(column) for column in _IDS)
        rows.append([
            who.get("name") or student,
            who.get("canvas_id", ""),
            who.get("sis_user_id", ""),
            who.get("sis_login_id", "" if known else student),
            who.get("section", ""),
            *(number(earned[student][name]) if name in earned[student] else "" for name in possible),
            *(scored(report, dated) if dated else ()),
            *([remark] if any(remarks) else []),
        ])  # fmt: skip
    return table(rows)


EXPORT = ForClass(_canvas, ids=_IDS, stand_in="SIS Login ID")
