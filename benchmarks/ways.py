"""The usual ways to grade, each as the command that its users type, with the same check of each item (`properties`).

Each is made ready once; `seconds()` grades and returns what one submission took. A way that did not give the reference
all points has measured something else, and stops the benchmark.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from autograder.courses.micrograd import COURSE, load_items
from autograder.nbgrader.course_folder import plain_notebook
from benchmarks.timing import run, timed

STUDENTS = 2  # in nbgrader's course; what it takes is divided by them
_ASSIGNMENT = "micrograd"
_PATIENCE = 600  # seconds for a cell: a busy machine is no wrong answer


class Pytest:
    """One process of pytest, Hypothesis and PyTorch a submission."""

    def __init__(self, submission: Path, environment: dict[str, str]) -> None:
        self.environment = {**environment, "SUBMISSION": str(submission)}

    def seconds(self) -> float:
        return timed(lambda: run("-m", "pytest", "-q", "-p", "no:cacheprovider", "benchmarks/peer.py",
                                 environment=self.environment))  # fmt: skip


class Nbgrader:
    """`nbgrader autograde` of a plain course, which executes the cells: one notebook with a grade cell an item."""

    def __init__(self, folder: Path, submission: Path, environment: dict[str, str]) -> None:
        self.root, self.environment = folder, environment
        self.students = [f"student-{number}" for number in range(STUDENTS)]
        source = folder / "source" / _ASSIGNMENT
        source.mkdir(parents=True)
        cells = [new_code_cell("from benchmarks.properties import check", id="import")]
        for assignment in COURSE.assignments:
            cells += plain_notebook(assignment).cells
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, source / f"{_ASSIGNMENT}.ipynb")
        self._nbgrader("generate_assignment")
        for student in self.students:
            submitted = folder / "submitted" / student / _ASSIGNMENT
            shutil.copytree(folder / "release" / _ASSIGNMENT, submitted)
            shutil.copytree(submission / "micrograd", submitted / "micrograd", ignore=_COMPILED)
        shutil.copy(folder / "gradebook.db", folder / "new.db")

    def seconds(self) -> float:
        shutil.rmtree(self.root / "autograded", ignore_errors=True)
        shutil.copy(self.root / "new.db", self.root / "gradebook.db")
        taken = timed(lambda: self._nbgrader("autograde", f"--Execute.timeout={_PATIENCE}"))
        for student in self.students:
            if trouble := self._without_points(student):
                raise SystemExit(f"nbgrader did not give the reference its points for {trouble}")
        return taken / STUDENTS

    def _nbgrader(self, command: str, *options: str) -> None:
        run("-m", "nbgrader", command, _ASSIGNMENT, *options, cwd=self.root, environment=self.environment)

    def _without_points(self, student: str) -> list[str]:
        """Items whose cells did not run, or did not get all their points: to nbgrader, no error is a right answer."""
        path = self.root / "autograded" / student / _ASSIGNMENT / f"{_ASSIGNMENT}.ipynb"
        cells = nbformat.read(path, as_version=4).cells if path.is_file() else []
        ran = {
            cell.metadata.nbgrader.grade_id for cell in cells if cell.execution_count and "nbgrader" in cell.metadata
        }
        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}") as book:
            notebook = book.find_submission_notebook(_ASSIGNMENT, _ASSIGNMENT, student)
            scores = {grade.name: grade.auto_score for grade in notebook.grades}
        return [item.id for item in load_items().values() if item.id not in ran or scores.get(item.id) != item.points]


class Otter:
    """`otter run` of one submission: an archive with a notebook and the package, and a test file an item."""

    def __init__(self, folder: Path, submission: Path, environment: dict[str, str]) -> None:
        self.root, self.environment = folder, environment
        folder.mkdir()
        with zipfile.ZipFile(folder / "submission.zip", "w") as archive:
            notebook = new_notebook(cells=[new_code_cell("import micrograd", id="import")])
            archive.writestr(f"{_ASSIGNMENT}.ipynb", nbformat.writes(notebook))
            for path in sorted((submission / "micrograd").glob("*.py")):
                archive.write(path, f"micrograd/{path.name}")
        with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
            archive.writestr("otter_config.json", json.dumps({"lang": "python"}))
            for item in load_items().values():
                archive.writestr(f"tests/{item.id}.py", _OTTER_TEST.format(id=item.id, points=item.points))

    @staticmethod
    def is_installed() -> bool:
        """Whether otter-grader can be imported."""
        return importlib.util.find_spec("otter") is not None

    def seconds(self) -> float:
        results = self.root / "results.json"
        results.unlink(missing_ok=True)
        taken = timed(
            lambda: run("-m", "otter", "run", "-a", "autograder.zip", "-o", ".", "--no-logo", "submission.zip",
                        cwd=self.root, environment=self.environment)
        )  # fmt: skip
        tests: list[dict[str, Any]] = json.loads(results.read_text())["tests"]
        passed = {test["name"] for test in tests if "score" in test and test["score"] == test["max_score"] > 0}
        if trouble := load_items().keys() - passed:
            raise SystemExit(f"otter did not give the reference its points for {sorted(trouble)}")
        return taken


_COMPILED = shutil.ignore_patterns("__pycache__")
_OTTER_TEST = """from otter.test_files import test_case

from benchmarks.properties import check

OK_FORMAT = False
name = "{id}"
points = {points}


@test_case()
def passes():
    check("{id}")
"""
