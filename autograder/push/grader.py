"""Pushes on their way from the hook's queue to the results folder.

Grading runs in a process of its own, which the pusher's connection cannot take along. One process at
a time works on a repository, and as many in all as there are processors for it; of those that wait, the repository
goes next that has waited longest since its push came or since its last turn.

That grading begins is written down before it does. A push that comes to no verdict, or that ends the grader, goes
behind the others, and after a few tries it is given up: kept, named by `status`, and no longer in the queue.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import in_use
from autograder.errors import UserError
from autograder.explanation import Explanation
from autograder.files import locked, write_atomically
from autograder.phrase import N_
from autograder.project import typed
from autograder.push.answer import DOWN
from autograder.push.history import append, came, entry, last_entry
from autograder.push.hook import Hook
from autograder.push.queue import Push, begin, look_at_branch, next_push, sweep, tries, waits_since
from autograder.push.semaphore import turn
from autograder.report import Report
from autograder.report.feedback import is_silent, told
from autograder.report.push import push_lines
from autograder.settings.in_force import bring, take
from autograder.submissions.sources.gittree import Commit
from autograder.texts import _

if TYPE_CHECKING:
    from autograder.classroom.job import Job
    from autograder.exam.items import Question

Say = Callable[[str], None]

_TRIES = 5
_DYING = 0.5  # seconds: what one that is killed has begun has its lock, until it runs its program
_LONGEST = 900  # seconds that a turn may take: far more than a submission's budget
_GIVEN_UP = [
    N_("Your push could not be graded, although it was tried several times."),
    N_("It is safe. Please tell your instructor."),
]


def drain(hook: Hook, say: Say, *, look: bool = True) -> bool:
    """Try what waits in the queue, once; whether all could be graded. With `look`, also a branch that no hook reported.

    Returns soon where another process is at work on the repository: that one looks again before it ends.
    """
    grader = _Grader(hook, say)
    tried: set[str] = set()
    while True:
        with locked(hook.folder / "lock", wait=_DYING) as mine:
            if not mine:
                say(f"{hook.student}: another process is at work on it")
                return True
            if look:
                look_at_branch(hook)
            while (push := next_push(hook, tried)) is not None:
                tried.add(push.name)
                grader.handle(push)
            sweep(hook)
        if not set(hook.waiting()) - tried:  # that came between the last look and letting go of the lock
            return not hook.waiting() and not tried & set(hook.abandoned())


class _Grader:
    """Grades the pushes of one repository."""

    def __init__(self, hook: Hook, say: Say):
        self._hook = hook
        self._say = say

    @cached_property
    def _job(self) -> Job:
        from autograder.classroom.grade import item_ids
        from autograder.classroom.job import Job, limits
        from autograder.exam.paper import load
        from autograder.sandbox.launcher import choose

        take(Path(self._hook.course) if self._hook.course else None)
        exam = load(Path(self._hook.exam))
        bring(exam.course.scheme)
        return Job(exam, choose(self._hook.sandbox), item_ids(()), limits=limits())

    @cached_property
    def _known(self) -> dict[str, list[Question]]:
        """The questions whose answers students have anyway, in their practice exam."""
        from autograder.exam.paper import load

        return load(Path(self._hook.practice), in_use().whole).questions()

    def handle(self, push: Push) -> None:
        """Grade a push and take it out of the queue. One that came to no verdict stays there for a few tries."""
        if push.commit is None:
            self._answer(push, push.remarks)
        elif (last_entry(self._hook.history) or {}).get("push") != push.name:  # else a grader died when it was done
            if tries(self._hook, push.name) >= _TRIES:
                return self._give_up(push, push.commit)
            if reason := self._try(push, push.commit):
                self._say(f"{self._hook.student}: {push.commit[:10]} was not graded: {reason}")
                if tries(self._hook, push.name) >= _TRIES:
                    self._give_up(push, push.commit)
                return
        self._leave_queue(push)

    def _try(self, push: Push, commit: str) -> str:
        """Grade a push, or say why it could not be. What comes in the way before it has its turn is no try."""
        hook = self._hook
        try:
            _known = self._job, self._known
            with turn(hook.common, waits_since(hook)), _at_work(hook):
                begin(hook, push)
                report = self._grade(push, commit)
        except Exception as error:  # whatever a push brings about, it must not keep others from their turns
            self._answer(push, [*map(_, DOWN)])
            return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        if report.ungraded:
            return report.reason or "it is ungraded"
        self._say(f"{hook.student}: {commit[:10]} graded: {report.score:g}, bonus {report.bonus:g}")
        return ""

    def _give_up(self, push: Push, commit: str) -> None:
        hook = self._hook
        self._say(f"{hook.student}: {commit[:10]} is given up after {_TRIES} tries; once the grader is mended, "
                  f"`gradschool hook install {typed(hook.repository)}` queues it again")  # fmt: skip
        self._answer(push, [*map(_, _GIVEN_UP)])
        hook.given_up.mkdir(exist_ok=True)
        os.replace(hook.queue / push.name, hook.given_up / push.name)
        (hook.tries / push.name).unlink(missing_ok=True)

    def _leave_queue(self, push: Push) -> None:
        for folder in (self._hook.queue, self._hook.tries):
            (folder / push.name).unlink(missing_ok=True)

    def _grade(self, push: Push, commit: str) -> Report:
        """The report on a commit. It becomes the student's result if the branch still stands at that commit."""
        from autograder.classroom.grade import grade_class
        from autograder.classroom.job import as_theirs
        from autograder.classroom.results import Results
        from autograder.submissions.submission import Submission

        hook = self._hook
        times = {} if push.was_found else {"": came(push)}
        submission = Submission(hook.student, {"": Commit(hook.git, commit)}, hook.student, times=times)
        current = hook.git.tip(hook.graded_branch() or "") == commit

        def answer(_: str, report: Report) -> None:
            self._answer(push, self._feedback(report, current))

        if current:
            results = Results(Path(hook.results), self._job, shared=True)
            (report,) = grade_class([submission], self._job, results, progress=answer)
        else:
            with self._job.grader() as grader:
                report = as_theirs(submission, self._job.grade(grader, submission))
            answer("", report)
        if not report.ungraded:
            if current:
                write_atomically(hook.folder / "graded", commit)
            append(hook.history, entry(push, commit, report, current))
        return report

    def _feedback(self, report: Report, current: bool) -> list[str]:
        if report.ungraded:
            return [*map(_, DOWN)]
        superseded = [] if current else [_("Meanwhile the branch has moved on; this is about the older commit.")]
        seen = told(report)
        quiet = self._hook.quiet or is_silent(report)
        return superseded + push_lines(seen, quiet=quiet, instead=self._withheld(seen))

    def _withheld(self, report: Report) -> dict[str, str]:
        """What to say about wrong answers, by item: what was asked, not what is right, which many pushes would collect.
        Questions that stand in the practice exam too may have their message."""

        said = {}
        for item in report.items:
            inputs = (item.counterexample or {}).get("inputs")
            if item.status == "failed" and inputs not in self._known.get(item.id, []):
                ask = self._job.exam.sheets[item.id].asks(inputs) if inputs is not None else item.title
                told = Explanation(_("a wrong answer"), ask, mistake=item.explanation.mistake)
                said[item.id] = told.text()
        return said

    def _answer(self, push: Push, lines: list[str]) -> None:
        write_atomically(self._hook.answers / push.name, "\n".join(lines))


@contextmanager
def _at_work(hook: Hook) -> Iterator[None]:
    """A turn of the repository's, which is over after a while, at the latest with this process."""
    (hook.folder / "last-turn").touch()
    signal.alarm(_LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        with suppress(OSError):
            (hook.folder / "last-turn").touch()
