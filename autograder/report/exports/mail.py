"""A mail merge: mail.csv, with a row a student, and the page of each, which a row names as its attachment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from autograder.report import Report, are_dated
from autograder.report.exports import File, ForPeople
from autograder.report.feedback import told
from autograder.report.files import DATED, cells, for_excel, table
from autograder.report.kept.shelf import Shelf
from autograder.report.text import natural_name, remark

_WHO = ("student", "name", "email", "score")
_REST = ("max_score", "bonus", "late", "status", "remark", "file")


def _mail(reports: Sequence[Report]) -> Mapping[str, File]:
    dated = are_dated(reports)
    rows: list[Sequence[str]] = [(*_WHO, *(DATED if dated else ()), *_REST)]
    files: dict[str, File] = {}
    for outline in reports:
        report = told(outline)
        file = f"{report.student}.html"
        rows.append([
            report.student, natural_name(report), report.who["email"], *cells(report, dated),
            "yes" if report.late else report.who.get("late", ""), report.status, remark(report), file,
        ])  # fmt: skip
        files[file] = partial(Shelf.page, outline=outline)
    merged = for_excel(table(rows)).encode("utf-8", "backslashreplace")
    return {"mail.csv": lambda _: merged, **files}


EXPORT = ForPeople(
    _mail, packed=False, ids=("email",), lack="no mail address of theirs is known (--roster FILE says more)"
)
