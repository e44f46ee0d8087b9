"""A new operation is four places, as docs/adding.md shows: what it shows is done here, in a copy of the project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forks import told
from nightly import WHOLE

from autograder.course import in_use

ROOT = Path(__file__).parents[1]
COURSE = Path("autograder", "courses", "micrograd")
PLACES = [
    "solutions/micrograd/engine.py",
    f"{COURSE}/operations.py",
    f"{COURSE}/rubric/engine.py",
    f"{COURSE}/rubric/backprop.py",
    f"{COURSE}/hints.toml",
]
NEW = ["engine-sigmoid", "backprop-sigmoid"]
RULE = "self.grad += out.data * (1 - out.data) * out.grad"
WRONG = "self.grad += out.data * (1 - out.data)"  # the chain is cut
_BLOCK = re.compile(r"```diff\n--- (\S+)\n(.*?)```", re.DOTALL)

# What is asked of the copy, in a process of its own: the exam; reports on reference, stubs, and a wrong rule; hints.
# The exam is drawn of the new items and some beside them, or with NIGHTLY=all built of all of them, with its pitfalls.
SOME = [] if WHOLE else [*NEW, "engine-exp"]
GRADE = """
import dataclasses, json, sys
from pathlib import Path
from autograder.courses.micrograd import COURSE
from autograder.courses.micrograd.hints import hint_lines
from autograder.exam import building
from autograder.exam.paper import SAMPLE_SEED
from autograder.exam.questions.drawing import questions_for
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.kit.stubs import release
from autograder.project import project_root
from autograder.sandbox.launcher import NO_SANDBOX
from autograder.todos import find_todos

stubs, wrong = map(Path, sys.argv[1:3])
ids = list(COURSE.items)
release(project_root() / "solutions", stubs, ids)
asked = sys.argv[3:]
for id in asked:
    asked += [need for need in COURSE.items[id].needs if need not in asked]
course = dataclasses.replace(COURSE)
vars(course)["items"] = {id: item for id, item in COURSE.items.items() if id in asked}
exam = building.draft(SAMPLE_SEED, course) if asked else exams.build(SAMPLE_SEED)
with Grader(exam, NO_SANDBOX) as grader:
    grade = lambda folder: {item.id: item for item in grader.grade("ada", folder).items}
    found = {"reference": grade(project_root() / "solutions"), "stubs": grade(stubs), "wrong": grade(wrong)}
    hints = {id: hint_lines(item, 1) for id, item in found["wrong"].items() if item.status == "failed"}
print(json.dumps({
    "exam": exam.content(), "todos": [*find_todos(stubs, ids)], "hints": hints,
    "expressions": questions_for(COURSE, COURSE.items["backprop-expressions"], SAMPLE_SEED),
    **{name: {id: item.as_dict() for id, item in items.items()} for name, items in found.items()},
}))
"""


def shown() -> Iterator[tuple[str, str, str]]:
    """What the page shows to change: path, a text of the file, and the text in its place."""
    for path, hunks in _BLOCK.findall((ROOT / "docs" / "adding.md").read_text("utf-8")):
        for hunk in hunks.split("@@\n")[1:]:
            lines = hunk.splitlines()
            assert {line[:1] for line in lines} <= {" ", "+", "-", ""}, hunk
            yield path, *("\n".join(line[1:] for line in lines if line[:1] != sign) for sign in "+-")


def place_of(path: str, old: str, new: str) -> tuple[str, str, str]:
    """The same change where hints are still Python."""
    if (ROOT / path).exists() or not path.endswith("hints.toml"):
        return path, old, new
    items = {id: tuple(item.get("hints", ())) for id, item in tomllib.loads(new)["items"].items()}
    (before, _), (after, _) = sorted(items.items(), key=lambda each: not each[1])
    return path.replace(".toml", ".py"), f'    "{after}": (', f'    "{before}": {items[before]!r},\n    "{after}": ('


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with what the page shows."""
    copy = tmp_path_factory.mktemp("adding") / "gradschool"
    for name in ("autograder", "solutions", "docs", "tests/engines"):
        shutil.copytree(ROOT / name, copy / name)  # with what is compiled
    for path, old, new in shown():
        path, old, new = place_of(path, old, new)
        text = (copy / path).read_text("utf-8")
        assert text.count(old) == 1, (path, old)
        (copy / path).write_text(text.replace(old, new), encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def graded(copy: Path) -> dict[str, Any]:
    """What comes of it."""
    wrong = copy.parent / "wrong"
    shutil.copytree(copy / "solutions" / "micrograd", wrong / "micrograd")
    engine = wrong / "micrograd" / "engine.py"
    text = engine.read_text("utf-8")
    assert text.count(RULE) == 1
    engine.write_text(text.replace(RULE, WRONG), encoding="utf-8")
    done = told(GRADE, copy.parent / "stubs", wrong, *SOME, cwd=copy, project=copy)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_four_places_are_shown() -> None:
    assert list(dict.fromkeys(path for path, _, _ in shown())) == PLACES


def test_the_exam_asks_for_it_and_random_expressions_have_it(graded: dict[str, Any]) -> None:
    sheets = graded["exam"]["items"]
    assert all(sheets[id]["questions"] and sheets[id]["ladder"] for id in NEW)
    assert any(step[0] == "sigmoid" for question in graded["expressions"] for step in question["program"]["steps"])


def test_the_reference_gets_all_points(graded: dict[str, Any]) -> None:
    assert {*NEW} < {*graded["reference"]}
    tests = {item.id for item in in_use().suites}  # which are no part of a package
    assert {id for id, item in graded["reference"].items() if item["status"] != "passed"} <= tests


def test_the_stubs_have_two_todos_more(graded: dict[str, Any]) -> None:
    assert {*NEW} < {*graded["todos"]}
    assert [graded["stubs"][id]["status"] for id in NEW] == ["todo", "todo"]
    assert not any(item["earned"] for item in graded["stubs"].values())


def test_a_wrong_rule_is_found_and_shown(graded: dict[str, Any]) -> None:
    failed = {id: item for id, item in graded["wrong"].items() if item["status"] == "failed"}
    assert [*failed] == ["backprop-sigmoid"]
    item = failed["backprop-sigmoid"]
    assert "a.grad should be" in item["message"]
    assert "out = a.sigmoid()" in item["reproduce"]
    assert "print(a.grad)" in item["reproduce"]
    nodes = item["counterexample"]["graph"]["nodes"]
    assert [node["op"] for node in nodes] == ["", "sigmoid"]
    assert nodes[0]["expected"]["grad"] != nodes[0]["got"]["grad"]
    (hint,) = graded["hints"]["backprop-sigmoid"]
    assert hint.startswith("Hint 1 of 2: How steep")


def test_the_lines_to_paste_show_it(copy: Path, graded: dict[str, Any]) -> None:
    item = graded["wrong"]["backprop-sigmoid"]
    done = subprocess.run(
        [sys.executable, "-c", item["reproduce"]], cwd=copy.parent / "wrong", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(item["counterexample"]["graph"]["nodes"][0]["got"]["grad"])
