"""A report in plain words: what the terminal, pytest, Markdown and CI annotations have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from autograder.course import in_use
from autograder.explanation import sentence
from autograder.phrase import N_
from autograder.report import ItemResult, Report
from autograder.texts import _, joined, ngettext

WRONG = ("failed", "error", "timeout", "crashed")
FIRST_WRONG = N_("<-- first wrong")  # stands behind a node in a text tree
LATE = N_("Handed in late, as the course's system says.")
TREE = N_("The graph, from the result to the leaves:")

# A status' mark, and the mark where only ASCII can be shown.
MARKS = {
    "passed": ("✓", "+"),
    "failed": ("✗", "x"),
    "todo": ("○", "."),
    "blocked": ("⊘", "-"),
    "error": ("!", "!"),
    "timeout": ("⏱", "t"),
    "crashed": ("☠", "#"),
    "ungraded": ("?", "?"),
}

# A status in words, for whoever sees its mark.
MEANINGS = {
    "passed": N_("right"),
    "failed": N_("wrong answer"),
    "todo": N_("to do"),
    "blocked": N_("waits for another item"),
    "error": N_("stopped by an exception"),
    "timeout": N_("did not come to an end"),
    "crashed": N_("ended the Python process"),
    "ungraded": N_("could not be graded"),
}
PASTE = N_("To see it, paste this into Python")  # how the heading above lines to paste begins

_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, cursor movements
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # titles, links
    r"|\x1b[ -/]*[0-~]?"
)
# Control characters, line separators that are no newline, and marks that turn the direction of what follows.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class RubricItem(Protocol):
    """What a report needs to know of an item; both rubric items and verdicts have it."""

    @property
    def id(self) -> str: ...
    @property
    def assignment(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def points(self) -> int: ...
    @property
    def bonus(self) -> bool: ...


AnyItem = TypeVar("AnyItem", bound=RubricItem)


def terms() -> Mapping[str, str]:
    """Words of the course's messages that a reader may not know, each with what it means."""
    return {_(word): _(meaning) for word, meaning in in_use().terms.items()}


def plain(text: str) -> str:
    """`text` without escape sequences, lone surrogates and control characters other than newline and tab."""
    if text.isprintable():
        return text
    text = _ESCAPE.sub("", re.sub("\r\n?", "\n", text))
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _CONTROL.sub("", text))


def quoted(text: str) -> str:
    """`plain(text)` in which no line is a GitHub workflow command, however indented it gets printed."""
    return re.sub(r"(?m)^(?=[^\S\n]*::)", "| ", plain(text)).replace("##[", "## [")


def shortened(text: str, lines: int = 10, width: int = 200) -> str:
    """The first lines of `text`, each cut to `width` characters; says how much is left out."""
    every = text.strip("\n").split("\n")
    kept = [line if len(line) <= width else line[: width - 3] + "..." for line in every[:lines]]
    if len(every) > lines:
        kept.append(_("... ({count:,} more lines)", count=len(every) - lines))
    return "\n".join(kept)


def number(value: float) -> str:
    """The shortest spelling of a number of points: 87, 87.5."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def tally(items: Sequence[ItemResult]) -> str:
    """The points that the items earned: 10/26, or ?/26 when one is ungraded; "" without items."""
    if not items:
        return ""
    earned = "?" if any(item.status == "ungraded" for item in items) else sum(item.earned for item in items)
    return f"{earned}/{sum(item.points for item in items)}"


def points(report: Report) -> str:
    """The report's score: 87, ? when some of it is ungraded, or - where nothing was there to grade."""
    return {"graded": number(report.score), "ungraded": "?"}.get(report.status, "-")


def score(report: Report) -> str:
    """The report's score of its maximum: 87/100."""
    return f"{points(report)}/{number(report.max_score)}"


def remark(report: Report) -> str:
    """What there is to say of the whole beside its score: how it was handed in, and the reason where there is one."""
    return "; ".join(filter(None, [*handed_in(report), report.reason]))


def handed_in(report: Report) -> list[str]:
    """How it was handed in, where that is worth a word: late, several times, with others, or chosen by hand."""
    who = report.who
    said = [
        *late_words(report),
        _("the latest of {count} attempts", count=who["attempts"]) if who.get("attempts") else "",
        _("handed in by the group {group}", group=who["group"]) if who.get("group") else "",
        _("{file} was chosen by hand", file=who["chosen"]) if who.get("chosen") else "",
        _("{points} points before, for an earlier hand-in", points=who["before"]) if who.get("before") else "",
    ]
    return [plain(each) for each in said if each]


def late_words(report: Report) -> list[str]:
    """That it came late, as a system says; where the course has due dates, what of it did, and what that costs."""
    if not report.dated:
        return [_("late")] if report.who.get("late") else []
    off, left = number(report.penalty), number(report.final_score)
    cost = _("{off} points off, so {left} count", off=off, left=left) if report.penalty else ""
    if report.final_bonus != report.bonus:
        cost = "; ".join(filter(None, [cost, _("of the bonus {left} count", left=number(report.final_bonus))]))
    alike: dict[str, list[str]] = {}
    for each in report.late:
        alike.setdefault(each.by, []).append(each.assignment)
    whole = len(alike) == 1 and len(report.late) >= len(by_assignment(report.items))
    told = [by if whole else _("{names} {late}", names=", ".join(names), late=by) for by, names in alike.items()]
    return [*told, *filter(None, [cost])]


def late_sentence(report: Report) -> str:
    """The same as a sentence; empty where nothing is late."""
    if not report.dated:
        return _(LATE) if report.who.get("late") else ""
    return _("Handed in late: {how}.", how=", ".join(late_words(report))) if report.late else ""


def reckoning(report: Report) -> str:
    """Score, penalty and final score, where the course has due dates and there is a score."""
    if not report.dated or report.status != "graded":
        return ""
    numbers = {"score": report.score, "penalty": report.penalty, "final": report.final_score}
    said = _("score {score}, penalty {penalty}, final score {final}", **{k: number(v) for k, v in numbers.items()})
    return said + (_(", final bonus {bonus}", bonus=number(report.final_bonus)) if report.bonus else "")


def standing(report: Report) -> str:
    """What tells a report from an ordinary one: that it came late, or why there is no score."""
    late = "; ".join(late_words(report))
    why = f"{_(report.status)}: {report.reason}" if report.status != "graded" else ""
    return "; ".join(filter(None, [late, why]))


def nothing(report: Report) -> str:
    """What a student has to know of whom nothing can be graded, beside the reason; empty for others."""
    said = _("There was nothing to grade ({status}), and this is no zero.", status=_(report.status))
    return said if report.unread else ""


def natural_name(report: Report) -> str:
    """What to call the student, the first name first; their id where no name is known."""
    last, comma, first = report.who.get("name", "").partition(",")
    return plain(f"{first} {last}" if comma else last).strip() or report.student


def called(report: Report) -> str:
    """The student's name, where it is known and their id does not say it."""
    name = " ".join(plain(report.who.get("name", "")).split())
    return "" if name.replace(" ", "_") == report.student else name


def file_name(text: str, other: str) -> str:
    """A text as the name of a file; the other where nothing is left of it."""
    text = "".join("-" if c in '/\\:*?"<>|' else c for c in " ".join(plain(text).split()))
    return text.lstrip(".~- ") or other


def is_quiet(item: ItemResult) -> bool:
    """Whether an item of the bonus is not done: an invitation, and no fault."""
    return item.bonus and item.status not in ("passed", "ungraded")


def core_done(report: Report) -> bool:
    """Whether all items of the core pass."""
    return all(item.status == "passed" for item in report.items if not item.bonus)


def in_view(report: Report) -> list[ItemResult]:
    """The items that concern a student: the bonus is an invitation to who has done the core."""
    return [item for item in report.items if not item.bonus or core_done(report)]


def left_to_do(report: Report) -> list[ItemResult]:
    """The items that do not pass and are the student's, the first to be mended first: a module that cannot be imported
    takes all that is in it along, and what was begun lacks little. The bonus is among them once the core is done."""
    left = [item for item in in_view(report) if item.status not in ("passed", "ungraded")]
    return sorted(left, key=lambda item: (not unimportable(item), not is_begun(item)))


def is_begun(item: ItemResult) -> bool:
    """Whether an item is still to be written, and something is written for it."""
    return item.status == "todo" and bool(item.explanation.advice)


def unimportable(item: ItemResult) -> str:
    """What is said of a module that cannot be imported, if that is what is wrong."""
    why = item.explanation
    return (why.invalid.sentence if why.invalid else why.problem) if why.unimported else ""


def trouble(report: Report) -> str:
    """What is wrong with what was handed in as a whole, else what the student should do next."""
    return next_step(report) if any(map(unimportable, report.items)) else report.message or next_step(report)


def next_step(report: Report) -> str:
    """What the student should do next: the first item that does not pass; empty when that is not theirs."""
    left = left_to_do(report)
    if not left:
        return _("Everything passes. Well done!") if report.items and not report.ungraded else ""
    if lost := unimportable(left[0]):
        return ". ".join(filter(None, [_("First of all: {lost}", lost=lost), sentence(left[0].explanation.advice)]))
    if is_sum(left[0]):
        return ""
    place = where(left[0])
    item = f"{left[0].id}, {left[0].title}" + (f" ({place})" if place else "")
    return (
        _("The core is complete! For the bonus: {item}", item=item) if left[0].bonus else _("Next: {item}", item=item)
    )


def is_sum(item: ItemResult) -> bool:
    """Whether it stands for all of an assignment, as students read it who are told scores alone."""
    return item.id in (item.assignment, f"{item.assignment}-bonus")


def unchecked(report: Report) -> str:
    """What cannot be checked for files that are not Python, as a sentence; empty where that is nothing."""
    groups = by_assignment(item for item in report.items if not item.bonus)
    lost = {name: [item for item in items if item.explanation.invalid] for name, items in groups.items()}
    whole = [name for name, items in lost.items() if items and len(items) == len(groups[name])]
    partly = [name for name, items in lost.items() if items and name not in whole]
    if not (whole or partly):
        return ""
    said = [_("nothing of {names} can be checked", names=joined(whole))] if whole else []
    said += [_("only a part of {names} can be checked", names=joined(partly))] if partly else []
    both = said[0] if len(said) == 1 else _("{one}, and {other}", one=said[0], other=said[1])
    return ngettext("Until this is mended, {lost}.", "Until these are mended, {lost}.", len(report.invalid), lost=both)


def legend(items: Iterable[ItemResult], encoding: str = "utf-8") -> str:
    """The marks that these items carry and what each means, but for that of what passes."""
    seen = {item.status for item in items} - {"passed"}
    return "   ".join(f"{mark(status, encoding)} {_(MEANINGS[status])}" for status in MARKS if status in seen)


def mark(status: str, encoding: str = "utf-8") -> str:
    """The character that stands for a status on a terminal of this encoding."""
    return MARKS[status][0 if encoding.startswith("utf") else 1]


def where(item: ItemResult) -> str:
    """Where in the student's code the item points to, as `file:line` on one line; empty when nowhere."""
    file = " ".join(quoted(item.file or "").split())
    return f"{file}:{item.line}" if file and item.line else file


def by_assignment(items: Iterable[AnyItem]) -> dict[str, list[AnyItem]]:
    """The items of each assignment, in the order in which they come."""
    groups: dict[str, list[AnyItem]] = {}
    for item in items:
        groups.setdefault(item.assignment, []).append(item)
    return groups
