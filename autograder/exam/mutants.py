"""Pitfalls as edits of the reference, planted in copies of it, and the wrong answers that they give to an exam."""

from __future__ import annotations

import ast
import runpy
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder.course import in_use
from autograder.errors import UserError
from autograder.exam.fingerprints import fingerprint, known, telling
from autograder.exam.paper import Exam
from autograder.project import PACKAGE, project_root
from autograder.scratch import Scratch

Opened = Callable[[Exam], AbstractContextManager[Any]]  # of an exam, what has packages answer it or grades them


@dataclass(frozen=True)
class Mutation:
    """A form of a pitfall: texts to replace, each as function ("engine:__add__"), old and new text; and the items that
    it must cost, the one at fault first."""

    pitfall: str
    costs: tuple[str, ...]
    changes: tuple[tuple[str, str, str], ...]

    @property
    def modules(self) -> set[str]:
        """The modules that it changes."""
        return {where.partition(":")[0] for where, _, _ in self.changes}

    def plant(self, modules: dict[str, str]) -> None:
        """Change the reference's `modules`, sources by file name."""
        for where, old, new in self.changes:
            module, _, function = where.partition(":")
            modules[f"{module}.py"] = replaced(modules.get(f"{module}.py", ""), function, old, new)


Answered = Iterable[tuple[Mutation, dict[str, Any]]]  # answers by items, None where there are none


def replaced(source: str, function: str, old: str, new: str) -> str:
    """`source` with `old` replaced in a function, given by its name or the end of its dotted name.

    Raises ValueError unless there is one such function, and `old` occurs in it exactly once.
    """
    found = [lines for name, *lines in _functions(source) if f".{name}".endswith(f".{function}")]
    if len(found) != 1:
        raise ValueError(f"there are {len(found)} functions {function}")
    lines = source.splitlines(keepends=True)
    begin, end = found[0]
    inside = "".join(lines[begin:end])
    if inside.count(old) != 1:
        raise ValueError(f"{old!r} occurs {inside.count(old)} times in {function}")
    return "".join(lines[:begin]) + inside.replace(old, new) + "".join(lines[end:])


@lru_cache(maxsize=20)  # most that is changed is the reference as it is, and hundreds of mistakes change it
def _functions(source: str) -> list[tuple[str, int, int]]:
    """All functions with their dotted names, also those within others: the line before the first, and the last."""
    return [(name, node.lineno - 1, node.end_lineno or 0) for name, node in _below(ast.parse(source))]


def _below(place: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.iter_child_nodes(place):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if isinstance(node, ast.FunctionDef):
                yield inside + node.name, node
            yield from _below(node, f"{inside}{node.name}.")
        else:
            yield from _below(node, inside)


SUITE = "suite"  # the folder of the reference's own tests, beside it


def reference_folder() -> Path:
    """Where the reference lies."""
    return project_root() / "solutions" / PACKAGE


def copy_reference(folder: Path) -> Path:
    """The reference as it is, in `folder`; returns the folder of its modules."""
    package = folder / PACKAGE
    shutil.copytree(reference_folder(), package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


def mistaken(*mutations: Mutation, of: Mapping[str, str] | None = None) -> dict[str, str]:
    """The reference's modules, sources by file name, with these mistakes. `of` is what they are without, if whoever
    plants many has read that."""
    if of is None:
        of = {path.name: path.read_text("utf-8") for path in sorted(reference_folder().glob("*.py"))}
    modules = {**of}
    for mutation in mutations:
        try:
            mutation.plant(modules)
        except ValueError as error:
            raise UserError(f"{mutation.pitfall} in solutions/pitfalls.py cannot be planted: {error}") from error
    return modules


@contextmanager
def written(modules: dict[str, str], inside: Path | None = None) -> Iterator[Path]:
    """A temporary folder that holds a package of these modules; `inside` another if that is given, where a worker may
    read it, which may be another user."""
    with Scratch(inside=inside) as folder:
        package = Path(folder) / PACKAGE
        package.mkdir()
        for name, source in modules.items():
            (package / name).write_text(source, "utf-8")
        for path in (package.parent, package, *package.iterdir()) if inside else ():
            path.chmod(0o755)
        yield Path(folder)


def planted(*mutations: Mutation) -> AbstractContextManager[Path]:
    """A temporary folder that holds the reference with these mistakes."""
    return written(mistaken(*mutations))


def load_mutations() -> list[Mutation]:
    """All forms of all pitfalls, as `solutions/pitfalls.py` spells them. Raises UserError where that cannot be used."""
    path = project_root() / "solutions" / "pitfalls.py"
    if not path.is_file():
        raise UserError("there is no solutions/pitfalls.py: take the course's repository again, it holds the pitfalls")
    try:
        mutations = []
        for pitfall, costs, *changes in runpy.run_path(str(path))["EDITS"]:
            triples = tuple(zip(*[iter(changes)] * 3, strict=True))
            mutations.append(Mutation(pitfall, tuple(costs.split()), triples))
    except Exception as error:
        raise UserError(f"solutions/pitfalls.py cannot be read ({type(error).__name__}: {error}): mend it") from error
    strange = {mutation.pitfall for mutation in mutations} ^ set(in_use().find("pitfalls")())
    if strange:
        raise UserError(
            f"the pitfalls that are described and those of solutions/pitfalls.py do not agree about {min(strange)}: "
            "mend one"
        )
    return mutations


def wrong_answers(exam: Exam, worker: Opened) -> dict[str, dict[str, str]]:
    """For each item of an exam, pitfalls by the fingerprints of the answers that they give to a `worker`."""
    with answering(exam, worker) as answered:
        return fingerprints(exam, answered)


@contextmanager
def answering(exam: Exam, worker: Opened) -> Iterator[Answered]:
    """What each form of each pitfall answers to an exam's questions, in order: one after the other, while whoever waits
    for it does something else."""
    mutations, reference = load_mutations(), mistaken()
    # Here, for Python 3.11 must not parse in two threads.
    packages = [mistaken(mutation, of=reference) for mutation in mutations]

    def answers(mutation: Mutation, package: dict[str, str]) -> dict[str, Any]:
        # What waits for another item tells nothing.
        asked = [id for id in mutation.costs if not {*exam.course.items[id].needs} & {*mutation.costs}]
        found: dict[str, Any] = asking.answers(package, {id: exam.sheets[id].questions for id in asked})
        return found

    with worker(exam) as asking, ThreadPoolExecutor(1) as pool:  # a thread, for it only waits
        try:
            yield zip(mutations, pool.map(answers, mutations, packages), strict=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def fingerprints(exam: Exam, answered: Answered) -> dict[str, dict[str, str]]:
    """For each item of an exam, pitfalls by the fingerprints of what they answered."""
    items, sheets = exam.course.items, exam.sheets
    right = {id: fingerprint(items[id], telling(items[id], sheet, [[answer] for answer in sheet.answers]))
             for id, sheet in sheets.items()}  # fmt: skip
    found: dict[str, list[tuple[str, str]]] = {id: [] for id in sheets}
    for mutation, answers in answered:
        for id in (id for id in answers if answers[id] is not None):
            print_ = fingerprint(items[id], telling(items[id], sheets[id], answers[id]))
            if print_ != right[id]:  # else the questions that it fails tell nothing
                found[id].append((print_, mutation.pitfall))
    return {id: known(pairs) for id, pairs in found.items()}
