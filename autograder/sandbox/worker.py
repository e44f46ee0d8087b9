"""The program inside the sandbox.

With fork, a tree of processes:

    template    holds the questions and what students may import; no secrets. One for each judge.
      supervisor  one for each submission, in namespaces of its own (where it is process 1). Holds the clock, runs no
      student code.
        runner      imports the student's modules. One at a time; started again where it dies.
          sitter      sits items; forked from the runner, one for all items or, to be sure, one for each.

Without fork (Windows), this is only the runner, and the supervisor sits in the judge.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import mmap
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from autograder.rubric import Item, load_items
from autograder.sandbox import confine, student
from autograder.sandbox.lab import StudentLab
from autograder.sandbox.protocol import Limits, pack, read_frame, write_all
from autograder.sandbox.supervise import (
    ANSWERED,
    BEGIN,
    DIED,
    DONE,
    DONE_HEAD,
    IMPORTED,
    IMPORTING,
    NO_IMPORT,
    TIMEOUT,
    Record,
    group_items,
    supervise,
)

# Imported once, so that submissions need not. Every library that a module maps makes each fork slower, so the list is
# short, unless files will be out of reach later on: then what is not imported now is missing.
_PRELOAD = (
    "abc collections contextlib copy dataclasses enum functools itertools math numbers operator random types typing"
)
_PRELOAD_WIDE = """bisect cmath collections.abc csv datetime decimal fractions heapq inspect io logging pathlib pprint
statistics string struct tempfile textwrap time traceback unittest uuid warnings weakref"""


class Exam:
    """The rubric with the questions to ask, as a runner needs them."""

    def __init__(self, config: dict[str, Any]):
        self.items: list[Item] = list(load_items().values())
        self.index = {item.id: i for i, item in enumerate(self.items)}
        self.questions: dict[str, list[dict[str, Any]]] = config["questions"]
        self.limits = Limits(**config["limits"])
        self.layers: list[str] = config["layers"]
        self.readable: list[str] = config["readable"]


def main() -> None:
    """Serve the judge on the file descriptors 0 and 1, which student code never sees."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(null, standard)
    config = json.loads(read_frame(requests) or b"{}")
    exam = Exam(config)
    student.guard_imports()
    if config["fork"]:
        preload(config["wide"])
    if config["uid"]:
        confine.become(config["uid"], config["uid"])
    if config["fork"]:
        serve(exam, requests, replies)
    else:
        request = json.loads(read_frame(requests) or b"{}")
        exam.questions.update(request["questions"])
        run(exam, request["root"], request["items"], request["lost"], replies, fork=False, alone=False)


# --- template -----------------------------------------------------------------------------------------------


def preload(wide: bool) -> None:
    """Import what students may use, once for all of them."""
    names = _PRELOAD.split() + wide * _PRELOAD_WIDE.split()
    for name in (*names, "numpy", "graphviz"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def serve(exam: Exam, requests: int, replies: int) -> None:
    """Answer each request with a record, from a fresh supervisor, until the judge closes the pipe."""
    gc.collect()
    gc.freeze()
    write_all(replies, pack(b"ready"))
    while (frame := read_frame(requests)) is not None:
        inlet, outlet = os.pipe()
        child = os.fork()
        if not child:
            try:
                for descriptor in (requests, replies, inlet):
                    os.close(descriptor)
                _enter(exam, json.loads(frame), outlet)
            finally:
                os._exit(1)
        os.close(outlet)
        reply = read_frame(inlet)
        os.close(inlet)
        os.waitpid(child, 0)
        write_all(replies, pack(reply or b'{"trouble": "the supervisor of the sandbox died"}'))


def _enter(exam: Exam, request: dict[str, Any], outlet: int) -> NoReturn:
    """Go into fresh namespaces, where the next fork is process 1, and supervise from there."""
    try:
        confine_here = "rlimits" in exam.layers
        if confine_here:
            confine.die_with_parent()
        if "namespaces" in exam.layers:
            confine.new_namespaces(inside_uid=1000, inside_gid=1000)
            child = os.fork()
            if child:
                os.close(outlet)
                os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 127)
            confine.die_with_parent()
        if confine_here:
            confine.undumpable()
            confine.no_new_privs()
            if "landlock" in exam.layers:
                readable = [request["root"], *exam.readable]
                confine.restrict_files(readable, writable=["/dev/null"])
            confine.drop_capabilities()
            limits = exam.limits
            confine.limit(memory=limits.memory, processes=limits.processes, file_size=0, open_files=64)
            if "seccomp" in exam.layers:
                confine.forbid_syscalls()
        reply = _supervised(exam, request)
    except BaseException as error:
        reply = json.dumps({"trouble": f"{type(error).__name__}: {error}"}).encode()
    write_all(outlet, pack(reply))
    os._exit(0)


# --- supervisor ---------------------------------------------------------------------------------------------


class ForkedRunner:
    """A runner in a child process of the supervisor."""

    def __init__(self, exam: Exam, root: str, items: Sequence[int], lost: dict[str, str], alone: bool):
        self._at = mmap.mmap(-1, 4)
        inlet, outlet = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            try:
                os.setsid()  # what it starts is in its group, and goes with it
                _close_all_but(outlet)
                run(exam, root, items, lost, outlet, fork=True, alone=alone, at=self._at)
            finally:
                os._exit(0)
        os.close(outlet)
        self._inlet = inlet
        self._namespaces = "namespaces" in exam.layers
        self._code: int | None = None
        self._limit = 4 * exam.limits.answer
        self._buffer = bytearray()

    def receive(self, seconds: float) -> bytes | None:
        deadline = time.monotonic() + seconds
        while True:
            size = int.from_bytes(self._buffer[:4], "big")
            if len(self._buffer) >= 4:
                if size > self._limit:
                    return b""
                if len(self._buffer) >= 4 + size:
                    frame = bytes(self._buffer[4 : 4 + size])
                    del self._buffer[: 4 + size]
                    return frame
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._inlet], [], [], left)[0]:
                return None
            part = os.read(self._inlet, 1 << 16)
            if not part:
                return b""
            self._buffer += part

    def progress(self) -> int:
        return int.from_bytes(self._at[:4], "big")

    def end(self) -> int:
        """Kill the runner and everything that came of it; its exit code, negative for a signal."""
        if self._code is None:
            if self._namespaces:
                with contextlib.suppress(OSError):
                    os.kill(-1, signal.SIGKILL)  # all but us, for we are process 1 here
            _kill(self._pid)
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            os.close(self._inlet)
            self._at.close()
        if self._namespaces:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
        return self._code


def _kill(pid: int) -> None:
    """Kill a child, and its process group if it leads one."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _close_all_but(keep: int) -> None:
    os.closerange(3, keep)
    os.closerange(keep + 1, 256)


def _supervised(exam: Exam, request: dict[str, Any]) -> bytes:
    """The reply to a request: a line of JSON, then the bytes that student processes gave, one after the other."""
    exam.questions.update(request.get("questions") or {})
    record = Record()
    alone = request["alone"]
    for group in group_items(exam.items, [exam.index[id] for id in request["items"]], alone):
        supervise(
            lambda items, lost: ForkedRunner(exam, request["root"], items, lost, alone), group, exam.limits, record
        )
    return encode_record(exam, record)


def encode_record(exam: Exam, record: Record) -> bytes:
    """A record as a line of JSON and raw bytes; see `launcher` for the other end."""
    sittings = []
    blobs: list[bytes] = []
    for index, sitting in sorted(record.sittings.items()):
        parts = (sitting.where, sitting.output, sitting.raw)
        blobs += parts
        sittings.append(
            [exam.items[index].id, sitting.kind.decode(), sitting.code, sitting.at, round(sitting.seconds, 6),
             *map(len, parts)]
        )  # fmt: skip
    blobs += record.imports
    head = {"sittings": sittings, "imports": [len(part) for part in record.imports], "lost": record.lost}
    return json.dumps(head).encode() + b"\n" + b"".join(blobs)


# --- runner and sittings ------------------------------------------------------------------------------------


def run(exam: Exam, root: str, items: Sequence[int], lost: dict[str, str], replies: int, *, fork: bool, alone: bool,
        at: Any = None) -> None:  # fmt: skip
    """Import the student's modules and sit `items`, reporting each step in a frame; with `alone`, each in a fork."""

    def say(tag: bytes, body: bytes) -> None:
        write_all(replies, pack(tag + body))

    rubric = [exam.items[i] for i in items]
    wanted = sorted({module for item in rubric for module in item.uses}, key=("engine", "derivative", "trace").index)
    loaded: dict[str, Any] = {}
    failed: dict[str, Any] = {}
    gc.disable()
    sys.path.append(root)
    say(IMPORTING, b"__init__")
    student.import_package(root, "__init__" in lost)
    for module in wanted:
        say(IMPORTING, module.encode())
        outcome = student.import_module(module, root, module in lost)
        (failed if isinstance(outcome, dict) else loaded)[module] = outcome
    say(IMPORTED, student.plain_object(failed).encode())

    def importable(item: Item) -> str:
        """The first module of an item's that failed to import, if any. A bare Value stands in for the engine in
        traces."""
        return next((m for m in item.uses if m in failed and not (m == "engine" and "trace" in item.uses)), "")

    sitter: Sitter | None = None
    for place, (index, item) in enumerate(zip(items, rubric, strict=True)):
        say(BEGIN, index.to_bytes(2, "big"))
        output, code = b"", 0
        if bad := importable(item):
            kind, answer = NO_IMPORT, bad.encode()
        elif fork:
            coming = [item] if alone else [later for later in rubric[place:] if not importable(later)]
            sitter = sitter or Sitter(exam, coming, loaded, root, at)
            kind, code, output, answer = sitter.next()
            if alone or kind != ANSWERED:
                sitter.end()
                sitter = None
        else:
            answer = student.sit(item, StudentLab(loaded), exam.questions[item.id], root).encode()
            kind = ANSWERED if len(answer) <= exam.limits.answer else DIED
        where = student.plain(student.locate(item, loaded, root)).encode()
        say(DONE, DONE_HEAD.pack(index, kind, code, len(where), len(output)) + where + output + answer)
    if sitter:
        sitter.end()


class Sitter:
    """A process forked from the runner that sits `items` one after the other, each when it is told to."""

    def __init__(self, exam: Exam, items: Sequence[Item], modules: dict[str, Any], root: str, at: Any):
        self._limits = exam.limits
        self._namespaces = "namespaces" in exam.layers
        answers, answers_in = os.pipe()
        prints, prints_in = os.pipe()
        told, self._tell = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            try:
                for standard in (1, 2):
                    os.dup2(prints_in, standard)
                keep = sorted((answers_in, told))
                os.closerange(3, keep[0])
                os.closerange(keep[0] + 1, keep[1])
                os.closerange(keep[1] + 1, 256)
                confine.limit(cpu_seconds=exam.limits.cpu)
                self._sit_all(exam, items, modules, root, at, told, answers_in)
            finally:
                os._exit(0)
        for inside in (answers_in, prints_in, told):
            os.close(inside)
        self._answers, self._prints = answers, prints
        self._buffer = bytearray()
        self._poller = select.poll()
        for pipe in (answers, prints):
            os.set_blocking(pipe, False)
            self._poller.register(pipe, select.POLLIN)

    @staticmethod
    def _sit_all(
        exam: Exam, items: Sequence[Item], modules: dict[str, Any], root: str, at: Any, told: int, answers_in: int
    ) -> None:
        def progress(index: int) -> None:
            at[:4] = index.to_bytes(4, "big")

        for item in items:
            if not os.read(told, 1):
                return
            answer = student.sit(item, StudentLab(modules), exam.questions[item.id], root, progress)
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            write_all(answers_in, pack(answer.encode()))

    def next(self) -> tuple[bytes, int, bytes, bytes]:
        """Have the next item sat: kind, exit code where the process died, what was printed, and the answers."""
        output = bytearray()
        with contextlib.suppress(BrokenPipeError):
            os.write(self._tell, b".")
        while not self._has_answer():
            ready = [pipe for pipe, _ in self._poller.poll(20)]
            if self._prints in ready and not self._read(self._prints, output, self._limits.output):
                self._poller.unregister(self._prints)
            ended = self._answers in ready and not self._read(self._answers, self._buffer, self._limits.answer + 5)
            if (ended or not ready) and not self._has_answer():
                code = self._exit_code(wait=ended)
                if code is not None:
                    self._read(self._prints, output, self._limits.output)
                    return TIMEOUT if code == -signal.SIGXCPU else DIED, code, bytes(output), b""
        self._read(self._prints, output, self._limits.output)
        end = 4 + int.from_bytes(self._buffer[:4], "big")
        answer = bytes(self._buffer[4:end])
        del self._buffer[:end]
        return ANSWERED if end - 4 <= self._limits.answer else DIED, 0, bytes(output), answer

    def _has_answer(self) -> bool:
        """Whether a whole answer is there, or so much that it can be none."""
        enough = 4 + min(int.from_bytes(self._buffer[:4], "big"), self._limits.answer + 1)
        return len(self._buffer) >= max(enough, 4)

    @staticmethod
    def _read(pipe: int, into: bytearray, most: int) -> bool:
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

    def _exit_code(self, wait: bool) -> int | None:
        """The exit code of the process, if it has ended; where it closed its pipe (`wait`) it gets a moment, then is
        killed."""
        for _ in range(50 if wait else 1):
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._pid = 0
                return os.waitstatus_to_exitcode(status)
            if wait:
                time.sleep(0.001)
        if not wait:
            return None
        _kill(self._pid)
        return os.waitstatus_to_exitcode(self._reap())

    def _reap(self) -> int:
        status = os.waitpid(self._pid, 0)[1]
        self._pid = 0
        return status

    def end(self) -> None:
        """Kill the process and what it left behind."""
        if self._namespaces:
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGKILL)  # all but us and process 1, which only supervises
        if self._pid:
            _kill(self._pid)
            self._reap()
        for pipe in (self._answers, self._prints, self._tell):
            os.close(pipe)


if __name__ == "__main__":
    main()
