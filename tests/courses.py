"""An nbgrader course in a folder of its own, what students handed in there, and what its gradebook says."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nbformat
import shared
from conftest import ROOT, SAMPLES
from nightly import WHOLE
from sqlalchemy.exc import SAWarning

from autograder.exam.paper import SAMPLE_SEED
from autograder.nbgrader.course_folder import Course, release_notebooks
from autograder.nbgrader.gradebook_database import opened
from autograder.project import CONFIG
from autograder.report import Report
from autograder.submissions.submission import Submission

warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader's own queries

GOLDEN = Path(__file__).parent / "golden"


def make_course(folder: Path, *extra_settings: str) -> Course:
    """A copy of the project's course, with nothing handed in, nothing released and no gradebook."""
    root = folder / "assignments"
    shutil.copytree(ROOT / "assignments" / "source", root / "source")
    shutil.copytree(ROOT / "student", folder / "student", ignore=shutil.ignore_patterns("results", ".*"))
    config = (ROOT / "assignments" / CONFIG).read_text("utf-8")
    seed = f"c.SandboxedGrading.seed = {SAMPLE_SEED}"
    (root / CONFIG).write_text("\n".join([config, seed, *extra_settings, ""]), "utf-8")
    return Course(root)


def release(course: Course) -> None:
    release_notebooks(course)


def released_course(folder: Path, *extra_settings: str) -> Course:
    """The same with all notebooks released, which is done once a session."""
    course = make_course(folder, *extra_settings)
    made = shared.once("released", _released)
    shutil.copytree(made / "assignments" / "release", course.root / "release")
    shutil.copy(made / "assignments" / "gradebook.db", course.root)
    return course


def _released(folder: Path) -> None:
    course = make_course(folder)
    if not WHOLE:
        empty_gradebook(course.root)  # nbgrader needs a program's help to make one
    release(course)


def empty_gradebook(folder: Path) -> Path:
    """A gradebook of nbgrader's in which nothing is."""
    path = folder / "gradebook.db"
    opened(f"sqlite:///{path}").close()
    return path


def hand_in(
    course: Course,
    student: str,
    assignment: str,
    package: Path | None,
    answers: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """What a student hands in: the released notebook, with these answers by grade_id, and what `package` holds."""
    folder = course.root / "submitted" / student / assignment
    folder.mkdir(parents=True)
    notebook = nbformat.read(course.root / "release" / assignment / f"{assignment}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in answers:
            cell.source = answers[cell.metadata.nbgrader.grade_id]
    nbformat.write(notebook, folder / f"{assignment}.ipynb")
    if package is not None and package.is_dir():
        shutil.copytree(package, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    elif package is not None:
        shutil.copy(package, folder)
    return folder


def sample(student: str) -> Path:
    """What a student of the sample class handed in."""
    (path,) = (path for path in SAMPLES.iterdir() if path.name.partition(".")[0] == student)
    return path


def golden_report(student: str) -> Report:
    """The report that a student of the sample class gets."""
    data = json.loads((GOLDEN / f"{student}.json").read_text("ascii"))
    return Report.from_dict({**data, "sandbox": [], "items": [{**item, "seconds": 0.0} for item in data["items"]]})


def golden_submission(student: str) -> Submission:
    path = sample(student)
    folders = {entry.name: entry for entry in path.iterdir()} if student == "tomas" else {"": path}
    return Submission(student, folders, student)


Rows = dict[tuple[str, str], dict[str, Any]]


def grades(url: str) -> dict[str, Rows]:
    """All grades in a gradebook, by student, and by assignment and cell."""
    from nbgrader.api import BaseCell, Comment, Grade, Gradebook, Student, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy.orm import selectinload, undefer

    found: dict[str, Rows] = {}
    with Gradebook(url) as book:
        kinds = (BaseCell, Grade, Comment)  # are read at once, not each when it is asked
        _kept = [book.db.query(kind).options(undefer("*")).all() for kind in kinds]
        notebooks = selectinload(Student.submissions).selectinload(SubmittedAssignment.notebooks)
        parts = (notebooks.selectinload(part) for part in (SubmittedNotebook.grades, SubmittedNotebook.comments))
        for student in book.db.query(Student).options(*parts).order_by(Student.last_name, Student.first_name):
            rows = found.setdefault(student.id, {})
            for submission in student.submissions:
                for notebook in submission.notebooks:
                    comments = {comment.name: comment for comment in notebook.comments}
                    for grade in notebook.grades:
                        comment = comments.get(grade.name)
                        key = submission.name, grade.name
                        assert key not in rows, f"{key} is there twice"
                        rows[key] = {
                            **grade.to_dict(),
                            "score": grade.score,
                            "comment": (comment and comment.auto_comment) or "",
                        }
    return found


def auto_scores(rows: Rows) -> dict[str, float | None]:
    return {cell: row["auto_score"] for (_, cell), row in rows.items()}
