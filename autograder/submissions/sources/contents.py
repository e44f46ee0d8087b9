"""Lists and copies what a student's folder, commit or archive holds, within limits."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from autograder.submissions.sources.archives import members_in_archive
from autograder.submissions.sources.files import (
    CHUNK,
    Bundle,
    Member,
    Original,
    Refused,
    blaming,
    chunks_of,
    less,
    named_member,
    opened,
    printable,
)
from autograder.submissions.sources.gittree import Commit, Entry
from autograder.submissions.sources.limits import CLASS, STUDENT, Limits, Parts, is_noise
from autograder.texts import _


def _members(source: Original, limits: Limits) -> Iterator[Member]:
    """What a folder or archive holds, without noise. Read a member's chunks before taking the next one."""
    with blaming(source):
        if isinstance(source, Commit):
            found = _in_commit(source)
        elif isinstance(source, Bundle):
            found = _in_pieces(source)
        else:
            found = _in_folder(source) if source.is_dir() else members_in_archive(source, limits)
        for number, member in enumerate(found, 1):
            if number > limits.seen:
                what = {"file": printable(source.name), "count": limits.seen, "advice": less()}
                raise Refused(_("{file} holds more than {count:,} files: {advice}", **what))
            if member.parts and not (limits.clutter or is_noise)(member.parts):
                yield member


def _in_folder(source: Path) -> Iterator[Member]:
    waiting: list[Parts] = [()]
    while waiting:
        parts = waiting.pop()
        with os.scandir(source.joinpath(*parts)) as entries:
            listed = sorted(islice(entries, CLASS.seen), key=lambda entry: entry.name)
        for entry in listed:
            folder, file = entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False)
            read = partial(opened, Path(entry.path), getattr(os, "O_NOFOLLOW", 0))
            kind = "folder" if folder else "file" if file else "odd"
            member = named_member((*parts, entry.name), kind, partial(chunks_of, source, read))
            if member.kind == "folder" and not is_noise(member.parts):
                waiting.append(member.parts)
            yield member


def _in_pieces(source: Bundle) -> Iterator[Member]:
    for name, path in source.pieces:
        if path.is_dir():
            yield named_member((name,), "folder", lambda: iter(()))
            for member in _in_folder(path):
                yield named_member((name, *member.parts), member.kind, member.chunks)
        else:
            read = partial(opened, path, getattr(os, "O_NOFOLLOW", 0))
            kind = "file" if stat.S_ISREG(os.lstat(path).st_mode) else "odd"
            yield named_member(name.split("/"), kind, partial(chunks_of, path, read))


def _in_commit(source: Commit) -> Iterator[Member]:
    def chunks(entry: Entry) -> Iterator[bytes]:
        with blaming(source):
            yield from entry.chunks()

    with closing(source.entries()) as entries:
        for entry in entries:
            yield named_member(entry.name.split("/"), entry.kind, partial(chunks, entry))


class Listing(NamedTuple):
    """The names in a source: the files that each folder directly holds, and what is a link or otherwise odd."""

    files: dict[Parts, set[str]]
    odd: list[Parts]


def listing(source: Original, limits: Limits) -> Listing:
    """The names in a source, without noise. Raises Refused."""
    found = Listing({(): set()}, [])
    for parts, kind, _chunks in _members(source, limits):
        if kind == "odd":
            found.odd.append(parts)
            continue
        for depth in range(len(parts) - (kind == "file"), 0, -1):
            if parts[:depth] in found.files:
                break
            found.files[parts[:depth]] = set()
        if kind == "file":
            found.files[parts[:-1]].add(parts[-1])
    return found


def copy(source: Original, top: Parts, into: Path, limits: Limits) -> list[Parts]:
    """Write what `source` holds at `top` to `into`, and return the names that were left out."""
    left_out: list[Parts] = []
    size = written = 0
    for member in _members(source, limits):
        if member.parts[: len(top)] != top:
            continue
        parts = member.parts[len(top) :]
        name = printable("/".join((*top[-1:], *parts)))
        written += bool(parts)
        if written > limits.files:
            raise Refused(_("more than {count:,} files: {advice}", count=limits.files, advice=less()))
        if len(parts) > limits.depth:
            raise Refused(_("folders nested more than {depth} deep: {advice}", depth=limits.depth, advice=less()))
        if member.kind == "odd":
            left_out.append(parts)
            continue
        target = into.joinpath(*parts)
        try:
            (target.parent if member.kind == "file" else target).mkdir(parents=True, exist_ok=True)
            if member.kind == "folder":
                continue
            with open(target, "wb") as file:
                for chunk in member.chunks():
                    size += len(chunk)
                    if size > limits.total:
                        raise Refused(_("more than {size:,} MB: {advice}", size=limits.total // 10**6, advice=less()))
                    if file.tell() + len(chunk) > limits.each:
                        what = {"file": name, "size": limits.each // 10**6, "advice": less()}
                        raise Refused(_("{file} is larger than {size:,} MB: {advice}", **what))
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):  # a file and a folder of one name
            left_out.append(parts)
    return left_out


def digest_of_refused(source: Original, problem: str) -> str:
    """Stands for what cannot be graded: a commit's tree, an archive's first bytes or a folder's names, and what
    is wrong with it."""
    hasher = hashlib.sha256(b"refused " + problem.encode())
    with suppress(Refused), blaming(source):
        if isinstance(source, Commit):
            hasher.update(source.tree().encode())
        elif source.is_dir():
            names = sorted("/".join(member.parts) for member in _members(source, STUDENT))
            hasher.update("\0".join(names).encode("utf-8", "surrogateescape"))
        else:
            assert isinstance(source, Path)
            for chunk in islice(chunks_of(source, partial(opened, source)), STUDENT.stream // CHUNK):
                hasher.update(chunk)
    return "sha256:" + hasher.hexdigest()
