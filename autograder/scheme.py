"""What counts, where an instructor says that it is not as in the course's own rubric. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Scheme:
    """A marking scheme: what an instructor says of what counts, where that is not as in the course's own rubric.

    `points` are those of items, `bonus` the items that count beyond the maximum (None: as in the rubric), and
    `left_out` those that nobody is asked: students are given them ready-made. `seconds` is the processor time that an
    item may take, 0 for what is usual, and `hints` which of them students get: "all", "mistakes" or "none"; `words` are
    hints, and what is said of mistakes, in other words. `language` is that of all that students read, and `texts` are
    the sentences in it, where an instructor has handed these in (see `texts.packed`).
    """

    title: str = ""
    points: Mapping[str, int] = field(default_factory=dict)
    bonus: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    seconds: float = 0.0
    hints: str = "all"
    words: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"
    texts: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What differs from the rubric, as plain data."""
        data = {**vars(self), "points": dict(self.points), "left_out": list(self.left_out), "words": dict(self.words)}
        data["bonus"] = None if self.bonus is None else list(self.bonus)
        own = vars(OWN)
        return {name: value for name, value in data.items() if getattr(self, name) != own[name]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scheme:
        """The inverse of `as_dict`. Raises TypeError or ValueError when that is not what it gets."""
        found = cls(**data)
        marks = all(type(each) is int and each > 0 for each in dict(found.points).values())
        texts = (found.title, found.hints, found.language, found.texts)
        if not (marks and all(isinstance(each, str) for each in texts) and dict(found.words) == found.words):
            raise ValueError("this is no marking scheme")
        bonus = None if found.bonus is None else tuple(map(str, found.bonus))
        return replace(found, bonus=bonus, left_out=tuple(map(str, found.left_out)), seconds=float(found.seconds))

    @property
    def marks(self) -> str:
        """Names what of it stands in verdicts: points, what is bonus, hints and the language of sentences; empty where
        these are the rubric's."""
        changed = self.points or self.bonus is not None or self.hints != OWN.hints or self.words
        said = sorted(self.points.items()), self.bonus and sorted(self.bonus), self.hints, self.words
        spoken = f" {self.language} {self.texts}" if self.language != OWN.language else ""
        return (f" {said}" if changed else "") + spoken

    def withholds(self, diagnosis: str | None) -> bool:
        """Whether students get no hints for what is wrong: `diagnosis` is the mistake, if one is recognised."""
        return self.hints == "none" or (self.hints == "mistakes" and not diagnosis)


OWN = Scheme()  # the rubric as the course has it
