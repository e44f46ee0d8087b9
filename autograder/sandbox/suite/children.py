"""A process for each run of a suite, which the kernel and this one end when it takes too long."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
import types
from collections.abc import Callable
from typing import Any

from autograder.sandbox.inside.pipes import close_all_but
from autograder.sandbox.inside.sitter import kill
from autograder.sandbox.kernel.calls import ConfineError
from autograder.sandbox.kernel.limits import limit

CPU, WALL = 0.5, 2.0  # seconds for a test, or for the import of a file
_PATIENCE = 1.0  # seconds that the kernel may be late with its signal
_LIVES = 60  # seconds of CPU time for all tests of a process
_MEMORY = 1 << 29  # bytes more than this process has

Work = Callable[[Callable[[bytes], Any], Callable[[], Any]], None]  # is given what writes, and what begins a step


class Child:
    """A process that does some work and writes of it into a pipe."""

    def __init__(self, work: Work, shut: bool):
        self._outlet, inlet = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            try:
                _live(work, inlet, shut)
            finally:
                os._exit(1)
        os.close(inlet)
        self._poller = select.poll()
        self._poller.register(self._outlet, select.POLLIN)
        self.hung = False  # whether it was ended for taking too long

    def read(self) -> bytes:
        """What it writes next; nothing when it has ended, or takes too long."""
        if self._poller.poll((WALL + _PATIENCE) * 1000):
            return os.read(self._outlet, 1 << 16)
        self.hung = True
        return b""

    def end(self) -> None:
        """End it, with what came of it."""
        found, status = os.waitpid(self._pid, os.WNOHANG)
        for _ in range(0 if self.hung else 20):  # its pipe is closed before it is gone
            if found:
                break
            time.sleep(0.001)
            found, status = os.waitpid(self._pid, os.WNOHANG)
        if not found:
            kill(self._pid)
            status = os.waitpid(self._pid, 0)[1]
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGALRM, signal.SIGPROF, signal.SIGXCPU):
            self.hung = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        os.close(self._outlet)


def _live(work: Work, inlet: int, shut: bool) -> None:
    """What the process does. Where it is `shut` it starts no others."""
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    close_all_but(inlet)
    sys.stdout, sys.stderr = (os.fdopen(standard, "w", encoding="utf-8", errors="replace") for standard in (1, 2))
    for told in (signal.SIGALRM, signal.SIGPROF, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(told, signal.SIG_DFL)
    with contextlib.suppress(ConfineError):
        limit(cpu_seconds=_LIVES, memory=_grown(), file_size=0 if shut else None, processes=0 if shut else None)
    sys.modules["__main__"] = types.ModuleType("__main__")
    write, timer, leave = os.write, signal.setitimer, os._exit
    clocks = (signal.ITIMER_PROF, CPU), (signal.ITIMER_REAL, WALL)

    def begin() -> None:
        for clock, seconds in clocks:
            timer(clock, seconds)

    begin()
    work(lambda data: write(inlet, data), begin)
    leave(0)


def _grown() -> int | None:
    """The bytes of address space that this process may have, if it can be told what it has."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + _MEMORY
    except (OSError, ValueError):
        return None
