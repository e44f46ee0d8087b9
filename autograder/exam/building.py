"""The exam: the questions that everybody is asked, with PyTorch's answers. Drawn once, stored, content-addressed.

Heavy imports (torch, hypothesis) happen only where an exam is made; loading one needs neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.courses.micrograd.transcript.lab import write_down
from autograder.errors import UserError
from autograder.exam.equality import agrees, fingerprint
from autograder.exam.items import ASSIGNMENTS, Item, Question, load_items
from autograder.locks import locked
from autograder.project import cache_folder, installing, project_root
from autograder.report.files import write_atomically
from autograder.scratch import Scratch

SCHEMA = 4
SAMPLE_SEED = 2026  # of the sample class, the tests and the benchmarks; the hidden exam's is in `autograder.exam.seed`
PRACTICE_SEED = 1
_SIMPLE = 20  # questions that are drawn for a ladder
_RUNGS = 18  # that it has at most, no two of one form
_DECIMAL = 2  # that have a decimal besides
_NUMBER = re.compile(r"-?[0-9][0-9.e-]*")
_FRACTION = re.compile(r"\.(?!0\b)(\d+)")
_HIDING = re.compile(r"(?<![\w.\[-])-?[01](?:\.0)?(?![\w.\]])")
_PER_DIGIT, _PER_HIDING = 3, 4  # what these weigh, in characters
# What makes exams; what answers to them in the sandbox, also for the mistakes; and what `load_items` loads by name.
_ORIGINS = (  # what is imported by its name, or runs by itself, is not found by following imports
    "autograder.exam.building", "autograder.sandbox.inside.template",
    *(f"autograder.courses.micrograd.student_lab.{name}" for name in ("lab", "pieces")),
    *(f"autograder.courses.micrograd.rubric.{name}" for name in ASSIGNMENTS),
)  # fmt: skip
_IMPORT = re.compile(r"^ *(?:from|import) +(autograder[\w.]*)(?: +import +(\([^)]*\)|.*))?", re.MULTILINE)


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
        if exam.address != _address(exam):
            raise UserError(f"{name} was changed after it was built; build it again with `gradschool exam build`")
        if list(exam.sheets) != list(load_items()):
            raise UserError(f"{name} fits another version of the rubric; build it again with `gradschool exam build`")
        return exam


class InvalidExam(UserError):
    """The labs disagree, or the reference or the stubs do not score what they must: never grade with such an exam."""

    def __init__(self, message: str):
        super().__init__(message, code=1)


def _address(exam: Exam) -> str:
    """Of what is asked and what is right, answers to nine digits: two processors may differ in the last one, and so may
    two builds of PyTorch, whose versions do not count either."""
    content = exam.content()
    del content["versions"]
    for sheet in content["items"].values():
        sheet["answers"] = fingerprint(sheet["answers"])
        sheet["ladder"] = [[question, fingerprint(answer)] for question, answer in sheet["ladder"]]
        del sheet["pitfalls"]
    return "sha256:" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


# --- making -------------------------------------------------------------------------------------------------


def questions_for(item: Item, seed: int) -> list[Question]:
    """The item's examples, questions with each special value, and drawn ones. The same for the same seed."""
    special = [(name, value) for name, domain in item.domains.items() for value in getattr(domain, "special", ())]
    wanted = item.questions + len(special) if item.questions else 0
    drawn: list[Question] = []
    if wanted:
        drawn = _draw(item, max(wanted, 2), seed)
        del drawn[:-wanted]  # the first is the simplest there is, whatever the seed: never the only one
        for (name, value), place in zip(special, reversed(range(len(drawn))), strict=False):
            drawn[place] = {**drawn[place], name: value}
    # Nobody should be able to tell questions by their places, but special ones come first: they explain most.
    asked: dict[str, Question] = {}
    for question in (*item.examples, *reversed(drawn)):
        asked.setdefault(json.dumps(question, sort_keys=True), question)
    return list(asked.values())


def _draw(item: Item, count: int, seed: int) -> list[Question]:
    """Questions as Hypothesis draws them, the simplest there is among them; the same for the same seed."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    from autograder.exam import strategies

    drawn: list[Question] = []

    @seeded(seed)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), backend=strategies.BACKEND,
    )  # fmt: skip
    @given(strategies.questions(item.domains))
    def draw(question: Question) -> None:
        drawn.append(question)

    draw()
    return drawn


def ladder_for(item: Item, seed: int, asked: Sequence[Question] = ()) -> list[Question]:
    """Questions that are simple to read, the simplest first: where one of them is answered wrongly, the message is
    about it. They are others that are drawn, and those that are `asked`, all with round numbers; a few have a decimal,
    for mistakes that whole numbers and halves do not show."""
    if not (item.questions and item.ladder):
        return []
    from autograder.exam.rounding import one_decimal, rounded

    drawn = _draw(item, _SIMPLE, seed + 2**32)
    simple: dict[str, Question] = {}
    for question in _in_order(item, [rounded(item, question) for question in (*drawn, *asked)]):
        simple.setdefault(_form(question), question)
    decimal = _in_order(item, [one_decimal(item, question) for question in drawn])
    return _in_order(item, [*[*simple.values()][:_RUNGS], *decimal[:_DECIMAL]])


def _form(question: Question) -> str:
    """What questions have in common that are the same but for the size of numbers."""

    def sign(number: re.Match[str]) -> str:
        return number[0][0] if number[0][0] in "-0" else "+"

    return _NUMBER.sub(sign, json.dumps(question, sort_keys=True))


def _in_order(item: Item, questions: Sequence[Question]) -> list[Question]:
    """Each once, the simplest first."""
    found = {json.dumps(question, sort_keys=True): question for question in questions}
    return [found[text] for text in sorted(found, key=lambda text: (effort(item, found[text]), text))]


def effort(item: Item, question: Question) -> int:
    """How hard it is to see through a message that is about this question: its characters, more for each digit behind a
    point, and more for each 0 and 1, behind which factors and terms hide."""
    text = write_down(item, question).reproduce()
    digits = sum(len(digits) for digits in _FRACTION.findall(text))
    return len(text) + _PER_DIGIT * digits + _PER_HIDING * len(_HIDING.findall(text))


def answer(item: Item, question: Question) -> Any:
    """PyTorch's answer to one question, as plain JSON, to twelve digits."""
    from autograder.courses.micrograd.oracle.torch_lab import TorchLab

    return json.loads(json.dumps(item(TorchLab(), question)), parse_float=lambda text: float(f"{float(text):.12g}"))


def _cross_check(item: Item, sheet: Sheet) -> None:
    """Central differences must confirm PyTorch's answers, wherever there is a derivative."""
    from autograder.courses.micrograd.oracle.numeric_lab import TOLERANCE, Kink, NumericLab

    for question, expected in sheet.answered():
        try:
            got = json.loads(json.dumps(item(NumericLab(), question)))
        except Kink:
            continue
        if not agrees(item, question, expected, got, max(TOLERANCE, item.tolerance)):
            raise InvalidExam(
                f"{item.id}: PyTorch answers {expected}, central differences {got}, for {question}: mend the experiment"
            )


def draft(seed: int) -> Exam:
    """Draw and answer an exam, which knows no mistakes yet. Raises InvalidExam when PyTorch and differences do not
    agree."""
    random.seed(seed)
    sheets = {}
    for item in load_items().values():
        questions = questions_for(item, seed)
        ladder = [(question, answer(item, question)) for question in ladder_for(item, seed, questions)]
        sheets[item.id] = Sheet(questions, [answer(item, question) for question in questions], ladder=ladder)
        _cross_check(item, sheets[item.id])
    versions = {name: version(name) for name in ("torch", "hypothesis", "gradschool")}
    exam = Exam(seed, sheets, versions)
    return replace(exam, address=_address(exam))


def build(seed: int = SAMPLE_SEED) -> Exam:
    """Draw, answer and check an exam, and find the mistakes' answers to it. Raises InvalidExam when PyTorch,
    differences, reference and stubs do not agree."""
    exam = draft(seed)
    _check_scores(exam)
    from autograder.exam.mutants import wrong_answers

    return replace(
        exam,
        sheets={
            id: replace(sheet, pitfalls=pitfalls)
            for (id, sheet), pitfalls in zip(exam.sheets.items(), wrong_answers(exam).values(), strict=True)
        },
    )


def _check_scores(exam: Exam) -> None:
    """The reference must get every point, and the untouched stubs none."""
    from autograder.grading.grader import Grader
    from autograder.kit.stubs import release
    from autograder.sandbox.layers import NO_SANDBOX

    reference = project_root() / "solutions"
    with Scratch() as folder, Grader(exam, NO_SANDBOX) as grader:
        release(reference, Path(folder), list(load_items()))
        for source, name, right in (
            (reference, "the reference", "passed"),
            (Path(folder), "the stubs", None),
        ):
            report = grader.grade("check", source)
            for result in report.items:
                if (right is None and result.earned) or (right is not None and result.status != right):
                    raise InvalidExam(f"{name}: {result.id} is {result.status} ({result.message}): mend it")


def verify(exam: Exam) -> None:
    """Answer and check an exam anew. Raises InvalidExam when anything in it is no longer so."""
    for item in load_items().values():
        sheet = exam.sheets[item.id]
        for question, stored in sheet.answered():
            if not agrees(item, question, stored, answer(item, question)):
                raise InvalidExam(f"{item.id}: PyTorch no longer answers {stored} to {question}: build the exam again")
        _cross_check(item, sheet)
    _check_scores(exam)


# --- storing ------------------------------------------------------------------------------------------------


def _sources() -> list[Path]:
    """The files that decide what an exam is: all of gradschool that building one imports, and the reference.

    They are found by reading, not by importing, so that they are the same for whoever asks, and need no PyTorch.
    """
    package = Path(__file__).parent.parent
    found: dict[str, Path] = {}
    waiting = list(_ORIGINS)
    while waiting:
        name = waiting.pop()
        path = package.parent.joinpath(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in found or not path.is_file():  # a function, say
            continue
        found[name] = path
        waiting.append(name.rpartition(".")[0])
        for module, names in _IMPORT.findall(path.read_text("utf-8")):
            waiting += [module, *(f"{module}.{each}" for each in re.findall(r"\w+", names))]
    return sorted([*found.values(), *(project_root() / "solutions").rglob("*.py")])


def _key(seed: int) -> str:
    """What an exam depends on: its seed, the sources that make it, and the versions of what they use."""
    versions = [sys.version_info[:3], *map(version, ("torch", "hypothesis", "numpy", "graphviz"))]
    digest = hashlib.sha256(f"{seed} {versions}".encode())
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:32]


def load(path: Path) -> Exam:
    """Read an exam from a file. Raises UserError with what to do when that cannot be."""
    try:
        return Exam.from_json(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"cannot read the exam {path} ({getattr(error, 'strerror', None) or 'not a text file'}): "
            "build one with `gradschool exam build`"
        ) from error


def get(seed: int = SAMPLE_SEED) -> Exam:
    """The exam with this seed: from the cache, or built and kept there. Of several that want it one builds it."""
    try:
        path = cache_folder() / f"exam-{_key(seed)}.json"
    except ModuleNotFoundError as error:
        raise UserError(f"an exam is built with torch and hypothesis: {installing('grade')}") from error
    if exam := _cached(path):
        return exam
    with nullcontext() if os.name == "nt" else locked(path.with_suffix(".lock")):
        exam = _cached(path)
        if exam is None:
            exam = build(seed)
            write_atomically(path, exam.to_json(), mode=0o600)  # all the answers
    return exam


def _cached(path: Path) -> Exam | None:
    """The exam that is kept there; None where there is none, or a damaged one."""
    if path.is_file():
        with suppress(UserError):
            return load(path)
    return None


def totals(items: Sequence[Item]) -> tuple[int, int]:
    """Points of the core items, and of the bonus ones."""
    bonus = sum(item.points for item in items if item.assignment == "stretch")
    return sum(item.points for item in items) - bonus, bonus
