"""Finds what students hand in, and unpacks it: any bytes may come in, only plain files within limits go out.

Whatever a student's folder or archive does wrong becomes one sentence for that student. The grader's own
trouble (a full disk, no memory) stays an exception, so that it never turns into a zero.
"""

from __future__ import annotations

import atexit
import bz2
import errno
import gzip
import hashlib
import io
import lzma
import os
import re
import shutil
import stat
import tarfile
import tempfile
import time
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from autograder.errors import UserError
from autograder.gittree import Commit

PACKAGE = "micrograd"
Parts = tuple[str, ...]

_MODULES = {"__init__.py", "engine.py", "derivative.py", "trace.py", "nn.py", "train.py", "data.py"}
_FLAT = {"engine.py", "derivative.py"}
_NOISE = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "build"}
_JUNK = (".pyc", ".pyo", ".so", ".pyd")
# Some of these cannot be read, but whoever hands one in must be told, not overlooked.
_ARCHIVE = re.compile(r"\.(zip|tar|t(ar\.)?(gz|bz2?|xz|zst)|gz|bz2|xz|zst|7z|rar)\Z", re.I)
_CANVAS = re.compile(
    r"(?P<name>.+?)(?:_LATE)?_(?P<user>\d{2,})_(?:(?P<upload>\d{3,})_(?P<file>.+)|(?:text|link)\.html)", re.S
)
_MOODLE = re.compile(r"(?P<name>.+)_(?P<user>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?", re.S)
_VERSION = re.compile(r"-(\d+)$")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_RESULTS = {"index", "grades", "summary", "report", "results", "class", "exam", "cache", "assets", "static"}
_RESULT_FILES = (".html", ".csv", ".json", ".jsonl", ".lock", ".tmp", ".md", ".txt", ".xml", ".db", ".css")
_OUR_TROUBLE = {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC}
_TICK = 3  # seconds: no file system's clock ticks more slowly
_CHUNK = 1 << 14  # also the longest tar header: before Python 3.11.10, reading one takes quadratic time
_TAIL = 1 << 17  # holds the end of a zip with the longest comment
_ADVICE = "hand in a folder or archive (.zip, .tar.gz) that holds micrograd/"
_LESS = "hand in micrograd/ alone"


@dataclass(frozen=True)
class Packed:
    """A copy of a package in memory, as `unpacked` found it: what is graded is what was looked at, wherever that is.

    `files` are the names in micrograd/ and their contents, None when there is nothing to grade.
    """

    files: tuple[tuple[str, bytes], ...] | None
    digest: str
    problem: str


Original = Path | Commit  # a folder or an archive, or what was pushed
Source = Original | Packed


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    `student` is a safe id, distinct within the class; `name` is the id as found, for messages. `folders` maps
    an assignment to the folder, archive, commit or copy that it is graded from; "" stands for all assignments.
    """

    student: str
    folders: Mapping[str, Source]
    name: str


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
            problem = _unpack(source, root)
        except _Refused as refusal:
            package = Package(None, _digest_of_refused(source, str(refusal)), str(refusal))
        else:
            _let_everybody_read(root)
            package = Package(root, _digest_of_tree(root / PACKAGE), problem)
        yield package


def packed(submission: Submission) -> Submission:
    """The submission as it is now, in memory. Raises what `unpacked` raises."""
    return replace(submission, folders={name: _packed(source) for name, source in submission.folders.items()})


def _packed(source: Source) -> Packed:
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


def looks(submission: Submission) -> str | None:
    """Stands for how the submission's files look from outside; None where that does not tell whether they changed.

    Whoever changes a file changes its time of change (ctime), which no program can set. Two changes within one tick of
    the file system's clock (two seconds, at worst) leave the same time, so a file counts only when its last change lies
    further back than that: then every later change shows, even one that keeps size and mtime. A time that lies ahead
    of the clock counts for nothing either: the clock was set back, and might come by that time again.
    """
    digest = hashlib.sha256()
    latest = (time.time_ns() // 10**9 - _TICK) * 10**9
    try:
        for name, source in sorted(submission.folders.items()):
            digest.update(f"{name}\0".encode())
            if isinstance(source, Packed):
                return None
            if isinstance(source, Commit):
                digest.update(f"{source.repository.folder}\0{source.id}\0".encode("utf-8", "surrogateescape"))
                continue
            for path, found in _stats(source):
                if max(found.st_ctime_ns, found.st_mtime_ns) >= latest:
                    return None
                seen = (found.st_mode, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
                digest.update(os.fsencode(path) + f"\0{seen}".encode())
    except OSError:
        return None
    return digest.hexdigest()


def _stats(source: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The path and look of the source, and of all that it holds, without noise. Raises OSError for too much of it."""
    waiting, seen = [str(source)], 0
    yield str(source), os.stat(source)
    while waiting:
        top = waiting.pop()
        if not os.path.isdir(top):
            continue
        with os.scandir(top) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                seen += 1
                if seen > _STUDENT.seen:
                    raise OSError("too many files")
                yield entry.path, entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False) and not _is_noise((entry.name,)):
                    waiting.append(entry.path)


# --- reading hostile sources


class _Refused(Exception):
    """A submission that cannot be graded. Its text is a sentence for the student."""


@dataclass(frozen=True)
class _Limits:
    """The first four bound what is copied, the others what is looked at; sizes are in bytes."""

    total: int
    each: int
    files: int
    depth: int = 16
    seen: int = 50_000
    stream: int = 64_000_000
    seconds: float = 20


_STUDENT = _Limits(total=20_000_000, each=5_000_000, files=2_000)
_NESTED = _Limits(total=64_000_000, each=64_000_000, files=1)
_CLASS = _Limits(2 * 10**9, 10**9, 50_000, depth=1_000, seen=200_000, stream=3 * 10**9, seconds=600)


class _Member(NamedTuple):
    """Something in a folder or archive: a "file", a "folder", or "odd" (a link, device or bad name)."""

    parts: Parts
    kind: str
    chunks: Callable[[], Iterator[bytes]] = lambda: iter(())


def _members(source: Original, limits: _Limits) -> Iterator[_Member]:
    """What a folder or archive holds, without noise. Read a member's chunks before taking the next one."""
    with _blaming(source):
        if isinstance(source, Commit):
            found = _in_commit(source)
        else:
            found = _in_folder(source) if source.is_dir() else _in_archive(source, limits)
        for number, member in enumerate(found, 1):
            if number > limits.seen:
                raise _Refused(f"{_shown(source.name)} holds more than {limits.seen:,} files: {_LESS}")
            if member.parts and not _is_noise(member.parts):
                yield member


@contextmanager
def _blaming(source: Original) -> Iterator[None]:
    """Turn whatever goes wrong while reading into a sentence: parsers of hostile bytes may raise anything."""
    try:
        yield
    except (_Refused, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OUR_TROUBLE:
            raise
        reason = _shown(getattr(error, "strerror", None) or str(error) or type(error).__name__)
        if isinstance(error, OSError) and error.filename and source.is_dir():
            what = f"{_shown(os.path.basename(error.filename))} cannot be read ({reason})"
            raise _Refused(f"{what}: mend its permissions and hand in again") from error
        raise _Refused(f"{_shown(source.name)} is not a readable archive ({reason}): {_ADVICE}") from error


def _in_folder(source: Path) -> Iterator[_Member]:
    waiting: list[Parts] = [()]
    while waiting:
        parts = waiting.pop()
        with os.scandir(source.joinpath(*parts)) as entries:
            listed = sorted(islice(entries, _CLASS.seen), key=lambda entry: entry.name)
        for entry in listed:
            folder, file = entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False)
            opened = partial(_opened, Path(entry.path), getattr(os, "O_NOFOLLOW", 0))
            kind = "folder" if folder else "file" if file else "odd"
            member = _member((*parts, entry.name), kind, partial(_chunks, source, opened))
            if member.kind == "folder" and not _is_noise(member.parts):
                waiting.append(member.parts)
            yield member


def _in_commit(source: Commit) -> Iterator[_Member]:
    with closing(source.entries()) as entries:
        for entry in entries:
            yield _member(entry.name.split("/"), entry.kind, entry.chunks)


def _in_archive(source: Path, limits: _Limits) -> Iterator[_Member]:
    """The members of an archive, told by its first bytes: students rename archives."""
    if not _is_archive(source.name):
        raise _Refused(f"{_shown(source.name)} is neither a folder nor an archive: {_ADVICE}")
    packings: dict[bytes, Callable[[Any], Any]] = {
        b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
        b"BZh": bz2.BZ2File,
        b"\xfd7zXZ\0": lzma.LZMAFile,
    }
    with _opened(source) as file:
        magic = file.read(6)
        file.seek(0)
        unpack = next((packings[start] for start in packings if magic.startswith(start)), None)
        if magic.startswith(b"PK") or (source.name.lower().endswith(".zip") and not unpack):
            yield from _in_zip(source, file, limits)
        elif os.fstat(file.fileno()).st_size > limits.stream:
            raise _Refused(f"{_shown(source.name)} is too large: {_LESS}")
        else:
            yield from _in_tar(source, unpack(file) if unpack else file, limits)


def _in_zip(source: Path, file: IO[bytes], limits: _Limits) -> Iterator[_Member]:
    def opened(info: zipfile.ZipInfo) -> IO[bytes]:
        if info.flag_bits & 1:
            raise _Refused(f"{_shown(source.name)} is encrypted: hand in an archive without a password")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others defy bounded reads
            raise _Refused(f"{_shown(source.name)} is compressed oddly: hand in an ordinary .zip")
        return archive.open(info)

    guarded = _Guarded(file, limits, longest=200 * limits.seen, stream=None)
    with guarded, zipfile.ZipFile(guarded) as archive:
        for info in archive.infolist():
            name = info.filename.replace("\\", "/")
            plain = "folder" if name.endswith("/") else "file"
            mode = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
            kind = {0: plain, stat.S_IFREG: plain, stat.S_IFDIR: "folder"}.get(mode, "odd")
            yield _member(name.split("/"), kind, partial(_chunks, source, partial(opened, info)))


def _in_tar(source: Path, file: IO[bytes], limits: _Limits) -> Iterator[_Member]:
    guarded = _Guarded(file, limits, longest=_CHUNK, stream=limits.stream)
    with guarded, tarfile.open(fileobj=guarded, mode="r:") as archive:
        for info in archive:
            kind = "file" if info.isreg() else "folder" if info.isdir() else "odd"
            opened: Callable[[], Any] = partial(archive.extractfile, info)
            yield _member(info.name.split("/"), kind, partial(_chunks, source, opened))
        guarded.seek(archive.offset)  # tarfile takes a damaged header for the end
        if guarded.read(512).strip(b"\0"):
            raise tarfile.ReadError("damaged or cut off")


class _Guarded(io.BufferedReader):
    """A file that hostile headers cannot make anybody read too much of: at once, in all, or for too long."""

    def __init__(self, file: Any, limits: _Limits, longest: int, stream: int | None):
        super().__init__(file)
        self._longest, self._stream = longest, stream
        self._deadline = time.monotonic() + limits.seconds

    def read(self, size: int | None = -1, /) -> bytes:
        size = -1 if size is None else size
        most = self._longest if size >= 0 else _TAIL
        data = super().read(min(size, most + 1) if size >= 0 else most + 1)
        self._check(self.tell(), len(data) > most)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._check(offset)
        return super().seek(offset, whence)

    def _check(self, position: int, excess: bool = False) -> None:
        excess = excess or (self._stream is not None and position > self._stream)
        if excess or time.monotonic() > self._deadline:
            raise _Refused(f"this archive is too large or takes too long to read: {_LESS}")


def _opened(path: Path, flags: int = 0) -> IO[bytes]:
    """Open a regular file and nothing else: a pipe would block, a device might act."""
    flags |= getattr(os, "O_NONBLOCK", 0)
    file = open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise _Refused(f"{_shown(path.name)} is not a regular file: {_ADVICE}")
    return file


def read_plainly(path: Path, most: int) -> bytes:
    """The content of a small file that was handed in beside the package. Raises OSError for a link, a pipe or a device,
    and for more than `most` bytes."""
    try:
        with _opened(path, getattr(os, "O_NOFOLLOW", 0)) as file:
            content = file.read(most + 1)
    except _Refused as refusal:
        raise OSError(str(refusal)) from None
    if len(content) > most:
        raise OSError(f"{_shown(path.name)} is too large")
    return content


def _chunks(source: Path, opened: Callable[[], IO[bytes]]) -> Iterator[bytes]:
    with _blaming(source), opened() as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _member(names: Sequence[str], kind: str, chunks: Callable[[], Iterator[bytes]]) -> _Member:
    """A member, which is odd when writing its name could lead elsewhere or fail."""
    root = ("/",) if len(names) > 1 and not names[0] else ()
    parts = (*root, *(name for name in names if name not in ("", ".")))
    try:
        lengths = [len(os.fsencode(part)) for part in parts]
    except UnicodeEncodeError:
        return _Member(parts, "odd")
    unsafe = ".." in parts or any(set(part) & set("/\\:\0") for part in parts)
    unsafe |= max(lengths, default=0) > 200 or sum(lengths) + len(lengths) > 1_000
    return _Member(parts, "odd" if unsafe else kind, chunks)


def _is_noise(parts: Parts) -> bool:
    hidden = any(part in _NOISE or (part.startswith(".") and part != "..") for part in parts)
    return hidden or parts[-1].endswith(_JUNK)


# --- from a source to a package


class _Listing(NamedTuple):
    """The names in a source: the files that each folder directly holds, and what is a link or otherwise odd."""

    files: dict[Parts, set[str]]
    odd: list[Parts]


def _listing(source: Original, limits: _Limits) -> _Listing:
    listing = _Listing({(): set()}, [])
    for parts, kind, _ in _members(source, limits):
        if kind == "odd":
            listing.odd.append(parts)
            continue
        for depth in range(1, len(parts) + (kind != "file")):
            listing.files.setdefault(parts[:depth], set())
        if kind == "file":
            listing.files[parts[:-1]].add(parts[-1])
    return listing


def _package_in(source: Original, files: dict[Parts, set[str]]) -> tuple[Parts, str] | None:
    """Where the package lies, and a remark when that is no micrograd/ folder.

    A repository is often called micrograd too, so a folder that holds modules goes before one that does not.
    """

    def name(parts: Parts) -> str:
        return parts[-1] if parts else source.name if source.is_dir() else ""

    def rank(parts: Parts) -> tuple[bool, bool, int, Parts]:
        return not files[parts] & _MODULES, name(parts) != PACKAGE, len(parts), parts

    folders = [parts for parts in files if len(parts) <= _STUDENT.depth]
    if named := [parts for parts in folders if name(parts).casefold() == PACKAGE]:
        top = min(named, key=rank)
        several = sum(bool(files[parts] & _MODULES) for parts in named) > 1
        return top, f"several micrograd/ folders; graded {'/'.join(top) or 'the outer one'}" if several else ""
    if flat := [parts for parts in folders if files[parts] & _FLAT]:
        top = min(flat, key=rank)
        return top, f"no micrograd/ folder; graded the one that holds {max(files[top] & _FLAT)}"
    return None


def _unpack(source: Original, root: Path, nesting: int = 0) -> str:
    """Copy the package in `source` to `root`/micrograd, and return what the student should know about it."""
    files, odd = _listing(source, _STUDENT)
    if place := _package_in(source, files):
        top, remark = place
        (root / PACKAGE).mkdir()
        left_out = _copy(source, top, root / PACKAGE, _STUDENT)
        names = ", ".join(_shown("/".join((PACKAGE, *parts))) for parts in left_out[:3])
        more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        skipped = f"left out {names}{more}: only plain files with plain names are graded" if left_out else ""
        return "; ".join(filter(None, [remark, skipped]))
    archives = [(*top, name) for top, names in files.items() for name in names if _is_archive(name)]
    if len(archives) > 1:
        some = ", ".join(sorted(_shown(parts[-1]) for parts in archives)[:3])
        raise _Refused(f"no micrograd/ folder but several archives ({some}): hand in the one that holds it")
    if archives and nesting < 2:
        if isinstance(source, Path) and source.is_dir():
            return _unpack(source.joinpath(*archives[0]), root, nesting + 1)
        with tempfile.TemporaryDirectory(prefix="gradschool-", ignore_cleanup_errors=True) as aside:
            inner = Path(aside, archives[0][-1])
            _copy(source, archives[0], inner, _NESTED)
            return _unpack(inner, root, nesting + 1)
    if any(parts[-1].casefold() == PACKAGE for parts in odd):
        raise _Refused("micrograd is a link or special file in this submission: hand in the folder itself")
    raise _Refused(f"no micrograd/ folder in this submission: {_ADVICE}")


def _copy(source: Original, top: Parts, into: Path, limits: _Limits) -> list[Parts]:
    """Write what `source` holds at `top` to `into`, and return the names that were left out."""
    left_out: list[Parts] = []
    size = written = 0
    for member in _members(source, limits):
        if member.parts[: len(top)] != top:
            continue
        parts = member.parts[len(top) :]
        name = _shown("/".join((*top[-1:], *parts)))
        written += bool(parts)
        if written > limits.files:
            raise _Refused(f"more than {limits.files:,} files: {_LESS}")
        if len(parts) > limits.depth:
            raise _Refused(f"folders nested more than {limits.depth} deep: {_LESS}")
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
                        raise _Refused(f"more than {limits.total // 10**6:,} MB: {_LESS}")
                    if file.tell() + len(chunk) > limits.each:
                        raise _Refused(f"{name} is larger than {limits.each // 10**6:,} MB: {_LESS}")
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):  # a file and a folder of one name
            left_out.append(parts)
    return left_out


def _digest_of_tree(folder: Path) -> str:
    hasher = hashlib.sha256()
    paths = {os.fsencode(path.relative_to(folder).as_posix()): path for path in folder.rglob("*")}
    for name, path in sorted(paths.items()):
        if path.is_file():
            content = path.read_bytes()
            hasher.update(b"%d %d " % (len(name), len(content)) + name + content)
    return "sha256:" + hasher.hexdigest()


def _digest_of_refused(source: Original, problem: str) -> str:
    """Stands for what cannot be graded: a commit's tree, an archive's bytes or a folder's names, and what is
    wrong with it."""
    hasher = hashlib.sha256(b"refused " + problem.encode())
    with suppress(_Refused):
        if isinstance(source, Commit):
            hasher.update(source.tree().encode())
        elif source.is_dir():
            names = sorted("/".join(member.parts) for member in _members(source, _STUDENT))
            hasher.update("\0".join(names).encode("utf-8", "surrogateescape"))
        else:
            for chunk in _chunks(source, partial(_opened, source)):
                hasher.update(chunk)
    return "sha256:" + hasher.hexdigest()


# --- finding submissions


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
            raise UserError(f"{_shown(str(path))}: {error.strerror}; check its permissions") from error
        for each in found:
            places = [(assignment, os.path.realpath(place)) for assignment, place in each.folders.items()]
            distinct.setdefault((each.name, each.user, *sorted(places)), each)
    return _identified(distinct.values())


def _found_at(path: Path, assignments: Collection[str]) -> list[_Found]:
    shown = _shown(str(path))
    if path.is_dir():
        found = _found_in(path, _who(path)[0], assignments)
        if not found:
            raise UserError(f"no submissions in {shown}: give a folder with a folder or archive a student")
        return found
    if not path.is_file() or not _is_archive(path.name):
        what = "is neither a folder nor an archive" if path.exists() else "does not exist"
        raise UserError(f"{shown} {what}: give a submission, or a folder of submissions")
    top = _class_in(path, assignments)
    if top is None:
        return [_Found(*_who(path), {"": path})]
    folder = Path(tempfile.mkdtemp(prefix="gradschool-class-"))
    atexit.register(_remove, folder, os.getpid())
    try:
        _copy(path, top, folder, _CLASS)
    except _Refused as refusal:
        raise UserError(f"{shown} was not unpacked ({refusal}); unpack it and give the folder") from None
    return _found_in(folder, top[-1] if top else _who(path)[0], assignments)


def _remove(folder: Path, owner: int) -> None:
    """Delete a class that was unpacked, unless this process is only a fork of the one that did it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _class_in(archive: Path, assignments: Collection[str]) -> Parts | None:
    """Where in an archive the submissions of a class lie side by side; None when it is one submission."""
    try:
        files = _listing(archive, _CLASS).files
    except _Refused:
        return None
    top: Parts = ()
    of_one: Parts | None = None  # a class of one, unless that is a folder around the class
    while not _MOODLE.fullmatch(archive.name):
        folders = {parts[0] for parts in files if parts}
        if PACKAGE in map(str.casefold, folders) or files[()] & _FLAT:
            break
        holders = {name for name in files[()] if _is_archive(name)}
        loose = not holders
        for parts, names in files.items():
            if parts and (parts[-1].casefold() == PACKAGE or names & _FLAT or any(map(_is_archive, names))):
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
    if _FLAT & {entry.name for entry in entries if entry.is_file()}:
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
        if entry not in taken and (entry.is_dir() or _is_archive(entry.name) or dangling):
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
                files.add(_VERSION.sub("", _stem(match["file"] or "")))
    # One student and several files: rather a prefix of everybody's file, such as hw_2025_101_, than Canvas.
    return {} if len(uploads) == 1 and len(files) > 1 else uploads


def _best(uploads: list[Path]) -> Path:
    """The upload to grade: one that holds a package before one that does not, and the latest of several."""

    def rank(path: Path) -> tuple[bool, bool, int, int]:
        version = _VERSION.search(_stem(path.name))
        upload = _CANVAS.fullmatch(path.name)
        with tempfile.TemporaryDirectory(prefix="gradschool-", ignore_cleanup_errors=True) as folder:
            try:
                _unpack(path, Path(folder))
                sound = True
            except _Refused:
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
    stem = _stem(path.name)
    return stem if stem.casefold() != PACKAGE else parent


def handed_in(name: str) -> re.Match[str] | None:
    """Whether, and by whom, a file or folder of that name was handed in through Moodle or Canvas."""
    return _MOODLE.fullmatch(name) or _CANVAS.fullmatch(name)


def _is_gradable(path: Path) -> bool:
    return path.is_dir() or _is_archive(path.name)


def _is_archive(name: str) -> bool:
    return bool(_ARCHIVE.search(name))


def _stem(name: str) -> str:
    return _ARCHIVE.sub("", name)


# --- ids


def safe_id(name: str) -> str:
    """A student id that is safe as a folder's name, in a URL and beside the files of results/."""
    text = unicodedata.normalize("NFKC", name).strip()
    text = "".join(c if c in "._-@+" or unicodedata.category(c)[0] in "LMN" else "_" for c in text)
    text = text.lstrip(".-").rstrip(".") or "student"
    if text.casefold() in _RESULTS or text.casefold().endswith(_RESULT_FILES):
        text += "_"
    stem, dot, rest = text.partition(".")
    if stem.casefold() in _DEVICES:
        text = f"{stem}_{dot}{rest}"
    if len(text) > 80 or len(text.encode()) > 200:
        mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        text = f"{text.encode()[:190].decode(errors='ignore')[:71]}-{mark}"
    return text


def _identified(found: Iterable[_Found]) -> list[Submission]:
    """Give everybody an id of their own: the plain name where it is the only one, else with a number.

    Who is called like an id goes first, so that nobody takes it away by a name that becomes the same (" ada", "-ada").
    """
    namesakes: dict[str, set[str]] = defaultdict(set)
    for each in found:
        namesakes[_same(safe_id(each.name))].add(each.user)
    owners: dict[str, Submission] = {}
    late: list[tuple[str, _Found]] = []
    for each in sorted(found, key=lambda each: (safe_id(each.name) != each.name, each.name, each.user)):
        number = f"_{each.user}" if each.user and len(namesakes[_same(safe_id(each.name))]) > 1 else ""
        student = safe_id(each.name + number)
        if _same(student) in owners:
            late.append((student, each))
        else:
            owners[_same(student)] = Submission(student, each.folders, _shown(each.name))
    for student, each in late:
        others = (f"{student[:74]}-{number}" for number in count(2))
        student = next(other for other in others if _same(other) not in owners)
        owners[_same(student)] = Submission(student, each.folders, _shown(each.name))
    return sorted(owners.values(), key=lambda submission: submission.student)


def _same(student: str) -> str:
    """Equal for ids that some file system takes for one: those that differ in case or in Unicode form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", student).casefold())


def _shown(text: str) -> str:
    """`text` fit for a sentence: printable, and not too long."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 120 else f"{text[:117]}..."
