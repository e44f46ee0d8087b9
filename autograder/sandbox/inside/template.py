"""The program inside the sandbox.

With fork, a tree of processes:

    template    holds the questions and what students may import; no secrets. One for each judge.
      supervisor  one for each submission, in namespaces of its own (where it is process 1). Holds the clock, runs no
      student code. Where a student waits for it, two, each for half of the items.
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
import json
import os
import select
import signal
import sys
import threading
import types
from collections.abc import Sequence
from typing import Any, NoReturn

from autograder.sandbox.inside.finder import guard
from autograder.sandbox.inside.lending import Store
from autograder.sandbox.inside.paper import Paper
from autograder.sandbox.inside.pipes import close_all_but
from autograder.sandbox.inside.runner import run
from autograder.sandbox.inside.supervisor import enter
from autograder.sandbox.kernel.calls import ConfineError
from autograder.sandbox.kernel.filesystem import show_only, uncover
from autograder.sandbox.kernel.privileges import become, become_subreaper, drop_capabilities
from autograder.sandbox.kernel.seccomp import prepared
from autograder.sandbox.kernel.watch import Family
from autograder.sandbox.protocol import pack, read_frame, write_all

# Imported once, so that submissions need not. Every library that a module maps makes each fork slower: so only these.
_PRELOAD = (
    "abc collections contextlib copy dataclasses enum functools itertools math numbers operator random types typing"
)
_HIDDEN: list[types.ModuleType] = []  # which nobody finds, and we need
_NICE = 5  # to the judges, and whoever else works on the machine; Linux may share that among sessions first


def main() -> None:
    """Serve the judge on the file descriptors 0 and 1, which student code never sees."""
    requests, replies = own_pipes()
    os.umask(0o022)  # whoever started us may have another, and what is made in here is for another user
    config = configuration(requests)
    if config is None:  # the judge had no use for us
        return
    paper = Paper(config)
    store = Store(paper.subject) if config["fork"] else None
    if not store and paper.subject.pieces:
        importlib.import_module(paper.subject.pieces)  # while that can be found
    guard(paper.subject.libraries)
    if paper.layers:
        os.nice(_NICE)
    if config["needed"]:
        uncover(config["needed"])
    if places := config["places"]:
        show_only(places, config["folder"])
    if config["fork"]:
        preload(paper.subject.libraries)
    if config["user"]:
        become(config["user"], config["user"])
    elif places:
        drop_capabilities()
    if config["questions"] is None:  # whoever started us did not know them yet
        frame = read_frame(requests)
        if frame is None:
            return
        paper.told(json.loads(frame))
    if store:
        let_students_in()
        serve(paper, store, requests, replies)
        os._exit(0)  # there is nothing to put away, for which Python would take its time
    else:
        request = json.loads(read_frame(requests) or b"{}")
        paper.questions.update(request["questions"])
        if len(request["items"]) > 1:  # in haste, where an import would count as an item's own time
            preload(paper.subject.libraries)
        let_students_in()
        threading.Thread(target=_end_with_judge, args=(requests,), daemon=True).start()
        run(paper, request["root"], request["items"], request["lost"], replies, fork=False, alone=False)


def own_pipes() -> tuple[int, int]:
    """The pipes that come as stdin and stdout, which from now on are nothing."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(null, standard)
    return requests, replies


def configuration(requests: int) -> dict[str, Any] | None:
    """What the judge says when a worker starts, with the folders of the libraries, in which we look from now on; None
    when it is gone."""
    frame = read_frame(requests)
    if frame is None:
        return None
    config: dict[str, Any] = json.loads(frame)
    sys.path[-1:-1] = config["folders"]  # before our own
    return config


def _end_with_judge(requests: int) -> NoReturn:
    """End this process, whatever student code is at, when the judge is gone: there is only one request, so what comes
    after it is the end."""
    read_frame(requests)
    os._exit(1)


def preload(libraries: Sequence[str]) -> None:
    """Import what students may use, once for all that is asked in here."""
    for name in (*_PRELOAD.split(), *libraries):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def let_students_in() -> None:
    """From now on what is imported is a student's: it leaves no bytecode, and what it registers for forks is done."""
    sys.dont_write_bytecode = True
    if hasattr(os, "fork"):
        vars(os).update(register_at_fork=importlib.import_module(os.name).register_at_fork)


def hide_ourselves() -> None:
    """Take the grader's own modules from where student code finds modules. Once for all: a fork that looks at each name
    copies the pages of all."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("autograder", "__main__")]:
        _HIDDEN.append(sys.modules.pop(name))
    sys.modules["__main__"] = types.ModuleType("__main__")


def serve(paper: Paper, store: Store, requests: int, replies: int) -> None:
    """Answer each request with a record, from a supervisor that each submission gets afresh, until the judge closes the
    pipe."""
    for signals in {False, paper.bare} if "seccomp" in paper.layers else ():
        with contextlib.suppress(ConfineError):  # which the supervisor tells
            prepared(signals)
    hide_ourselves()
    gc.freeze()
    if paper.bare:
        become_subreaper()
    write_all(replies, pack(b"ready"))
    supervisors: list[_Supervisor] = []
    while (frame := read_frame(requests)) is not None:
        request, template = json.loads(frame), os.getpid()
        if request.get("again") and supervisors[0].pid:  # it is shut in already, and has nobody else's submission
            supervisors[0].ask(frame)
        else:
            while supervisors:
                supervisors.pop().end()
            for items in request.pop("shares", [None]):
                share = {**request, "items": items} if items else request
                supervisors.append(supervisor := _Supervisor(paper.bare))
                if not supervisor.pid:  # here: of the depth that Python allows, what is asked has what we leave
                    try:
                        close_all_but(*supervisor.inside)
                        enter(paper, store, share, supervisor.inside, template)
                    finally:
                        os._exit(1)
        answered = [each.reply(requests) for each in supervisors]
        if None in answered:
            return
        for reply in answered:
            write_all(replies, pack(reply or b'{"trouble": "the supervisor of the sandbox died"}'))


class _Supervisor:
    """A fork that supervises a submission, or a share of it, until it is asked no more, and the pipes to and from it;
    with `pid` 0 in there, where `inside` are the ends to use."""

    def __init__(self, bare: bool):
        self._bare = bare
        asked, asking = os.pipe()
        answered, answering = os.pipe()
        self.ends, self.inside = (answered, asking), (asked, answering)
        self.pid = os.fork()
        if self.pid:
            for descriptor in self.inside:
                os.close(descriptor)

    def ask(self, request: bytes) -> None:
        """Ask again."""
        with contextlib.suppress(BrokenPipeError):  # there will be no reply
            write_all(self.ends[1], pack(request))

    def reply(self, requests: int) -> bytes | None:
        """What it answers, b"" where it died; None when the judge is gone, and so is it then."""
        if not _answers(self.ends[0], requests):
            os.kill(self.pid, signal.SIGTERM)
            self.end()
            return None
        reply = read_frame(self.ends[0])
        if reply is None:
            self.end()
            if self._bare:
                Family(os.getpid()).end()  # what one that was killed has left us
        return reply or b""

    def end(self) -> None:
        """Close the pipes, at which it ends, and wait for that."""
        if self.pid:
            for descriptor in self.ends:
                os.close(descriptor)
            os.waitpid(self.pid, 0)
            self.pid = 0


def _answers(inlet: int, requests: int) -> bool:
    """Whether the supervisor answers, or ends, before the judge is gone."""
    poller = select.poll()
    poller.register(inlet, select.POLLIN)
    poller.register(requests, 0)  # which the kernel tells when the other end is closed
    return any(descriptor == inlet for descriptor, _ in poller.poll())
