"""Single key presses from a terminal, without Enter. The terminal is given back as it was, whatever happens."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Press = Callable[[str], None]
CLOSED = "closed"  # instead of a key: the terminal is gone
RESUMED = "resumed"  # instead of a key: we were suspended, and the screen may be another's

_SEQUENCE = re.compile(r"\x1b(\[[0-9;?]*[@-~]|O.|.)?")  # an arrow, a function key, Alt with a key


@contextmanager
def reading_keys(press: Press) -> Iterator[bool]:
    """Call `press` with each key, from another thread, until the block ends. Gives whether there is a keyboard."""
    if sys.stdin is None or not sys.stdin.isatty():
        yield False
        return
    with _posix(press) if os.name == "posix" else _windows(press):
        yield True


@contextmanager
def _posix(press: Press) -> Iterator[None]:
    import select
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    ended, end = os.pipe()

    def resume(*_: object) -> None:
        tty.setcbreak(terminal, termios.TCSANOW)  # the shell has put back what it likes
        press(RESUMED)

    def read() -> None:
        while ended not in select.select([terminal, ended], [], [])[0]:
            typed = b""
            with contextlib.suppress(OSError):
                typed = os.read(terminal, 64)
            if not typed:
                press(CLOSED)
                return
            for key in _SEQUENCE.sub("", typed.decode("ascii", "ignore")):
                press(key)

    reader = threading.Thread(target=read, daemon=True)
    resumed = signal.signal(signal.SIGCONT, resume)
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        reader.start()
        yield
    finally:
        with contextlib.suppress(termios.error):  # it is gone
            termios.tcsetattr(terminal, termios.TCSANOW, before)
        signal.signal(signal.SIGCONT, resumed)
        os.write(end, b".")
        if reader.is_alive():
            reader.join()
        os.close(ended)
        os.close(end)


@contextmanager
def _windows(press: Press) -> Iterator[None]:
    import msvcrt

    ended = threading.Event()

    def read() -> None:
        while not ended.wait(0.03):
            while msvcrt.kbhit():  # type: ignore[attr-defined]
                key = msvcrt.getwch()  # type: ignore[attr-defined]
                if key in "\x00\xe0":  # an arrow or a function key: its code follows
                    msvcrt.getwch()  # type: ignore[attr-defined]
                else:
                    press(key)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()
