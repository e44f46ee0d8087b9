"""What whoever waits for a check sees meanwhile, on a terminal: that it goes on, and what hangs."""

from __future__ import annotations

import sys
import threading
import time

import click

from autograder.texts import _

_AFTER = 1.0  # seconds without a word
_NAMED = 3  # items that hang
_ERASE = "\r\x1b[K"


class Waiting:
    """Counts the seconds on the last line of the terminal, once there are some, until the block ends. Elsewhere it says
    nothing but what hangs."""

    def __init__(self) -> None:
        self._live = sys.stderr is not None and sys.stderr.isatty()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._shown = False
        self._hanging = 0

    def __enter__(self) -> Waiting:
        if self._live:
            self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._ended.set()
        if self._live:
            self._thread.join()
            self._erase()

    def hangs(self, id: str, place: str) -> None:
        """Tell that an item does not come to an end, and where."""
        self._hanging += 1
        if self._hanging > _NAMED + 1:
            return
        said = _("{item} hangs: an endless loop? Going on with the others", item=id)
        if place:
            said = _("{item} hangs at {place}: an endless loop? Going on with the others", item=id, place=place)
        with self._lock:
            self._erase()
            said = said if self._hanging <= _NAMED else _("others hang as well")
            click.echo(f"gradschool: {said}", err=True)

    def _count(self) -> None:
        began = time.monotonic()
        pause = _AFTER
        while not self._ended.wait(pause):
            pause = 0.5
            with self._lock:
                self._erase()
                passed = time.monotonic() - began
                click.echo(_("checking for {seconds:.0f} s; Ctrl-C stops", seconds=passed), nl=False, err=True)
                self._shown = True

    def _erase(self) -> None:
        if self._shown:
            click.echo(_ERASE, nl=False, err=True)
            self._shown = False
