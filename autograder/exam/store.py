"""Exams that were built are kept, each for the sources that it depends on, and built again when these change."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

from autograder.course import Course
from autograder.errors import UserError
from autograder.exam.paper import Exam, load
from autograder.files import locked, write_atomically
from autograder.project import cache_folder, installing, project_root

_IMPORT = re.compile(r"^ *(?:from|import) +(autograder[\w.]*)(?: +import +(\([^)]*\)|.*))?", re.MULTILINE)


def _origins(course: Course) -> list[str]:
    """Modules that make exams, and what answers to them in the sandbox, also for the mistakes: what is imported by its
    name, or runs by itself, is not found by following imports."""
    subject = course.find("subject")
    making = (course.oracle, course.check, course.domains, course.notes, course.transcribe, course.transcript)
    known = (course.given, course.source, course.pitfalls, course.hint_words, course.subject, course.specimens)
    places = (*making, *known, subject.lab, subject.pieces)
    rubric = [f"{course.rubric}.{assignment}" for assignment in course.assignments]
    machine = ["autograder.grading.exams", "autograder.sandbox.inside.template", "autograder.sandbox.ours.answering"]
    return [*machine, *(place.partition(":")[0] for place in places if place), *rubric]


def _sources(course: Course) -> list[Path]:
    """The files that decide what an exam is: all of gradschool that building one imports, and the reference.

    They are found by reading, not by importing, so that they are the same for whoever asks, and load nothing heavy.
    """
    top = str(Path(__file__).parents[2])
    found: dict[str, Path] = {}
    seen: set[str] = set()
    waiting = _origins(course)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        place = os.path.join(top, *name.split("."))
        place = os.path.join(place, "__init__.py") if os.path.isdir(place) else f"{place}.py"
        if not os.path.isfile(place):  # a function, say
            continue
        found[name] = path = Path(place)
        waiting.append(name.rpartition(".")[0])
        for module, names in _IMPORT.findall(path.read_text("utf-8")):
            waiting += [module, *(f"{module}.{each}" for each in re.findall(r"\w+", names))]
    sources = [*found.values(), *(project_root() / "solutions").rglob("*.py")]
    if course.specimens:
        sources += found[course.specimens.partition(":")[0]].parent.glob("*.toml")
        sources += (project_root() / "tests" / "engines").rglob("*.py")
    return sorted(sources)


def _key(seed: int | str, course: Course) -> str:
    """What an exam depends on: its seed, the sources that make it, and the versions of what they use. What depends on
    no seed has a name in its place."""
    from importlib.metadata import version  # slow to import, and whoever has an exam needs none

    versions = [
        sys.version_info[:3],
        *map(version, (*course.built_with, "hypothesis", *course.find("subject").libraries)),
    ]
    digest = hashlib.sha256(f"{seed} {versions} {[*course.find('pitfalls')()]}".encode())
    tops = Path(__file__).parents[2], project_root()
    for path in _sources(course):
        content = path.read_bytes()
        place = next(path.relative_to(top) for top in tops if path.is_relative_to(top))  # wherever the project lies
        digest.update(f"{place.as_posix()} {len(content)} ".encode() + content)
    return digest.hexdigest()[:32]


def get(seed: int, course: Course, build: Callable[[int], Exam]) -> Exam:
    """The exam of a course with this seed: kept, or built now with `build` and kept. Of several that want it one builds
    it."""
    try:
        path = cache_folder() / f"exam-{_key(seed, course)}.json"
    except ModuleNotFoundError as error:
        raise UserError(
            f"an exam is built with {' and '.join((*course.built_with, 'hypothesis'))}: {installing('grade')}"
        ) from error
    if exam := _cached(path, course):
        return exam
    with nullcontext() if os.name == "nt" else locked(path.with_suffix(".lock")):
        exam = _cached(path, course)
        if exam is None:
            exam = build(seed)
            write_atomically(path, exam.to_json(), mode=0o600)  # all the answers
    return exam


def proved(what: str, course: Course, prove: Callable[[], None]) -> None:
    """Have something about the sources of exams proved, unless it was, of these very ones: it raises what it finds."""
    path = cache_folder() / f"proved-{_key(what, course)}"
    if not path.exists():
        prove()
        write_atomically(path, "", mode=0o600)


def _cached(path: Path, course: Course) -> Exam | None:
    """The exam that is kept there; None where there is none, or a damaged one."""
    if path.is_file():
        with suppress(UserError):
            return load(path, course)
    return None
