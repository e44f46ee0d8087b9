"""Gradescope's results.json, which an autograder leaves in /autograder/results.

The score is the core's and the bonus together. What the student's code said is text, which Gradescope shows as such.
Gradescope wants a number, so where nothing could be graded it is 0: the output says why, and `extra_data` the status.
"""

from __future__ import annotations

from typing import Any

from autograder.report import ItemResult, Report
from autograder.report.exports import ForStudent
from autograder.report.files import strict_json
from autograder.report.message import item_message
from autograder.report.text import (
    by_assignment,
    late_sentence,
    next_step,
    nothing,
    plain,
    quoted,
    reckoning,
    score,
)
from autograder.texts import _


def results(report: Report) -> dict[str, Any]:
    """The report as Gradescope's data."""
    said = [_("{score} points", score=score(report)), next_step(report)]
    said[0] += _(", {points} bonus", points=f"{report.bonus:g}") if report.bonus else ""
    if report.unread:
        said.append(nothing(report) + " " + _("Gradescope takes a number alone, and so shows 0."))
    said += [reckoning(report), late_sentence(report)]
    groups = by_assignment(report.items).values()
    return {
        "score": report.final_score + report.final_bonus if report.dated else report.score + report.bonus,
        "output": "\n".join(filter(None, [*said, quoted(report.message)])),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [
            _test(item, f"{group}.{place}")
            for group, items in enumerate(groups, 1)
            for place, item in enumerate(items, 1)
        ],
        "extra_data": {
            "student": plain(report.student),
            "exam": report.exam,
            "submission": report.submission,
            "status": report.status,
            "late": bool(report.late if report.dated else report.who.get("late")),
            **(
                {"raw_score": report.score, "penalty": report.penalty, "final_score": report.final_score}
                if report.dated
                else {}
            ),
        },
    }


def _test(item: ItemResult, place: str) -> dict[str, Any]:
    core = not item.bonus
    return {
        "name": plain(f"{item.id}: {item.title}"),
        "name_format": "text",
        "number": place,
        "score": item.earned,
        "max_score": item.points if core else 0,
        "status": "passed" if item.status == "passed" else "failed",
        "output": "" if item.status == "passed" else item_message(item, hint=True),
        "output_format": "text",
        "tags": [plain(item.assignment), item.status],
        "visibility": "visible",
        "extra_data": {"id": plain(item.id), "status": item.status, "diagnosis": item.diagnosis},
    }


EXPORT = ForStudent(lambda report: strict_json(results(report)), "results.json")
