"""The command: what it accepts and refuses, what it writes, how it exits, and what it says. Never a traceback."""

from __future__ import annotations

import csv
import errno
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import click
import jsonschema
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, SAMPLES, SCRIPT, forked_judges
from forks import told
from nightly import WHOLE, nightly, only
from test_places import short

from autograder.classroom.job import Job
from autograder.cli import app as cli
from autograder.courses.micrograd import COURSE, load_items
from autograder.exam.paper import PRACTICE_SEED, SAMPLE_SEED, Exam, content_address, load
from autograder.exam.questions.drawing import questions_for
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.report import Report
from autograder.report.files import schema
from autograder.sandbox.protocol import SandboxError
from autograder.sandbox.worker import Worker
from autograder.submissions.submission import Submission

ITEMS = load_items()
# What section 7 of the design promises, and nothing else.
OPTIONS = {
    "": set(),
    "grade": {
        "--out",
        "--assignment",
        "--jobs",
        "--cluster",
        "--exam",
        "--seed",
        "--sandbox",
        "--gradebook",
        "--course",
        "--budget",
        "--fresh",
        "--layout",
        "--use",
        "--roster",
        "--no-roster",
    },
    "export": {"--out", "--roster", "--gradebook", "--course"},
    "open": set(),
    "check": {"--item", "--format", "--min-score", "--out", "--all", "--watch"},
    "hand-in": set(),
    "try": {"--fresh", "--no-run"},
    "draw": {"--item", "--out", "--no-open"},
    "demo": {"--full", "--points", "--steps", "--seed", "--out", "--no-open"},
    "hint": {"--all"},
    "watch": set(),
    "release": {"--check", "--kit", "--html", "--notebooks", "--course"},
    "pitfalls": {"--page", "--seed", "--jobs", "--course"},
    "course": set(),
    "course show": {"--keys", "--course"},
    "course init": {"--course"},
    "course words": {"--course"},
    "hook": set(),
    "hook export": {"--at", "--counts", "--out", "--course"},
    "hook install": {
        "--results",
        "--student",
        "--branch",
        "--timeout",
        "--exam",
        "--seed",
        "--sandbox",
        "--course",
        "--quiet-feedback",
        "--chain",
        "--at",
    },
    "hook status": set(),
    "hook uninstall": set(),
    "hook drain": set(),
    "exam": set(),
    "exam build": {"--seed", "--out", "--course"},
    "exam show": {"--seed", "--item", "--course"},
    "exam verify": {"--seed", "--course"},
    "exam seed": {"--set", "--renew", "--course"},
}

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in an empty folder; it must exit with `code`, and show no traceback."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(cli.main, [str(argument) for argument in arguments], prog_name="gradschool")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A class of two: ada, who has all core points, and lena, who has none."""
    return a_class(tmp_path / "few", "ada", "lena")


def a_class(folder: Path, *students: str) -> Path:
    for student in students:
        shutil.copytree(SAMPLES / student, folder / student, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def report(folder: Path, student: str) -> dict[str, Any]:
    return dict(json.loads((folder / student / "report.json").read_text()))


def grades(folder: Path) -> list[dict[str, str]]:
    with (folder / "grades.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> dict[str, str]:
    """All that is in a results folder, but for the seconds and the index, which knows them."""
    paths = [
        path for path in folder.rglob("*") if path.is_file() and path.name not in (".graded.json", ".outlines.json")
    ]
    found = {str(path.relative_to(folder)): path.read_text() for path in paths}
    return {name: re.sub(r'"seconds": [\d.e-]+', "", text) for name, text in found.items()}


def one_sentence(result: Result) -> str:
    """The only line of what the command said, which says what to do."""
    (line,) = result.output.strip("\n").split("\n")
    assert line.startswith("gradschool: ") and len(line) < 500
    return line


# --- grade --------------------------------------------------------------------------------------------------


def test_grade_exits_with_0_whatever_the_scores(run: Run, few: Path, tmp_path: Path) -> None:
    with forked_judges():  # how they begin is seen where a class is graded from within a submission
        result = run("grade", few)
    out = tmp_path / "results"
    assert [(row["student"], row["score"], row["bonus"]) for row in grades(out)] == [
        ("ada", "100", "16"),
        ("lena", "0", "0"),
    ]
    assert list(grades(out)[0]) == ["student", "score", "max_score", "bonus", "status", "remark", *ITEMS]
    assert re.search(r"^ada +100/100 +16 ", result.output, re.M) and re.search(r"^lena +0/100 +0 ", result.output, re.M)
    assert "sandbox: " in result.output and str(Path("results") / "grades.csv") in result.output
    assert json.loads((out / "summary.json").read_text())["mean"] == 50
    pages = re.search(r"^the class: (\S+), a page a student: (\S+); `gradschool open` shows them$", result.output, re.M)
    assert pages and "The class" in (tmp_path / pages[1]).read_text()
    for student in ("ada", "lena"):
        assert f"<h1>{student}</h1>" in (tmp_path / pages[2].replace("STUDENT", student)).read_text()


def test_several_paths_make_one_class(run: Run, tmp_path: Path) -> None:
    paths = [SAMPLES / "marek.tar.gz", SAMPLES / "lena", SAMPLES / "lena"]
    run("grade", *paths, "--out", "my deep/er", "--jobs", 1, "--assignment", "derivative")
    assert [row["student"] for row in grades(tmp_path / "my deep" / "er")] == ["lena", "marek"]


def test_the_command_that_opens_a_class_can_be_typed_as_it_stands(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Mock(return_value=True)
    monkeypatch.setattr("webbrowser.open", opened)
    for out in ("my results", "o'results;echo $HOME"):
        told = run("grade", few, "--out", out, "--assignment", "derivative").output
        typed = re.search(r"`gradschool (open .*)` shows them$", told, re.M)
        assert typed
        run(*shlex.split(typed[1]))
        opened.assert_called_with((tmp_path / out / "index.html").as_uri())


def test_assignments_can_be_chosen(run: Run, few: Path, tmp_path: Path) -> None:
    run("grade", few, "--assignment", "derivative", "--assignment", "stretch", "--jobs", 1)
    chosen = [id for id, item in ITEMS.items() if item.assignment in ("derivative", "stretch")]
    ada = report(tmp_path / "results", "ada")
    assert [item["id"] for item in ada["items"]] == chosen
    assert (ada["score"], ada["max_score"], ada["bonus"]) == (4, 4, 16)
    assert list(grades(tmp_path / "results")[0])[6:] == chosen


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["empty"], "no submissions in .*empty"),
        (["few", "nowhere.zip"], "nowhere.zip does not exist"),
        (["notes.txt"], "neither a folder nor an archive"),
        (["few", "--exam", "nowhere.json"], "cannot read the exam nowhere.json"),
        (["few", "--exam", "notes.txt"], "notes.txt is not an exam"),
    ],
)
def test_bad_paths_end_in_a_sentence(run: Run, few: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("Monday\n")
    assert re.search(says, one_sentence(run("grade", *arguments, code=2)))
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["few", "--assignment", "calculus"],
        ["few", "--jobs", "0"],
        ["few", "--jobs", "two"],
        ["few", "--seed", "x"],
        ["few", "--sandbox", "sandpit"],
        ["few", "--exam", "few"],
        ["few", "--out", "notes.txt"],
        ["few", "--exam", "exam.json", "--seed", "1"],
        ["few", "--exam", "exam.json", "--seed", "0"],
    ],
)
def test_bad_usage_is_explained(run: Run, few: Path, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "notes.txt").write_text("Monday\n")
    (tmp_path / "exam.json").write_text("{}")
    output = run("grade", *arguments, code=2).output
    assert output.startswith("Usage: gradschool grade") and "Error: " in output
    assert not (tmp_path / "results").exists()


def damaged(exam: Exam) -> Iterable[tuple[str, str, str]]:
    """Names and texts of files that were exams once, and what should be said about them."""
    whole = exam.to_json()
    yield "damaged", whole[: len(whole) // 2], "is not an exam; build one"
    yield "binary", "\0\xff\xfe", "cannot read the exam"
    yield "list", "[]", "is not an exam"
    yield "deep", "[" * 100_000, "is not an exam"
    yield "tampered", whole.replace("true", "false", 1), "was changed after it was built"
    data = json.loads(whole)
    yield "future", json.dumps({**data, "schema": 99}), "has schema 99"
    fewer = dict(list(exam.sheets.items())[1:])
    other = replace(exam, sheets=fewer, address="")
    yield "other", replace(other, address=content_address(other)).to_json(), "fits another version of the rubric"


def test_bad_exams_end_in_a_sentence(run: Run, few: Path, tmp_path: Path, exam: Exam) -> None:
    for name, text, says in damaged(exam):
        path = tmp_path / f"{name}.json"
        path.write_text(text, "latin-1")
        sentence = one_sentence(run("grade", few, "--exam", path, code=2))
        assert f"{name}.json" in sentence and says in sentence
        assert "`gradschool exam build`" in sentence or name == "binary"
    assert not (tmp_path / "results").exists()


@nightly
def test_an_exam_from_a_file_is_as_good_as_its_seed(run: Run, few: Path, tmp_path: Path, exam: Exam) -> None:
    (tmp_path / "exam.json").write_text(exam.to_json())
    run("grade", few, "--exam", "exam.json", "--out", "file")
    run("grade", few, "--seed", SAMPLE_SEED, "--out", "seed")
    assert files(tmp_path / "file") == files(tmp_path / "seed")
    assert report(tmp_path / "file", "ada")["exam"] == exam.address


@nightly
def test_two_jobs_give_what_one_gives(run: Run, tmp_path: Path) -> None:
    folder = a_class(tmp_path / "three", "ada", "chen", "lena", "priya")
    run("grade", folder, "--jobs", 1, "--out", "one")
    run("grade", folder, "--jobs", 2, "--out", "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


# --- grade again --------------------------------------------------------------------------------------------


@pytest.fixture
def regraded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was really graded, from now on."""
    students: list[str] = []
    real = Job.grade

    def grade(self: Job, grader: Grader, submission: Submission) -> Report:
        students.append(submission.student)
        return real(self, grader, submission)

    monkeypatch.setattr(Job, "grade", grade)
    return students


def test_what_has_not_changed_is_not_graded_again(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--jobs", 1, "--sandbox", "none", "--assignment", "derivative"]
    first = run("grade", few, *options).output
    before = files(tmp_path / "results")

    def no(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be graded")

    monkeypatch.setattr("autograder.classroom.job.Grader", no)
    assert run("grade", few, *options).output == first
    assert files(tmp_path / "results") == before
    with pytest.raises(AssertionError, match="nothing is to be graded"):
        run("grade", few, *options, "--fresh")


@nightly
def test_only_what_changed_is_graded_again(run: Run, tmp_path: Path, regraded: list[str]) -> None:
    results = tmp_path / "results"

    def graded_now(*options: object) -> list[str]:
        regraded.clear()
        run("grade", few, "--jobs", 1, "--sandbox", "none", *options)  # which starts faster than the others
        return regraded

    few = a_class(tmp_path / "class", "priya", "lena")
    assert graded_now() == ["lena", "priya"]
    assert graded_now() == []
    with (few / "lena" / "micrograd" / "engine.py").open("a") as file:
        file.write("# my first line\n")
    assert graded_now() == ["lena"]
    a_class(few, "chen")
    assert graded_now() == ["chen"]
    assert [row["student"] for row in grades(results)] == ["chen", "lena", "priya"]
    (results / "priya" / "report.json").unlink()
    (results / "chen" / "report.json").write_text('{"schema": 1}')
    assert graded_now() == ["chen", "priya"]
    assert graded_now("--fresh") == ["chen", "lena", "priya"]
    shutil.rmtree(few / "chen")
    assert graded_now() == []
    assert [row["student"] for row in grades(results)] == ["lena", "priya"]
    assert graded_now("--assignment", "derivative") == ["lena", "priya"]
    assert graded_now("--seed", PRACTICE_SEED) == ["lena", "priya"]
    assert graded_now("--seed", PRACTICE_SEED) == []
    assert graded_now("--seed", PRACTICE_SEED, "--sandbox", "auto") == ["lena", "priya"]
    (results / ".graded.json").write_text("[")
    assert graded_now("--seed", PRACTICE_SEED) == ["lena", "priya"]


# --- the grader's own trouble -------------------------------------------------------------------------------


def test_trouble_with_the_sandbox_is_never_a_zero(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, regraded: list[str]
) -> None:
    real = Worker.run

    def fails(self: Worker, root: Path, items: Any, *rest: Any, **options: Any) -> Any:
        if items:
            raise SandboxError("the kernel had a bad day")
        return real(self, root, items, *rest, **options)

    options = ["--jobs", 1, "--assignment", "derivative"]
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "run", fails)
        output = run("grade", few, *options, code=1).output
    assert "Not graded" in output and "ada, lena" in output
    results = tmp_path / "results"
    for row in grades(results):
        assert (row["score"], row["bonus"], row["max_score"]) == ("", "", "4")
        assert {row[id] for id in ITEMS if id in row} == {row["derivative-central"]} == {""}
    data = report(results, "ada")
    assert {item["status"] for item in data["items"]} == {"ungraded"}
    assert "the kernel had a bad day" in data["items"][0]["message"]
    summary = json.loads((results / "summary.json").read_text())
    assert (summary["graded"], summary["ungraded"], summary["mean"]) == (0, ["ada", "lena"], None)

    regraded.clear()
    run("grade", few, *options)
    assert regraded == ["ada", "lena"]
    assert [row["score"] for row in grades(results)] == ["4", "0"]


def test_trouble_with_one_submission_leaves_the_others_alone(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Grader.grade_submission

    def fails(self: Grader, submission: Submission, only: Any = None) -> Report:
        if submission.student == "ada":
            raise MemoryError("no room")
        return real(self, submission, only)

    monkeypatch.setattr(Grader, "grade_submission", fails)
    run("grade", few, "--jobs", 1, "--sandbox", "none", "--assignment", "engine", code=1)
    assert [(row["student"], row["score"], row["engine-add"]) for row in grades(tmp_path / "results")] == [
        ("ada", "", ""),
        ("lena", "0", "0"),
    ]
    assert "no room" in report(tmp_path / "results", "ada")["message"]


def test_a_sandbox_that_fails_once_is_asked_again(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failed = Worker.run, []

    def fails_once(self: Worker, root: Path, items: Any, *rest: Any, **options: Any) -> Any:
        if items and not failed:
            failed.append(True)
            raise SandboxError("the sandbox died")
        return real(self, root, items, *rest, **options)

    monkeypatch.setattr(Worker, "run", fails_once)
    run("grade", few, "--jobs", 1, "--assignment", "derivative")
    assert failed and [row["score"] for row in grades(tmp_path / "results")] == ["4", "0"]


def test_results_that_cannot_be_written_end_in_a_sentence(run: Run, few: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Monday\n")
    result = run("grade", few, "--jobs", 1, "--out", Path("notes.txt") / "results", code=2)
    assert "notes.txt" in one_sentence(result)


# --- check --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def practice() -> Exam:
    """The practice exam; asking for it also puts it into the cache, where `check` finds it."""
    return exams.get(PRACTICE_SEED)


def test_check_is_content_with_the_core(run: Run, practice: Exam) -> None:
    output = run("check", SAMPLES / "ada").output  # who fails a bonus item
    assert "100/100  +16 bonus" in output and "The core is complete! For the bonus: stretch-edges" in output
    assert "should raise TypeError" not in output  # the bonus is an invitation
    assert "should raise TypeError" in run("check", SAMPLES / "ada", "--all").output


@nightly
def test_check_is_content_with_all_but_tests(run: Run, practice: Exam) -> None:
    said = run("check", ROOT / "solutions").output
    assert "The core is complete! For the bonus: testing-forward" in said and "stretch  20/20" in said


@pytest.mark.parametrize(
    ("student", "least", "code"),
    [
        ("lena", 0, 0),
        ("lena", 1, 1),
        *only([("lena", None, 1), ("chen", 65, 0), ("chen", 65.1, 1), ("ada", 100, 0)], lambda case: False),
    ],
)
def test_min_score(run: Run, practice: Exam, student: str, least: float | None, code: int) -> None:
    option = [] if least is None else ["--min-score", least]
    assert re.search(r"\d+/100", run("check", SAMPLES / student, *option, code=code).output)


def test_check_names_what_comes_next(run: Run, practice: Exam) -> None:
    output = run("check", SAMPLES / "chen", code=1).output
    assert re.search(r"^Next: backprop-add, The rule of addition \(\S*/chen/micrograd/engine\.py:\d+\)$", output, re.M)


def test_check_of_one_item(run: Run, practice: Exam) -> None:
    output = run("check", SAMPLES / "emil", "--item", "backprop-mul", code=1).output
    assert re.search(r"backprop-mul  0/4 .*rule of multiplication", output)
    assert "a.grad should be" in output and "To see it, paste this into Python, or type `" in output
    assert "out._backward()" in output and "micrograd/engine.py" in output
    assert not [id for id in ITEMS if id != "backprop-mul" and id in output]
    assert "passed" not in output
    assert "4/4" in run("check", SAMPLES / "ada", "--item", "backprop-mul").output
    assert "0/3" in run("check", SAMPLES / "bela", "--item", "stretch-deep", code=1).output  # asked for, so it counts
    assert "waits for" in run("check", SAMPLES / "chen", "--item", "backprop-shared", code=1).output


@pytest.mark.parametrize(
    ("item", "near"),
    [
        ("mul", "engine-mul' or 'backprop-mul'"),
        *only(
            [("backprop-mull", "backprop-mul"), ("engine_add", "engine-add"), ("derivative", "derivative-")],
            lambda case: False,
        ),
    ],
)
def test_check_of_an_unknown_item_suggests_one(run: Run, item: str, near: str) -> None:
    sentence = one_sentence(run("check", SAMPLES / "ada", "--item", item, code=2))
    assert f"no item {item!r}" in sentence and f"did you mean '{near}" in sentence


@pytest.mark.parametrize(
    "arguments", [["--min-score", "101"], ["--min-score", "-1"], ["--format", "pdf"], ["--watch", "--all"]]
)
def test_check_refuses_bad_usage(run: Run, arguments: list[str]) -> None:
    assert "Error: " in run("check", SAMPLES / "ada", *arguments, code=2).output


def test_check_of_a_missing_path(run: Run, practice: Exam, tmp_path: Path) -> None:
    assert "nowhere does not exist" in one_sentence(run("check", "nowhere", code=2))
    assert "no micrograd/ folder" in one_sentence(run("check", code=2))  # an empty folder
    assert "is not a readable archive" in run("check", SAMPLES / "marek.tar.gz", code=1).output


def test_check_takes_the_practice_exam_of_the_kit(run: Run, practice: Exam, tmp_path: Path) -> None:
    kit = a_class(tmp_path / "kit", "chen") / "chen"
    sheets = {**practice.sheets, "engine-add": replace(practice.sheets["engine-add"], questions=[], answers=[])}
    easy = replace(practice, sheets=sheets, address="")
    (kit / "practice-exam.json").write_text(replace(easy, address=content_address(easy)).to_json())
    for path in (kit, kit / "micrograd"):
        result = run("check", path, "--item", "backprop-add", "--format", "json", code=1)
        assert json.loads(result.output)["exam"] == content_address(easy)
    (kit / "practice-exam.json").write_text("{")
    assert "is not an exam" in one_sentence(run("check", kit, code=2))


def test_json_is_a_valid_report(run: Run, practice: Exam) -> None:
    data = json.loads(run("check", SAMPLES / "chen", "--format", "json", code=1).output)
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert (data["student"], data["score"], data["sandbox"], data["exam"]) == ("chen", 65, [], practice.address)
    one = json.loads(run("check", SAMPLES / "chen", "--item", "backprop-add", "--format", "json", code=1).output)
    assert [item["id"] for item in one["items"]] == ["backprop-add"]


def test_markdown_is_a_page(run: Run, practice: Exam) -> None:
    page = run("check", SAMPLES / "goran", "--format", "markdown", code=1).output
    assert page.startswith("## goran\n") and "**76/100 points**" in page
    assert re.search(r"^\| .*failed|error \| trace\\?-nodes \| 0/2 \|", page, re.M)
    assert "is not valid Python: expected ':'" in page.replace("\\", "")


def test_github_annotates_the_lines(run: Run, practice: Exam) -> None:
    lines = run("check", SAMPLES / "goran", "--format", "github", code=1).output.strip("\n").split("\n")
    assert all(re.match(r"::(error|warning|notice) ", line) for line in lines)
    (line,) = [line for line in lines if "trace-nodes 0/2" in line]
    assert line.startswith("::error file=micrograd/trace.py,line=8,title=")


@nightly
def test_a_github_job_gets_a_summary(run: Run, practice: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    run("check", SAMPLES / "emil", "--format", "markdown", code=1)
    assert not (tmp_path / "summary").exists()
    run("check", SAMPLES / "emil", "--format", "github", code=1)
    page = run("check", SAMPLES / "emil", "--format", "markdown", code=1).output
    assert (tmp_path / "summary").read_text("utf-8").strip() == page.strip()
    assert "The graph, from the result to the leaves:" in page and "└─" in page


@nightly
def test_what_ci_keeps(run: Run, practice: Exam, tmp_path: Path) -> None:
    page = run("check", SAMPLES / "chen", "--format", "markdown", "--out", "deep/results", code=1).output
    out = tmp_path / "deep" / "results"
    assert sorted(path.name for path in out.iterdir()) == ["junit.xml", "report.json", "summary.md"]
    assert json.loads((out / "report.json").read_text())["score"] == 65
    assert (out / "summary.md").read_text("utf-8").strip() == page.strip()
    assert set(re.findall(r'<testcase name="([^"]+)"', (out / "junit.xml").read_text("utf-8"))) == set(ITEMS)


@nightly
def test_no_console_is_too_narrow_for_a_report(practice: Exam) -> None:
    """A pipe on Windows cannot take every character."""
    for format_ in ("terminal", "markdown", "github"):
        done = subprocess.run(
            [sys.executable, "-m", "gradschool", "check", str(SAMPLES / "emil"), "--format", format_],
            cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, timeout=60,
        )  # fmt: skip
        assert done.returncode == 1 and b"backprop-mul" in done.stdout.replace(b"\\", b"") and done.stderr == b""


def test_grading_with_a_finished_exam_takes_neither_pytorch_nor_hypothesis(exam: Exam, tmp_path: Path) -> None:
    """Even the wrong answers of a weak submission: machines that only grade need neither."""
    file = tmp_path / "exam.json"
    file.write_text(exam.to_json(), "utf-8")
    program = (
        "import sys; tops = ['torch', 'hypothesis', 'nbgrader', 'pytest']; "
        "there = [name for name in sys.modules if name.partition('.')[0] in tops]; "
        "sys.modules.update(dict.fromkeys([*tops, *there])); from autograder.cli import main; main()"
    )
    arguments = ["grade", SAMPLES / "emil", "--exam", file, "--out", tmp_path / "results", "--sandbox", "none"]
    done = told(program, *arguments, cwd=ROOT, project=ROOT)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "results" / "emil" / "report.json").read_text())
    assert report["score"] == 47 and any(item["counterexample"] for item in report["items"])


@nightly
def test_check_imports_nothing_heavy(practice: Exam, tmp_path: Path) -> None:
    """No torch, no hypothesis, no pytest: a student has none of them, and gets an answer at once."""
    kit = a_class(tmp_path / "kit", "ada") / "ada"
    (kit / "practice-exam.json").write_text(practice.to_json())
    program = (
        "import sys; from autograder.cli import main; main(['check'], standalone_mode=False); "
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    for blocked in ("", "sys.modules.update(dict.fromkeys(['torch', 'hypothesis', 'pytest', '_pytest', 'numpy']));"):
        done = subprocess.run(
            [sys.executable, "-c", f"import sys; {blocked} sys.path.insert(0, {str(ROOT)!r}); {program}"],
            cwd=kit, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "100/100" in done.stdout
        if not blocked:
            loaded = done.stderr.strip().split("\n")[-1]
            assert "'autograder'" in loaded and "'json'" in loaded
            assert not re.search("'(torch|hypothesis|pytest|_pytest|numpy|pandas|jsonschema)'", loaded)


# --- release ------------------------------------------------------------------------------------------------


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pip builds, which takes as long as all else here, is looked at in test_kit."""
    monkeypatch.setattr("autograder.kit.bundle._wheel", lambda: ("gradschool-0-py3-none-any.whl", b""))


def test_a_kit_is_written_and_checked(run: Run, practice: Exam, tmp_path: Path, no_wheel: None) -> None:
    kit = tmp_path / "kit"
    result = one_line(run("release", "--kit", kit))
    assert re.fullmatch(r"\d+ files written to .*kit", result)
    assert (kit / "practice-exam.json").read_text() == practice.to_json()
    engine = kit / "micrograd" / "engine.py"
    assert "TODO backprop-mul" in engine.read_text()
    assert one_line(run("release", "--kit", kit)).startswith("0 files written")
    assert "is up to date" in run("release", "--check", "--kit", kit).output
    assert "0/100" in run("check", kit, code=1).output

    before = engine.read_text()
    engine.write_text(before.replace("TODO backprop-mul", "DONE backprop-mul"))
    (kit / "notes.txt").write_text("Monday\n")
    sentence = one_sentence(run("release", "--check", "--kit", kit, code=1))
    assert "micrograd/engine.py differs" in sentence and "notes.txt" not in sentence
    assert (kit / "notes.txt").exists()
    sentence = one_sentence(run("release", "--kit", kit, code=2))
    assert "micrograd/engine.py is not as gradschool wrote it" in sentence
    engine.write_text(before)
    assert one_line(run("release", "--kit", kit)).startswith("0 files written")
    assert (kit / "notes.txt").read_text() == "Monday\n"


def test_a_stale_student_folder_is_an_error(
    run: Run, practice: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    monkeypatch.setattr(exams, "get", lambda seed: practice)
    assert "student/" in one_sentence(run("release", "--course", tmp_path, "--check", code=1))
    run("release", "--course", ".")
    run("release", "--course", tmp_path, "--check")
    solution = tmp_path / "solutions" / "micrograd" / "trace.py"
    solution.write_text(solution.read_text() + "\n\ndef more(): ...\n")
    sentence = one_sentence(run("release", "--course", tmp_path, "--check", code=1))
    assert "student/micrograd/trace.py differs" in sentence and "make release" in sentence


def test_a_folder_with_work_in_it_is_not_overwritten(run: Run, practice: Exam, few: Path, no_wheel: None) -> None:
    before = files(few)
    assert "was not made by gradschool release" in one_sentence(run("release", "--kit", few, code=2))
    assert files(few) == before


def one_line(result: Result) -> str:
    (line,) = result.output.strip("\n").split("\n")
    return line


# --- exam ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "slow", "refused"),
    [
        (["exam", "build", "--out", "closed/exam.json"], "cli.exam.exam_of", "File exists (closed)"),
        (["release", "--html", "closed/page.html"], "kit.browser.bundle._page", "File exists (closed)"),
        (["release", "--html", "closed/site"], "kit.browser.bundle._page", "Not a directory (closed/site)"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work_begins(
    command: list[str], slow: str, refused: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").touch()
    worked = Mock()
    monkeypatch.setattr(f"autograder.{slow}", worked)
    said = one_line(run(*command, code=1))
    assert said == f"gradschool: {refused}; name another place, or move what is there" and not worked.called


@pytest.mark.parametrize(
    ("code", "advice"),
    [("EACCES", "; name another place, or change who may use this one"), ("ENOSPC", "; make room there"), ("EIO", "$")],
)
def test_what_the_system_refuses_comes_with_advice(
    code: str, advice: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = getattr(errno, code)
    refused = OSError(number, os.strerror(number), "exam.json")
    monkeypatch.setattr("autograder.cli.exam.exam_of", Mock(side_effect=refused))
    assert re.match(rf"gradschool: {os.strerror(number)} \(exam.json\){advice}", one_line(run("exam", "build", code=1)))


def test_exam_is_built_shown_and_verified(
    run: Run, exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert one_line(run("exam", "build", "--out", "sub/exam.json")) == f"{exam.address} in sub/exam.json"
    assert load(tmp_path / "sub" / "exam.json").to_json() == exam.to_json()  # a NaN in it is no other NaN
    assert one_line(run("exam", "build")) == exam.address

    head, *lines = run("exam", "show", "sub/exam.json").output.strip().split("\n")
    assert head == f"{exam.address}, seed {SAMPLE_SEED}"
    assert [line.split()[0] for line in lines] == list(ITEMS)
    _, *questions = run("exam", "show", "--item", "backprop-mul").output.strip().split("\n")
    assert len(questions) == len(exam.sheets["backprop-mul"].questions)
    assert all(" * " in line and "upstream gradient" in line and "  ->  [" in line for line in questions)
    assert "no item 'mul'" in one_sentence(run("exam", "show", "--item", "mul", code=2))

    verified: list[str] = []  # what that does is tested below, and in test_exam
    monkeypatch.setattr(exams, "verify", lambda exam: verified.append(exam.address))
    assert "all confirmed" in one_line(run("exam", "verify", "sub/exam.json")) and verified == [exam.address]


def test_a_wrong_answer_in_an_exam_is_found(run: Run, exam: Exam, tmp_path: Path) -> None:
    """By day in one with a question an item."""
    exam = exam if WHOLE else short(exam)
    sheet = exam.sheets["engine-add"]
    (number, *others), *parts = sheet.answers[0]
    answers = [[[number + 1e-3, *others], *parts], *sheet.answers[1:]]
    wrong = replace(exam, sheets={**exam.sheets, "engine-add": replace(sheet, answers=answers)}, address="")
    (tmp_path / "wrong.json").write_text(replace(wrong, address=content_address(wrong)).to_json())
    assert "engine-add" in one_sentence(run("exam", "verify", "wrong.json", code=1))


def test_an_exam_depends_on_its_seed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on what else is loaded, though Hypothesis likes to try the constants that it finds there."""
    asked = [ITEMS[id] for id in ("engine-mul", "backprop-add", "backprop-order", "backprop-expressions")]
    before = [questions_for(COURSE, item, 5) for item in asked]
    (tmp_path / "a_neighbour.py").write_text(f"NUMBERS = {list(range(-400, 400, 3))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("a_neighbour")
    assert [questions_for(COURSE, item, 5) for item in asked] == before
    assert [questions_for(COURSE, item, 6) for item in asked] != before


def test_a_missing_exam_ends_in_a_sentence(run: Run) -> None:
    for command in ("show", "verify"):
        assert "cannot read the exam nowhere.json" in one_sentence(run("exam", command, "nowhere.json", code=2))


# --- help ---------------------------------------------------------------------------------------------------


def commands(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {prefix.strip(): group}
    for name, command in group.commands.items():
        if command.hidden:
            continue
        inner = f"{prefix} {name}"
        found.update(commands(command, inner) if isinstance(command, click.Group) else {inner.strip(): command})
    return found


def test_help_lists_what_there_is_and_no_more(run: Run) -> None:
    every = commands(cli.main)
    assert set(every) == set(OPTIONS)
    for name, command in every.items():
        page = run(*name.split(), "--help").output
        listed = set(re.findall(r"(?<![\w-])--[a-z-]+", page.partition("\nOptions:")[2])) - {"--help", "--version"}
        assert listed == OPTIONS[name], name
        assert page == run(*name.split(), "-h").output
        if isinstance(command, click.Group):
            section = re.split(r"\nCommands(?=[ :])", page, maxsplit=1)[1]
            listed_commands = re.findall(r"^  (\S+)", section, re.M)
            assert sorted(listed_commands) == sorted(n for n, c in command.commands.items() if not c.hidden)
        else:
            assert len(page.split("\n\n")) >= 3, "a command says what it does"
            assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_help_lists_the_commands_of_each_reader_apart(run: Run) -> None:
    page = run("--help").output
    apart = {heading: re.findall(r"^  (\S+)", section, re.M) for heading, section in
             re.findall(r"^Commands for (\w+ ?\w+), .*:\n((?:  .*\n)+)", page, re.M)}  # fmt: skip
    assert apart == {
        "students": ["check", "watch", "hint", "try", "draw", "demo", "hand-in"],
        "instructors": ["grade", "open", "export", "course", "exam", "hook"],
        "course authors": ["release", "pitfalls"],
    }


@pytest.mark.parametrize("columns", [60, 80])
def test_help_is_wrapped_and_never_cut_off(columns: int) -> None:
    for name, command in commands(cli.main).items():
        page = CliRunner().invoke(cli.main, [*name.split(), "--help"], terminal_width=columns).output
        assert all(len(line) <= columns for line in page.split("\n")), page
        for other in command.commands.values() if isinstance(command, click.Group) else ():
            sentence = " ".join((other.help or "").partition("\n\n")[0].split())
            assert sentence.endswith(".")
            assert other.hidden or sentence in " ".join(re.sub(r"-\s+", "-", page).split())  # broken behind hyphens


def test_help_has_an_example_of_each_command_that_works_as_it_stands() -> None:
    """Here at least that each is a whole command line, and that a folder that it names is there."""
    for name, command in commands(cli.main).items():
        shown = re.search(r"\x08\n *Example\b.*:\n((?: +\S.*\n?)+)", f"{command.help}\n")
        assert shown or not name, name
        for line in shown[1].strip().split("\n") if shown else ():
            program, *words = shlex.split(line)
            assert program == "git" or (program == "gradschool" and len(line.strip()) < 56)
            if program == "gradschool":
                called, context = cli.main, click.Context(cli.main)
                while isinstance(called, click.Group):
                    _, found, words = called.resolve_command(context, words)
                    assert found is not None
                    called = found
                called.make_context(called.name, words, context)
                assert called is command or isinstance(command, click.Group), name
            assert all((ROOT / word).is_dir() for word in words if re.fullmatch(r"\w+/\w+", word))


STARTS = [[sys.executable, "-m", name] for name in ("autograder.cli", "autograder", "gradschool")]
STARTS += [[str(SCRIPT)]] if SCRIPT.exists() else []


@pytest.mark.parametrize("start", only(STARTS, [STARTS[0], [str(SCRIPT)]].__contains__))  # test_places runs others
def test_the_module_and_the_command_are_one(tmp_path: Path, start: list[str]) -> None:
    done = subprocess.run(
        [*start, "grade", str(tmp_path / "nowhere")], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("gradschool: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("form", only(["terminal", "json", "markdown", "github"], "terminal".__eq__))
def test_a_check_of_what_cannot_be_opened_says_so(run: Run, tmp_path: Path, form: str) -> None:
    (tmp_path / "mine.zip").write_bytes(b"PK")
    done = run("check", tmp_path, "--format", form, code=1)
    assert "mine.zip is not a readable archive" in done.output and "fault of its own" not in done.output
