"""What is remembered from one check to the next: what passed before, and how many hints were shown.

One small file beside the practice exam. Where it cannot be read or written everything works without it, and nothing
is called new.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course import in_use
from autograder.files import write_atomically
from autograder.report import ItemResult, Report
from autograder.report.guide import News
from autograder.report.text import by_assignment, left_to_do
from autograder.texts import _

MEMORY = ".gradschool.json"


def course_hints() -> Any:
    """The course's module of hints."""
    return in_use().find("hints")


@dataclass
class Progress:
    """The memory in the file `path`, or none at all. `passed` ever passed; `lost` of these do not at present.

    `hints` holds, for each item, the ladder that was shown (a pitfall's id, a symptom, or "") and how many hints of it.
    """

    path: Path | None
    passed: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    hints: dict[str, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None) -> Progress:
        """The memory as it is now; empty where there is none, or none that makes sense."""
        try:
            data = json.loads(path.read_text("utf-8")) if path else {}
            hints = {str(id): (str(name), int(count)) for id, (name, count) in data.get("hints", {}).items()}
            return cls(path, set(map(str, data.get("passed", []))), set(map(str, data.get("lost", []))), hints)
        except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return cls(path)

    def save(self) -> bool:
        """Whether it could be kept."""
        if self.path is None or not self.path.parent.is_dir():
            return False
        data = {"passed": sorted(self.passed), "lost": sorted(self.lost), "hints": dict(sorted(self.hints.items()))}
        try:
            write_atomically(self.path, json.dumps(data) + "\n")
        except OSError:
            return False
        return True

    def note(self, report: Report) -> News:
        """Remember what passes; what is new about it. Items without a verdict stay as they were: also those that wait
        for a file to be Python again, and the bonus before the core is done."""
        passing = [item for item in report.items if item.status == "passed"]
        failing = [item for item in left_to_do(report) if not item.explanation.invalid]
        new = [item for item in passing if item.id not in self.passed]
        again = [item for item in passing if item.id in self.lost]
        lost = [item for item in failing if item.id in self.passed]
        self.passed.update(item.id for item in new)
        before = set(self.lost)
        self.lost.difference_update(item.id for item in again)
        self.lost.update(item.id for item in lost)
        if (new or self.lost != before) and not self.save():
            return News()
        chapters = self._chapters(report, new)
        words: Any = in_use().find("hint_words")() if chapters else None
        said = [words.milestone(chapter) or _("All of {chapter} is done.", chapter=chapter) for chapter in chapters]
        return News(new, again, lost, chapters, said)

    def _chapters(self, report: Report, new: Sequence[ItemResult]) -> list[str]:
        """The assignments that are done with these new items."""
        groups = by_assignment(report.items)
        ended = dict.fromkeys(item.assignment for item in new)
        return [name for name in ended if all(item.status == "passed" for item in groups[name])]

    def hints_shown(self, item: ItemResult) -> int:
        """How many hints of the item's present ladder were shown."""
        shown, count = self.hints.get(item.id, ("", 0))
        return max(count, 0) if shown == course_hints().ladder(item).id else 0

    def show_hints(self, items: Sequence[ItemResult], count: int) -> None:
        """Remember that so many hints of these items' present ladders were shown."""
        fewer = [item for item in items if self.hints_shown(item) < count]
        self.hints.update((item.id, (course_hints().ladder(item).id, count)) for item in fewer)
        if fewer:
            self.save()
