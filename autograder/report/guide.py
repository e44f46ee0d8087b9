"""What the student's view knows besides the report: TODOs, files to point at, and what is new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import in_use
from autograder.phrase import N_
from autograder.report import ItemResult, Report
from autograder.report.text import number
from autograder.texts import _, joined, ngettext
from autograder.todos import Todo

CORE_DONE = N_("The core is complete!")
_NAMED = 5


@dataclass(frozen=True)
class News:
    """What a check found that the one before did not know: items that pass now, pass again, or no longer pass, and the
    assignments all of whose items now pass for the first time, with what the course says of each."""

    passed: Sequence[ItemResult] = ()
    again: Sequence[ItemResult] = ()
    lost: Sequence[ItemResult] = ()
    chapters: Sequence[str] = ()
    milestones: Sequence[str] = ()


@dataclass(frozen=True)
class Guide:
    """`files` are the student's, absolute, by the names that the report uses. `details` is how many wrong items are
    shown with all there is to say about them; None shows all. `command` is how to call this command from here, and
    `hint` how to ask for a hint."""

    files: Mapping[str, Path] = field(default_factory=dict)
    todos: Mapping[str, Todo] = field(default_factory=dict)
    news: News = field(default_factory=News)
    details: int | None = None
    command: str = "gradschool"
    hint: str = "{command} hint {id}"

    def hint_call(self, id: str) -> str:
        """How to ask for a hint for this item."""
        return self.hint.format(command=self.command, id=id)

    def todo(self, item: ItemResult) -> Todo | None:
        """The TODO that an item is still about. One that raises nothing, as those of the bonus, may stand over a
        wrong answer too."""
        found = self.todos.get(item.id)
        open_ = item.status == "todo" or (found is not None and found.bonus and item.status != "passed")
        return found if open_ else None

    def links(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where `text` names a line of the student's files, and the address of that line."""
        if self.files:
            names = "|".join(re.escape(name) for name in sorted(self.files, key=len, reverse=True))
            for match in re.finditer(rf"(?<![\w./\\-])({names}):(\d+)\b", text):
                yield match.start(), match.end(), f"{self.files[match[1]].as_uri()}#{match[2]}"


def lost_lines(news: News) -> list[str]:
    """What no longer passes, as a sentence."""
    names, count = _names(news.lost) if news.lost else "", len(news.lost)
    said = ngettext("{names} no longer passes.", "{names} no longer pass.", count, names=names)
    return [said] if news.lost else []


def new_lines(news: News) -> list[str]:
    """What passes for the first time, what passes again, and which chapters are done, as a sentence each."""
    points = sum(item.points for item in news.passed)
    lines = []
    if news.passed:
        earned = ngettext("{count} point", "{count} points", points)
        names, count = _names(news.passed), len(news.passed)
        lines.append(
            ngettext("{names} passes: {points}.", "{names} pass: {points}.", count, names=names, points=earned)
        )
    if news.again:
        names, count = _names(news.again), len(news.again)
        lines.append(ngettext("{names} passes again.", "{names} pass again.", count, names=names))
    return [*lines, *news.milestones]


def celebration(report: Report) -> str:
    """What to say when the core, or everything, passes; empty when it does not."""
    core = [item for item in report.items if not item.bonus]
    if not core or any(item.status != "passed" for item in core):
        return ""
    points = number(report.score + report.bonus)
    words = in_use().find("hint_words")()
    if len(core) < len(report.items) and all(item.status == "passed" for item in report.items):
        return _("All {points} points, the bonus with them.", points=points) + f" {words.everything}".rstrip()
    return _("All {points} points of the core.", points=number(report.score)) + f" {words.core}".rstrip()


def _names(items: Sequence[ItemResult]) -> str:
    names = [item.id for item in items]
    if len(names) > _NAMED + 1:
        names[_NAMED:] = [_("{count} more", count=len(names) - _NAMED)]
    return joined(names)
