"""`gradschool hint`: one hint more at each call, for the mistake that is recognised or else for the item."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from brief import shortened
from conftest import ROOT
from kits import make_kit, solve
from nightly import WHOLE, few, nightly
from test_check import copy_sample, make_reference, run

from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.hints import ladder
from autograder.courses.micrograd.words import catalogue, hint_words
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.report import ItemResult
from autograder.student.kit import open_kit
from autograder.student.next_hint import next_hint

ITEMS = load_items()
HINTS = {id: item.hints for id, item in hint_words().items.items()}


@pytest.fixture(scope="module")
def practice() -> Exam:
    return shortened(exams.get(PRACTICE_SEED))


@pytest.fixture
def kit(tmp_path: Path, practice: Exam) -> Path:
    return make_kit(tmp_path / "kit", practice)


def hints(output: str) -> list[str]:
    return re.findall(r"^    Hint \d+ of \d+: (.*)$", output, re.M)


@pytest.mark.parametrize("fork", few([True, False], 1))
def test_each_call_shows_one_more(kit: Path, fork: bool) -> None:
    every = HINTS["derivative-central"]
    assert len(every) == 2
    first = run(kit, "hint", fork=fork)  # the next thing to do
    assert "derivative-central  0/2" in first and "micrograd/derivative.py:" in first
    assert hints(first) == [every[0]] and "Hint 1 of 2" in first
    assert "gradschool hint derivative-central\n" in first and "lecture" not in first
    for _ in range(2):  # the last one stays
        last = run(kit, "hint", "derivative-central", fork=fork)
        assert hints(last) == list(every)
        assert last.endswith("    Read on in the lecture: docs/micrograd.md#measuring-a-derivative\n")


def test_all_at_once(kit: Path) -> None:
    output = run(kit, "hint", "trace-nodes", "--all")
    assert hints(output) == list(HINTS["trace-nodes"]) and "Read on" in output


def test_a_recognised_mistake_has_its_own_ladder(kit: Path) -> None:
    if WHOLE:  # what was shown of another item counts for that alone
        run(kit, "hint", "engine-rsub")
    copy_sample("emil", kit)
    pitfall = next(p for p in catalogue().values() if p.does.startswith("a rule overwrites"))
    output = run(kit, "hint", "backprop-mul")
    assert hints(output) == [pitfall.hints[0]]
    assert "All your answers are those of code in which a rule overwrites" in output
    output = run(kit, "hint", "backprop-mul", "--all")
    assert hints(output) == list(pitfall.hints) and f"micrograd.md#{pitfall.section}" in output


@nightly
def test_another_mistake_starts_at_the_first_hint(kit: Path) -> None:
    solve(kit, "engine-mul", "backprop-mul")
    path = kit / "micrograd" / "engine.py"
    right = path.read_text()
    made = "Value(self.data * other.data, (self, other), '*')"
    assert made in right
    seen = set()
    for wrong in ("Value(self.data * other.data, (), '*')", "Value(self.data * other.data, (self, other))"):
        path.write_text(right.replace(made, wrong))
        (first,) = hints(run(kit, "hint", "engine-mul"))
        assert first not in HINTS["engine-mul"]
        assert hints(run(kit, "hint", "engine-mul"))[0] == first
        seen.add(first)
    assert len(seen) == 2


@nightly
def test_the_hint_that_check_has_shown_is_not_the_next_one(kit: Path) -> None:
    copy_sample("emil", kit)
    run(kit, "check", code=1)  # shows engine-rsub in full, and only names backprop-mul
    assert len(hints(run(kit, "hint", "engine-rsub"))) == 2
    assert len(hints(run(kit, "hint", "backprop-mul"))) == 1


def test_a_blocked_item_leads_to_what_it_waits_for(kit: Path) -> None:
    output = run(kit, "hint", "backprop-shared")
    assert "backprop-shared waits for engine-add: begin there." in output
    assert hints(output) == [HINTS["engine-add"][0]]


@pytest.mark.parametrize("student", few(["emil", "bela", "farah"], 1))
def test_one_item_has_the_hint_that_it_has_among_all(kit: Path, student: str) -> None:
    """Asked are the item and what it needs: whatever another item says, its hints are the same."""
    copy_sample(student, kit)
    work = open_kit(kit)
    alone = replace(work, memory=None)
    with work.grader() as grader:
        every = grader.grade(work.name, work.source)
        wrong = [item.id for item in every.items if item.status != "passed"]
        assert any(item.status == "blocked" for item in every.items) and len(wrong) > 5
        for id in wrong if WHOLE else wrong[:: len(wrong) // 4]:
            one = grader.grade(work.name, work.source, grader.with_needs([id]))
            assert len(one.items) < len(every.items)
            first, second = (next_hint(alone, report, id, True) for report in (one, every))
            assert first.item and second.item and first.lines == second.lines
            assert replace(first.item, seconds=0.0) == replace(second.item, seconds=0.0)


def test_what_passes_needs_no_hint(kit: Path) -> None:
    make_reference(kit)
    assert run(kit, "hint", "engine-add") == "    engine-add passes: there is nothing to hint at.\n"


@nightly
def test_where_everything_passes_nothing_is_left_to_hint_at(kit: Path) -> None:
    make_reference(kit)
    shutil.copytree(ROOT / "solutions" / "suite", kit / "tests", dirs_exist_ok=True)
    assert run(kit, "hint") == "    Everything passes: there is nothing left to hint at.\n"


def test_without_a_memory_the_first_is_shown_each_time(kit: Path) -> None:
    (kit / ".gradschool.json").mkdir()
    for _ in range(2):
        assert hints(run(kit, "hint", "engine-add")) == [HINTS["engine-add"][0]]


@pytest.mark.parametrize(("item", "near"), [("backprop-mull", "backprop-mul"), ("engine_add", "engine-add")])
def test_an_unknown_item_suggests_one(kit: Path, item: str, near: str) -> None:
    assert run(kit, "hint", item, code=2) == f"gradschool: there is no item {item!r}; did you mean {near!r}?\n"


@pytest.mark.parametrize("id", ITEMS)
def test_each_ladder_ends_at_a_heading_of_the_lecture(id: str) -> None:
    text = (ROOT / "docs" / "micrograd.md").read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    anchors = {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
    item = ITEMS[id]
    steps = ladder(ItemResult(id, item.assignment, item.title, item.points, 0, "failed", bonus=item.bonus))
    assert steps.section in anchors and steps.hints == HINTS[id]
