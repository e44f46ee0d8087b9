"""A student's own check: where the practice exam is, what was graded, and how that looks from here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from autograder.errors import UserError
from autograder.exam.paper import PRACTICE_SEED, Exam, load
from autograder.grading.exams import get
from autograder.grading.grader import Follow, Grader
from autograder.courses.micrograd.hints import hint_lines, ladder
from autograder.student.locating import from_here, locate
from autograder.submissions.unpacking import Own, Source
from autograder.student.progress import MEMORY, Progress
from autograder.project import PRACTICE, command_name
from autograder.report import ItemResult, Report
from autograder.report.explanation import Invalid
from autograder.report.guide import Guide
from autograder.report.text import WRONG, is_begun
from autograder.exam.items import load_items
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.todos import PACKAGE, find_todos

# An item has as much of the processor as in a grading, so that slow code passes here as there. But whoever waits is
# told after a second what hangs, and has it all after some seconds. Items of right code take milliseconds.
DESK = Limits(wall=4.0, imports=5.0, patience=1.0, budget=15.0, budget_cpu=12.0)


@dataclass(frozen=True)
class Kit:
    """A student's work and the practice exam. `root` is the folder that holds micrograd/, None where there is none:
    then `path` is looked through as a submission is. The memory is kept only beside an exam that lies there. `only`
    are the items that were meant, if not all; `said` is which folder was taken, where that has to be told."""

    path: Path
    root: Path | None
    exam: Exam
    memory: Path | None = None
    only: Sequence[str] | None = None
    said: str = ""

    @property
    def source(self) -> Source:
        """What is graded: the package in the student's folder, and nothing else."""
        return Own(self.root / PACKAGE) if self.root else self.path

    @cached_property
    def name(self) -> str:
        """What to call the student."""
        return (self.root or self.path.resolve()).name or "you"

    def grader(self, follow: Follow | None = None) -> Grader:
        """A grader for this machine: no sandbox, and little patience, where somebody waits for it and follows."""
        return Grader(self.exam, NO_SANDBOX, limits=DESK if follow else None, follow=follow)

    def progress(self) -> Progress:
        """What is remembered of earlier checks."""
        return Progress.load(self.memory)

    def guide(self) -> Guide:
        """What the package's files say at this moment, and how to point at them from here."""
        if self.root is None:
            return Guide(command=command_name())
        todos = find_todos(self.root, _IDS).items()
        return Guide(
            {from_here(path): path.resolve() for path in (self.root / PACKAGE).rglob("*.py")},
            {id: replace(todo, file=from_here(self.root / todo.file)) for id, todo in todos},
            command=command_name(),
        )

    def seen(self, report: Report, guide: Guide) -> Report:
        """The report with places as they are called from here; items that are still to do point at their TODO."""
        return replace(
            report,
            items=[self._seen(item, guide) for item in report.items],
            invalid=[self._from_here(each) for each in report.invalid],
        )

    def _from_here(self, broken: Invalid) -> Invalid:
        return replace(broken, file=from_here(self.root / broken.file)) if self.root else broken

    def _seen(self, item: ItemResult, guide: Guide) -> ItemResult:
        if self.root is None:
            return item
        root = self.root
        file, line = item.file and from_here(root / item.file), item.line
        if (todo := guide.todo(item)) and not is_begun(item):
            file, line = todo.file, todo.line
        said = item.explanation
        frames = tuple((from_here(root / name), at, function) for name, at, function in said.frames)
        said = replace(said, frames=frames, invalid=said.invalid and self._from_here(said.invalid))
        return replace(item, file=file, line=line, explanation=said, message=said.text())


_IDS = load_items()


def open_kit(path: Path, *, needs_work: bool = False) -> Kit:
    """The work that `path` means, and its practice exam. Raises UserError when the exam is missing or damaged, when
    `path` does not exist, and, if it `needs_work`, when there is no micrograd/ in it."""
    place = locate(path)
    root = place.root
    if needs_work and (root is None or not (root / PACKAGE).is_dir()):
        raise UserError(f"there is no {PACKAGE}/ in {root or path.resolve()}: give the folder that holds it")
    places = [folder / PRACTICE for folder in (root or path, path, path.resolve().parent, Path.cwd())]
    found = next((file for file in places if file.is_file()), None)
    try:
        exam = load(found) if found else get(PRACTICE_SEED)
    except UserError as error:
        if found:
            raise UserError(f"{error}, or take {PRACTICE} from the kit again") from error
        raise UserError(f"there is no {PRACTICE} beside {PACKAGE}/: take it from the kit again ({error})") from error
    beside = found is not None and root is not None and found.resolve().parent == root
    return Kit(path, root, exam, root / MEMORY if beside and root else None, place.only, place.said)


def known_item(id: str) -> str:
    """`id`, if the rubric has such an item. Raises UserError with the nearest one."""
    if id in _IDS:
        return id
    near = get_close_matches(id, _IDS, 1) or [each for each in _IDS if id in each.split("-")]
    more = f"did you mean {' or '.join(map(repr, near[:2]))}?" if near else f"`{command_name()} check` lists them all"
    raise UserError(f"there is no item {id!r}; {more}")


def with_first_hint(item: ItemResult, guide: Guide) -> ItemResult:
    """A wrong item with its first hint and how to get the others; any other item as it is."""
    if item.status not in WRONG or (item.status != "failed" and item.hint is None):
        return item
    hints = ladder(item).hints
    more = f" (1 of {len(hints)}; for more: {guide.hint_call(item.id)})" if len(hints) > 1 else ""
    return replace(item, hint=hints[0] + more)


@dataclass(frozen=True)
class Hint:
    """What `gradschool hint` shows: the item, where there is one to mend, and lines under it."""

    item: ItemResult | None
    lines: list[str]
    guide: Guide


def next_hint(kit: Kit, report: Report, id: str | None, every: bool, guide: Guide | None = None) -> Hint:
    """One hint more than last time for the item `id`, or for the next one to do; all of them if `every` is asked for.

    `report` is on all items; the `guide`, if none is given, is the kit's own. A blocked item's hints are those of what
    it waits for.
    """
    guide = guide or kit.guide()
    seen = {item.id: item for item in kit.seen(report, guide).items}
    if id is None:
        left = to_do(seen.values())
        if not left:
            return Hint(None, ["Everything passes: there is nothing left to hint at."], guide)
        id = left[0].id
    lines = []
    while seen[id].status == "blocked":
        need = next(need for need in _IDS[id].needs if seen[need].status != "passed")
        lines.append(f"{id} waits for {need}: begin there.")
        id = need
    item = seen[id]
    if item.status == "passed":
        return Hint(None, [f"{id} passes: there is nothing to hint at."], guide)
    if item.status == "ungraded":
        return Hint(item, [], guide)
    progress = kit.progress()
    steps = ladder(item).hints
    count = len(steps) if every else min(progress.hints_shown(item) + 1, len(steps))
    progress.show_hints([item], count)
    lines += hint_lines(item, count)
    if count < len(steps):
        lines.append(f"For the next one: {guide.hint_call(id)}")
    return Hint(replace(item, hint=None, reproduce=None), lines, guide)


def to_do(items: Collection[ItemResult]) -> list[ItemResult]:
    """The items that a student can do something about now, in the rubric's order; the bonus once the core is done."""
    left = [item for item in items if item.status not in ("passed", "ungraded")]
    left = [item for item in left if not item.bonus] or left
    return [item for item in left if item.status != "blocked"] or left
