"""The page of a class: what to look at, how it did, who shares a mistake, who needs help, and where to read on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from autograder.report import Report, are_dated
from autograder.report import text as words
from autograder.report.files import final
from autograder.report.html.insight import Cluster, View, insight
from autograder.report.html.page import anchor, layers_line, line, page
from autograder.report.needs import Need, briefly
from autograder.report.needs import line as needs_line
from autograder.report.text import WRONG, RubricItem, by_assignment, number, plain
from autograder.texts import in_english

_ROWS = 300  # of students that are drawn at a time: a class of no more is a plain table
_NAMED = 25  # of the students who share something
_LISTED = 100  # of those who need something


@in_english()
def class_page(reports: Sequence[Report], items: Sequence[RubricItem], stamp: str = "", weaker: str = "",
               found: Sequence[Need] = (), section: str = "",
               sections: Sequence[tuple[str, str]] = (), summary: Mapping[str, Any] | None = None) -> str:  # fmt: skip
    """The page of the class, or of one `section` of it: what to look at (`found`), how it did, who shares a mistake,
    who needs help, and where to read on. `weaker` says what is missing of the sandbox; `sections` are those that have
    pages, with their files; `summary` says how the class did, where that is known already."""
    view = insight(reports, items, summary)
    numbers = view.summary
    dated = are_dated(reports)
    needs = briefly(found)
    named = {need.student for need in needs[:_LISTED]}
    by_student = {report.student: report for report in (view.reports if named else ()) if report.student in named}
    return page(
        "class.html",
        stamp,
        section=plain(section),
        sections=[(plain(name), quote(file.encode("utf-8", "backslashreplace"))) for name, file in sections],
        total=f"{numbers['submissions']:,}",
        graded=f"{numbers['graded']:,}",
        maximum=number(numbers["max_score"]),
        mean="" if numbers["mean"] is None else f"{numbers['mean']:.1f}",
        median="" if numbers["median"] is None else f"{numbers['median']:.1f}",
        lowest=number(numbers["min"] or 0),
        highest=number(numbers["max"] or 0),
        line=number(view.line),
        bins=_bins(view),
        clusters=[_cluster(cluster) for cluster in view.clusters],
        bonus=[_cluster(cluster) for cluster in view.bonus],
        unshown=view.unshown,
        items=[_item_row(row) for row in view.items],
        at_risk=len(view.risk),
        risk=[
            {**_person(report), "score": number(report.score), "why": line(words.trouble(report))}
            for report in view.risk[:_LISTED]
        ],
        lost=len(view.ungraded),
        ungraded=[{**_person(report), "why": line(report.reason)} for report in view.ungraded[:_LISTED]],
        unread=len(view.unread),
        copies=[
            {"people": [*map(_person, group[:_NAMED])], "size": len(group), "score": f"{words.score(group[0])} points"}
            for group in view.copies[:_LISTED]
        ],
        copies_more=len(view.copies[_LISTED:]),
        assignments=[
            *(("penalty", "final score", "final bonus") if dated else ()),
            *(plain(name) for name in view.assignments),
        ],
        size=len(view.reports),
        students=[_student_row(report, view.assignments, dated) for report in view.reports[:_ROWS]],
        rest=_rest(_student_row(report, view.assignments, dated) for report in islice(view.reports, _ROWS, None)),
        exams=sorted({plain(exam)[:15] for exam in view.exams}) or ["none"],
        sandboxes=[(layers_line(layers), count) for layers, count in view.sandboxes],
        weaker=plain(weaker),
        needs=[_need(need, by_student) for need in needs[:_LISTED]],
        needs_more=len(needs[_LISTED:]),
    )


def _rest(rows: Iterable[Mapping[str, Any]]) -> Markup:
    """The rows that are not drawn at first, as data for the page's script: empty where that is none. It is ASCII in
    which nothing can end the element that it stands in."""
    inert = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
    told = ",\n".join(json.dumps(_data(row), separators=(",", ":")).translate(inert) for row in rows)
    return Markup(f"[{told}]" if told else "")


def _data(row: Mapping[str, Any]) -> list[Any]:
    """A row as short as it gets: empty texts at its end are left out, as is the folder where it is called like the
    student."""
    numbers = [cell if cell in ("?", "-") else json.loads(cell) for cell in row["numbers"]]
    data = [row["name"], numbers, row["called"], row["mail"], row["remark"]]
    if row["folder"] != row["name"]:
        return [*data, row["folder"]]
    while data[-1] == "":
        data.pop()
    return data


def _need(need: Need, reports: Mapping[str, Report]) -> dict[str, Any]:
    report = reports.get(need.student)
    person = _person(report) if report else {"name": plain(need.student), "called": "", "folder": "", "link": ""}
    return {**person, "why": line(needs_line(need)), "type": plain(need.type)}


def _bins(view: View) -> list[dict[str, Any]]:
    most = max(view.histogram, default=0)
    if not most:
        return []
    labels = [f"{10 * place}\N{EN DASH}{10 * place + 9}" for place in range(10)] + ["100"]
    return [
        {"label": label, "count": count, "share": count / most}
        for label, count in zip(labels, view.histogram, strict=True)
    ]


def _cluster(cluster: Cluster) -> dict[str, Any]:
    return {
        "about": line(cluster.about),
        "name": plain(cluster.diagnosis),
        "ids": [plain(id) for id in cluster.items],
        "people": [_person(report, item) for report, item in cluster.people[:_NAMED]],
        "size": len(cluster.people),
    }


def _item_row(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = {
        "passed": row["passed"],
        "failed": row["failed"],
        "error": row["error"] + row["crashed"],
        "timeout": row["timeout"],
        "todo": row["todo"],
        "blocked": row["blocked"],
    }
    total = sum(counts.values()) + row["ungraded"]
    parts, x = [], 0.0
    for name, count in counts.items():
        width = 100 * count / max(1, total)
        if count:
            parts.append((name, round(x, 2), round(width, 2)))
        x += width
    return {
        "id": plain(row["id"]),
        "anchor": f"item-{anchor(row['id'])}",
        "title": plain(row["title"]),
        "share": None if row["mean"] is None else row["mean"] / max(1, row["points"]),
        "discrimination": row["discrimination"],
        "counts": list(counts.values()),
        "parts": parts,
    }


def _student_row(report: Report, assignments: Sequence[str], dated: bool) -> dict[str, Any]:
    counts = Counter(item.status for item in report.items)
    groups = by_assignment(report.items)
    sign = words.points(report)
    graded = report.status == "graded"
    numbers = [sign, number(report.bonus) if graded else sign]
    if dated:
        numbers += [*final(report)] if graded else [sign] * 3
    for assignment in assignments:
        items = groups.get(assignment, [])
        lost = any(item.status == "ungraded" for item in items)
        numbers.append("-" if report.unread else "?" if lost else str(sum(item.earned for item in items)))
    numbers += [str(sum(counts[status] for status in WRONG)), str(counts["todo"])]
    remark = "ungraded" if report.ungraded else ": ".join(filter(None, (report.unread, line(report.message))))
    mail = plain(report.who.get("email", ""))
    return {
        **_person(report),
        "mail": mail,
        "numbers": numbers,
        "remark": "; ".join(filter(None, (*map(line, words.handed_in(report)), remark))),
    }


def _person(report: Report, item: str = "") -> dict[str, str]:
    """A name, and a link that can lead nowhere but to a page below this one."""
    place = f"#{quote(anchor(item), safe='')}" if item else ""
    folder = report.student.encode("utf-8", "backslashreplace")
    return {
        "name": plain(report.student) or "?",
        "called": words.called(report),
        "folder": folder.decode(),
        "link": f"./{quote(folder, safe='')}/index.html{place}",
    }
