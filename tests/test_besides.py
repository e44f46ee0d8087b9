"""What is asked again: no more than decides, and along with it what messages show; neither changes a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from brief import shortened
from conftest import ENDLESS, HOSTILE, SAMPLES
from nightly import WHOLE, few
from planting import ITEMS, Fault

from autograder.exam.mutants import copy_reference
from autograder.exam.paper import Exam
from autograder.grading import asking, exams
from autograder.grading.besides import Besides
from autograder.grading.grader import Grader
from autograder.report import Report
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.sandbox.subject import EXTRA, LADDER, LOOKS
from autograder.sandbox.worker import Worker

Asked = list[tuple[bool, dict[str, list[Any]]]]
SLIP = Fault(
    "the slope of the other", "engine:__mul__", "other.data * out.grad", "self.data * out.grad", ("backprop-mul",)
)
# Of a leaf it gives the wrong number, and from then on all products are wrong: so what needs it, and does not negate
# leaves, passes where nothing else is asked.
HARMED = """

def _negated(self):
    if self._prev:
        return self * -1
    Value.__mul__ = lambda self, other: Value(0.0, (self,), '*')
    return Value(2.0 - self.data, (self,), '*')


Value.__neg__ = _negated
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Whether each request is for items alone, and the questions that it asks in place of the exam's."""
    seen: Asked = []
    run = Worker.run

    def noted(self: Worker, root: Path, items: Any, questions: Any = None, **options: Any) -> Any:
        seen.append((options["alone"], {id: (questions or {}).get(id) for id in items}))
        return run(self, root, items, questions, **options)

    monkeypatch.setattr(Worker, "run", noted)
    return seen


@pytest.fixture(scope="module")
def exam(exam: Exam) -> Exam:
    return shortened(exam)


@pytest.fixture(scope="module")
def grader(exam: Exam) -> Iterator[Grader]:
    with Grader(exam, choose("auto")) as grader:
        yield grader


def graded(exam: Exam, source: Path, **options: Any) -> Report:
    with Grader(exam, NO_SANDBOX, **options) as grader:
        return timeless(grader.grade("s01", source))


def timeless(report: Report) -> Report:
    return replace(report, items=[replace(item, seconds=0.0) for item in report.items])


def test_what_a_message_shows_comes_with_the_second_request(exam: Exam, tmp_path: Path, asked: Asked) -> None:
    report = graded(exam, SLIP.plant(tmp_path))
    (result,) = [item for item in report.items if item.id == "backprop-mul"]
    assert result.counterexample and result.counterexample["graph"]
    (together, everything), (alone, again) = asked
    assert not together and alone and not any(id.startswith(EXTRA) for id in everything)
    assert {id for id in again if id.startswith(EXTRA)} == {LADDER + "backprop-mul", LOOKS + "backprop-mul"}


def test_what_waits_is_asked_one_question_that_it_got_wrong(tmp_path: Path, asked: Asked) -> None:
    exam = exams.get()  # whole: of each item several questions
    report = graded(exam, SLIP.plant(tmp_path))
    blocked = {item.id for item in report.items if item.status == "blocked"}
    assert {"backprop-expressions", "training-moons", "stretch-deep"} <= blocked
    ((_, again),) = [(alone, questions) for alone, questions in asked if alone]
    assert blocked <= {*again} and again["backprop-mul"] is None
    for id in blocked:
        (question,) = again[id] or []
        assert question in exam.sheets[id].questions


def test_what_passes_alone_earns_its_points_whatever_it_waits_for(exam: Exam, tmp_path: Path) -> None:
    with (copy_reference(tmp_path) / "engine.py").open("a", encoding="utf-8") as engine:
        engine.write(HARMED)
    found = {item.id: item.status for item in graded(exam, tmp_path).items}
    assert found["engine-neg"] == "failed"
    assert "engine-neg" in ITEMS["training-moons"].needs and found["training-moons"] == "passed"


@pytest.mark.parametrize(
    "student",
    few(
        [path.name for path in sorted(SAMPLES.iterdir()) if path.is_dir() and path.name not in (*HOSTILE, *ENDLESS)], 2
    ),
)
def test_a_report_is_the_same_whether_it_is_asked_besides_or_afterwards(
    grader: Grader, student: str, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = timeless(grader.grade(student, SAMPLES / student))
    requests = len(asked)
    monkeypatch.setattr(asking, "worth_asking", lambda *_: {})
    assert timeless(grader.grade(student, SAMPLES / student)) == report
    assert len(asked) >= 2 * requests


def test_answers_to_other_questions_are_not_taken() -> None:
    found = Besides({LADDER + "a": [{"x": 1}]})
    assert found.ladder("a", [{"x": 2}]) is None and found.ladder("b", [{"x": 1}]) is None
    assert found.ladder("a", [{"x": 1}]) == [], "it was asked, and no answer came"
    assert found.look("a", {"x": 1}) is None


# A rule that is wrong, and hangs where its ladder is asked: for the ladder's numbers are simple.
HANGS = f"""

def _sine(self):
    while self.data in (2.0, -2.0, 0.2, 0.3):
        {"pass" if WHOLE else "__import__('time').sleep(9)"}
    return Value(self.data, (self,), 'tanh')


Value.tanh = _sine
"""


def test_where_a_ladder_hangs_no_look_is_asked_and_nothing_is_lost(exam: Exam, tmp_path: Path, asked: Asked) -> None:
    with (copy_reference(tmp_path) / "engine.py").open("a", encoding="utf-8") as engine:
        engine.write(HANGS)
    rungs = [question["x"][1] for question, _ in exam.sheets["engine-tanh"].ladder]
    assert rungs[0] in (2.0, -2.0, 0.2, 0.3), "the simplest one hangs"
    with Grader(exam, NO_SANDBOX, limits=Limits(patience=1.0)) as grader:
        (result,) = grader.grade("s01", tmp_path, ["engine-tanh"]).items
    assert result.status == "failed" and result.counterexample and not result.counterexample.get("graph")
    assert len(asked) == 2, "nobody waits for the same twice"
