"""A report as GitHub-flavoured Markdown, for job summaries, issues and messages to students."""

from __future__ import annotations

import re
from html import escape
from itertools import chain

from autograder.report import ItemResult, Report
from autograder.report import text as words
from autograder.report.exports import ForStudent
from autograder.report.message import item_tree
from autograder.texts import _

_PUNCTUATION = re.compile(r"[\\`*_{}\[\]!|~$:]|\.(?=\S)")
_DETAILED = (*words.WRONG, "ungraded")


def markdown(report: Report, *, details: bool = True) -> str:
    """The score, a table for each assignment, and details of what is wrong."""
    bonus = _(", {points} bonus", points=words.number(report.bonus)) if report.bonus else ""
    blocks = [
        f"## {_inline(report.student)}",
        _("**{score} points**", score=words.score(report)) + bonus,
        _inline(words.next_step(report)),
        _inline(words.nothing(report)),
        _inline(words.reckoning(report)) and f"**{_inline(words.reckoning(report))}**",
        _inline(words.late_sentence(report)) if report.dated else words.late_sentence(report),
    ]
    if report.message:
        blocks.append(_fenced(words.shortened(words.quoted(report.message), lines=40, width=1000)))
    for assignment, items in words.by_assignment(report.items).items():
        blocks.append(f"### {_inline(assignment)}: {words.tally(items)}")
        blocks.append("\n".join([_("| | item | points | |"), "|---|---|---:|---|", *map(_row, items)]))
    wrong = [_details(item) for item in words.in_view(report) if details and item.status in _DETAILED]
    if said := [each for each in wrong if len(each) > 1]:  # more than a heading
        blocks += [_("### Details"), *chain.from_iterable(said)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _row(item: ItemResult) -> str:
    sign = (
        f"{words.mark('todo')} {_('bonus')}" if words.is_quiet(item) else f"{words.mark(item.status)} {_(item.status)}"
    )
    cells = (sign, _inline(item.id), words.tally([item]), _inline(item.title))
    return f"| {' | '.join(cells)} |"


def _details(item: ItemResult) -> list[str]:
    place = " " + _("at {place}", place=_inline(words.where(item))) if item.file else ""
    blocks = [f"#### {_inline(item.id)}: {_(item.status)}{place}"]
    if item.message:
        blocks.append(_fenced(words.shortened(words.quoted(item.message), lines=40, width=1000)))
    if drawn := item_tree(item):
        blocks += [_(words.TREE), _fenced(drawn)]
    if item.hint:
        blocks.append(_("Hint: {hint}", hint=_inline(item.hint)))
    if item.reproduce:
        blocks += [f"{_(words.PASTE)}:", _fenced(words.plain(item.reproduce).strip("\n"), "python")]
    if item.stdout.strip():
        blocks += [_("The code printed:"), _fenced(words.shortened(words.quoted(item.stdout)))]
    return blocks


def _inline(text: str) -> str:
    """`text` on one line, all of it inert: no HTML, emphasis, links, table cells, mentions or references."""
    text = _PUNCTUATION.sub(r"\\\g<0>", escape(" ".join(words.plain(text).split()), quote=False))
    # A word joiner behind them keeps @name and #1 from becoming links.
    return text.replace("#", "\\#&NoBreak;").replace("@", "\\@&NoBreak;")


def _fenced(text: str, language: str = "text") -> str:
    """`text` in a code block that nothing inside can close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


EXPORT = ForStudent(markdown, "summary.md", whole=True)
