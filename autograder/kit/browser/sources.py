"""What the Python of a browser is given: the modules that a check needs, the pure-Python libraries that these need, the
practice exam, the stubs and the lecture. Nothing of the reference is among it, nor what builds an exam."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import cache
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

from autograder.course import Course
from autograder.exam.paper import PRACTICE_SEED
from autograder.grading.exams import get
from autograder.kit.bundle import lecture_files
from autograder.kit.stubs import release
from autograder.project import INSTALLED, PRACTICE, project_root
from autograder.scratch import Scratch
from autograder.texts import LOCALE, kin, shipped

LIBRARIES = ("Jinja2", "MarkupSafe", "graphviz")  # distributions, of which the modules in Python are taken
_ROOTS = ("autograder", "autograder.kit.browser.desk", "autograder.report.html.student_page")
# What of a course only those need who build an exam, where PyTorch and Hypothesis are, or other commands.
_NOT_HERE = ("oracle", "check", "domains", "notes", "transcribe", "pitfalls_page", "expression", "demo", "specimens")
_DATA = ("*.toml", "templates/*", "*.json")


def python_files(course: Course) -> dict[str, bytes]:
    """The files by path, as they are to lie in a folder of Python's search path: the machine's and the course's
    modules, with their data, and the libraries; beside them the practice exam, the stubs in `stubs/`, and the
    lecture."""
    course = _for_browsers(course)
    exam = get(PRACTICE_SEED).under(course).to_json().encode()
    return {**_modules(course), **_libraries(), PRACTICE: exam, **_stubs(course), **lecture_files()}


def _for_browsers(course: Course) -> Course:
    """The course without the items that ask for tests of the student's own: the page has no place to write them in, and
    a browser no processes to try them in."""
    suites = [item.id for item in course.suites]
    return course.under(replace(course.scheme, left_out=(*course.scheme.left_out, *suites))) if suites else course


def _stubs(course: Course) -> dict[str, bytes]:
    """What students start from, cut out of the reference and checked as a kit is."""
    with Scratch() as name:
        folder = Path(name, "stubs")
        release(project_root() / "solutions", folder, list(course.whole.items), given=course.scheme.left_out)
        paths = sorted((folder / course.package).glob("*.py"))
        return {path.relative_to(name).as_posix(): path.read_bytes() for path in paths}


def _modules(course: Course) -> dict[str, bytes]:
    """The modules of ours that are imported, beginning at the desk and at the course's places."""
    waiting = [*_ROOTS, *_places(course), *course_modules(course)]
    found: dict[str, bytes] = {}
    folders: set[Path] = set()
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _file(name)
        if path is None:  # a name in a module
            continue
        waiting.append(name.rpartition(".")[0] or "autograder")
        folders.add(path.parent)
        source = path.read_bytes()
        found[path.relative_to(INSTALLED).as_posix()] = source
        waiting += _imported(source)
    for folder in folders:
        for each in (file for pattern in _DATA for file in folder.glob(pattern) if _is_read(file, course)):
            found[each.relative_to(INSTALLED).as_posix()] = each.read_bytes()
    for file in (LOCALE / kin(course.scheme.language)).glob("LC_MESSAGES/*.mo"):
        found[file.relative_to(INSTALLED).as_posix()] = file.read_bytes()
    return dict(sorted(found.items()))


def _is_read(file: Path, course: Course) -> bool:
    """Whether a file is in the course's language, where it is in one."""
    language = file.suffixes[0][1:] if len(file.suffixes) > 1 else ""
    return language in ("", kin(course.scheme.language)) or language not in shipped()


def course_modules(course: Course) -> Iterator[str]:
    """The modules of the rubric."""
    yield course.module
    yield from (f"{course.rubric}.{assignment}" for assignment in course.whole.assignments)


def _places(course: Course) -> Iterator[str]:
    """The modules that the course and its subject name."""
    for field in fields(course):
        value = getattr(course, field.name)
        if isinstance(value, str) and field.name not in _NOT_HERE and value.startswith("autograder."):
            yield value.partition(":")[0]
    subject = course.find("subject")
    named: list[str] = [subject.items, subject.lab, subject.pieces, *subject.tools]
    for module in subject.modules:
        named += [*module.stand_ins.values(), *module.classes.values()]
    yield from (place.partition(":")[0] for place in named if place.startswith("autograder."))


@cache
def _imported(source: bytes) -> list[str]:
    """The modules of ours that a module imports at its top, types aside, or names that it takes from them."""
    found = []
    for node in _statements(ast.parse(source).body):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("autograder")]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("autograder"):
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.Try):
            yield from _statements([*node.body, *(each for handler in node.handlers for each in handler.body)])
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.dump(node.test):
            yield from _statements([*node.body, *node.orelse])


def _file(name: str) -> Path | None:
    spec = None
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def _libraries() -> dict[str, bytes]:
    """The modules of libraries, as they are installed here: those in Python, and what says whose they are."""
    found = {}
    for name in LIBRARIES:
        for file in distribution(name).files or ():
            text = file.as_posix()
            about = ".dist-info/" in text and text.endswith(("LICENSE", "LICENSE.txt", "METADATA"))
            wanted = text.endswith(".py") or about
            if wanted and not text.startswith(".."):
                found[text] = Path(str(file.locate())).read_bytes()
    return found
