"""Waits for saves, keys and checks that are over, and answers them until somebody quits.

One thread notices saves, one reads keys, one checks; they put events into a queue, and only the main thread shows
anything.
"""

from __future__ import annotations

import queue
import signal
from collections.abc import Collection
from contextlib import ExitStack

from rich.console import Console

from autograder.phrase import N_
from autograder.project import PACKAGE
from autograder.report import Report
from autograder.sandbox.worker import Interrupted
from autograder.student.kit import Kit
from autograder.student.watch.check import Check, Events
from autograder.student.watch.keys import CLOSED, RESUMED, reading_keys
from autograder.student.watch.saves import noticing_saves
from autograder.student.watch.view import View
from autograder.texts import _

_KEYS = N_("h hint  l list  n next  a again  q quit   ")
_STOP = N_("x stop  q quit   ")
_SLOW = 1.5  # seconds after which one says that a check still runs
_VERY_SLOW = 4.0  # and that something may hang


def watch(kit: Kit, item_id: str | None = None) -> None:
    """Check `kit` at each save until somebody quits, beginning with the item `item_id`, if any.

    Leaves by SystemExit when the process is told to end.
    """
    assert kit.root is not None, "the kit is opened for work"
    told = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _leave) for name in told}
    try:
        with ExitStack() as stack:
            events: Events = queue.SimpleQueue()
            grader = stack.enter_context(kit.grader(
                lambda id, place: events.put(("hangs", id, place)),
                lambda report, waiting: events.put(("answered", report, waiting)),
            ))  # fmt: skip
            check, view = Check(kit, grader, events), View(kit, Console(), item_id)
            stack.callback(check.end)
            stack.callback(view.end)
            stack.enter_context(noticing_saves(kit.root / PACKAGE, lambda: events.put(("saved",))))
            keyboard = stack.enter_context(reading_keys(lambda key: events.put(("key", key))))
            _Loop(check, view, events, keyboard).run()
    except KeyboardInterrupt:
        pass  # as good a way to quit as any
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _leave(number: int, frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough, and what is open has to be closed
    raise SystemExit(128 + number)


class _Loop:
    def __init__(self, check: Check, view: View, events: Events, keyboard: bool):
        self._check = check
        self._view = view
        self._events = events
        self._keyboard = keyboard
        self._status = ""
        self._hangs = ""  # what does in this check, as far as is known
        self._said = False  # that it takes long
        self._answered = False  # whether there is a report on most of it

    def run(self) -> None:
        """Until somebody quits."""
        self._start()
        while True:
            try:
                kind, *what = self._events.get(timeout=0.25)  # no longer, for Windows hears no Ctrl-C meanwhile
            except queue.Empty:
                self._wait()
                continue
            if kind == "saved":
                self._save()
            elif kind == "answered":
                self._answer(*what)
            elif kind == "checked":
                self._take(what[0])
            elif kind == "hangs":
                self._hangs = f" {what[0]}, {what[1].rpartition('/')[2]}" if what[1] else f" {what[0]}"
                self._wait()
            elif what[0] in ("q", "Q", "\x03", "\x04", CLOSED):
                return
            else:
                self._press(what[0].lower())

    def _start(self) -> None:
        self._hangs, self._said, self._answered = "", False, False
        self._check.start()

    def _save(self) -> None:
        if not self._check.runs:
            self._start()
        elif self._check.is_stale():
            self._check.stop(again=True)

    def _press(self, key: str) -> None:
        if key in ("a", "\r", "\n"):
            if self._check.runs:
                self._check.stop(again=True)
            else:
                self._start()
        elif key == "x" and self._check.runs:
            self._check.stop(again=self._check.again)  # what was saved meanwhile has still to be checked
        elif turn := {"l": self._view.turn_list, "n": self._view.next_item, "h": self._view.more_hints}.get(key):
            turn()
            self._show()
        elif key == RESUMED:
            self._show()

    def _answer(self, report: Report, waiting: Collection[str]) -> None:
        """All has been checked but the items that are `waiting`, since they take long. Where nothing is drawn over, one
        is told once of the core."""
        core = any(item.id in waiting and not item.bonus for item in report.items)
        if not self._check.again and (self._view.live or not core):
            self._tell(self._learn(report, waiting))

    def _take(self, outcome: object) -> None:
        """A check is over."""
        self._check.join()
        if self._check.again:
            self._start()
            return
        self._tell(self._learn(outcome) if isinstance(outcome, Report) else outcome)

    def _learn(self, report: Report, waiting: Collection[str] = ()) -> object:
        """The report, once it is known to the view, or what was raised over it."""
        try:
            self._view.learn(report, self._check.functions, waiting=waiting, further=self._answered)
            self._answered = True
        except Exception as error:  # a file that went away just now, say
            return error
        return report

    def _tell(self, outcome: object) -> None:
        """Show what came of a check so far."""
        if isinstance(outcome, Report):
            self._status = _("checked in {seconds:.2f} s", seconds=self._check.seconds)
        elif isinstance(outcome, Interrupted):
            self._status = _("stopped; save to check again")
        else:
            why = f"{type(outcome).__name__}: {outcome}"
            self._status = _("could not be checked ({why}); save to check again", why=why)
        if not self._view.live:  # without a terminal there is nothing else to tell checks apart
            self._view.say(f"--- {self._status}")
        self._show()

    def _wait(self) -> None:
        """Nothing has happened for a while."""
        if self._view.is_resized():
            self._show()
        seconds = self._check.seconds
        if self._check.runs and seconds > _SLOW:
            self._status = _("checking for {seconds:.0f} s", seconds=seconds)
            if suspected := bool(self._hangs) or (seconds > _VERY_SLOW and not self._answered):
                self._status += _(": an endless loop?{hanging}", hanging=self._hangs)
            if not self._keyboard:
                self._status += _("; save again to end it, or Ctrl-C to quit")
            if self._view.live:
                self._view.show_footer(self._footer())
            elif suspected and not self._said:
                self._view.say(self._status)
                self._said = True

    def _show(self) -> None:
        self._view.show(self._footer())

    def _footer(self) -> str:
        """The keys that do something now, and how it stands."""
        running = self._check.runs and self._check.seconds > _SLOW
        return ((_(_STOP) if running else _(_KEYS)) if self._keyboard else "") + self._status
