"""Grading that is interrupted, resumed, or loses its worker: whatever came before, the next one is like the first."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import resource_tracker
from pathlib import Path

import pytest
from conftest import SAMPLES, sandbox
from nightly import WHOLE, nightly, only

from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.report import Report
from autograder.sandbox.kernel.watch import Family
from autograder.sandbox.layers import NO_SANDBOX, Sandbox
from autograder.sandbox.worker import Interrupted

STUDENT = SAMPLES / "ada"  # with a wrong answer, so that more is asked than all items once
ITEMS = None if WHOLE else ["derivative-central", "engine-add", "backprop-expressions", "trace-nodes", "stretch-edges"]
KINDS = ["none", "no fork", "auto"]
_on_linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


@pytest.fixture(scope="module")
def practice() -> Exam:
    return exams.get(PRACTICE_SEED)


@pytest.fixture(params=only(KINDS, "auto".__eq__), scope="module")
def kind(request: pytest.FixtureRequest) -> tuple[Sandbox, bool]:
    """A sandbox, and whether it forks."""
    return sandbox("auto") if request.param == "auto" else NO_SANDBOX, request.param != "no fork"


@pytest.fixture
def grader(kind: tuple[Sandbox, bool], practice: Exam) -> Iterator[Grader]:
    chosen, fork = kind
    with Grader(practice, chosen, fork=fork) as made:
        yield made


def verdicts(report: Report) -> list[tuple[str, str, str]]:
    return [(item.id, item.status, item.message) for item in report.items]


def grade(grader: Grader) -> list[tuple[str, str, str]]:
    return verdicts(grader.grade(STUDENT.name, STUDENT, ITEMS))


@pytest.fixture(scope="module")
def right(practice: Exam) -> list[tuple[str, str, str]]:
    with Grader(practice, NO_SANDBOX) as fresh:
        return grade(fresh)


def test_resuming_begins_afresh(grader: Grader, right: list[tuple[str, str, str]]) -> None:
    """Also where the interruption came after the last answer, and found nothing to end."""
    for times in (1, 2, 3) if WHOLE else (2,):
        assert grade(grader) == right
        for _ in range(times):
            grader.interrupt()
        with pytest.raises(Interrupted):
            grade(grader)
        grader.interrupt()
        grader.resume()
    grader.resume()  # once more does no harm
    assert grade(grader) == right


def test_grade_interrupt_resume_grade(grader: Grader, right: list[tuple[str, str, str]]) -> None:
    for _ in range(3 if WHOLE else 2):
        assert grade(grader) == right
        grader.interrupt()
        grader.resume()


def test_interrupted_at_any_moment(grader: Grader, right: list[tuple[str, str, str]]) -> None:
    chance = random.Random(19)
    began = time.monotonic()
    assert grade(grader) == right
    whole = time.monotonic() - began
    outcomes: list[object] = []

    def work() -> None:
        try:
            outcomes.append(grade(grader))
        except Exception as error:
            outcomes.append(error)

    for _ in range(15 if WHOLE else 3):
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(chance.random() * 1.2 * whole)
        grader.interrupt()
        thread.join()
        grader.resume()
        assert isinstance(outcomes[-1], Interrupted) or outcomes[-1] == right, outcomes[-1]
    assert grade(grader) == right


@_on_linux
def test_a_worker_that_was_killed_between_two_submissions_is_replaced(
    grader: Grader, right: list[tuple[str, str, str]]
) -> None:
    for _ in range(3 if WHOLE else 1):
        assert grade(grader) == right
        _kill(Family(os.getpid()), random.Random(0), every=True)
    assert grade(grader) == right


@nightly
@_on_linux
def test_whatever_is_killed_at_any_moment_the_next_grading_is_right(
    grader: Grader, right: list[tuple[str, str, str]]
) -> None:
    chance = random.Random(1900)
    family = Family(os.getpid())
    ended = threading.Event()

    def murder() -> None:
        while not ended.wait(chance.random() * 0.6):
            _kill(family, chance)

    rounds = 2 if grader._worker.forks else 1  # without fork each takes seconds
    for _ in range(rounds):
        ended.clear()
        murderer = threading.Thread(target=murder)
        murderer.start()
        try:
            for _ in range(rounds):
                assert len(grade(grader)) == len(right)  # some items may be said to have crashed
        finally:
            ended.set()
            murderer.join()
        assert grade(grader) == right


def _kill(family: Family, chance: random.Random, every: bool = False) -> None:
    """Kill a process that came of this one, or all of them, but for the one that multiprocessing keeps for itself."""
    kept = getattr(resource_tracker._resource_tracker, "_pid", None)
    found = [process for process in family.descendants() if process.pid != kept]
    for process in found if every else [chance.choice(found)] if found else []:
        with suppress(OSError):
            os.kill(process.pid, signal.SIGKILL)
