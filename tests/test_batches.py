"""Submissions that travel together to a cluster's workers: how many do, and what becomes of them when a worker dies.
The cluster is played: it has a clock of its own, and grades nothing."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from autograder.classroom import cluster
from autograder.classroom.cluster_worker import Graded, Refusal
from autograder.classroom.job import Job
from autograder.exam.paper import Exam
from autograder.report import Report
from autograder.report.html.ready import Ready
from autograder.sandbox.layers import NO_SANDBOX
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import Packed

pytest.importorskip("distributed")


@dataclass(eq=False)
class Future:
    key: str
    worker: str
    submissions: tuple[Submission, ...]
    status: str = "pending"
    found: Any = None

    def add_done_callback(self, callback: Any) -> None:
        """The played cluster gives it back itself."""

    def cancel(self) -> None:
        self.status = "cancelled"

    def result(self, timeout: float) -> Any:
        if self.status == "error":
            from distributed.scheduler import KilledWorker

            raise KilledWorker(self.key, self.worker, 0)
        return self.found


@dataclass
class Played:
    """Workers that take `seconds` for each submission, die of the `deadly` ones, and are there again at once; those
    that are `unfit` refuse."""

    seconds: float
    workers: int = 2
    deadly: frozenset[str] = frozenset()
    unfit: frozenset[str] = frozenset()
    status: str = "running"
    now: float = 0.0
    flying: list[tuple[float, int, Future]] = field(default_factory=list)
    sent: list[tuple[str, ...]] = field(default_factory=list)

    def processing(self) -> dict[str, list[str]]:
        names = [f"w{number}" for number in range(self.workers)]
        return {name: [future.key for _, _, future in self.flying if future.worker == name] for name in names}

    def submit(self, grade: Any, name: str, known: Any, submissions: tuple[Submission, ...], *, key: str,
               workers: list[str], pure: bool) -> Future:  # fmt: skip
        future = Future(key, workers[0], submissions)
        self.sent.append(tuple(each.student for each in submissions))
        heapq.heappush(self.flying, (self.now + self.seconds * len(submissions), len(self.sent), future))
        return future

    def put(self, future: Future) -> None:
        raise AssertionError("no future calls back")

    def empty(self) -> bool:
        return True

    def get(self, timeout: float) -> Future:
        self.now, _, future = heapq.heappop(self.flying)
        died = any(each.student in self.deadly for each in future.submissions)
        future.status = "error" if died else "finished"
        reports = tuple(Ready(Report(each.student, "", "", [])) for each in future.submissions)
        future.found = Graded(reports, self.seconds * len(reports))
        if future.worker in self.unfit:
            future.found, future.status = Refusal(future.worker, "unfit"), "finished"
        return future


def graded(played: Played, count: int, exam: Exam, monkeypatch: pytest.MonkeyPatch) -> dict[str, Report]:
    """The reports of so many, none of which is given back twice."""
    monkeypatch.setattr(cluster, "_LOOK", 0.0)  # look each time: who died is there again
    run = cluster._Run(played, Job(exam, NO_SANDBOX, ("engine-add",)))
    run.finished = played  # type: ignore[assignment]
    nothing = Packed(None, "", "nothing", missing=True)
    waiting: Iterator[Submission] = (Submission(f"s{number:03}", {"": nothing}, "") for number in range(count))
    found = [(submission.student, made.report) for submission, made in run.graded(waiting)]
    assert all(student == report.student for student, report in found)
    assert sorted(student for student, _ in found) == [f"s{number:03}" for number in range(count)]
    return dict(found)


@pytest.mark.parametrize(("seconds", "most"), [(0.001, cluster._MOST), (0.1, 5), (0.3, 1), (2.0, 1)])
def test_as_many_travel_together_as_take_half_a_second(
    seconds: float, most: int, exam: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = Played(seconds)
    graded(played, 100, exam, monkeypatch)
    sizes = [len(each) for each in played.sent]
    assert max(sizes) == most and sizes[:2] == [1, 1]
    assert sizes[-2:] == [1, 1]  # towards the end nobody is at work alone on many
    assert sum(sizes) == 100


@pytest.mark.parametrize("workers", [1, 2, 7, 50])
def test_no_worker_is_idle_while_another_has_several(workers: int, exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(0.1, workers)
    graded(played, 103, exam, monkeypatch)
    assert played.now <= 0.1 * 103 / workers + 0.2 + 1e-6


def test_who_was_with_a_deadly_one_is_graded_and_only_that_is_given_up(
    exam: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = frozenset({"s020", "s021", "s050"})
    played = Played(0.05, deadly=deadly)
    found = graded(played, 60, exam, monkeypatch)
    assert {student for student, report in found.items() if report.ungraded} == deadly
    assert all("workers of the cluster died 3 times" in found[student].message for student in deadly)
    together = [each for each in played.sent if len(each) > 1 and deadly & {*each}]
    assert together, "no deadly one was among others"
    again = {student for each in together for student in each}
    times = Counter(student for each in played.sent for student in each)
    assert all(times[student] == 1 for student in found.keys() - again)
    assert all(times[student] == 2 for student in again - deadly)
    assert all(played.sent.count((student,)) == cluster._TRIES for student in deadly)


def test_what_a_worker_refuses_others_do_in_the_same_order(exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(0.05, workers=3, unfit=frozenset({"w1"}))
    found = graded(played, 40, exam, monkeypatch)
    assert not any(report.ungraded for report in found.values())
    assert max(Counter(student for each in played.sent for student in each).values()) == 2


def test_what_was_found_is_given_back_when_the_scheduler_is_lost(exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by a worker to which nothing more can be given."""
    played = Played(0.05)
    real = Played.submit

    def submit(self: Played, *args: Any, **options: Any) -> Future:
        if len(self.sent) == 6:
            raise OSError("gone")
        return real(self, *args, **options)

    monkeypatch.setattr(Played, "submit", submit)
    made: list[cluster._Run] = []

    class Run(cluster._Run):
        def __post_init__(self) -> None:
            super().__post_init__()
            self.finished = played  # type: ignore[assignment]
            made.append(self)

    class Client:
        def __enter__(self) -> Played:
            return played

        def __exit__(self, *_: object) -> None:
            """There is nothing to close."""

    monkeypatch.setattr(cluster, "_Run", Run)
    monkeypatch.setattr(cluster, "_client", lambda address: Client())
    nothing = Packed(None, "", "nothing", missing=True)
    copies = [Submission(f"s{number:03}", {"": nothing}, "") for number in range(40)]
    found = list(cluster.clustered(copies, Job(exam, NO_SANDBOX, ("engine-add",)), "tcp://nowhere"))
    assert sorted(submission.student for submission, _ in found) == [each.student for each in copies]
    flown = {student for each in played.sent[:-2] for student in each}  # two are at work
    assert {submission.student for submission, each in found if not each.report.ungraded} >= {*flown} - {
        student for each in played.sent[-2:] for student in each
    }
    assert all("was lost" in each.report.message for _, each in found if each.report.ungraded)
