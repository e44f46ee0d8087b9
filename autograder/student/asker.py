"""What asks a student's code at the desk. It takes as long to get ready as all that judges it, so `gradschool check`
starts it before it imports anything else."""

from __future__ import annotations

import atexit
from contextlib import suppress
from typing import TYPE_CHECKING

from autograder import ahead

if TYPE_CHECKING:
    from autograder.sandbox.worker import Worker

_begun: list[Worker] = []


def begin() -> None:
    """Start it. What keeps it from that is told to whoever asks for it."""
    with suppress(Exception):
        worker = _new(ahead.asker())
        _begun.append(worker)
        atexit.register(worker.close)


def asker() -> Worker:
    """A worker that gets ready, and does not know yet what to ask."""
    return _begun.pop() if _begun else _new()


def _new(started: ahead.Started | None = None) -> Worker:
    from autograder.course import in_use
    from autograder.sandbox.layers import NO_SANDBOX
    from autograder.sandbox.worker import Worker

    worker = Worker(NO_SANDBOX, in_use().find("subject"), None)
    worker.begin(started)
    return worker
