"""Scores and comments into nbgrader's gradebook: one transaction a submission, and nothing of an instructor's is lost.

Only imported where there is a gradebook to write: nbgrader takes a second or two to import.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autograder.course import in_use
from autograder.nbgrader.course_folder import Course, plain_notebook
from autograder.nbgrader.gradebook_database import GradebookError, check_schema, explained, full_url, opened
from autograder.nbgrader.gradebook_points import revalue
from autograder.nbgrader.gradebook_rows import (
    Cell,
    Sheet,
    answers,
    extension,
    finder,
    handed_in_at,
    in_utc,
    is_complete,
    mark,
    mark_written,
    name_student,
    seconds_late,
    share_late,
    student_id,
    submission_of,
    withdraw,
)
from autograder.report import ItemResult, Report
from autograder.report.feedback import level
from autograder.report.late import off
from autograder.report.message import item_message
from autograder.report.text import by_assignment
from autograder.settings.in_force import in_force
from autograder.submissions.submission import Submission

_NO_TIMES: Mapping[str, datetime] = MappingProxyType({})
_PATIENCE = 3  # failures in a row, each of which may take seconds


class Gradebook:
    """An open gradebook. Raises GradebookError when it cannot be opened, and UserError for a URL that is none.

    `assignments` are those that reports are about, all without any: a report on what cannot be read has no items.
    """

    def __init__(self, url: str, course: Course | None, assignments: Collection[str] = ()):
        self.url = full_url(url)
        self.failures: dict[str, list[str]] = {}  # who could not be written down, by what was wrong
        self.withdrawn: list[str] = []  # whose scores were taken out, for what they handed in last cannot be read
        self._assignments = assignments or by_assignment(in_use().items.values())
        self._in_a_row = 0
        self._course = course
        self._sheets: dict[str, Sheet] = {}
        with explained(self.url):
            check_schema(self.url)
            self._book = opened(self.url)
            revalue(self._book.db)
        self._settings = course.settings() if course else None

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._book.close()

    def write(self, submission: Submission, report: Report) -> None:
        """Write what was found about a submission, in one transaction. What goes wrong is kept in `failures`.

        A gradebook that fails again and again is not asked any more.
        """
        folders = {name: path if isinstance(path, Path) else None for name, path in submission.folders.items()}
        self._try(student_id(submission), folders, report, submission.times if in_force().dates else _NO_TIMES)

    def write_finished(self, report: Report) -> None:
        """Write a report of which the submission is not at hand: only assignments of which anything was handed in, and
        what a human grades waits."""
        handed_in = {item.assignment for item in report.items if not item.explanation.absent}
        self._try(report.student, dict.fromkeys(self._assignments if report.unread else handed_in), report)

    def _try(
        self, id: str, folders: Mapping[str, Path | None], report: Report, times: Mapping[str, datetime] = _NO_TIMES
    ) -> None:
        if self._in_a_row >= _PATIENCE:
            self.failures[list(self.failures)[-1]].append(report.student)
            return
        try:
            with explained(self.url):
                try:
                    self._write(id, folders, report, times)
                except BaseException:
                    self._book.db.rollback()
                    raise
                finally:
                    self._book.db.remove()
        except GradebookError as error:
            self.failures.setdefault(str(error), []).append(report.student)
            self._in_a_row += 1
        else:
            self._in_a_row = 0

    # --- one submission ---

    def _write(
        self, id: str, folders: Mapping[str, Path | None], report: Report, times: Mapping[str, datetime]
    ) -> None:
        from nbgrader.api import Student

        db = self._book.db
        results: dict[str, dict[str, ItemResult]] = {}
        for item in report.items:
            results.setdefault(item.assignment, {})[item.id] = item
        if report.unread:
            self._withdraw(id, [name for name in self._assignments if folders.keys() & {"", name}], report)
            return
        sheets = {name: self._sheet(name) for name in results if folders.keys() & {"", name}}
        if all(item.status == "ungraded" for name in sheets for item in results[name].values()):
            return
        student = db.get(Student, id)
        if student is None:
            student = Student(id=id)
            db.add(student)
        name_student(student, report)
        for name, sheet in sheets.items():
            folder = folders.get(name)
            at_hand = folder is not None or "" in folders
            folder = folder if folder and folder.is_dir() else None
            when = times.get(name, times.get(""))
            self._write_assignment(student, sheet, results[name], folder, at_hand, report, when)
        db.commit()

    def _write_assignment(
        self, student: Any, sheet: Sheet, results: Mapping[str, ItemResult], folder: Path | None, at_hand: bool,
        report: Report, when: datetime | None,
    ) -> None:  # fmt: skip
        from nbgrader.api import Comment, Grade, SubmittedAssignment

        db = self._book.db
        submitted = submission_of(db, student, sheet)
        if submitted is None:
            submitted = SubmittedAssignment(assignment_id=sheet.id, student=student)
            db.add(submitted)
        again = False
        whole = level(sheet.name, report.student) == "all"
        if handed_in := (folder and handed_in_at(folder)) or in_utc(when):
            again = submitted.timestamp is not None and handed_in > submitted.timestamp
            submitted.timestamp = handed_in
        submitted.extension = extension(sheet, report) or submitted.extension
        for name, notebook, new, cells in self._notebooks(submitted, sheet):
            path = folder / f"{name}.ipynb" if folder else None
            if path and not os.path.lexists(path):
                path = None
            answered = answers(path) if path and any(cell.written for cell in cells) else {}
            grades = finder(db, Grade, notebook, notebook.grades)
            comments = finder(db, Comment, notebook, notebook.comments)
            commented = {comment.cell_id for comment in notebook.comments}
            for cell in cells:
                grade, result = grades(cell.id), results.get(cell.name)
                if cell.written:
                    if path or (new and at_hand):
                        mark_written(grade, comments(cell.comments), cell, answered, again)
                elif result and result.status != "ungraded":
                    mark(grade, cell, result)
                    text = "" if result.status == "passed" or not whole else item_message(result, hint=True)
                    if text or cell.comments in commented:
                        comments(cell.comments).auto_comment = text or None
            self._penalise(sheet, submitted, notebook, report)

    def _withdraw(self, id: str, assignments: Collection[str], report: Report) -> None:
        """Take back the scores of items, where there are some: nothing of what was handed in last can be graded. A
        comment says why, and what they were; each waits for a human, and what a human gave stays."""
        from nbgrader.api import Comment, Grade, Student

        db = self._book.db
        student = db.get(Student, id)
        taken = False
        for sheet in filter(None, map(self._read_sheet, assignments)) if student else ():
            submitted = submission_of(db, student, sheet)
            for _name, notebook, _path, cells in self._notebooks(submitted, sheet) if submitted else ():
                grades = finder(db, Grade, notebook, notebook.grades)
                comments = finder(db, Comment, notebook, notebook.comments)
                for cell in (cell for cell in cells if not cell.written):
                    grade, comment = grades(cell.id), comments(cell.comments)
                    taken = taken or grade.auto_score is not None
                    withdraw(grade, comment, cell, report)
                self._penalise(sheet, submitted, notebook, report)
        db.commit()
        self.withdrawn += [report.student] if taken else []

    def _notebooks(self, submitted: Any, sheet: Sheet) -> Iterator[tuple[str, Any, bool, list[Cell]]]:
        """The notebooks of a submission, made where they are missing: name, row, whether it is new, and cells."""
        from nbgrader.api import SubmittedNotebook

        there = {notebook.notebook_id: notebook for notebook in submitted.notebooks}
        for (id, name), cells in sheet.notebooks.items():
            notebook = there.get(id)
            new = notebook is None
            if notebook is None:
                notebook = SubmittedNotebook(notebook_id=id, assignment=submitted)
                self._book.db.add(notebook)
            yield name, notebook, new, cells

    def _penalise(self, sheet: Sheet, submitted: Any, notebook: Any, report: Report) -> None:
        """Apply the course's rule for what was handed in late, as nbgrader's autograde does: that of the course file,
        where it has due dates, else that of nbgrader's configuration; never both."""
        from nbgrader.preprocessors import AssignLatePenalties

        if report.dated:
            self._book.db.flush()
            self._book.db.refresh(notebook)
            share = share_late(sheet, submitted, report)
            notebook.late_submission_penalty = off(share * notebook.score) or None
            return
        late = seconds_late(sheet.duedate, submitted)
        if not late and not notebook.late_submission_penalty:
            return
        penalty = None
        if late:
            rule = AssignLatePenalties(config=self._settings)
            rule.init_plugin()
            self._book.db.flush()
            self._book.db.refresh(notebook)
            penalty = rule.plugin_inst.late_submission_penalty(submitted.student_id, notebook.score, late)
            penalty = None if penalty is None else min(max(penalty, 0), notebook.score)
        notebook.late_submission_penalty = penalty

    # --- the structure ---

    def _sheet(self, assignment: str) -> Sheet:
        """The assignment in the gradebook; made from the course's notebook where it is missing."""
        if assignment not in self._sheets:
            sheet = self._read_sheet(assignment)
            if sheet is None or not is_complete(sheet):
                self._create(assignment)
                sheet = self._read_sheet(assignment)
                assert sheet is not None
            self._sheets[assignment] = self._dated(sheet)
        return self._sheets[assignment]

    def _dated(self, sheet: Sheet) -> Sheet:
        """The sheet with the due date of the course file, which formgrader then shows, too."""
        from nbgrader.api import Assignment

        if (due := in_utc(in_force().dates.due_at(sheet.name))) and due != sheet.duedate:
            self._book.db.get(Assignment, sheet.id).duedate = due
            return replace(sheet, duedate=due)
        return sheet

    def _read_sheet(self, assignment: str) -> Sheet | None:
        from nbgrader.api import MissingEntry

        try:
            found = self._book.find_assignment(assignment)
        except MissingEntry:
            return None
        notebooks = {}
        for notebook in found.notebooks:
            written = {cell.name: cell.id for cell in notebook.solution_cells}
            checksums = {cell.name: cell.checksum for cell in notebook.source_cells}
            notebooks[notebook.id, notebook.name] = [
                Cell(
                    cell.id, cell.name, cell.max_score, cell.name in written, checksums.get(cell.name),
                    written.get(cell.name, cell.id),
                )
                for cell in notebook.grade_cells
            ]  # fmt: skip
        return Sheet(found.id, found.duedate, notebooks, assignment)

    def _create(self, assignment: str) -> None:
        """Save the notebook's cells as `nbgrader generate_assignment` does, with its own code."""
        from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells, SaveCells

        notebook = (self._course and self._course.notebook(assignment)) or plain_notebook(assignment)
        self._book.update_or_create_assignment(assignment)
        names = {"notebook": assignment, "assignment": assignment, "student": ".", "db_url": self.url}
        resources = {"nbgrader": names}
        try:
            for step in (LockCells, ClearSolutions, ComputeChecksums, SaveCells):
                notebook, resources = step(config=self._settings).preprocess(notebook, resources)
        except RuntimeError as error:  # SaveCells protects what students have handed in
            raise GradebookError(
                f"the gradebook's {assignment} has other cells than the course's notebook, and submissions: "
                f"write into a new gradebook ({error})"
            ) from error
        self._book.db.expire_all()
