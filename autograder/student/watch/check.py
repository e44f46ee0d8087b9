"""The check that runs while somebody saves and types: in a thread of its own, one at a time."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

from autograder.grading.grader import Grader
from autograder.project import PACKAGE
from autograder.student.kit import Kit
from autograder.student.watch.edits import functions
from autograder.student.watch.saves import state

Events = queue.SimpleQueue[tuple[Any, ...]]  # what happened, and more about it


class Check:
    """Puts ("checked", the report or what was raised) into `events` when it is over. A check that hangs is ended from
    outside."""

    def __init__(self, kit: Kit, grader: Grader, events: Events):
        assert kit.root is not None, "the kit is opened for work"
        self.again = False  # whether there is to be another one when this one is over
        self.functions: dict[str, str] = {}  # as they were when it began
        self._kit = kit
        self._root = kit.root
        self._grader = grader
        self._events = events
        self._thread: threading.Thread | None = None
        self._files: Any = None  # their state then
        self._began = 0.0

    @property
    def runs(self) -> bool:
        return self._thread is not None

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def start(self) -> None:
        """Check what the files say now."""
        self.again, self._began = False, time.monotonic()
        self._files = state(self._root / PACKAGE)
        self.functions = functions(self._root)
        self._grader.resume()
        self._thread = threading.Thread(target=self._grade, daemon=True)
        self._thread.start()

    def is_stale(self) -> bool:
        """Whether the files say something else than when it began."""
        return bool(state(self._root / PACKAGE) != self._files)

    def stop(self, again: bool) -> None:
        """End it, and have another one if `again`."""
        self.again = again
        self._grader.interrupt()

    def join(self) -> None:
        """Wait for the thread of a check that is over."""
        if self._thread:
            self._thread.join()
        self._thread = None

    def end(self) -> None:
        """End the one that runs, if one does, and be done."""
        if self._thread:
            self._grader.interrupt()
            self._thread.join()

    def _grade(self) -> None:
        """In the thread: whatever happens becomes an event."""
        outcome: object
        try:
            try:
                outcome = self._grader.grade(self._kit.name, self._kit.source)
            except OSError:  # a file was replaced just now
                time.sleep(0.1)
                outcome = self._grader.grade(self._kit.name, self._kit.source)
        except BaseException as error:  # nobody else hears of it
            outcome = error
        self._events.put(("checked", outcome))
