"""A student's folder, and the command at work in it: in a pseudo-terminal, as students see it, or without one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

from conftest import ROOT

from autograder.courses.micrograd import load_items
from autograder.exam.paper import Exam
from autograder.exam.regions import regions
from autograder.kit.stubs import release

PATIENCE = 60.0
NO_FORK = "import os; del os.fork; "
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x07\x1b]*\x1b\\")


def make_kit(folder: Path, practice: Exam, source: Path | None = None) -> Path:
    """The practice exam in `folder`, beside the stubs or another package."""
    release(
        source or ROOT / "solutions", folder, list(load_items()), {"practice-exam.json": practice.to_json().encode()}
    )
    return folder


def solve(kit: Path, *ids: str) -> None:
    """Put the reference's solutions of these items in the place of their TODOs, in any file."""
    for path in sorted((kit / "micrograd").glob("*.py")):
        text = path.read_text()
        whole = (ROOT / "solutions" / "micrograd" / path.name).read_text()
        found = regions(whole, path.name, list(load_items()))
        lines = whole.splitlines(keepends=True)
        for inner in [each for each in found if each.bonus]:  # which stands within others, too
            lines[inner.begin - 1 : inner.end] = [""] * (inner.end - inner.begin + 1)
        for id in ids:
            for region in [each for each in found if each.id == id and not each.bonus]:
                body = "".join(lines[region.begin : region.end - 1])
                text = re.sub(rf'^ *raise NotImplementedError\("{id}"\)\n', lambda _, b=body: b, text, flags=re.M)
        if text != path.read_text():
            path.write_text(text)


def command(*arguments: object, fork: bool = True) -> list[str]:
    """The command line of `gradschool` in this tree."""
    program = f"{'' if fork else NO_FORK}import sys; sys.path.insert(0, {str(ROOT)!r}); "
    program += "from gradschool import main; main()"
    return [sys.executable, "-c", program, *map(str, arguments)]


class Terminal:
    """A command in a pseudo-terminal of its own. `wait` reads on until a text stands there; nothing is read twice."""

    def __init__(self, kit: Path, *arguments: object, fork: bool = True, stdout: int | None = None):
        self._mine, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.before = termios.tcgetattr(self.theirs)
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            command(*arguments, fork=fork), cwd=kit, env=environment, stdin=self.theirs,
            stdout=self.theirs if stdout is None else stdout, stderr=self.theirs, preexec_fn=self._settle,
        )  # fmt: skip
        self.raw = ""
        self._unread = ""

    def _settle(self) -> None:
        os.setsid()
        fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            finally:
                self.process.kill()
        os.close(self._mine)
        os.close(self.theirs)

    def wait(self, *texts: str, seconds: float = PATIENCE) -> str:
        """Everything up to the point where all of these, regular expressions, have come."""
        deadline = time.monotonic() + seconds
        while True:
            plain = _ESCAPE.sub("", self._unread).replace("\r\n", "\n")
            found = [re.search(text, plain) for text in texts]
            if all(found):
                self._unread = ""
                return plain
            assert self._more(deadline - time.monotonic()), f"{texts} did not come: {plain!r}"

    def _more(self, seconds: float) -> bool:
        poll = select.poll()  # a number above 1,023 is no matter to it
        poll.register(self._mine, select.POLLIN)
        if not poll.poll(max(seconds, 0.0) * 1000):
            return False
        try:
            part = os.read(self._mine, 1 << 16).decode("utf-8", "replace")
        except OSError:
            return False
        self.raw += part
        self._unread += part
        return True

    def type(self, keys: str) -> None:
        os.write(self._mine, keys.encode())

    def end(self, seconds: float = PATIENCE) -> int:
        """The exit code, once it has one; what it still says is read meanwhile."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end: {self._unread!r}"
            self._more(0.05)
        while self._more(0):
            pass
        return self.process.returncode

    def restored(self) -> bool:
        """Whether the terminal is as it was."""
        return termios.tcgetattr(self.theirs) == self.before


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something outside of a terminal."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
