"""The queue of a repository: a file a push, and beside it how often grading that was begun.

A push is a file in the queue until its result is written; so nothing is lost when a grader dies, and whoever comes
next takes it up.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from autograder.files import write_atomically
from autograder.push.hook import Hook
from autograder.report.push import short
from autograder.texts import _

_FOUND = "-found"
_KEPT = 3600  # seconds that an answer waits for somebody to read it


class Push(NamedTuple):
    """What a push means to the grader: the commit to grade, if any, and remarks on all else."""

    name: str
    commit: str | None
    remarks: list[str]

    @property
    def was_found(self) -> bool:
        """Whether no hook reported it, so that nothing is known of when it came."""
        return self.name.endswith(_FOUND)


def read(hook: Hook, name: str, folder: Path | None = None) -> Push | None:
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
        new, ref = words[1:]
        kind = {"refs/heads/": "branch", "refs/tags/": "tag"}.get(ref[: ref.find("/", 5) + 1])
        what = f"{kind} {ref.split('/', 2)[2]}" if kind else ref
        if ref != f"refs/heads/{branch}":
            remarks += short("gradschool: " + _("{what} is not graded, only {branch} is", what=what, branch=branch), 2)
        elif set(new) == {"0"}:
            commit = None
            remarks += short("gradschool: " + _("{what} is gone; there is nothing to grade", what=what), 2)
        else:
            commit = new
    return Push(name, commit, [*remarks[:5], *["..."] * (len(remarks) > 5)])


def next_push(hook: Hook, tried: set[str]) -> Push | None:
    """The next push to grade: the one that the branch stands at, then the others as they came; what was tried in vain
    comes last."""
    pushes = [push for name in hook.waiting() if name not in tried and (push := read(hook, name)) is not None]
    tip = hook.git.tip(hook.graded_branch() or "")
    return min(pushes, key=lambda push: (tries(hook, push.name), push.commit != tip, push.name), default=None)


def look_at_branch(hook: Hook) -> None:
    """Queue what the branch stands at, if that was neither graded nor queued: a hook may not have run at all."""
    branch = hook.graded_branch()
    tip = hook.git.tip(branch or "")
    graded = ""
    with suppress(FileNotFoundError):
        graded = (hook.folder / "graded").read_text()
    known = [(hook.queue, name) for name in hook.waiting()] + [(hook.given_up, name) for name in hook.abandoned()]
    queued = [push.commit for folder, name in known if (push := read(hook, name, folder)) is not None]
    if tip and tip not in (graded, *queued):
        write_atomically(
            hook.queue / f"{now():%Y%m%dT%H%M%SZ}{_FOUND}", f"{'0' * len(tip)} {tip} refs/heads/{branch}\n"
        )


def sweep(hook: Hook) -> None:
    """Remove answers that nobody has fetched."""
    for path in hook.answers.glob("*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _KEPT:
                path.unlink()


def tries(hook: Hook, name: str) -> int:
    """How often grading a push was begun."""
    try:
        return (hook.tries / name).stat().st_size
    except FileNotFoundError:
        return 0


def begin(hook: Hook, push: Push) -> None:
    """Write down that grading a push begins: whatever becomes of this process, that is known."""
    hook.tries.mkdir(exist_ok=True)
    with open(hook.tries / push.name, "ab") as file:
        file.write(b".")


def waits_since(hook: Hook) -> int:
    """Since when the repository waits: since its first push came or, for one with many must have no more turns than one
    with few, since its last turn."""
    came = [_changed(hook.queue / name) for name in hook.waiting()]
    return max(min(came, default=0), _changed(hook.folder / "last-turn"))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def now() -> datetime:
    return datetime.now(UTC)
