"""The pages that people look at: one for a student, one for the class. Each is one file that asks for no other.

Everything goes through Jinja's escaping. What is put in as it is: the style, the script, and drawings of `graph`,
whose text is escaped where they are drawn. The policy in the page lets no script run but ours.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.report import ItemResult, Report
from autograder.report import text as words
from autograder.report.explanation import Explanation, sentence
from autograder.report.guide import CORE_DONE, celebration
from autograder.report.insight import Cluster, View, insight
from autograder.report.needs import Need, briefly
from autograder.report.needs import line as needs_line
from autograder.report.pages import policy, source
from autograder.report.text import MARKS, WRONG, RubricItem, by_assignment, number, plain, shortened, tally

_LATER = 3  # items that a page names after the next one
_CODE = re.compile(r"`([^`\n]+)`")


def student_page(report: Report, pictures: Mapping[str, str], stamp: str = "") -> str:
    """The page of one student. `pictures` are the drawings of wrong answers by item; text stands in for missing
    ones. `stamp` is put into the first lines, for whoever asks later whether the page still holds."""
    entries = _entries(report, pictures)
    left = [entries[item.id] for item in words.left_to_do(report)]
    counts = Counter(item.status for item in report.items if not words.is_quiet(item))
    waiting = (
        "Hand in again, as the first line says." if report.unread else "Nothing, for now: this is to be graded again."
    )
    bonus = [entry for entry in left if entry["bonus"]]  # which is to do only where the core is done
    left = [] if bonus else left
    praise = celebration(report) or (CORE_DONE if bonus else words.next_step(report)) or waiting
    groups = [
        {
            "name": plain(assignment),
            "anchor": f"assignment-{_anchor(assignment)}",
            "tally": tally(items),
            "share": sum(item.earned for item in items) / max(1, sum(item.points for item in items)),
            "entries": [entries[item.id] for item in items],
        }
        for assignment, items in by_assignment(report.items).items()
    ]
    return _page(
        "student.html",
        stamp,
        student=plain(report.student),
        called=words.called(report),
        handed_in=[_line(each) for each in words.handed_in(report)],
        score=words.score(report),
        points=words.points(report),
        maximum=number(report.max_score),
        share=0 if report.status != "graded" else report.score / max(1, report.max_score),
        bonus=number(report.bonus) if report.bonus else "",
        counts=[(status, counts[status]) for status in MARKS if counts[status]],
        remark=_block(report.message),
        first=left[0] if left else None,
        later=left[1 : _LATER + 1],
        more=max(0, len(left) - _LATER - 1),
        praise=praise,
        invited=bonus,
        unchecked=words.unchecked(report),
        remarkable=not words.core_done(report) or report.unread,
        groups=groups,
        exam=plain(report.exam)[:15],
        submission=plain(report.submission)[:15],
        sandbox=_layers(report.sandbox),
    )


def class_page(reports: Sequence[Report], items: Sequence[RubricItem], stamp: str = "", weaker: str = "",
               found: Sequence[Need] = ()) -> str:  # fmt: skip
    """The page of the class: what to look at (`found`), how it did, who shares a mistake, who needs help, and where to
    read on. `weaker` says what is missing of the sandbox."""
    view = insight(reports, items)
    numbers = view.summary
    by_student = {report.student: report for report in reports}
    return _page(
        "class.html",
        stamp,
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
        risk=[
            {**_person(report), "score": number(report.score), "why": _line(words.trouble(report))}
            for report in view.risk
        ],
        ungraded=[{**_person(report), "why": _line(report.reason)} for report in view.ungraded],
        unread=[{**_person(report), "why": _line(report.reason)} for report in view.unread],
        copies=[
            {"people": [_person(report) for report in group], "score": f"{words.score(group[0])} points"}
            for group in view.copies
        ],
        assignments=[plain(name) for name in view.assignments],
        students=[_student_row(report, view.assignments) for report in view.reports],
        exams=sorted({plain(report.exam)[:15] for report in reports}) or ["none"],
        sandboxes=[(_layers(layers), count) for layers, count in view.sandboxes],
        weaker=plain(weaker),
        needs=[_need(need, by_student) for need in briefly(found)],
    )


def _need(need: Need, reports: Mapping[str, Report]) -> dict[str, Any]:
    report = reports.get(need.student)
    person = _person(report) if report else {"name": plain(need.student), "called": "", "link": ""}
    return {**person, "why": _line(needs_line(need)), "type": plain(need.type)}


def _entries(report: Report, pictures: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the page says about each item, by id."""
    seen: dict[tuple[str, str | None], dict[str, str]] = {}
    known = {item.id for item in report.items}
    entries = {}
    for item in report.items:
        entry = _entry(item, pictures.get(item.id))
        if item.explanation.waits:
            entry["said"] = _waiting(item.explanation, known)
        if item.status in WRONG and not words.is_quiet(item):
            alike = seen.setdefault((item.message, item.reproduce), entry)
            entry["same"] = alike if alike is not entry else None
            entry["open"] = alike is entry
        entries[item.id] = entry
    for word, meaning in words.WORDS.items():
        if first := next((entry for entry in entries.values() if word in str(entry["said"])), None):
            first["explained"].append((word, meaning))
    return entries


def _entry(item: ItemResult, picture: str | None) -> dict[str, Any]:
    why = item.explanation
    broken = why.invalid if not why.waits else None
    compared = bool(why.parts) and not any(part.words for part in why.shown)
    tree = words.item_tree(item)
    printed = shortened(plain(item.stdout)) if item.stdout.strip() else ""
    detailed = bool(item.status in WRONG or printed or item.hint or item.reproduce)
    return {
        "id": plain(item.id),
        "anchor": _anchor(item.id),
        "title": plain(item.title),
        "status": item.status,
        "bonus": item.bonus,
        "quiet": words.is_quiet(item),
        "tally": tally([item]),
        "said": _block(why.sentence or item.message),
        "ask": _block(why.asked) if compared else "",
        "rows": [(_block(part.name), _block(part.expected), _block(part.got)) for part in why.shown],
        "rest": why.rest,
        "origin": _block(why.origin),
        "mistake": plain(why.mistake),
        "diagnosis": plain(item.diagnosis or ""),
        "whole": why.whole,
        "source": _block("\n".join(broken.excerpt())) if broken else "",
        "advice": plain(sentence(why.advice or (broken.advice if broken else ""))),
        "frames": [(plain(f"{file}:{line}"), plain(function)) for file, line, function in why.frames],
        "place": words.where(item),
        "picture": Markup(picture) if picture else "",
        "tree": tree,
        "hint": plain(item.hint or ""),
        "reproduce": plain(item.reproduce or "").strip("\n"),
        "printed": printed,
        "explained": [],
        "folds": detailed,
        "open": False,
        "same": None,
    }


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
        "about": _line(cluster.about),
        "name": plain(cluster.diagnosis),
        "ids": [plain(id) for id in cluster.items],
        "people": [_person(report, item) for report, item in cluster.people],
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
        "anchor": f"item-{_anchor(row['id'])}",
        "title": plain(row["title"]),
        "share": None if row["mean"] is None else row["mean"] / max(1, row["points"]),
        "discrimination": row["discrimination"],
        "counts": list(counts.values()),
        "parts": parts,
    }


def _student_row(report: Report, assignments: Sequence[str]) -> dict[str, Any]:
    counts = Counter(item.status for item in report.items)
    groups = by_assignment(report.items)
    sign = words.points(report)
    numbers = [sign, number(report.bonus) if report.status == "graded" else sign]
    for assignment in assignments:
        items = groups.get(assignment, [])
        lost = any(item.status == "ungraded" for item in items)
        numbers.append("-" if report.unread else "?" if lost else str(sum(item.earned for item in items)))
    numbers += [str(sum(counts[status] for status in WRONG)), str(counts["todo"])]
    remark = "ungraded" if report.ungraded else ": ".join(filter(None, (report.unread, _line(report.message))))
    mail = plain(report.who.get("email", ""))
    return {
        **_person(report),
        "mail": mail,
        "numbers": numbers,
        "remark": "; ".join(filter(None, (*map(_line, words.handed_in(report)), remark))),
    }


def _person(report: Report, item: str = "") -> dict[str, str]:
    """A name, and a link that can lead nowhere but to a page below this one."""
    place = f"#{quote(_anchor(item), safe='')}" if item else ""
    folder = quote(report.student.encode("utf-8", "backslashreplace"), safe="")
    called = words.called(report)
    return {"name": plain(report.student) or "?", "called": called, "link": f"./{folder}/index.html{place}"}


def _layers(layers: Sequence[str]) -> str:
    return plain(", ".join(layers)) or "no sandbox"


def _block(message: str) -> str:
    return shortened(plain(message), lines=40, width=1000).strip()


def _line(message: str) -> str:
    """The beginning of a text, on one line."""
    return shortened(" ".join(plain(message).split()), lines=1, width=240)


def _anchor(id: str) -> str:
    return re.sub(r"[^\w-]", "-", plain(id))


def _waiting(why: Explanation, known: Collection[str]) -> Markup:
    """What an item waits for, with links to what is on this page."""
    named = [
        f'<a href="#{_anchor(id)}">{escape(plain(id))}</a>' if id in known else str(escape(plain(id)))
        for id in why.waited_for
    ]
    return Markup(f"waits for {', '.join(named)} {why.rest}".strip())


def _prose(said: str | Markup) -> Markup:
    """A sentence in which `code` is marked as such."""
    if isinstance(said, Markup):
        return said
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(said))))


def _page(name: str, stamp: str, **about: Any) -> str:
    page: str = _environment().get_template(name).render(stamp=stamp, **about)
    return page


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(source), autoescape=True, undefined=StrictUndefined, auto_reload=False, trim_blocks=True,
    )  # fmt: skip
    style, script = source("page.css"), source("page.js")
    environment.globals.update(
        style=Markup(style),
        script=Markup(script),
        policy=policy(script),
        marks=MARKS,
    )
    environment.filters["prose"] = _prose
    return environment
