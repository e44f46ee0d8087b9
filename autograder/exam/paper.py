"""An exam as whoever sits, grades or reads it knows it: the questions that everybody is asked, with their answers, as a
file that is named by its content. What builds one, and all that takes, is elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.course import Course, in_use
from autograder.errors import UserError
from autograder.exam.equality import fingerprint
from autograder.exam.items import Item, Question
from autograder.exam.specimens import Specimen, packed, unpacked
from autograder.phrase import in_english
from autograder.scheme import OWN, Scheme
from autograder.texts import opened, phrase

SCHEMA = 6
SAMPLE_SEED = 2026  # of the sample class, the tests and the benchmarks; the hidden exam's is in `autograder.exam.seed`
PRACTICE_SEED = 1


def _small(text: str) -> str:
    """JSON as little text as it gets."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _whole(small: str) -> Any:
    """What such a text holds."""
    return json.loads(zlib.decompress(base64.b64decode(small)))


@dataclass(frozen=True)
class Notes:
    """What can be said of each question, and of each rung of the ladder, whatever is answered. Much of it repeats, and
    little of it is asked for: `packed` is read as that happens. `print` is equal for notes that agree, numbers to nine
    digits."""

    packed: str = ""
    print: str = ""

    @classmethod
    def of(cls, questions: Sequence[Any], ladder: Sequence[Any]) -> Notes:
        text = json.dumps([questions, ladder], separators=(",", ":"))
        plain = in_english(json.loads(text, parse_float=lambda number: f"{float(number):.9g}"))
        agreed = json.dumps(plain, sort_keys=True)
        return cls(_small(text), hashlib.sha256(agreed.encode()).hexdigest()[:20])

    @cached_property
    def unpacked(self) -> tuple[list[Any], list[Any]]:
        """The notes on the questions, and on the ladder."""
        if not self.packed:
            return [], []
        questions, ladder = _whole(self.packed)
        return questions, ladder


@dataclass(frozen=True)
class Kept:
    """The specimens of an exam, which are read when somebody has tests to try on them. `print` stands for them."""

    packed: str = ""
    print: str = ""

    @classmethod
    def of(cls, specimens: Sequence[Specimen]) -> Kept:
        text = json.dumps(packed(specimens))
        return cls(_small(text), hashlib.sha256(text.encode()).hexdigest()) if specimens else cls()

    @cached_property
    def data(self) -> dict[str, Any]:
        """The specimens as plain data, in which each source stands once."""
        found: dict[str, Any] = _whole(self.packed) if self.packed else packed(())
        return found

    @cached_property
    def unpacked(self) -> list[Specimen]:
        """The specimens."""
        return unpacked(self.data)


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
    notes: Notes = Notes()

    def answered(self) -> Iterator[tuple[Question, Any]]:
        """All questions, with their answers."""
        yield from zip(self.questions, self.answers, strict=True)
        yield from self.ladder

    @cached_property
    def _noted(self) -> dict[str, dict[str, Any]]:
        """The notes by the question's text: to Python 2 and 2.0 are the same."""
        questions, ladder = self.notes.unpacked
        on_rungs = zip([question for question, _ in self.ladder], ladder, strict=False)
        asked = zip(self.questions, questions, strict=False)
        return {json.dumps(question): notes for question, notes in (*on_rungs, *asked)}

    def about(self, question: Question) -> dict[str, Any]:
        """The notes on one of the questions, or on one of the ladder's."""
        return self._noted[json.dumps(question)]

    def asks(self, question: Question) -> str:
        """One of the questions in a few words."""
        return phrase(self.about(question)["transcript"]["ask"])

    def effort(self, question: Question) -> int:
        """How hard it is to see through a message about one of the questions."""
        return self.about(question)["effort"]

    @property
    def efforts(self) -> list[int]:
        """The same of each rung of the ladder."""
        return [notes["effort"] for notes in self.notes.unpacked[1]]


@dataclass(frozen=True)
class Exam:
    """Questions and answers by item id. `address` is the content address: "sha256:" and 64 digits."""

    seed: int
    sheets: dict[str, Sheet]
    versions: dict[str, str]
    address: str = ""
    specimens: Kept = Kept()
    course: Course = field(default_factory=in_use, repr=False)

    def questions(self) -> dict[str, list[Question]]:
        """What a worker may know: the questions alone."""
        return {id: sheet.questions for id, sheet in self.sheets.items()}

    @property
    def mistakes(self) -> str:
        """Names the mistakes that it knows, and by which answers: what reports call them depends on these."""
        known = {id: sheet.pitfalls for id, sheet in self.sheets.items()}
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:20]

    def is_like(self, other: Exam) -> bool:
        """Whether the two ask the same, take the same for right to nine digits, know the same mistakes, and are marked
        alike."""
        return (self.address, self.course.scheme) == (other.address, other.course.scheme) and all(
            Counter(sheet.pitfalls.values()) == Counter(other.sheets[id].pitfalls.values())
            for id, sheet in self.sheets.items()
        )

    def content(self) -> dict[str, Any]:
        """The exam as plain data, without its address."""
        sheets = {
            id: {"questions": sheet.questions, "answers": sheet.answers, "pitfalls": sheet.pitfalls,
                 "ladder": [list(rung) for rung in sheet.ladder], "notes": [sheet.notes.packed, sheet.notes.print]}
            for id, sheet in self.sheets.items()
        }  # fmt: skip
        tried = {"specimens": [self.specimens.packed, self.specimens.print]} if self.specimens.packed else {}
        return {"schema": SCHEMA, "seed": self.seed, "versions": self.versions, **tried, "items": sheets}

    def to_json(self) -> str:
        """The text of the exam's file."""
        scheme = self.course.scheme
        marked = {"scheme": scheme.as_dict()} if scheme != OWN else {}
        return json.dumps({"address": self.address, "checksum": self._checksum(), **marked, **self.content()}) + "\n"

    def under(self, course: Course) -> Exam:
        """The exam as this course gives it: what is left out is not asked, and so it is another exam; points make none.
        Raises UserError where the course asks for more."""
        if missing := [id for id in course.items if id not in self.sheets]:
            raise UserError(
                f"the exam has no {missing[0]}, which the course asks for: build it again with `gradschool exam build`"
            )
        sheets = {id: self.sheets[id] for id in course.items}
        tried = self.specimens if course.suites else Kept()
        made = replace(self, sheets=sheets, specimens=tried, course=course)
        return made if len(sheets) == len(self.sheets) else replace(made, address=content_address(made))

    def _checksum(self) -> str:
        """Of the notes and the specimens, which nobody reads before they are asked for."""
        packed = [*(str(sheet.notes.packed) for sheet in self.sheets.values()), str(self.specimens.packed)]
        return hashlib.sha256(" ".join(packed).encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str, name: str = "the exam", course: Course | None = None) -> Exam:
        """Read an exam of a course, by default of the one in use, and where that has no marking scheme under the one
        that the exam brings along. Raises UserError when the text is none, was changed by hand, or fits another
        rubric."""
        try:
            data = json.loads(text)
            address = data["address"]
            if data["schema"] != SCHEMA:
                raise UserError(f"{name} has schema {data['schema']}; build it again with `gradschool exam build`")
            checksum = data["checksum"]
            sheets = {
                id: Sheet(
                    s["questions"], s["answers"], s["pitfalls"], [(q, a) for q, a in s["ladder"]], Notes(*s["notes"])
                )
                for id, s in data["items"].items()
            }
            given = course or in_use()
            scheme = Scheme.from_dict(data.get("scheme", {}))
            opened(scheme.texts)
            brought = given.whole.under(scheme)
            specimens = Kept(*data.get("specimens", ()))
            exam = cls(data["seed"], sheets, data["versions"], address, specimens, brought)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UserError(f"{name} is not an exam; build one with `gradschool exam build`") from error
        if exam.address != content_address(exam) or checksum != exam._checksum():
            raise UserError(f"{name} was changed after it was built; build it again with `gradschool exam build`")
        if list(exam.sheets) != list(exam.course.items):
            raise UserError(f"{name} fits another version of the rubric; build it again with `gradschool exam build`")
        return exam if given.scheme == OWN else exam.under(given)


def content_address(exam: Exam) -> str:
    """Of what is asked and what is right, answers to nine digits: two processors may differ in the last one, and so may
    two builds of PyTorch, whose versions do not count either."""
    content = exam.content()
    del content["versions"]
    content["specimens"] = exam.specimens.print
    for sheet in content["items"].values():
        sheet["answers"] = fingerprint(sheet["answers"])
        sheet["ladder"] = [[question, fingerprint(answer)] for question, answer in sheet["ladder"]]
        sheet["notes"] = sheet["notes"][1]
        del sheet["pitfalls"]
    return "sha256:" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load(path: Path, course: Course | None = None) -> Exam:
    """Read an exam of a course, by default of the one in use, from a file. Raises UserError with what to do when that
    cannot be."""
    try:
        return Exam.from_json(path.read_text("utf-8"), str(path), course)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"cannot read the exam {path} ({getattr(error, 'strerror', None) or 'not a text file'}): "
            "build one with `gradschool exam build`"
        ) from error


def totals(items: Sequence[Item]) -> tuple[int, int]:
    """Points of the core items, and of the bonus ones."""
    bonus = sum(item.points for item in items if item.bonus)
    return sum(item.points for item in items) - bonus, bonus
