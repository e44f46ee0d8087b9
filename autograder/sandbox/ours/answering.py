"""Inside, with packages of our own: they answer one after the other, in this very process.

No student's code ever comes in here. So there is no fork for each, of which most is copying memory, and a module that
several packages share is compiled once.
"""

from __future__ import annotations

import gc
import importlib
import json
import signal
import sys
from functools import lru_cache
from typing import Any

from autograder.exam.items import Item
from autograder.exam.questions.beside import step_back
from autograder.sandbox.inside import finder, sitting
from autograder.sandbox.inside.lending import Pieces
from autograder.sandbox.inside.paper import Paper
from autograder.sandbox.inside.runner import Sat, steps
from autograder.sandbox.inside.template import configuration, own_pipes, preload
from autograder.sandbox.protocol import pack, read_frame, write_all
from autograder.sandbox.supervise import ANSWERED


def main() -> None:
    """Serve the judge on the file descriptors 0 and 1, until it closes the pipe."""
    requests, replies = own_pipes()
    step_back()
    config = configuration(requests)
    if config is None:
        return
    paper = Paper(config)
    importlib.import_module(paper.subject.pieces)
    finder.guard(paper.subject.libraries)
    preload(paper.subject.libraries)
    sys.dont_write_bytecode = True
    finder.Loader.source_to_code = staticmethod(_compiled)  # type: ignore[method-assign, assignment]
    gc.collect()
    gc.freeze()
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        paper.questions = request["questions"]
        write_all(replies, pack(answers(paper, request["root"])))


@lru_cache(maxsize=50)
def _compiled(source: bytes, path: str, **_: Any) -> Any:
    return compile(source, path, "exec", dont_inherit=True)


def answers(paper: Paper, root: str) -> bytes:
    """What the package below `root` answers, by item, as JSON text. It ends the process when it takes too long."""
    signal.setitimer(signal.ITIMER_PROF, 1 + paper.limits.cpu)  # whose signal nobody handles
    package = paper.subject.package
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    seat = _Seat(paper, root)
    items = sorted((paper.index[id] for id in paper.questions), key=lambda place: paper.items[place].stage)
    for _ in steps(paper, root, items, {}, seat, _AsLent(paper.subject.pieces), alone=False):
        pass
    signal.setitimer(signal.ITIMER_PROF, 0)
    gc.enable()  # what this one leaves
    gc.collect()
    return f"{{{','.join(seat.answers)}}}".encode()


class _Seat:
    """Where items are sat, here."""

    begun = 0

    def __init__(self, paper: Paper, root: str):
        self._paper, self._root = paper, root
        self.answers: list[str] = []

    def ready(self) -> None:
        pass

    def sit(self, item: Item, lab: Any) -> Sat:
        given = sitting.sit(item, lab, self._paper.questions[item.id], self._root)
        self.answers.append(f'"{item.id}":{given if len(given) <= self._paper.limits.answer else "null"}')
        return ANSWERED, 0, b"", b""


class _AsLent(Pieces):
    """All pieces are at hand, and those are lent that a submission would be lent."""

    def __init__(self, source: str):
        super().__init__(source)
        self._lent: set[str] = set()

    def await_those_of(self, item: Item, alone: bool) -> None:
        self._lent.update(item.lends(alone))

    def has(self, name: str) -> bool:
        return name in self._lent
