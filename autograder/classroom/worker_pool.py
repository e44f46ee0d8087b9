"""Judge processes on this machine: each lives long, and is fed one submission at a time.

A judge that dies takes along only what it was at. That is given to a new judge once more; if that one dies too, while
a judge that is given nothing of anybody's lives, the submission has crashed, and no other.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, wait

from autograder.classroom.job import Job
from autograder.grading.grader import Grader, ungraded
from autograder.report import Report
from autograder.report.html.ready import Ready
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import Packed

_CONTEXT = multiprocessing.get_context("spawn")
_TRIES = 2
_GRACE = 0.5  # seconds in which a judge may clean up before it is killed


def judged(submissions: Iterable[Submission], job: Job, jobs: int) -> Iterator[tuple[Submission, Ready]]:
    """Each submission with its report, as they come. Few are held at a time, however many there are."""
    waiting = iter(submissions)
    again: deque[Submission] = deque()
    deaths: dict[str, int] = {}
    judges: list[_Judge] = []
    known = pickle.dumps(job)

    def following() -> Submission | None:
        return again.popleft() if again else next(waiting, None)

    try:
        ahead = following()  # is copied while the judges are at work
        while True:
            judges += [_Judge(known) for _ in range(jobs - len(judges)) if ahead is not None]
            for judge in judges:
                if judge.submission is None and ahead is not None:
                    judge.give(ahead)
                    ahead = following()
            busy = {judge.connection: judge for judge in judges if judge.submission is not None}
            if not busy:
                return
            for connection in wait(list(busy)):
                judge = busy[connection]  # type: ignore[index]
                submission, made = judge.take()
                if made is None:
                    judges.remove(judge)
                    judge.end()
                    deaths[submission.student] = deaths.get(submission.student, 0) + 1
                    if deaths[submission.student] < _TRIES:
                        if ahead is None:
                            ahead = submission
                        else:
                            again.append(submission)
                        continue
                    made = Ready(_deadly(submission, job, known))
                yield submission, made
    finally:
        _end(judges)


def _deadly(submission: Submission, job: Job, known: bytes) -> Report:
    """The report on a submission that judges died of: its own doing, if one lives that has nothing to judge."""
    reason = f"the judge died {_TRIES} times while it was at work on this"
    judge = _Judge(known)
    try:
        judge.give(replace(submission, folders={"": Packed(None, "", "nothing", missing=True)}))
        lives = judge.take()[1] is not None
    finally:
        _end([judge])
    if not lives:
        return ungraded(submission.student, job.exam, f"{reason}; grade it again", job.only)
    return ungraded(submission.student, job.exam, f"{reason}, and no other", job.only, "crashed")


def _end(judges: list[_Judge]) -> None:
    for judge in judges:
        judge.ask_to_end()
    deadline = time.monotonic() + _GRACE
    for judge in judges:
        judge.end(deadline - time.monotonic())


class _Judge:
    """A judge process, and what it is at."""

    def __init__(self, job: bytes):
        self._job: bytes | None = job  # is sent with the first submission: by then, all judges are on their way
        self.connection, theirs = _CONTEXT.Pipe()
        self.submission: Submission | None = None
        self._process = _CONTEXT.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, submission: Submission) -> None:
        self.submission = submission
        job, self._job = self._job, None
        with contextlib.suppress(OSError):  # it died: `take` will tell
            if job is not None:
                self.connection.send_bytes(job)
            self.connection.send(submission)

    def take(self) -> tuple[Submission, Ready | None]:
        """What it was at, and the report; None when it died instead."""
        submission, self.submission = self.submission, None
        assert submission is not None
        try:
            return submission, self.connection.recv()
        except (EOFError, OSError):
            return submission, None

    def ask_to_end(self) -> None:
        self._process.terminate()

    def end(self, grace: float = 0.0) -> None:
        self._process.join(max(grace, 0.0))
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection) -> None:
    """The judge process: ends, with its sandbox and its files, when it is asked to or when the main process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process decides
    grader: Grader | None = None

    def leave(*_: object) -> None:
        if grader:
            grader.close()
        os._exit(1)  # an exception might come up where libraries ignore it

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        job: Job = pickle.loads(connection.recv_bytes())
        job.settle()
        with job.grader() as grader:
            while True:
                connection.send(job.finish(grader, connection.recv()))


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE)  # it may have come while a lock was held that cleaning up takes
        os.kill(os.getpid(), signal.SIGKILL)
