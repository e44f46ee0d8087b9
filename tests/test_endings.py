"""Whatever ends a grader, and whoever is killed, nothing of a submission runs on; and together its processes use no
more than one may."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from attacks.arena import survivors
from conftest import ROOT

from autograder.errors import UserError
from autograder.exam import Exam
from autograder.grading import Grader
from autograder.sandbox import launcher, users, watch
from autograder.sandbox.launcher import BARE, NO_SANDBOX, Sandbox
from autograder.sandbox.protocol import Limits, SandboxError

pytestmark = [
    pytest.mark.xdist_group("sandbox"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has sandboxes"),
]
IS_ROOT = users.is_root()
MARK = f"ends{os.getpid()}"[:15]
SANDBOXES = {
    "bwrap": Sandbox(True, ("bwrap", *launcher._FULL)),
    "namespaces": Sandbox(False, launcher._FULL),
    "bare": BARE,
    "none": NO_SANDBOX,
}
SLEEPER = f"""
import ctypes, os, signal, time

ctypes.CDLL(None).prctl(15, {MARK.encode()!r})  # its name in /proc

def central_difference(f, x, h=1e-6):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    DAEMON
    time.sleep(100)
"""
DAEMON = "os.fork() or os.setsid() and os.fork() or time.sleep(100)"


def sandbox(kind: str) -> Sandbox:
    """That sandbox; skips the test where it does not start."""
    try:
        if SANDBOXES[kind].layers:
            launcher.probe(SANDBOXES[kind])
    except (SandboxError, OSError, UserError) as error:
        pytest.skip(str(error))
    return SANDBOXES[kind]


named = partial(survivors, MARK)  # the processes that student code gave its name


def wait_for(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def submission(folder: Path, source: str) -> Path:
    package = folder / "solutions" / "micrograd"
    package.mkdir(parents=True)
    (package / "derivative.py").write_text(source)
    return folder / "solutions"


# --- killed -------------------------------------------------------------------------------------------------

GRADES = """
    import sys
    from pathlib import Path
    from autograder.exam import get
    from autograder.grading import Grader
    from autograder.sandbox.launcher import Sandbox
    if len(sys.argv) > 3:
        from autograder.sandbox import launcher
        command = launcher.Worker._command
        old = "from autograder.sandbox import confine; confine.landlock_abi = lambda: 5; from autograder.sandbox.worker"
        launcher.Worker._command = lambda self: [
            word.replace("from autograder.sandbox.worker", old) for word in command(self)
        ]
    layers = tuple(sys.argv[2].split())
    with Grader(get(), Sandbox("bwrap" in layers, layers)) as grader:
        grader.grade("r", Path(sys.argv[1]), ["derivative-central"])
"""


@contextlib.contextmanager
def grading(package: Path, kind: str, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that grades something that sleeps, which it does by now."""
    command = [sys.executable, "-c", textwrap.dedent(GRADES), str(package), " ".join(SANDBOXES[kind].layers), *more]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as judge:
        try:
            yield judge
        finally:
            judge.kill()
            judge.wait()


@pytest.mark.parametrize("victim", ["judge", "template", "supervisor"])
@pytest.mark.parametrize("kind", [*SANDBOXES, "bare before Linux 6.12"])
def test_nothing_outlives_a_grader_that_is_killed(
    kind: str, victim: str, exam: Exam, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """At a random moment, by the signal that nobody hears."""
    kind, *old = kind.split(maxsplit=1)
    sandbox(kind)
    daemon = DAEMON if SANDBOXES[kind].layers else ""
    package = submission(tmp_path, SLEEPER.replace("DAEMON", daemon))
    rounds = int(os.environ.get("KILLS", 1))
    for _ in range(rounds):
        with grading(package, kind, *old) as judge:
            assert wait_for(named, 60), "it was never asked"
            time.sleep(random.random() * 0.3)
            below = watch.Family(judge.pid).descendants()
            theirs = [process for process in below if process.pid not in named()]
            at = {"judge": judge.pid, "template": theirs[2 if kind == "bwrap" else 0].pid, "supervisor": theirs[-1].pid}
            os.kill(at[victim], signal.SIGKILL)
            if victim != "judge":
                judge.wait(60)  # it goes on, or ends by itself
            assert wait_for(lambda: not named(), 5), f"{len(named())} processes are left"
            assert wait_for(partial(all_gone, below), 5), "something of the grader's is left"


def all_gone(processes: list[watch.Process]) -> bool:
    return not any(watch._look_at(process.pid) for process in processes)


# --- together -----------------------------------------------------------------------------------------------

TAKES = """
import mmap, os, time

def central_difference(f, x, h=1e-6):
    for _ in range(9):
        if os.fork() == 0:
            os.setsid()
            place = mmap.mmap(-1, 528 << 20, *FLAGS)
            for page in range(0, len(place), 4096):
                place[page] = 1
            time.sleep(100)
    time.sleep(100)
"""


@pytest.mark.parametrize("flags", ["", "mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS"])
@pytest.mark.parametrize("kind", [kind for kind in SANDBOXES if kind != "none"])
def test_processes_of_a_submission_have_the_memory_of_one(kind: str, flags: str, exam: Exam, tmp_path: Path) -> None:
    package = submission(tmp_path, TAKES.replace("*FLAGS", flags))
    most, over = [0], threading.Event()

    def look() -> None:
        family = watch.Family(os.getpid())
        while not over.wait(0.02):
            most[0] = max(most[0], sum(watch.memory(process.pid) for process in family.descendants()))

    thread = threading.Thread(target=look)
    limits = Limits(processes=16)
    with Grader(exam, sandbox(kind), limits=limits) as grader:
        thread.start()
        try:
            (item,) = grader.grade("r", package, ["derivative-central"]).items
        finally:
            over.set()
            thread.join()
    assert item.status == "crashed", item
    assert most[0] < 2 * limits.memory, f"{most[0] >> 20} MB"
