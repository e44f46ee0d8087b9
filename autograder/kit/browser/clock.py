"""Ends student code that runs in this process, when its time is over or the stack is: with neither threads nor signals,
of which a browser has none.

Python tells at each call and at each jump back, which each loop that is written in Python makes, and an exception that
is raised there comes up in the code that was interrupted. What loops in C is not ended so. Before Python 3.12, which
tells this first, a timer's signal has to do, in the main thread and where there is such a timer: no browser has a
Python as old as that.
"""

from __future__ import annotations

import os
import signal
import sys
import types
from collections.abc import Callable
from time import monotonic
from typing import Any

from autograder.sandbox import stacks
from autograder.sandbox.inside.importer import Alarm, TooLong

_OURS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep  # autograder/
_EVERY = 24  # calls and jumps between two looks at the clock
_PATIENCE = 1.0  # seconds after which what a student calls is ended where it is
_RINGS = 0.05  # seconds between two of those looks where there is only a timer
_TOOLS = range(5, -1, -1)  # ids by which a tool may ask to be told; debuggers have the first ones

_SHALLOW = 100  # calls for which there is always room
_NO_MORE: Any = None  # what tells Python that nobody wants to know any more of some place
if sys.version_info >= (3, 12):
    _NO_MORE = sys.monitoring.DISABLE

Room = Callable[[], bool]


class Over(BaseException):
    """The time for an item is over."""


class Clock(Alarm):
    """Watches code of the files below `root` between `start` and `stop`: from the moment that is set by `until` on, and
    from the one for which an importer arms its alarm, an exception comes up in it at each step that it takes.

    `room` tells whether there is room on the stack for some more calls, where Python itself does not know that. `noted`
    is where it was seen, as `stacks` has it.
    """

    def __init__(self) -> None:
        self.room: Room = lambda: True
        self._root = ""
        self._end = self._alarm = float("inf")
        self._noted = 0.0
        self._left = _EVERY
        self._tool: int | None = None
        self._before: Any = None
        self.stacks = bytearray()

    @property
    def over(self) -> bool:
        """Whether the time that is set by `until` has come."""
        return monotonic() >= self._end

    def until(self, end: float) -> None:
        """Set the moment at which an item, or an import, has taken too long."""
        self._end = end

    def begin(self) -> None:
        """From now on another item is sat."""
        self.stacks.clear()
        self._noted = monotonic()

    def arm(self, deadline: float | None, again: float) -> None:
        self._alarm = float("inf") if deadline is None else deadline

    def close(self) -> None:
        """Leave imports alone from now on."""
        self._alarm = float("inf")

    def start(self, root: str) -> None:
        """Begin to watch what is below `root`."""
        self._root = root + os.sep
        self._end = self._alarm = float("inf")
        if sys.version_info >= (3, 12):
            watch = sys.monitoring
            self._tool = next(each for each in _TOOLS if watch.get_tool(each) is None)
            watch.use_tool_id(self._tool, "gradschool")
            for event in (watch.events.PY_START, watch.events.JUMP):
                watch.register_callback(self._tool, event, self._step)
            watch.set_events(self._tool, watch.events.PY_START | watch.events.JUMP)
        elif hasattr(signal, "setitimer"):
            self._before = signal.signal(signal.SIGALRM, self._timed)
            signal.setitimer(signal.ITIMER_REAL, _RINGS, _RINGS)

    def stop(self) -> None:
        """Watch no more."""
        if sys.version_info >= (3, 12):
            if self._tool is not None:
                sys.monitoring.set_events(self._tool, 0)
                sys.monitoring.free_tool_id(self._tool)
                self._tool = None
        elif hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def _step(self, code: types.CodeType, *_: object) -> Any:
        self._left -= 1
        if self._left <= 0:
            self._look(sys._getframe(1))
        return _NO_MORE if code.co_filename.startswith(_OURS) else None

    def _timed(self, number: int, frame: types.FrameType | None) -> None:
        if frame:
            self._look(frame)

    def _look(self, frame: types.FrameType) -> None:
        """See what time it is for the code that runs in a frame."""
        self._left = _EVERY
        if _is_deep() and not self.room():
            raise RecursionError("maximum recursion depth exceeded")
        now = monotonic()
        file = frame.f_code.co_filename
        theirs = file.startswith(self._root)
        if theirs and now - self._noted >= stacks.AFTER:
            self._noted = now
            self.stacks += stacks.written(frame)
        end = min(self._end, self._alarm)
        if now < end:
            return
        if theirs or (now > end + _PATIENCE and not file.startswith(_OURS)):
            raise Over if self._end <= now else TooLong
        self._left = 1  # it calls code of theirs, or was called by it


def _is_deep() -> bool:
    """Whether so many calls are under way that there may be no room for more."""
    try:
        sys._getframe(_SHALLOW)
    except ValueError:
        return False
    return True
