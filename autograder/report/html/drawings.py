"""The pictures beside the reports of a class: STUDENT/ITEM.svg for every wrong answer that has a graph."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from autograder.errors import UserError
from autograder.files import write_atomically
from autograder.report import Report
from autograder.report.graph import Graph, dot, svgs

_BATCH = 64  # of different graphs that one process draws, for starting it takes as long as drawing several
_KEPT = 1024  # pictures, should another student need the same


class Drawings:
    """Draws in batches, and what looks alike once. `trouble` says why pictures are missing, or is empty."""

    def __init__(self, folder: Path, item_ids: Collection[str]):
        self._folder = folder
        self._item_ids = item_ids
        self._waiting: dict[Path, Graph] = {}
        self._drawn: dict[str, str] = {}
        self.trouble = ""

    @property
    def waiting(self) -> bool:
        """Whether there is something to draw."""
        return bool(self._waiting)

    def remove(self, student: str) -> None:
        """Remove the pictures of an old report, before there is a new one that they might be taken to belong to."""
        for path in (self._folder / student).glob("*.svg"):
            if path.stem in self._item_ids:
                path.unlink(missing_ok=True)

    def are_there(self, student: str, drawn: Iterable[str]) -> bool:
        """Whether a student's items that have a graph have their pictures."""
        folder = f"{self._folder}/{student}"
        return all(os.path.exists(f"{folder}/{id}.svg") for id in drawn if id in self._item_ids)

    def complete(self, report: Report) -> None:
        """Have those graphs of a report drawn whose pictures are not there."""
        self._waiting.update((path, graph) for path, graph in self._pictures(report) if not path.exists())
        if len(self._waiting) >= _BATCH:
            self.draw()

    def draw(self) -> None:
        """Draw what waits. Whatever goes wrong is `trouble`, and stops nothing."""
        try:
            waiting = {path: (dot(graph), graph) for path, graph in self._waiting.items()}
            if len(self._drawn) > _KEPT:
                self._drawn.clear()
            new = {source: graph for source, graph in waiting.values() if source not in self._drawn}
            if new:
                self._drawn.update(zip(new, svgs(list(new.values())), strict=True))
            for path, (source, _) in waiting.items():
                write_atomically(path, self._drawn[source])
        except UserError as error:
            self.trouble = str(error)
        except OSError as error:
            self.trouble = f"graphs cannot be drawn: {error.strerror or error} ({error.filename})"
        except Exception as error:  # a drawing decides nothing
            self.trouble = f"graphs cannot be drawn: {type(error).__name__}: {error}"
        finally:
            self._waiting.clear()

    def _pictures(self, report: Report) -> Iterator[tuple[Path, Graph]]:
        for item in report.items:
            graph = (item.counterexample or {}).get("graph")
            if graph and item.id in self._item_ids:
                yield self._folder / report.student / f"{item.id}.svg", graph
