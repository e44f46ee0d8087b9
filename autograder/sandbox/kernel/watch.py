"""What the processes of a submission use together, seen from outside: by /proc, which student code never sees.

Limits of the kernel's bind a process each, and one that forks has them again. So the judge looks at all of them while
a submission runs. Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass

from autograder.sandbox.protocol import Limits

_LOOK, _SOON = 0.1, 0.02  # seconds between two looks; where half of the memory is in use: the rest may be by then
_AHEAD = 1.0  # seconds of CPU time before the clock: one process never gets there
_HERTZ = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Process:
    """A process as /proc has it, with its seconds of CPU time and those of children that it waited for."""

    pid: int
    parent: int
    own: float
    waited: float
    threads: int


class Family:
    """A process and all that comes of it, however it forks, as long as nothing above it is reaped."""

    def __init__(self, pid: int):
        self._pid = pid
        self._strangers: set[int] = set()  # whoever is none of them never becomes one: nobody looks twice

    def descendants(self) -> list[Process]:
        """Those that live, the children before theirs; none where /proc is not there."""
        try:
            there = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        except OSError:
            return []
        self._strangers &= there
        seen = {pid: found for pid in there - self._strangers if (found := _look_at(pid))}
        children: dict[int, list[Process]] = {}
        for process in seen.values():
            children.setdefault(process.parent, []).append(process)
        family = list(children.get(self._pid, ()))
        for process in family:
            family += children.get(process.pid, ())
        kin = {self._pid, *(process.pid for process in family)}
        self._strangers |= {pid for pid in seen if pid not in kin and self._is_stranger(seen[pid], seen)}
        return family

    def _is_stranger(self, process: Process, seen: dict[int, Process]) -> bool:
        """Whether all above it are there, and none of them is the one: not where somebody died meanwhile."""
        for _ in seen:
            process = seen.get(process.parent, process)
        return process.parent == 0 or process.parent in self._strangers

    def kill(self) -> None:
        """Kill those that can be seen: what forks meanwhile may not."""
        for process in self.descendants():
            with contextlib.suppress(OSError):
                os.kill(process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill all of them, and wait until they are gone; this process is the one, and a subreaper."""
        with contextlib.suppress(ChildProcessError):
            while True:
                self.kill()
                os.waitpid(-1, 0)


def _look_at(pid: int) -> Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            fields = file.read().rpartition(b")")[2].split()  # whatever it calls itself
        threads = int(fields[17])
        if fields[0] in b"ZX" and threads < 2:  # else others run on where the first thread has ended
            return None
        own, waited = (sum(map(int, fields[at : at + 2])) / _HERTZ for at in (11, 13))
        return Process(pid, int(fields[1]), own, waited, threads)
    except (OSError, ValueError, IndexError):  # it is gone
        return None


def memory(pid: int) -> int:
    """The bytes of memory that a process has in use, without what it maps of files."""
    with contextlib.suppress(OSError):
        for thread in (pid, *map(int, os.listdir(f"/proc/{pid}/task"))):  # one that ended has none
            with contextlib.suppress(OSError, ValueError, KeyError):
                with open(f"/proc/{pid}/task/{thread}/status", "rb", buffering=0) as file:
                    lines = dict(line.split(b":\t", 1) for line in file.read().split(b"\n") if b":\t" in line)
                return sum(int(lines[name].split()[0]) << 10 for name in (b"RssAnon", b"RssShmem"))
    return 0


class Watch:
    """Over the submissions that a worker runs, one after the other. `pid` is the worker's, which is idle yet.

    `depth` says how many processes below its template the one sits that supervises a submission. `sees` is false where
    /proc does not show them.
    """

    def __init__(self, pid: int, limits: Limits, depth: int):
        self._limits = limits
        above = Family(pid).descendants()  # bubblewrap's own, if there are any
        self._template = above[-1].pid if above else pid
        self._family = Family(self._template)
        self._family.descendants()
        self._depth = depth
        self._shared = memory(self._template)  # which its children have in common, until they write to it
        self._own: dict[int, float] = {}
        self._before = 0.0
        self.cpu = 0.0  # seconds that the submission's processes, living and dead, had used at least at the last look
        self._began, self._ahead = 0.0, 0.0
        self.pause = _LOOK  # seconds until the next look
        self.sees = self._shared > 0

    def begin(self, before: float) -> None:
        """A submission begins, or goes on whose supervisor has had so many seconds of CPU time used `before`."""
        self._own, self._before, self.cpu, self.pause = {}, before, 0.0, _LOOK
        self._began, self._ahead = time.monotonic(), _AHEAD

    def look(self) -> None:
        """Have a submission's supervisor end its processes where together they use more memory than one may, or more
        than one core, or are too many."""
        found = self._family.descendants() if self.sees else []
        supervisors, members = found[: self._depth], found[self._depth :]
        self.pause = _LOOK
        if not members:
            return
        self._count([supervisors[-1], *members])
        used = sum(max(memory(process.pid) - self._shared, 0) for process in members)
        if 2 * used > self._limits.memory:
            self.pause = _SOON
        threads = sum(process.threads for process in members)
        ahead = self.cpu - (time.monotonic() - self._began)
        if used > self._limits.memory or threads > 2 * self._limits.processes or ahead > self._ahead:
            self._ahead = ahead + _AHEAD  # what was used is used: the next item starts from there
            with contextlib.suppress(OSError):
                os.kill(supervisors[-1].pid, signal.SIGUSR1)

    def _count(self, living: list[Process]) -> None:
        """Nobody waits for some, and some live too short to be seen: so take what is more."""
        self._own |= {process.pid: process.own for process in living}
        inherited = sum(process.own + process.waited for process in living) - self._before
        self.cpu = max(self.cpu, inherited, sum(self._own.values()))
