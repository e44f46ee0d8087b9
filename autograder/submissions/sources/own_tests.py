"""Tests of the student's own, which lie in a folder beside the package, or wherever a system's upload has left them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from autograder.course import in_use
from autograder.submissions.sources.contents import copy
from autograder.submissions.sources.files import Original
from autograder.submissions.sources.limits import STUDENT, Parts

FOLDER = "tests"
_TEST = re.compile(rb"^[ \t]*(?:(?:async[ \t]+)?def[ \t]+test|class[ \t]+Test)", re.M)


def wanted() -> tuple[str, ...]:
    """The files in which students hand in tests of their own, where the course asks for any."""
    course = in_use()
    return course.tests if course.suites else ()


def own_tests(root: Path) -> list[Path]:
    """The files in the folder of tests there in which the student has written any: as they are handed out, they hold
    none."""
    paths = [root / FOLDER / name for name in wanted()]
    return [path for path in paths if path.is_file() and not path.is_symlink() and _TEST.search(path.read_bytes())]


def copy_tests(source: Original, top: Parts, files: Mapping[Parts, Collection[str]], root: Path) -> None:
    """Copy the tests that belong to the package at `top` of a source that holds these `files` to a folder in `root`."""
    around = top[:-1]
    for name in wanted():
        for folder in ((*around, FOLDER), (*around, "test"), around, (*top, FOLDER), top):
            if name in files.get(folder, ()):
                _copy(source, (*folder, name), root)
                break


def copy_own_tests(package: Path, root: Path) -> None:
    """The same for the package in its owner's folder."""
    for path in own_tests(package.parent):
        _copy(path.parent, (path.name,), root)


def _copy(source: Original, parts: Parts, root: Path) -> None:
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    copy(source, parts, folder / parts[-1], STUDENT)
    if folder / parts[-1] not in own_tests(root):
        (folder / parts[-1]).unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
