"""What a worker of a Dask cluster does: it grades some submissions, one after the other, or says why it does not."""

from __future__ import annotations

import atexit
import pickle
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.grading.grader import Grader
from autograder.report.html.ready import Ready
from autograder.sandbox.launcher import probe
from autograder.sandbox.protocol import SandboxError
from autograder.submissions.submission import Submission

if TYPE_CHECKING:  # another version may have none: it has to get as far as to say so
    from autograder.classroom.job import Job


@dataclass(frozen=True)
class Refusal:
    """Why a worker does not grade."""

    worker: str
    reason: str


@dataclass(frozen=True)
class Untold:
    """A worker does not know the job: it may have been started again where another was."""

    worker: str


@dataclass(frozen=True)
class Graded:
    """The submissions' reports, in their order, and how long they took."""

    reports: tuple[Ready, ...]
    seconds: float


_seat = threading.Lock()  # one judge a process, however many threads
_judge: tuple[str, Job, Grader] | None = None  # and the name of the job


def grade(name: str, known: bytes | None, submissions: tuple[Submission, ...]) -> Graded | Refusal | Untold:
    """The reports, or why there are none from this worker, which is sent the job, `known`, once."""
    from distributed import get_worker

    global _judge
    with _seat:
        if _judge is None or _judge[0] != name:
            if known is None:
                return Untold(get_worker().address)
            try:
                job: Job = pickle.loads(known)
                if reason := job.unfit() or _no_sandbox(job):
                    return Refusal(get_worker().address, reason)
                if _judge is None:
                    atexit.register(_close)
                _close()
                job.settle()
                _judge = name, job, job.grader()
            except Exception as error:  # another version's classes, no room for files: others do better
                return Refusal(get_worker().address, f"a worker cannot grade ({type(error).__name__}: {error})")
        _, job, grader = _judge
        began = time.monotonic()
        reports = tuple(job.finish(grader, submission) for submission in submissions)
        return Graded(reports, time.monotonic() - began)


def _no_sandbox(job: Job) -> str:
    """Why the job's sandbox does not work here, if it does not."""
    try:
        probe(job.sandbox)
    except (SandboxError, OSError) as error:
        return f"a worker has no sandbox like the one here: {error}"
    return ""


def _close() -> None:
    global _judge
    if _judge is not None:
        _judge[2].close()
        _judge = None
