"""The nbgrader course: one score in three ways, and whatever may be handed in."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import forks
import nbformat
import pytest
from conftest import HOSTILE, ROOT
from courses import auto_scores, grades, hand_in, make_course, release, released_course, sample
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook as Book
from nbgrader.apps.api import NbGraderAPI
from nbgrader.utils import compute_checksum
from nightly import asked, nightly, only
from test_samples import LOST

from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.courses.micrograd import COURSE, load_items
from autograder.exam.paper import Exam
from autograder.nbgrader.course_folder import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.sandbox.launcher import choose
from autograder.submissions.discovery import find_submissions
from autograder.submissions.unpacking import unpacked

ITEMS = load_items()
EACH = COURSE.assignments
# All of the sample class by default in one assignment each, with COURSE=all in each of them.
HANDED_IN = {
    student: EACH if os.environ.get("COURSE") == "all" else [EACH[number % len(EACH)]]
    for number, student in enumerate(sorted(LOST))
}
if HANDED_IN["emil"] is not COURSE.assignments:
    HANDED_IN["emil"] = ["backprop"]  # whose mistakes have names and graphs
# Every time two assignments, of which one asks for tests, and one whose archive cannot be read.
EVERY_TIME = {"emil", "marek", next(student for student in HANDED_IN if "testing" in HANDED_IN[student])}


def ids(assignment: str) -> list[str]:
    return [id for id, item in ITEMS.items() if item.assignment == assignment]


def autograde(course: Course, assignment: str, student: str) -> dict[str, Any]:
    """What formgrader's button does."""
    return dict(NbGraderAPI(config=course.settings()).autograde(assignment, student))


def nbgrader(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forks.nbgrader(course.root, *arguments)


def grade(course: Course, exam: Exam, folder: Path) -> dict[str, Any]:
    """What `gradschool grade --gradebook` does; what the gradebook then holds."""
    job = Job(exam, choose("auto"), item_ids(()))
    url = f"sqlite:///{folder / 'gradebook.db'}"
    with Gradebook(url, course) as book:
        submissions = find_submissions([course.root / "submitted"], COURSE.assignments)
        grade_class(submissions, job, Results(folder / "results", job), book=book)
        assert book.failures == {}
    return grades(url)


@pytest.fixture(scope="module")
def course(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The sample class, each student with a notebook for one assignment or several."""
    course = released_course(tmp_path_factory.mktemp("course"))
    for student in sorted(asked(request, "student") | EVERY_TIME):
        for assignment in HANDED_IN[student]:
            hand_in(course, student, assignment, sample(student))
    return course


@pytest.fixture(scope="module")
def by_command(course: Course, exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return grade(course, exam, tmp_path_factory.mktemp("by_command"))


@pytest.fixture(scope="module")
def by_nbgrader(course: Course) -> dict[str, Any]:
    for student in sorted(path.name for path in (course.root / "submitted").iterdir()):
        for assignment in HANDED_IN[student]:
            result = autograde(course, assignment, student)
            assert result["success"], result["log"]
    return grades(f"sqlite:///{course.root / 'gradebook.db'}")


@pytest.mark.parametrize("student", only(HANDED_IN, EVERY_TIME.__contains__))
def test_nbgrader_reaches_the_scores_and_comments_of_the_command(
    student: str, by_command: dict[str, Any], by_nbgrader: dict[str, Any]
) -> None:
    mine, theirs = by_command[student], by_nbgrader[student]
    wanted = [id for assignment in HANDED_IN[student] for id in ids(assignment)]
    assert {cell for _, cell in mine} >= set(wanted)
    for column in ("auto_score", "comment", "needs_manual_grade"):
        assert {key: row[column] for key, row in mine.items()} == {key: row[column] for key, row in theirs.items()}


def test_these_scores_are_those_of_the_sample_class(by_nbgrader: dict[str, Any]) -> None:
    for student, rows in by_nbgrader.items():
        assignments = HANDED_IN[student]
        if student != "tomas":  # who hands in for some assignments only
            earned = auto_scores(rows)
            lost = {id for assignment in assignments for id in ids(assignment) if not earned[id]} - {
                *ids("stretch"),
                *ids("testing"),
            }
            assert lost == {id for id in LOST[student] if ITEMS[id].assignment in assignments}, student


_RUN_CELLS = """
import json, sys
from autograder.notebook import check
cells = json.load(open(sys.argv[1]))["cells"]
marked = [c for c in cells if c["cell_type"] == "code" and "nbgrader" in c["metadata"]]
found = {c["metadata"]["nbgrader"]["grade_id"]: "".join(c["source"]) for c in marked}
print("\\n" + json.dumps({id: eval(source) for id, source in found.items()}))
"""


@pytest.mark.parametrize("student", only(sorted(HANDED_IN.keys() - set(HOSTILE)), ("emil", "marek").__contains__))
def test_students_see_the_same_in_their_grade_cells(
    student: str, by_command: dict[str, Any], course: Course, tmp_path: Path
) -> None:
    """On another exam, and without a sandbox: the cells run here as they do in a kernel, on the practice exam."""
    for assignment in HANDED_IN[student]:
        here = tmp_path / assignment
        folder = course.root / "submitted" / student / assignment
        with unpacked(folder) as package:
            if package.root is None:  # there is nothing to import, as the notebook says
                continue
            shutil.copytree(package.root, here)
        shutil.copy(course.root / "release" / assignment / "practice-exam.json", here)
        notebook = str(folder / f"{assignment}.ipynb")
        run = [sys.executable, "-c", _RUN_CELLS, notebook]
        done = subprocess.run(run, cwd=here, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        seen = json.loads(done.stdout.strip().split("\n")[-1])
        assert seen == {id: by_command[student][assignment, id]["auto_score"] for id in ids(assignment)}


def test_what_was_handed_in_is_run_by_nobody_but_the_sandbox(course: Course, tmp_path: Path) -> None:
    """Neither a cell nor a module reaches this machine: a file that either writes would be there."""
    witness = tmp_path / "witness"
    folder = hand_in(course, "mallory", "derivative", ROOT / "solutions")
    notebook = nbformat.read(folder / "derivative.ipynb", as_version=4)
    code = f"open({str(witness)!r}, 'a').write('I ran')"
    notebook.cells.insert(0, new_code_cell(code))
    notebook.cells += [new_code_cell(f"!touch {witness}"), new_code_cell("%load_ext micrograd")]
    nbformat.write(notebook, folder / "derivative.ipynb")
    module = folder / "micrograd" / "derivative.py"
    module.write_text(f"try:\n    {code}\nexcept OSError:\n    pass\n{module.read_text()}")
    (folder / "nbgrader_config.py").write_text(code)
    (folder / "sitecustomize.py").write_text(code)
    done = nbgrader(course, "autograde", "derivative", "--student", "mallory")
    assert done.returncode == 0, done.stderr
    rows = grades(f"sqlite:///{course.root / 'gradebook.db'}")["mallory"]
    assert {id: rows["derivative", id]["score"] for id in ids("derivative")} == {
        id: ITEMS[id].points for id in ids("derivative")
    }
    assert not witness.exists()
    graded = nbformat.read(course.root / "autograded/mallory/derivative/derivative.ipynb", as_version=4)
    shown = [cell for cell in graded.cells if cell.cell_type == "code" and cell.outputs]
    assert [cell.metadata.nbgrader.grade_id for cell in shown] == ids("derivative")


# --- whatever may be handed in


def cells_of(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def spoil(folder: Path, how: str) -> None:
    path = folder / "backprop.ipynb"
    notebook = cells_of(path)
    marked = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    if how == "edited":
        marked["backprop-mul"].source = "4  # all points"
        marked["backprop-mul"].metadata.nbgrader.points = 4000
        marked["backprop-add"].metadata.nbgrader.locked = False
        marked["backprop-add"].metadata.nbgrader.checksum = compute_checksum(marked["backprop-add"])
        marked["backprop-pow"].metadata.nbgrader.solution = True
        marked["backprop-exp"].metadata.nbgrader.grade_id = "backprop-log"
    elif how == "deleted":
        notebook.cells = [cell for cell in notebook.cells if cell not in marked.values()]
    elif how == "one deleted":
        notebook.cells.remove(marked["backprop-tanh"])
    elif how == "doubled":
        notebook.cells += [cell.copy() for cell in marked.values()]
    elif how == "retyped":
        marked["backprop-mul"].cell_type = "markdown"
        del marked["backprop-mul"]["outputs"], marked["backprop-mul"]["execution_count"]
    nbformat.write(notebook, path, version=nbformat.NO_CONVERT)
    if how == "broken":
        path.write_text(path.read_text()[:-200])
    elif how == "not JSON":
        path.write_bytes(b"\xff\xfe\x00PNG")
    elif how == "of another kind":
        path.write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": "none"}')
    elif how == "two":
        shutil.copy(path, folder / "backprop-final.ipynb")


WAYS = ("edited", "deleted", "one deleted", "doubled", "retyped", "broken", "not JSON", "of another kind", "two")
NO_NOTEBOOK = {"broken", "not JSON", "of another kind"}
ways = only([*WAYS, "sound"], {"edited", "broken"}.__contains__)


@pytest.fixture(scope="module")
def spoilt(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Submissions that are wrong in form, all with emil's package."""
    course = released_course(tmp_path_factory.mktemp("spoilt"))
    for how in [way for way in WAYS if way in asked(request, "how")]:
        spoil(hand_in(course, how, "backprop", sample("emil")), how)
    (hand_in(course, "none", "backprop", sample("emil")) / "backprop.ipynb").unlink()
    other = hand_in(course, "other", "backprop", sample("emil"))
    (other / "backprop.ipynb").unlink()
    shutil.copy(course.root / "release/engine/engine.ipynb", other)
    if "sound" in asked(request, "how"):
        hand_in(course, "sound", "backprop", sample("emil"))
    return course


EARNED = {id: 0 if id in LOST["emil"] else ITEMS[id].points for id in ids("backprop")}


@pytest.fixture(scope="module")
def graded_spoilt(spoilt: Course, exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return grade(spoilt, exam, tmp_path_factory.mktemp("graded"))


@pytest.fixture(scope="module")
def autograded_spoilt(spoilt: Course) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    done = nbgrader(spoilt, "autograde", "backprop")
    return done, grades(f"sqlite:///{spoilt.root / 'gradebook.db'}")


@pytest.mark.parametrize("how", [*ways, "none", "other"])
def test_the_command_grades_the_package_whatever_the_notebook_is(how: str, graded_spoilt: dict[str, Any]) -> None:
    scores = auto_scores(graded_spoilt[how])
    assert {id: scores[id] for id in EARNED} == EARNED
    assert {row["max_score"] for key, row in graded_spoilt[how].items() if key[1] == "backprop-mul"} == {4}


@pytest.mark.parametrize("how", ways)
def test_so_does_nbgrader(how: str, autograded_spoilt: tuple[Any, dict[str, Any]]) -> None:
    scores = auto_scores(autograded_spoilt[1][how])
    assert {id: scores[id] for id in EARNED} == EARNED


def test_nbgrader_names_those_that_it_cannot_grade(spoilt: Course, autograded_spoilt: tuple[Any, Any]) -> None:
    done, _ = autograded_spoilt
    assert "No notebooks were matched by" in done.stderr and "none/backprop" in done.stderr
    assert "Skipping unknown notebook" in done.stderr
    handed_in = {path.name for path in (spoilt.root / "submitted").iterdir()} - {"none", "other"}
    assert {path.parent.name for path in spoilt.root.glob("autograded/*/backprop")} == handed_in
    for how in NO_NOTEBOOK & handed_in:
        assert f"submitted/{how}/backprop/backprop.ipynb cannot be read" in done.stderr
        graded = cells_of(spoilt.root / f"autograded/{how}/backprop/backprop.ipynb")
        assert "cannot be read" in graded.cells[0].source


@nightly
def test_a_cell_that_is_no_item_does_not_pass_for_one(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    path = course.root / "source/derivative/derivative.ipynb"
    notebook = cells_of(path)
    own = new_code_cell("assert False", id="own")
    own.metadata.nbgrader = {**dict(notebook.cells[-1].metadata.get("nbgrader", {})), **_mark("own-test")}
    notebook.cells.append(own)
    nbformat.write(notebook, path)
    release(course)
    hand_in(course, "ada", "derivative", sample("ada"))
    result = autograde(course, "derivative", "ada")
    assert not result["success"] and "own-test is no item of derivative" in result["log"]
    assert grades(f"sqlite:///{course.root / 'gradebook.db'}")["ada"]["derivative", "own-test"]["auto_score"] is None


def _mark(id: str) -> dict[str, Any]:
    return {"schema_version": 3, "grade": True, "grade_id": id, "locked": True, "points": 1, "solution": False,
            "task": False, "cell_type": "code"}  # fmt: skip


def test_an_ungraded_item_fails_that_submission_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.grading.grader import ungraded
    from autograder.nbgrader import plugins

    course = released_course(tmp_path)
    for student in ("ada", "chen"):
        hand_in(course, student, "derivative", sample(student))
    real = plugins.Grader.grade_submission

    def trouble(grader: Any, submission: Any, only: Sequence[str]) -> Any:
        if submission.student == "ada":
            return ungraded("ada", grader.exam, "the sandbox gave no answer", only)
        return real(grader, submission, only)

    monkeypatch.setattr(plugins.Grader, "grade_submission", trouble)
    assert not autograde(course, "derivative", "ada")["success"]
    assert autograde(course, "derivative", "chen")["success"]
    found = grades(f"sqlite:///{course.root / 'gradebook.db'}")
    assert set(auto_scores(found["ada"]).values()) == {None}
    assert None not in auto_scores(found["chen"]).values()
    assert not (course.root / "autograded/ada").exists() or not list((course.root / "autograded/ada").rglob("*.ipynb"))


# --- the rest of nbgrader's


@pytest.mark.parametrize("system", only(["Moodle", "Canvas"], "Moodle".__eq__))
def test_a_download_of_a_learning_management_system_leads_to_scores(system: str, exam: Exam, tmp_path: Path) -> None:
    course = released_course(tmp_path)
    archive = course.root / "downloaded" / "derivative" / "archive" / "CS101-derivative.zip"
    archive.parent.mkdir(parents=True)
    notebook = course.root / "release" / "derivative" / "derivative.ipynb"
    with zipfile.ZipFile(archive, "w") as download:
        for number, student in enumerate(("ada", "farah"), 1001):
            package = {path: f"micrograd/{path.name}" for path in sorted((sample(student) / "micrograd").glob("*.py"))}
            if system == "Moodle":
                start = f"{student}_{number}_assignsubmission_file_/"
                for path, name in package.items():
                    download.write(path, start + name)
                download.write(notebook, f"{start}derivative.ipynb")
                download.write(notebook, f"{start}copy/derivative.ipynb")
            else:
                inner = io.BytesIO()
                with zipfile.ZipFile(inner, "w") as upload:
                    for path, name in package.items():
                        upload.write(path, name)
                download.writestr(f"{student}_{number}_55501_micrograd.zip", inner.getvalue())
                download.write(notebook, f"{student}_{number}_55502_derivative-1.ipynb")
        download.writestr("readme.txt", "exported")
    done = nbgrader(course, "zip_collect", "derivative")
    assert done.returncode == 0, done.stderr
    collected = course.root / "submitted" / "ada" / "derivative"
    assert {path.relative_to(collected).as_posix() for path in collected.rglob("*.*")} == {
        "derivative.ipynb", *(f"micrograd/{path.name}" for path in (sample("ada") / "micrograd").glob("*.py")),
    }  # fmt: skip
    (tmp_path / "out").mkdir()
    found = grade(course, exam, tmp_path / "out")
    assert {student: rows["derivative", "derivative-central"]["score"] for student, rows in found.items()} == {
        "ada": 2, "farah": 0,
    }  # fmt: skip


def test_feedback(course: Course, by_nbgrader: dict[str, Any]) -> None:
    student, assignment = "emil", "backprop"
    assert NbGraderAPI(config=course.settings()).generate_feedback(assignment, student)["success"]
    page = (course.root / f"feedback/{student}/{assignment}/{assignment}.html").read_text()
    for (handed_in, _), row in by_nbgrader[student].items():
        if handed_in == assignment:
            assert html.escape(row["comment"].partition("\n")[0].split("`")[-1]) in page
    assert (
        page.count("All your answers are those of code in which") > 3 and page.count("data:image/svg+xml;base64,") > 3
    )


@nightly
def test_what_a_human_gave_is_exported(course: Course, by_nbgrader: dict[str, Any], tmp_path: Path) -> None:
    student, assignment = "emil", "backprop"
    with Book(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        book.find_grade(ids(assignment)[0], assignment, assignment, student).manual_score = 0.5
        book.db.commit()
        expected = book.find_submission(assignment, student).score
    done = nbgrader(course, "export", "--to", str(tmp_path / "totals.csv"))
    assert done.returncode == 0, done.stderr
    with (tmp_path / "totals.csv").open() as file:
        found = {(row["assignment"], row["student_id"]): row for row in csv.DictReader(file)}
    assert float(found[assignment, student]["score"]) == expected
