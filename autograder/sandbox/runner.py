"""The runner: imports the student's modules and has items sat, in processes that it forks, or, without fork, itself."""

from __future__ import annotations

import contextlib
import gc
import itertools
import mmap
import os
import select
import signal
import sys
import time
import types
from collections.abc import Sequence
from typing import Any

from autograder.courses.micrograd.student_lab.lab import StudentLab
from autograder.courses.micrograd.student_lab.lending import Pieces
from autograder.exam.items import Item, load_items
from autograder.sandbox import confine, student
from autograder.sandbox.budget import children_cpu
from autograder.sandbox.imports import BENEATH, Importer, offers, serves
from autograder.sandbox.protocol import Limits, pack, write_all
from autograder.sandbox.stacks import note, rest
from autograder.sandbox.supervise import (
    ANSWERED,
    BEGIN,
    DIED,
    DONE,
    DONE_HEAD,
    IMPORTED,
    IMPORTING,
    MODULES,
    NO_IMPORT,
    SLOW,
    TIMEOUT,
)


class Exam:
    """The rubric with the questions to ask, as a runner needs them."""

    def __init__(self, config: dict[str, Any]):
        self.items: list[Item] = list(load_items().values())
        self.index = {item.id: i for i, item in enumerate(self.items)}
        self.questions: dict[str, list[dict[str, Any]]] = config["questions"]
        self.limits = Limits(**config["limits"])
        self.left = self.limits.budget_cpu  # seconds of CPU time for a runner, and for each process that it starts
        self.layers: list[str] = config["layers"]
        self.readable: list[str] = config["readable"]
        # Whether student code has no namespaces of its own, but may not reach others than by Landlock and seccomp.
        self.bare = "landlock" in self.layers and "namespaces" not in self.layers
        # Whether a signal to all, from whoever supervises or runs a submission, reaches its processes and nobody else.
        self.enclosed = "namespaces" in self.layers or (self.bare and confine.scopes_signals())
        # Whether supervisors hear when they are to end: where nobody but those above can tell them.
        self.listens = self.bare or not self.layers
        # Whether there is nobody else of this user, so that the kernel can count.
        self.counted = not self.bare or bool(config["user"])


def run(exam: Exam, root: str, items: Sequence[int], lost: dict[str, str], replies: int, *, fork: bool, alone: bool,
        left: Remains | None = None, pieces: Pieces | None = None, stacks: int = 2) -> None:  # fmt: skip
    """Import the student's modules and sit `items`, reporting each step in a frame; with `alone`, each in a fork.

    Without, one item may harm the next, and whoever prints more than a pipe holds gets an exception for it. What comes
    of that is not right, and so is asked again, alone.

    `pieces` is what the lab lends, `left` what the supervisor finds when this process is no more, and `stacks` a pipe
    for where an item hangs.
    """

    def say(*frames: bytes) -> None:
        write_all(replies, b"".join(map(pack, frames)))

    rubric = [exam.items[i] for i in items]
    used = {module for item in rubric for module in item.uses}
    wanted = sorted(used.union(*(BENEATH.get(module, ()) for module in used)), key=MODULES.index)
    loaded: dict[str, Any] = {}
    lent = pieces or Pieces()
    if fork:
        _hide()
    if exam.enclosed:
        confine.become_subreaper()
    if fork:
        confine.limit(cpu_seconds=exam.left)
    importer = Importer(root, lost, exam.limits.imports, lambda name: say(SLOW + name.encode()))
    failed = importer.failed
    for module in ("__init__", *wanted):
        say(IMPORTING + module.encode())
        found = importer.load(module)
        if found is not None and module != "__init__" and (module not in failed or offers(module, found)):
            loaded[module] = found
    if "train" in wanted:
        importer.glance("data")
    importer.close()
    gc.disable()  # now that none of them can train any more

    def sat(item: Item) -> tuple[bytes, int, bytes, bytes]:
        """Kind, exit code where a process died, what was printed, and the answers."""
        lacking = (name for name in item.uses if name in failed and not serves(item, name, loaded.get(name)))
        if bad := next(lacking, ""):
            return NO_IMPORT, 0, b"", bad.encode()
        lent.await_those_of(item, alone)
        if left and alone:
            sitter = Sitter(exam, item, StudentLab(loaded, lent), root, left, stacks)
            try:
                return sitter.answer()
            finally:
                sitter.end()
        noting = (left.begin,) if left else ()
        note(stacks)
        answer = student.sit(item, StudentLab(loaded, lent), exam.questions[item.id], root, *noting).encode()
        rest()
        kind = ANSWERED if len(answer) <= exam.limits.answer else DIED
        return kind, 0, prints.take() if prints else b"", answer

    prints = Prints(exam.limits.output) if fork and not alone else None
    if prints:
        confine.limit(cpu_seconds=exam.limits.cpu)
    begin = [BEGIN + index.to_bytes(2, "big") for index in items]
    say(IMPORTED + student.plain_object(importer.report()).encode(), *begin[:1])
    for place, (index, item) in enumerate(zip(items, rubric, strict=True)):
        kind, code, output, answer = sat(item)
        where = student.plain(student.locate(item, loaded, root)).encode()
        begun = left.question if left else 0  # now: the next item will say others
        head = DONE_HEAD.pack(index, kind, code, begun, len(where), len(output))
        say(DONE + head + where + output + answer, *begin[place + 1 : place + 2])


def _hide() -> None:
    """Take the grader's own modules from where student code finds modules."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "autograder"]:
        del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")


class Remains:
    """What a runner leaves in memory that it shares with its supervisor: the last question that it began, and what was
    printed of the item that it sits, of which there may be so many bytes."""

    def __init__(self, most: int):
        self._memory = mmap.mmap(-1, 6 + most)

    def begin(self, question: int) -> None:
        self._memory[:4] = question.to_bytes(4, "big")

    def keep(self, printed: bytes | bytearray) -> None:
        self._memory[6 : 6 + len(printed)] = printed
        self._memory[4:6] = len(printed).to_bytes(2, "big")

    @property
    def question(self) -> int:
        return int.from_bytes(self._memory[:4], "big")

    @property
    def printed(self) -> bytes:
        return self._memory[6 : 6 + int.from_bytes(self._memory[4:6], "big")]

    def close(self) -> None:
        self._memory.close()


class Prints:
    """What this process prints, by way of a pipe of its own: nobody else reads it meanwhile, so it must not block."""

    def __init__(self, most: int):
        self._outlet, inlet = os.pipe()
        self._most = most
        for end in (self._outlet, inlet):
            os.set_blocking(end, False)
        for standard in (1, 2):
            os.dup2(inlet, standard)
        os.close(inlet)

    def take(self) -> bytes:
        """What was printed since the last time, or the beginning of it."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        output = bytearray()
        read_up_to(self._outlet, output, self._most)
        return bytes(output)


class Sitter:
    """A process forked from the runner that sits one item."""

    def __init__(
        self, exam: Exam, item: Item, lab: StudentLab, root: str, left: Remains, stacks: int
    ):  # fmt: skip
        left.keep(b"")
        self._left = left
        self._limits = exam.limits
        self._enclosed = exam.enclosed
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
                for below, above in itertools.pairwise((2, *sorted((answers_in, stacks)), 256)):
                    os.closerange(below + 1, above)
                confine.limit(cpu_seconds=exam.limits.cpu)
                note(stacks)
                answer = student.sit(item, lab, exam.questions[item.id], root, left.begin)
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


def read_up_to(pipe: int, into: bytearray, most: int) -> bool:
    """Take what is in a pipe, up to a megabyte, and keep `most` bytes of it; False at its end."""
    for _ in range(16):
        try:
            part = os.read(pipe, 1 << 16)
        except BlockingIOError:
            return True
        if not part:
            return False
        into += part[: most - len(into)]
    return True


def kill(pid: int) -> None:
    """Kill a child, and its process group if it leads one."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)
