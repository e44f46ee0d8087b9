"""The sitter: a process that sits one item alone, seen from the runner that forks it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from typing import Any

from autograder.exam.items import Item
from autograder.sandbox.budget import children_cpu
from autograder.sandbox.inside import sitting
from autograder.sandbox.inside.paper import Paper
from autograder.sandbox.inside.pipes import Remains, close_all_but, read_up_to
from autograder.sandbox.kernel.limits import limit
from autograder.sandbox.protocol import pack, write_all
from autograder.sandbox.stacks import note
from autograder.sandbox.supervise import ANSWERED, DIED, TIMEOUT


class Sitter:
    """A process forked from the runner that sits one item."""

    def __init__(self, paper: Paper, item: Item, lab: Any, root: str, left: Remains, stacks: int):
        left.keep(b"")
        self._left = left
        self._limits = paper.limits
        self._enclosed = paper.enclosed
        answers, answers_in = os.pipe()
        prints, prints_in = os.pipe()
        self._code: int | None = None
        self._out_of_time = False
        self._before = children_cpu()
        self._pid = os.fork()
        if not self._pid:
            try:
                for standard in (1, 2):
                    os.dup2(prints_in, standard)
                close_all_but(answers_in, stacks)
                limit(cpu_seconds=paper.limits.cpu)
                note(stacks)
                answer = sitting.sit(item, lab, paper.questions[item.id], root, left.begin)
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
                write_all(answers_in, pack(answer.encode()))
            finally:
                os._exit(0)
        for inside in (answers_in, prints_in):
            os.close(inside)
        self._answers, self._prints = answers, prints
        self._buffer = bytearray()
        self._poller = select.poll()
        for pipe in (answers, prints):
            os.set_blocking(pipe, False)
            self._poller.register(pipe, select.POLLIN)

    def answer(self) -> tuple[bytes, int, bytes, bytes]:
        """Wait for it: kind, exit code where the process died, what was printed, and the answers."""
        output = bytearray()
        while not self._has_answer():
            ready = [pipe for pipe, _ in self._poller.poll(20)]
            if self._prints in ready:
                if not read_up_to(self._prints, output, self._limits.output):
                    self._poller.unregister(self._prints)
                self._left.keep(output)
            ended = self._answers in ready and not read_up_to(self._answers, self._buffer, self._limits.answer + 5)
            if (ended or not ready) and not self._has_answer():
                code = self._exit_code(wait=ended)
                if code is not None:
                    # What it wrote since we looked, before it died.
                    read_up_to(self._answers, self._buffer, self._limits.answer + 5)
                    if self._has_answer():
                        break
                    read_up_to(self._prints, output, self._limits.output)
                    return TIMEOUT if self._out_of_time else DIED, code, bytes(output), b""
        read_up_to(self._prints, output, self._limits.output)
        size = int.from_bytes(self._buffer[:4], "big")
        answer = bytes(self._buffer[4 : 4 + size])
        return ANSWERED if size <= self._limits.answer else DIED, 0, bytes(output), answer

    def _has_answer(self) -> bool:
        """Whether a whole answer is there, or so much that it can be none."""
        enough = 4 + min(int.from_bytes(self._buffer[:4], "big"), self._limits.answer + 1)
        return len(self._buffer) >= max(enough, 4)

    def _exit_code(self, wait: bool) -> int | None:
        """The exit code of the process, if it has ended; where it closed its pipe (`wait`) it gets a moment, then is
        killed."""
        for _ in range(50 if wait else 1):
            if self._pid and (found := os.waitpid(self._pid, os.WNOHANG))[0]:
                self._ended(found[1])
            if self._code is not None:
                return self._code
            if wait:
                time.sleep(0.001)
        if not wait:
            return None
        kill(self._pid)
        self._reap()
        return self._code

    def _reap(self) -> None:
        self._ended(os.waitpid(self._pid, 0)[1])

    def _ended(self, status: int) -> None:
        self._pid, self._code = 0, os.waitstatus_to_exitcode(status)
        # The kernel warns first, and kills who does not listen.
        killed = self._code == -signal.SIGKILL and children_cpu() - self._before >= self._limits.cpu
        self._out_of_time = killed or self._code == -signal.SIGXCPU

    def end(self) -> None:
        """Kill the process and what it left behind."""
        if self._enclosed:
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGKILL)  # all but us and the one that supervises
            with contextlib.suppress(ChildProcessError):
                while True:  # the dead still count as processes until somebody looks
                    os.waitpid(-1, 0)
        elif self._pid:
            kill(self._pid)
            self._reap()
        for pipe in (self._answers, self._prints):
            os.close(pipe)


def kill(pid: int) -> None:
    """Kill a child, and its process group if it leads one."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)
