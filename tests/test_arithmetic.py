"""Where a gradient comes from, in words: what they add up is what PyTorch answers, and nothing else is said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nightly import examples

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd.arithmetic import Sum, in_words
from autograder.courses.micrograd.oracle.annotation import annotate
from autograder.courses.micrograd.oracle.torch_lab import TorchLab
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.exam.equality import same
from autograder.exam.items import Item, Question
from autograder.exam.mutants import load_mutations, planted
from autograder.exam.paper import Exam
from autograder.exam.questions import strategies
from autograder.grading import exams
from autograder.grading.exams import HASTY
from autograder.grading.grader import Grader
from autograder.sandbox.layers import NO_SANDBOX

pytestmark = pytest.mark.xdist_group("arithmetic")

ITEMS = load_items()
TOLD = [item for item in ITEMS.values() if "grad" in item.look]
every_told_item = pytest.mark.parametrize("item", TOLD, ids=lambda item: item.id)
BRIEF = settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
_PRODUCT = re.compile(r"(-?[\d.e-]+)·\(?(-?[\d.e-]+)\)?")


@pytest.fixture(scope="module")
def default_exam() -> Exam:
    return exams.get()


def _read(words: str) -> tuple[str, float, float]:
    """The gradient that words are about, what they add up, and what they say that this is."""
    told = re.fullmatch(r"Where (\S+) comes from: (?:(\S+) was there, (?:and )?)?(.*): (\S+)\.", words)
    assert told, words
    terms = [(float(a), float(b)) for a, b in _PRODUCT.findall(told[3])]
    assert len(terms) == told[3].count("·"), words
    return told[1], float(told[2] or 0) + sum(a * b for a, b in terms), float(told[4])


def _right(item: Item, question: Question) -> dict[str, float]:
    """The gradients of all nodes, as PyTorch says."""
    lab = TorchLab()
    item.experiment(lab, **question)
    named = zip(write_down(item, question).noted, lab.graph(), strict=True)
    return {f"{name}.grad": node[3] for (name, _), node in named if node}


def _holds(item: Item, question: Question) -> int:
    """Check all that is said of a question; how much that is."""
    right = _right(item, question)
    said = annotate(item, question)["sums"]
    for name, data in said.items():
        told = Sum.read(name, data)
        about, added, total = _read(str(told))
        assert about == name
        scale = max([abs(right[name]), abs(told.before), *(abs(s.slope * s.grad) for s in told.shares)])
        assert same(right[name], total, 1e-6, scale) or abs(right[name] - total) < 1e-8 * scale
        assert abs(added - total) <= 1e-6 * scale, (str(told), question)
    return len(said)


@every_told_item
def test_what_an_exam_asks_is_told_in_sums_that_are_right(item: Item, default_exam: Exam) -> None:
    said = [_holds(item, question) for question, _ in default_exam.sheets[item.id].answered()]
    assert sum(map(bool, said)) >= 0.8 * len(said)


@every_told_item
@BRIEF
@given(data=st.data())
def test_what_is_drawn_is_told_in_sums_that_are_right(item: Item, data: st.DataObject) -> None:
    _holds(item, data.draw(strategies.questions(COURSE, item.domains)))


def _rule(id: str, **question: Any) -> str:
    return in_words(annotate(ITEMS[id], {"before": 0.5, "g": 3.0, **question})["sums"], ["a.grad"])


def test_words() -> None:
    product = _rule("backprop-mul", x=["Value", 5.0], y=["Value", 2.0])
    assert product == "Where a.grad comes from: 0.5 was there, and 2·3 comes back from out: 6.5."
    assert _rule("backprop-mul", x=["Value", 5.0], y=["int", -2], g=-3.0).endswith("-2·(-3) comes back from out: 6.5.")
    notes = annotate(ITEMS["engine-mul"], {"x": ["Value", 5.0], "y": ["int", 2]})
    assert in_words(notes["sums"], ["a.grad"]) == "", "no rule is asked"


def test_a_node_that_is_used_twice_gets_two_shares() -> None:
    question = {"case": "diamond", "x": 2.0, "y": 3.0, "order": 1}
    words = in_words(annotate(ITEMS["backprop-shared"], question)["sums"], ["b.grad"])
    assert words.startswith("Where b.grad comes from: 1·") and words.count(" comes back from ") == 2
    assert "was there" not in words


def test_what_does_not_add_up_is_not_said() -> None:
    """The end of sixty doublings is noted, and what lies between is not."""
    question = {"case": "60 doublings", "x": 2.0, "y": 3.0, "order": 1}
    assert annotate(ITEMS["backprop-shared"], question)["sums"] == {}


@pytest.mark.parametrize(("name", "told"), [("overwrites-gradient", True), ("left-operand-twice", False)])
def test_messages_tell_it_where_a_gradient_is_what_is_wrong(default_exam: Exam, name: str, told: bool) -> None:
    known = [mutation for mutation in load_mutations() if mutation.pitfall == name]
    with Grader(default_exam, NO_SANDBOX, limits=HASTY) as grader, planted(known[0]) as folder:
        report = grader.grade("x", folder, known[0].costs)
    for item in report.items:
        if item.status == "failed":
            assert bool(item.explanation.origin) is (told and item.id.startswith("backprop"))
            assert (item.explanation.origin in item.message) and (
                not told or item.explanation.parts[0].name in item.message
            )
