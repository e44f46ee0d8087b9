"""The nbgrader course: where it is, its configuration, and the notebook of each assignment.

A configuration is a program. That of the course in use is run, and no other: least of all one that lies in or above
what was handed in.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import in_use
from autograder.errors import UserError
from autograder.nbgrader.as_given import as_given
from autograder.project import CONFIG, INSTALLED, PACKAGE, PRACTICE, configured_folder, typed
from autograder.submissions.sources.files import printable


@dataclass(frozen=True)
class Course:
    """A folder with an nbgrader_config.py."""

    root: Path

    def settings(self) -> Any:
        """The instructor's configuration, as nbgrader reads it. Raises UserError where it cannot be read."""
        from traitlets.config.loader import PyFileConfigLoader

        try:
            return PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()
        except Exception as error:  # it is a program: anything may happen
            what = f"{type(error).__name__}: {error}"
            raise UserError(f"{self.root / CONFIG} cannot be read ({what}); mend it") from error

    def notebook(self, assignment: str) -> Any:
        """The source notebook of an assignment, as the course is given; None where there is none. Raises UserError
        where it cannot be read."""
        import nbformat

        path = self.root / "source" / assignment / f"{assignment}.ipynb"
        if not path.is_file():
            return None
        try:
            return as_given(nbformat.read(path, as_version=nbformat.current_nbformat))
        except Exception as error:  # whatever a damaged file makes of the parser
            raise UserError(f"{path} is no notebook ({type(error).__name__}); restore it") from error


def course_in_use() -> Course | None:
    """The course that the instructor named, else the installed one; None where neither has a configuration."""
    folder = configured_folder()
    return Course(folder) if folder else None


def passed_over(paths: Iterable[Path], used: Course | None) -> str:
    """A sentence about a course whose submissions `paths` are, and that is not the one in use; empty if there is none.

    Its configuration is not read: it may be a student's.
    """
    for path in paths:
        path = Path(os.path.abspath(path))
        for folder in reversed((path, *path.parents)):  # what lies further in may be a student's
            inside = folder == path or folder / "submitted" in (path, *path.parents)
            if inside and (folder / "submitted").is_dir() and (folder / CONFIG).is_file():
                if used and folder.resolve() == used.root.resolve():
                    return ""
                shown = printable(str(folder))
                return f"{shown}/{CONFIG} was not used: if that course is yours, name it with --course {typed(folder)}"
    return ""


def plain_notebook(assignment: str) -> Any:
    """A notebook with nothing but a grade cell for each item: what the gradebook needs where a course has none."""
    from nbformat.v4 import new_code_cell, new_notebook

    cells = []
    for item in in_use().items.values():
        if item.assignment == assignment:
            cell = new_code_cell(f'check("{item.id}")', id=item.id)
            cell.metadata["nbgrader"] = {
                "schema_version": 3, "grade": True, "grade_id": item.id, "locked": True, "points": item.points,
                "solution": False, "task": False, "cell_type": "code",
            }  # fmt: skip
            cells.append(cell)
    return new_notebook(cells=cells)


def add_package(root: Path, assignment: str) -> None:
    """Put what students work on beside a released notebook: the stubs, and the practice exam.

    Raises UserError where `make release` was never run.
    """
    folder = root / "release" / assignment
    for kit in (root.parent / "student", INSTALLED / "student"):
        asked = assignment in {item.assignment for item in in_use().suites}
        tests = [kit / "tests" / name for name in in_use().tests] if asked else []
        sources = [*sorted((kit / PACKAGE).glob("*.py")), *tests, kit / PRACTICE]
        if len(sources) > 1 and sources[-1].is_file():
            break
    else:
        raise UserError(f"there are no stubs in {root.parent / 'student'}: run `make release`")
    for source in sources:
        target = folder / source.relative_to(kit)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


def release_notebooks(course: Course) -> list[Path]:
    """Write release/ anew for each assignment that has a notebook, with nbgrader's own code, and return the folders.

    Raises UserError when nbgrader refuses one.
    """
    from nbgrader.apps.api import NbGraderAPI

    settings = course.settings()
    released = []
    with contextlib.chdir(course.root):  # nbgrader and nbconvert look for templates and configurations where they are
        api = NbGraderAPI(config=settings)
        api.log.setLevel("ERROR")
        for assignment in in_use().assignments:
            if course.notebook(assignment) is not None:
                result = api.generate_assignment(assignment)
                if not result["success"]:
                    said = result["error"].strip().split("\n")[-1]
                    raise UserError(f"nbgrader did not release {assignment}: {said}", 1)
                released.append(course.root / "release" / assignment)
    return released
