"""The supervisor of one submission: starts its runners, holds the clock over them, and ends all that came of them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

from autograder.sandbox.budget import Budget
from autograder.sandbox.inside.lending import Lender, Pieces, Store
from autograder.sandbox.inside.paper import Paper
from autograder.sandbox.inside.pipes import Remains, close_all_but, read_up_to
from autograder.sandbox.inside.probing import probed
from autograder.sandbox.inside.runner import run
from autograder.sandbox.inside.sitter import kill
from autograder.sandbox.kernel.landlock import restrict_files, restrict_signals, scopes_signals
from autograder.sandbox.kernel.limits import limit
from autograder.sandbox.kernel.namespaces import new_namespaces
from autograder.sandbox.kernel.privileges import (
    become_subreaper,
    die_with_parent,
    drop_capabilities,
    no_new_privs,
    undumpable,
)
from autograder.sandbox.kernel.seccomp import forbid_syscalls
from autograder.sandbox.kernel.watch import Family
from autograder.sandbox.protocol import pack, read_frame, write_all
from autograder.sandbox.records import encode_record
from autograder.sandbox.stacks import hanging
from autograder.sandbox.subject import EXTRA
from autograder.sandbox.supervise import COMPILED, Record, group_items, supervise


def _is_cut_off(outlet: int) -> bool:
    """Whether nobody will ever read what is written here."""
    poller = select.poll()
    poller.register(outlet, 0)
    return bool(poller.poll(0))


def enter(paper: Paper, store: Store, request: dict[str, Any], pipes: tuple[int, int], template: int) -> NoReturn:
    """Go into fresh namespaces, where the next fork is process 1, and supervise from there: what is requested, and what
    else is asked about that submission as long as somebody holds the other end of the pipe."""
    inlet, outlet = pipes
    try:
        _renew_standard_streams()
        confine_here = "rlimits" in paper.layers
        if paper.listens:
            os.setsid()  # who kills the template and its group leaves us time to clean up
            signal.signal(signal.SIGTERM, _leave)
            if sys.platform == "linux":
                die_with_parent(template, signal.SIGTERM)
        elif confine_here:
            die_with_parent(template)
        if "namespaces" in paper.layers:
            new_namespaces(inside_uid=1000, inside_gid=1000)
            child = os.fork()
            if child:
                for pipe in pipes:
                    os.close(pipe)
                os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 127)
            die_with_parent()
            if _is_cut_off(outlet):  # then it may have been too late
                os._exit(1)
        if confine_here:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that Python handles, and so would take as process 1
            signal.signal(signal.SIGUSR1, _end_current)  # the judge's, who sees all its processes together
            undumpable()
            no_new_privs()
            if paper.bare:
                become_subreaper()
            if "landlock" in paper.layers:
                own = [] if paper.enclosed else ["/proc"]  # to find what came of us
                restrict_files([request["root"], *paper.readable, *own], writable=["/dev/null"])
            drop_capabilities()
            limits = paper.limits
            processes = limits.processes if paper.counted else None
            limit(memory=limits.memory, processes=processes, file_size=0, open_files=64)
            if "seccomp" in paper.layers:
                forbid_syscalls()
        told = paper.questions, paper.limits
        while True:
            paper.questions, paper.limits = told
            reply = probed(paper, request) if "probe" in request else _supervised(paper, store, request)
            write_all(outlet, pack(reply))
            frame = read_frame(inlet)
            if frame is None:
                break
            request = json.loads(frame)
    except BaseException as error:
        write_all(outlet, pack(json.dumps({"trouble": f"{type(error).__name__}: {error}"}).encode()))
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


class ForkedRunner:
    """A runner in a child process of the supervisor."""

    current: ForkedRunner | None = None

    def __init__(self, paper: Paper, store: Store, root: str, items: Sequence[int], lost: dict[str, str], alone: bool,
                 compiled: bytes | None):  # fmt: skip
        self._left = Remains(paper.limits.output)
        self._paper = paper
        self._family = Family(os.getpid()) if paper.bare and not paper.enclosed else None
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
                close_all_but(outlet, lent, stacks)
                store.close()
                _shut_in(paper, root, supervisor)
                run(paper, root, items, lost, outlet, fork=True, alone=alone, left=self._left, compiled=compiled,
                    pieces=Pieces(paper.subject.pieces, lent, paper.tools), stacks=stacks)  # fmt: skip
            finally:
                os._exit(0)
        ForkedRunner.current = self
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
        os.close(outlet)
        os.close(lent)
        os.close(stacks)
        self._lender = Lender(store, paper.items, lending, alone)
        self._inlet = inlet
        self._limit = 4 * paper.limits.answer
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
        if self._paper.enclosed:
            with contextlib.suppress(ChildProcessError):
                while True:  # all are dying, and orphans are ours: wait until they no longer count as processes
                    os.waitpid(-1, 0)
        elif self._family:
            self._family.end()
        else:
            _await_group(self._pid)
        return self._code

    def kill(self) -> None:
        """Kill the runner, and everything that came of it and can be seen."""
        if self._paper.enclosed:
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGKILL)  # all but us
        elif self._family:
            self._family.kill()
        if self._code is None:
            kill(self._pid)


def _await_group(leader: int) -> None:
    """Wait until all of a process group that was killed are gone, which under a load takes a moment; but not for dead
    ones that nobody takes away."""
    for _ in range(_LOOKS):
        try:
            os.killpg(leader, 0)
        except OSError:
            return
        time.sleep(_LOOK)


_LOOKS, _LOOK = 200, 0.002
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


def _shut_in(paper: Paper, root: str, supervisor: int) -> None:
    """Give up what a runner must not have and its supervisor needs."""
    if paper.listens and sys.platform == "linux":
        die_with_parent(supervisor)
    if paper.enclosed and "landlock" in paper.layers and scopes_signals():
        restrict_signals()  # also to process 1, which listens to its judge
    elif paper.bare:
        restrict_files([root, *paper.readable], writable=["/dev/null"])
        forbid_syscalls(signals=True)


def _supervised(paper: Paper, store: Store, request: dict[str, Any]) -> bytes:
    """The reply to a request: a line of JSON, then the bytes that student processes gave, one after the other. What it
    changes of `paper` holds for this request."""
    paper.questions = {**paper.questions, **(request["questions"] or {})}
    record = Record(lost=request["lost"])
    alone, longer = request["alone"], request["longer"]
    budget = Budget(*request["budget"], own=True)
    limits = paper.limits
    needs = {
        paper.index[id]: [paper.index[need] for need in paper.items[paper.index[id]].needs] for id in request["items"]
    }

    def start(items: Sequence[int], lost: dict[str, str]) -> ForkedRunner:
        paper.left = budget.left()[1]
        paper.limits = replace(limits, cpu=min(limits.cpu, paper.left), imports=limits.imports * longer)
        begin = partial(ForkedRunner, paper, store, request["root"], items, lost, alone)
        if paper.compiled is None:
            runner = begin(None)
            frame = runner.receive(min(limits.imports, budget.left()[0])) or b""
            paper.compiled = frame.removeprefix(COMPILED)
            if frame:
                return runner
            runner.end()  # at what is to be compiled: which module that is, the next one will tell
        return begin(paper.compiled)

    besides = [paper.index[id] for id in request["items"] if id.startswith(EXTRA)]
    for group in group_items(paper.subject, paper.items, list(needs), alone):
        supervise(start, group, limits, record, budget=budget, needs=needs, hasty=request["hasty"], longer=longer,
                  hung=request["hung"], modules=paper.subject.order, besides=besides)  # fmt: skip
    record.cpu = budget.used()
    return encode_record([item.id for item in paper.items], record)
