"""The kill matrix: what each pitfall costs when it is planted in the reference, as a proof that the grader sees it.

Every form of every pitfall must cost the items that it names, and no other but those that say that they wait for these;
and the report must call it by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby, repeat
from multiprocessing import get_context
from typing import Any

from autograder.course import in_use
from autograder.exam.items import Item
from autograder.exam.mutants import Mutation, mistaken, written
from autograder.report import Report
from autograder.report.text import mark

Opened = Callable[[], AbstractContextManager[Any]]  # a grader


@dataclass(frozen=True)
class Row:
    """What one form of a pitfall costs: the verdicts on all items that it can reach, by id."""

    mutation: Mutation
    verdicts: dict[str, str]
    diagnoses: dict[str, str | None]

    @property
    def killers(self) -> list[str]:
        """Items that do not pass, without those that say that they wait for others."""
        items = in_use().items
        return [id for id, status in self.verdicts.items() if status != "passed" and not waits(items[id], status)]

    @property
    def survives(self) -> list[str]:
        """Items that should not pass and do."""
        return [id for id in self.mutation.costs if self.verdicts.get(id) == "passed"]

    @property
    def strangers(self) -> list[str]:
        """Items that it costs and does not name."""
        return [id for id in self.killers if id not in self.mutation.costs]

    @property
    def misnamed(self) -> list[str]:
        """Items that give wrong answers for which the report names another mistake or none."""
        return [id for id, named in self.diagnoses.items() if named != self.mutation.pitfall]

    @property
    def clean(self) -> bool:
        """Whether it costs what it names and nothing else, and the report names it."""
        return not (self.survives or self.strangers or self.misnamed)


def waits(item: Item, status: str) -> bool:
    """Whether an item that did not pass is one that takes a whole engine, and says that it waits for others."""
    return status == "blocked" and (item.end_to_end or item.bonus)


def kill_matrix(mutations: Sequence[Mutation], grader: Opened, jobs: int = 1, *, whole: bool = True) -> Iterator[Row]:
    """Grade every mutation, on all the items that its modules can reach; in `jobs` processes, in the order given. Each
    opens a `grader` of its own.

    Without `whole`, items are left out that can at worst wait for those that a mutation names: half of the time.
    """
    reference = mistaken()  # here, where the course is known
    packages = [(mutation, mistaken(mutation, of=reference)) for mutation in mutations]
    if jobs <= 1:
        yield from _rows(packages, grader, whole)
        return
    size = max(1, min(10, len(packages) // jobs))
    chunks = [packages[start : start + size] for start in range(0, len(packages), size)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for rows in pool.map(_listed, chunks, repeat(grader), repeat(whole)):
            yield from rows


Packages = Sequence[tuple[Mutation, dict[str, str]]]  # each with its modules, sources by file name


def _listed(packages: Packages, grader: Opened, whole: bool) -> list[Row]:
    return list(_rows(packages, grader, whole))


def _rows(packages: Packages, grader: Opened, whole: bool) -> Iterator[Row]:
    with grader() as judge:
        for mutation, modules in packages:
            reached = [item for item in in_use().items.values() if mutation.modules & {*item.uses}]
            asked = [item.id for item in reached if whole or not _can_only_wait(item, mutation)]
            with written(modules) as folder:
                yield _row(mutation, judge.grade("reference", folder, only=asked))


def _can_only_wait(item: Item, mutation: Mutation) -> bool:
    """Whether an item can fail for no reason but that a mutation fails what it needs."""
    return item.end_to_end and bool({*item.needs} & {*mutation.costs}) and item.id not in mutation.costs


def _row(mutation: Mutation, report: Report) -> Row:
    return Row(
        mutation,
        {item.id: item.status for item in report.items},
        {item.id: item.diagnosis for item in report.items if item.status in ("failed", "error")},
    )


# --- as text ------------------------------------------------------------------------------------------------


def header(encoding: str) -> list[str]:
    """What stands above the matrix: the items by number, and the numbers above their columns."""
    items = list(in_use().items)
    legend = [f"{number:3} {id}" for number, id in enumerate(items, 1)]
    rows = -(-len(legend) // 3)
    lines = ["".join(line.ljust(30) for line in legend[row::rows]).rstrip() for row in range(rows)]
    signs = "  ".join(
        (f"{mark('failed', encoding)} costs it", f"{mark('blocked', encoding)} waits for one that it costs", ". passes")
    )
    tens = _in_groups({id: str(n // 10) if n >= 10 else " " for n, id in enumerate(items, 1)})
    ones = _in_groups({id: str(n % 10) for n, id in enumerate(items, 1)})
    return [*lines, "", signs, "", " " * _NAMES + tens, " " * _NAMES + ones]


def line(row: Row, encoding: str) -> str:
    """A pitfall's row of the matrix: one column an item, and behind it what is wrong."""
    signs = {}
    killers = row.killers
    for id in in_use().items:
        status = row.verdicts.get(id, "passed")
        signs[id] = "." if status == "passed" else mark("failed" if id in killers else "blocked", encoding)
    troubles = [
        *(f"survives {id}" for id in row.survives),
        *(f"costs {id}, which it does not name" for id in row.strangers),
        *(f"is called {row.diagnoses[id] or 'nothing'} in {id}" for id in row.misnamed),
    ]
    return row.mutation.pitfall.ljust(_NAMES) + _in_groups(signs) + "".join(f"  {trouble}" for trouble in troubles)


_NAMES = 34  # the width of a pitfall's id


def _in_groups(signs: dict[str, str]) -> str:
    """One character an item, with a space between assignments."""
    items = in_use().items
    return " ".join("".join(signs[id] for id in ids) for _, ids in groupby(signs, lambda id: items[id].assignment))
