"""Grade a whole class: every submission, on all cores, each result on disk as soon as it is there."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Protocol

from autograder.classroom.job import Job, as_theirs
from autograder.classroom.results import Results
from autograder.classroom.worker_pool import judged
from autograder.course import in_use
from autograder.errors import UserError
from autograder.grading.grader import ungraded
from autograder.report import Report, Roll
from autograder.report.html.ready import Ready
from autograder.submissions.submission import Submission, looks, packed

Progress = Callable[[str, Report], None]


class Book(Protocol):
    """Where reports are written besides the results folder. It keeps to itself what goes wrong."""

    def write(self, submission: Submission, report: Report) -> None: ...


def grade_class(
    submissions: Sequence[Submission], job: Job, results: Results, *, jobs: int = 1, fresh: bool = False,
    cluster: str | None = None, progress: Progress = lambda student, report: None, book: Book | None = None,
) -> Roll:  # fmt: skip
    """Grade all `submissions`; returns the outlines of the reports by student. `fresh` grades even what has not
    changed.

    With `cluster`, the address of a Dask scheduler, its workers grade, otherwise `jobs` processes on this machine.

    `progress` is given each report: as a whole where it is new, or its outline. All are written into `book`, whether
    they are new or not: an earlier run may have ended before it did so.

    What is done when it is interrupted stays in the results folder, and is not done again.
    """
    results.folder.mkdir(parents=True, exist_ok=True)
    if fresh:
        results.forget()
    originals = {each.student: each for each in submissions} if book else {}  # a gradebook looks at more than copies
    lines: dict[str, bytes] = {}
    waiting: list[Submission] = []
    same: dict[str, list[tuple[Submission, str | None]]] = {}  # by the key of what is being graded: whose it is
    flying: dict[str, str] = {}  # that key, by the student who stands for all of them

    def done(submission: Submission, report: Report) -> None:
        lines[submission.student] = results.line(report)
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
                report = as_theirs(submission, ungraded(submission.student, job.exam, reason, job.only))
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
            report = results.unchanged(submission, looks(submission), whole=book is not None)
            if report is None:
                waiting.append(submission)
            else:
                done(submission, report)
        for graded, made in _graded(new(), job, min(jobs, len(waiting)), cluster if waiting else None):
            for each, seen in same.pop(flying.pop(graded.student)):
                done(each, results.add(each, as_theirs(each, made.report), seen, made))
    finally:
        with contextlib.suppress(OSError):  # the lines that it would make one file of are there
            results.save()
    results.finish(lines)
    return results.roll(lines)


def _uncopied(error: OSError | MemoryError) -> str:
    """Why a submission could not be copied, which is the machine's fault, and what to do."""
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM):
        what = f"{error.filename} may not be read by whoever grades ({error.strerror})"
        return f"{what}: change its permissions, and grade again"
    return f"it could not be copied ({type(error).__name__}: {error}); grade it again"


def _graded(
    submissions: Iterable[Submission], job: Job, jobs: int, cluster: str | None
) -> Iterator[tuple[Submission, Ready]]:
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
            yield submission, job.finish(grader, submission)


def item_ids(assignments: Collection[str]) -> tuple[str, ...]:
    """The items of these assignments, or all. Raises UserError for one that the course file leaves out."""
    if left_out := [name for name in assignments if name not in in_use().assignments]:
        raise UserError(f"{left_out[0]} is left out by the course file: take it out of leave_out, or grade another")
    return tuple(id for id, item in in_use().items.items() if not assignments or item.assignment in assignments)
