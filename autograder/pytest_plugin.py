"""The rubric as pytest tests: `pytest autograder/rubric --submission PATH` shows every item with its points.

Student code never runs in pytest's process: the whole submission is graded in the sandbox when the first item is
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograder.report import Report

_RUBRIC = Path(__file__).parent / "rubric"
_REPORT = pytest.StashKey["Report"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradschool")
    group.addoption("--submission", metavar="PATH", help="grade this submission on the items of autograder/rubric")
    group.addoption("--exam-seed", type=int, metavar="N", help="draw the exam with this seed")


def pytest_configure(config: pytest.Config) -> None:
    submission = config.option.submission
    if submission and not Path(submission).exists():
        raise pytest.UsageError(f"{submission} does not exist: give the folder or archive that holds micrograd/")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if parent.config.option.submission and file_path.parent == _RUBRIC and file_path.name != "__init__.py":
        return RubricFile.from_parent(parent, path=file_path)
    return None


class RubricFile(pytest.File):
    """One assignment."""

    def collect(self) -> Iterator[pytest.Item]:
        from autograder.rubric import load_items

        for id, item in load_items().items():
            if item.assignment == self.path.stem:
                yield RubricTest.from_parent(self, name=id, points=item.points)


class RubricTest(pytest.Item):
    """One item."""

    def __init__(self, *, points: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.points = points

    def runtest(self) -> None:
        from autograder.report.text import item_message

        result = next(item for item in _report(self.session).items if item.id == self.name)
        self.user_properties += [
            ("points", self.points),
            ("earned", result.earned),
            ("status", result.status),
        ]
        if result.status != "passed":
            raise NotPassed(item_message(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotPassed):
            return str(excinfo.value)
        if type(excinfo.value).__name__ == "UserError":
            return f"gradschool: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.name} ({self.points} points)"


class NotPassed(Exception):
    """An item that was not passed; the text is what students read."""


def _report(session: pytest.Session) -> Report:
    """The report on the submission, on the items that were selected."""
    if _REPORT not in session.stash:
        from autograder.exam import DEFAULT_SEED, get
        from autograder.grading import Grader
        from autograder.sandbox.launcher import choose

        option = session.config.option
        ids = [item.name for item in session.items if isinstance(item, RubricTest)]
        seed = DEFAULT_SEED if option.exam_seed is None else option.exam_seed
        path = Path(option.submission)
        with Grader(get(seed), choose("auto")) as grader:
            session.stash[_REPORT] = grader.grade(path.name, path, ids)
    return session.stash[_REPORT]


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    earned: dict[str, Any] = dict(report.user_properties) if isinstance(report, pytest.TestReport) else {}
    if report.when != "call" or "points" not in earned:
        return None
    letter = "." if report.passed else "F"
    return report.outcome, letter, f"{earned['status'].upper()} {earned['earned']}/{earned['points']}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    session = getattr(terminalreporter, "_session", None)
    report = session.stash.get(_REPORT, None) if session is not None else None
    if report is not None:
        earned = sum(item.earned for item in report.items)
        terminalreporter.write_line(f"{earned} of {sum(item.points for item in report.items)} points")
