"""Grade a whole class: every submission, on all cores, each result on disk as soon as it is there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol

from autograder.classroom.ledger import Entry, Ledger, digest
from autograder.classroom.worker_pool import judged
from autograder.errors import UserError
from autograder.exam.building import Exam
from autograder.exam.items import load_items
from autograder.grading.grader import Grader, joined, ungraded
from autograder.locks import locked
from autograder.report import ItemResult, Report
from autograder.report.drawings import Drawings
from autograder.report.files import report_json, write_atomically, write_grades, write_report, write_summary
from autograder.report.needs import Need, needs, needs_csv
from autograder.report.pages import Pages
from autograder.report.text import points
from autograder.sandbox.layers import Sandbox
from autograder.sandbox.protocol import Limits
from autograder.submissions.packages import Packed
from autograder.submissions.roster import NO_ROSTER
from autograder.submissions.submission import Submission, looks, packed

_TWICE = "it was ungraded twice, and is not tried again unless you say --fresh"
_NO_USE = {errno.ENOSPC, errno.EROFS, errno.EDQUOT}
Progress = Callable[[str, Report], None]


class Book(Protocol):
    """Where reports are written besides the results folder. It keeps to itself what goes wrong."""

    def write(self, submission: Submission, report: Report) -> None: ...


@cache
def _grader_digest() -> str:
    """The content address of the grader's own code."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent.parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Job:
    """How to grade: with which exam and sandbox, which items, and within which limits."""

    exam: Exam
    sandbox: Sandbox
    only: tuple[str, ...]
    code: str = field(default_factory=_grader_digest)  # content address of the grader's own
    limits: Limits = field(default_factory=Limits)

    def unfit(self) -> str:
        """Why this machine's gradschool cannot do the job, if it cannot."""
        if self.code != _grader_digest():
            return "a worker runs another version of gradschool"
        return ""

    def grader(self) -> Grader:
        return Grader(self.exam, self.sandbox, limits=self.limits)

    def grade(self, grader: Grader, submission: Submission) -> Report:
        """A report, whatever happens: trouble of the grader's own makes it an ungraded one."""
        try:
            return grader.grade_submission(submission, self.only)
        except Exception as error:  # a fault of ours must cost no student a point, and no other their grading
            reason = f"the grader failed ({type(error).__name__}: {error}); grade it again"
            return replace(ungraded(submission.student, self.exam, reason, self.only), submission=content(submission))

    @cached_property
    def _name(self) -> str:
        return f"{self.exam.address} {self.exam.mistakes} {self.sandbox} {self.only} {self.code} {self.limits}"

    def key(self, submission: Submission) -> str:
        """Names everything that the report on a submission depends on, but for who the student is."""
        digest = hashlib.sha256(self._name.encode())
        digest.update(f" {submission.remark}".encode())
        for assignment, copy in sorted(packed(submission).folders.items()):
            assert isinstance(copy, Packed)
            digest.update(f" {assignment} {copy.digest} {copy.problem}".encode())
        return digest.hexdigest()

    def looks(self, seen: str | None) -> str:
        """Names the same by how the submission looks from outside; empty where that is not known."""
        return hashlib.sha256(f"{self._name} {seen}".encode()).hexdigest() if seen else ""


def content(submission: Submission) -> str:
    """The content address of a copy in memory; empty for what is none."""
    digests = [copy.digest for copy in submission.folders.values() if isinstance(copy, Packed)]
    return joined(digests) if len(digests) == len(submission.folders) > 0 else ""


class Results:
    """The results folder. Reports are written as they come; those that still hold are taken from it.

    Several processes may write to one folder, each about other students. With `shared`, the class is everybody whose
    report is there; otherwise it is those who are graded now.
    """

    def __init__(self, folder: Path, job: Job, *, shared: bool = False):
        self.folder = folder
        self.shared = shared
        self.ignored: list[str] = []  # what was given, and is no student's
        self.roster = NO_ROSTER
        self.needs: list[Need] = []  # what to look at, once the class is finished
        self._job = job
        self.drawings = Drawings(folder, load_items())
        self.pages = Pages(folder)
        self._ledger = Ledger(folder)
        self._owners = {entry.key: student for student, entry in sorted(self._ledger.entries.items())}

    def forget(self) -> None:
        """Take no report from the folder that is there now."""
        self._ledger.entries.clear()
        self._owners.clear()

    def unchanged(self, submission: Submission, looks: str | None) -> Report | None:
        """The report that is there already, if the submission looks as it did and nothing else has changed."""
        entry = self._ledger.entries.get(submission.student)
        if entry is None or not looks or not entry.holds or entry.looks != self._job.looks(looks):
            return None
        report = self._read(submission.student, entry)
        return self._theirs(submission, report, looks) if report else None

    def reusable(self, submission: Submission, looks: str | None = None) -> Report | None:
        """The report that is there already, on this submission or on an identical one of somebody else's."""
        key = self._job.key(submission)
        for student in (submission.student, self._owners.get(key)):
            entry = self._ledger.entries.get(student or "")
            if student and entry and entry.holds and entry.key == key and (report := self._read(student, entry)):
                if student != submission.student:
                    return self._theirs(submission, report, looks)
                seen = self._job.looks(looks)
                if seen != entry.looks:
                    with contextlib.suppress(OSError):  # then it is copied again the next time
                        self._ledger.add(student, entry._replace(looks=seen))
                return self._theirs(submission, report, looks)
        return None

    def _theirs(self, submission: Submission, report: Report, looks: str | None) -> Report:
        """The report as that of this student, of whom more may be known now; written again where it was not."""
        theirs = self._with_before(_for(submission, report))
        return report if theirs == report else self.add(submission, theirs, looks)

    def _with_before(self, report: Report) -> Report:
        """The report, which says what an earlier one gave where nothing can be graded now; that one is kept as
        earlier.json."""
        folder = self.folder / report.student
        if not report.unread:
            (folder / "earlier.json").unlink(missing_ok=True)
        else:
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                there = Report.from_dict(json.loads((folder / "report.json").read_text("utf-8")))
                before = points(there) if there.status == "graded" else there.who.get("before", "")
                if there.status == "graded":
                    write_atomically(folder / "earlier.json", report_json(there))
                return replace(report, who={**report.who, **({"before": before} if before else {})})
        return report

    def _read(self, student: str, entry: Entry) -> Report | None:
        """A report in the folder, if it is the one that the entry speaks of."""
        try:
            text = (self.folder / student / "report.json").read_bytes()
            if digest(text) != entry.report:
                return None
            report = Report.from_dict(json.loads(text))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        self.drawings.complete(report)
        self.pages.complete(report, entry.key)
        self._write_pages()
        return report

    def add(self, submission: Submission, report: Report, looks: str | None = None) -> Report:
        """Write a report, and return it; where it cannot be written, one that says so, which counts as ungraded.

        What was tried and is ungraded is remembered too: at the second time the report says that it was the last one.
        (Of a shared folder it is not: a push has a queue of its own, which counts tries.)
        Raises UserError where no other could be written either.
        """
        report = self._with_before(report)
        student = report.student
        before = self._ledger.entries.pop(student, None)
        try:
            tried = not report.ungraded or (not self.shared and report.submission and content(submission))
            key = self._job.key(submission) if tried else ""
            times = ""
            if report.ungraded and key:
                times = "2" if before and before.key == key and before.ungraded else "1"
            if times == "2":
                report = replace(report, message="; ".join(filter(None, [report.message, _TWICE])))
            self.drawings.remove(student)
            path = write_report(self.folder, report)
            self.pages.replace(report, "" if report.ungraded else key)
            if key:
                self._ledger.add(student, Entry(key, digest(path.read_bytes()), self._job.looks(looks), times))
                self._owners[key] = student
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in _NO_USE:
                raise self._in_vain(error) from error
            return ungraded(student, self._job.exam, f"the report cannot be written ({error})", self._job.only)
        self.drawings.complete(report)
        self._write_pages()
        return report

    def _in_vain(self, error: OSError) -> UserError:
        return UserError(
            f"{self.folder} cannot be written ({error.strerror}); what is done is kept: mend that, and run the same "
            "command again", code=1,
        )  # fmt: skip

    def _write_pages(self) -> None:
        """Write the pages that wait, once their pictures are drawn."""
        if not self.drawings.waiting:
            self.pages.write()

    def finish(self, reports: Sequence[Report]) -> None:
        """Write what is about the whole class. Raises UserError where that cannot be."""
        try:
            self._finish(reports)
        except OSError as error:
            raise self._in_vain(error) from error

    def _finish(self, reports: Sequence[Report]) -> None:
        items: list[Any] = [item for id, item in load_items().items() if id in self._job.only]
        with locked(self.folder / ".lock"):  # what another process has found must not be missing
            everybody = {report.student: report for report in (*(self._there() if self.shared else ()), *reports)}
            ordered = [everybody[student] for student in sorted(everybody)]
            write_grades(self.folder / "grades.csv", ordered, [item.id for item in items])
            sandbox = self._job.sandbox
            write_summary(self.folder / "summary.json", ordered, items, [asdict(each) for each in sandbox.refused])
            keys = None if self.shared else [self._key(student) for student in sorted(everybody)]
            self.needs = needs(ordered, self.ignored, self.roster)
            write_atomically(self.folder / "needs-you.csv", needs_csv(self.needs))
            self.pages.write_class(ordered, items, keys, sandbox.weaker, self.needs)
        self.drawings.draw()
        self.pages.write()
        self.save()

    def _key(self, student: str) -> str:
        entry = self._ledger.entries.get(student)
        return entry.key if entry else ""

    def _there(self) -> Iterator[Report]:
        """The reports in the folder that can be read."""
        for path in self.folder.glob("*/report.json"):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                yield Report.from_dict(json.loads(path.read_text("utf-8")))

    def save(self) -> None:
        """Make one file of what is known about the reports."""
        self._ledger.save()


def grade_class(
    submissions: Sequence[Submission], job: Job, results: Results, *, jobs: int = 1, fresh: bool = False,
    cluster: str | None = None, progress: Progress = lambda student, report: None, book: Book | None = None,
) -> list[Report]:  # fmt: skip
    """Grade all `submissions`; returns the outlines of the reports by student. `fresh` grades even what has not
    changed.

    With `cluster`, the address of a Dask scheduler, its workers grade, otherwise `jobs` processes on this machine.

    `progress` is given each report as a whole. All are written into `book`, whether they are new or not: an earlier run
    may have ended before it did so.

    What is done when it is interrupted stays in the results folder, and is not done again.
    """
    results.folder.mkdir(parents=True, exist_ok=True)
    if fresh:
        results.forget()
    originals = {submission.student: submission for submission in submissions}  # a gradebook looks at more than copies
    outlines: dict[str, Report] = {}
    shared: dict[Any, ItemResult] = {}
    waiting: list[Submission] = []
    same: dict[str, list[tuple[Submission, str | None]]] = {}  # by the key of what is being graded: whose it is
    flying: dict[str, str] = {}  # that key, by the student who stands for all of them

    def done(submission: Submission, report: Report) -> None:
        outlines[submission.student] = _outline(report, shared)
        progress(submission.student, report)
        if book:
            book.write(originals[submission.student], report)

    def new() -> Iterator[Submission]:
        """Copies of those that must be graded. What is graded is the copy, whatever becomes of the original."""
        for submission in waiting:
            seen = looks(submission)
            try:
                copy = packed(submission)
            except (OSError, MemoryError) as error:
                reason = _uncopied(error)
                report = _for(submission, ungraded(submission.student, job.exam, reason, job.only))
                done(submission, results.add(submission, report))
                continue
            key = job.key(copy)
            if key in same:
                same[key].append((copy, seen))
            elif report_there := results.reusable(copy, seen):
                done(copy, report_there)
            else:
                same[key] = [(copy, seen)]
                flying[copy.student] = key
                yield copy

    try:
        for submission in submissions:
            report = results.unchanged(submission, looks(submission))
            if report is None:
                waiting.append(submission)
            else:
                done(submission, report)
        for graded, report in _graded(new(), job, min(jobs, len(waiting)), cluster if waiting else None):
            for each, seen in same.pop(flying.pop(graded.student)):
                done(each, results.add(each, _for(each, report), seen))
    finally:
        with contextlib.suppress(OSError):  # the lines that it would make one file of are there
            results.save()
    ordered = [outlines[student] for student in sorted(outlines)]
    results.finish(ordered)
    return ordered


def _for(submission: Submission, report: Report) -> Report:
    """The report on this student's submission, which is like that of the report."""
    return replace(report, student=submission.student, who=dict(submission.who))


def _uncopied(error: OSError | MemoryError) -> str:
    """Why a submission could not be copied, which is the machine's fault, and what to do."""
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM):
        what = f"{error.filename} may not be read by whoever grades ({error.strerror})"
        return f"{what}: change its permissions, and grade again"
    return f"it could not be copied ({type(error).__name__}: {error}); grade it again"


def _outline(report: Report, shared: dict[Any, ItemResult]) -> Report:
    """A report without what only its own files need. What a class has in common is there once, in `shared`."""
    items = []
    for item in report.items:
        example = item.counterexample
        if example and "graph" in example:
            example = {name: part for name, part in example.items() if name != "graph"}
        told = (item.id, item.status, item.message, item.file, item.line, item.diagnosis, item.hint, repr(example))
        if told not in shared:
            shared[told] = replace(item, counterexample=example, stdout="", reproduce=None, seconds=0.0)
        items.append(shared[told])
    return replace(report, items=items)


def _graded(
    submissions: Iterable[Submission], job: Job, jobs: int, cluster: str | None
) -> Iterator[tuple[Submission, Report]]:
    """Each submission with its report, as they come."""
    if cluster:
        from autograder.classroom.cluster import clustered

        yield from clustered(submissions, job, cluster)
        return
    if jobs > 1:
        yield from judged(submissions, job, jobs)
        return
    with contextlib.ExitStack() as stack:
        grader = None
        for submission in submissions:
            grader = grader or stack.enter_context(job.grader())
            yield submission, job.grade(grader, submission)


def item_ids(assignments: Collection[str]) -> tuple[str, ...]:
    """The items of these assignments, or all."""
    return tuple(id for id, item in load_items().items() if not assignments or item.assignment in assignments)
