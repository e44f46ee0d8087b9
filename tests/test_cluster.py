"""Grading through a real Dask scheduler and worker processes on this machine, some of which die or are unfit."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT, sandbox
from forks import python
from nightly import WHOLE, nightly
from test_faulty_runs import ITEMS, NAMES, Again, Deadly, complete, folder, grade, judge, until, whole

from autograder.classroom import cluster
from autograder.classroom.job import Job
from autograder.cli import app as cli
from autograder.exam.paper import Exam
from autograder.grading.grader import Grader
from autograder.report import Report
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.mounts import modules
from autograder.sandbox.subject import allowed
from autograder.submissions.submission import Submission

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="nobody grades on Windows"),
    pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed"),
]
__all__ = ["folder", "judge"]  # fixtures


@pytest.fixture
def job(exam: Exam) -> Job:
    return Job(exam, NO_SANDBOX, ITEMS)


@contextmanager
def dask(*arguments: str, path: str = "", first: str = "", **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's that can import these tests; what lies in the folder `first` it imports before that."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [first, str(ROOT), str(ROOT / "tests")])),
        "PATH": path + os.environ["PATH"],
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments, "--no-dashboard"], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True, cwd="/",
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def scheduler(folder: Path, **settings: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    file = folder / "scheduler.json"
    command = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    with dask(*command, **settings) as process:
        until(lambda: file.exists() and file.read_text().endswith("}"))
        yield json.loads(file.read_text())["address"], process


# A scheduler and workers of Dask's without its command, each in a process of its own: they import it once for all, and
# stay dead when they are killed. So many workers are there as each line says.
_FLEET = """
import asyncio, os, signal, sys
sys.path[:0] = sys.argv[3:]
import autograder.classroom.cluster, autograder.classroom.grade, test_faulty_runs
from distributed import Scheduler, Worker

async def schedule(folder):
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
        with open(folder + "/new", "w") as file:
            file.write(scheduler.address)
        os.rename(folder + "/new", folder + "/address")
        await scheduler.finished()

async def work(address, folder):
    async with Worker(address, nthreads=1, local_directory=folder, host="127.0.0.1", memory_limit=0) as worker:
        await worker.finished()

def begin(task):
    if pid := os.fork():
        return pid
    asyncio.run(task)
    os._exit(0)

folder = sys.argv[1]
begin(schedule(folder))
workers = []
for line in os.fdopen(int(sys.argv[2])):
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    workers = [begin(work(open(folder + "/address").read(), folder)) for _ in range(int(line))]
"""


@dataclass(frozen=True)
class Fleet:
    """A scheduler, and a process that starts workers for it."""

    address: str
    asks: int

    @contextmanager
    def workers(self, count: int) -> Iterator[None]:
        os.write(self.asks, b"%d\n" % count)
        try:
            present(self.address, count)
            yield
        finally:
            os.write(self.asks, b"0\n")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    import distributed  # noqa: F401  # for the process that begins as this one

    modules(allowed())  # which each worker would find out
    folder, (theirs, ours) = tmp_path_factory.mktemp("dask"), os.pipe()
    process = python(_FLEET, folder, theirs, ROOT, ROOT / "tests", cwd=Path("/"), pass_fds=[theirs])
    try:
        until((folder / "address").exists)
        yield Fleet((folder / "address").read_text(), ours)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)
        os.close(theirs)


@pytest.fixture(scope="module")
def address(fleet: Fleet) -> str:
    return fleet.address


def worker(
    address: str, folder: Path, *options: str, path: str = "", first: str = ""
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """One that stays dead when it is killed, unless `options` say otherwise."""
    common = ("--nthreads", "1", "--local-directory", str(folder), "--host", "127.0.0.1", "--memory-limit", "0")
    return dask("worker", address, *common, *(options or ["--no-nanny"]), path=path, first=first)


def present(address: str, count: int) -> None:
    """Wait until so many workers are there."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        until(lambda: len(client.nthreads()) == count)


class Book:
    """Counts who is written into it."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, submission: Submission, report: Report) -> None:
        self.written.append(submission.student)


def deadly(job: Job, tmp_path: Path, lives: int, known: Mapping[str, Report] = MappingProxyType({})) -> Deadly:
    """A job at which workers are killed by bob, as the kernel kills who takes too much memory, so many times."""
    (tmp_path / "lives").write_text(str(lives))
    return Deadly(job.exam, job.sandbox, job.only, lives=str(tmp_path / "lives"), known=dict(known))


@nightly
@pytest.mark.parametrize("allowed", ["0", "3"])
def test_a_worker_that_is_killed(folder: Path, job: Job, tmp_path: Path, allowed: str) -> None:
    """Twice, and whatever Dask itself would make of it."""
    book = Book()
    with contextlib.ExitStack() as stack:
        address, _ = stack.enter_context(scheduler(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=allowed))
        for _ in range(3):
            stack.enter_context(worker(address, tmp_path))
        present(address, 3)
        found = grade(folder, deadly(job, tmp_path, 2), tmp_path / "results", cluster=address, book=book)
    assert (tmp_path / "lives").read_text() == "0"
    assert {name: report.message for name, report in found.items() if report.ungraded} == {}
    assert sorted(book.written) == list(NAMES) and book.written[-1] == "bob"
    assert complete(folder, job, tmp_path / "results") == set()


@nightly
def test_a_worker_that_comes_back_to_the_same_place(address: str, folder: Path, job: Job, tmp_path: Path) -> None:
    """It knows nothing of the job any more."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    with worker(address, tmp_path, "--nanny", "--worker-port", port):
        present(address, 1)
        found = grade(folder, deadly(job, tmp_path, 1), tmp_path / "results", cluster=address)
    assert (tmp_path / "lives").read_text() == "0"
    assert {name: report.message for name, report in found.items() if report.ungraded} == {}


def test_a_cluster_finds_what_this_machine_finds_and_gives_up_what_workers_die_of(
    fleet: Fleet, folder: Path, job: Job, judge: None, tmp_path: Path
) -> None:
    """At bob's three workers die, and the last one lives. By day these know what others found before."""
    (folder / "dan" / "micrograd" / "derivative.py").write_text("def derivative(f, x, h=0):\n    return 1.0\n")
    book, count = Book(), cluster._TRIES + 1
    with fleet.workers(2):
        known = grade(folder, job, tmp_path / "honest" / "results", cluster=fleet.address)
    killing = deadly(job, tmp_path, 9, {} if WHOLE else known)
    with fleet.workers(count):
        found = grade(folder, killing, tmp_path / "results", cluster=fleet.address, book=book)
    here = Again(job.exam, job.sandbox, job.only)
    assert complete(folder, here, tmp_path / "honest" / "results") == set()
    assert (tmp_path / "lives").read_text() == str(9 - cluster._TRIES)
    assert {name for name in NAMES if found[name].ungraded} == {"bob"}
    assert "workers of the cluster died 3 times" in found["bob"].message
    assert sorted(book.written) == list(NAMES)
    assert complete(folder, here, tmp_path / "results") == {"bob"}


@nightly
def test_a_worker_that_dies_with_what_it_has_done(
    address: str, folder: Path, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = cluster._Run._taken
    with worker(address, tmp_path), worker(address, tmp_path):
        present(address, 2)
        mine: list[str] = []

        def kill(run: cluster._Run, future: Any) -> Iterator[tuple[Submission, Report]]:
            if not mine:
                mine.append(run.flying[future].worker)
                pids = run.client.run(os.getpid, workers=mine)
                os.kill(pids[mine[0]], signal.SIGKILL)
                until(lambda: mine[0] not in run.client.nthreads())
            return taken(run, future)

        monkeypatch.setattr(cluster._Run, "_taken", kill)
        found = grade(folder, job, tmp_path / "results", cluster=address)
    assert mine and not any(report.ungraded for report in found.values())
    assert complete(folder, job, tmp_path / "results") == set()


@nightly
def test_a_worker_that_takes_nothing_holds_up_nobody(address: str, folder: Path, job: Job, tmp_path: Path) -> None:
    """As Dask has it where one is short of memory."""
    from distributed import Client

    with worker(address, tmp_path), worker(address, tmp_path), Client(address, set_as_default=False) as client:
        present(address, 2)
        client.run(pause, workers=sorted(client.nthreads())[:1])
        found = grade(folder, job, tmp_path / "results", cluster=address)
    assert {name: report.message for name, report in found.items() if report.ungraded} == {}
    assert complete(folder, job, tmp_path / "results") == set()


def pause(dask_worker: Any) -> None:
    from distributed.core import Status

    dask_worker.status = Status.paused


@nightly
def test_a_worker_with_another_gradschool_leaves_the_work_to_others(
    address: str, folder: Path, job: Job, tmp_path: Path
) -> None:
    """One that does not even have all that it is sent."""
    other = tmp_path / "other" / "autograder"
    shutil.copytree(ROOT / "autograder", other, ignore=shutil.ignore_patterns("__pycache__"))
    (other / "classroom" / "job.py").write_text("")
    with worker(address, tmp_path, first=str(other.parent)):
        present(address, 1)
        found = grade(folder, job, tmp_path / "results", cluster=address)
        assert all(report.ungraded for report in found.values())
        assert "a worker cannot" in found["ann"].message
        with worker(address, tmp_path):
            present(address, 2)
            found = grade(folder, job, tmp_path / "results", cluster=address)
    assert {name: report.message for name, report in found.items() if report.ungraded} == {}


@nightly
def test_a_worker_without_a_sandbox_leaves_the_work_to_others(
    address: str, folder: Path, job: Job, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bwrap").write_text("#!/bin/sh\necho no namespaces here >&2\nexit 1\n")
    (tmp_path / "bin" / "bwrap").chmod(0o755)
    shut_in = replace(job, sandbox=sandbox("bwrap"))
    with worker(address, tmp_path, path=f"{tmp_path / 'bin'}:"):
        present(address, 1)
        found = grade(folder, shut_in, tmp_path / "results", cluster=address)
        assert all(report.ungraded for report in found.values())
        assert "no namespaces here" in found["ann"].items[0].message
        with worker(address, tmp_path):
            present(address, 2)
            found = grade(folder, shut_in, tmp_path / "results", cluster=address)
    assert {name: report.message for name, report in found.items() if report.ungraded} == {}
    assert complete(folder, shut_in, tmp_path / "results") == set()


def test_a_cluster_without_workers(address: str, folder: Path, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 1.5)
    copies = [Submission("ann", {"": folder / "ann"}, "ann")]
    ((_, made),) = cluster.clustered(copies, job, address)
    assert made.report.ungraded and "no worker" in made.report.message


@nightly
def test_a_scheduler_that_is_lost(folder: Path, job: Job, tmp_path: Path) -> None:
    results = tmp_path / "results"
    with scheduler(tmp_path) as (address, process), worker(address, tmp_path):
        killing = Killing(job.exam, job.sandbox, job.only, scheduler=process.pid)
        found = grade(folder, killing, results, cluster=address)
    left = {name for name in NAMES if found[name].ungraded}
    assert left and "was lost" in found[min(left)].message
    assert whole(results) == set(NAMES)
    assert complete(folder, job, results) == left


@dataclass(frozen=True)
class Killing(Job):
    """A job at which the scheduler is killed when cid's turn comes."""

    scheduler: int = 0

    def grade(self, grader: Grader, submission: Submission) -> Report:
        if submission.student == "cid":
            time.sleep(1)  # in which the others' results arrive
            os.kill(self.scheduler, signal.SIGKILL)
        return super().grade(grader, submission)


@dataclass(frozen=True)
class Slow(Job):
    """A job at which ann takes until all others are done."""

    marker: str = ""

    def grade(self, grader: Grader, submission: Submission) -> Report:
        if submission.student == "ann":
            until(Path(self.marker).exists)
        return super().grade(grader, submission)


@nightly
def test_a_slow_submission_holds_up_nobody(address: str, folder: Path, job: Job, tmp_path: Path) -> None:
    slow = Slow(job.exam, job.sandbox, job.only, marker=str(tmp_path / "marker"))
    for number in range(4):
        shutil.copytree(folder / "dan", folder / f"more{number}")
        with (folder / f"more{number}" / "micrograd" / "derivative.py").open("a") as file:
            file.write(f"# {number}\n")

    class Marking(Book):
        def write(self, submission: Submission, report: Report) -> None:
            super().write(submission, report)
            if len(self.written) == 7:
                (tmp_path / "marker").touch()

    book = Marking()
    with worker(address, tmp_path), worker(address, tmp_path):
        present(address, 2)
        found = grade(folder, slow, tmp_path / "results", cluster=address, book=book)
    assert book.written[-1] == "ann" and not any(report.ungraded for report in found.values())


def test_no_scheduler_is_a_sentence(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import distributed

    client = distributed.Client
    monkeypatch.setattr(distributed, "Client", lambda *at, timeout, **how: client(*at, timeout=timeout / 20, **how))
    arguments = ["grade", str(folder), "--cluster", "tcp://127.0.0.1:1", "--out", str(tmp_path / "results")]
    result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == 1 and "no scheduler answers at tcp://127.0.0.1:1" in result.output
