"""A report as short plain lines for whoever pushed: git shows them behind `remote: `."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from textwrap import wrap

from autograder.report import ItemResult, Report
from autograder.report import text as words
from autograder.report.text import MARKS, WRONG, by_assignment, number, plain, tally
from autograder.texts import _

WIDTH = 70
_ITEMS = 3
_LINES = 6


def push_lines(report: Report, *, quiet: bool = False, instead: Mapping[str, str] | None = None) -> list[str]:
    """The score of each assignment, and what is wrong with the first few items; with `quiet`, scores alone.

    `instead` has, by item, what to say rather than the message. Nothing that the student's code printed is shown.
    """
    said = short(report.message, 2) if report.message and not quiet else []
    for assignment, items in by_assignment(report.items).items():
        counts = Counter(item.status for item in items)
        others = ", ".join(f"{counts[status]} {_(status)}" for status in MARKS if status != "passed" and counts[status])
        bonus = "  " + _("(bonus)") if all(item.bonus for item in items) else ""
        said.append(f"  {assignment:<12}{tally(items):>7}  {'' if quiet else others}".rstrip() + bonus)
    extra = _(", bonus {points}", points=number(report.bonus)) if report.bonus else ""
    name = _("score")
    said.append(f"  {name:<12}{words.score(report):>7}{extra}")
    if reckoned := words.reckoning(report):
        said += short(f"  {reckoned}", 2)
    if quiet:
        return said
    wrong = [item for item in report.items if item.status in WRONG]
    for item in wrong[:_ITEMS]:
        said += ["", *_item(item, (instead or {}).get(item.id, item.message))]
    if len(wrong) > _ITEMS:
        said += ["", _("and {count} more that are wrong", count=len(wrong) - _ITEMS)]
    if not wrong and (following := words.next_step(report)):
        said += ["", *short(following, 3)]
    return said


def short(text: str, lines: int = _LINES, indent: str = "") -> list[str]:
    """`text`, made harmless, in at most so many lines that are not long; what is left out is said."""
    every = [
        piece
        for line in plain(text[: 50 * WIDTH * lines]).expandtabs(4).strip().split("\n")
        for piece in wrap(line, WIDTH - len(indent), subsequent_indent="  ") or [""]
    ]
    return [indent + line for line in every[:lines]] + [f"{indent}..."] * (len(every) > lines)


def _item(item: ItemResult, message: str) -> list[str]:
    place = words.where(item)
    head = f"{item.id} {tally([item])} {_(item.status)}" + (f", {place}" if place else "")
    return [*short(head, 2), *short(message, indent="  | ")]
