"""A course that has nothing of micrograd's goes through the whole machine without a change in it: exam, sandbox,
grading, a class with its pages, kit and check. It is put into a copy of the project, beside micrograd."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from forks import told
from nightly import WHOLE

ROOT = Path(__file__).parents[1]
COURSE = Path(__file__).with_name("tokenizer")
OTHERS = ("micrograd", "Value", "engine", "gradient", "PyTorch", "moons")
WRONG = "    return text.split(' ')\n"
_COMMAND = "import runpy; runpy.run_module('gradschool', run_name='__main__', alter_sys=True)"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that teaches it, without micrograd's reference."""
    copy = tmp_path_factory.mktemp("second") / "gradschool"
    shutil.copytree(ROOT / "autograder", copy / "autograder")  # with what is compiled
    for name in ("pyproject.toml", "README.md", "LICENSE", "gradschool.py"):
        shutil.copy(ROOT / name, copy / name)
    courses = copy / "autograder" / "courses"
    shutil.copytree(COURSE / "course", courses / "tokenizer", ignore=shutil.ignore_patterns("__pycache__"))
    taught = (courses / "__init__.py").read_text("utf-8")
    assert taught.count("courses.micrograd") == 1
    (courses / "__init__.py").write_text(taught.replace("courses.micrograd", "courses.tokenizer"), "utf-8")
    shutil.copytree(COURSE / "reference", copy / "solutions" / "tokenizer")
    (copy / "solutions" / "pitfalls.py").write_text("EDITS = []\n", "utf-8")
    (copy / "docs").mkdir()
    (copy / "docs" / "tokenizer.md").write_text("# Splitting\n", "utf-8")
    return copy


def gradschool(copy: Path, *arguments: object, code: int = 0) -> str:
    done = told(_COMMAND, *arguments, cwd=copy, project=copy, XDG_CONFIG_HOME=str(copy / "config"))
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def kit(copy: Path) -> Path:
    gradschool(copy, "release")
    return copy / "student"


@pytest.fixture(scope="module")
def results(copy: Path, kit: Path) -> Path:
    """A class of four: right, wrong, nothing done, and a stranger's package."""
    for student in ("ada", "bob", "cleo"):
        source = kit / "tokenizer" if student == "cleo" else copy / "solutions" / "tokenizer"
        shutil.copytree(source, copy / "class" / student / "tokenizer")
    words = copy / "class" / "bob" / "tokenizer" / "words.py"
    words.write_text(words.read_text("utf-8").replace("    return text.split()\n", WRONG), "utf-8")
    (copy / "class" / "dora" / "micrograd").mkdir(parents=True)
    (copy / "class" / "dora" / "micrograd" / "engine.py").write_text("x = 1\n", "utf-8")
    said = gradschool(copy, "grade", "class", "--seed", 3)
    assert "3 graded" in said
    return copy / "results"


def test_an_exam_is_built_shown_and_verified(copy: Path) -> None:
    assert "splitting-split" in gradschool(copy, "exam", "show", "--seed", 3)
    assert "all confirmed" in gradschool(copy, "exam", "verify", "--seed", 3)


def test_the_kit_has_its_stubs_and_its_lecture(kit: Path) -> None:
    text = (kit / "tokenizer" / "words.py").read_text("utf-8")
    assert 'raise NotImplementedError("splitting-split")' in text and "text.split()" not in text
    assert (kit / "docs" / "tokenizer.md").is_file() and (kit / "practice-exam.json").is_file()
    assert not (kit / "micrograd").exists()


def test_the_kit_speaks_of_nothing_else(kit: Path) -> None:
    said = {path.name: path.read_text("utf-8") for path in kit.iterdir() if path.is_file()}
    assert {"README.md", "Makefile", "pyproject.toml", ".gitignore"} <= said.keys()
    assert not [name for name, text in said.items() if "{{" in text]
    assert not [name for name, text in said.items() for word in OTHERS if name[-4:] != "json" and word in text]
    assert "two functions that split a text into words" in said["README.md"]
    assert "`TODO splitting-split`" in said["README.md"] and "`tokenizer/words.py`" in said["README.md"]


def test_help_speaks_of_nothing_else(copy: Path) -> None:
    said = [gradschool(copy, "--help")]
    assert "demo" not in said[0]
    others = ("hint", "try", "draw", "hand-in", "release", "pitfalls", "exam show", "exam verify")
    for command in ("check", *(others if WHOLE else others[:2])):
        said.append(gradschool(copy, *command.split(), "--help"))
    assert "gradschool check --item splitting-split" in said[1]
    assert [text for text in said for word in (*OTHERS, "{") if word in text] == []


def test_what_the_course_does_not_have_is_said(copy: Path, kit: Path) -> None:
    assert "this course draws no expressions" in gradschool(copy, "draw", "1 + 1", kit, code=2)
    assert "this course has no demonstration" in gradschool(copy, "demo", kit, code=2)
    assert "has no page about its pitfalls" in gradschool(copy, "pitfalls", "--page", copy / "page.md", code=2)


def test_a_class_is_graded_with_pages(results: Path) -> None:
    with (results / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: (row["score"], row["max_score"]) for name, row in rows.items()} == {
        "ada": ("5", "5"), "bob": ("2", "5"), "cleo": ("0", "5"), "dora": ("", "5")
    }  # fmt: skip
    report = json.loads((results / "bob" / "report.json").read_text("utf-8"))
    item = next(item for item in report["items"] if item["id"] == "splitting-split")
    assert item["status"] == "failed" and "the result should be" in item["message"]
    assert item["reproduce"].startswith("from tokenizer.words import *") and item["file"] == "tokenizer/words.py"
    assert report["sandbox"] and report["sandbox"] != ["none"]
    page = (results / "bob" / "index.html").read_text("utf-8")
    assert "splitting-split" in page and "A tokenizer" in page and "micrograd" not in page
    assert "bob" in (results / "index.html").read_text("utf-8")


def test_a_student_checks_and_gets_a_hint(copy: Path, kit: Path) -> None:
    said = gradschool(copy, "check", kit, code=1)
    assert "splitting-split" in said and "Value" not in said
    assert "Which method of str does it?" in gradschool(copy, "hint", "splitting-split", kit)
    words = kit / "tokenizer" / "words.py"
    words.write_text((copy / "solutions" / "tokenizer" / "words.py").read_text("utf-8"), "utf-8")
    assert "5" in gradschool(copy, "check", kit)


def test_a_stranger_is_told_what_the_package_is_called(results: Path) -> None:
    report = json.loads((results / "dora" / "report.json").read_text("utf-8"))
    assert report["score"] == 0 and "tokenizer/" in report["message"]
