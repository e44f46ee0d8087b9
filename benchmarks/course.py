"""nbgrader's Autograde in our sandbox, and by its own execution of the same cells: `python -m benchmarks.course`.

Both run in this process, as they do behind formgrader's button, so neither pays for the import of nbgrader.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import nbformat
from nbgrader.apps.api import NbGraderAPI

from autograder.classroom.grade import item_ids
from autograder.classroom.job import Job
from autograder.exam.paper import SAMPLE_SEED
from autograder.grading.exams import get
from autograder.nbgrader.course_folder import Course, release_notebooks
from autograder.nbgrader.gradebook import Gradebook
from autograder.sandbox.launcher import choose
from autograder.submissions.submission import Submission
from benchmarks.timing import ROOT, progress, spread, timed

ASSIGNMENT = "backprop"
STUDENTS = 40
ROUNDS = 7


def course_in(folder: Path) -> Course:
    """The project's course with one submission: the reference."""
    course = Course(folder / "assignments")
    shutil.copytree(ROOT / "assignments" / "source", course.root / "source")
    shutil.copy(ROOT / "assignments" / "nbgrader_config.py", course.root)
    shutil.copytree(ROOT / "student", folder / "student", ignore=shutil.ignore_patterns(".*", "results"))
    release_notebooks(course)
    submitted = course.root / "submitted" / "reference" / ASSIGNMENT
    shutil.copytree(course.root / "release" / ASSIGNMENT, submitted)
    shutil.copytree(ROOT / "solutions" / "micrograd", submitted / "micrograd", dirs_exist_ok=True)
    return course


def autograde(course: Course, *, ours: bool) -> None:
    """Grade the submission, and see that it got all points."""
    settings = course.settings()
    settings.SandboxedGrading.seed = SAMPLE_SEED
    if not ours:
        settings.pop("Autograde")
    api = NbGraderAPI(config=settings)
    api.log.setLevel("ERROR")
    result = api.autograde(ASSIGNMENT, "reference")
    path = course.root / "autograded" / "reference" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    cells = [
        cell for cell in nbformat.read(path, as_version=4).cells if cell.metadata.get("nbgrader", {}).get("locked")
    ]
    shown = [
        output.data["text/plain"] for cell in cells for output in cell.outputs if "execute_result" in output.values()
    ]
    if not result["success"] or shown != [str(cell.metadata.nbgrader.points) for cell in cells]:
        raise SystemExit(f"the reference did not get all points: {json.dumps(shown)}\n{result.get('log', '')[-2000:]}")


def gradebook_milliseconds(folder: Path) -> list[float]:
    """What writing a submission's 52 scores into a new gradebook takes; the first, which makes the cells, left out."""
    job = Job(get(), choose("auto"), item_ids(()))
    with job.grader() as grader, Gradebook(str(folder / "new.db"), None) as book:
        submission = Submission("reference", {"": ROOT / "solutions"}, "reference")
        report = job.grade(grader, submission)
        taken = []
        for number in range(STUDENTS):
            report = replace(report, student=f"student-{number}")
            one = Submission(report.student, submission.folders, report.student)
            start = time.perf_counter()
            book.write(one, report)
            taken.append(1000 * (time.perf_counter() - start))
        if book.failures:
            raise SystemExit(str(book.failures))
    return taken[1:]


def main() -> None:
    """Measure in rounds, each way once a round; print ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        course = course_in(folder)
        for ours in (True, False):
            autograde(course, ours=ours)
        mine, theirs = [], []
        for number in range(ROUNDS):
            progress(f"nbgrader's Autograde, round {number + 1} of {ROUNDS}")
            mine.append(timed(lambda: autograde(course, ours=True)))
            theirs.append(timed(lambda: autograde(course, ours=False)))
        print(f"nbgrader autograde of {ASSIGNMENT}, {ROUNDS} rounds: median (range)\n")
        print(f"{'its own execution, of our sandbox':44}{spread([b / a for a, b in zip(mine, theirs, strict=True)])}")
        print(f"\nseconds: ours {statistics.median(mine):.2f}, its own {statistics.median(theirs):.2f}")
        print(f"gradebook, milliseconds a submission: {spread(gradebook_milliseconds(folder))}")


if __name__ == "__main__":
    main()
