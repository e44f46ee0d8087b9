"""Small submissions from real life, and what is right for each.

`tests/cases/NAME/case.json` says what the submission `shows`, what is `right` in words, and what is right as facts:

- `lost`: the items that are its own fault (failed, error, timeout, crashed), all of them but for what the engine of the
  lectures loses; `loses`: some of them;
- `waits`: items that are `blocked` or still to do, because something else is at fault;
- `named`: the mistake that an item's diagnosis names; `unnamed`: no item names any;
- `says`: what an item's message says (of "", the message of some item or of the whole report); `since` the version of
  Python that knows what is at fault, as major and minor number, it says so no more;
- `never`: what no message says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nightly import only

from autograder.exam.paper import Exam
from autograder.grading.grader import Grader
from autograder.report import Report
from autograder.sandbox.launcher import choose

CASES = Path(__file__).parent / "cases"
# What nearly every submission is built on: the engine and the nets of the lectures, which do none of this.
PLAIN = {"stretch-deep", "stretch-twice", "stretch-edges", "stretch-shapes"}
FACTS = {"shows", "right", "lost", "loses", "waits", "named", "unnamed", "says", "since", "never"}


@pytest.fixture(scope="module")
def grader(exam: Exam) -> Iterator[Grader]:
    with Grader(exam, choose("auto")) as grader:
        yield grader


NAMES = sorted(path.parent.name for path in CASES.glob("*/case.json"))


@pytest.mark.parametrize("name", only(NAMES, NAMES[::8].__contains__))
def test_a_case_comes_out_right(name: str, grader: Grader) -> None:
    right = json.loads((CASES / name / "case.json").read_text())
    assert right.keys() <= FACTS and right.keys() & (FACTS - {"shows", "right"}), "a case states a fact"
    report = grader.grade(name, CASES / name)
    items = {item.id: item for item in report.items}
    lost = {item.id for item in report.items if item.status in ("failed", "error", "timeout", "crashed")}
    said = messages(report)
    assert not any(item.status == "ungraded" for item in report.items)
    if "lost" in right:
        assert lost - PLAIN == set(right["lost"]) - PLAIN, said
    assert lost >= set(right.get("loses", ())), said
    for id in right.get("waits", ()):
        assert items[id].status in ("blocked", "todo"), said
    assert {id: items[id].diagnosis for id in right.get("named", ())} == right.get("named", {}), said
    if right.get("unnamed"):
        assert {item.diagnosis for item in report.items} == {None}, said
    knows_it = sys.version_info[:2] >= tuple(right.get("since", (4, 0)))
    for id, text in right.get("says", {}).items():
        assert (text in (items[id].message if id else said)) != knows_it
    assert not [text for text in right.get("never", ()) if text in said], said


def messages(report: Report) -> str:
    """All that a report says."""
    return "\n".join([report.message, *(f"{item.id}: {item.message}" for item in report.items)])
