"""Asks a student's package in this very process: where there are no others, as in a browser.

What it says is read as a worker's is that runs elsewhere, and the same supervisor holds the clock over it. No code in
here has secrets to lose: the exam is the one for practice, and the student is at their own machine.
"""

from __future__ import annotations

import importlib
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import Any

from autograder.course import find
from autograder.exam.items import Item, Question
from autograder.kit.browser.clock import Clock, Over
from autograder.kit.browser.interpreter import Ended, Kept, forget, mend
from autograder.kit.browser.numbers import StandIn, has_numpy, importing_numpy
from autograder.sandbox.budget import Budget
from autograder.sandbox.inside import sitting
from autograder.sandbox.inside.finder import guard, hide
from autograder.sandbox.inside.lending import Pieces
from autograder.sandbox.inside.paper import Paper
from autograder.sandbox.inside.runner import Sat, steps
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.sandbox.records import Run, decode
from autograder.sandbox.stacks import hanging
from autograder.sandbox.subject import Subject
from autograder.sandbox.supervise import ANSWERED, BEGIN, DIED, IMPORTING, Record, group_items, supervise

Progress = Callable[[str], None]
IMPORT = "import:"  # before the name of a module that is imported next, in what a progress is told


class HereWorker:
    """A worker without a process of its own; see `sandbox.worker.Worker`.

    `progress` is told of what comes next: the id of an item, or IMPORT and the name of a module. `given_up` is what is
    not even begun, by the same names: "timeout" where it would not come to an end, "crashed" where it would take the
    process along. What is asked lies in `folder`.
    """

    def __init__(
        self, subject: Subject, questions: Mapping[str, list[Question]], limits: Limits, *,
        folder: Path, clock: Clock | None = None,
    ):  # fmt: skip
        self.sandbox = NO_SANDBOX
        self.forks = False
        self.limits = limits
        self.given_up: Mapping[str, str] = {}
        self.stand_ins: list[StandIn] = []  # that were used since somebody last looked
        self._subject = subject
        self._questions = dict(questions)
        self._clock = clock or Clock()
        self.folder = folder
        self.progress: Progress = lambda what: None
        self.has_numpy = has_numpy()
        config = {"subject": asdict(subject), "questions": {}, "limits": asdict(limits), "layers": [], "readable": [],
                  "user": 0}  # fmt: skip
        self._paper = Paper(config)
        if subject.pieces:
            find(subject.pieces)  # while that can be found
        for library in subject.libraries:  # once, so that no package pays for it, nor sees what they log
            with suppress(ImportError):
                importlib.import_module(library)

    def run(
        self, root: Path, items: Sequence[str], questions: dict[str, list[Question]] | None = None, *,
        alone: bool = False, hasty: bool = False, longer: float = 1.0, hung: int | None = None,
        budget: Budget | None = None,
    ) -> Run:  # fmt: skip
        """As `Worker.run`; who asks `alone` has the modules imported anew for each item."""
        paper, limits = self._paper, self.limits
        budget = budget or Budget(limits.budget, limits.budget_cpu)
        paper.questions = {**self._questions, **(questions or {})}
        paper.limits = replace(limits, imports=limits.imports * longer)
        record = Record()
        stand_in = None if self.has_numpy else StandIn(plain=bool(importing_numpy(root / self._subject.package)))

        def start(pending: Sequence[int], lost: dict[str, str]) -> _Runner:
            return _Runner(self, paper, str(root), pending, lost, alone, stand_in)

        needs = {paper.index[id]: [paper.index[need] for need in self._item(id).needs] for id in items}
        together = group_items(paper.subject, paper.items, list(needs), alone)
        for group in [[place] for place in needs] if alone else together:
            supervise(start, group, limits, record, budget=budget, needs=needs, hasty=hasty, longer=longer, hung=hung,
                      modules=self._subject.order)  # fmt: skip
        if stand_in and stand_in.asked:
            self.stand_ins.append(stand_in)
        ids = [item.id for item in paper.items]
        sittings = [(ids[place], sitting) for place, sitting in sorted(record.sittings.items())]
        return decode(sittings, record.imports, record.lost)

    def _item(self, id: str) -> Item:
        return self._paper.items[self._paper.index[id]]

    def serves(self) -> bool:
        return True

    def drop(self) -> None:
        pass

    def interrupt(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def close(self) -> None:
        pass


class _Runner:
    """Imports and asks while somebody waits for its next frame; see `supervise.Runner`."""

    def __init__(
        self, worker: HereWorker, paper: Paper, root: str, items: Sequence[int], lost: dict[str, str], alone: bool,
        stand_in: StandIn | None,
    ):  # fmt: skip
        self._paper, self._root = paper, root
        self._progress, self._clock = worker.progress, worker._clock
        told = {f"{IMPORT}{module}" for module in lost}
        self._given_up = {what: why for what, why in worker.given_up.items() if what not in told}
        self._stand_in = stand_in
        self._frames: deque[bytes] = deque()
        self._next = ""  # what comes next, as a progress is told
        self._question = 0
        self._code: int | None = None
        self._kept: Kept | None = Kept()
        forget(paper.subject.package)
        guard(paper.subject.libraries)
        hide()
        self._clock.start(root)
        self._steps: Iterator[list[bytes]] = steps(
            paper, root, list(items), dict(lost), self, Pieces(paper.subject.pieces), alone, self._clock
        )

    # --- for the supervisor ---

    def receive(self, seconds: float) -> bytes | None:
        if not self._frames:
            if self._next in self._given_up:
                self._code = None if self._given_up[self._next] == "timeout" else 1
                return None if self._code is None else b""
            self._progress(self._next)
            self._clock.until(monotonic() + seconds)
            try:
                self._frames += next(self._steps)
            except Over:
                return None
            except Ended as end:
                self._code = end.code
                return b""
            except BaseException:  # whatever comes up here, student code has caused it
                self._code = 1
                return b""
            finally:
                mend()
                self._clock.until(float("inf"))
        frame = self._frames.popleft()
        if frame.startswith(IMPORTING):
            self._next = IMPORT + frame[1:].decode("ascii")
        elif frame.startswith(BEGIN):
            self._next = self._paper.items[int.from_bytes(frame[1:], "big")].id
            self._clock.begin()
        return frame

    def begin(self, item: int) -> None:
        pass

    def progress(self) -> int:
        return self._question

    def printed(self) -> bytes:
        return self._kept.prints.take() if self._kept else b""

    def place(self) -> bytes:
        return hanging(bytes(self._clock.stacks), self._root)

    def end(self) -> int:
        if kept := self._kept:
            self._kept = None
            self._clock.stop()
            self._steps = iter(())
            kept.restore(self._paper.subject.package)
        return self._code or 0

    # --- where items are sat ---

    @property
    def begun(self) -> int:
        return self._question

    def ready(self) -> None:
        self.printed()
        if self._stand_in:
            sys.modules["numpy"] = self._stand_in

    def sit(self, item: Item, lab: Any) -> Sat:
        self._question = 0
        answer = sitting.sit(item, lab, self._paper.questions[item.id], self._root, self._begin).encode()
        self._heed()
        kind = ANSWERED if len(answer) <= self._paper.limits.answer else DIED
        return kind, 0, self.printed(), answer

    def _begin(self, question: int) -> None:
        self._heed()
        self._question = question

    def _heed(self) -> None:
        """Student code may have handled what ended it."""
        if self._clock.over:
            raise Over
        if self._kept and (code := self._kept.ended) is not None:
            raise Ended(code)
