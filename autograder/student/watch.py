"""`gradschool watch`: check at each save, and show the next thing to do with all there is to say about it.

One thread notices saves, one reads keys, one checks; they put events into a queue, and only the main thread shows
anything. A check that hangs is ended from outside, by the next save or by a key.
"""

from __future__ import annotations

import queue
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from autograder.student.checking import Kit, to_do
from autograder.student.edits import edited, functions
from autograder.grading.grader import Grader
from autograder.courses.micrograd.hints import hint_lines, ladder
from autograder.student.keys import CLOSED, RESUMED, reading_keys
from autograder.report import ItemResult, Report
from autograder.report import terminal as face
from autograder.report.guide import Guide, celebration
from autograder.report.text import WRONG
from autograder.exam.items import load_items
from autograder.sandbox.worker import Interrupted
from autograder.student.saves import noticing_saves, state
from autograder.student.screen import drawn, fitted
from autograder.todos import PACKAGE

_KEYS = "h hint  l list  n next  a again  q quit   "
_STOP = "x stop  q quit   "
_REMARK = 4  # lines of a remark on the whole that are shown
_SLOW = 1.5  # seconds after which one says that a check still runs
_VERY_SLOW = 4.0  # and that something may hang


def watch(kit: Kit, item_id: str | None = None, *, grader: Grader | None = None) -> None:
    """Check `kit` at each save until somebody quits, beginning with the item `item_id`, if any.

    Leaves by SystemExit when the process is told to end.
    """
    assert kit.root is not None
    told = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _leave) for name in told}
    try:
        with ExitStack() as stack:
            events: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
            judge = stack.enter_context(grader or kit.grader(lambda id, place: events.put(("hangs", id, place))))
            loop = _Loop(kit, judge, Console(), events, item_id)
            stack.callback(loop.end)
            stack.enter_context(noticing_saves(kit.root / PACKAGE, lambda: events.put(("saved",))))
            loop.keyboard = stack.enter_context(reading_keys(lambda key: events.put(("key", key))))
            loop.run()
    except KeyboardInterrupt:
        pass  # as good a way to quit as any
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _leave(number: int, frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough, and what is open has to be closed
    raise SystemExit(128 + number)


class _Loop:
    def __init__(
        self, kit: Kit, grader: Grader, console: Console, events: queue.SimpleQueue[tuple[Any, ...]],
        chosen: str | None,
    ):  # fmt: skip
        self.keyboard = False
        self._kit = kit
        self._grader = grader
        self._console = console
        self._events = events
        self._live = sys.stdout.isatty() and console.is_terminal and not console.is_dumb_terminal
        self._chosen = chosen
        self._listing = False
        self._report = Report(kit.name, kit.exam.address, "", [])
        self._known: dict[str, str] = {}  # the functions as they were at the check before
        self._texts: dict[str, str] = {}  # and as they are now
        self._edited: set[str] = set()  # since then
        self._guide = Guide()
        self._hints: dict[tuple[str, str | None], int] = {}  # how many are shown, where nothing is remembered
        self._thread: threading.Thread | None = None
        self._checked: Any = None  # the state of the files that is being checked, or was
        self._again = False
        self._began = 0.0
        self._said = False  # that the check takes long
        self._hangs = ""  # what does, as far as is known
        self._size = console.size
        self._status = ""

    # --- events ---

    def run(self) -> None:
        """Until somebody quits."""
        self._check()
        while True:
            try:
                kind, *what = self._events.get(timeout=0.25)  # no longer, for Windows hears no Ctrl-C meanwhile
            except queue.Empty:
                self._wait()
                continue
            if kind == "saved":
                self._save()
            elif kind == "checked":
                self._take(what[0])
            elif kind == "hangs":
                self._hangs = f" {what[0]}, {what[1].rpartition('/')[2]}" if what[1] else f" {what[0]}"
                self._wait()
            elif what[0] in ("q", "Q", "\x03", "\x04", CLOSED):
                return
            else:
                self._press(what[0].lower())

    def end(self) -> None:
        """End the check that runs, if one does."""
        if self._live:
            self._console.print()
        if self._thread:
            self._grader.interrupt()
            self._thread.join()

    def _save(self) -> None:
        if self._thread is None:
            self._check()
        elif state(self._files()) != self._checked:
            self._stop(again=True)

    def _press(self, key: str) -> None:
        if key in ("a", "\r", "\n"):
            if self._thread:
                self._stop(again=True)
            else:
                self._check()
        elif key == "x" and self._thread:
            self._stop(again=self._again)  # what was saved meanwhile has still to be checked
        elif key == "l":
            self._listing = not self._listing
            self._show()
        elif key == "n":
            self._next()
        elif key == "h":
            self._hint()
        elif key == RESUMED:
            self._show()

    # --- checking ---

    def _files(self) -> Any:
        return (self._kit.root or self._kit.path) / PACKAGE

    def _check(self) -> None:
        self._again, self._said, self._hangs, self._began = False, False, "", time.monotonic()
        self._checked = state(self._files())
        self._texts = functions(self._files().parent)
        self._grader.resume()
        self._thread = threading.Thread(target=self._grade, daemon=True)
        self._thread.start()

    def _grade(self) -> None:
        """In the thread that checks: whatever happens becomes an event."""
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

    def _stop(self, again: bool) -> None:
        self._again = again
        self._grader.interrupt()

    def _take(self, outcome: object) -> None:
        """A check is over."""
        if self._thread:
            self._thread.join()
        self._thread = None
        if self._again:
            self._check()
            return
        if isinstance(outcome, Report):
            try:
                self._learn(outcome)
            except Exception as error:  # a file that went away just now, say
                outcome = error
        if isinstance(outcome, Report):
            self._status = f"checked in {time.monotonic() - self._began:.2f} s"
        elif isinstance(outcome, Interrupted):
            self._status = "stopped; save to check again"
        else:
            self._status = f"could not be checked ({type(outcome).__name__}: {outcome}); save to check again"
        self._show(anew=True)

    def _learn(self, report: Report) -> None:
        """What a report says, and what of it is about what was edited."""
        guide = replace(self._kit.guide(), news=self._kit.progress().note(report))
        self._report, self._guide, self._listing = self._kit.seen(report, guide), guide, False
        if now := edited(self._known, self._texts) if self._known else set():
            self._edited = now
            if any(item.status in WRONG and _target(item) in now for item in report.items):
                self._chosen = None  # there is something newer to look at
        self._known = self._texts

    def _wait(self) -> None:
        """Nothing has happened for a while."""
        if self._live and self._console.size != self._size:
            self._show()
        seconds = time.monotonic() - self._began
        if self._thread and seconds > _SLOW:
            self._status = f"checking for {seconds:.0f} s"
            if suspected := bool(self._hangs) or seconds > _VERY_SLOW:
                self._status += f": an endless loop?{self._hangs}"
            if not self.keyboard:
                self._status += "; save again to end it, or Ctrl-C to quit"
            if self._live:
                self._show_footer()
            elif suspected and not self._said:
                self._console.print(self._status, markup=False, highlight=False, soft_wrap=True)
                self._said = True

    # --- what is shown ---

    def _left(self) -> list[ItemResult]:
        """What is to do: first what is wrong, and of that what was edited last or passed before."""
        lost = {item.id for item in self._guide.news.lost}

        def rank(item: ItemResult) -> tuple[bool, bool, bool]:
            return item.status not in WRONG, _target(item) not in self._edited, item.id not in lost

        return sorted(to_do(self._report.items), key=rank)

    def _focus(self) -> ItemResult | None:
        left = self._left()
        return next((item for item in left if item.id == self._chosen), left[0] if left else None)

    def _next(self) -> None:
        """Turn to the item after this one; after the last comes the first."""
        focus, left = self._focus(), self._left()
        if focus:
            self._chosen = left[(left.index(focus) + 1) % len(left)].id
        self._listing = False
        self._show()

    def _hint(self) -> None:
        if focus := self._focus():
            self._shown(focus, self._shown(focus, 0) + 1)
        self._listing = False
        self._show()

    def _shown(self, item: ItemResult, least: int) -> int:
        """How many hints of the item are shown: as many as were before, and at least so many."""
        progress = self._kit.progress()
        key = (item.id, item.diagnosis)
        count = max(self._hints.get(key, 0), progress.hints_shown(item), least)
        count = min(count, len(ladder(item).hints))
        self._hints[key] = count
        progress.show_hints([item], count)
        return count

    def _show(self, anew: bool = False) -> None:
        """The next thing to do, or the list. `anew` after a check: without a terminal there is nothing else to say."""
        console, focus = self._console, self._focus()
        if not self._live:
            if anew:
                console.print(f"--- {self._status}", markup=False, highlight=False, soft_wrap=True)
            for draw in (self._draw_news, self._draw_list if self._listing else self._draw_focus, self._draw_score):
                draw(console)
            return
        self._size = console.size
        head = drawn(console, self._draw_news)
        if self._listing:  # all of it: one can scroll back
            lines = [*head, *drawn(console, self._draw_list, self._draw_score)]
        else:
            first = len(head)
            head += drawn(console, self._draw_remark)
            if len(head) > first + _REMARK:
                head[first + _REMARK :] = [Text("…")]
            body = drawn(console, self._draw_item)
            head, body = [*head, *body[:1]], body[1:]
            more = f": {self._guide.command} check --item {focus.id}" if focus else ""
            lines = fitted(console, head, body, drawn(console, self._draw_score), more)
        console.clear()
        for line in lines:
            console.print(line, soft_wrap=True, highlight=False)
        self._show_footer()

    def _draw_news(self, console: Console) -> None:
        if self._kit.said:
            console.print(self._kit.said, style="dim", markup=False, highlight=False, soft_wrap=True)
        face.print_news(console, self._guide)

    def _draw_list(self, console: Console) -> None:
        face.print_list(self._report, console)

    def _draw_focus(self, console: Console) -> None:
        self._draw_remark(console)
        self._draw_item(console)

    def _draw_remark(self, console: Console) -> None:
        focus = self._focus()
        if self._report.message and not (focus and focus.explanation.whole):
            face.print_remark(self._report.message, console)

    def _draw_item(self, console: Console) -> None:
        if focus := self._focus():
            face.print_item(replace(focus, hint=None), console, guide=self._guide)
            wrong = focus.status == "failed" or focus.diagnosis is not None
            if count := self._shown(focus, int(wrong)):
                face.print_hints(hint_lines(focus, count), console)

    def _draw_score(self, console: Console) -> None:
        console.print()
        if self._report.items:
            face.print_bar(self._report, console)
        if praise := celebration(self._report):
            console.print(praise, style="bold green", soft_wrap=True, highlight=False)

    def _show_footer(self) -> None:
        """The last line, written over itself: the keys that do something now, and how it stands."""
        running = self._thread is not None and time.monotonic() - self._began > _SLOW
        keys = (_STOP if running else _KEYS) if self.keyboard else ""
        text = f"{keys}{self._status}"[: max(self._console.width - 1, 1)]
        self._console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
        self._console.print(text, style="dim", end="", markup=False, highlight=False, soft_wrap=True)
        with suppress(OSError):
            self._console.file.flush()


def _target(item: ItemResult) -> str:
    """The function that an item is about."""
    return load_items()[item.id].target
