"""What there is to say about a wrong item, as facts. The message is written from them, here alone: no other face reads
a fact back out of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.texts import _

MOST_PARTS = 3  # of a wrong answer that a message spells out
_MOST_WAITS = 6  # of the items that another waits for

Frame = tuple[str, int, str]  # file, line, function


def sentence(advice: str) -> str:
    """What to do, as a sentence; empty where nothing is said."""
    ended = advice if advice.endswith(("?", ".", "!")) else f"{advice}."
    return ended[:1].upper() + ended[1:] if advice else ""


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
        return self.words or _(
            "{name} should be {expected}, yours is {got}", name=self.name, expected=self.expected, got=self.got
        )


@dataclass(frozen=True)
class Invalid:
    """A file that is not Python, so that nothing in it can be checked: the `line` that is at fault (0 where it is not
    known), `reason` as a part of a sentence, and `advice` what to do. `source` are that line and some above it, each
    with its number; `caret` is the column of the fault, counted from 1, or 0."""

    file: str
    line: int = 0
    reason: str = ""
    advice: str = ""
    source: tuple[tuple[int, str], ...] = ()
    caret: int = 0

    @property
    def headline(self) -> str:
        if self.line:
            return _("{file}, line {line} is not valid Python", file=self.file, line=self.line)
        return _("{file} is not valid Python", file=self.file)

    @property
    def sentence(self) -> str:
        return f"{self.headline}: {self.reason}"

    def excerpt(self) -> list[str]:
        """The lines, numbered, and under the one that is at fault a caret."""
        width = len(str(self.line))
        lines = [f"{number:{width}} | {line}".rstrip() for number, line in self.source]
        if not (self.source and self.caret):
            return lines
        below = re.sub(r"[^\t]", " ", self.source[-1][1][: self.caret - 1])
        return [*lines, f"{'':{width}} | {below}^"]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without what is empty."""
        return {name: value for name, value in vars(self).items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Invalid:
        """The inverse of `as_dict`. Raises TypeError when that is not what it gets."""
        return cls(**{**data, "source": tuple((number, line) for number, line in data.get("source", ()))})


@dataclass(frozen=True)
class Explanation:
    """Why an item did not pass.

    `asked` is the question in a few words; `did` what the code did instead of answering ("raised TypeError: …"),
    `problem` a sentence about the answer, `parts` the wrong parts of it, `origin` a sentence on where a right number
    comes from; `frames` are the student's own, the last call first; `mistake` is what code does that gives all these
    answers; `waits` are the items that it waits for; `remark` ends the sentence; `advice` says what to do, where that
    is known; `raised` is the kind of exception that was raised, and `given` how many of the frames, the first ones, are
    in given code that was called wrongly.
    `whole` tells that this is said of the submission as a whole, `absent` that nothing was handed in for the item,
    `caught` is how many mistakes tests of the student's own catch, `of` so many that they should.
    `unimported` that a module of it cannot be imported, and `invalid` which file is not Python, if that is why it, or
    what it waits for, has no verdict.
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
    advice: str = ""
    raised: str = ""
    given: int = 0
    whole: bool = False
    absent: bool = False
    unimported: bool = False
    invalid: Invalid | None = None
    caught: int = 0
    of: int = 0

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
        return _("and {count} more", count=more) if more > 0 else ""

    def waiting(self, spelled: Callable[[str], str] = str) -> str:
        """What it waits for, each item as it is `spelled` where that is said; empty where it waits for none."""
        named = f"{', '.join(map(spelled, self.waited_for))} {self.rest}".strip()
        return _("waits for {names}", names=named) if self.waits else ""

    @property
    def broken(self) -> Invalid | None:
        """The file that is to be mended first, where that is not said of what this waits for."""
        return None if self.waits else self.invalid

    @property
    def to_do(self) -> str:
        """What to do about it, as a sentence; empty where nothing is known."""
        return sentence(self.broken.advice if self.broken else self.advice)

    @property
    def like(self) -> str:
        """What all wrong answers have in common; empty where that is not known."""
        said = _("all your answers are those of code in which {mistake}", mistake=self.mistake)
        return said if self.mistake else ""

    @property
    def sentence(self) -> str:
        """What was asked and what is wrong, without places and names of mistakes."""
        if self.waits:
            return self.waiting()
        if self.invalid:
            return self.invalid.sentence
        head = f"{self.asked} {self.did}".strip()
        answer = self.problem or "; ".join(filter(None, [*map(str, self.shown), self.rest]))
        return ": ".join(filter(None, [head, answer])) + self.remark

    def text(self) -> str:
        """The message: the sentence, where the right number comes from, the student's frames or lines, the mistake that
        was recognised, and the advice."""
        lines = [self.sentence, *filter(None, [self.origin])]
        for at, (file, line, function) in enumerate(self.frames):
            lines.append("  " + _("at {place} in {function}", place=f"{file}:{line}", function=function))
            lines[-1] += _(", which is given") if at < self.given else ""
        lines += [f"    {line}" for line in self.broken.excerpt()] if self.broken else []
        return "\n".join(filter(None, [*lines, sentence(self.like), self.to_do]))

    def map(self, change: Callable[[str], str]) -> Explanation:
        """The same with all words changed that may come from the student's code."""
        return replace(
            self,
            problem=change(self.problem),
            did=change(self.did),
            parts=tuple(replace(part, got=change(part.got), words=change(part.words)) for part in self.parts),
            frames=tuple((change(file), line, change(function)) for file, line, function in self.frames),
            advice=change(self.advice),
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without what is empty."""
        data = {name: value for name, value in vars(self).items() if value}
        if self.parts:
            data["parts"] = [{name: value for name, value in vars(part).items() if value} for part in self.parts]
        if self.invalid:
            data["invalid"] = self.invalid.as_dict()
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Explanation:
        """The inverse of `as_dict`. Raises TypeError when that is not what it gets."""
        parts = tuple(Part(**part) for part in data.get("parts", ()))
        frames = tuple((file, line, function) for file, line, function in data.get("frames", ()))
        invalid = Invalid.from_dict(data["invalid"]) if "invalid" in data else None
        waits = tuple(data.get("waits", ()))
        return cls(**{**data, "parts": parts, "frames": frames, "waits": waits, "invalid": invalid})
