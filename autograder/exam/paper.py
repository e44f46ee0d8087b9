"""An exam as whoever sits, grades or reads it knows it: the questions that everybody is asked, with their answers, as a
file that is named by its content. What builds one, and all that takes, is elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.exam.equality import fingerprint
from autograder.exam.items import Item, Question, load_items

SCHEMA = 4
SAMPLE_SEED = 2026  # of the sample class, the tests and the benchmarks; the hidden exam's is in `autograder.exam.seed`
PRACTICE_SEED = 1


@dataclass(frozen=True)
class Sheet:
    """One item's questions and their answers, side by side; and classic mistakes by the fingerprints of their answers
    (`diagnosis`).

    `ladder` holds more questions with their answers, the simplest first. They decide nothing: where an answer is wrong,
    they are asked in search of a smaller counterexample.
    """

    questions: list[Question]
    answers: list[Any]
    pitfalls: dict[str, str] = field(default_factory=dict)
    ladder: list[tuple[Question, Any]] = field(default_factory=list)

    def answered(self) -> Iterator[tuple[Question, Any]]:
        """All questions, with their answers."""
        yield from zip(self.questions, self.answers, strict=True)
        yield from self.ladder


@dataclass(frozen=True)
class Exam:
    """Questions and answers by item id. `address` is the content address: "sha256:" and 64 digits."""

    seed: int
    sheets: dict[str, Sheet]
    versions: dict[str, str]
    address: str = ""

    def questions(self) -> dict[str, list[Question]]:
        """What a worker may know: the questions alone."""
        return {id: sheet.questions for id, sheet in self.sheets.items()}

    @property
    def mistakes(self) -> str:
        """Names the mistakes that it knows, and by which answers: what reports call them depends on these."""
        known = {id: sheet.pitfalls for id, sheet in self.sheets.items()}
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:20]

    def is_like(self, other: Exam) -> bool:
        """Whether the two ask the same, take the same for right to nine digits, and know the same mistakes."""
        return self.address == other.address and all(
            Counter(sheet.pitfalls.values()) == Counter(other.sheets[id].pitfalls.values())
            for id, sheet in self.sheets.items()
        )

    def content(self) -> dict[str, Any]:
        """The exam as plain data, without its address."""
        sheets = {
            id: {"questions": sheet.questions, "answers": sheet.answers, "pitfalls": sheet.pitfalls,
                 "ladder": [list(rung) for rung in sheet.ladder]}
            for id, sheet in self.sheets.items()
        }  # fmt: skip
        return {"schema": SCHEMA, "seed": self.seed, "versions": self.versions, "items": sheets}

    def to_json(self) -> str:
        """The text of the exam's file."""
        return json.dumps({"address": self.address, **self.content()}) + "\n"

    @classmethod
    def from_json(cls, text: str, name: str = "the exam") -> Exam:
        """Read an exam. Raises UserError when the text is none, was changed by hand, or fits another rubric."""
        try:
            data = json.loads(text)
            address = data.pop("address")
            if data["schema"] != SCHEMA:
                raise UserError(f"{name} has schema {data['schema']}; build it again with `gradschool exam build`")
            sheets = {
                id: Sheet(s["questions"], s["answers"], s["pitfalls"], [(q, a) for q, a in s["ladder"]])
                for id, s in data["items"].items()
            }
            exam = cls(data["seed"], sheets, data["versions"], address)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UserError(f"{name} is not an exam; build one with `gradschool exam build`") from error
        if exam.address != content_address(exam):
            raise UserError(f"{name} was changed after it was built; build it again with `gradschool exam build`")
        if list(exam.sheets) != list(load_items()):
            raise UserError(f"{name} fits another version of the rubric; build it again with `gradschool exam build`")
        return exam


def content_address(exam: Exam) -> str:
    """Of what is asked and what is right, answers to nine digits: two processors may differ in the last one, and so may
    two builds of PyTorch, whose versions do not count either."""
    content = exam.content()
    del content["versions"]
    for sheet in content["items"].values():
        sheet["answers"] = fingerprint(sheet["answers"])
        sheet["ladder"] = [[question, fingerprint(answer)] for question, answer in sheet["ladder"]]
        del sheet["pitfalls"]
    return "sha256:" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load(path: Path) -> Exam:
    """Read an exam from a file. Raises UserError with what to do when that cannot be."""
    try:
        return Exam.from_json(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"cannot read the exam {path} ({getattr(error, 'strerror', None) or 'not a text file'}): "
            "build one with `gradschool exam build`"
        ) from error


def totals(items: Sequence[Item]) -> tuple[int, int]:
    """Points of the core items, and of the bonus ones."""
    bonus = sum(item.points for item in items if item.assignment == "stretch")
    return sum(item.points for item in items) - bonus, bonus
