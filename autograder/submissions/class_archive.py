"""Finds a class in an archive, by the names that it holds."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from autograder.project import PACKAGE
from autograder.submissions import layouts
from autograder.submissions.package_choice import is_flat
from autograder.submissions.places import in_list
from autograder.submissions.sources import archive_process
from autograder.submissions.sources.archives import is_archive, without_suffix
from autograder.submissions.sources.files import Refused
from autograder.submissions.sources.limits import Parts


class Class(NamedTuple):
    """A class in an archive: where its submissions lie side by side, None when it is one submission; whether they are
    `several`, and `known` by the names of a system; the only archive in it, if that is all that it holds; and the
    folders side by side of which too few hold a package for a class."""

    top: Parts | None = None
    several: bool = False
    known: bool = False
    sole: str = ""
    folders: tuple[str, ...] = ()


NO_CLASS = Class()


def class_in(archive: Path, assignments: Collection[str], layout: str) -> Class:
    try:
        files = archive_process.names(archive)
    except Refused:
        return NO_CLASS
    found = [(*parts, name) for parts, names in files.items() for name in names]
    sole = "/".join(found[0]) if len(found) == 1 and is_archive(found[0][-1]) else ""
    top: Parts = ()
    side_by_side: tuple[str, ...] = ()
    of_one: Parts | None = None  # a class of one, unless that is a folder around the class
    own = layouts.own(archive)
    while not (own and own.sure):
        folders = {parts[0] for parts in files if parts}
        if PACKAGE in map(str.casefold, folders) or is_flat(files[()]):
            break
        holders = {name for name in files[()] if is_archive(name)}
        loose = not holders
        for parts, names in files.items():
            if parts and (parts[-1].casefold() == PACKAGE or is_flat(names) or any(map(is_archive, names))):
                holders.add(parts[0])
        known = layouts.read(in_list(files, top[-1] if top else without_suffix(archive.name)), layout)
        uploads = {upload.key for upload in known[1]} if known else set()
        trees = {parts[1] for parts in files if parts[0:1] == ("submitted",) and parts[1:]}
        several = max(len(uploads), len(holders - {*assignments}), len(trees)) > 1
        if several or holders & {*assignments, "submitted"}:
            return Class(top, several, len(uploads) > 1)
        if uploads and of_one is None:
            of_one = top
        if len(folders) != 1 or not loose:
            side_by_side = tuple(sorted(folders)) if len(folders) > 1 else ()
            break
        top = (*top, *folders)
        files = {parts[1:]: names for parts, names in files.items() if parts}
    return Class(of_one, sole=sole, folders=side_by_side)
