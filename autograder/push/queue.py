"""Pushes on their way from the hook's queue to the results folder.

A push is a file in the queue until its result is written; so nothing is lost when a grader dies, and whoever comes
next takes it up. Grading runs in a process of its own, which the pusher's connection cannot take along. One process at
a time works on a repository, and as many in all as there are cores; of those that wait, the repository goes next that
has waited longest since its push came or since its last turn.

That grading begins is written down before it does. A push that comes to no verdict, or that ends the grader, goes
behind the others, and after a few tries it is given up: kept, named by `status`, and no longer in the queue.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from autograder.errors import UserError
from autograder.locks import locked
from autograder.project import typed
from autograder.push.hook import Hook, command
from autograder.push.turns import turn
from autograder.report import Report
from autograder.report.explanation import Explanation
from autograder.report.files import write_atomically
from autograder.report.push import push_lines, short
from autograder.submissions.gittree import Commit

if TYPE_CHECKING:
    from autograder.classroom.grade import Job
    from autograder.exam.items import Question

Say = Callable[[str], None]

_PATIENCE = 10  # seconds between signs of life
_KEPT = 3600  # seconds that an answer waits for somebody to read it
_LOG = 1_000_000
_TRIES = 5
_LONGEST = 900  # seconds that a turn may take: far more than a submission's budget
_LATER = [
    "Your push is safe and queued; the result goes to your instructor.",
    "To see it later: git commit --allow-empty -m again && git push",
]
_DOWN = [
    "The grader is in trouble, which is not your fault.",
    "Your push is safe and queued, and will be graded later.",
]
_GIVEN_UP = [
    "Your push could not be graded, although it was tried several times.",
    "It is safe. Please tell your instructor.",
]


class Push(NamedTuple):
    """What a push means to the grader: the commit to grade, if any, and remarks on all else."""

    name: str
    commit: str | None
    remarks: list[str]


def receive(hook: Hook, name: str, say: Say) -> None:
    """What the hook does: have a push in the queue graded, and wait for the answer, but not for long."""
    started = time.monotonic()
    answer = hook.answers / name
    push = _read(hook, name)
    if push is not None and push.commit is None:
        (hook.queue / name).unlink(missing_ok=True)
        return _say_all(say, push.remarks)
    grader = _start(hook)  # before a word is said: whoever listens may hang up
    if push is not None and push.commit is not None:  # otherwise it is being answered already
        _say_all(say, [*push.remarks, f"gradschool: grading {push.commit[:10]}"])
    signs = 1
    while not answer.exists():
        waited = time.monotonic() - started
        if grader.poll():
            return _say_all(say, _DOWN)
        if waited > hook.timeout:
            return _say_all(say, [f"No result within {hook.timeout:g} s.", *_LATER])
        if waited > _PATIENCE * signs:
            say(f"gradschool: still at it, {len(hook.waiting())} in the queue")
            signs += 1
        time.sleep(0.02)
    _say_all(say, answer.read_text("utf-8").split("\n"))
    answer.unlink(missing_ok=True)


def drain(hook: Hook, say: Say, *, look: bool = True) -> bool:
    """Try what waits in the queue, once; whether all could be graded. With `look`, also a branch that no hook reported.

    Returns at once where another process is at work on the repository: that one looks again before it ends.
    """
    grader = _Grader(hook, say)
    tried: set[str] = set()
    while True:
        with locked(hook.folder / "lock", wait=False) as mine:
            if not mine:
                say(f"{hook.student}: another process is at work on it")
                return True
            if look:
                _look(hook)
            while (push := _next(hook, tried)) is not None:
                tried.add(push.name)
                grader.handle(push)
            _sweep(hook)
        if not set(hook.waiting()) - tried:  # that came between the last look and letting go of the lock
            return not hook.waiting() and not tried & set(hook.abandoned())


def status(hook: Hook, say: Say) -> None:
    """Say what is installed, what waits, and what was graded last."""
    with locked(hook.folder / "lock", wait=False) as free:
        work = "nobody" if free else "a grader"
    waiting, abandoned = hook.waiting(), hook.abandoned()
    tried = sum(1 for name in waiting if _tries(hook, name))
    last = _last(hook.history)
    graded = "{commit:.10}, score {score:g}, bonus {bonus:g}, at {graded}".format(**last) if last else "none"
    for name, value in {
        "repository": hook.repository, "hook": hook.script + ("" if Path(hook.script).exists() else " (missing)"),
        "runs first": hook.chained or "nothing", "student": hook.student, "branch": hook.graded_branch() or "none",
        "results": hook.results, "exam": hook.exam, "sandbox": hook.sandbox, "waits": f"{hook.timeout:g} s",
        "in the queue": f"{len(waiting)}" + _since(waiting) + (f", {tried} tried before" if tried else ""),
        "given up": f"{len(abandoned)}" + _since(abandoned)
        + (" (the log says why; `gradschool hook install` again queues them)" if abandoned else ""),
        "at work": work, "graded last": graded, "log": str(hook.log),
    }.items():  # fmt: skip
        say(f"{name:<13} {value}")


def _since(pushes: list[str]) -> str:
    return f", since {pushes[0].partition('-')[0]}" if pushes else ""


class _Grader:
    """Grades the pushes of one repository."""

    def __init__(self, hook: Hook, say: Say):
        self._hook = hook
        self._say = say

    @cached_property
    def _job(self) -> Job:
        from autograder.classroom.grade import Job, item_ids
        from autograder.exam.paper import load
        from autograder.sandbox.launcher import choose

        # Shrinking takes twenty times as long as grading, and changes few of the questions that are shown.
        return Job(load(Path(self._hook.exam)), choose(self._hook.sandbox), item_ids(()))

    @cached_property
    def _known(self) -> dict[str, list[Question]]:
        """The questions whose answers students have anyway, in their practice exam."""
        from autograder.exam.paper import load

        return load(Path(self._hook.practice)).questions()

    def handle(self, push: Push) -> None:
        """Grade a push and take it out of the queue. One that came to no verdict stays there for a few tries."""
        if push.commit is None:
            self._answer(push, push.remarks)
        elif (_last(self._hook.history) or {}).get("push") != push.name:  # else a grader died when it was done
            if _tries(self._hook, push.name) >= _TRIES:
                return self._give_up(push, push.commit)
            if reason := self._try(push, push.commit):
                self._say(f"{self._hook.student}: {push.commit[:10]} was not graded: {reason}")
                if _tries(self._hook, push.name) >= _TRIES:
                    self._give_up(push, push.commit)
                return
        self._leave_queue(push)

    def _try(self, push: Push, commit: str) -> str:
        """Grade a push, or say why it could not be. What comes in the way before it has its turn is no try."""
        hook = self._hook
        try:
            _ = self._job, self._known
            with turn(hook.common, _waits_since(hook)), _at_work(hook):
                _begin(hook, push)
                report = self._grade(push, commit)
        except Exception as error:  # whatever a push brings about, it must not keep others from their turns
            self._answer(push, _DOWN)
            return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        if report.ungraded:
            return report.message
        self._say(f"{hook.student}: {commit[:10]} graded: {report.score:g}, bonus {report.bonus:g}")
        return ""

    def _give_up(self, push: Push, commit: str) -> None:
        hook = self._hook
        self._say(f"{hook.student}: {commit[:10]} is given up after {_TRIES} tries; once the grader is mended, "
                  f"`gradschool hook install {typed(hook.repository)}` queues it again")  # fmt: skip
        self._answer(push, _GIVEN_UP)
        hook.given_up.mkdir(exist_ok=True)
        os.replace(hook.queue / push.name, hook.given_up / push.name)
        (hook.tries / push.name).unlink(missing_ok=True)

    def _leave_queue(self, push: Push) -> None:
        for folder in (self._hook.queue, self._hook.tries):
            (folder / push.name).unlink(missing_ok=True)

    def _grade(self, push: Push, commit: str) -> Report:
        """The report on a commit. It becomes the student's result if the branch still stands at that commit."""
        from autograder.classroom.grade import Results, grade_class
        from autograder.submissions.submission import Submission

        hook = self._hook
        submission = Submission(hook.student, {"": Commit(hook.git, commit)}, hook.student)
        current = hook.git.tip(hook.graded_branch() or "") == commit

        def answer(_: str, report: Report) -> None:
            self._answer(push, self._feedback(report, current))

        if current:
            results = Results(Path(hook.results), self._job, shared=True)
            (report,) = grade_class([submission], self._job, results, progress=answer)
        else:
            with self._job.grader() as grader:
                report = self._job.grade(grader, submission)
            answer("", report)
        if not report.ungraded:
            if current:
                write_atomically(hook.folder / "graded", commit)
            _append(hook.history, _entry(push, commit, report, current))
        return report

    def _feedback(self, report: Report, current: bool) -> list[str]:
        if report.ungraded:
            return _DOWN
        superseded = [] if current else ["Meanwhile the branch has moved on; this is about the older commit."]
        return superseded + push_lines(report, quiet=self._hook.quiet, instead=self._withheld(report))

    def _withheld(self, report: Report) -> dict[str, str]:
        """What to say about wrong answers, by item: what was asked, not what is right, which many pushes would collect.
        Questions that stand in the practice exam too may have their message."""
        said = {}
        for item in report.items:
            inputs = (item.counterexample or {}).get("inputs")
            if item.status == "failed" and inputs not in self._known.get(item.id, []):
                ask = self._job.exam.sheets[item.id].asks(inputs) if inputs is not None else item.title
                told = Explanation("a wrong answer", ask, mistake=item.explanation.mistake)
                said[item.id] = told.text()
        return said

    def _answer(self, push: Push, lines: list[str]) -> None:
        write_atomically(self._hook.answers / push.name, "\n".join(lines))


def _read(hook: Hook, name: str, folder: Path | None = None) -> Push | None:
    """A push in the queue, or in another folder; None when it is no longer there."""
    try:
        text = ((folder or hook.queue) / name).read_bytes()
    except FileNotFoundError:
        return None
    branch = hook.graded_branch()
    commit, remarks = None, []
    for line in text.split(b"\n"):
        if len(words := os.fsdecode(line).split(" ", 2)) != 3:
            continue
        _, new, ref = words
        kind = {"refs/heads/": "branch", "refs/tags/": "tag"}.get(ref[: ref.find("/", 5) + 1])
        what = f"{kind} {ref.split('/', 2)[2]}" if kind else ref
        if ref != f"refs/heads/{branch}":
            remarks += short(f"gradschool: {what} is not graded, only {branch} is", 2)
        elif set(new) == {"0"}:
            commit = None
            remarks += short(f"gradschool: {what} is gone; there is nothing to grade", 2)
        else:
            commit = new
    return Push(name, commit, [*remarks[:5], *["..."] * (len(remarks) > 5)])


def _next(hook: Hook, tried: set[str]) -> Push | None:
    """The next push to grade: the one that the branch stands at, then the others as they came; what was tried in vain
    comes last."""
    pushes = [push for name in hook.waiting() if name not in tried and (push := _read(hook, name)) is not None]
    tip = hook.git.tip(hook.graded_branch() or "")
    return min(pushes, key=lambda push: (_tries(hook, push.name), push.commit != tip, push.name), default=None)


def _look(hook: Hook) -> None:
    """Queue what the branch stands at, if that was neither graded nor queued: a hook may not have run at all."""
    branch = hook.graded_branch()
    tip = hook.git.tip(branch or "")
    graded = ""
    with suppress(FileNotFoundError):
        graded = (hook.folder / "graded").read_text()
    known = [(hook.queue, name) for name in hook.waiting()] + [(hook.given_up, name) for name in hook.abandoned()]
    queued = [push.commit for folder, name in known if (push := _read(hook, name, folder)) is not None]
    if tip and tip not in (graded, *queued):
        write_atomically(hook.queue / f"{_now():%Y%m%dT%H%M%SZ}-found", f"{'0' * len(tip)} {tip} refs/heads/{branch}\n")


def _sweep(hook: Hook) -> None:
    """Remove answers that nobody has fetched."""
    for path in hook.answers.glob("*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _KEPT:
                path.unlink()


def _start(hook: Hook) -> subprocess.Popen[bytes]:
    """A process that drains the queue, and holds nothing of the pusher's connection."""
    with suppress(OSError):
        if hook.log.stat().st_size > _LOG:
            os.replace(hook.log, hook.log.with_name("log.old"))
    with open(hook.log, "ab") as log:
        arguments = [*command(), "hook", "drain", "--queued", hook.repository]
        return subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
        )


def _tries(hook: Hook, name: str) -> int:
    """How often grading a push was begun."""
    try:
        return (hook.tries / name).stat().st_size
    except FileNotFoundError:
        return 0


def _begin(hook: Hook, push: Push) -> None:
    """Write down that grading a push begins: whatever becomes of this process, that is known."""
    hook.tries.mkdir(exist_ok=True)
    with open(hook.tries / push.name, "ab") as file:
        file.write(b".")


def _waits_since(hook: Hook) -> int:
    """Since when the repository waits: since its first push came or, for one with many must have no more turns than one
    with few, since its last turn."""
    came = [_changed(hook.queue / name) for name in hook.waiting()]
    return max(min(came, default=0), _changed(hook.folder / "last-turn"))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@contextmanager
def _at_work(hook: Hook) -> Iterator[None]:
    """A turn of the repository's, which is over after a while, at the latest with this process."""
    (hook.folder / "last-turn").touch()
    signal.alarm(_LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        with suppress(OSError):
            (hook.folder / "last-turn").touch()


def _entry(push: Push, commit: str, report: Report, current: bool) -> dict[str, Any]:
    stamp = datetime.strptime(push.name.partition("-")[0], "%Y%m%dT%H%M%SZ")
    return {
        "pushed": f"{stamp:%Y-%m-%dT%H:%M:%SZ}", "graded": f"{_now():%Y-%m-%dT%H:%M:%SZ}", "commit": commit,
        "score": report.score, "max_score": report.max_score, "bonus": report.bonus, "exam": report.exam,
        "submission": report.submission, "current": current, "push": push.name,
    }  # fmt: skip


def _append(history: Path, entry: dict[str, Any]) -> None:
    history.parent.mkdir(parents=True, exist_ok=True)
    with open(history, "ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
        torn = file.read(1) not in (b"", b"\n")  # a line that was cut off
        file.write(b"\n" * torn + json.dumps(entry).encode("ascii") + b"\n")


def _last(history: Path) -> dict[str, Any] | None:
    try:
        lines = history.read_text("ascii").splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        with suppress(ValueError):  # a line that was cut off
            return dict(json.loads(line))
    return None


def _now() -> datetime:
    return datetime.now(UTC)


def _say_all(say: Say, lines: list[str]) -> None:
    for line in lines:
        say(line)
