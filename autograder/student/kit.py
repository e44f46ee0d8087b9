"""A student's kit: the work in it, the practice exam that goes with it, and how a report on it looks from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from autograder.course import adopt, in_use
from autograder.errors import UserError
from autograder.exam.paper import PRACTICE_SEED, Exam, load
from autograder.explanation import Invalid
from autograder.grading.exams import get
from autograder.grading.grader import Follow, Grader, SoFar
from autograder.phrase import data
from autograder.project import PACKAGE, PRACTICE, command_name
from autograder.report import ItemResult, Report
from autograder.report.guide import Guide
from autograder.report.text import is_begun
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.sandbox.worker import Worker
from autograder.scheme import OWN
from autograder.student.find_kit import from_here, locate
from autograder.student.progress import MEMORY, Progress
from autograder.submissions.unpacking import Own, Source
from autograder.texts import _, phrase
from autograder.todos import find_todos

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
        return (self.root or self.path.resolve()).name or _("you")

    def grader(self, follow: Follow | None = None, so_far: SoFar | None = None, worker: Worker | None = None) -> Grader:
        """A grader for this machine: no sandbox, and little patience, where somebody waits for it and follows, or is
        told what is known `so_far`. It asks a `worker` that has begun, if there is one."""
        limits = DESK if follow else Limits()
        if seconds := self.exam.course.scheme.seconds:
            limits = replace(limits, cpu=seconds, wall=max(limits.wall, 2 * seconds))
        if worker:
            worker.told(self.exam.questions(), limits)
        return Grader(self.exam, NO_SANDBOX, limits=limits, follow=follow, so_far=so_far, worker=worker)

    def progress(self) -> Progress:
        """What is remembered of earlier checks."""
        return Progress.load(self.memory)

    def guide(self) -> Guide:
        """What the package's files say at this moment, and how to point at them from here."""
        hint = "" if self.exam.course.scheme.hints == "none" else Guide.hint
        if self.root is None:
            return Guide(command=command_name(), hint=hint)
        todos = find_todos(self.root, self.exam.course.items).items()
        return Guide(
            {from_here(path): path.resolve() for path in (self.root / PACKAGE).rglob("*.py")},
            {id: replace(todo, file=from_here(self.root / todo.file)) for id, todo in todos},
            command=command_name(),
            hint=hint,
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
        return replace(item, file=file, line=line, explanation=said)


def open_kit(path: Path, *, needs_work: bool = False) -> Kit:
    """The work that `path` means, and its practice exam, by whose marking scheme all goes from now on. Raises UserError
    when the exam is missing or damaged, when `path` does not exist, and, if it `needs_work`, when there is no
    micrograd/ in it."""
    adopt(OWN)
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
    adopt(exam.course.scheme)
    beside = found is not None and root is not None and found.resolve().parent == root
    return Kit(path, root, exam, root / MEMORY if beside and root else None, place.only, phrase(data(place.said)))


def known_item(id: str) -> str:
    """`id`, if the rubric has such an item. Raises UserError with the nearest one."""
    ids = in_use().items
    if id in ids:
        return id
    near = get_close_matches(id, ids, 1) or [each for each in ids if id in each.split("-")]
    names, command = _(" or ").join(map(repr, near[:2])), f"{command_name()} check"
    more = _("did you mean {names}?", names=names) if near else _("`{command}` lists them all", command=command)
    raise UserError(_("there is no item {item}; {more}", item=repr(id), more=more))
