"""What `gradschool hook status` says: what is installed, what waits, and what was graded last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autograder.files import locked
from autograder.push.history import last_entry
from autograder.push.hook import Hook
from autograder.push.queue import tries


def status(hook: Hook, say: Callable[[str], None]) -> None:
    """Say what is installed, what waits, and what was graded last."""
    with locked(hook.folder / "lock", wait=0) as free:
        work = "nobody" if free else "a grader"
    waiting, abandoned = hook.waiting(), hook.abandoned()
    tried = sum(1 for name in waiting if tries(hook, name))
    last = last_entry(hook.history)
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
