"""Build an exam: draw its questions, have PyTorch answer them, prove the answers, and find out what mistakes answer.

Whoever builds one hands in what grades by an exam (`grader`) and what has packages answer it (`worker`). Heavy imports
(torch, hypothesis) happen only as it is built.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.courses.micrograd.hint_words import hint_words
from autograder.errors import UserError
from autograder.exam.drawing import effort, ladder_for, questions_for
from autograder.exam.equality import agrees
from autograder.exam.items import Item, Question, load_items
from autograder.exam.mutants import Opened, wrong_answers
from autograder.exam.paper import Exam, Notes, Sheet, content_address
from autograder.project import project_root
from autograder.scratch import Scratch


class InvalidExam(UserError):
    """The labs disagree, or the reference or the stubs do not score what they must: never grade with such an exam."""

    def __init__(self, message: str):
        super().__init__(message, code=1)


def answer(item: Item, question: Question) -> Any:
    """PyTorch's answer to one question, as plain JSON, to twelve digits."""
    from autograder.courses.micrograd.oracle.torch_lab import TorchLab

    return json.loads(json.dumps(item(TorchLab(), question)), parse_float=lambda text: float(f"{float(text):.12g}"))


def cross_check(item: Item, sheet: Sheet) -> None:
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


def _noted(item: Item, question: Question) -> dict[str, Any]:
    """What can be said of a question, and how much it takes to see through a message about it."""
    from autograder.courses.micrograd.annotation import annotate

    return {**annotate(item, question), "effort": effort(item, question)}


def draft(seed: int) -> Exam:
    """Draw and answer an exam, which knows no mistakes yet. Raises InvalidExam when PyTorch and differences do not
    agree."""
    random.seed(seed)
    sheets = {}
    for item in load_items().values():
        questions = questions_for(item, seed)
        simple = ladder_for(item, seed, questions)
        answers, rungs = ([answer(item, question) for question in some] for some in (questions, simple))
        notes = Notes.of(*([_noted(item, question) for question in some] for some in (questions, simple)))
        sheets[item.id] = Sheet(questions, answers, ladder=[*zip(simple, rungs, strict=True)], notes=notes)
        cross_check(item, sheets[item.id])
    versions = {name: version(name) for name in ("torch", "hypothesis", "gradschool")}
    exam = Exam(seed, sheets, versions)
    return replace(exam, address=content_address(exam))


def build(seed: int, grader: Opened, worker: Opened) -> Exam:
    """Draw, answer and check an exam, and find the mistakes' answers to it. Raises InvalidExam when PyTorch,
    differences, reference and stubs do not agree."""
    hint_words()  # refuses an item without hints
    exam = draft(seed)
    check_scores(exam, grader)
    pitfalls = wrong_answers(exam, worker)
    return replace(exam, sheets={id: replace(sheet, pitfalls=pitfalls[id]) for id, sheet in exam.sheets.items()})


def check_scores(exam: Exam, grader: Opened) -> None:
    """The reference must get every point, and the untouched stubs none."""
    from autograder.kit.stubs import release

    reference = project_root() / "solutions"
    with Scratch() as folder, grader(exam) as judge:
        release(reference, Path(folder), list(load_items()))
        for source, name, right in (
            (reference, "the reference", "passed"),
            (Path(folder), "the stubs", None),
        ):
            report = judge.grade("check", source)
            for result in report.items:
                if (right is None and result.earned) or (right is not None and result.status != right):
                    raise InvalidExam(f"{name}: {result.id} is {result.status} ({result.message}): mend it")


def verify(exam: Exam, grader: Opened) -> None:
    """Answer and check an exam anew. Raises InvalidExam when anything in it is no longer so."""
    for item in load_items().values():
        sheet = exam.sheets[item.id]
        for question, stored in sheet.answered():
            if not agrees(item, question, stored, answer(item, question)):
                raise InvalidExam(f"{item.id}: PyTorch no longer answers {stored} to {question}: build the exam again")
            written = json.dumps(_noted(item, question)["transcript"])
            if json.dumps(sheet.about(question)["transcript"]) != written:
                raise InvalidExam(f"{item.id}: {sheet.asks(question)} is written in other words: build the exam again")
        cross_check(item, sheet)
    check_scores(exam, grader)
