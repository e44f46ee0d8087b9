"""Judges on other machines: submissions go through a Dask scheduler to its workers, as bytes.

A worker needs gradschool, the same version as here, and a sandbox like the one here: it refuses what it could not grade
as this machine would, and others do it. What a worker was at when it died is tried again by others. Dask's protocol
trusts whoever reaches it: docs/cluster.md says what follows from that.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import pickle
import queue
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from autograder.classroom.cluster_worker import Refusal, Untold, grade
from autograder.classroom.job import Job
from autograder.errors import UserError
from autograder.grading.grader import ungraded
from autograder.project import installing
from autograder.report import Report
from autograder.submissions.submission import Submission

_LOOK = 1.0  # seconds between looks at who is there
_RELENT = 5.0  # seconds in which another worker may come where all that are there refuse
_TRIES = 3  # at a submission: as many workers may die while they are at work on it
_PAUSE = 5.0  # seconds for which a worker that takes nothing is given nothing
_PATIENCE = 60.0  # seconds in which any may come


@dataclass(frozen=True)
class _Flight:
    """A submission on its way through a worker, since when."""

    submission: Submission
    worker: str
    since: float


class _Lost(Exception):
    """The scheduler is gone."""


def clustered(submissions: Iterable[Submission], job: Job, address: str) -> Iterator[tuple[Submission, Report]]:
    """Each submission with its report, as they come; all are given back, ungraded ones after trouble with the cluster.

    Raises UserError when there is no scheduler at `address` to begin with.
    """
    waiting = iter(submissions)
    with _client(address) as client:
        run = _Run(client, job)
        try:
            yield from run.graded(waiting)
            return
        except _Lost:
            reason = f"the scheduler at {address} was lost; run the same command again"
        except _Nobody as trouble:
            reason = f"no worker of the cluster at {address} could grade this ({trouble}); run the same command again"
        for submission in run.left(waiting):
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
    """What is under way on the cluster.

    Each worker is given one submission at a time, and no other may take it from there. So when a worker dies it is
    known of what: that one is tried again elsewhere when the rest has been given out, and nobody else's try is lost.
    """

    client: Any
    job: Job
    again: deque[Submission] = field(default_factory=deque)  # to be given to somebody
    suspects: deque[Submission] = field(default_factory=deque)  # to be given to somebody when nothing else is
    flying: dict[Any, _Flight] = field(default_factory=dict)  # by future
    there: frozenset[str] = frozenset()  # the workers
    told: set[str] = field(default_factory=set)  # the workers that were sent the job
    resting: dict[str, float] = field(default_factory=dict)  # until when, by worker
    refusals: dict[str, str] = field(default_factory=dict)  # by worker
    failures: dict[str, int] = field(default_factory=dict)  # of the cluster, by student
    finished: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self._known = pickle.dumps(self.job)
        self._name = hashlib.sha256(self._known).hexdigest()

    def graded(self, waiting: Iterator[Submission]) -> Iterator[tuple[Submission, Report]]:
        looked = idle = time.monotonic()
        self._look()
        self._next(waiting)
        while self.again or self.flying:
            for worker in self._free() if self.again else ():
                self._submit(worker, self.again[0])
                self.again.popleft()
                self._next(waiting)
                if not self.again:
                    break
            try:
                future = self.finished.get(timeout=_LOOK)
            except queue.Empty:
                future = None
            if future in self.flying:  # and was not given up meanwhile
                yield from self._taken(future)
            now = time.monotonic()
            if now - looked > _LOOK:
                looked = now
                yield from self._moved(self._look())
            self._next(waiting)
            if self._willing():
                idle = now
            elif now - idle > (_RELENT if self.there else _PATIENCE):
                raise _Nobody("; ".join(dict.fromkeys(self.refusals.values())) or "there is none")

    def left(self, waiting: Iterator[Submission]) -> Iterator[Submission]:
        """Those that have no report."""
        yield from (flight.submission for flight in self.flying.values())
        yield from (*self.again, *self.suspects)
        yield from waiting

    def _next(self, waiting: Iterator[Submission]) -> None:
        """Have one at hand: it is copied while the workers are at work."""
        if not self.again and (submission := next(waiting, None)) is not None:
            self.again.append(submission)
        if not self.again and self.suspects:
            self.again.append(self.suspects.popleft())

    def _willing(self) -> frozenset[str]:
        """The workers that are there and have not refused."""
        return self.there - frozenset(self.refusals)

    def _free(self) -> list[str]:
        """Those of them that have nothing to do."""
        now = time.monotonic()
        busy = {flight.worker for flight in self.flying.values()}
        return sorted(each for each in self._willing() - busy if self.resting.get(each, now) <= now)

    def _look(self) -> frozenset[str]:
        """See who is there; the keys of what workers have before them."""
        try:
            if self.client.status != "running":
                raise _Lost
            before_them = self.client.processing()  # at once: who dies between two questions would seem to rest
            self.there = frozenset(before_them)
            self.told &= self.there
            return frozenset(str(key) for keys in before_them.values() for key in keys)
        except _Lost:
            raise
        except Exception as error:  # of many kinds, all of them about the connection
            raise _Lost from error

    def _submit(self, worker: str, submission: Submission) -> None:
        known = None if worker in self.told else self._known
        try:
            future = self.client.submit(
                grade, self._name, known, submission, key=f"gradschool-{uuid4().hex}", pure=False, workers=[worker]
            )
        except Exception as error:
            raise _Lost from error
        self.told.add(worker)
        self.flying[future] = _Flight(submission, worker, time.monotonic())
        future.add_done_callback(self.finished.put)

    def _taken(self, future: Any) -> Iterator[tuple[Submission, Report]]:
        """What has become of a future: a report, or it is done again."""
        from distributed.scheduler import KilledWorker

        status = future.status
        try:
            if status in ("cancelled", "lost"):
                raise LookupError(status)
            found = future.result(timeout=10)
        except Exception as error:
            if self.client.status != "running":
                raise _Lost from error
            flight = self.flying.pop(future)
            if status == "error" and not isinstance(error, KilledWorker):  # grading raises nothing: it never began
                why = f"a worker cannot do the work ({type(error).__name__}: {error})"
                self._refused(Refusal(flight.worker, why), flight.submission)
            else:  # or it died before it could hand over what it had done
                yield from self._again(flight)
            return
        submission = self.flying.pop(future).submission
        if isinstance(found, Refusal):
            self._refused(found, submission)
        elif isinstance(found, Untold):
            self.told.discard(found.worker)
            self.again.appendleft(submission)
        else:
            yield submission, found

    def _refused(self, refusal: Refusal, submission: Submission) -> None:
        self.refusals[refusal.worker] = refusal.reason
        self.again.appendleft(submission)

    def _again(self, flight: _Flight) -> Iterator[tuple[Submission, Report]]:
        """Try it once more, after all others, and elsewhere; or give it up."""
        submission = flight.submission
        self.there -= {flight.worker}  # until it is seen again
        failures = self.failures[submission.student] = self.failures.get(submission.student, 0) + 1
        if failures < _TRIES:
            self.suspects.append(submission)
        else:
            reason = f"workers of the cluster died {failures} times while they were at work on this; grade it again"
            yield submission, ungraded(submission.student, self.job.exam, reason, self.job.only)

    def _moved(self, begun: frozenset[str]) -> Iterator[tuple[Submission, Report]]:
        """Do elsewhere what was given to workers that are gone, or that take nothing because they are short of
        memory."""
        for future, flight in list(self.flying.items()):
            gone = flight.worker not in self.there
            waits = time.monotonic() - flight.since > _LOOK and future.key not in begun
            if future.status == "pending" and (gone or waits):
                del self.flying[future]
                future.cancel()
                if gone:
                    yield from self._again(flight)
                else:
                    self.resting[flight.worker] = time.monotonic() + _PAUSE
                    self.again.appendleft(flight.submission)
