"""Build an exam: draw its questions, have them answered, prove the answers, and find out what mistakes answer.

Whoever builds one hands in what grades by an exam (`grader`) and what has packages answer it (`worker`). Heavy imports
(hypothesis, and what answers) happen only as it is built.
"""

from __future__ import annotations

import gc
import json
import random
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from itertools import compress
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.errors import UserError
from autograder.exam import store
from autograder.exam.equality import agrees
from autograder.exam.items import Item, Question, Undecided
from autograder.exam.mutants import SUITE, Answered, Opened, answering, fingerprints, reference_folder, written
from autograder.exam.paper import PRACTICE_SEED, Exam, Kept, Notes, Sheet, content_address
from autograder.exam.questions.beside import beside, step_back
from autograder.exam.questions.drawing import effort, ladder_of, others_for, questions_for
from autograder.exam.regions import read, stub
from autograder.project import PACKAGE, project_root
from autograder.scratch import Scratch

_UNDECIDED = False  # in the place of an answer


class InvalidExam(UserError):
    """The labs disagree, or the reference or the stubs do not score what they must: never grade with such an exam."""

    def __init__(self, message: str):
        super().__init__(message, code=1)


def answer(course: Course, item: Item, question: Question) -> Any:
    """The oracle's answer to one question, as plain JSON, to twelve digits."""
    right = json.dumps(course.find("oracle")(item, question))
    return json.loads(right, parse_float=lambda text: float(f"{float(text):.12g}"))


def cross_check(course: Course, item: Item, sheet: Sheet, others: Sequence[Any] | None = None) -> None:
    """The other way to an answer must confirm the oracle's, wherever there is one: these are the `others`, if they are
    known."""
    asked = [*sheet.answered()]
    others = _others(course, item, [question for question, _ in asked]) if others is None else others
    for (question, expected), found in zip(asked, others, strict=True):
        if found is _UNDECIDED:
            raise InvalidExam(f"{item.id}: rounding decides on the answer to {question}: ask another")
        if found is None:
            continue
        got = json.loads(json.dumps(found[0]))
        if not agrees(item, question, expected, got, found[1]):
            one, other = course.authorities
            raise InvalidExam(
                f"{item.id}: {one} answers {expected}, {other} {got}, for {question}: mend the experiment"
            )


def _others(course: Course, item: Item, questions: Sequence[Question]) -> list[Any]:
    """What the other way answers to questions, and `_UNDECIDED` where rounding decides."""
    found = []
    for question in questions:
        try:
            found.append(course.find("check")(item, question))
        except Undecided:
            found.append(_UNDECIDED)
    return found


def _noted(course: Course, item: Item, question: Question) -> dict[str, Any]:
    """What can be said of a question, and how much it takes to see through a message about it."""
    notes = course.find("notes")(item, question)
    return {**notes, "effort": effort(course.find("transcript").read(item, question, notes["transcript"]))}


def drawn(seed: int, course: Course) -> Iterator[Any]:
    """What an exam may ask: its questions by items; then, item by item, how the other way answers these, the questions
    of the ladder, and how it answers those."""
    items = course.items
    random.seed(seed)
    asked = {id: questions_for(course, item, seed) for id, item in items.items()}
    yield asked
    # All before any is answered: that takes numpy, whose random numbers Hypothesis then keeps at each draw, too.
    more = {id: others_for(course, item, seed) for id, item in items.items()}
    for id, item in items.items():
        found = _others(course, item, asked[id])
        ladder = ladder_of(course, item, more[id], [*compress(asked[id], _kept(item, asked[id], found))])
        yield found, ladder, _others(course, item, ladder)


def _kept(item: Item, questions: Sequence[Question], found: Sequence[Any]) -> list[bool]:
    """Which questions an exam asks, by what the other way answers: not those that were drawn and on which rounding
    decides."""
    pairs = zip(questions, found, strict=True)
    return [answer is not _UNDECIDED or question in item.examples for question, answer in pairs]


def draft(seed: int, course: Course) -> Exam:
    """Draw and answer an exam; it knows no mistakes yet. Raises InvalidExam when the two ways to an answer do not
    agree."""
    parts = drawn(seed, course)
    return explained(answered(_blank(seed, course), next(parts)), parts)[0]


def answered(blank: Exam, questions: Mapping[str, list[Question]]) -> Exam:
    """An exam of these questions, with their answers and no more."""
    course = blank.course
    right = {id: [answer(course, item, question) for question in questions[id]] for id, item in course.items.items()}
    return replace(blank, sheets={id: Sheet(questions[id], right[id]) for id in questions})


def explained(exam: Exam, parts: Iterator[Any]) -> tuple[Exam, dict[str, list[bool]]]:
    """An exam with the other `parts` of what it asks, answered, and with what can be said of each question; and which
    of its questions it keeps, by items: not those on which rounding decides. Raises InvalidExam when the two ways to an
    answer do not agree."""
    course, sheets, kept = exam.course, {}, {}
    for id, item in course.items.items():
        sheet = exam.sheets[id]
        said = [_noted(course, item, question) for question in sheet.questions]  # the next part takes a while
        on_questions, rungs, on_rungs = next(parts)
        kept[id] = keep = _kept(item, sheet.questions, on_questions)
        decided = [found is not _UNDECIDED for found in on_rungs]
        ladder = [(question, answer(course, item, question)) for question in compress(rungs, decided)]
        notes = Notes.of([*compress(said, keep)], [_noted(course, item, question) for question, _ in ladder])
        questions, answers = [*compress(sheet.questions, keep)], [*compress(sheet.answers, keep)]
        sheets[id] = Sheet(questions, answers, ladder=ladder, notes=notes)
        cross_check(course, item, sheets[id], [*compress(on_questions, keep), *compress(on_rungs, decided)])
    versions = {name: version(name) for name in (*course.built_with, "hypothesis", "gradschool")}
    exam = replace(exam, sheets=sheets, versions=versions)
    return replace(exam, address=content_address(exam)), kept


def _blank(seed: int, course: Course) -> Exam:
    """An exam without questions: what students' own tests are tried on is there, where items ask for some."""
    specimens = Kept.of(course.find("specimens")(seed == PRACTICE_SEED)) if course.suites else Kept()
    return Exam(seed, {}, {}, specimens=specimens, course=course)


def build(seed: int, course: Course, grader: Opened, worker: Opened) -> Exam:
    """Draw, answer and check an exam, and find the mistakes' answers to it. Raises InvalidExam when those who must
    agree about it do not."""
    course.find("hint_words")()  # refuses an item without hints
    ids = course.items.keys() - {item.id for item in course.suites}
    # Nothing waits for what the reference scores, nor what is right for mistakes.
    with (
        _in_haste(),
        beside(lambda: drawn(seed, course)) as parts,
        ThreadPoolExecutor(2, initializer=step_back) as pool,
    ):
        blank = _blank(seed, course)
        tested = pool.submit(_check_suites, blank, grader)
        course.find("oracle")  # slow to import
        questions = next(parts)
        asked = replace(blank, sheets={id: Sheet(questions[id], []) for id in questions})
        with answering(asked, worker) as mistakes:
            exam = answered(blank, questions)
            scored = pool.submit(check_scores, exam, grader, ids)
            exam, kept = explained(exam, parts)
            pitfalls = fingerprints(exam, _only(kept, mistakes))
        tested.result()
        if scored.exception():
            # Again: now there are words for what is wrong, and nothing is asked on which rounding decides.
            check_scores(exam, grader, ids)
    return replace(exam, sheets={id: replace(sheet, pitfalls=pitfalls[id]) for id, sheet in exam.sheets.items()})


def _only(kept: Mapping[str, Sequence[bool]], answered: Answered) -> Answered:
    """What was answered to the questions that are `kept`."""
    for mutation, answers in answered:
        yield mutation, {id: found and [*compress(found, kept[id])] for id, found in answers.items()}


@contextmanager
def _in_haste() -> Iterator[None]:
    """Leave garbage where it is: there is little that goes in circles, and to look for it takes a twentieth of all."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


def check_scores(exam: Exam, grader: Opened, ids: Collection[str] | None = None) -> None:
    """The reference must get every point of some items, by default of all, and the untouched stubs none at all."""
    with grader(exam) as judge:
        _check_reference(judge, exam.course.items.keys() if ids is None else ids)
        _check_stubs(judge, exam.course)


def _check_suites(exam: Exam, grader: Opened) -> None:
    """The reference's own tests must earn every point; no seed changes what they are tried on."""

    def prove() -> None:
        with grader(exam) as judge:
            _check_reference(judge, [item.id for item in exam.course.suites])

    store.proved(f"suites {exam.specimens.print}", exam.course, prove)


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
    with Scratch() as folder:
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
