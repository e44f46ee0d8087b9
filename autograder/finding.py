"""Finds what the students of a class handed in, in a folder, an nbgrader tree or a download."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from autograder.archives import CLASS, Parts, Refused, copy, is_archive, listing, printable, without_suffix
from autograder.errors import UserError
from autograder.ids import safe_id, same
from autograder.packages import unpack
from autograder.picking import PACKAGE, is_flat
from autograder.submissions import Submission

_CANVAS = re.compile(
    r"(?P<name>.+?)(?:_LATE)?_(?P<user>\d{2,})_(?:(?P<upload>\d{3,})_(?P<file>.+)|(?:text|link)\.html)", re.S
)
_MOODLE = re.compile(r"(?P<name>.+)_(?P<user>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?", re.S)
_VERSION = re.compile(r"-(\d+)$")


class _Found(NamedTuple):
    """A submission before it has an id; `user` is the learning management system's number of the student."""

    name: str
    user: str
    folders: dict[str, Path]


def find_submissions(paths: Sequence[Path], assignments: Collection[str]) -> list[Submission]:
    """Everything that the paths hold, in sorted order of student id.

    A path is a submission, a folder of them, an nbgrader tree (or one student of it), or a Canvas or Moodle
    download. UserError for a path that is none of these.
    """
    real: dict[str, Path] = {}
    for path in sorted(Path(os.path.abspath(path)) for path in paths):
        real.setdefault(os.path.realpath(path), path)
    distinct: dict[tuple[object, ...], _Found] = {}
    for path in real.values():
        try:
            found = _found_at(path, assignments)
        except OSError as error:
            raise UserError(f"{printable(str(path))}: {error.strerror}; check its permissions") from error
        for each in found:
            places = [(assignment, os.path.realpath(place)) for assignment, place in each.folders.items()]
            distinct.setdefault((each.name, each.user, *sorted(places)), each)
    return _identified(distinct.values())


def _found_at(path: Path, assignments: Collection[str]) -> list[_Found]:
    shown = printable(str(path))
    if path.is_dir():
        found = _found_in(path, _who(path)[0], assignments)
        if not found:
            raise UserError(f"no submissions in {shown}: give a folder with a folder or archive a student")
        return found
    if not path.is_file() or not is_archive(path.name):
        what = "is neither a folder nor an archive" if path.exists() else "does not exist"
        raise UserError(f"{shown} {what}: give a submission, or a folder of submissions")
    top = _class_in(path, assignments)
    if top is None:
        return [_Found(*_who(path), {"": path})]
    folder = Path(tempfile.mkdtemp(prefix="gradschool-class-"))
    atexit.register(_remove, folder, os.getpid())
    try:
        copy(path, top, folder, CLASS)
    except Refused as refusal:
        raise UserError(f"{shown} was not unpacked ({refusal}); unpack it and give the folder") from None
    return _found_in(folder, top[-1] if top else _who(path)[0], assignments)


def _remove(folder: Path, owner: int) -> None:
    """Delete a class that was unpacked, unless this process is only a fork of the one that did it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _class_in(archive: Path, assignments: Collection[str]) -> Parts | None:
    """Where in an archive the submissions of a class lie side by side; None when it is one submission."""
    try:
        files = listing(archive, CLASS).files
    except Refused:
        return None
    top: Parts = ()
    of_one: Parts | None = None  # a class of one, unless that is a folder around the class
    while not _MOODLE.fullmatch(archive.name):
        folders = {parts[0] for parts in files if parts}
        if PACKAGE in map(str.casefold, folders) or is_flat(files[()]):
            break
        holders = {name for name in files[()] if is_archive(name)}
        loose = not holders
        for parts, names in files.items():
            if parts and (parts[-1].casefold() == PACKAGE or is_flat(names) or any(map(is_archive, names))):
                holders.add(parts[0])
        names = folders | files[()]
        uploads = list(filter(handed_in, names))
        if len(holders) > 1 or holders & {*assignments, "submitted"} or len(uploads) > 1:
            return top
        if uploads and of_one is None:
            of_one = top
        if len(folders) != 1 or not loose:
            break
        top = (*top, *folders)
        files = {parts[1:]: names for parts, names in files.items() if parts}
    return of_one


def _found_in(folder: Path, name: str, assignments: Collection[str]) -> list[_Found]:
    """The submissions in a folder, which may also be a submission itself: then `name` is the student's."""
    entries = _entries(folder)
    folders = {entry.name: entry for entry in entries if entry.is_dir()}
    match = handed_in(folder.name)
    # A class's folder may look like Canvas: cs_101_2025_spring. Moodle's names cannot be mistaken.
    upload = match and (match.re is _MOODLE or sum(map(_is_gradable, entries)) < 2)
    if upload or PACKAGE in map(str.casefold, (folder.name, *folders)):
        return [_Found(name, match["user"] if match else "", {"": folder})]
    if assigned := _assigned(folder, assignments):
        return [_Found(name, "", assigned)]
    if is_flat(entry.name for entry in entries if entry.is_file()):
        return [_Found(name, "", {"": folder})]
    alone = sum(map(_is_gradable, entries)) == 1
    for inner in folders.values():
        download = alone and any(handed_in(entry.name) for entry in _entries(inner))
        if download or inner.name == "submitted":
            return _found_in(inner, _who(inner)[0], assignments)

    uploads = _uploads(entries)
    found = [_Found(student, user, {"": _best(several)}) for (student, user), several in uploads.items()]
    taken = {entry for several in uploads.values() for entry in several}
    for entry in entries:
        dangling = entry.is_symlink() and not entry.exists()
        if entry not in taken and (entry.is_dir() or is_archive(entry.name) or dangling):
            found.append(_Found(_name(entry, name), "", _assigned(entry, assignments) or {"": entry}))
    return found


def _assigned(folder: Path, assignments: Collection[str]) -> dict[str, Path]:
    """The assignment folders of an nbgrader student, none for a plain submission. Links are not followed."""
    try:
        names = {entry.name: entry for entry in _entries(folder) if entry.is_dir()} if folder.is_dir() else {}
    except OSError:  # whoever unpacks it will hear of it
        return {}
    if PACKAGE in map(str.casefold, names):
        return {}
    return {name: entry for name, entry in names.items() if name in assignments and not entry.is_symlink()}


def _uploads(entries: list[Path]) -> dict[tuple[str, str], list[Path]]:
    """What the students of a learning management system uploaded, whatever it is, by name and number."""
    uploads: dict[tuple[str, str], list[Path]] = defaultdict(list)
    files = set()
    for entry in entries:
        if match := handed_in(entry.name):
            uploads[match["name"], match["user"]].append(entry)
            if match.re is _CANVAS and _is_gradable(entry):
                files.add(_VERSION.sub("", without_suffix(match["file"] or "")))
    # One student and several files: rather a prefix of everybody's file, such as hw_2025_101_, than Canvas.
    return {} if len(uploads) == 1 and len(files) > 1 else uploads


def _best(uploads: list[Path]) -> Path:
    """The upload to grade: one that holds a package before one that does not, and the latest of several."""

    def rank(path: Path) -> tuple[bool, bool, int, int]:
        version = _VERSION.search(without_suffix(path.name))
        upload = _CANVAS.fullmatch(path.name)
        with tempfile.TemporaryDirectory(prefix="gradschool-", ignore_cleanup_errors=True) as folder:
            try:
                unpack(path, Path(folder))
                sound = True
            except Refused:
                sound = False
        last = int(version[1]) if version else 0
        return sound, _is_gradable(path), last, int((upload and upload["upload"]) or 0)

    return max(uploads, key=rank) if len(uploads) > 1 else uploads[0]


def _entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX")))


def _who(path: Path) -> tuple[str, str]:
    """The name, and in a learning management system the number, of the student who handed in `path`."""
    match = handed_in(path.name)
    return (match["name"], match["user"]) if match else (_name(path, path.parent.name), "")


def _name(path: Path, parent: str) -> str:
    """The student's name by the file's, or by that of the folder around it when it is just micrograd.zip."""
    stem = without_suffix(path.name)
    return stem if stem.casefold() != PACKAGE else parent


def handed_in(name: str) -> re.Match[str] | None:
    """Whether, and by whom, a file or folder of that name was handed in through Moodle or Canvas."""
    return _MOODLE.fullmatch(name) or _CANVAS.fullmatch(name)


def _is_gradable(path: Path) -> bool:
    return path.is_dir() or is_archive(path.name)


def _identified(found: Iterable[_Found]) -> list[Submission]:
    """Give everybody an id of their own: the plain name where it is the only one, else with a number.

    Who is called like an id goes first, so that nobody takes it away by a name that becomes the same (" ada", "-ada").
    """
    namesakes: dict[str, set[str]] = defaultdict(set)
    for each in found:
        namesakes[same(safe_id(each.name))].add(each.user)
    owners: dict[str, Submission] = {}
    late: list[tuple[str, _Found]] = []
    for each in sorted(found, key=lambda each: (safe_id(each.name) != each.name, each.name, each.user)):
        number = f"_{each.user}" if each.user and len(namesakes[same(safe_id(each.name))]) > 1 else ""
        student = safe_id(each.name + number)
        if same(student) in owners:
            late.append((student, each))
        else:
            owners[same(student)] = Submission(student, each.folders, printable(each.name))
    for student, each in late:
        others = (f"{student[:74]}-{number}" for number in count(2))
        student = next(other for other in others if same(other) not in owners)
        owners[same(student)] = Submission(student, each.folders, printable(each.name))
    return sorted(owners.values(), key=lambda submission: submission.student)
