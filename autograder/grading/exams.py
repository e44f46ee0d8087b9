"""Exams, built and proved with the grader that grades by them: what builds one is handed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.course import in_use
from autograder.exam import store
from autograder.exam.paper import SAMPLE_SEED, Exam
from autograder.grading.grader import Grader
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits

if TYPE_CHECKING:
    from autograder.sandbox.ours.asking import OwnWorker

# Endless loops are among the mistakes; the reference needs a tenth of a second for everything. Its own tests do not
# change their minds.
HASTY = Limits(cpu=0.6, wall=20)
PATIENT = Limits(wall=60, imports=60, patience=30, budget=600, rounds=1)


def get(seed: int = SAMPLE_SEED) -> Exam:
    """The exam with this seed: kept, or built now and kept. What is kept is whole, whatever is left out of it."""
    course = in_use()
    return store.get(seed, course.whole, build).under(course)


def build(seed: int = SAMPLE_SEED) -> Exam:
    """Draw, answer and check an exam. Raises InvalidExam when those that must agree about it do not."""
    from autograder.exam import building  # nobody who only reads an exam needs it

    return building.build(seed, in_use().whole, grader, worker)


def verify(exam: Exam) -> None:
    """Answer and check an exam anew. Raises InvalidExam when anything in it is no longer so."""
    from autograder.exam import building

    building.verify(exam, grader)


def grader(exam: Exam) -> Grader:
    """What grades the reference and the stubs by an exam: ours both, so that no sandbox is needed, and a busy
    machine is waited for."""
    return Grader(exam, NO_SANDBOX, limits=PATIENT)


def worker(exam: Exam) -> OwnWorker:
    """What has the reference with a mistake answer an exam: ours again, so that one process will do for all."""
    from autograder.sandbox.ours.asking import OwnWorker  # who only reads an exam needs nothing that knows mistakes

    return OwnWorker(exam.course.find("subject"), HASTY)
