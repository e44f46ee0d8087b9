"""The page of a student: one file that asks for no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from markupsafe import Markup, escape

from autograder.report import ItemResult, Report
from autograder.report import text as words
from autograder.report.guide import CORE_DONE, celebration
from autograder.report.html.page import anchor, block, layers_line, line, page
from autograder.report.message import item_tree
from autograder.report.text import MARKS, WRONG, by_assignment, number, plain, shortened, tally
from autograder.texts import _, language

_LATER = 3  # items that a page names after the next one


def student_page(report: Report, pictures: Mapping[str, str], stamp: str = "") -> str:
    """The page of one student. `pictures` are the drawings of wrong answers by item; text stands in for missing
    ones. `stamp` is put into the first lines, for whoever asks later whether the page still holds."""
    entries = _entries(report, pictures)
    left = [entries[item.id] for item in words.left_to_do(report)]
    counts = Counter(item.status for item in report.items if not words.is_quiet(item))
    again, soon = _("Hand in again, as the first line says."), _("Nothing, for now: this is to be graded again.")
    waiting = again if report.unread else soon
    bonus = [entry for entry in left if entry["bonus"]]  # which is to do only where the core is done
    left = [] if bonus else left
    praise = celebration(report) or (_(CORE_DONE) if bonus else words.next_step(report)) or waiting
    groups = [
        {
            "name": plain(assignment),
            "anchor": f"assignment-{anchor(assignment)}",
            "tally": tally(items),
            "share": sum(item.earned for item in items) / max(1, sum(item.points for item in items)),
            "entries": [entries[item.id] for item in items],
            "caught": [
                (anchor(item.id), plain(item.title), said.caught, said.of - said.caught)
                for item in items
                if (said := item.explanation).of
            ],
        }
        for assignment, items in by_assignment(report.items).items()
    ]
    return page(
        "student.html",
        stamp,
        student=plain(report.student),
        called=words.called(report),
        handed_in=[line(each) for each in words.handed_in(report)],
        reckoning=words.reckoning(report),
        language=language(),
        score=words.score(report),
        points=words.points(report),
        maximum=number(report.max_score),
        share=0 if report.status != "graded" else report.score / max(1, report.max_score),
        bonus=number(report.bonus) if report.bonus else "",
        counts=[(status, counts[status]) for status in MARKS if counts[status]],
        remark=block(report.message),
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
        sandbox=layers_line(report.sandbox),
    )


def _entries(report: Report, pictures: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the page says about each item, by id."""
    seen: dict[tuple[str, str | None], dict[str, str]] = {}
    known = {item.id for item in report.items}
    entries = {}
    for item in report.items:
        entry = _entry(item, pictures.get(item.id))
        if item.explanation.waits:
            entry["said"] = Markup(item.explanation.waiting(partial(_linked, known)))
        if item.status in WRONG and not words.is_quiet(item):
            alike = seen.setdefault((item.message, item.reproduce), entry)
            entry["same"] = alike if alike is not entry else None
            entry["open"] = alike is entry
        entries[item.id] = entry
    for word, meaning in words.terms().items():
        if first := next((entry for entry in entries.values() if word in str(entry["said"])), None):
            first["explained"].append((word, meaning))
    return entries


def _entry(item: ItemResult, picture: str | None) -> dict[str, Any]:
    why = item.explanation
    compared = bool(why.parts) and not any(part.words for part in why.shown)
    tree = item_tree(item)
    printed = shortened(plain(item.stdout)) if item.stdout.strip() else ""
    detailed = bool(item.status in WRONG or printed or item.hint or item.reproduce)
    return {
        "id": plain(item.id),
        "anchor": anchor(item.id),
        "title": plain(item.title),
        "status": item.status,
        "bonus": item.bonus,
        "quiet": words.is_quiet(item),
        "tally": tally([item]),
        "said": block(why.sentence),
        "ask": block(why.asked) if compared else "",
        "rows": [(block(part.name), block(part.expected), block(part.got)) for part in why.shown],
        "rest": why.rest,
        "origin": block(why.origin),
        "mistake": plain(why.mistake),
        "like": plain(why.like),
        "diagnosis": plain(item.diagnosis or ""),
        "whole": why.whole,
        "source": block("\n".join(why.broken.excerpt())) if why.broken else "",
        "advice": plain(why.to_do),
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


def _linked(known: Collection[str], id: str) -> str:
    """An item's name, as a link where the item is on this page."""
    name = escape(plain(id))
    return f'<a href="#{anchor(id)}">{name}</a>' if id in known else name
