"""What is shown between two checks: the next thing to do, with its hints, or the list of all items."""

from __future__ import annotations

import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import fields, replace

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from autograder.course import in_use
from autograder.report import ItemResult, Report
from autograder.report import terminal as face
from autograder.report.guide import Guide, News, celebration
from autograder.report.text import WRONG
from autograder.student.kit import Kit
from autograder.student.next_hint import to_do
from autograder.student.progress import course_hints
from autograder.student.watch.edits import edited
from autograder.student.watch.window import drawn, fitted

_REMARK = 4  # lines of a remark on the whole that are shown


class View:
    """Shows a student's reports, beginning with the item `chosen`, if any. It is `live` on a terminal, where it takes
    the whole window."""

    def __init__(self, kit: Kit, console: Console, chosen: str | None):
        self.live = sys.stdout.isatty() and console.is_terminal and not console.is_dumb_terminal
        self._kit = kit
        self._console = console
        self._chosen = chosen
        self._listing = False
        self._report = Report(kit.name, kit.exam.address, "", [])
        self._counted = self._report  # in which what waits is as it was before, so that points do not flicker
        self._guide = Guide()
        self._functions: dict[str, str] = {}  # as they were at the last check
        self._edited: set[str] = set()  # which of them were, before that
        self._hints: dict[tuple[str, str | None], int] = {}  # how many are shown, where nothing is remembered
        self._size = console.size

    def learn(
        self, report: Report, functions: dict[str, str], *, waiting: Collection[str] = (), further: bool = False
    ) -> None:
        """Take a new report on these functions, and what of it is about what was edited. For some items it may be
        `waiting`: a `further` one of the same check has them."""
        news = self._kit.progress().note(report)
        guide = replace(self._kit.guide(), news=_joined(self._guide.news, news) if further else news)
        self._report, self._guide = self._kit.seen(report, guide), guide
        earlier = {item.id: item for item in self._counted.items}
        known = (earlier.get(item.id) if item.id in waiting else item for item in report.items)
        self._counted = replace(report, items=[*filter(None, known)])
        self._listing = self._listing and further
        if now := edited(self._functions, functions) if self._functions else set():
            self._edited = now
            if any(item.status in WRONG and _target(item) in now for item in report.items):
                self._chosen = None  # there is something newer to look at
        self._functions = functions

    # --- what is chosen ---

    def turn_list(self) -> None:
        """To the list of all items, or back."""
        self._listing = not self._listing

    def next_item(self) -> None:
        """To the item after this one; after the last comes the first."""
        focus, left = self._focus(), self._left()
        if focus:
            self._chosen = left[(left.index(focus) + 1) % len(left)].id
        self._listing = False

    def more_hints(self) -> None:
        """One hint more for this item."""
        if focus := self._focus():
            self._hints_shown(focus, self._hints_shown(focus, 0) + 1)
        self._listing = False

    def _left(self) -> list[ItemResult]:
        """What is to do: first what is wrong, and of that what was edited last or passed before."""
        lost = {item.id for item in self._guide.news.lost}

        def rank(item: ItemResult) -> tuple[bool, bool, bool]:
            return item.status not in WRONG, _target(item) not in self._edited, item.id not in lost

        return sorted(to_do(self._report.items), key=rank)

    def _focus(self) -> ItemResult | None:
        left = self._left()
        return next((item for item in left if item.id == self._chosen), left[0] if left else None)

    def _hints_shown(self, item: ItemResult, least: int) -> int:
        """How many hints of the item are shown: as many as were before, and at least so many."""
        progress = self._kit.progress()
        key = (item.id, item.diagnosis)
        count = max(self._hints.get(key, 0), progress.hints_shown(item), least)
        count = min(count, len(course_hints().ladder(item).hints))
        self._hints[key] = count
        progress.show_hints([item], count)
        return count

    # --- what is shown ---

    def is_resized(self) -> bool:
        """Whether the window is another one than was drawn for."""
        return self.live and self._console.size != self._size

    def show(self, footer: str) -> None:
        """The next thing to do, or the list; below it the footer, on a terminal."""
        console, focus = self._console, self._focus()
        if not self.live:
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
        self.show_footer(footer)

    def show_footer(self, text: str) -> None:
        """The last line, written over itself."""
        console = self._console
        console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
        text = text[: max(console.width - 1, 1)]
        console.print(text, style="dim", end="", markup=False, highlight=False, soft_wrap=True)
        with suppress(OSError):
            console.file.flush()

    def say(self, text: str) -> None:
        """A line of its own, where there is no footer."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        """Leave the terminal on a new line."""
        if self.live:
            self._console.print()

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
            if count := self._hints_shown(focus, int(wrong)):
                face.print_hints(course_hints().hint_lines(focus, count), console)

    def _draw_score(self, console: Console) -> None:
        console.print()
        if self._counted.items:
            face.print_bar(self._counted, console)
        if praise := celebration(self._report):
            console.print(praise, style="bold green", soft_wrap=True, highlight=False)


def _target(item: ItemResult) -> str:
    """The function that an item is about."""
    return in_use().items[item.id].target


def _joined(news: News, more: News) -> News:
    """What was new, and what is new besides."""
    return News(*([*getattr(news, each.name), *getattr(more, each.name)] for each in fields(News)))
