"""The program inside the sandbox.

With fork, a tree of processes:

    template    holds the questions and what students may import; no secrets. One for each judge.
      supervisor  one for each submission, in namespaces of its own (where it is process 1). Holds the clock, runs no
      student code.
        runner      imports the student's modules. One at a time; started again where it dies.
          sitter      sits one item; forked from the runner where items are sat alone, else the runner sits them.

Without fork (Windows), this is only the runner, and the supervisor sits in the judge.

Each ends when the one above it does, whatever ended that: the template, or a runner without one, when the judge's pipe
closes, all below by a signal from the kernel. A process 1 takes everything along; elsewhere the supervisor does, and if
it cannot any more, the template.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.machinery
import itertools
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

from autograder.courses.micrograd.student_lab.lending import Lender, Pieces, Store
from autograder.sandbox import confine, imports, watch
from autograder.sandbox.budget import Budget
from autograder.sandbox.protocol import pack, read_frame, write_all
from autograder.sandbox.records import encode_record
from autograder.sandbox.runner import Exam, Remains, kill, read_up_to, run
from autograder.sandbox.stacks import hanging
from autograder.sandbox.supervise import Record, group_items, supervise

# Imported once, so that submissions need not. Every library that a module maps makes each fork slower: so only these.
_PRELOAD = (
    "abc collections contextlib copy dataclasses enum functools itertools math numbers operator random types typing"
)


_NICE = 5  # to the judges, and whoever else works on the machine


def main() -> None:
    """Serve the judge on the file descriptors 0 and 1, which student code never sees."""
    requests, replies = os.dup(0), os.dup(1)
    os.umask(0o022)  # whoever started us may have another, and what is made in here is for another user
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(null, standard)
    config = json.loads(read_frame(requests) or b"{}")
    exam = Exam(config)
    store = Store() if config["fork"] else None
    if not store:
        importlib.import_module("autograder.courses.micrograd.student_lab.pieces")  # while that can be found
    imports.guard()
    if exam.layers:
        os.nice(_NICE)
    if config["needed"]:
        confine.uncover(config["needed"])
    if places := config["places"]:
        confine.show_only(places, config["folder"])
    if config["fork"]:
        preload()
    if config["user"]:
        confine.become(config["user"], config["user"])
    elif places:
        confine.drop_capabilities()
    if store:
        serve(exam, store, requests, replies)
    else:
        request = json.loads(read_frame(requests) or b"{}")
        exam.questions.update(request["questions"])
        threading.Thread(target=_end_with_judge, args=(requests,), daemon=True).start()
        run(exam, request["root"], request["items"], request["lost"], replies, fork=False, alone=False)


def _end_with_judge(requests: int) -> NoReturn:
    """End this process, whatever student code is at, when the judge is gone: there is only one request, so what comes
    after it is the end."""
    read_frame(requests)
    os._exit(1)


# --- template -----------------------------------------------------------------------------------------------


def preload() -> None:
    """Import what students may use, once for all of them."""
    for name in (*_PRELOAD.split(), "numpy", "graphviz"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def serve(exam: Exam, store: Store, requests: int, replies: int) -> None:
    """Answer each request with a record, from a fresh supervisor, until the judge closes the pipe."""
    gc.collect()
    gc.freeze()
    if exam.bare:
        confine.become_subreaper()
    write_all(replies, pack(b"ready"))
    while (frame := read_frame(requests)) is not None:
        inlet, outlet = os.pipe()
        template = os.getpid()
        child = os.fork()
        if not child:
            try:
                for descriptor in (requests, replies, inlet):
                    os.close(descriptor)
                _enter(exam, store, json.loads(frame), outlet, template)
            finally:
                os._exit(1)
        os.close(outlet)
        wanted = _answers(inlet, requests)
        reply = read_frame(inlet) if wanted else None
        if not wanted:
            os.kill(child, signal.SIGTERM)
        os.close(inlet)
        os.waitpid(child, 0)
        if exam.bare and reply is None:
            watch.Family(os.getpid()).end()  # what a supervisor that was killed has left us
        if not wanted:
            return
        write_all(replies, pack(reply or b'{"trouble": "the supervisor of the sandbox died"}'))


def _answers(inlet: int, requests: int) -> bool:
    """Whether the supervisor answers, or ends, before the judge is gone."""
    poller = select.poll()
    poller.register(inlet, select.POLLIN)
    poller.register(requests, 0)  # which the kernel tells when the other end is closed
    return any(descriptor == inlet for descriptor, _ in poller.poll())


def _is_cut_off(outlet: int) -> bool:
    """Whether nobody will ever read what is written here."""
    poller = select.poll()
    poller.register(outlet, 0)
    return bool(poller.poll(0))


def _enter(exam: Exam, store: Store, request: dict[str, Any], outlet: int, template: int) -> NoReturn:
    """Go into fresh namespaces, where the next fork is process 1, and supervise from there."""
    try:
        _renew_standard_streams()
        confine_here = "rlimits" in exam.layers
        if exam.listens:
            os.setsid()  # who kills the template and its group leaves us time to clean up
            signal.signal(signal.SIGTERM, _leave)
            if sys.platform == "linux":
                confine.die_with_parent(template, signal.SIGTERM)
        elif confine_here:
            confine.die_with_parent(template)
        if "namespaces" in exam.layers:
            confine.new_namespaces(inside_uid=1000, inside_gid=1000)
            child = os.fork()
            if child:
                os.close(outlet)
                os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 127)
            confine.die_with_parent()
            if _is_cut_off(outlet):  # then it may have been too late
                os._exit(1)
        if confine_here:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that Python handles, and so would take as process 1
            signal.signal(signal.SIGUSR1, _end_current)  # the judge's, who sees all its processes together
            confine.undumpable()
            confine.no_new_privs()
            if exam.bare:
                confine.become_subreaper()
            if "landlock" in exam.layers:
                own = [] if exam.enclosed else ["/proc"]  # to find what came of us
                confine.restrict_files([request["root"], *exam.readable, *own], writable=["/dev/null"])
            confine.drop_capabilities()
            limits = exam.limits
            processes = limits.processes if exam.counted else None
            confine.limit(memory=limits.memory, processes=processes, file_size=0, open_files=64)
            if "seccomp" in exam.layers:
                confine.forbid_syscalls()
        reply = _probed(exam, request) if "probe" in request else _supervised(exam, store, request)
    except BaseException as error:
        reply = json.dumps({"trouble": f"{type(error).__name__}: {error}"}).encode()
    write_all(outlet, pack(reply))
    os._exit(0)


def _renew_standard_streams() -> None:
    """Open /dev/null anew for stdin, stdout and stderr.

    Files that the template has open outlive a submission: their places, flags and locks would be notes to the next one.
    And the template's stderr is a file of the judge's, which nobody in here may write to.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


# --- probing ------------------------------------------------------------------------------------------------


def _probed(exam: Exam, request: dict[str, Any]) -> bytes:
    """What a submission would miss in here, modules of Python's or its own, and whether its processes have no end."""
    sys.path.append(request["root"])
    closed = _out_of_reach(request["probe"])
    found = {"closed": closed, "unlimited": not _processes_end(exam.limits.processes)}
    return json.dumps(found).encode()


def _out_of_reach(modules: Sequence[str]) -> list[str]:
    """Of the modules those that cannot be found, and the files and folders of theirs that cannot be read."""
    closed: list[str] = []
    for name in modules:
        spec = importlib.machinery.PathFinder.find_spec(name)
        if spec is None:
            closed.append(name)
            continue
        files = [spec.origin] if spec.origin else []
        for folder in spec.submodule_search_locations or ():
            for place, folders, names in os.walk(folder, onerror=lambda error: closed.append(str(error.filename))):
                folders[:] = [each for each in folders if each not in ("__pycache__", "test", "tests")]
                files += [os.path.join(place, each) for each in names]
        for file in files:
            try:
                os.close(os.open(file, os.O_RDONLY))
            except OSError:
                closed.append(file)
    return list(dict.fromkeys(closed))


def _processes_end(most: int) -> bool:
    """Whether something keeps this process from having more children than that."""
    children: list[int] = []
    try:
        while len(children) <= most:
            pid = os.fork()
            if not pid:
                signal.pause()
                os._exit(0)
            children.append(pid)
        return False
    except BlockingIOError:
        return True
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


# --- supervisor ---------------------------------------------------------------------------------------------


class ForkedRunner:
    """A runner in a child process of the supervisor."""

    current: ForkedRunner | None = None

    def __init__(self, exam: Exam, store: Store, root: str, items: Sequence[int], lost: dict[str, str], alone: bool):
        self._left = Remains(exam.limits.output)
        self._exam = exam
        self._family = watch.Family(os.getpid()) if exam.bare and not exam.enclosed else None
        self._code: int | None = None
        inlet, outlet = os.pipe()
        lent, lending = os.pipe()
        self._stacks, stacks = os.pipe()
        for end in (self._stacks, stacks):
            os.set_blocking(end, False)
        self._root = root
        supervisor = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)  # until it is known whom to end
        self._pid = os.fork()
        if not self._pid:
            try:
                for told in _TOLD:
                    signal.signal(told, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
                os.setsid()  # what it starts is in its group, and goes with it
                _close_all_but(outlet, lent, stacks)
                store.close()
                _shut_in(exam, root, supervisor)
                run(exam, root, items, lost, outlet, fork=True, alone=alone, left=self._left, pieces=Pieces(lent),
                    stacks=stacks)  # fmt: skip
            finally:
                os._exit(0)
        ForkedRunner.current = self
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
        os.close(outlet)
        os.close(lent)
        os.close(stacks)
        self._lender = Lender(store, exam.items, lending, alone)
        self._inlet = inlet
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

    def begin(self, item: int) -> None:
        self._lender.begin(item)

    def progress(self) -> int:
        return self._left.question

    def printed(self) -> bytes:
        return self._left.printed

    def place(self) -> bytes:
        """Where it hangs, as far as that is known."""
        written = bytearray()
        read_up_to(self._stacks, written, 1 << 20)
        return hanging(bytes(written), self._root)

    def end(self) -> int:
        """Kill the runner and everything that came of it; its exit code, negative for a signal."""
        if self._code is None:
            self.kill()
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            os.close(self._inlet)
            os.close(self._stacks)
            self._lender.close()
            self._left.close()
        if self._exam.enclosed:
            with contextlib.suppress(ChildProcessError):
                while True:  # all are dying, and orphans are ours: wait until they no longer count as processes
                    os.waitpid(-1, 0)
        elif self._family:
            self._family.end()
        return self._code

    def kill(self) -> None:
        """Kill the runner, and everything that came of it and can be seen."""
        if self._exam.enclosed:
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGKILL)  # all but us
        elif self._family:
            self._family.kill()
        if self._code is None:
            kill(self._pid)


_TOLD = (signal.SIGTERM, signal.SIGUSR1) if hasattr(signal, "SIGUSR1") else ()


def _end_current(*_: object) -> None:
    """End the runner of the moment; who waits for its answer finds out."""
    if runner := ForkedRunner.current:
        runner.kill()


def _leave(*_: object) -> NoReturn:
    """End, with everything below."""
    _end_current()
    if (runner := ForkedRunner.current) and runner._family:
        runner._family.end()
    os._exit(1)


def _shut_in(exam: Exam, root: str, supervisor: int) -> None:
    """Give up what a runner must not have and its supervisor needs."""
    if exam.listens and sys.platform == "linux":
        confine.die_with_parent(supervisor)
    if exam.enclosed and "landlock" in exam.layers and confine.scopes_signals():
        confine.restrict_signals()  # also to process 1, which listens to its judge
    elif exam.bare:
        confine.restrict_files([root, *exam.readable], writable=["/dev/null"])
        confine.forbid_syscalls(signals=True)


def _close_all_but(*keep: int) -> None:
    for below, above in itertools.pairwise((2, *sorted(keep), 256)):
        os.closerange(below + 1, above)


def _supervised(exam: Exam, store: Store, request: dict[str, Any]) -> bytes:
    """The reply to a request: a line of JSON, then the bytes that student processes gave, one after the other."""
    exam.questions.update(request.get("questions") or {})
    record = Record(lost=request["lost"])
    alone, longer = request["alone"], request["longer"]
    budget = Budget(*request["budget"], own=True)
    limits = exam.limits
    needs = {exam.index[id]: [exam.index[need] for need in exam.items[exam.index[id]].needs] for id in request["items"]}

    def start(items: Sequence[int], lost: dict[str, str]) -> ForkedRunner:
        exam.left = budget.left()[1]
        exam.limits = replace(limits, cpu=min(limits.cpu, exam.left), imports=limits.imports * longer)
        return ForkedRunner(exam, store, request["root"], items, lost, alone)

    for group in group_items(exam.items, list(needs), alone):
        supervise(start, group, limits, record, budget=budget, needs=needs, hasty=request["hasty"], longer=longer,
                  hung=request["hung"])  # fmt: skip
    record.cpu = budget.used()
    return encode_record([item.id for item in exam.items], record)


if __name__ == "__main__":
    main()
