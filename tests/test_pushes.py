"""Pushes that harm: each has its turn, and then the others have theirs."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from forks import python
from nightly import WHOLE, nightly
from test_hook import INSTALL, TRUSTED, Server, commit, eventually, git, gradschool, idle, push, server

from autograder.exam.paper import Exam
from autograder.files import locked
from autograder.grading.grader import Grader, ungraded
from autograder.push import grader as pushes
from autograder.push.hook import load_hook
from autograder.push.semaphore import turn
from autograder.submissions.sources.gittree import Commit, Repository, Unreadable
from autograder.submissions.unpacking import unpacked

__all__ = ["server"]


def queue(bare: Path, *commits: str) -> list[str]:
    """Put pushes of these commits to main into the queue, the first of them first."""
    names = []
    for number, each in enumerate(commits):
        names.append(f"20260101T0000{number:02}Z-{number}")
        (bare / "gradschool" / "queue" / names[-1]).write_text(f"{'0' * 40} {each} refs/heads/main\n")
    return names


def drained(bare: Path) -> tuple[bool, list[str]]:
    """Drain the queue once the grader that a push has started is gone, which may be after its answer."""
    idle(bare)
    said: list[str] = []
    return pushes.drain(load_hook(bare), said.append), said


def without_hook(bare: Path) -> None:
    (bare / "hooks" / "post-receive").unlink()


# --- turns --------------------------------------------------------------------------------------------------


def test_who_has_waited_longest_goes_first(tmp_path: Path) -> None:
    order: list[int] = []
    with turn(tmp_path, 0, places=1):
        threads = [threading.Thread(target=_take, args=(tmp_path, since, order)) for since in (5, 3, 9, 1, 7)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(tickets(tmp_path)) == len(threads))
        assert order == []
    for thread in threads:
        thread.join(30)
    assert order == [1, 3, 5, 7, 9] and tickets(tmp_path) == []


def tickets(folder: Path) -> list[str]:
    """Those that others see, and wait for."""
    return [name for name in os.listdir(folder / "waiting") if not name.startswith(".")]


def _take(folder: Path, since: int, order: list[int]) -> None:
    with turn(folder, since, places=1):
        order.append(since)


def test_no_more_are_at_work_than_there_are_places(tmp_path: Path) -> None:
    at_work, most = [0], [0]
    guard = threading.Lock()

    def work(since: int) -> None:
        with turn(tmp_path, since, places=2):
            with guard:
                at_work[0] += 1
                most[0] = max(most[0], at_work[0])
            time.sleep(random.random() / 50)
            with guard:
                at_work[0] -= 1

    threads = [threading.Thread(target=work, args=(number % 5,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [2] and not any(thread.is_alive() for thread in threads)


_WAITS = """
import sys, time
from pathlib import Path
from autograder.push.semaphore import turn
with turn(Path(sys.argv[1]), int(sys.argv[2]), places=1):
    time.sleep(float(sys.argv[3]))
"""


def test_who_dies_waiting_or_at_work_is_in_nobodys_way(tmp_path: Path) -> None:
    """Whenever that is: many processes, most of which are killed at any moment."""
    dice = random.Random(17)
    count, doomed = (30, 24) if WHOLE else (10, 8)
    started = [python(_WAITS, tmp_path, number, 0.02, cwd=tmp_path) for number in range(count)]
    for process in dice.sample(started, doomed):
        time.sleep(dice.random() / 10)
        process.kill()
    survivors = [process for process in started if process.wait(60) == 0]
    assert len(survivors) >= count - doomed
    with turn(tmp_path, count, places=1):  # whoever comes next takes away what is left of those before
        pass
    assert tickets(tmp_path) == []


def test_a_lock_is_let_go_of_for_good(tmp_path: Path) -> None:
    """Not only here: what was begun meanwhile has all that is open here, until it runs its program or ends."""
    ready, end = os.pipe(), os.pipe()
    with locked(tmp_path / "lock"):
        child = os.fork()
        if not child:
            os.write(ready[1], b"!")
            os.read(end[0], 1)
            os._exit(0)
        os.read(ready[0], 1)
        with locked(tmp_path / "lock", wait=0) as other:
            assert not other
    try:
        with locked(tmp_path / "lock", wait=0) as mine:
            assert mine
    finally:
        os.write(end[1], b"!")
        os.waitpid(child, 0)
        for each in ready + end:
            os.close(each)


def test_a_lock_is_let_go_of_by_its_holder_alone(tmp_path: Path) -> None:
    """A child that leaves the block, too, takes nothing from its parent."""
    lock = locked(tmp_path / "lock")
    with lock:
        if not (child := os.fork()):
            lock.__exit__(None, None, None)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        with locked(tmp_path / "lock", wait=0) as mine:
            assert not mine


@pytest.mark.parametrize(("seconds", "graded"), [(0.2, True), (30.0, False)])
def test_what_a_killed_grader_has_begun_does_not_keep_the_next_from_its_turn(
    server: Server, seconds: float, graded: bool
) -> None:
    """A process has its parent's lock until it runs its program; who has it for long is at work."""
    bare = server.repository("jo", *TRUSTED)
    without_hook(bare)
    clone = server.clone("jo", "lena")
    push(clone)
    queue(bare, git(clone, "rev-parse", "HEAD").strip())
    lock = os.open(bare / "gradschool" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not (child := os.fork()):
        time.sleep(seconds)
        os._exit(0)
    os.close(lock)  # not let go of: as one that is killed
    said: list[str] = []
    try:
        assert pushes.drain(load_hook(bare), said.append)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert (server.queue("jo") == []) == graded
    assert ("jo: another process is at work on it" in said) != graded


_DRAINS = """
import os, sys, time
from pathlib import Path
os.sched_getaffinity = lambda process: {0}
from autograder.grading.grader import ungraded
from autograder.push import grader
from autograder.push.hook import load_hook

def grade(self, push, commit):
    with open("order", "a") as order:
        order.write(self._hook.student + " ")
    time.sleep(0.1)
    return ungraded(self._hook.student, self._job.exam, "no matter", self._job.only)

grader._Grader._grade = grade
grader.drain(load_hook(Path(sys.argv[1])), print)
"""


def test_many_pushes_to_one_repository_delay_no_other(server: Server) -> None:
    """On one core, a repository with two old pushes and two with one each take turns."""
    bares = {}
    for student in ("jo", "kim", "lou"):
        bares[student] = server.repository(student, *TRUSTED)
        without_hook(bares[student])
        clone = server.clone(student, "lena")
        push(clone)
        queue(bares[student], *[commit(clone) for _ in range(2 if student == "jo" else 1)])
        for path in (bares[student] / "gradschool" / "queue").iterdir():
            os.utime(path, ns=(0, {"jo": 1, "kim": 2, "lou": 3}[student]))
        git(clone, "push", "-q", "origin", "main:other")
    with turn(server.results / ".gradschool", 0):
        graders = [python(_DRAINS, bare, cwd=server.folder) for bare in bares.values()]
        eventually(lambda: len(tickets(server.results / ".gradschool")) == len(graders))
    assert [grader.wait(60) for grader in graders] == [0, 0, 0]
    order = (server.folder / "order").read_text().split()
    assert order[:3] == ["jo", "kim", "lou"] and len(order) >= 4


def test_a_push_of_which_single_items_are_ungraded_waits(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there is nothing to say of the whole."""
    bare = server.repository("jo", *TRUSTED)
    without_hook(bare)
    clone = server.clone("jo", "lena")
    push(clone)
    (name,) = queue(bare, git(clone, "rev-parse", "HEAD").strip())

    def grade(self: Any, _: Any, __: str) -> Any:
        return replace(ungraded(self._hook.student, self._job.exam, "the sandbox broke", self._job.only), message="")

    monkeypatch.setattr(pushes._Grader, "_grade", grade)
    done, said = drained(bare)
    assert (done, server.queue("jo")) == (False, [name])
    assert "was not graded: the sandbox broke" in said[-1]


# --- poison -------------------------------------------------------------------------------------------------


@nightly
def test_a_push_that_comes_to_no_verdict_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few tries, each behind the others; nothing is lost, and it can be taken up again."""
    bare = server.repository("jo", *TRUSTED)
    without_hook(bare)
    clone = server.clone("jo", "lena")
    poison = git(clone, "rev-parse", "HEAD").strip()
    push(clone)
    real, begun = Grader.grade_submission, []

    def fails(grader: Grader, submission: Any, only: Any = None) -> Any:
        begun.append(submission)
        raise TypeError("of its own doing")

    monkeypatch.setattr(Grader, "grade_submission", fails)
    queue(bare, poison)
    for number in range(1, 5):
        fine, said = drained(bare)
        assert not fine and len(begun) == number and "of its own doing" in said[0]
    assert "1 tried before" in gradschool(server.folder, "hook", "status", bare)
    fine, said = drained(bare)
    assert not fine and "is given up after 5 tries" in said[-1]
    assert "could not be graded" in next((bare / "gradschool" / "answers").iterdir()).read_text()
    assert server.queue("jo") == [] and server.history("jo") == []
    for _ in range(3):
        assert drained(bare) == (True, []) and len(begun) == 5
    said_now = gradschool(server.folder, "hook", "status", bare)
    assert "given up      1, since 20260101T000000Z" in said_now and "hook install" in said_now

    monkeypatch.setattr(Grader, "grade_submission", real)
    gradschool(server.folder, *INSTALL, bare)
    gradschool(server.folder, "hook", "drain", bare)
    assert [line["commit"] for line in server.history("jo")] == [poison]
    assert "given up      0" in gradschool(server.folder, "hook", "status", bare)


def test_a_push_that_ends_the_grader_comes_last_and_to_an_end(server: Server) -> None:
    """A grader that dies at once each time: the pushes that come later are graded before it is tried again."""
    bare = server.repository("jo", *TRUSTED)
    without_hook(bare)
    clone = server.clone("jo", "lena")
    poison = git(clone, "rev-parse", "HEAD").strip()
    other = commit(clone, "harmless")
    push(clone)
    queue(bare, poison)
    code = (
        "import os, sys\n"
        "from autograder.push import grader as pushes\nfrom autograder.push.hook import load_hook\n"
        "real = pushes._Grader._grade\n"
        "def grade(self, push, commit):\n"
        f"    if commit == {poison!r}: os.kill(os.getpid(), 9)\n"
        "    return real(self, push, commit)\n"
        "pushes._Grader._grade = grade\npushes._TRIES = 2\n"
        "pushes.drain(load_hook(__import__('pathlib').Path(sys.argv[1])), print, look=False)\n"
    )

    def drain() -> int:
        return python(code, bare, cwd=server.folder).wait(120)

    assert drain() == -signal.SIGKILL
    queue(bare, poison, other)
    assert drain() == -signal.SIGKILL
    assert [line["commit"] for line in server.history("jo")] == [other]
    assert drain() == 0 and server.queue("jo") == []
    assert load_hook(bare).abandoned() == ["20260101T000000Z-0"]
    assert drain() == 0 and len(server.history("jo")) == 1
    for _ in range(2):
        assert drained(bare)[0]  # it is not found on the branch and queued again
    assert len(server.history("jo")) == 1


@nightly
def test_trouble_before_a_turn_is_no_try(server: Server) -> None:
    bare = server.repository("jo", *TRUSTED)
    without_hook(bare)
    clone = server.clone("jo", "lena")
    push(clone)
    queue(bare, git(clone, "rev-parse", "HEAD").strip())
    exam = Path(load_hook(bare).exam)
    exam.rename(exam.with_suffix(".away"))
    for _ in range(8):
        fine, said = drained(bare)
        assert not fine and "cannot read the exam" in said[0]
    assert len(server.queue("jo")) == 1
    exam.with_suffix(".away").rename(exam)
    assert drained(bare)[0] and len(server.history("jo")) == 1


@nightly
def test_a_turn_that_never_ends_is_ended(server: Server) -> None:
    bare = server.repository("jo", *TRUSTED)
    without_hook(bare)
    clone = server.clone("jo", "lena")
    push(clone)
    queue(bare, git(clone, "rev-parse", "HEAD").strip())
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from autograder.push import grader as pushes\nfrom autograder.push.hook import load_hook\n"
        "pushes._LONGEST, pushes._TRIES = 1, 2\npushes._Grader._grade = lambda *_: time.sleep(600)\n"
        "pushes.drain(load_hook(Path(sys.argv[1])), print, look=False)\n"
    )
    started = time.monotonic()
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code, str(bare)], check=False, timeout=100)
        assert done.returncode == -signal.SIGALRM
    assert time.monotonic() - started < 60
    subprocess.run([sys.executable, "-c", code, str(bare)], check=True, timeout=100)
    assert server.queue("jo") == [] and len(load_hook(bare).abandoned()) == 1


@nightly
def test_graders_killed_at_any_moment_lose_nothing(server: Server) -> None:
    """Many of them, on three repositories with two pushes each; then all have their result, each push once."""
    dice = random.Random(17)
    bares = {}
    wanted = {}
    for student in ("jo", "kim", "lou"):
        bares[student] = server.repository(student, *TRUSTED)
        without_hook(bares[student])
        clone = server.clone(student, "lena")
        heads = [git(clone, "rev-parse", "HEAD").strip(), commit(clone)]
        push(clone)
        queue(bares[student], *heads)
        wanted[student] = sorted(heads)
    for _ in range(int(os.environ.get("KILLS", "12" if WHOLE else "2"))):
        bare = dice.choice(list(bares.values()))
        command = [sys.executable, "-m", "autograder.cli", "hook", "drain", str(bare)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(dice.random() * 1.5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for student, bare in bares.items():
        gradschool(server.folder, "hook", "drain", bare)
        assert server.queue(student) == [] and load_hook(bare).abandoned() == []
        assert sorted(line["commit"] for line in server.history(student)) == wanted[student]
        assert server.report(student)["score"] == 0


@nightly
def test_a_grader_that_died_when_all_was_done_leaves_no_line_twice(server: Server) -> None:
    bare = server.repository("jo", *TRUSTED)
    clone = server.clone("jo", "lena")
    push(clone)
    (line,) = server.history("jo")
    (bare / "gradschool" / "queue" / line["push"]).write_text(f"{'0' * 40} {line['commit']} refs/heads/main\n")
    assert drained(bare)[0] and server.queue("jo") == [] and len(server.history("jo")) == 1
    file = server.results / "jo" / "history.jsonl"
    file.write_bytes(file.read_bytes() + b'{"cut o')
    commit(clone)
    push(clone)
    assert len(file.read_text().splitlines()) == 3 and "score 0" in gradschool(server.folder, "hook", "status", bare)


# --- commits that cannot be read ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["lost", "damaged", "cut off", "another"])
@pytest.mark.parametrize("what", ["HEAD", "HEAD^{tree}", "HEAD:micrograd", "HEAD:micrograd/engine.py"])
def test_a_commit_that_cannot_be_read_is_told_so(tmp_path: Path, what: str, how: str) -> None:
    clone = Server(tmp_path).clone("jo", "lena")
    head, id = git(clone, "rev-parse", "HEAD").strip(), git(clone, "rev-parse", what).strip()
    spoil(clone / ".git", id, how)
    with unpacked(Commit(Repository(clone / ".git"), head)) as package:
        assert package.root is None and package.problem
    if how != "another":
        assert f"commit {head[:10]} cannot be read (" in package.problem


def spoil(folder: Path, id: str, how: str) -> None:
    """Make an object of a repository one that cannot be read."""
    file = folder / "objects" / id[:2] / id[2:]
    file.chmod(0o600)
    if how == "lost":
        file.unlink()
    elif how == "damaged":
        file.write_bytes(os.urandom(100))
    elif how == "cut off":
        file.write_bytes(file.read_bytes()[:-20])
    else:
        file.write_bytes(zlib.compress(b"tag 4\0what"))


def test_a_push_that_cannot_be_read_is_done_after_its_turn(server: Server) -> None:
    bare = server.repository("jo", *TRUSTED)
    without_hook(bare)
    git(bare, "config", "receive.unpackLimit", "10000")
    clone = server.clone("jo", "lena")
    push(clone)
    head = git(clone, "rev-parse", "HEAD").strip()
    spoil(bare, git(clone, "rev-parse", "HEAD:micrograd/engine.py").strip(), "damaged")
    (name,) = queue(bare, head)
    assert drained(bare)[0] and server.queue("jo") == [] and len(server.history("jo")) == 1
    assert f"commit {head[:10]} cannot be read" in (bare / "gradschool" / "answers" / name).read_text()
    assert drained(bare) == (True, []) and len(server.history("jo")) == 1


@nightly
def test_git_that_is_killed_is_trouble_of_ours(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = server.repository("jo", *TRUSTED)
    clone = server.clone("jo", "lena")
    push(clone)
    head = git(clone, "rev-parse", "HEAD").strip()
    folder = server.folder / "bin"
    folder.mkdir()
    real = shutil.which("git")
    for doomed in ("ls-tree", "cat-file", "rev-parse"):
        (folder / "git").write_text(f'#!/bin/sh\ncase "$*" in *{doomed}*) kill -9 $$;; esac\nexec {real} "$@"\n')
        (folder / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        with pytest.raises(OSError, match="git was killed"), unpacked(Commit(Repository(bare), head)):
            pass
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OSError, match="git does not start"), unpacked(Commit(Repository(bare), head)):
        pass


@nightly
def test_a_tree_of_empty_trees_is_not_walked_to_its_end(server: Server) -> None:
    """A million million folders without a file: git would walk them for days, and say nothing."""
    server.repository("jo")
    clone = server.clone("jo", None)
    tree = git(clone, "mktree", feed=b"").strip()
    for _ in range(12):
        lines = "".join(f"040000 tree {tree}\t{number}\n" for number in range(10))
        tree = git(clone, "mktree", feed=lines.encode()).strip()
    bomb = git(clone, "commit-tree", "-m", "bomb", tree).strip()
    started = time.monotonic()
    said = push(clone, f"{bomb}:refs/heads/main")
    assert "holds more than 50,000 files" in said and server.queue("jo") == []
    assert time.monotonic() - started < 50


@nightly
def test_a_tree_is_not_walked_to_any_depth(server: Server) -> None:
    """Nested 30,000 deep, all paths to it are longer than the machine's memory."""
    bare = server.repository("jo", *TRUSTED)
    without_hook(bare)
    blob = git(bare, "hash-object", "-w", "--stdin", feed=b"x").strip()
    tree = _tree(bare, b"100644 f\0" + bytes.fromhex(blob))
    for _ in range(30_000):
        tree = _tree(bare, b"40000 a\0" + bytes.fromhex(tree))
    started = time.process_time()
    with unpacked(Commit(Repository(bare), git(bare, "commit-tree", "-m", "deep", tree).strip())) as package:
        assert "its folders are nested too deeply" in package.problem
    wide = _tree(bare, b"".join(b"100644 %05d\0" % number + bytes.fromhex(blob) for number in range(49_000)))
    for _ in range(450):
        wide = _tree(bare, b"40000 a\0" + bytes.fromhex(wide))
    with unpacked(Commit(Repository(bare), git(bare, "commit-tree", "-m", "wide", wide).strip())) as package:
        assert "no micrograd/ folder" in package.problem
    assert time.process_time() - started < 30


def _tree(bare: Path, entries: bytes) -> str:
    """A tree object of these raw entries, written without a process of git's."""
    raw = b"tree %d\0" % len(entries) + entries
    id = hashlib.sha1(raw).hexdigest()
    file = bare / "objects" / id[:2] / id[2:]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(zlib.compress(raw))
    return id


def test_a_branch_without_a_commit_raises_unreadable(server: Server) -> None:
    bare = server.repository("jo", *TRUSTED)
    with pytest.raises(Unreadable):
        list(Commit(Repository(bare), "1" * 40).entries())


# --- a class ------------------------------------------------------------------------------------------------


@nightly
def test_twenty_pushes_one_of_them_poisoned(server: Server, exam: Exam) -> None:
    """All that are honest have their result within their own connection, whatever one of them does."""
    students = [f"s{number:02}" for number in range(20)]
    clones = {}
    for student in students:
        server.repository(student)
        clones[student] = server.clone(student, "lena")
    engine = clones["s07"] / "micrograd" / "engine.py"
    engine.write_text("import os, signal\nos.kill(0, signal.SIGKILL)\nos._exit(0)\n" + engine.read_text())
    commit(clones["s07"])
    started = time.monotonic()
    running = [
        subprocess.Popen(["git", "-C", str(clone), "push", "-q", "origin", "main"], stderr=subprocess.PIPE, text=True)
        for clone in clones.values()
    ]
    said = dict(zip(students, (process.communicate(timeout=300)[1] for process in running), strict=True))
    print(f"20 pushes in {time.monotonic() - started:.1f} s")
    late = [student for student in students if "score" not in said[student]]
    assert set(late) <= {"s07"}, said
    for student in students:
        eventually(lambda each=student: server.queue(each) == [])
        assert len(server.history(student)) == 1 and json.dumps(server.report(student))
    with locked(server.results / ".gradschool" / "turn-0", wait=0) as free:
        assert free
