"""The rubric as pytest tests, one an item.

`pytest` in a student's kit shows them, and `pytest RUBRIC --submission=PATH` to instructors, where RUBRIC is the folder
of a course's items, autograder/courses/micrograd/rubric.

Student code never runs in pytest's process: all selected items are graded when the first of them is asked for. A
submission is graded in the sandbox, a kit on its practice exam and without a sandbox, as `gradschool check` does. What
is still to be written is a failure like any other, so that nothing missing looks like a pass and `--lf` keeps it.

This is no entry point: the kit's pyproject.toml and the course's own load it, and no other folder hears of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograder.course import in_use
from autograder.project import PACKAGE, PRACTICE
from autograder.texts import _

if TYPE_CHECKING:
    from autograder.report import ItemResult, Report

_RUBRIC = Path(__file__).parents[1].joinpath(*in_use().rubric.split("."))
_REPORTS = pytest.StashKey[dict[Path, "Report"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradschool")
    group.addoption("--submission", metavar="PATH", help="grade this submission on the items of a course")
    group.addoption("--exam-seed", type=int, metavar="N", help="draw the exam with this seed")


def pytest_configure(config: pytest.Config) -> None:
    submission = config.option.submission
    if "--submission" in config.invocation_params.args:
        # pytest does not know our options yet when it looks for its settings, and would also look there.
        raise pytest.UsageError("write --submission=PATH, in one word: else pytest may take settings from that folder")
    if submission and not Path(submission).exists():
        raise pytest.UsageError(f"{submission} does not exist: give the folder or archive that holds {PACKAGE}/")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """In a kit, a file of tests/ that is called like an assignment stands for its items. Tests of the student's own in
    it pytest finds by itself."""
    if parent.config.option.submission and file_path.parent == _RUBRIC and file_path.name != "__init__.py":
        return RubricFile.from_parent(parent, path=file_path)
    kit, assignments = file_path.parent.parent, in_use().assignments
    in_kit = file_path.parent.name == "tests" and file_path.suffix == ".py" and (kit / PRACTICE).is_file()
    ours = in_kit and file_path.stem.removeprefix("test_") in assignments
    return KitFile.from_parent(parent, path=file_path) if ours else None


class RubricFile(pytest.File):
    """One assignment, of the submission that the command line names."""

    def collect(self) -> Iterator[pytest.Item]:
        lines = self._lines()
        for id, item in self.rubric().items():
            if item.assignment == self.path.stem.removeprefix("test_"):
                yield RubricTest.from_parent(self, name=id, points=item.points, line=lines.get(id))

    def rubric(self) -> Mapping[str, Any]:
        """The items that are asked."""
        return in_use().items

    def _lines(self) -> dict[str, int]:
        """The lines to which an editor should lead, counted from 0."""
        return {}

    def words(self, result: ItemResult) -> str:
        """What there is to say about an item that was not passed."""
        from autograder.report.message import item_message

        return item_message(result)

    @property
    def submission(self) -> Path:
        return Path(self.config.option.submission)

    def grade(self, ids: Collection[str]) -> Report:
        from autograder.exam.seed import hidden_seed
        from autograder.grading.exams import get
        from autograder.grading.grader import Grader
        from autograder.sandbox.launcher import choose

        seed = self.config.option.exam_seed
        sandbox = choose("auto")
        if sandbox.weaker:
            self.warn(pytest.PytestWarning(sandbox.weaker))
        with Grader(get(hidden_seed() if seed is None else seed), sandbox) as grader:
            return grader.grade(self.submission.name, self.submission, ids)


class KitFile(RubricFile):
    """One assignment, of the kit that the file is in."""

    def rubric(self) -> Mapping[str, Any]:
        """The items of its practice exam; where that is damaged, all: each says so when it is run."""
        from autograder.errors import UserError
        from autograder.exam.paper import load

        try:
            return load(self.submission / PRACTICE, in_use().whole).course.items
        except UserError:
            return in_use().items

    def _lines(self) -> dict[str, int]:
        lines = self.path.read_text("utf-8", "replace").splitlines()
        return {line.split()[0]: number for number, line in enumerate(lines) if line.strip()}

    def words(self, result: ItemResult) -> str:
        """Of what is still to be written, what its TODO asks for."""
        from autograder.report.message import item_message
        from autograder.report.text import plain
        from autograder.todos import find_todos

        todo = find_todos(self.submission, [result.id]).get(result.id) if result.status == "todo" else None
        if todo:
            place = f"{todo.file}:{todo.line}"
            return _("is still to be written, at {place}", place=place) + f"\n{plain(todo.asks)}"
        return item_message(result, hint=True)

    @property
    def submission(self) -> Path:
        return self.path.parent.parent

    def grade(self, ids: Collection[str]) -> Report:
        from autograder.course import adopt
        from autograder.exam.paper import load
        from autograder.grading.grader import Grader
        from autograder.sandbox.layers import NO_SANDBOX
        from autograder.submissions.unpacking import Own

        exam = load(self.submission / PRACTICE, in_use().whole)
        adopt(exam.course.scheme)
        with Grader(exam, NO_SANDBOX) as grader:
            return grader.grade(self.submission.name, Own(self.submission / PACKAGE), ids)


class RubricTest(pytest.Item):
    """One item."""

    parent: RubricFile

    def __init__(self, *, points: int, line: int | None, **kwargs: Any):
        super().__init__(**kwargs)
        self.points = points
        self.line = line

    def runtest(self) -> None:
        result = next(item for item in self._report().items if item.id == self.name)
        self.user_properties += [
            ("points", self.points),
            ("earned", result.earned),
            ("status", result.status),
        ]
        if result.status != "passed":
            raise NotPassed(self.parent.words(result))

    def _report(self) -> Report:
        """The report on the items that were selected of the same submission."""
        reports = self.session.stash.setdefault(_REPORTS, {})
        submission = self.parent.submission
        if submission not in reports:
            selected = [item for item in self.session.items if isinstance(item, RubricTest)]
            reports[submission] = self.parent.grade([x.name for x in selected if x.parent.submission == submission])
        return reports[submission]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotPassed):
            return str(excinfo.value)
        if type(excinfo.value).__name__ == "UserError":
            return f"gradschool: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        points = _("{points} points", points=self.points)
        return self.path, self.line, f"{self.name} ({points})"


class NotPassed(Exception):
    """An item that was not passed; the text is what students read."""


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    earned: dict[str, Any] = dict(report.user_properties) if isinstance(report, pytest.TestReport) else {}
    if report.when != "call" or "points" not in earned:
        return None
    letter = "." if report.passed else "F"
    return report.outcome, letter, f"{earned['status'].upper()} {earned['earned']}/{earned['points']}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    session = getattr(terminalreporter, "_session", None)
    for report in session.stash.get(_REPORTS, {}).values() if session is not None else ():
        earned = sum(item.earned for item in report.items)
        possible = sum(item.points for item in report.items)
        terminalreporter.write_line(_("{earned} of {possible} points", earned=earned, possible=possible))
