"""Which line of a student's a message points to."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.given import FUNCTIONS as GIVEN
from autograder.exam.paper import Exam
from autograder.exam.regions import regions
from autograder.grading.frames import at_fault, exception
from autograder.grading.grader import Grader
from autograder.grading.source.exceptions import stop
from autograder.grading.source.sources import Sources
from autograder.sandbox.launcher import choose

SOLUTIONS = Path(__file__).parents[1] / "solutions" / "micrograd"
ENGINE = "micrograd/engine.py"


def _functions(body: Sequence[ast.stmt], above: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods, by their qualified names."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield above + node.name, node


def test_what_is_given_are_the_functions_of_the_reference_that_hold_no_solution_but_a_bonus() -> None:
    given = {}
    for path in SOLUTIONS.glob("*.py"):
        text = path.read_text("utf-8")
        core = [region.begin for region in regions(text, str(path), list(load_items())) if not region.bonus]
        given[f"micrograd/{path.name}"] = {
            name
            for name, node in _functions(ast.parse(text).body)
            if not any(node.lineno <= line <= (node.end_lineno or 0) for line in core)
        }
    assert {file: names for file, names in given.items() if names} == GIVEN


@pytest.mark.parametrize("frames, line", [
    ([("Value._lift", 8), ("Value.__sub__", 30)], 30),
    ([("Value.__init__", 5), ("Value._lift", 8), ("Value.__add__", 12), ("Value.__sub__", 30)], 12),
    ([("Value.__init__.<locals>.<lambda>", 5), ("Value.backward.<locals>.build", 20)], 20),
    ([("Value.__init__", 5)], 5),
    ([("Other.__init__", 5), ("Value.__add__", 12)], 5),
])  # fmt: skip
def test_the_first_frame_that_is_not_given_is_at_fault(frames: list[tuple[str, int]], line: int) -> None:
    assert at_fault(tuple((ENGINE, at, name) for name, at in frames))[1] == line


@pytest.mark.parametrize("length", [1, 2, 3])
def test_of_a_recursion_without_end_one_turn_is_told_wherever_python_gave_up(length: int) -> None:
    """Which differs from one Python to the next."""
    turn = [[ENGINE, 10 + at, f"Value.f{at}"] for at in range(length)]
    told = set()
    for stops in range(length):
        for last in ([], [[ENGINE, 5, "Value.__hash__"]]):  # what a turn calls, and comes back from
            frames = [*(turn * 9)[: 9 * length - stops], *last][-7:]
            told.add(exception({"raised": ["RecursionError"], "frames": frames})[2])
    assert told == {tuple(map(tuple, [turn[0], *turn[:0:-1]]))}
    assert len(exception({"raised": ["TypeError"], "frames": frames})[2]) == 6


def test_a_report_points_past_given_code_and_tells_the_whole_trail(exam: Exam) -> None:
    folder = Path(__file__).parent / "cases" / "fault-behind-given-code"
    with Grader(exam, choose("auto")) as grader:
        (item,) = grader.grade("case", folder, only=["engine-sub"]).items
    line = (
        (folder / "micrograd" / "engine.py")
        .read_text("utf-8")
        .split("\n")
        .index("        return self + -self._lift([other])")
    )
    assert (item.file, item.line) == (ENGINE, line + 1)
    assert [function for _, _, function in item.explanation.frames] == ["_lift", "__sub__"]


def test_neither_a_line_that_is_not_there_nor_one_without_end_costs_the_judge_time(tmp_path: Path) -> None:
    (tmp_path / "micrograd").mkdir()
    (tmp_path / ENGINE).write_text("a" * 10**5 + " = exit()")
    sources = Sources(tmp_path)
    began = time.process_time()
    assert sources.around(ENGINE, 2**31) is None and stop(sources, "SystemExit", ENGINE, 1) is None
    assert time.process_time() - began < 1
