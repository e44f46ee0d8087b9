"""Plant faults in the reference, and tell what they cost. Shared by the tests of faults."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder import exam
from autograder.errors import UserError
from autograder.grading import Grader
from autograder.report import Report
from autograder.rubric import load_items
from autograder.sandbox.launcher import NO_SANDBOX, Limits, choose

REFERENCE = Path(__file__).parents[1] / "solutions" / "micrograd"
ITEMS = load_items()
OTHER_SEED = 7


@dataclass(frozen=True)
class Fault:
    """In the function `where` ("engine:__add__", "nn:Layer.__call__"), `old` is replaced by `new`; it occurs there
    exactly once.

    `costs` are the items that must not pass, the one at fault first; `why` justifies the others.
    """

    name: str
    where: str
    old: str
    new: str
    costs: tuple[str, ...]
    why: str = ""

    @property
    def id(self) -> str:
        return f"{self.costs[0]}:{re.sub('[^a-z0-9*+=]+', '-', self.name.lower()).strip('-')}"

    def plant(self, folder: Path) -> Path:
        """Write the reference with this fault into `folder`."""
        copy_reference(folder)
        module, _, function = self.where.partition(":")
        path = folder / "micrograd" / f"{module}.py"
        text = path.read_text("utf-8")
        (place,) = [
            node for name, node in _functions(ast.parse(text)) if name == function or name.endswith(f".{function}")
        ]
        lines = text.splitlines(keepends=True)
        before, inside, after = (
            "".join(part)
            for part in (
                lines[: place.lineno - 1],
                lines[place.lineno - 1 : place.end_lineno],
                lines[place.end_lineno :],
            )
        )
        assert inside.count(self.old) == 1, f"{self.old!r} occurs {inside.count(self.old)} times in {self.where}"
        path.write_text(before + inside.replace(self.old, self.new) + after, "utf-8")
        return folder


def _functions(place: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """All functions with their dotted names, also those within others."""
    for node in ast.iter_child_nodes(place):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if isinstance(node, ast.FunctionDef):
                yield inside + node.name, node
            yield from _functions(node, f"{inside}{node.name}.")
        else:
            yield from _functions(node, inside)


def copy_reference(folder: Path) -> Path:
    """The reference as it is, in `folder`."""
    shutil.copytree(REFERENCE, folder / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


class Catalogue(list[Fault]):
    """Faults, as a file of tests lists them."""

    def one(self, item: str, name: str, where: str, old: str, new: str, *more: str, why: str = "") -> None:
        self.append(Fault(name, where, old, new, (item, *more), why))

    def several(self, item: str, where: str, old: str, edits: dict[str, str], *more: str, why: str = "") -> None:
        """Several ways to replace one text."""
        for name, new in edits.items():
            self.one(item, name, where, old, new, *more, why=why)


def parameters(faults: Sequence[Fault]) -> list[object]:
    """The faults for `parametrize`, in two groups of like size."""
    return [
        pytest.param(fault, id=fault.id, marks=pytest.mark.xdist_group(f"faults-{index % 2}"))
        for index, fault in enumerate(faults)
    ]


def hasty_grader(seed: int = exam.DEFAULT_SEED) -> Grader:
    """A grader that waits for endless loops less long."""
    try:  # what loops for ever should cost a second, not six
        return Grader(exam.get(seed), choose("auto"), shrink=False, limits=Limits(cpu=1, wall=20))
    except UserError:
        return Grader(exam.get(seed), NO_SANDBOX, shrink=False)


def lost(report: Report) -> dict[str, str]:
    """The items that did not pass, with their verdicts."""
    return {item.id: item.status for item in report.items if item.status != "passed"}


def strangers(fault: Fault, report: Report) -> dict[str, str]:
    """What a fault cost besides its own items, and besides those that take several and say that they wait for them."""
    return {id: status for id, status in lost(report).items() if id not in fault.costs and not _waits(id, status)}


def _waits(id: str, status: str) -> bool:
    """Whether an item that did not pass is one that takes a whole engine, and says that it waits for others."""
    return status == "blocked" and (ITEMS[id].end_to_end or ITEMS[id].assignment == "stretch")


def missed(faults: Sequence[Fault], grader: Grader, folder: Path) -> list[tuple[str, str]]:
    """Faults, each with an item that it should have cost and did not; only these items are asked."""
    return [
        (fault.id, item.id)
        for index, fault in enumerate(faults)
        for item in grader.grade("faulty", fault.plant(folder / str(index)), only=fault.costs).items
        if item.status in ("passed", "ungraded")
    ]
