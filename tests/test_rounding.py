"""Questions with round numbers are ones that an exam could ask, and most messages are about them."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nightly import WHOLE, examples, one_of_each

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd import domains as own_domains
from autograder.courses.micrograd import strategies as own_strategies
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.exam import domains
from autograder.exam.items import Item
from autograder.exam.mutants import load_mutations, planted
from autograder.exam.paper import PRACTICE_SEED, SAMPLE_SEED, Exam
from autograder.exam.questions import strategies
from autograder.exam.questions.drawing import effort
from autograder.exam.questions.rounding import one_decimal, rounded
from autograder.grading import exams
from autograder.grading.exams import HASTY
from autograder.grading.grader import Grader
from autograder.sandbox.layers import NO_SANDBOX

pytestmark = pytest.mark.xdist_group("rounding")

ITEMS = load_items()
drawn_item = pytest.mark.parametrize(
    "item",
    one_of_each(
        [item for item in ITEMS.values() if item.questions],
        lambda item: (item.assignment, *sorted({repr(type(domain)) for domain in item.domains.values()})),
        id=lambda item: item.id,
    ),
)
BRIEF = settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))


def _numbers(value: Any) -> list[float]:
    if isinstance(value, (list, tuple)):
        return [number for each in value for number in _numbers(each)]
    if isinstance(value, dict):
        return _numbers(list(value.values()))
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def _is_round(number: float) -> bool:
    return round(number, 1) == number and abs(number) <= 20


def _is_drawn_from(domain: domains.Domain, value: Any) -> bool:
    if isinstance(domain, domains.Real):
        apart = all(abs(value - point) >= domain.gap for point in domain.avoid)
        return value in domain.special or (domain.low <= value <= domain.high and apart)
    if isinstance(domain, domains.Choice):
        return value in domain.options or value in domain.round
    if isinstance(domain, own_domains.Operand):
        return value[0] in domain.kinds and _is_drawn_from(domain.number, value[1])
    if isinstance(domain, domains.Vector):
        return len(value) == domain.size and all(_is_drawn_from(domain.part, each) for each in value)
    if isinstance(domain, own_domains.Program):
        return _is_sound(value)
    return True


def _is_sound(program: dict[str, Any]) -> bool:
    values = list(program["leaves"])
    for op, *operands in program["steps"]:
        result = own_strategies.sound_step(op, [values[o] if isinstance(o, int) else o[0] for o in operands])
        if result is None:
            return False
        values.append(result)
    return True


def _skeleton(value: Any) -> str:
    """All but the sizes of numbers: their signs stay."""
    return re.sub(r"[0-9][0-9.e-]*", "#", json.dumps(value))


@drawn_item
@BRIEF
@given(data=st.data())
def test_a_rounded_question_is_one_that_could_be_drawn(item: Item, data: st.DataObject) -> None:
    question = data.draw(strategies.questions(COURSE, item.domains))
    for made in (rounded(COURSE, item, question), one_decimal(COURSE, item, question)):
        assert made.keys() == question.keys()
        for name, value in made.items():
            domain = item.domains[name]
            assert _is_drawn_from(domain, value) or (
                isinstance(domain, own_domains.Program) and value == question[name]
            )
            if not isinstance(domain, domains.Choice):
                assert _skeleton(value) == _skeleton(question[name])


@drawn_item
@BRIEF
@given(data=st.data())
def test_numbers_become_round(item: Item, data: st.DataObject) -> None:
    question = data.draw(strategies.questions(COURSE, item.domains))
    made = rounded(COURSE, item, question)
    for name, domain in item.domains.items():
        if not isinstance(domain, (domains.Choice, own_domains.Program)):
            assert all(map(_is_round, _numbers(made[name]))), made[name]


def test_what_is_special_stays_and_what_differs_differs() -> None:
    item = ITEMS["backprop-mul"]
    question = {"x": ["Value", 2.31], "y": ["Value", 0.0], "before": -1.390625, "g": 2.09}
    assert rounded(COURSE, item, question) == {"x": ["Value", 2.0], "y": ["Value", 0.0], "before": 10.0, "g": 3.0}
    assert one_decimal(COURSE, item, question)["x"] == ["Value", 2.3]


@pytest.mark.parametrize("seed", [SAMPLE_SEED, PRACTICE_SEED])
def test_ladders_are_of_round_numbers_but_for_a_few_rungs(seed: int) -> None:
    exam = exams.get(seed)
    rungs = [question for sheet in exam.sheets.values() for question, _ in sheet.ladder]
    rugged = [rung for rung in rungs if not all(map(_is_round, _numbers(rung)))]
    assert len(rugged) < len(rungs) / 10
    for id, sheet in exam.sheets.items():
        if "before" in ITEMS[id].domains:
            assert all(question["before"] == 10.0 for question, _ in sheet.ladder[:5]), id


def test_digits_behind_a_point_make_a_question_harder_to_read() -> None:
    item = ITEMS["engine-add"]
    operands = [["Value", 3.0], ["Value", 2.5], ["Value", 2.75], ["Value", 2.3456]]
    efforts = [effort(write_down(item, {"x": x, "y": ["int", 2]})) for x in operands]
    assert all(less < more for less, more in pairwise(efforts))


@pytest.fixture(scope="module")
def default_exam() -> Exam:
    return exams.get()


def test_messages_about_classic_mistakes_have_round_numbers(default_exam: Exam) -> None:
    found = []
    with Grader(default_exam, NO_SANDBOX, limits=HASTY) as grader:
        for mutation in load_mutations()[:: 16 if WHOLE else 32]:
            with planted(mutation) as folder:
                report = grader.grade("x", folder, mutation.costs)
            found += [each for each in report.items if each.status == "failed" and each.counterexample]
    assert len(found) > 10
    rugged = [each for each in found if not all(map(_is_round, _numbers(each.counterexample["inputs"])))]
    assert len(rugged) <= len(found) / 10, [each.message for each in rugged]
