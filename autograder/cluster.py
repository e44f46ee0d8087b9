"""Judges on other machines: submissions go through a Dask scheduler to its workers, as bytes.

A worker needs gradschool, the same version as here, and a sandbox like the one here: it refuses what it could not grade
as this machine would, and others do it. Dask gives the work of a worker that dies to others. Dask's protocol trusts
whoever reaches it: docs/cluster.md says what follows from that.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import pickle
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from autograder.errors import UserError
from autograder.grading import Grader, ungraded
from autograder.project import installing
from autograder.report import Report
from autograder.sandbox.launcher import probe
from autograder.sandbox.protocol import SandboxError
from autograder.submissions import Submission

if TYPE_CHECKING:
    from autograder.classroom import Job

_LOOK = 1.0  # seconds between looks at who is there
_RELENT = 5.0  # seconds in which another worker may come where all that are there refuse
_TRIES = 5  # at a report that does not arrive; one that kills its workers is given up by Dask itself
PATIENCE = 60.0  # seconds in which any may come


@dataclass(frozen=True)
class Refusal:
    """Why a worker does not grade."""

    worker: str
    reason: str


class _Lost(Exception):
    """The scheduler is gone."""


def clustered(
    submissions: Iterable[Submission], job: Job, address: str, patience: float = PATIENCE
) -> Iterator[tuple[Submission, Report]]:
    """Each submission with its report, as they come; all are given back, ungraded ones after trouble with the cluster.

    Raises UserError when there is no scheduler at `address` to begin with.
    """
    waiting = iter(submissions)
    with _client(address) as client:
        run = _Run(client, job, patience)
        try:
            yield from run.graded(waiting)
            return
        except _Lost:
            reason = f"the scheduler at {address} was lost; run the same command again"
        except _Nobody as trouble:
            reason = f"no worker of the cluster at {address} could grade this ({trouble}); run the same command again"
        for submission in (*run.flying.values(), *run.again, *waiting):
            yield submission, ungraded(submission.student, job.exam, reason, job.only)


class _Nobody(Exception):
    """There is no worker that takes the work. Its text says why."""


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UserError(f"--cluster takes Dask, which is not installed: {installing('cluster')}") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is told in our own words
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"no scheduler answers at {address} ({error}): see docs/cluster.md", code=1) from error
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # a scheduler that is gone cannot be taken leave of
            client.close(timeout=1)


@dataclass
class _Run:
    """What is under way on the cluster."""

    client: Any
    job: Job
    patience: float
    again: deque[Submission] = field(default_factory=deque)  # to be given to somebody
    flying: dict[Any, Submission] = field(default_factory=dict)  # by future
    allowed: dict[Any, frozenset[str] | None] = field(default_factory=dict)  # who may do it; None for everybody
    refusals: dict[str, str] = field(default_factory=dict)  # by worker
    failures: dict[str, int] = field(default_factory=dict)  # of the cluster, by student
    threads: dict[str, int] = field(default_factory=dict)  # by worker
    finished: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)

    def graded(self, waiting: Iterator[Submission]) -> Iterator[tuple[Submission, Report]]:
        name = f"gradschool-{uuid4().hex}"
        # A task rather than data that is sent along: Dask makes it again where the only worker that has it dies.
        exam = self.client.submit(_opened, pickle.dumps(self.job), key=f"{name}-exam", pure=False)
        looked = idle = time.monotonic()
        self._look()
        self._next(waiting)
        while self.again or self.flying:
            while self.again and len(self.flying) <= sum(self.threads[each] for each in self._willing()):
                if not self._willing():
                    break
                self._submit(exam, self.again[0])
                self.again.popleft()
                self._next(waiting)
            try:
                future = self.finished.get(timeout=_LOOK)
            except queue.Empty:
                future = None
            if future in self.flying:  # and was not given up meanwhile
                yield from self._taken(future)
            now = time.monotonic()
            if now - looked > _LOOK:
                looked = now
                self._look()
                self._move()
            if self._willing():
                idle = now
            elif now - idle > (min(self.patience, _RELENT) if self.threads else self.patience):
                raise _Nobody("; ".join(dict.fromkeys(self.refusals.values())) or "there is none")

    def _next(self, waiting: Iterator[Submission]) -> None:
        """Have one at hand: it is copied while the workers are at work."""
        if not self.again and (submission := next(waiting, None)) is not None:
            self.again.append(submission)

    def _willing(self) -> frozenset[str]:
        """The workers that are there and have not refused."""
        return frozenset(self.threads) - frozenset(self.refusals)

    def _look(self) -> None:
        try:
            if self.client.status != "running":
                raise _Lost
            self.threads = dict(self.client.nthreads())
        except _Lost:
            raise
        except Exception as error:  # of many kinds, all of them about the connection
            raise _Lost from error

    def _submit(self, exam: Any, submission: Submission) -> None:
        who = self._willing() if self.refusals else None
        try:
            future = self.client.submit(
                _grade, exam, submission, key=f"gradschool-{uuid4().hex}", pure=False,
                workers=sorted(who) if who else None,
            )  # fmt: skip
        except Exception as error:
            raise _Lost from error
        self.flying[future], self.allowed[future] = submission, who
        future.add_done_callback(self.finished.put)

    def _taken(self, future: Any) -> Iterator[tuple[Submission, Report]]:
        """What has become of a future: a report, or it is done again."""
        if future.status in ("cancelled", "lost"):
            raise _Lost
        from distributed.scheduler import KilledWorker

        submission = self._dropped(future)
        try:
            found = future.result(timeout=10)
        except Exception as error:
            if self.client.status != "running":
                self.again.append(submission)
                raise _Lost from error
            self.failures[submission.student] = self.failures.get(submission.student, 0) + 1
            if self.failures[submission.student] < _TRIES and not isinstance(error, KilledWorker):
                self.again.append(submission)  # the worker may have died before it could hand over what it had done
                return
            reason = f"the cluster failed at this ({type(error).__name__}); grade it again"
            found = ungraded(submission.student, self.job.exam, reason, self.job.only)
        if isinstance(found, Refusal):
            self.refusals[found.worker] = found.reason
            self.again.append(submission)
        else:
            yield submission, found

    def _dropped(self, future: Any) -> Submission:
        self.allowed.pop(future)
        return self.flying.pop(future)

    def _move(self) -> None:
        """Do elsewhere what was meant for workers that are gone."""
        for future, who in list(self.allowed.items()):
            if who is not None and not who & set(self.threads) and self._willing():
                self.again.append(self._dropped(future))
                future.cancel()


# --- on the worker ------------------------------------------------------------------------------------------

_seat = threading.Lock()  # one judge a process, however many threads
_judge: tuple[Job, Grader] | None = None


def _opened(job: bytes) -> Job:
    return pickle.loads(job)


def _grade(job: Job, submission: Submission) -> Report | Refusal:
    """The report, or why there is none from this worker."""
    from distributed import get_worker

    global _judge
    with _seat:
        if _judge is None or _judge[0] != job:
            if reason := job.unfit() or _no_sandbox(job):
                return Refusal(get_worker().address, reason)
            if _judge is None:
                atexit.register(_close)
            _close()
            _judge = job, job.grader()
        return job.grade(_judge[1], submission)


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
        _judge[1].close()
        _judge = None
