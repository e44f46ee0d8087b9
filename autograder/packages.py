"""Finds the package in what a student handed in, and copies it to a folder for the sandbox or to memory."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.archives import (
    ADVICE,
    NESTED,
    STUDENT,
    Original,
    Parts,
    Refused,
    copy,
    digest_of_refused,
    is_archive,
    listing,
    printable,
)

PACKAGE = "micrograd"
FLAT = {"engine.py", "derivative.py"}
_MODULES = {"__init__.py", "engine.py", "derivative.py", "trace.py", "nn.py", "train.py", "data.py"}


@dataclass(frozen=True)
class Packed:
    """A copy of a package in memory, as `unpacked` found it: what is graded is what was looked at, wherever that is.

    `files` are the names in micrograd/ and their contents, None when there is nothing to grade.
    """

    files: tuple[tuple[str, bytes], ...] | None
    digest: str
    problem: str


Source = Original | Packed


@dataclass(frozen=True)
class Package:
    """A student's package, ready for the sandbox.

    `root` is a folder that holds plain copies in micrograd/, or None when there is nothing to grade. `digest`
    stands for the content, wherever and in whatever format it came. `problem` is for the student, or empty.
    """

    root: Path | None
    digest: str
    problem: str


@contextmanager
def unpacked(source: Source, within: Path | None = None) -> Iterator[Package]:
    """Copy the package out of a folder, archive or commit to where everybody can read it, until the block ends.

    The copy is made in a new folder `within` the given one, or where temporary files go. Raises OSError or
    MemoryError only for the grader's own trouble.
    """
    with tempfile.TemporaryDirectory(prefix="gradschool-", dir=within, ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        if isinstance(source, Packed):
            yield _written(source, root)
            return
        try:
            problem = unpack(source, root)
        except Refused as refusal:
            package = Package(None, digest_of_refused(source, str(refusal)), str(refusal))
        else:
            _let_everybody_read(root)
            package = Package(root, _digest_of_tree(root / PACKAGE), problem)
        yield package


def pack(source: Source) -> Packed:
    """The package as it is now, in memory. Raises what `unpacked` raises."""
    if isinstance(source, Packed):
        return source
    with unpacked(source) as package:
        if package.root is None:
            return Packed(None, package.digest, package.problem)
        top = package.root / PACKAGE
        files = sorted(
            (path.relative_to(top).as_posix(), path.read_bytes()) for path in top.rglob("*") if path.is_file()
        )
        return Packed(tuple(files), package.digest, package.problem)


def _written(source: Packed, root: Path) -> Package:
    if source.files is None:
        return Package(None, source.digest, source.problem)
    (root / PACKAGE).mkdir()
    for name, content in source.files:
        path = root / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _let_everybody_read(root)
    return Package(root, source.digest, source.problem)


def _let_everybody_read(root: Path) -> None:
    for path, _, files in os.walk(root):
        os.chmod(path, 0o755)
        for file in files:
            os.chmod(os.path.join(path, file), 0o644)


def _package_in(source: Original, files: dict[Parts, set[str]]) -> tuple[Parts, str] | None:
    """Where the package lies, and a remark when that is no micrograd/ folder.

    A repository is often called micrograd too, so a folder that holds modules goes before one that does not.
    """

    def name(parts: Parts) -> str:
        return parts[-1] if parts else source.name if source.is_dir() else ""

    def rank(parts: Parts) -> tuple[bool, bool, int, Parts]:
        return not files[parts] & _MODULES, name(parts) != PACKAGE, len(parts), parts

    folders = [parts for parts in files if len(parts) <= STUDENT.depth]
    if named := [parts for parts in folders if name(parts).casefold() == PACKAGE]:
        top = min(named, key=rank)
        several = sum(bool(files[parts] & _MODULES) for parts in named) > 1
        return top, f"several micrograd/ folders; graded {'/'.join(top) or 'the outer one'}" if several else ""
    if flat := [parts for parts in folders if files[parts] & FLAT]:
        top = min(flat, key=rank)
        return top, f"no micrograd/ folder; graded the one that holds {max(files[top] & FLAT)}"
    return None


def unpack(source: Original, root: Path, nesting: int = 0) -> str:
    """Copy the package in `source` to `root`/micrograd, and return what the student should know about it."""
    files, odd = listing(source, STUDENT)
    if place := _package_in(source, files):
        top, remark = place
        (root / PACKAGE).mkdir()
        left_out = copy(source, top, root / PACKAGE, STUDENT)
        names = ", ".join(printable("/".join((PACKAGE, *parts))) for parts in left_out[:3])
        more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        skipped = f"left out {names}{more}: only plain files with plain names are graded" if left_out else ""
        return "; ".join(filter(None, [remark, skipped]))
    archives = [(*top, name) for top, names in files.items() for name in names if is_archive(name)]
    if len(archives) > 1:
        some = ", ".join(sorted(printable(parts[-1]) for parts in archives)[:3])
        raise Refused(f"no micrograd/ folder but several archives ({some}): hand in the one that holds it")
    if archives and nesting < 2:
        if isinstance(source, Path) and source.is_dir():
            return unpack(source.joinpath(*archives[0]), root, nesting + 1)
        with tempfile.TemporaryDirectory(prefix="gradschool-", ignore_cleanup_errors=True) as aside:
            inner = Path(aside, archives[0][-1])
            copy(source, archives[0], inner, NESTED)
            return unpack(inner, root, nesting + 1)
    if any(parts[-1].casefold() == PACKAGE for parts in odd):
        raise Refused("micrograd is a link or special file in this submission: hand in the folder itself")
    raise Refused(f"no micrograd/ folder in this submission: {ADVICE}")


def _digest_of_tree(folder: Path) -> str:
    hasher = hashlib.sha256()
    paths = {os.fsencode(path.relative_to(folder).as_posix()): path for path in folder.rglob("*")}
    for name, path in sorted(paths.items()):
        if path.is_file():
            content = path.read_bytes()
            hasher.update(b"%d %d " % (len(name), len(content)) + name + content)
    return "sha256:" + hasher.hexdigest()
