"""Who asks packages of our own: one process for all of them, and a worker's for what does not come to an end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.ahead import Started
from autograder.exam.items import Question
from autograder.exam.mutants import written
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.process import Process
from autograder.sandbox.protocol import Limits
from autograder.sandbox.subject import Subject
from autograder.sandbox.worker import Worker

_PROGRAM = "autograder.sandbox.ours.answering"
_PATIENCE = 60  # seconds in which it gets ready, or answers, or ends itself


class OwnWorker(Worker):
    """Has packages of our own answer, each within the `limits`. Close it, or use it as a context manager.

    All of them answer in one process, at a quarter of what a fork for each would cost. A package that ends that
    process, or would not come to an end in it, is asked as a submission is.
    """

    def __init__(self, subject: Subject, limits: Limits):
        super().__init__(NO_SANDBOX, subject, {}, limits)
        self._sources: dict[str, str] = {}  # that lie in the folder, by names of files
        self._quick = self._started()  # it gets ready while whoever has need of it does something else

    def answers(self, modules: dict[str, str], asked: dict[str, list[Question]]) -> dict[str, Any]:
        """What a package of these modules, sources by names of files, answers to the questions of some items; None for
        an item that it does not answer."""
        self._quick.send(json.dumps({"root": str(self._lay_out(modules)), "questions": asked}).encode())
        if reply := self._quick.receive(_PATIENCE):
            return dict.fromkeys(asked) | json.loads(reply)
        self._quick.end()
        self._quick = self._started()
        with written(modules, inside=self.folder) as folder:
            return {id: found.answers for id, found in self.run(folder, [*asked], asked).items.items()}

    def _lay_out(self, modules: dict[str, str]) -> Path:
        """The folder of the package, in which what differs from the last one is written."""
        root = self.folder / "ours"
        package = root / self._subject.package
        package.mkdir(parents=True, exist_ok=True)
        for name, source in modules.items():
            if self._sources.get(name) != source:
                (package / name).write_text(source, "utf-8")
        self._sources = modules
        return root

    def _started(self) -> Process:
        return Process(Started(self._command(_PROGRAM)), self._config())

    def close(self) -> None:
        """End both processes, and remove their folder."""
        self._quick.end()
        super().close()
