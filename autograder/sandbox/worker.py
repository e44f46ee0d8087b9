"""The program inside the sandbox.

With fork, a tree of processes:

    template    holds the questions and what students may import; no secrets. One for each judge.
      supervisor  one for each submission, in namespaces of its own (where it is process 1). Holds the clock, runs no
      student code.
        runner      imports the student's modules. One at a time; started again where it dies.
          sitting     one for each item, forked from the runner.

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
    supervise,
)

# Imported once, so that submissions need not. Every library that a module maps makes each fork slower, so the list is
# short, unless files will be out of reach later on: then what is not imported now is missing.
_PRELOAD = "abc collections contextlib copy dataclasses enum functools itertools math numbers operator random types typing"
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
        run(exam, request["root"], request["items"], request["lost"], replies, fork=False)


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

    def __init__(self, exam: Exam, root: str, items: Sequence[int], lost: dict[str, str]):
        self._at = mmap.mmap(-1, 4)
        inlet, outlet = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            try:
                _close_all_but(outlet)
                run(exam, root, items, lost, outlet, fork=True, at=self._at)
            finally:
                os._exit(0)
        os.close(outlet)
        self._inlet = inlet
        self._alone = "namespaces" in exam.layers
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
            if self._alone:
                with contextlib.suppress(OSError):
                    os.kill(-1, signal.SIGKILL)  # all but us, for we are process 1 here
            _kill(self._pid)
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            os.close(self._inlet)
            self._at.close()
        if self._alone:
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
    groups: dict[tuple[str, ...], list[int]] = {}
    for id in request["items"]:
        index = exam.index[id]
        groups.setdefault(exam.items[index].uses, []).append(index)

    for group in groups.values():  # items that use the same modules share a runner: a bad module costs its own items
        supervise(lambda items, lost: ForkedRunner(exam, request["root"], items, lost), group, exam.limits, record)

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


def run(exam: Exam, root: str, items: Sequence[int], lost: dict[str, str], replies: int, *, fork: bool,
        at: Any = None) -> None:  # fmt: skip
    """Import the student's modules and sit `items`, reporting each step in a frame."""

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

    for index, item in zip(items, rubric, strict=True):
        say(BEGIN, index.to_bytes(2, "big"))
        bad = [m for m in item.uses if m in failed and not (m == "engine" and "trace" in item.uses)]
        if bad:
            kind, code, output, answer = NO_IMPORT, 0, b"", bad[0].encode()
        else:
            task = _Task(exam, item, StudentLab(loaded), root, at)
            kind, code, output, answer = task.forked() if fork else task.inline()
        where = student.plain(student.locate(item, loaded, root)).encode()
        say(DONE, DONE_HEAD.pack(index, kind, code, len(where), len(output)) + where + output + answer)


class _Task:
    """One item to sit, here or in a process of its own."""

    def __init__(self, exam: Exam, item: Item, lab: StudentLab, root: str, at: Any):
        self.item, self.lab, self.root, self.at = item, lab, root, at
        self.limits = exam.limits
        self.confined = "rlimits" in exam.layers
        self.alone = "namespaces" in exam.layers
        self.questions = exam.questions[item.id]

    def _sit(self) -> bytes:
        return student.sit(self.item, self.lab, self.questions, self.root, self._progress).encode()

    def _progress(self, index: int) -> None:
        if self.at is not None:
            self.at[:4] = index.to_bytes(4, "big")

    def inline(self) -> tuple[bytes, int, bytes, bytes]:
        answer = self._sit()
        if len(answer) > self.limits.answer:
            return DIED, 0, b"", b""
        return ANSWERED, 0, b"", answer

    def forked(self) -> tuple[bytes, int, bytes, bytes]:
        answers, answers_in = os.pipe()
        prints, prints_in = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                os.setsid()
                for standard in (1, 2):
                    os.dup2(prints_in, standard)
                os.closerange(3, answers_in)
                os.closerange(answers_in + 1, 256)
                if self.confined:
                    confine.limit(cpu_seconds=self.limits.cpu)
                write_all(answers_in, self._sit())
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
            finally:
                os._exit(0)
        os.close(answers_in)
        os.close(prints_in)
        answer, output, status = _collect(pid, answers, prints, self.limits)
        if self.alone:
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGKILL)  # what it left behind; neither us nor process 1
        else:
            _kill(pid)
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGXCPU:
            return TIMEOUT, code, output, b""
        if code or not answer or len(answer) > self.limits.answer:
            return DIED, code, output, b""
        return ANSWERED, 0, output, answer


def _collect(pid: int, answers: int, prints: int, limits: Limits) -> tuple[bytes, bytes, int]:
    """What a sitting writes, cut at the limits, and its exit status; returns when it ends, though its children go
    on."""
    kept = {answers: bytearray(), prints: bytearray()}
    most = {answers: limits.answer + 1, prints: limits.output}
    poller = select.poll()
    for pipe in kept:
        os.set_blocking(pipe, False)
        poller.register(pipe, select.POLLIN)
    open_ = set(kept)
    status: int | None = None
    while open_:
        ready = [pipe for pipe, _ in poller.poll(20 if status is None else 0)]
        for pipe in ready:
            part = os.read(pipe, 1 << 16)
            kept[pipe] += part[: most[pipe] - len(kept[pipe])]
            if not part:
                poller.unregister(pipe)
                open_.discard(pipe)
        if not ready:
            if status is not None:
                break
            done, ended = os.waitpid(pid, os.WNOHANG)
            status = ended if done else None
    if status is None:
        status = os.waitpid(pid, 0)[1]
    for pipe in kept:
        os.close(pipe)
    return bytes(kept[answers]), bytes(kept[prints]), status


if __name__ == "__main__":
    main()
