"""A course's notebook as the instructor gives the course: without what is left out, and with the points that items have
by the course file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from autograder.course import Course, in_use
from autograder.project import SETTINGS
from autograder.scheme import OWN
from autograder.settings.in_force import hold, in_force
from autograder.settings.reading import NOTHING, read_settings

_TODO = re.compile(r"TODO[\s\n]+([a-z]+(?:-[a-z0-9]+)+)")


def go_by(root: Path) -> None:
    """From now on go by the course file beside nbgrader's configuration, which is read anew: formgrader runs for days.
    What a command was told to go by stands."""
    file = root / SETTINGS
    there = in_force().file
    if there is None or there.resolve() == file.resolve():
        settings = read_settings(file, in_use()) if file.is_file() else NOTHING
        if settings != in_force():
            hold(settings)


def as_given(notebook: Any, course: Course | None = None) -> Any:
    """The notebook, changed to what the course asks. What leads to a grade cell of what is left out goes with it, where
    it speaks of nothing else that is to do."""
    course = course or in_use()
    if course.scheme == OWN:
        return notebook
    out = set(course.scheme.left_out)
    kept: list[Any] = []
    leading: list[Any] = []  # cells since the last one that is graded
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        id = marks.get("grade_id")
        if not marks.get("grade"):
            leading.append(cell)
            continue
        if id in out:
            kept += _others(leading, out)
        else:
            kept += [*leading, cell]
            if id in course.scheme.points:
                marks["points"] = course.scheme.points[id]
        leading = []
    notebook.cells = [*kept, *leading]
    return notebook


def _others(cells: list[Any], out: set[str]) -> list[Any]:
    """The cells before one that asks for no more than what is left out, and the first ones, which get a notebook
    ready."""
    for place, cell in enumerate(cells):
        named = set(_TODO.findall(cell.source)) if cell.cell_type == "markdown" else set()
        if named and named <= out:
            return cells[:place]
    return cells
