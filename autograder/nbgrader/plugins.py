"""What nbgrader calls in this course instead of its own: `assignments/nbgrader_config.py` names these classes.

Releasing adds the package to a notebook. Autograding replaces the execution of cells by grading in the sandbox: nothing
that a student wrote runs in nbgrader's process, nor in a kernel that it starts.
"""

from __future__ import annotations

import atexit
import json
import re
import threading
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.plugins.zipcollect import FileNameCollectorPlugin
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Enum, Integer, Unicode

from autograder.classroom.job import limits
from autograder.classroom.lateness import reckoned
from autograder.course import in_use
from autograder.errors import UserError
from autograder.exam.paper import load
from autograder.exam.seed import hidden_seed
from autograder.grading.exams import get
from autograder.grading.grader import Grader
from autograder.ids import safe_id
from autograder.nbgrader.as_given import as_given, go_by
from autograder.nbgrader.course_folder import Course, add_package
from autograder.nbgrader.gradebook import Gradebook
from autograder.nbgrader.gradebook_rows import read_notebook
from autograder.nbgrader.plain_files import copying_plainly, install
from autograder.nbgrader.sanitizer import plain_notebook
from autograder.project import PACKAGE
from autograder.report import ItemResult
from autograder.report.feedback import level, silent
from autograder.report.late import off
from autograder.report.notebook import Verdict
from autograder.sandbox.launcher import choose
from autograder.settings.in_force import in_force
from autograder.submissions.layouts import own
from autograder.submissions.submission import Submission
from autograder.submissions.times import stamped

install()


class WithPackage(NotebookExporter):
    """Releases a notebook together with the stubs and the practice exam."""

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """The released notebook; on the way the package is put where it will lie."""
        go_by(_course(self).root)
        add_package(_course(self).root, resources["nbgrader"]["assignment"])
        return super().from_filename(filename, resources, **options)


class AsGiven(NbGraderPreprocessor):
    """Releases a notebook as the course file has it: without what is left out, and with its points."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """The notebook as the course is given."""
        go_by(_course(self.parent).root)
        return as_given(nb), resources


class CoursePenalty(LateSubmissionPlugin):
    """What being late costs by the course file; where that has no due dates, as nbgrader's own plugin is told."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """The points that are taken off a notebook's score."""
        dates = in_force().dates
        if not dates:
            penalty: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
            return penalty
        return off(dates.share_after(timedelta(seconds=total_seconds_late)) * score) or None


class Forgiving(NotebookExporter):
    """Reads notebooks that were handed in, and nothing but plain files. A damaged one is replaced by the source's, for
    the package can be graded."""

    def __init__(self, config: Any = None, **options: Any):
        super().__init__(config=config, **options)
        copying_plainly(self.parent)

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """The notebook that was handed in; in place of a damaged one that of the course, with a cell that says so."""
        try:
            notebook = plain_notebook(read_notebook(Path(filename)))
        except Exception as error:  # hostile bytes
            assignment = resources["nbgrader"]["assignment"]
            notebook = _course(self).notebook(assignment)
            if notebook is None:
                raise
            reason = type(error).__name__
            self.log.warning("%s cannot be read (%s): the package is graded, with an empty notebook", filename, reason)
            note = f"**The notebook that was handed in cannot be read ({reason}).** This is an empty one."
            notebook.cells.insert(0, new_markdown_cell(note))
        return self.from_notebook_node(notebook, resources, **options)


class MarkedCells(NbGraderPreprocessor):
    """Gives each graded cell of a submission its marks back, whatever was done to them: the first cell of an id is the
    one, and any other is none. What is missing altogether nbgrader's OverwriteCells adds."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """The notebook with marks as in the course's."""
        go_by(_course(self.parent).root)
        source = _course(self.parent).notebook(resources["nbgrader"]["assignment"])
        if source is None:
            return nb, resources
        left = {cell.metadata.nbgrader["grade_id"]: cell for cell in source.cells if is_grade(cell)}
        for cell in nb.cells:
            marks = cell.metadata.pop("nbgrader", None)
            original = left.pop(str(marks.get("grade_id")), None) if isinstance(marks, dict) else None
            if original is not None:
                cell.metadata["nbgrader"] = deepcopy(original.metadata.nbgrader)
                _retype(cell, original.cell_type)
        return nb, resources


def _retype(cell: Any, kind: str) -> None:
    cell.cell_type = kind
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
    else:
        for key in ("outputs", "execution_count"):
            cell.pop(key, None)


class SandboxedGrading(NbGraderPreprocessor):
    """Fills in what each grade cell would have shown, from grading the submitted package in the sandbox.

    The comments go into the gradebook, as those of `gradschool grade` do.

    Raises UserError, on which nbgrader gives up this submission alone, where an item could not be graded, and where
    the notebook has an autograded cell that is no item of the rubric: it cannot be run, and must not pass.
    """

    seed = Integer(None, allow_none=True, help="Draw the exam with this seed, and not with the hidden one.").tag(
        config=True
    )
    exam = Unicode("", help="An exam that was built before, instead of a seed.").tag(config=True)
    sandbox = Enum(["auto", "bwrap", "landlock"], "auto", help="How student code is shut in.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """The notebook with the outputs of its grade cells; no other cell has any."""
        student, assignment = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
        cells = {cell.metadata.nbgrader["grade_id"]: cell for cell in nb.cells if _autograded(cell)}
        go_by(Path(self.parent.parent.coursedir.root))
        items = [id for id, item in in_use().items.items() if item.assignment == assignment]
        if strangers := sorted(cells.keys() - set(items)):
            raise UserError(f"the cell {strangers[0]} is no item of {assignment}, so it cannot be graded: delete it")
        course = self.parent.parent.coursedir
        folder = Path(course.format_path(course.submitted_directory, student, assignment))
        if folder.is_symlink():  # to somebody else's, maybe
            raise UserError(f"{folder} is a link: put the folder itself there")
        when = stamped(folder)
        submission = Submission(student, {assignment: folder}, student, times={assignment: when} if when else {})
        with _judging:
            grader = _grader(self.exam, self.seed, self.sandbox, self.log.warning)
            report = reckoned(submission, grader.grade_submission(submission, list(cells)))
        shown = silent if level(assignment, student) != "all" else lambda result: result
        for result in report.items:
            if result.status == "ungraded":
                raise UserError(f"{result.id}: {result.message}")
            cells[result.id].outputs = outputs(shown(result))
        with Gradebook(course.db_url, Course(Path(course.root))) as book:
            book.write(submission, report)
            for said in book.failures:
                raise UserError(said)
        return nb, resources


def _course(exporter: Any) -> Course:
    """The course that the converter works on, whose exporter this is."""
    return Course(Path(exporter.parent.coursedir.root))


def _autograded(cell: Any) -> bool:
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def outputs(result: ItemResult) -> list[Any]:
    """What a grade cell shows: the verdict, and the points, from which nbgrader takes the score."""
    verdict = Verdict(result)
    shown = {"text/plain": str(verdict), "text/html": verdict._repr_html_()}
    points = {"text/plain": repr(result.earned)}
    return [new_output("display_data", shown), new_output("execute_result", points, execution_count=1)]


class Collector(FileNameCollectorPlugin):
    """Tells `nbgrader zip_collect` whose a file of a download is, and where it belongs.

    Collected are the notebook and what lies in the package; of a file that is there twice, the first.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self._seen: set[tuple[str, str]] = set()

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """The student, and the file's path in the submission; None for what is not collected."""
        parts = Path(submitted_file).parts
        place, upload = next(
            ((place, own(Path(part))) for place, part in enumerate(parts) if own(Path(part))), (0, None)
        )
        if upload is None:
            return None
        inner = [upload.file or parts[place], *parts[place + 1 :]]
        if PACKAGE in inner[:-1]:
            last = len(inner) - inner[::-1].index(PACKAGE, 1)  # the archive around it may be called so too
            path = "/".join([PACKAGE, *inner[last:]])
        elif inner[-1].endswith(".ipynb"):
            path = re.sub(r"-\d+(?=\.ipynb$)", "", inner[-1])  # Canvas numbers what is uploaded again
        else:
            return None
        student = safe_id(upload.who["name"])
        if (student, path) in self._seen:
            return None
        self._seen.add((student, path))
        return {"student_id": student, "file_id": path}


_judging = threading.Lock()
_graders: dict[tuple[str, int | None, str, str], Grader] = {}


def _grader(exam: str, seed: int | None, sandbox: str, warn: Callable[[str], None]) -> Grader:
    """One grader for all submissions of this process: nbgrader makes a new preprocessor for each notebook."""
    scheme = in_use().scheme
    key = exam, seed, sandbox, json.dumps(scheme.as_dict(), sort_keys=True)
    if key not in _graders:
        chosen = choose(sandbox)
        if chosen.weaker:
            warn(chosen.weaker)
        made = load(Path(exam)) if exam else get(hidden_seed() if seed is None else seed)
        _graders[key] = Grader(made, chosen, limits=limits())
        atexit.register(_graders[key].close)
    return _graders[key]
