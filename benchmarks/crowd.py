"""What a crowd of workers would do: 100,000 submissions on 200 workers, as far as one machine can tell.

    python -m benchmarks.crowd 100000 200

The scheduling is ours, and real; the cluster is not: its workers are entries in a heap, which give a report back when
their time has come, and no code is graded. So what is measured is what a submission costs the one process that copies,
sends, receives and writes, which all workers wait for. From that and the time that a submission takes a worker follows
how many of them one process keeps busy.
"""

from __future__ import annotations

import heapq
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom.cluster import _Run
from autograder.classroom.cluster_worker import Graded
from autograder.classroom.grade import grade_class
from autograder.classroom.results import Results
from autograder.submissions.discovery import find_submissions
from autograder.submissions.submission import Submission, packed
from autograder.submissions.unpacking import Packed
from benchmarks.growth import dask_cluster
from benchmarks.large import Synthetic, generate, job
from benchmarks.timing import progress

_WORK = 0.22  # seconds that a submission of a class takes a worker: twice the reference
_HANDLED = 310  # submissions of which the price is taken
_PAPER = 2 * 10**5  # the most that is played through


@dataclass
class _Future:
    """Reports that come when their time has come."""

    key: str
    made: Graded
    status: str = "pending"

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """It is the crowd that tells what is finished."""

    def result(self, timeout: float) -> Graded:
        return self.made

    def cancel(self) -> None:
        self.status = "cancelled"

    def __hash__(self) -> int:
        return id(self)


@dataclass
class Crowd:
    """A cluster that is none, as our scheduling sees one. Its clock stands still but when somebody waits for it."""

    workers: int
    work: Callable[[], float]
    status: str = "running"
    now: float = 0.0
    busy: float = 0.0  # seconds of all workers together
    flying: list[tuple[float, int, _Future, str]] = field(default_factory=list)
    _number: Any = field(default_factory=itertools.count)

    def processing(self) -> dict[str, list[str]]:
        before_them: dict[str, list[str]] = {f"w{number:03}": [] for number in range(self.workers)}
        for _, _, future, worker in self.flying:
            before_them[worker].append(future.key)
        return before_them

    def submit(self, grade: Any, name: str, known: Any, submissions: tuple[Submission, ...], *, key: str,
               workers: list[str], pure: bool) -> _Future:  # fmt: skip
        taken = sum(self.work() for _ in submissions)
        self.busy += taken
        future = _Future(key, Graded(submissions, taken))  # type: ignore[arg-type]
        heapq.heappush(self.flying, (self.now + taken, next(self._number), future, workers[0]))
        return future

    def put(self, future: _Future) -> None:
        raise AssertionError("no future calls back")

    def empty(self) -> bool:
        """Whether nobody has been waited for: all may be copied beforehand, which takes no time here."""
        return True

    def get(self, timeout: float) -> _Future:
        """What is finished next: stands for the queue in which futures arrive."""
        self.now, _, future, _ = heapq.heappop(self.flying)
        future.status = "finished"
        return future


def scheduled(count: int, workers: int) -> tuple[float, float]:
    """Milliseconds of CPU a submission that our scheduling takes, and the share of the workers' time that is work when
    that is all there is."""
    chance = random.Random(2026)
    crowd = Crowd(workers, lambda: _WORK * chance.lognormvariate(0, 0.5))
    run = _Run(crowd, job())
    run.finished = crowd  # type: ignore[assignment]
    waiting = (Submission(f"s{number:06}", {"": _nothing()}, "") for number in range(count))
    began = time.process_time()
    given = sum(1 for _ in run.graded(waiting))
    assert given == count
    return 1000 * (time.process_time() - began) / count, crowd.busy / (workers * crowd.now)


def _nothing() -> Packed:
    return Packed(None, "", "nothing", missing=True)


def handled(made: Synthetic) -> tuple[float, float]:
    """Milliseconds of CPU that a submission takes the process that copies and sends it, and writes its report and page,
    with Dask's scheduler in it; and those that writing takes alone."""
    with tempfile.TemporaryDirectory() as name, dask_cluster(2) as address:
        generate(Path(name) / "class", _HANDLED)
        submissions = find_submissions([Path(name) / "class"], [])
        results = Results(Path(name) / "results", made)
        grade_class(submissions[:10], made, results, cluster=address)  # imports what it needs
        began = time.process_time()
        grade_class(submissions[10:], made, results, cluster=address)
        whole = time.process_time() - began
        copies = [packed(each) for each in submissions[10:]]
        reports = [made.finish(None, each) for each in copies]  # type: ignore[arg-type]
        results = Results(Path(name) / "again", made)
        began = time.process_time()
        for submission, each in zip(copies, reports, strict=True):
            results.add(submission, each.report, None, each)
        writing = time.process_time() - began
        return 1000 * whole / len(reports), 1000 * writing / len(reports)


def main(arguments: list[str]) -> None:
    count, workers = (int(argument) for argument in [*arguments, *("100000", "200")[len(arguments) :]])
    played = min(count, _PAPER)
    progress(f"{played:,} submissions on {workers} workers that are none")
    price, share = scheduled(played, workers)
    progress(f"{_HANDLED} submissions go through a cluster of two workers, and come back without being graded")
    whole, writing = handled(job())
    each = price + whole
    print(f"""\
choosing a worker, ms of CPU a submission    {price:8.2f}
all that one process does, ms of CPU         {each:8.2f}
of that writing the report and its page      {writing:8.2f}
workers' time that is work, scheduled alone  {share:8.1%}
workers that one process keeps busy          {1000 * _WORK / each:8.0f}
minutes for all: workers need                {count * _WORK / workers / 60:8.1f}
                 one process needs           {count * each / 60_000:8.1f}""")


if __name__ == "__main__":
    main(sys.argv[1:])
