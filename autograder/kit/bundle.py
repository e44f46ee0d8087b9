"""The student kit beyond its stubs: the files of `kit/`, lists of items for pytest, the lecture, and the wheel of
gradschool that an exported kit installs, so that it works anywhere with the package index alone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata, resources
from pathlib import Path

from autograder.course import Course, in_use
from autograder.errors import UserError, joined
from autograder.exam.items import Item
from autograder.project import INSTALLED, cache_folder, project_root
from autograder.report.text import by_assignment
from autograder.scratch import Scratch

_PACKAGE = Path(__file__).resolve().parent.parent
_SOURCES = ("pyproject.toml", "README.md", "LICENSE", "gradschool.py")
LECTURE = in_use().lecture
_WORD = re.compile(r"\{\{([\w ]+)\}\}|(?:# )?\{\{(\w+\.\w+)\}\}\n?")
README = "README.md"
_PICTURE = re.compile(r"\]\((pictures/[\w.-]+)\)")
_SETUPTOOLS = 71  # builds wheels by itself, as those since 70.1 do
_DOT = "dot-"  # stands for the dot in names that git or packaging would take for their own


def kit_files() -> dict[str, bytes]:
    """What every kit holds besides stubs and exam, by path: those of `files/`, in the course's words, those for pytest,
    and the lecture."""
    folder = _PACKAGE / "kit" / "files"
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    words = _words(in_use())
    files = {_name(path.relative_to(folder)): _filled(path.read_text("utf-8"), words).encode() for path in paths}
    files[README] = _as_given(files[README].decode("utf-8")).encode("utf-8")
    for assignment, items in by_assignment(in_use().items.values()).items():
        files[f"tests/test_{assignment}.py"] = _listing(assignment, items).encode()
    return {**files, **lecture_files()}


def _as_given(text: str) -> str:
    """A text for students without a word of what is left out: another item stands in its examples, and files in which
    nothing is asked are not among those to write."""
    course = in_use()
    whole = course.whole.items
    asked, before = ({course.file(item) for item in items.values()} for items in (course.items, whole))
    lines = [line for line in text.split("\n") if not any(f"| `{file}` |" in line for file in before - asked)]
    text, first = "\n".join(lines), next(iter(course.items.values()))
    for id in course.scheme.left_out:
        begins = f"`{course.file(whole[id])}` and find `TODO {id}`"
        text = text.replace(begins, f"`{course.file(first)}` and find `TODO {first.id}`")
        text = re.sub(rf"\b{id}\b(?!-)", first.id, text)
        text = text.replace(f"_{id.replace('-', '_')}.", f"_{first.id.replace('-', '_')}.")
    return text


def lecture_files() -> dict[str, bytes]:
    """The lecture, to which hints lead, and the pictures that it shows: the course's own, where it has one."""
    places = [folder / "docs" for folder in (project_root(), INSTALLED)]
    docs = next((folder for folder in places if (folder / LECTURE).is_file()), None)
    if docs is None:
        raise UserError(f"there is no {LECTURE} in {places[0]}: restore it, for hints lead there")
    names = [LECTURE, *_PICTURE.findall((docs / LECTURE).read_text("utf-8"))]
    return {f"docs/{name}": (docs / name).read_bytes() for name in names}


def exported_files() -> dict[str, bytes]:
    """What an exported kit holds besides stubs and exam: also gradschool's wheel, which it requires."""
    name, wheel = _wheel()
    requirement = f"# What checks your work: gradschool, and pytest.\n./wheels/{name}[kit]\n"
    return {**kit_files(), "requirements.txt": requirement.encode(), f"wheels/{name}": wheel}


def _words(course: Course) -> dict[str, str]:
    """What stands for {{this}} in the kit's files."""
    first, example = next(iter(course.items.values())), course.example_item
    more = ""
    if any(item.bonus for item in course.items.values()):
        more += " What carries `(bonus)` is there for those\nwho want more."
    if course.scheme.left_out:
        more += "\nSome of what it speaks of is finished here already: there is no TODO for it."
    tests = [f"`tests/{name}`" for name in course.tests] if course.suites else []
    libraries = ["Python's standard library", *(f"`{name}`" for name in course.find("subject").libraries)]
    return {
        "package": course.package, "about": course.about, "lecture": course.lecture,
        "first item": first.id, "first file": course.file(first), "item": example.id, "file": course.file(example),
        "own tests": f": those in {joined(tests)} are counted by the mistakes that they catch" if tests else "",
        "handed in tests": f", and {joined(tests)}" if tests else "",
        "assignment": example.assignment, "libraries": joined(libraries), "more": more,
    }  # fmt: skip


def _filled(text: str, words: Mapping[str, str]) -> str:
    """A file of the kit with a course's words. {{this.md}} is a file of the course's own folder `kit`, or nothing."""
    own = resources.files(in_use().module) / "kit"

    def found(match: re.Match[str]) -> str:
        if match[1]:
            return words[match[1]]
        part = own / match[2]
        return part.read_text("utf-8") if part.is_file() else ""

    return _WORD.sub(found, text)


def _name(path: Path) -> str:
    return "/".join(f".{part.removeprefix(_DOT)}" if part.startswith(_DOT) else part for part in path.parts)


def _listing(assignment: str, items: list[Item]) -> str:
    """A file that pytest's plugin makes tests of: a line for each item, to which editors lead."""
    width = max(len(item.id) for item in items)
    lines = [f"{item.id:{width}}  {item.points}  {item.title}" for item in items]
    head = f"The items of {assignment}, and their points. Each is a test: `pytest -k {items[0].id}` runs one."
    return "\n".join([f'"""{head}', "", *lines, '"""', "", *_room_for_tests(assignment)])


def _room_for_tests(assignment: str) -> list[str]:
    """What stands where tests of the student's own are to go, if there."""
    course = in_use()
    if not course.suites or f"test_{assignment}.py" not in course.tests:
        return []
    first = course.suites[0]
    return [
        "# Tests of your own go below: plain functions, called test_…, with an assert. They are the work of",
        f"# {first.assignment}, which counts the mistakes that they catch: `gradschool check --item {first.id}`.",
    ]


def _wheel() -> tuple[str, bytes]:
    """The name and the content of this gradschool's wheel. It is built once, and kept in the cache.

    Only what belongs in it is where it is built: nothing of the reference can get in.
    """
    root = _PACKAGE.parent
    if not all((root / name).is_file() for name in _SOURCES):
        raise UserError(
            "this gradschool was installed without its sources, of which a kit's wheel is built: run "
            "`python -m gradschool release --kit` in the folder of the course's repository"
        )
    paths = [root / name for name in _SOURCES]
    paths += sorted(path for path in _PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    sources = {path.relative_to(root): path.read_bytes() for path in paths}
    kept = cache_folder() / f"wheel-{digest({path.as_posix(): content for path, content in sources.items()})}"
    if not kept.is_dir():
        with Scratch(inside=kept.parent) as name:
            built = _build(Path(name), sources)
            with contextlib.suppress(OSError):  # another process was quicker
                built.rename(kept)
    (path,) = kept.glob("*.whl")
    return path.name, path.read_bytes()


def digest(files: Mapping[str, bytes]) -> str:
    """Stands for these files, by name, and what is in them."""
    hasher = hashlib.sha256()
    for name, content in sorted(files.items()):
        hasher.update(f"{name} {len(content)}\n".encode() + content)
    return hasher.hexdigest()[:32]


def _build(folder: Path, sources: dict[Path, bytes]) -> Path:
    """Build the wheel in `folder`; returns the folder that holds it, and it alone."""
    for path, content in sources.items():
        (folder / "sources" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "sources" / path).write_bytes(content)
        (folder / "sources" / path).chmod(0o644)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-build-isolation"] if _has_setuptools() else []
    command += ["--wheel-dir", str(folder / "wheel"), str(folder / "sources")]
    # A fixed date and fixed modes make the same sources the same wheel.
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, umask=0o022, cwd=folder)
    if done.returncode or len(list((folder / "wheel").glob("gradschool-*.whl"))) != 1:
        said = (done.stderr.strip() or done.stdout.strip() or "no wheel came out").split("\n")[-1]
        raise UserError(f"the wheel for the kit could not be built ({said}): pip and its package index are needed", 1)
    return folder / "wheel"


def _has_setuptools() -> bool:
    """Whether what builds a wheel is here, and need not be had from the package index."""
    try:
        return int(metadata.version("setuptools").partition(".")[0]) >= _SETUPTOOLS
    except (metadata.PackageNotFoundError, ValueError):
        return False
