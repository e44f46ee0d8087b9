"""The rubric as tests: `pytest autograder/courses/micrograd/rubric --submission=PATH`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from conftest import ROOT, SAMPLES
from kits import make_kit, solve
from nightly import WHOLE, few, nightly, only
from reports import sample_reports

from autograder.courses.micrograd import load_items
from autograder.exam.paper import PRACTICE_SEED, SAMPLE_SEED
from autograder.grading import exams
from autograder.kit.bundle import kit_files
from autograder.report import ItemResult
from autograder.report.message import item_message

ITEMS = load_items()
CHOSEN = "engine-add or engine-mul or mine"
RIGHT = [("derivative", 4, 2), ("not stretch and not testing", 100, 46)]  # what passes: its points and tests


def run(*arguments: object, code: int) -> str:
    """What pytest prints on the rubric; it must exit with `code` and show no traceback."""
    command = [sys.executable, "-m", "pytest", "autograder/courses/micrograd/rubric", "-p", "no:cacheprovider"]
    command += [f"--exam-seed={SAMPLE_SEED}", *map(str, arguments)]
    alone = {} if WHOLE else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # others' plugins take longer to import than ours
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **alone}, capture_output=True, text=True, timeout=120)
    output = done.stdout + done.stderr
    assert done.returncode == code, output
    for sign in ("Traceback", "INTERNALERROR", "pytest_plugin.py", "Error:"):
        assert sign not in output.replace("SyntaxError:", "").replace("RecursionError:", ""), output
    return output


def expected(student: str) -> dict[str, ItemResult]:
    """The verdicts that `grade` gives, as test_samples and others hold them."""
    (report,) = (each for each in sample_reports() if each.student == student)
    return {item.id: item for item in report.items}


def failures(output: str) -> dict[str, str]:
    """The text under each item's heading in the section of failures."""
    section = re.split(r"^=+ FAILURES =+\n", output, flags=re.M)[1]
    section = re.split(r"^(?:\d+ of \d+ points|- generated xml file: .*)$", section, flags=re.M)[0]
    parts = re.split(r"^_+ (\S+) \((\d+) points?\) _+\n", section, flags=re.M)[1:]
    assert all(int(points) == ITEMS[id].points for id, points in zip(parts[::3], parts[1::3], strict=True))
    return {id: text.strip() for id, text in zip(parts[::3], parts[2::3], strict=True)}


def test_every_item_is_a_test_with_its_points(tmp_path: Path) -> None:
    output = run(f"--submission={SAMPLES}/chen", "-v", f"--junitxml={tmp_path / 'found.xml'}", code=1)
    cases = {case.attrib["name"]: case for case in ET.parse(tmp_path / "found.xml").iter("testcase")}
    assert set(cases) == set(ITEMS)
    want = expected("chen")
    for id, case in cases.items():
        told = {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}
        result = want[id]
        assert told == {"points": str(result.points), "earned": str(result.earned), "status": result.status}
        assert (case.find("failure") is None) == (result.status == "passed")
        line = f"::{id} {result.status.upper()} {result.earned}/{result.points} "
        assert line in output
    assert {id: item_message(want[id]) for id in ITEMS if want[id].status != "passed"} == failures(output)
    passed = [result for result in want.values() if result.status == "passed"]
    assert f"\n{sum(result.points for result in passed)} of 130 points\n" in output
    assert f"{len(ITEMS) - len(passed)} failed, {len(passed)} passed" in output


@nightly
def test_one_item_can_be_selected_and_says_what_check_says() -> None:
    output = run(f"--submission={SAMPLES}/emil", "-k", "backprop-mul", code=1)
    assert "1 failed, 57 deselected" in output and "\n0 of 4 points\n" in output
    assert failures(output) == {"backprop-mul": item_message(expected("emil")["backprop-mul"])}
    assert "FAILED 0/4" in output and "a.grad should be" in output and "paste this into Python" in output


@nightly
def test_a_todo_is_no_pass_nor_is_what_waits_for_it() -> None:
    output = run(f"--submission={SAMPLES}/chen", "-rA", "-k", "engine-add or backprop-add or backprop-shared", code=1)
    assert re.search(r"2 failed, 1 passed, \d+ deselected", output) and "\n2 of 8 points\n" in output
    assert "TODO 0/3 autograder/courses/micrograd/rubric/backprop.py::backprop-add" in output
    assert "BLOCKED 0/3 autograder/courses/micrograd/rubric/backprop.py::backprop-shared" in output
    found = failures(output)
    assert found["backprop-add"].startswith("is still to be written\nat micrograd/engine.py:")
    assert found["backprop-shared"].startswith("waits for backprop-add, backprop-mul")


@pytest.mark.parametrize(("chosen", "points", "passed"), only(RIGHT, RIGHT[:1].__contains__))
def test_a_right_submission_passes(chosen: str, points: int, passed: int) -> None:
    output = run(f"--submission={SAMPLES}/ada", "-q", "-k", chosen, code=0)
    assert f"\n{points} of {points} points\n" in output and f"{passed} passed" in output


def test_student_code_does_not_run_in_the_process_of_pytest() -> None:
    output = run(f"--submission={SAMPLES}/karl", "-s", "-k", "engine-mul or engine-exp", code=1)
    assert "2 failed" in output and "\n0 of 3 points\n" in output
    assert '"score": 60' not in output


def test_without_a_submission_there_is_nothing_to_test() -> None:
    output = run(code=5)
    assert "no tests ran" in output and "collected 0 items" in output


@pytest.mark.parametrize("path", few(["nowhere", "nowhere.zip"], 1))
def test_a_missing_submission_is_one_sentence(path: str) -> None:
    output = run(f"--submission={path}", code=4)
    assert output.count("nowhere") == 1
    assert re.search(rf"{path} does not exist", output)


@nightly
def test_a_kit_is_tested_from_anywhere_and_no_other_package(tmp_path: Path) -> None:
    kit, site = tmp_path / "my kits" / "kit", tmp_path / "site"
    make_kit(kit, exams.get(PRACTICE_SEED))
    for name, content in kit_files().items():
        if name == "pyproject.toml" or name.startswith("tests/"):
            (kit / name).parent.mkdir(exist_ok=True)
            (kit / name).write_bytes(content)
    solve(kit, "engine-add")
    for other in (site, kit / "lib"):
        shutil.copytree(ROOT / "solutions" / "micrograd", other / "micrograd")
    inside = f"assert {str(kit / 'micrograd')!r} in micrograd.engine.__file__"
    (kit / "tests" / "test_mine.py").write_text(f"import micrograd.engine\n\n\ndef test_mine():\n    {inside}\n")
    places = [(kit, []), (kit / "tests", []), (kit.parent, ["kit"]), (tmp_path, [kit / "tests"])]
    for folder, arguments in places:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", CHOSEN, *arguments],
            cwd=folder, env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
        assert "1 failed, 2 passed" in done.stdout and "\n2 of 4 points\n" in done.stdout, done.stdout + done.stderr
