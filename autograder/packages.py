"""Finds the package in what a student handed in, and copies it to a folder for the sandbox or to memory."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from autograder import reader
from autograder.archives import (
    ADVICE,
    NESTED,
    STUDENT,
    NoPackage,
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
_FLAT = {"engine.py", "derivative.py"}
MODULES = {"__init__.py", "engine.py", "derivative.py", "trace.py", "nn.py", "train.py", "data.py"}
# What browsers and students make of a module's name: `engine (1).py`, `Copy of engine.py`, `engine.py.txt`.
_RENAMED = re.compile(
    r"(?:copy of )?(?P<module>engine|derivative|trace|nn|train|data|__init__)"
    r"(?:[ _-]*(?:\(\d+\)|\d+|copy|final|new|fixed|updated|done|v\d+))*\.py(?:\.txt|\.py)?",
    re.I,
)
_SET_ASIDE = re.compile(
    r"(?<![a-z])(old|backup|bak|copy|previous|before|orig|original|archive|tmp|temp|trash)(?![a-z])", re.I
)
_COMPARED = 8  # packages of one submission


@dataclass(frozen=True)
class Packed:
    """A copy of a package in memory, as `unpacked` found it: what is graded is what was looked at, wherever that is.

    `files` are the names in micrograd/ and their contents, None when there is nothing to grade; `missing` is as there.
    `seconds` is how long it took to read it out of an archive.
    """

    files: tuple[tuple[str, bytes], ...] | None
    digest: str
    problem: str
    missing: bool = False
    seconds: float = field(default=0.0, compare=False)


Source = Original | Packed


@dataclass(frozen=True)
class Package:
    """A student's package, ready for the sandbox.

    `root` is a folder that holds plain copies in micrograd/, or None when there is nothing to grade. `digest`
    stands for the content, wherever and in whatever format it came. `problem` is for the student, or empty; `missing`
    says that there is no package in what was handed in, rather than one that cannot be read.
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
    with tempfile.TemporaryDirectory(prefix="gradschool-", dir=within, ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        if isinstance(source, Packed):
            yield _written(source, root)
            return
        try:
            problem = unpack(source, root)
        except Refused as refusal:
            digest = digest_of_refused(source, str(refusal))
            package = Package(None, digest, str(refusal), isinstance(refusal, NoPackage))
        else:
            _let_everybody_read(root)
            package = Package(root, _digest_of_tree(root / PACKAGE), problem)
        yield package


def pack(source: Source) -> Packed:
    """The package as it is now, in memory. Raises what `unpacked` raises."""
    if isinstance(source, Packed):
        return source
    began = time.monotonic()
    with unpacked(source) as package:
        seconds = 0.0 if isinstance(source, Path) and source.is_dir() else time.monotonic() - began
        if package.root is None:
            return Packed(None, package.digest, package.problem, package.missing, seconds)
        top = package.root / PACKAGE
        files = sorted(
            (path.relative_to(top).as_posix(), path.read_bytes()) for path in top.rglob("*") if path.is_file()
        )
        return Packed(tuple(files), package.digest, package.problem, seconds=seconds)


def _written(source: Packed, root: Path) -> Package:
    if source.files is None:
        return Package(None, source.digest, source.problem, source.missing)
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


def is_flat(names: Iterable[str]) -> bool:
    """Whether a folder that directly holds files of these names is a package, whatever it is called."""
    return bool(_modules(names) & _FLAT)


def _modules(names: Iterable[str]) -> set[str]:
    """The modules of micrograd that these files are, or were before they were renamed."""
    return {module for name in names if (module := _module(name))}


def _module(name: str) -> str:
    found = _RENAMED.fullmatch(name)
    return f"{found['module'].lower()}.py" if found else ""


def _package_in(source: Original, files: dict[Parts, set[str]]) -> tuple[Parts, list[str]] | None:
    """Where the package lies, and remarks: when that is no micrograd/ folder, and when it is not the only one.

    A repository is often called micrograd too, so a folder that holds modules goes before one that does not. Of several
    packages none that was set aside is taken, and otherwise the one that lies highest.
    """

    def name(parts: Parts) -> str:
        return parts[-1] if parts else source.name if source.is_dir() else ""

    def rank(parts: Parts) -> tuple[bool, bool, bool, bool, int, Parts]:
        aside = any(_SET_ASIDE.search(part) for part in parts)
        called = name(parts).casefold() != PACKAGE, name(parts) != PACKAGE
        return not _modules(files[parts]), aside, *called, len(parts), parts

    folders = [parts for parts in files if len(parts) <= STUDENT.depth]
    named = [parts for parts in folders if name(parts).casefold() == PACKAGE]
    flat = [parts for parts in folders if is_flat(files[parts])]
    if not named and not flat:
        return None
    top = min([*named, *flat], key=rank)
    shown = "the outer one" if not top else printable("/".join(top))
    remarks = []
    if top not in named:
        module = max(_modules(files[top]) & _FLAT)
        remarks.append(f"no micrograd/ folder; graded {f'{shown}, which' if top else 'the one that'} holds {module}")
    inside = [parts for parts in flat if parts[: len(top)] == top and parts not in named]
    others = sorted({*named, *flat} - {top, *(inside if top else [])}, key=rank)
    others = [parts for parts in others if _modules(files[parts])]
    if others and (different := _different(source, top, others)):
        also = ", ".join(printable("/".join(parts)) or "the outer folder" for parts in different[:3])
        mine, theirs = rank(top), rank(different[0])
        reasons = ("it holds modules", "the other looks like a copy that was set aside", "it is called micrograd")
        differs = next(place for place, (one, other) in enumerate(zip(mine, theirs, strict=True)) if one != other)
        why = (*reasons, "it is spelled so", "it lies higher", "its name comes first")[differs]
        remarks.append(f"several packages that differ: graded {shown}, since {why}, and not {also}; hand in one alone")
    return top, remarks


def _different(source: Original, top: Parts, others: Sequence[Parts]) -> list[Parts]:
    """Those of `others` that hold a module that is not in the package at `top`, or another text of one that is."""
    graded = _texts(source, top)
    return [
        parts
        for place, parts in enumerate(others)
        if place >= _COMPARED or not _texts(source, parts).items() <= graded.items()
    ]


def _texts(source: Original, top: Parts) -> dict[str, bytes]:
    """The modules that lie at `top`, whatever their line endings."""
    with tempfile.TemporaryDirectory(prefix="gradschool-", ignore_cleanup_errors=True) as folder:
        with suppress(Refused):
            copy(source, top, Path(folder), STUDENT)
        return {
            _module(path.name): path.read_bytes().replace(b"\r\n", b"\n").rstrip()
            for path in sorted(Path(folder).iterdir())
            if path.is_file() and _module(path.name)
        }


def _rename(folder: Path) -> list[str]:
    """Give modules the names that they should have, where there is no doubt about them; returns remarks."""
    alike: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and (module := _module(path.name)):
            alike.setdefault(module, []).append(path)
    remarks = []
    for module, paths in alike.items():
        texts = {path.read_bytes().replace(b"\r\n", b"\n").rstrip() for path in paths}
        exact = folder / module in paths
        names = [printable(path.name) for path in paths]
        if not exact and len(texts) == 1:
            paths[0].rename(folder / module)
            remarks.append(f"{names[0]} was taken for {module}")
        elif not exact:
            remarks.append(
                f"there is no {module} but {' and '.join(names)}, which differ: hand in the right one as {module}"
            )
        elif len(texts) > 1:
            others = " and ".join(name for name in names if name != module)
            remarks.append(f"{module} was graded, and not {others}: they differ, hand in one alone")
    return remarks


def unpack(source: Original, root: Path, nesting: int = 0, *, apart: bool = True) -> str:
    """Copy the package in `source` to `root`/micrograd, and return what the student should know about it; `apart`,
    archives are read by a process that can be ended."""
    if apart and isinstance(source, Path) and not source.is_dir():
        return reader.unpack(source, root, nesting)
    files, odd = listing(source, STUDENT)
    if place := _package_in(source, files):
        top, remarks = place
        (root / PACKAGE).mkdir()
        left_out = copy(source, top, root / PACKAGE, STUDENT)
        remarks += _rename(root / PACKAGE)
        names = ", ".join(printable("/".join((PACKAGE, *parts))) for parts in left_out[:3])
        more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        skipped = f"left out {names}{more}: only plain files with plain names are graded" if left_out else ""
        return "; ".join(filter(None, [*remarks, skipped]))
    archives = [(*top, name) for top, names in files.items() for name in names if is_archive(name)]
    if len(archives) > 1:
        some = ", ".join(sorted(printable(parts[-1]) for parts in archives)[:3])
        raise NoPackage(f"no micrograd/ folder but several archives ({some}): hand in the one that holds it")
    if archives and nesting < 2:
        if isinstance(source, Path) and source.is_dir():
            return unpack(source.joinpath(*archives[0]), root, nesting + 1, apart=apart)
        with tempfile.TemporaryDirectory(prefix="gradschool-", ignore_cleanup_errors=True) as aside:
            inner = Path(aside, archives[0][-1])
            copy(source, archives[0], inner, NESTED)
            return unpack(inner, root, nesting + 1, apart=apart)
    if any(parts[-1].casefold() == PACKAGE for parts in odd):
        raise Refused("micrograd is a link or special file in this submission: hand in the folder itself")
    raise NoPackage(f"no micrograd/ folder in this submission: {ADVICE}")


def _digest_of_tree(folder: Path) -> str:
    hasher = hashlib.sha256()
    paths = {os.fsencode(path.relative_to(folder).as_posix()): path for path in folder.rglob("*")}
    for name, path in sorted(paths.items()):
        if path.is_file():
            content = path.read_bytes()
            hasher.update(b"%d %d " % (len(name), len(content)) + name + content)
    return "sha256:" + hasher.hexdigest()
