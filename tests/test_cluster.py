"""Grading through a real Dask scheduler and worker processes on this machine, some of which die or are unfit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT, sandbox
from test_faulty_runs import NAMES, Deadly, complete, contents, folder, grade, job, until, whole

from autograder import cli, cluster
from autograder.classroom import Job
from autograder.grading import Grader
from autograder.report import Report
from autograder.submissions import Submission

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nobody grades on Windows")
__all__ = ["folder", "job"]  # fixtures


@contextmanager
def dask(*arguments: str, path: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's that can import these tests."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        "PATH": path + os.environ["PATH"],
    }
    command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    file = folder / "scheduler.json"
    with dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)) as process:
        until(lambda: file.exists() and file.read_text().endswith("}"))
        yield json.loads(file.read_text())["address"], process


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with scheduler(tmp_path_factory.mktemp("dask")) as (address, _):
        yield address


def worker(address: str, folder: Path, path: str = "") -> AbstractContextManager[subprocess.Popen[bytes]]:
    options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder), "--host", "127.0.0.1")
    return dask("worker", address, *options, path=path)


def present(address: str, count: int) -> None:
    """Wait until so many workers are there."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        until(lambda: len(client.nthreads()) == count)


def test_a_cluster_finds_what_this_machine_finds(address: str, folder: Path, job: Job, tmp_path: Path) -> None:
    (folder / "dan" / "micrograd" / "derivative.py").write_text("def derivative(f, x, h=0):\n    return 1.0\n")
    with worker(address, tmp_path), worker(address, tmp_path):
        grade(folder, job, tmp_path / "results", cluster=address)
    grade(folder, job, tmp_path / "here")
    assert contents(tmp_path / "results") == contents(tmp_path / "here")
    assert complete(folder, job, tmp_path / "results") == set()


class Book:
    """Counts who is written into it."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, submission: Submission, report: Report) -> None:
        self.written.append(submission.student)


def test_a_worker_that_is_killed(address: str, folder: Path, job: Job, tmp_path: Path) -> None:
    (tmp_path / "lives").write_text("1")
    deadly = Deadly(job.exam, job.sandbox, job.only, lives=str(tmp_path / "lives"))
    book = Book()
    with worker(address, tmp_path), worker(address, tmp_path):
        present(address, 2)
        found = grade(folder, deadly, tmp_path / "results", cluster=address, book=book)
    assert (tmp_path / "lives").read_text() == "0"
    assert not any(report.ungraded for report in found.values())
    assert sorted(book.written) == list(NAMES)
    assert complete(folder, job, tmp_path / "results") == set()


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
    assert not any(report.ungraded for report in found.values())
    assert complete(folder, shut_in, tmp_path / "results") == set()


def test_a_cluster_without_workers(address: str, folder: Path, job: Job) -> None:
    copies = [Submission("ann", {"": folder / "ann"}, "ann")]
    ((_, report),) = cluster.clustered(copies, job, address, patience=1.5)
    assert report.ungraded and "no worker" in report.message


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


def test_no_scheduler_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    arguments = ["grade", str(folder), "--cluster", "tcp://127.0.0.1:1", "--out", str(tmp_path / "results")]
    result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == 1 and "no scheduler answers at tcp://127.0.0.1:1" in result.output
