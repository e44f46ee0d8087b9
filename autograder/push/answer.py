"""What a pusher waits for: the hook has the push graded by a process of its own, and says what comes of it in time."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from autograder.errors import UserError
from autograder.phrase import N_
from autograder.push.hook import Hook, command
from autograder.push.queue import read
from autograder.settings.in_force import take
from autograder.texts import _

Say = Callable[[str], None]

_PATIENCE = 10  # seconds between signs of life
_LOG = 1_000_000
_LATER = [
    N_("Your push is safe and queued; the result goes to your instructor."),
    N_("To see it later: git commit --allow-empty -m again && git push"),
]
DOWN = [
    N_("The grader is in trouble, which is not your fault."),
    N_("Your push is safe and queued, and will be graded later."),
]


def receive(hook: Hook, name: str, say: Say) -> None:
    """What the hook does: have a push in the queue graded, and wait for the answer, but not for long."""
    started = time.monotonic()
    answer = hook.answers / name
    push = read(hook, name)
    if push is not None and push.commit is None:
        (hook.queue / name).unlink(missing_ok=True)
        return _say_all(say, push.remarks)
    grader = _start(hook)  # before a word is said: whoever listens may hang up
    with suppress(UserError):  # what the grader says of that, its log has
        take(Path(hook.course) if hook.course else None)
    if push is not None and push.commit is not None:  # otherwise it is being answered already
        _say_all(say, [*push.remarks, "gradschool: " + _("grading {commit}", commit=push.commit[:10])])
    signs = 1
    while not answer.exists():
        waited = time.monotonic() - started
        if grader.poll():
            return _say_all(say, [*map(_, DOWN)])
        if waited > hook.timeout:
            return _say_all(say, [_("No result within {seconds:g} s.", seconds=hook.timeout), *map(_, _LATER)])
        if waited > _PATIENCE * signs:
            say("gradschool: " + _("still at it, {count} in the queue", count=len(hook.waiting())))
            signs += 1
        time.sleep(0.02)
    _say_all(say, answer.read_text("utf-8").split("\n"))
    answer.unlink(missing_ok=True)


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


def _say_all(say: Say, lines: list[str]) -> None:
    for line in lines:
        say(line)
