"""Judges on other machines: submissions go through a Dask scheduler to its workers, as bytes.

A worker needs gradschool, the same version as here, and a sandbox like the one here: it refuses what it could not grade
as this machine would, and others do it. What a worker was at when it died is tried again by others. Several
submissions travel together, as many as take a worker half a second. Dask's protocol trusts whoever reaches it:
docs/cluster.md says what follows from that.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import logging
import math
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
from autograder.report.html.ready import Ready
from autograder.submissions.submission import Submission

_LOOK = 1.0  # seconds between looks at who is there
_RELENT = 5.0  # seconds in which another worker may come where all that are there refuse
_TRIES = 3  # at a submission: as many workers may die while they are at work on it alone
_PAUSE = 5.0  # seconds for which a worker that takes nothing is given nothing
_PATIENCE = 60.0  # seconds in which any may come
_AIM = 0.5  # seconds of work that travel together
_MOST = 16  # submissions that do
_AT_HAND = 200  # copies, at most: enough to see the end coming


@dataclass(frozen=True)
class _Flight:
    """Submissions on their way through a worker, since when."""

    submissions: tuple[Submission, ...]
    worker: str
    since: float


class _Lost(Exception):
    """The scheduler is gone."""


def clustered(submissions: Iterable[Submission], job: Job, address: str) -> Iterator[tuple[Submission, Ready]]:
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
        yield from run.found
        for submission in run.left(waiting):
            yield submission, Ready(ungraded(submission.student, job.exam, reason, job.only))


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

    What a worker is given no other may take from there. So when a worker dies it is known of what: that is tried again
    elsewhere, each submission alone, when the rest has been given out, and only what was alone counts as what it died
    of. A worker is given few at a time towards the end, so that none is at work when all others are done.
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
    failures: dict[str, int] = field(default_factory=dict)  # of the cluster, by student; such fly alone
    found: deque[tuple[Submission, Ready]] = field(default_factory=deque)  # to be given back
    price: float = 0.0  # seconds that a submission takes a worker, of late; 0 where nothing is known
    exhausted: bool = False  # whether all were taken that were waiting
    finished: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self._known = pickle.dumps(self.job)
        self._name = hashlib.sha256(self._known).hexdigest()

    def graded(self, waiting: Iterator[Submission]) -> Iterator[tuple[Submission, Ready]]:
        looked = idle = time.monotonic()
        self._look()
        self._take(waiting)
        while self.again or self.flying:
            self._give(waiting)
            while self.found:
                yield self.found.popleft()
            self._prepare(waiting)
            try:
                future = self.finished.get(timeout=_LOOK)
            except queue.Empty:
                future = None
            if future in self.flying:  # and was not given up meanwhile
                self.found += self._taken(future)
            now = time.monotonic()
            if now - looked > _LOOK:
                looked = now
                self._move(self._look())
            self._take(waiting)
            if self._willing():
                idle = now
            elif now - idle > (_RELENT if self.there else _PATIENCE):
                raise _Nobody("; ".join(dict.fromkeys(self.refusals.values())) or "there is none")
        yield from self.found

    def left(self, waiting: Iterator[Submission]) -> Iterator[Submission]:
        """Those that have no report."""
        for flight in self.flying.values():
            yield from flight.submissions
        yield from (*self.again, *self.suspects)
        yield from waiting

    def _take(self, waiting: Iterator[Submission]) -> None:
        """Have one at hand, if there is one."""
        if not self.again and not self.exhausted:
            self._next(waiting)
        if not self.again and self.suspects:
            self.again.append(self.suspects.popleft())

    def _prepare(self, waiting: Iterator[Submission]) -> None:
        """Have more at hand: they are copied while the workers are at work, until one of these is done."""
        wanted = min(_AT_HAND, 2 * self._most() * len(self._willing()))
        while self.again and not self.exhausted and len(self.again) < wanted and self.finished.empty():
            self._next(waiting)

    def _next(self, waiting: Iterator[Submission]) -> None:
        submission = next(waiting, None)
        self.exhausted = submission is None
        self.again.extend([submission] if submission else [])

    def _most(self) -> int:
        """How many may travel together."""
        return max(1, min(_MOST, int(_AIM / self.price))) if self.price else 1

    def _give(self, waiting: Iterator[Submission]) -> None:
        """Give those that have nothing to do what is at hand."""
        for worker in self._free() if self.again else ():
            most = self._most()
            if self.exhausted:
                most = min(most, math.ceil(len(self.again) / (2 * len(self._willing()))))
            together = list(itertools.islice(self.again, most))
            alone = [each.student in self.failures for each in together]
            if any(alone):
                together = together[: max(1, alone.index(True))]
            self._submit(worker, tuple(together))
            for _ in together:
                self.again.popleft()
            self._take(waiting)
            if not self.again:
                break

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

    def _submit(self, worker: str, submissions: tuple[Submission, ...]) -> None:
        known = None if worker in self.told else self._known
        try:
            future = self.client.submit(
                grade, self._name, known, submissions, key=f"gradschool-{uuid4().hex}", pure=False, workers=[worker]
            )
        except Exception as error:
            raise _Lost from error
        self.told.add(worker)
        self.flying[future] = _Flight(submissions, worker, time.monotonic())
        future.add_done_callback(self.finished.put)

    def _taken(self, future: Any) -> list[tuple[Submission, Ready]]:
        """What has become of a future: reports, or it is done again."""
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
                self._refused(Refusal(flight.worker, why), flight)
                return []
            return self._died(flight)  # or it died before it could hand over what it had done
        flight = self.flying.pop(future)
        if isinstance(found, Refusal):
            self._refused(found, flight)
        elif isinstance(found, Untold):
            self.told.discard(found.worker)
            self._back(flight)
        else:
            each = max(found.seconds, 1e-3) / len(flight.submissions)
            self.price = (self.price + each) / 2 if self.price else each
            return list(zip(flight.submissions, found.reports, strict=True))
        return []

    def _refused(self, refusal: Refusal, flight: _Flight) -> None:
        self.refusals[refusal.worker] = refusal.reason
        self._back(flight)

    def _back(self, flight: _Flight) -> None:
        self.again.extendleft(reversed(flight.submissions))

    def _died(self, flight: _Flight) -> list[tuple[Submission, Ready]]:
        """Try it once more, after all others, and elsewhere; or give it up."""
        self.there -= {flight.worker}  # until it is seen again
        was_alone = len(flight.submissions) == 1
        given_up = []
        for submission in flight.submissions:
            failures = self.failures[submission.student] = self.failures.get(submission.student, 0) + was_alone
            if failures < _TRIES:
                self.suspects.append(submission)
            else:
                reason = f"workers of the cluster died {failures} times while they were at work on this; grade it again"
                given_up.append((submission, Ready(ungraded(submission.student, self.job.exam, reason, self.job.only))))
        return given_up

    def _move(self, begun: frozenset[str]) -> None:
        """Do elsewhere what was given to workers that are gone, or that take nothing because they are short of
        memory."""
        for future, flight in list(self.flying.items()):
            gone = flight.worker not in self.there
            waits = time.monotonic() - flight.since > _LOOK and future.key not in begun
            if future.status == "pending" and (gone or waits):
                del self.flying[future]
                future.cancel()
                if gone:
                    self.found += self._died(flight)
                else:
                    self.resting[flight.worker] = time.monotonic() + _PAUSE
                    self._back(flight)
