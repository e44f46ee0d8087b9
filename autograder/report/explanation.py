"""What there is to say about a wrong item, as facts. The message is written from them, here alone: no other face reads
a fact back out of a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

MOST_PARTS = 3  # of a wrong answer that a message spells out
_MOST_WAITS = 6  # of the items that another waits for

Frame = tuple[str, int, str]  # file, line, function


@dataclass(frozen=True)
class Part:
    """One part of an answer that is wrong: its name, what it should be and what it is. `words` says it where these
    three do not make a sentence; `source` prints it, in the lines to paste, where it can be had by an expression."""

    name: str = ""
    expected: str = ""
    got: str = ""
    words: str = ""
    source: str = ""

    def __str__(self) -> str:
        return self.words or f"{self.name} should be {self.expected}, yours is {self.got}"


@dataclass(frozen=True)
class Explanation:
    """Why an item did not pass.

    `asked` is the question in a few words; `did` what the code did instead of answering ("raised TypeError: …"),
    `problem` a sentence about the answer, `parts` the wrong parts of it, `origin` a sentence on where a right number
    comes from; `frames` are the student's own, the last call first; `mistake` is what code does that gives all these
    answers; `waits` are the items that it waits for; `remark` ends the sentence. `whole` tells that this is said of the
    submission as a whole, `absent` that nothing was handed in for the item, `unimported` that a module of it cannot be
    imported.
    """

    problem: str = ""
    asked: str = ""
    did: str = ""
    parts: tuple[Part, ...] = ()
    origin: str = ""
    frames: tuple[Frame, ...] = ()
    mistake: str = ""
    waits: tuple[str, ...] = ()
    remark: str = ""
    whole: bool = False
    absent: bool = False
    unimported: bool = False

    @property
    def shown(self) -> Sequence[Part]:
        """The parts that a message spells out."""
        return self.parts[:MOST_PARTS]

    @property
    def waited_for(self) -> Sequence[str]:
        """The items that a message names of those that are waited for."""
        return self.waits if len(self.waits) <= _MOST_WAITS + 1 else self.waits[:_MOST_WAITS]

    @property
    def rest(self) -> str:
        """How many parts, or items, it does not."""
        more = len(self.parts) + len(self.waits) - len(self.shown) - len(self.waited_for)
        return f"and {more} more" if more > 0 else ""

    @property
    def sentence(self) -> str:
        """What was asked and what is wrong, without places and names of mistakes."""
        if self.waits:
            return f"waits for {', '.join(self.waited_for)} {self.rest}".strip()
        head = f"{self.asked} {self.did}".strip()
        answer = self.problem or "; ".join(filter(None, [*map(str, self.shown), self.rest]))
        return ": ".join(filter(None, [head, answer])) + self.remark

    def text(self) -> str:
        """The message: the sentence, where the right number comes from, the student's frames, and the mistake that was
        recognised."""
        lines = [
            self.sentence,
            *filter(None, [self.origin]),
            *(f"  at {file}:{line} in {function}" for file, line, function in self.frames),
        ]
        if self.mistake:
            lines.append(f"All your answers are those of code in which {self.mistake}.")
        return "\n".join(lines)

    def map(self, change: Callable[[str], str]) -> Explanation:
        """The same with all words changed that may come from the student's code."""
        return replace(
            self,
            problem=change(self.problem),
            did=change(self.did),
            parts=tuple(replace(part, got=change(part.got), words=change(part.words)) for part in self.parts),
            frames=tuple((change(file), line, change(function)) for file, line, function in self.frames),
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without what is empty."""
        data = {name: value for name, value in vars(self).items() if value}
        if self.parts:
            data["parts"] = [{name: value for name, value in vars(part).items() if value} for part in self.parts]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Explanation:
        """The inverse of `as_dict`. Raises TypeError when that is not what it gets."""
        parts = tuple(Part(**part) for part in data.get("parts", ()))
        frames = tuple((file, line, function) for file, line, function in data.get("frames", ()))
        return cls(**{**data, "parts": parts, "frames": frames, "waits": tuple(data.get("waits", ()))})
