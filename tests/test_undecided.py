"""Nobody is asked what hangs on rounding: of two right engines that add in another order, one would fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from nightly import examples, nightly

from autograder.course import Course
from autograder.courses.micrograd import COURSE
from autograder.courses.micrograd.oracle.numeric_lab import by_differences
from autograder.courses.micrograd.rubric.nn import _weights
from autograder.exam import building
from autograder.exam.building import InvalidExam, cross_check
from autograder.exam.items import Item, Question, Undecided
from autograder.exam.mutants import wrong_answers
from autograder.exam.paper import Sheet
from autograder.grading import exams

MLP, NEURON = COURSE.items["nn-mlp"], COURSE.items["nn-neuron"]
HANGS = {"nin": 3, "nouts": [4, 2, 1], "options": {}, "x": [2.84, 0.07, -0.35]}  # which a seed once drew


def neuron(w: list[float], b: float, x: list[float]) -> Question:
    return {"w": w, "b": b, "x": x, "kind": "numbers", "nonlin": True}


def active(question: Question, bias_first: bool) -> list[bool]:
    """Which neurons of a net let something through, by the order in which each adds."""
    row, found = question["x"], []
    for layer in _weights(question["nin"], question["nouts"]):
        sums = []
        for *weights, bias in layer:
            terms = [w * x for w, x in zip(weights, row, strict=True)]
            sums.append(sum(terms, bias) if bias_first else sum(terms, 0.0) + bias)
        found += [total > 0 for total in sums]
        row = [max(total, 0.0) for total in sums]
    return found


def test_the_order_of_a_sum_decides_on_this_one() -> None:
    assert active(HANGS, True) != active(HANGS, False)
    with pytest.raises(Undecided):
        by_differences(MLP, HANGS)


@pytest.mark.parametrize("w, b, x", [
    ([0.1, 0.2], -0.3, [1.0, 1.0]),
    ([0.1], -0.3, [3.0]),
    ([1.1, 1.0], 0.0, [1.0, -1.1]),
])  # fmt: skip
def test_what_adds_up_to_nothing_but_for_rounding_is_undecided(w: list[float], b: float, x: list[float]) -> None:
    with pytest.raises(Undecided):
        by_differences(NEURON, neuron(w, b, x))


@pytest.mark.parametrize("w, b, x", [
    ([0.5, 0.25], -0.75, [1.0, 1.0]),
    ([1.0, -2.0], 0.0, [0.0, 0.0]),
    ([3.0], -9.0, [3.0]),
    ([0.1, 0.2], -0.3001, [1.0, 1.0]),
    ([0.1, 0.2], 1.0, [1.0, 1.0]),
])  # fmt: skip
def test_what_no_order_changes_is_asked(w: list[float], b: float, x: list[float]) -> None:
    """Nothing is rounded, or not enough to change a sign."""
    by_differences(NEURON, neuron(w, b, x))


def with_one(item: Item) -> Course:
    """The course with this item alone."""
    course = replace(COURSE)
    vars(course)["items"] = {item.id: replace(item, needs=())}
    return course


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """Questions that are drawn for nn-mlp, and for its ladder, the first of which hangs on rounding."""
    questions = [HANGS, {**HANGS, "x": [1.0, 2.0, 3.0]}]
    monkeypatch.setattr(building, "questions_for", lambda course, item, seed: [*item.examples, *questions])
    monkeypatch.setattr(building, "ladder_of", lambda course, item, drawn, asked: [*questions])
    return questions


def test_what_was_drawn_and_hangs_on_rounding_is_left_out(hanging: list[Question]) -> None:
    course = with_one(MLP)
    made = building.draft(7, course)
    sheet = made.sheets["nn-mlp"]
    assert sheet.questions == [*MLP.examples, hanging[1]] and len(sheet.answers) == len(sheet.questions)
    assert [question for question, _ in sheet.ladder] == [hanging[1]]
    assert [sheet.asks(question) for question in sheet.questions]
    cross_check(course, course.items["nn-mlp"], sheet)


@nightly
def test_mistakes_are_known_by_what_is_left_of_the_questions() -> None:
    """They were asked before it was known."""
    assert HANGS in next(building.drawn(7222, with_one(MLP)))["nn-mlp"]
    made = exams.build(7222)
    assert HANGS not in made.sheets["nn-mlp"].questions
    assert {id: sheet.pitfalls for id, sheet in made.sheets.items()} == wrong_answers(made, exams.worker)


def test_an_example_that_hangs_on_rounding_is_told_to_its_author(hanging: list[Question]) -> None:
    course = with_one(replace(MLP, examples=(*MLP.examples, HANGS)))
    with pytest.raises(InvalidExam, match=r"nn-mlp: rounding decides on the answer to .*2\.84.*: ask another"):
        building.draft(7, course)


def test_an_exam_that_asks_it_is_refused() -> None:
    sheet = Sheet([HANGS], [building.answer(COURSE, MLP, HANGS)])
    with pytest.raises(InvalidExam, match="rounding decides"):
        cross_check(COURSE, MLP, sheet)


@pytest.mark.parametrize("seed", range(7222, 7222 + examples(12)))
def test_no_exam_asks_it(seed: int) -> None:
    """The first of these seeds drew it."""
    course = with_one(MLP)
    questions = building.draft(seed, course).sheets["nn-mlp"].questions
    assert len(questions) >= len(MLP.examples) and HANGS not in questions
    for question in questions:
        assert active(question, True) == active(question, False)
