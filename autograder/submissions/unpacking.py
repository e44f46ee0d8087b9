"""Finds the package in what a student handed in, and copies it to a folder for the sandbox or to memory."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.course import in_use
from autograder.project import PACKAGE
from autograder.scratch import Scratch
from autograder.submissions.package_choice import archives_in, beside, candidates, remarks, settle, texts_in
from autograder.submissions.sources import archive_process
from autograder.submissions.sources.contents import Listing, copy, digest_of_refused, listing
from autograder.submissions.sources.files import Bundle, NoPackage, Original, Refused, advice, printable
from autograder.submissions.sources.gittree import Commit
from autograder.submissions.sources.limits import NESTED, STUDENT, Parts
from autograder.submissions.sources.own_tests import FOLDER, copy_own_tests, copy_tests
from autograder.texts import _, some

MODULES = in_use().files


@dataclass(frozen=True)
class Packed:
    """A copy of a package in memory, as `unpacked` found it: what is graded is what was looked at, wherever that is.

    `files` are the names in the package and their contents, None when there is nothing to grade; `missing` is as there.
    `tests` are the student's own, and `seconds` is how long it took to read it out of an archive.
    """

    files: tuple[tuple[str, bytes], ...] | None
    digest: str
    problem: str
    missing: bool = False
    tests: tuple[tuple[str, bytes], ...] = ()
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Own:
    """The package in its owner's folder, where it should be: no other one is looked for, there or around it."""

    folder: Path


Source = Original | Packed | Own


@dataclass(frozen=True)
class Package:
    """A student's package, ready for the sandbox.

    `root` is a folder that holds plain copies of it, and of the student's own tests, or None when there is nothing to
    grade. `digest` stands for the content, wherever and in whatever format it came. `problem` is for the student, or
    empty; `missing` says that there is no package in what was handed in, rather than one that cannot be read.
    """

    root: Path | None
    digest: str
    problem: str
    missing: bool = False


@contextmanager
def unpacked(source: Source, within: Path | None = None) -> Iterator[Package]:
    """Copy the package out of a folder, archive or commit to where everybody can read it, until the block ends.

    The copy is made in a new folder `within` the given one, or where temporary files go. Raises OSError or
    MemoryError only for the grader's own trouble.
    """
    with Scratch(inside=within) as folder:
        root = Path(folder)
        if isinstance(source, Packed):
            yield _written(source, root)
            return
        package = _found(source, root)
        if package.root:
            _let_everybody_read(root)
            package = replace(package, digest=_digest(*_contents(root)))
        yield package


def _found(source: Original | Own, root: Path) -> Package:
    """Copy the package to `root`; without a digest where there is one."""
    try:
        return Package(root, "", _copied(source.folder, root) if isinstance(source, Own) else unpack(source, root))
    except Refused as refusal:
        digest = digest_of_refused(source.folder if isinstance(source, Own) else source, str(refusal))
        return Package(None, digest, str(refusal), isinstance(refusal, NoPackage))


def worth_grading(package: Package) -> Package:
    """The package, or that there is none, where it holds no Python file."""
    if package.root is None or any(path.suffix.lower() == ".py" for path in (package.root / PACKAGE).rglob("*")):
        return package
    said = {"package": PACKAGE, "advice": advice()}
    problem = _("{package}/ in this submission holds no Python file: {advice}", **said)
    return Package(None, package.digest, "; ".join(filter(None, [problem, package.problem])), missing=True)


def pack(source: Source) -> Packed:
    """The package as it is now, in memory. Raises what `unpacked` raises."""
    if isinstance(source, Packed):
        return source
    began = time.monotonic()
    with Scratch() as folder:
        root = Path(folder)
        package = _found(source, root)
        files, tests = _contents(root) if package.root else (None, ())
    plain = isinstance(source, Own) or (isinstance(source, Path) and source.is_dir())
    seconds = 0.0 if plain else time.monotonic() - began
    digest = package.digest if files is None else _digest(files, tests)
    return Packed(files, digest, package.problem, package.missing, tests, seconds)


Contents = tuple[tuple[str, bytes], ...]


def _contents(root: Path) -> tuple[Contents, Contents]:
    """The package that was copied there and the student's own tests: the files by their names in their folders."""
    return _files(root / PACKAGE), _files(root / FOLDER)


def _files(top: Path) -> Contents:
    found = [
        (os.path.join(place, name)[len(f"{top}/") :].replace(os.sep, "/"), Path(place, name).read_bytes())
        for place, _folders, names in os.walk(top)
        for name in names
    ]
    return tuple(sorted(found))


def _written(source: Packed, root: Path) -> Package:
    if source.files is None:
        return Package(None, source.digest, source.problem, source.missing)
    (root / PACKAGE).mkdir()
    placed = [*((Path(PACKAGE, name), content) for name, content in source.files),
              *((Path(FOLDER, name), content) for name, content in source.tests)]  # fmt: skip
    for name, content in placed:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _let_everybody_read(root)
    return Package(root, source.digest, source.problem)


def _let_everybody_read(root: Path) -> None:
    for path, _folders, files in os.walk(root):
        os.chmod(path, 0o755)
        for file in files:
            os.chmod(os.path.join(path, file), 0o644)


def unpack(source: Original, root: Path, *, apart: bool = True) -> str:
    """Copy the package in `source` to `root`, and return what the student should know about it; `apart`,
    archives are read by a process that can be ended."""
    if apart and isinstance(source, Path) and not source.is_dir():
        return archive_process.unpack(source, root)
    found = listing(source, STUDENT)
    packed = archives_in(found.files) if apart else []
    if not packed:
        return _unpacked(source, found, root)
    if not isinstance(source, Commit):
        return archive_process.unpack(source, root)
    try:
        return _unpacked(source, found, root, opening=False)
    except NoPackage:
        with Scratch() as aside:
            pieces = [("/".join(parts), Path(aside, str(place))) for place, parts in enumerate(packed)]
            for parts, (_name, path) in zip(packed, pieces, strict=True):
                copy(source, parts, path, NESTED)
            return archive_process.unpack(Bundle(source.name, tuple(pieces)), root)


def _unpacked(source: Original, names: Listing, root: Path, *, opening: bool = True) -> str:
    """The same, in this process; without `opening` what is packed in the source."""
    into = root / PACKAGE
    with candidates(source, names, opening) as found, beside(found[0]) as loose:
        into.mkdir()
        left_out = copy(found[0].source, found[0].top, into, STUDENT)
        copy_tests(found[0].source, found[0].top, found[0].files, root)
        settled = settle(into, loose)
        said = [*remarks(found, texts_in(into)), *settled]
    return _joined([*said, *_skipped(left_out)])


def _copied(folder: Path, root: Path) -> str:
    if not folder.is_dir():
        raise NoPackage(
            _("no {package}/ folder any more: it should be in {place}", package=PACKAGE, place=folder.parent)
        )
    into = root / PACKAGE
    into.mkdir()
    left_out = copy(folder, (), into, STUDENT)
    copy_own_tests(folder, root)
    return _joined([*settle(into, ()), *_skipped(left_out)])


def _skipped(left_out: Sequence[Parts]) -> list[str]:
    odd = some([printable("/".join((PACKAGE, *parts))) for parts in left_out], 3)
    return [_("left out {names}: only plain files with plain names are graded", names=odd)] if left_out else []


def _joined(sentences: Sequence[str]) -> str:
    return "; ".join(filter(None, sentences))


def _digest(files: Contents, tests: Contents) -> str:
    """Stands for the package and the student's own tests, whose names begin with their folder's."""
    hasher = hashlib.sha256()
    named = {os.fsencode(name): content for name, content in files}
    named |= {os.fsencode(f"../{FOLDER}/{name}"): content for name, content in tests}
    for name, content in sorted(named.items()):
        hasher.update(b"%d %d " % (len(name), len(content)) + name + content)
    return "sha256:" + hasher.hexdigest()
