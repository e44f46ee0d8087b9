"""Scores and comments into nbgrader's gradebook: one transaction a submission, and nothing of an instructor's is lost.

Only imported where there is a gradebook to write: nbgrader takes a second or two to import.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.exam.items import load_items
from autograder.nbgrader.course import Course, plain_notebook
from autograder.project import installing
from autograder.report import ItemResult, Report
from autograder.report.message import item_message
from autograder.report.text import by_assignment, number, quoted
from autograder.submissions.archives import read_plainly
from autograder.submissions.submission import Submission

_LONGEST_ID = 128  # characters, which other databases than SQLite insist on
_LONGEST_NOTEBOOK = 20_000_000  # bytes
_PATIENCE = 3  # failures in a row, each of which may take seconds
_VERSION = "alembic_version"  # the table that says of which version the others are


class GradebookError(UserError):
    """The gradebook cannot be used. Its text says what to do; what was graded is in the results folder."""

    def __init__(self, message: str):
        super().__init__(message, 1)


@dataclass(frozen=True)
class _Cell:
    """A grade cell. `checksum` is that of the unanswered question where a human grades it, else None."""

    id: str
    name: str
    max_score: float
    written: bool
    checksum: str | None
    comments: str  # the cell that its comments belong to


@dataclass(frozen=True)
class _Sheet:
    """An assignment as the gradebook has it: the cells of each notebook, by the notebook's id and name."""

    id: str
    duedate: datetime | None
    notebooks: dict[tuple[str, str], list[_Cell]]


class Gradebook:
    """An open gradebook. Raises GradebookError when it cannot be opened, and UserError for a URL that is none.

    `assignments` are those that reports are about, all without any: a report on what cannot be read has no items.
    """

    def __init__(self, url: str, course: Course | None, assignments: Collection[str] = ()):
        self.url = _url(url)
        self.failures: dict[str, list[str]] = {}  # who could not be written down, by what was wrong
        self.withdrawn: list[str] = []  # whose scores were taken out, for what they handed in last cannot be read
        self._assignments = assignments or by_assignment(load_items().values())
        self._in_a_row = 0
        self._course = course
        self._sheets: dict[str, _Sheet] = {}
        with _explained(self.url):
            _check_schema(self.url)
            self._book = _open(self.url)
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
        self._try(_student_id(submission), folders, report)

    def write_finished(self, report: Report) -> None:
        """Write a report of which the submission is not at hand: only assignments of which anything was handed in, and
        what a human grades waits."""
        handed_in = {item.assignment for item in report.items if not item.explanation.absent}
        self._try(report.student, dict.fromkeys(self._assignments if report.unread else handed_in), report)

    def _try(self, id: str, folders: Mapping[str, Path | None], report: Report) -> None:
        if self._in_a_row >= _PATIENCE:
            self.failures[list(self.failures)[-1]].append(report.student)
            return
        try:
            with _explained(self.url):
                try:
                    self._write(id, folders, report)
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

    def _write(self, id: str, folders: Mapping[str, Path | None], report: Report) -> None:
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
        for name, sheet in sheets.items():
            folder = folders.get(name)
            at_hand = folder is not None or "" in folders
            folder = folder if folder and folder.is_dir() else None
            self._write_assignment(student, sheet, results[name], folder, at_hand)
        db.commit()

    def _write_assignment(
        self, student: Any, sheet: _Sheet, results: Mapping[str, ItemResult], folder: Path | None, at_hand: bool
    ) -> None:
        from nbgrader.api import Comment, Grade, SubmittedAssignment

        db = self._book.db
        submitted = _submitted(db, student, sheet)
        if submitted is None:
            submitted = SubmittedAssignment(assignment_id=sheet.id, student=student)
            db.add(submitted)
        again = False
        if folder and (handed_in := _timestamp(folder)):
            again = submitted.timestamp is not None and handed_in > submitted.timestamp
            submitted.timestamp = handed_in
        for name, notebook, new, cells in self._notebooks(submitted, sheet):
            path = folder / f"{name}.ipynb" if folder else None
            if path and not os.path.lexists(path):
                path = None
            answered = _answers(path) if path and any(cell.written for cell in cells) else {}
            grades = _finder(db, Grade, notebook, notebook.grades)
            comments = _finder(db, Comment, notebook, notebook.comments)
            commented = {comment.cell_id for comment in notebook.comments}
            for cell in cells:
                grade, result = grades(cell.id), results.get(cell.name)
                if cell.written:
                    if path or (new and at_hand):
                        _mark_written(grade, comments(cell.comments), cell, answered, again)
                elif result and result.status != "ungraded":
                    _mark(grade, cell, result)
                    text = "" if result.status == "passed" else item_message(result, hint=True)
                    if text or cell.comments in commented:
                        comments(cell.comments).auto_comment = text or None
            self._penalise(sheet, submitted, notebook)

    def _withdraw(self, id: str, assignments: Collection[str], report: Report) -> None:
        """Take back the scores of items, where there are some: nothing of what was handed in last can be graded. A
        comment says why, and what they were; each waits for a human, and what a human gave stays."""
        from nbgrader.api import Comment, Grade, Student

        db = self._book.db
        student = db.get(Student, id)
        taken = False
        for sheet in filter(None, map(self._read_sheet, assignments)) if student else ():
            submitted = _submitted(db, student, sheet)
            for _, notebook, _, cells in self._notebooks(submitted, sheet) if submitted else ():
                grades = _finder(db, Grade, notebook, notebook.grades)
                comments = _finder(db, Comment, notebook, notebook.comments)
                for cell in (cell for cell in cells if not cell.written):
                    grade, comment = grades(cell.id), comments(cell.comments)
                    before = (comment.auto_comment or "").partition("\n")[2]  # of a run that withdrew it already
                    if grade.auto_score is not None:
                        taken = True
                        before = f"Before, it had {number(grade.auto_score)} of {number(cell.max_score)} points."
                    grade.auto_score, grade.needs_manual_grade = None, True
                    comment.auto_comment = f"Not graded: {' '.join(quoted(report.message).split())}\n{before}".strip()
                self._penalise(sheet, submitted, notebook)
        db.commit()
        self.withdrawn += [report.student] if taken else []

    def _notebooks(self, submitted: Any, sheet: _Sheet) -> Iterator[tuple[str, Any, bool, list[_Cell]]]:
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

    def _penalise(self, sheet: _Sheet, submitted: Any, notebook: Any) -> None:
        """Apply the course's rule for what was handed in late, as nbgrader's autograde does."""
        from nbgrader.preprocessors import AssignLatePenalties

        late = _seconds_late(sheet.duedate, submitted)
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

    def _sheet(self, assignment: str) -> _Sheet:
        """The assignment in the gradebook; made from the course's notebook where it is missing."""
        if assignment not in self._sheets:
            sheet = self._read_sheet(assignment)
            if sheet is None or not _complete(assignment, sheet):
                self._create(assignment)
                sheet = self._read_sheet(assignment)
                assert sheet is not None
            self._sheets[assignment] = sheet
        return self._sheets[assignment]

    def _read_sheet(self, assignment: str) -> _Sheet | None:
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
                _Cell(
                    cell.id, cell.name, cell.max_score, cell.name in written, checksums.get(cell.name),
                    written.get(cell.name, cell.id),
                )
                for cell in notebook.grade_cells
            ]  # fmt: skip
        return _Sheet(found.id, found.duedate, notebooks)

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


def _complete(assignment: str, sheet: _Sheet) -> bool:
    """Whether the gradebook has a cell for each item: a notebook may have been released before an item was added."""
    names = {cell.name for cells in sheet.notebooks.values() for cell in cells}
    return all(item.id in names for item in load_items().values() if item.assignment == assignment)


# --- rows


def _submitted(db: Any, student: Any, sheet: _Sheet) -> Any:
    """The student's submission of an assignment, if there is one."""
    from nbgrader.api import SubmittedAssignment

    return db.query(SubmittedAssignment).filter_by(assignment_id=sheet.id, student_id=student.id).one_or_none()


def _finder(db: Any, kind: Any, notebook: Any, rows: Any) -> Callable[[str], Any]:
    """A function that finds, or adds, a submitted notebook's row about a cell of that id."""
    there = {row.cell_id: row for row in rows}

    def find(cell_id: str) -> Any:
        if cell_id not in there:
            there[cell_id] = kind(cell_id=cell_id, notebook=notebook)
            db.add(there[cell_id])
        return there[cell_id]

    return find


def _mark(grade: Any, cell: _Cell, result: ItemResult) -> None:
    """The score of an item. One that a human gave stays, and is put up for review when ours has changed."""
    score = cell.max_score * result.earned / result.points
    if grade.auto_score != score:
        grade.auto_score = score
        grade.needs_manual_grade = grade.manual_score is not None


def _mark_written(grade: Any, comment: Any, cell: _Cell, answered: Mapping[str, str] | None, again: bool) -> None:
    """Nothing for a question that was left as it was; all others wait for a human, who is never overruled."""
    unanswered = answered is not None and answered.get(cell.name) in (None, cell.checksum)
    if grade.manual_score is not None:
        grade.needs_manual_grade = grade.needs_manual_grade or again
        return
    grade.auto_score = 0.0 if unanswered else None
    grade.needs_manual_grade = not unanswered
    comment.auto_comment = "No response." if unanswered else None


def _answers(path: Path) -> dict[str, str] | None:
    """The checksum of each marked cell in a notebook that was handed in; None when it cannot be read."""
    import nbformat
    from nbgrader.utils import compute_checksum, is_grade

    try:
        text = read_plainly(path, _LONGEST_NOTEBOOK).decode("utf-8")
        cells = nbformat.reads(text, as_version=4).cells
        return {cell.metadata.nbgrader["grade_id"]: compute_checksum(cell) for cell in cells if is_grade(cell)}
    except Exception:  # hostile bytes: a human will look at it
        return None


def _timestamp(folder: Path) -> Any:
    """When it was handed in, by nbgrader's timestamp.txt; None where that is missing or no date."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    try:
        return parse_utc(read_plainly(path, 1000).decode("utf-8").strip() or None) if path.exists() else None
    except Exception:  # whatever it is, it is no date
        return None


def _seconds_late(duedate: datetime | None, submitted: Any) -> float:
    if submitted.timestamp is None or duedate is None:
        return 0.0
    if submitted.extension is not None:
        duedate += submitted.extension
    return max(0.0, (submitted.timestamp - duedate).total_seconds())


def _student_id(submission: Submission) -> str:
    """nbgrader's own id, the folder's name, for what lies in its tree; else ours."""
    homes = {path.parent.name for name, path in submission.folders.items() if name and isinstance(path, Path)}
    id = homes.pop() if len(homes) == 1 else submission.student
    return id if len(id) <= _LONGEST_ID and id.isprintable() else submission.student


# --- the database


def _url(url: str) -> str:
    """A URL as SQLAlchemy takes it; the path of a file stands for SQLite."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=False)
    except ArgumentError:
        if "://" in url or not url.strip():
            raise UserError(
                f"{url!r} is no URL of a database: write sqlite:///gradebook.db or "
                "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
            ) from None
        return f"sqlite:///{url}"


def _open(url: str) -> Any:
    from nbgrader.api import Gradebook as Book

    _write_version(url)
    return Book(url)


def _write_version(url: str) -> None:
    """Write into an empty database which version of the tables it is about to get.

    nbgrader would ask the program alembic, which takes orders from a pyproject.toml in the current folder.
    """
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            if not inspect(connection).get_table_names():
                version = ScriptDirectory(ALEMBIC_DIR).get_current_head()
                connection.execute(text(f"CREATE TABLE {_VERSION} (version_num VARCHAR(32) NOT NULL)"))
                connection.execute(text(f"INSERT INTO {_VERSION} VALUES (:version)"), {"version": version})
    finally:
        engine.dispose()


def _check_schema(url: str) -> None:
    """Raises GradebookError for a database that holds something else than this nbgrader's tables."""
    from nbgrader.api import Base
    from sqlalchemy import create_engine, inspect

    engine = create_engine(url)
    try:
        inspector = inspect(engine)
        there = set(inspector.get_table_names()) - {_VERSION}
        if not there:
            return
        if not {"assignment", "grade"} <= there:
            raise GradebookError(f"{_shown(url)} holds other tables than a gradebook: choose another database")
        for table in Base.metadata.sorted_tables:
            columns = {column["name"] for column in inspector.get_columns(table.name)} if table.name in there else set()
            if missing := {column.name for column in table.columns} - columns:
                raise GradebookError(
                    f"{_shown(url)} is of an older nbgrader (no {table.name}.{min(missing)}): copy it to a safe place, "
                    "then run `nbgrader db upgrade` in the course's folder"
                )
    finally:
        engine.dispose()


@contextlib.contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn what databases say into a sentence that says what to do."""
    from nbgrader.api import InvalidEntry
    from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

    try:
        yield
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        what = f"{_shown(url)} needs a driver that is not installed ({error})"
        raise GradebookError(f"{what}: for PostgreSQL, {installing('postgresql')}") from error
    except (SQLAlchemyError, InvalidEntry, OSError) as error:
        said = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        raise GradebookError(f"the gradebook {_shown(url)} {_advice(said)}") from error


def _advice(said: str) -> str:
    if "locked" in said:
        return "is locked by another program, such as formgrader: wait or stop that, and run this again"
    if "readonly" in said or "read-only" in said or "permission denied" in said:
        return f"cannot be written ({said}): mend its permissions or name another, and run this again"
    if "unable to open" in said:
        return f"cannot be opened ({said}): mend the path, and run this again"
    if "onnect" in said or "could not" in said:
        return f"cannot be reached ({said}): start the server or mend the URL, and run this again"
    return f"cannot be used ({said}): mend that, and run this again"


def _shown(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)
