"""Finds the kit that a student means, wherever they stand in it, or by one of its files. The first folder upwards that
is a kit counts, and no package that lies or is installed anywhere else.

For the student's own commands alone: an instructor's `grade` takes what it is given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import in_use
from autograder.errors import UserError, some
from autograder.phrase import Phrase
from autograder.project import PACKAGE, PRACTICE, command_name

_MODULES = tuple(f"{name}.py" for name in in_use().modules)
_HERE = Path()


@dataclass(frozen=True)
class Place:
    """`root` is the kit's folder, None where what was named lies in none. `only` are the items that were meant, if not
    all. `said` tells which folder was taken, where it is another one than was named."""

    root: Path | None
    only: Sequence[str] | None = None
    said: str = ""


def locate(path: Path) -> Place:
    """The kit that is meant by `path`: its folder, one in it, the one above it, its package, or a file of it. Raises
    UserError where there is no such thing, or more than one."""
    if path.suffix == ".py" and (not path.exists() or path.is_file()):
        return _of_file(path)
    if not path.exists():
        raise UserError(f"{path} does not exist: {_instead(path)}")
    if not path.is_dir():
        return Place(None)
    folder = path.resolve()
    if _is_package(folder) and folder.name != PACKAGE and not is_kit(folder):
        return Place(None)  # modules without their folder
    if root := _around(folder):
        return Place(root, said="" if folder in (root, root / PACKAGE) else _checking(root))
    below = list(_below(folder))
    if len(below) > 1:
        names = some([from_here(each) for each in below], 3)
        raise UserError(f"there are several kits in {folder}: go into yours, or name it ({names})")
    if below:
        return Place(below[0], said=_checking(below[0]))
    if path == _HERE:  # what is named may be a submission of any form
        advice = f"go to the folder of your kit, or name it: `{command_name()} check FOLDER`"
        raise UserError(f"there is no {PACKAGE}/ in {folder}, and no {PACKAGE}/ folder above it: {advice}")
    return Place(None)


def is_kit(folder: Path) -> bool:
    """Whether this is a student's folder: it holds the practice exam, or a package with modules of the course."""
    return (folder / PRACTICE).is_file() or _is_package(folder / PACKAGE)


def _is_package(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _MODULES)


def _around(folder: Path) -> Path | None:
    """The first kit upwards."""
    for each in (folder, *folder.parents):
        if is_kit(each):
            return each
        if each.name == PACKAGE and _is_package(each):
            return each.parent
    return None


def _below(folder: Path) -> Iterator[Path]:
    """The kits directly in a folder."""
    for each in sorted(folder.iterdir()):
        if not each.name.startswith(".") and each.is_dir() and is_kit(each):
            yield each


def _of_file(path: Path) -> Place:
    """The items of a module, or those of a list in tests/. A name without its folder is as good."""
    kit = _around(_HERE.resolve())
    places = [path, kit / path, kit / PACKAGE / path.name] if kit else [path]
    file = next((place.resolve() for place in places if place.is_file()), None)
    if file is None:
        raise UserError(f"{path} does not exist: {_instead(path)}")
    root = _around(file.parent)
    items = in_use().items.values()
    ids: list[str] = []
    if root and file.parent == root / PACKAGE:
        ids = [item.id for item in items if item.target.partition(":")[0] == file.stem]
    elif root and file.parent == root / "tests" and (name := file.stem.removeprefix("test_")) in in_use().assignments:
        ids = [item.id for item in items if item.assignment == name]
    if not ids:
        raise UserError(f"{path} has no items of its own: name {some(_MODULES, 9)}, or nothing to check all")
    return Place(root, ids, "" if root == _HERE.resolve() else _checking(file))


def _checking(path: Path) -> Phrase:
    return Phrase("checking {path}", path=from_here(path))


def _instead(path: Path) -> str:
    if str(path) in in_use().items:
        return f"for that item type `{command_name()} check --item {path}`"
    return f"give the folder that holds {PACKAGE}/"


def from_here(path: Path) -> str:
    """The shortest name of a file, seen from where the student stands."""
    try:
        whole = str(path.resolve())
        return min(os.path.relpath(whole), whole, key=len)
    except (ValueError, OSError):  # another drive, or nowhere
        return str(path)
