"""Grade a whole class: every submission, on all cores, each result on disk as soon as it is there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from autograder.exam import Exam
from autograder.grading import Grader, ungraded
from autograder.locks import locked
from autograder.report import Report
from autograder.report.drawings import Drawings
from autograder.report.files import write_atomically, write_grades, write_report, write_summary
from autograder.report.pages import Pages
from autograder.rubric import load_items
from autograder.sandbox.launcher import Sandbox
from autograder.submissions import Submission, unpacked

Progress = Callable[[str, Report], None]


class Book(Protocol):
    """Where reports are written besides the results folder. It keeps to itself what goes wrong."""

    def write(self, submission: Submission, report: Report) -> None: ...


@dataclass(frozen=True)
class Job:
    """How to grade: with which exam and sandbox, which items, and whether wrong answers are shrunk."""

    exam: Exam
    sandbox: Sandbox
    only: tuple[str, ...]
    shrink: bool = True

    def grader(self) -> Grader:
        return Grader(self.exam, self.sandbox, shrink=self.shrink)

    def grade(self, grader: Grader, submission: Submission) -> Report:
        """A report, whatever happens: trouble of the grader's own makes it an ungraded one."""
        try:
            return grader.grade_submission(submission, self.only)
        except Exception as error:  # a fault of ours must cost no student a point, and no other their grading
            reason = f"the grader failed ({type(error).__name__}: {error}); grade it again"
            return ungraded(submission.student, self.exam, reason, self.only)

    def key(self, submission: Submission) -> str:
        """Names everything that the report on a submission depends on."""
        digest = hashlib.sha256(
            f"{self.exam.address} {self.sandbox} {self.only} {self.shrink} {_grader_digest()}".encode()
        )
        for assignment, folder in sorted(submission.folders.items()):
            with unpacked(folder) as package:
                digest.update(f" {assignment} {package.digest} {package.problem}".encode())
        return digest.hexdigest()


@cache
def _grader_digest() -> str:
    """The content address of the grader's own code."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class Results:
    """The results folder. Reports are written as they come; those that still hold are taken from it.

    Several processes may write to one folder, each about other students. With `shared`, the class is everybody whose
    report is there; otherwise it is those who are graded now.
    """

    def __init__(self, folder: Path, job: Job, *, shared: bool = False):
        self.folder = folder
        self.shared = shared
        self._job = job
        self.drawings = Drawings(folder, load_items())
        self.pages = Pages(folder)
        self._keys_file = folder / ".graded.json"
        self._keys = self._read_keys()
        self._changed: set[str] = set()  # whose keys are to be written

    def _read_keys(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError, TypeError):  # a new folder, or an index that cannot be read
            return dict(json.loads(self._keys_file.read_text("utf-8")))
        return {}

    def reusable(self, submission: Submission) -> Report | None:
        """The report that is there already, if nothing that it depends on has changed."""
        student = submission.student
        key = self._keys.get(student)
        if key is None or key != self._job.key(submission):
            return None
        try:
            report = Report.from_dict(json.loads((self.folder / student / "report.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        self.drawings.complete(report)
        self.pages.complete(report, key)
        self._write_pages()
        return report

    def add(self, submission: Submission, report: Report) -> Report:
        """Write a report, and return it; where it cannot be written, one that says so, which counts as ungraded."""
        self._keys.pop(report.student, None)
        self._changed.add(report.student)
        try:
            write_report(self.folder, report)
            self.drawings.replace(report)
            key = "" if report.ungraded else self._job.key(submission)
            self.pages.replace(report, key)
            if key:
                self._keys[report.student] = key
        except (OSError, ValueError) as error:
            return ungraded(report.student, self._job.exam, f"the report cannot be written ({error})", self._job.only)
        self._write_pages()
        return report

    def _write_pages(self) -> None:
        """Write the pages that wait, once their pictures are drawn."""
        if not self.drawings.waiting:
            self.pages.write()

    def finish(self, reports: Sequence[Report]) -> None:
        """Write what is about the whole class."""
        items: list[Any] = [item for id, item in load_items().items() if id in self._job.only]
        with locked(self.folder / ".lock"):  # what another process has found must not be missing
            everybody = {report.student: report for report in (*(self._there() if self.shared else ()), *reports)}
            ordered = [everybody[student] for student in sorted(everybody)]
            write_grades(self.folder / "grades.csv", ordered, [item.id for item in items])
            write_summary(self.folder / "summary.json", ordered, items)
            keys = None if self.shared else [self._keys.get(student, "") for student in sorted(everybody)]
            self.pages.write_class(ordered, items, keys)
        self.drawings.draw()
        self.pages.write()
        self.save()

    def _there(self) -> Iterator[Report]:
        """The reports in the folder that can be read."""
        for path in self.folder.glob("*/report.json"):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                yield Report.from_dict(json.loads(path.read_text("utf-8")))

    def save(self) -> None:
        """Write down which reports hold."""
        with locked(self.folder / ".lock"):
            others = {name: key for name, key in self._read_keys().items() if name not in self._changed}
            mine = {name: key for name, key in self._keys.items() if name in self._changed}
            write_atomically(self._keys_file, json.dumps({**others, **mine}, sort_keys=True, indent=0) + "\n")


def grade_class(
    submissions: Sequence[Submission], job: Job, results: Results, *, jobs: int = 1, fresh: bool = False,
    progress: Progress = lambda student, report: None, book: Book | None = None,
) -> list[Report]:  # fmt: skip
    """Grade all `submissions`; returns the reports by student. `fresh` grades even what has not changed.

    All reports are written into `book`, whether they are new or not: an earlier run may have ended before it did so.

    What is done when it is interrupted stays in the results folder, and is not done again.
    """
    results.folder.mkdir(parents=True, exist_ok=True)
    reports: dict[str, Report] = {}
    waiting: list[Submission] = []
    for submission in submissions:
        report = None if fresh else results.reusable(submission)
        if report is None:
            waiting.append(submission)
        else:
            reports[submission.student] = report
            progress(submission.student, report)
            if book:
                book.write(submission, report)
    try:
        for submission, graded in _graded(waiting, job, jobs):
            report = results.add(submission, graded)
            reports[submission.student] = report
            progress(submission.student, report)
            if book:
                book.write(submission, report)
    finally:
        results.save()
    ordered = [reports[student] for student in sorted(reports)]
    results.finish(ordered)
    return ordered


def _graded(submissions: Sequence[Submission], job: Job, jobs: int) -> Iterator[tuple[Submission, Report]]:
    """Each submission with its report, as they come."""
    jobs = min(jobs, len(submissions))
    if jobs <= 1:
        if submissions:
            with job.grader() as grader:
                for submission in submissions:
                    yield submission, job.grade(grader, submission)
        return
    left = {submission.student: submission for submission in submissions}
    for _ in range(2):  # a judge that dies takes its neighbours' work along, which is then done once more
        try:
            for submission, report in _pooled(list(left.values()), job, jobs):
                del left[submission.student]
                yield submission, report
        except BrokenProcessPool:
            continue
        break
    for submission in list(left.values()):
        reason = "a judge process died twice while it was at work on the class; grade it again"
        yield submission, ungraded(submission.student, job.exam, reason, job.only)


def _pooled(submissions: Sequence[Submission], job: Job, jobs: int) -> Iterator[tuple[Submission, Report]]:
    """Spread submissions over judge processes, with few of them in flight, so that memory stays flat."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(job,))
    flying: dict[Future[Report], Submission] = {}
    waiting = iter(submissions)
    try:
        while True:
            while len(flying) < 2 * jobs and (submission := next(waiting, None)) is not None:
                flying[pool.submit(_grade, submission)] = submission
            if not flying:
                return
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                yield flying.pop(future), future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_judge: tuple[Job, Grader] | None = None  # of this process of the pool


def _begin(job: Job) -> None:
    import atexit

    global _judge
    _judge = job, job.grader()
    atexit.register(_judge[1].close)


def _grade(submission: Submission) -> Report:
    assert _judge is not None
    job, grader = _judge
    return job.grade(grader, submission)


def item_ids(assignments: Collection[str]) -> tuple[str, ...]:
    """The items of these assignments, or all."""
    return tuple(id for id, item in load_items().items() if not assignments or item.assignment in assignments)
