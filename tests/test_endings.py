"""Whatever ends a grader, and whoever is killed, nothing of a submission runs on; and together its processes use no
more than one may."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from attacks.arena import survivors
from conftest import ROOT
from nightly import few, only

from autograder import scratch
from autograder.errors import UserError
from autograder.exam.paper import Exam
from autograder.grading import asking
from autograder.grading.grader import Grader
from autograder.sandbox import launcher, layers
from autograder.sandbox.kernel import users, watch
from autograder.sandbox.layers import BARE, NO_SANDBOX, Sandbox
from autograder.sandbox.protocol import Limits, SandboxError

pytestmark = [
    pytest.mark.xdist_group("sandbox"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has sandboxes"),
]
IS_ROOT = users.is_root()
MARK = f"ends{os.getpid()}"[:15]
SANDBOXES = {
    "bwrap": Sandbox(True, ("bwrap", *layers.FULL)),
    "namespaces": Sandbox(False, layers.FULL),
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


@cache
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
    from autograder.classroom.grade import Job
    from autograder.grading import asking
    from autograder.grading.exams import get
    from autograder.grading.grader import Grader
    from autograder.classroom.worker_pool import judged
    from autograder.sandbox.layers import Sandbox
    from autograder.sandbox.protocol import Limits
    from autograder.submissions.submission import Submission
    package, layers, who, more = Path(sys.argv[1]), tuple(sys.argv[2].split()), sys.argv[3], sys.argv[4:]
    if "before Linux 6.12" in more:
        from autograder.sandbox.worker import Worker
        command = Worker._command
        old = "from autograder.sandbox.kernel import landlock; landlock.landlock_abi = lambda: 5; "
        template = "from autograder.sandbox.inside.template"
        Worker._command = lambda self: [
            word.replace(template, old + template) for word in command(self)
        ]
    sandbox = Sandbox("bwrap" in layers, layers)
    if __name__ == "__main__" and who == "main":
        list(judged([Submission("r", {"": package}, "r")], Job(get(), sandbox, ("derivative-central",)), 1))
    elif __name__ == "__main__":
        asking.overloaded = lambda: False  # which would wait three times as long for those who sleep
        with Grader(get(), sandbox, limits=Limits(wall=1.5), fork="without fork" not in more) as grader:
            grader.grade("r", package, ["derivative-central"])
"""


@contextlib.contextmanager
def grading(package: Path, kind: str, who: str, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process, `who` of grading, that has something graded that sleeps, which it does by now."""
    script = package.parent / "grades.py"
    script.write_text(textwrap.dedent(GRADES))
    command = [sys.executable, str(script), str(package), " ".join(SANDBOXES[kind].layers), who, *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()
            process.wait()


SUBTLE = ("judge", "template", "supervisor")


@pytest.mark.parametrize("victim", only(["main", *SUBTLE], "main".__eq__))
@pytest.mark.parametrize(
    "kind", only([*SANDBOXES, "bare before Linux 6.12", "none without fork"], {"bwrap"}.__contains__)
)
def test_nothing_outlives_a_grader_that_is_killed(
    kind: str, victim: str, exam: Exam, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """At a random moment, by the signal that nobody hears."""
    kind, *more = kind.split(maxsplit=1)
    if more and victim not in {"before Linux 6.12": SUBTLE, "without fork": ("judge",)}[more[0]]:
        pytest.skip("that is another one's end, or there is none")
    sandbox(kind)
    daemon = DAEMON if SANDBOXES[kind].layers else ""
    package = submission(tmp_path, SLEEPER.replace("DAEMON", daemon))
    rounds = int(os.environ.get("KILLS", 1))
    for _ in range(rounds):
        with grading(package, kind, victim, *more) as judge:
            assert wait_for(named, 60), "it was never asked"
            time.sleep(random.random() * 0.3)
            below = watch.Family(judge.pid).descendants()
            theirs = [process for process in below if process.pid not in named()]
            at = {"main": judge.pid, "judge": judge.pid}
            if victim not in at:
                at |= {"template": theirs[2 if kind == "bwrap" else 0].pid, "supervisor": theirs[-1].pid}
            os.kill(at[victim], signal.SIGKILL)
            if judge.pid != at[victim]:
                judge.wait(60)  # it goes on, or ends by itself
            assert wait_for(lambda: not named(), 5), f"{len(named())} processes are left"
            assert wait_for(partial(all_gone, below), 5), "something of the grader's is left"


def all_gone(processes: list[watch.Process]) -> bool:
    return not any(watch._look_at(process.pid) for process in processes)


# --- what a killed one leaves on the disk -------------------------------------------------------------------


shut_in = pytest.mark.parametrize("kind", only([kind for kind in SANDBOXES if kind != "none"], "bwrap".__eq__))


@pytest.fixture
def temporary(reachable: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(reachable))
    monkeypatch.setenv("TMPDIR", str(reachable))
    scratch._sweep.cache_clear()
    yield reachable
    scratch._sweep.cache_clear()


@pytest.mark.parametrize("kind", only([kind for kind in SANDBOXES if kind != "none"], "bwrap".__eq__))
def test_the_next_grader_removes_what_a_killed_one_left(kind: str, exam: Exam, tmp_path: Path, temporary: Path) -> None:
    sandbox(kind)
    package = submission(tmp_path, SLEEPER.replace("DAEMON", DAEMON))
    with grading(package, kind, "judge") as judge:
        assert wait_for(named, 60), "it was never asked"
        (held,) = temporary.iterdir()
        with scratch.Scratch() as mine:
            assert {*temporary.iterdir()} == {held, Path(mine)}, "somebody needs it"
        judge.kill()
        judge.wait()
        assert any(held.rglob("*.py"))
        assert wait_for(lambda: not named(), 5)
    scratch._sweep.cache_clear()
    with Grader(exam, NO_SANDBOX) as grader:
        assert {*temporary.iterdir()} == {grader._worker.folder}
    assert not [*temporary.iterdir()]


HOLDERS = {
    "mistakes": "from autograder.exam.mutants import planted as held",
    "the reference": "from autograder.exam.building import _reference as held",
    "a folder in the cache": "from autograder.scratch import Scratch\nheld = lambda: Scratch(inside=sys.argv[1])",
}
HOLDS = """
import pathlib, sys, time
{}
with held() as folder:
    pathlib.Path(folder, "draft").touch()
    print("held", flush=True)
    time.sleep(100)
"""


@pytest.mark.parametrize("what", HOLDERS)
def test_what_a_killed_author_left_goes_with_the_next(what: str, temporary: Path) -> None:
    """Copies of the reference among them."""
    command = [sys.executable, "-c", HOLDS.format(HOLDERS[what]), str(temporary)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as author:
        assert author.stdout and author.stdout.readline() == b"held\n"
        (folder,) = temporary.iterdir()
        assert folder.stat().st_mode & 0o077 == 0, "it is nobody else's"
        scratch._sweep.cache_clear()
        with scratch.Scratch(inside=temporary):
            assert folder.exists()
        author.kill()
    scratch._sweep.cache_clear()
    with scratch.Scratch(inside=temporary) as mine:
        assert [*temporary.iterdir()] == [Path(mine)]


def left(place: Path, name: str = "gradschool-own_12345678") -> Path:
    """What looks like the folder of somebody who was killed."""
    (place / name / "inner").mkdir(parents=True)
    (place / name / "inner" / "file").touch()
    return place / name


def swept(place: Path) -> None:
    scratch._sweep.cache_clear()
    scratch._sweep(str(place))


def test_sweeping_follows_no_link(temporary: Path, tmp_path: Path) -> None:
    kept = left(tmp_path, "kept")
    folder = left(temporary)
    (folder / "file").symlink_to(kept / "inner" / "file")
    (folder / "folder").symlink_to(kept)
    (folder / "inner" / "deeper").symlink_to(kept)
    (temporary / "gradschool-own_abcdefgh").symlink_to(kept)
    swept(temporary)
    assert [path.name for path in temporary.iterdir()] == ["gradschool-own_abcdefgh"]
    assert (kept / "inner" / "file").exists()


def test_sweeping_takes_only_what_is_ours(temporary: Path) -> None:
    for name in ("gradschool-12345678", "gradschool-own_1234567", "gradschool-own_123456789", "own_12345678", "tmp"):
        left(temporary, name)
    (temporary / "gradschool-own_abcdefgh").touch()
    os.mkfifo(temporary / "gradschool-own_hgfedcba")
    before = {*temporary.iterdir()}
    taken = [left(temporary), left(temporary, "gradschool-class-own_12345678")]
    swept(temporary)
    assert {*temporary.iterdir()} == before and not any(map(os.path.exists, taken))


@pytest.mark.skipif(not IS_ROOT, reason="only root can give anything away")
@pytest.mark.parametrize(("owner", "goes"), [("daemon", False), ("nobody", False), (70_123, True)])
def test_sweeping_takes_from_no_account(temporary: Path, owner: str | int, goes: bool) -> None:
    """Root's workers are users whom no account is."""
    folder = left(temporary)
    shutil.chown(folder, owner)
    swept(temporary)
    assert folder.exists() != goes


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another")
def test_an_ordinary_user_sweeps_its_own(temporary: Path) -> None:
    temporary.chmod(0o777)
    others, mine = left(temporary), left(temporary, "gradschool-own_abcdefgh")
    for path in (mine, *mine.rglob("*")):
        os.chown(path, 70_123, 70_123)
    child = os.fork()
    if not child:
        try:
            os.setresuid(70_123, 70_123, 70_123)
            swept(temporary)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert others.exists() and not mine.exists()


def test_a_folder_is_gone_before_it_was_locked(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another sweeps it in between: then there is another one."""
    held, swept_once = scratch._held, []

    def sweep_first(folder: str, wait: bool) -> int | None:
        found = held(folder, wait)
        if wait and not swept_once:
            swept_once.append(folder)
            os.rmdir(folder)
        return found

    monkeypatch.setattr(scratch, "_held", sweep_first)
    with scratch.Scratch() as folder:
        assert os.path.isdir(folder) and [folder] != swept_once
    assert not [*temporary.iterdir()]


def test_many_come_and_go_at_once(temporary: Path) -> None:
    """Each sweeps, makes a folder, and finds in it what it put there."""
    program = """
import os, sys, tempfile
from autograder import scratch
for _ in range(40):
    scratch._sweep.cache_clear()
    with scratch.Scratch() as folder:
        open(os.path.join(folder, "mine"), "w").close()
        scratch._sweep.cache_clear()
        scratch._sweep(tempfile.gettempdir())
        assert os.listdir(folder) == ["mine"]
    os.mkdir(os.path.join(tempfile.gettempdir(), "gradschool-own_" + os.urandom(4).hex()))
"""
    command = [sys.executable, "-c", program]
    several = [subprocess.Popen(command, cwd=ROOT) for _ in range(4)]
    assert [process.wait(100) for process in several] == [0] * 4
    swept(temporary)
    assert not [*temporary.iterdir()]


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


@pytest.mark.parametrize("kind", only([kind for kind in SANDBOXES if kind != "none"], "bwrap".__eq__))
def test_what_an_item_printed_is_told_whoever_ended_it(
    kind: str, exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its runner was ended along with it, as when the clock is over."""
    monkeypatch.setattr(asking, "overloaded", lambda: False)
    source = (
        "import time\n\ndef central_difference(f, x, h=1e-6):\n    print('at', x, flush=True)\n    time.sleep(100)\n"
    )
    with Grader(exam, sandbox(kind), limits=Limits(wall=0.5)) as grader:
        (item,) = grader.grade("r", submission(tmp_path, source), ["derivative-central"]).items
    assert item.status == "timeout" and item.stdout.startswith("at ")


@pytest.mark.parametrize("flags", few(["", "mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS"], 1))
@shut_in
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
