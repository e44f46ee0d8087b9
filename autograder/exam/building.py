"""Build an exam: draw its questions, have them answered, prove the answers, and find out what mistakes answer.

Whoever builds one hands in what grades by an exam (`grader`) and what has packages answer it (`worker`). Heavy imports
(hypothesis, and what answers) happen only as it is built.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.errors import UserError
from autograder.exam.equality import agrees
from autograder.exam.items import Item, Question
from autograder.exam.mutants import SUITE, Opened, answering, fingerprints, reference_folder, written
from autograder.exam.paper import PRACTICE_SEED, Exam, Kept, Notes, Sheet, content_address
from autograder.exam.questions.beside import beside, step_back
from autograder.exam.questions.drawing import effort, ladder_for, questions_for, simple_for
from autograder.exam.regions import read, stub
from autograder.project import PACKAGE, project_root


class InvalidExam(UserError):
    """The labs disagree, or the reference or the stubs do not score what they must: never grade with such an exam."""

    def __init__(self, message: str):
        super().__init__(message, code=1)


def answer(course: Course, item: Item, question: Question) -> Any:
    """The oracle's answer to one question, as plain JSON, to twelve digits."""
    right = json.dumps(course.find("oracle")(item, question))
    return json.loads(right, parse_float=lambda text: float(f"{float(text):.12g}"))


def cross_check(course: Course, item: Item, sheet: Sheet) -> None:
    """The other way to an answer must confirm the oracle's, wherever there is one."""
    for question, expected in sheet.answered():
        found = course.find("check")(item, question)
        if found is None:
            continue
        got = json.loads(json.dumps(found[0]))
        if not agrees(item, question, expected, got, found[1]):
            one, other = course.authorities
            raise InvalidExam(
                f"{item.id}: {one} answers {expected}, {other} {got}, for {question}: mend the experiment"
            )


def _noted(course: Course, item: Item, question: Question) -> dict[str, Any]:
    """What can be said of a question, and how much it takes to see through a message about it."""
    return {**course.find("notes")(item, question), "effort": effort(course, item, question)}


def drawn(blank: Exam) -> Exam:
    """The questions of an exam."""
    random.seed(blank.seed)
    items = blank.course.items.items()
    return replace(blank, sheets={id: Sheet(questions_for(blank.course, item, blank.seed), []) for id, item in items})


def draft(
    seed: int, course: Course, asked: Exam | None = None, simple: Mapping[str, list[Question]] | None = None
) -> Exam:
    """Draw and answer an exam, or one of which there are the questions, and those drawn for its ladders; it knows no
    mistakes yet. Raises InvalidExam when the two ways to an answer do not agree."""
    asked = asked or drawn(_blank(seed, course))
    # Before what answers is imported: with numpy there, Hypothesis seeds that too, for each question that it draws.
    ladders = {
        id: ladder_for(course, item, seed, asked.sheets[id].questions, simple[id] if simple else None)
        for id, item in course.items.items()
    }
    sheets = {}
    for item in course.items.values():
        questions, ladder = asked.sheets[item.id].questions, ladders[item.id]
        answers, rungs = ([answer(course, item, question) for question in some] for some in (questions, ladder))
        notes = Notes.of(*([_noted(course, item, question) for question in some] for some in (questions, ladder)))
        sheets[item.id] = Sheet(questions, answers, ladder=[*zip(ladder, rungs, strict=True)], notes=notes)
        cross_check(course, item, sheets[item.id])
    versions = {name: version(name) for name in (*course.built_with, "hypothesis", "gradschool")}
    exam = Exam(seed, sheets, versions, specimens=asked.specimens, course=course)
    return replace(exam, address=content_address(exam))


def _blank(seed: int, course: Course) -> Exam:
    """An exam without questions: what students' own tests are tried on is there, where items ask for some."""
    specimens = Kept.of(course.find("specimens")(seed == PRACTICE_SEED)) if course.suites else Kept()
    return Exam(seed, {}, {}, specimens=specimens, course=course)


def build(seed: int, course: Course, grader: Opened, worker: Opened) -> Exam:
    """Draw, answer and check an exam, and find the mistakes' answers to it. Raises InvalidExam when those who must
    agree about it do not."""
    course.find("hint_words")()  # refuses an item without hints
    blank, suites = _blank(seed, course), [item.id for item in course.suites]
    # The reference's own tests wait for no questions, and mistakes not for what is right.
    with (
        beside(lambda: {id: simple_for(course, item, seed) for id, item in course.items.items()}) as simple,
        ThreadPoolExecutor(1, initializer=step_back) as pool,
    ):
        tested = pool.submit(_check_suites, blank, grader)
        asked = drawn(blank)
        with answering(asked, worker) as answered:
            exam = draft(seed, course, asked, simple())
            check_scores(exam, grader, course.items.keys() - suites)
            pitfalls = fingerprints(exam, answered)
        tested.result()
    return replace(exam, sheets={id: replace(sheet, pitfalls=pitfalls[id]) for id, sheet in exam.sheets.items()})


def check_scores(exam: Exam, grader: Opened, ids: Collection[str] | None = None) -> None:
    """The reference must get every point of some items, by default of all, and the untouched stubs none at all."""
    with grader(exam) as judge:
        _check_reference(judge, exam.course.items.keys() if ids is None else ids)
        _check_stubs(judge, exam.course)


def _check_suites(exam: Exam, grader: Opened) -> None:
    """The reference's own tests must earn every point."""
    with grader(exam) as judge:
        _check_reference(judge, [item.id for item in exam.course.suites])


def _check_reference(judge: Any, ids: Collection[str]) -> None:
    """The reference must pass these items."""
    with _reference() as folder:
        _refuse("the reference", [item for item in judge.grade("check", folder, ids).items if item.status != "passed"])


def _check_stubs(judge: Any, course: Course) -> None:
    """The untouched stubs must earn nothing."""
    stubs = {}
    for path in sorted(reference_folder().glob("*.py")):
        name = f"solutions/{PACKAGE}/{path.name}"
        stubs[path.name] = stub(read(path, name), name, course.whole.items, given=course.scheme.left_out)
    with written(stubs) as folder:
        _refuse("the stubs", [item for item in judge.grade("check", folder).items if item.earned])


def _refuse(name: str, results: Sequence[Any]) -> None:
    for result in results:
        raise InvalidExam(f"{name}: {result.id} is {result.status} ({result.message}): mend it")


@contextmanager
def _reference() -> Iterator[Path]:
    """The reference as a student would hand it in: with its tests, if it has some, beside it."""
    with tempfile.TemporaryDirectory(prefix="gradschool-") as folder:
        for name, called in ((PACKAGE, PACKAGE), (SUITE, "tests")):
            if (source := project_root() / "solutions" / name).is_dir():
                shutil.copytree(source, Path(folder, called), ignore=shutil.ignore_patterns("__pycache__"))
        yield Path(folder)


def verify(exam: Exam, grader: Opened) -> None:
    """Answer and check an exam anew. Raises InvalidExam when anything in it is no longer so."""
    course = exam.course
    for item in course.items.values():
        sheet = exam.sheets[item.id]
        for question, stored in sheet.answered():
            if not agrees(item, question, stored, answer(course, item, question)):
                raise InvalidExam(
                    f"{item.id}: {course.authorities[0]} no longer answers {stored} to {question}: build the exam again"
                )
            written = json.dumps(_noted(course, item, question)["transcript"])
            if json.dumps(sheet.about(question)["transcript"]) != written:
                raise InvalidExam(f"{item.id}: {sheet.asks(question)} is written in other words: build the exam again")
        cross_check(course, item, sheet)
    check_scores(exam, grader)
