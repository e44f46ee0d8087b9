"""The course file in nbgrader's course: notebooks, points, due dates, and a penalty that is taken off once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT
from courses import empty_gradebook, hand_in, make_course, release
from nbgrader.api import Gradebook as Book
from nbgrader.apps.api import NbGraderAPI

from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.course import in_use, taught
from autograder.exam.paper import SAMPLE_SEED, Exam
from autograder.nbgrader.as_given import as_given
from autograder.nbgrader.course_folder import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.project import CONFIG
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.scheme import Scheme
from autograder.settings.in_force import drop, take
from autograder.submissions.discovery import find_submissions

COURSE_FILE = """
leave_out = ["stretch", "training", "nn-dropout", "derivative-gradcheck"]
[points]
derivative-central = 8
[dates]
time_zone = "Europe/Berlin"
grace = "10 minutes"
due = 2027-02-01T18:00:00
extensions = { bela = "1 week" }
[late]
per_day = 25
[feedback]
before = "items"
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    course = make_course(tmp_path_factory.mktemp("course"))
    empty_gradebook(course.root)
    (course.root / "course.toml").write_text(COURSE_FILE)
    take(course.root)
    release(course)
    drop()
    for student, stamp in (
        ("ada", "2027-02-02 18:00:00"),
        ("bela", "2027-02-02 18:00:00"),
        ("cy", "2027-02-01 17:05:00"),
    ):
        folder = hand_in(course, student, "derivative", ROOT / "solutions")
        (folder / "timestamp.txt").write_text(f"{stamp} UTC")
    yield course
    drop()


def cells(notebook: Any) -> dict[str, float]:
    return {
        cell.metadata.nbgrader["grade_id"]: cell.metadata.nbgrader["points"]
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


def scores(book: Book) -> dict[str, tuple[float, float]]:
    """Of each student the raw score and the penalty: nbgrader's exporters take one off the other."""
    found = {}
    for student in book.students:
        (submission,) = student.submissions
        (notebook,) = submission.notebooks
        found[student.id] = notebook.score, notebook.late_submission_penalty or 0.0
    return found


def test_released_notebooks_ask_for_what_the_course_asks(course: Course) -> None:
    released = sorted(path.name for path in (course.root / "release").iterdir())
    assert released == ["backprop", "derivative", "engine", "nn", "testing"]
    notebook = nbformat.read(course.root / "release" / "derivative" / "derivative.ipynb", as_version=4)
    assert cells(notebook) == {"derivative-central": 8}
    nn = (course.root / "release" / "nn" / "nn.ipynb").read_text("utf-8")
    assert ("nn-dropout" in nn, "## Dropout" in nn, "nn-zero-grad" in nn) == (False, False, True)
    with Book(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        (graded,) = book.find_assignment("derivative").notebooks
        assert [(cell.name, cell.max_score) for cell in graded.grade_cells] == [("derivative-central", 8)]


EXPECTED = {"ada": (8, 4), "bela": (8, 0), "cy": (8, 0)}  # two days begun; a week more; within the grace


def test_the_command_and_nbgrader_take_the_same_penalty_off_once(course: Course, exam: Exam, tmp_path: Path) -> None:
    take(course.root)
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    fewer = exam.under(in_use())
    job = Job(fewer, choose("auto"), item_ids(()))
    submissions = find_submissions([course.root / "submitted"], taught().assignments)
    for _ in range(2):  # and a second run takes off no more
        with Gradebook(url, course) as book:
            grade_class(submissions, job, Results(tmp_path / "results", job), book=book)
            assert book.failures == {}
        with Book(url) as book:
            assert scores(book) == EXPECTED
            assert book.find_assignment("derivative").duedate == datetime(2027, 2, 1, 17)
    drop()
    api = NbGraderAPI(config=course.settings())
    for student in EXPECTED:
        result = api.autograde("derivative", student)
        assert result["success"], result["log"]
    with Book(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        assert scores(book) == EXPECTED


def test_what_is_left_out_later_counts_nothing_and_may_come_back(course: Course, exam: Exam, tmp_path: Path) -> None:
    """In a gradebook that holds submissions, of which nbgrader lets nobody remove a cell."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    submissions = find_submissions([course.root / "submitted" / "ada"], taught().assignments)

    def grade(course_file: str) -> tuple[dict[str, float], float, float, list[str]]:
        (tmp_path / "course.toml").write_text(course_file)
        take(tmp_path)
        job = Job(exam.under(in_use()), NO_SANDBOX, item_ids(()))  # ours, and harmless
        with Gradebook(url, None) as book:
            grade_class(submissions, job, Results(tmp_path / "results", job), book=book)
            assert book.failures == {}
        drop()
        with Book(url) as book:
            (notebook,) = book.find_assignment("derivative").notebooks
            (handed_in,) = notebook.submissions
            worth = {cell.name: cell.max_score for cell in notebook.grade_cells}
            comments = [comment.comment for comment in handed_in.comments if comment.comment]
            return worth, handed_in.score, handed_in.max_score, comments

    both = {"derivative-central": 2.0, "derivative-gradcheck": 2.0}
    assert grade("") == (both, 4, 4, [])
    with Book(url) as book:
        grade_of = {each.name: each for each in book.find_submission("derivative", "ada").notebooks[0].grades}
        grade_of["derivative-gradcheck"].manual_score = 1.5
        book.db.commit()
    fewer = 'leave_out = ["derivative-gradcheck"]\n[points]\nderivative-central = 8'
    said = "Left out of the course. A human had given it 1.5 points."
    for _ in range(2):
        assert grade(fewer) == ({"derivative-central": 8, "derivative-gradcheck": 0}, 8, 8, [said])
    assert grade("[points]\nderivative-central = 2") == (both, 4, 4, [])
    assert grade('leave_out = ["derivative"]')[:3] == ({"derivative-central": 0, "derivative-gradcheck": 0}, 0, 0)


def test_the_sample_class_has_notebooks_for_what_the_page_says_to_type(tmp_path: Path) -> None:
    """In a copy of the course that lies elsewhere, with nothing beside it."""
    shutil.copytree(ROOT / "assignments" / "source" / "engine", tmp_path / "source" / "engine")
    empty_gradebook(tmp_path)
    shutil.copytree(ROOT / "assignments" / "submitted" / "tomas", tmp_path / "submitted" / "tomas")
    config = (ROOT / "assignments" / CONFIG).read_text("utf-8")
    (tmp_path / CONFIG).write_text(f"{config}\nc.SandboxedGrading.seed = {SAMPLE_SEED}\n", "utf-8")
    course = Course(tmp_path)
    typed = re.findall(
        r"`nbgrader (autograde|generate_feedback) (\w+)`", (ROOT / "docs" / "nbgrader.md").read_text("utf-8")
    )
    assert ("autograde", "engine") in typed
    assert {assignment for _, assignment in typed} == {"engine"}
    release(course)  # stubs and practice exam are the checkout's
    assert (tmp_path / "release" / "engine" / "micrograd" / "engine.py").is_file()
    result = NbGraderAPI(config=course.settings()).autograde("engine", "tomas")
    assert result["success"], result["log"]
    with Book(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        assert book.find_submission("engine", "tomas").score == 26


def test_a_notebook_keeps_what_speaks_of_other_things() -> None:
    nn = nbformat.read(ROOT / "assignments" / "source" / "nn" / "nn.ipynb", as_version=4)
    before = len(nn.cells)
    same = as_given(nn, taught())
    assert (same is nn, len(nn.cells)) == (True, before)
    given = as_given(nn, taught().under(Scheme(left_out=("nn-neuron",))))
    sources = [cell.source for cell in given.cells]
    assert not any('check("nn-neuron")' in source for source in sources)
    assert any("start()" in source for source in sources)
    assert 'check("nn-neuron-parameters")' in sources
