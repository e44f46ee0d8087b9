"""Reads what a student's folder, commit or archive holds: any bytes may come in, only plain files within limits go out.

Whatever is wrong with it becomes one sentence for that student. The grader's own trouble (a full disk, no memory)
stays an exception, so that it never turns into a zero.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import io
import lzma
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from autograder.submissions.gittree import Commit, Entry, Unreadable

Parts = tuple[str, ...]

_NOISE = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "build"}
_JUNK = (".pyc", ".pyo", ".so", ".pyd")
# What systems and programs leave in any folder. Other hidden names in a class are somebody's doing, and are told.
_CLUTTER = re.compile(
    r"\._.*|\.~lock\..*|~\$.*|\.(DS_Store|localized|directory|Trashes|Spotlight-V100|fseventsd|AppleDouble|Trash-\d+|git|"
    r"git(ignore|attributes|modules|keep)|github|ipynb_checkpoints|nbgrader.*|Rhistory|RData|Rproj\.user|idea|vscode|"
    r"venv|cache|(pytest|mypy|ruff)_cache|hypothesis|gradschool\.json)|desktop\.ini|Thumbs\.db|ehthumbs\.db",
    re.I,
)
# Some of these cannot be read, but whoever hands one in must be told, not overlooked.
_ARCHIVE = re.compile(r"\.(zip|tar|t(ar\.)?(gz|bz2?|xz|zst)|gz|bz2|xz|zst|7z|rar)\Z", re.I)
_UNSUPPORTED = re.compile(r"\.(7z|rar|(?:t|tar\.)?zst)\Z", re.I)
_OUR_TROUBLE = {  # what the machine does not let the grader read or write is no fault of the student's
    errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EROFS,
    errno.EDQUOT, errno.ESTALE, errno.ETIMEDOUT,
}  # fmt: skip
_CHUNK = 1 << 14  # also the longest tar header: before Python 3.11.10, reading one takes quadratic time
_ENTRY = b"PK\1\2"  # begins each entry of a zip's list of members, which is read at once
_TAIL = 1 << 17  # holds the end of a zip with the longest comment
ADVICE = "hand in a folder or archive (.zip, .tar.gz) that holds micrograd/"
LESS = "hand in micrograd/ alone"


class Refused(Exception):
    """A submission that cannot be graded. Its text is a sentence for the student."""


class NoPackage(Refused):
    """There is no package in what was handed in."""


@dataclass(frozen=True)
class Bundle:
    """What a student handed in piece by piece, as if it lay in one folder: the name of each piece, and where it is."""

    name: str
    pieces: tuple[tuple[str, Path], ...]

    def is_dir(self) -> bool:
        return True


Original = Path | Bundle | Commit  # a folder or an archive, loose files, or what was pushed


@dataclass(frozen=True)
class _Limits:
    """The first four bound what is copied, the others what is looked at; sizes are in bytes."""

    total: int
    each: int
    files: int
    depth: int = 16
    seen: int = 50_000
    stream: int = 64_000_000
    name: int = 200  # bytes of one
    clutter: Callable[[Parts], bool] | None = None  # what is passed over, if it is not noise


STUDENT = _Limits(total=20_000_000, each=5_000_000, files=2_000)
NESTED = _Limits(total=64_000_000, each=64_000_000, files=1)
CLASS = _Limits(2 * 10**9, 10**9, 50_000, depth=1_000, seen=200_000, stream=3 * 10**9, name=255,
                clutter=lambda parts: any(map(is_clutter, parts)))  # fmt: skip


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
        elif isinstance(source, Bundle):
            found = _in_pieces(source)
        else:
            found = _in_folder(source) if source.is_dir() else _in_archive(source, limits)
        for number, member in enumerate(found, 1):
            if number > limits.seen:
                raise Refused(f"{printable(source.name)} holds more than {limits.seen:,} files: {LESS}")
            if member.parts and not (limits.clutter or is_noise)(member.parts):
                yield member


@contextmanager
def _blaming(source: Original) -> Iterator[None]:
    """Turn whatever goes wrong while reading into a sentence: parsers of hostile bytes may raise anything."""
    try:
        yield
    except (Refused, MemoryError):
        raise
    except Unreadable as error:
        raise Refused(f"commit {source.name} cannot be read ({error}): clone anew, commit there and push") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OUR_TROUBLE:
            raise
        reason = printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
        if isinstance(error, OSError) and error.filename and source.is_dir():
            what = f"{printable(os.path.basename(error.filename))} cannot be read ({reason})"
            raise Refused(f"{what}: hand in again") from error
        raise Refused(f"{printable(source.name)} is not a readable archive ({reason}): {ADVICE}") from error


def _in_folder(source: Path) -> Iterator[_Member]:
    waiting: list[Parts] = [()]
    while waiting:
        parts = waiting.pop()
        with os.scandir(source.joinpath(*parts)) as entries:
            listed = sorted(islice(entries, CLASS.seen), key=lambda entry: entry.name)
        for entry in listed:
            folder, file = entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False)
            opened = partial(_opened, Path(entry.path), getattr(os, "O_NOFOLLOW", 0))
            kind = "folder" if folder else "file" if file else "odd"
            member = _member((*parts, entry.name), kind, partial(_chunks, source, opened))
            if member.kind == "folder" and not is_noise(member.parts):
                waiting.append(member.parts)
            yield member


def _in_pieces(source: Bundle) -> Iterator[_Member]:
    for name, path in source.pieces:
        if path.is_dir():
            yield _member((name,), "folder", lambda: iter(()))
            for member in _in_folder(path):
                yield _member((name, *member.parts), member.kind, member.chunks)
        else:
            opened = partial(_opened, path, getattr(os, "O_NOFOLLOW", 0))
            kind = "file" if stat.S_ISREG(os.lstat(path).st_mode) else "odd"
            yield _member(name.split("/"), kind, partial(_chunks, path, opened))


def _in_commit(source: Commit) -> Iterator[_Member]:
    def chunks(entry: Entry) -> Iterator[bytes]:
        with _blaming(source):
            yield from entry.chunks()

    with closing(source.entries()) as entries:
        for entry in entries:
            yield _member(entry.name.split("/"), entry.kind, partial(chunks, entry))


def _in_archive(source: Path, limits: _Limits) -> Iterator[_Member]:
    """The members of an archive, told by its first bytes: students rename archives."""
    if not is_archive(source.name) and not is_packed(source):
        raise Refused(f"{printable(source.name)} is neither a folder nor an archive: {ADVICE}")
    if unsupported := _UNSUPPORTED.search(source.name):
        raise Refused(f"{printable(source.name)} cannot be read, for {unsupported[1]} is not supported: {ADVICE}")
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
            raise Refused(f"{printable(source.name)} is too large: {LESS}")
        else:
            yield from _in_tar(source, unpack(file) if unpack else file, limits)


def _in_zip(source: Path, file: IO[bytes], limits: _Limits) -> Iterator[_Member]:
    def opened(info: zipfile.ZipInfo) -> IO[bytes]:
        if info.flag_bits & 1:
            raise Refused(f"{printable(source.name)} is encrypted: hand in an archive without a password")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others defy bounded reads
            raise Refused(f"{printable(source.name)} is compressed oddly: hand in an ordinary .zip")
        return archive.open(info)

    guarded = _Guarded(file, limits, longest=200 * limits.seen, stream=None)
    with guarded, zipfile.ZipFile(guarded) as archive:
        for info in archive.infolist():
            name = info.filename.replace("\\", "/")
            plain = "folder" if name.endswith("/") else "file"
            mode = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
            kind = {0: plain, stat.S_IFREG: plain, stat.S_IFDIR: "folder"}.get(mode, "odd")
            yield _member(name.split("/"), kind, partial(_chunks, source, partial(opened, info)), limits.name)


def _in_tar(source: Path, file: IO[bytes], limits: _Limits) -> Iterator[_Member]:
    guarded = _Guarded(file, limits, longest=_CHUNK, stream=limits.stream)
    with guarded, tarfile.open(fileobj=guarded, mode="r:") as archive:
        for info in archive:
            kind = "file" if info.isreg() else "folder" if info.isdir() else "odd"
            opened: Callable[[], Any] = partial(archive.extractfile, info)
            yield _member(info.name.split("/"), kind, partial(_chunks, source, opened), limits.name)
        guarded.seek(archive.offset)  # tarfile takes a damaged header for the end
        if guarded.read(512).strip(b"\0"):
            raise tarfile.ReadError("damaged or cut off")


class _Guarded(io.BufferedReader):
    """A file that hostile headers cannot make anybody read too much of, at once or in all. How long it takes is the
    business of whoever reads it (see `reader`)."""

    def __init__(self, file: Any, limits: _Limits, longest: int, stream: int | None):
        super().__init__(file)
        self._longest, self._stream, self._seen = longest, stream, limits.seen

    def read(self, size: int | None = -1, /) -> bytes:
        size = -1 if size is None else size
        most = self._longest if size >= 0 else _TAIL
        data = super().read(min(size, most + 1) if size >= 0 else most + 1)
        self._check(self.tell(), len(data) > most)
        if data.count(_ENTRY) > self._seen:
            raise Refused(f"this archive holds more than {self._seen:,} files: {LESS}")
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._check(offset)
        return super().seek(offset, whence)

    def _check(self, position: int, excess: bool = False) -> None:
        if excess or (self._stream is not None and position > self._stream):
            raise Refused(f"this archive is too large or takes too long to read: {LESS}")


def _opened(path: Path, flags: int = 0) -> IO[bytes]:
    """Open a regular file and nothing else: a pipe would block, a device might act."""
    flags |= getattr(os, "O_NONBLOCK", 0)
    file = open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Refused(f"{printable(path.name)} is not a regular file: {ADVICE}")
    return file


def read_plainly(path: Path, most: int) -> bytes:
    """The content of a small file that was handed in beside the package. Raises OSError for a link, a pipe or a device,
    and for more than `most` bytes."""
    try:
        with _opened(path, getattr(os, "O_NOFOLLOW", 0)) as file:
            content = file.read(most + 1)
    except Refused as refusal:
        raise OSError(str(refusal)) from None
    if len(content) > most:
        raise OSError(f"{printable(path.name)} is too large")
    return content


def _chunks(source: Path, opened: Callable[[], IO[bytes]]) -> Iterator[bytes]:
    with _blaming(source), opened() as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _member(
    names: Sequence[str], kind: str, chunks: Callable[[], Iterator[bytes]], longest: int = STUDENT.name
) -> _Member:  # fmt: skip
    """A member, which is odd when writing its name could lead elsewhere or fail."""
    root = ("/",) if len(names) > 1 and not names[0] else ()
    parts = (*root, *(name for name in names if name not in ("", ".")))
    try:
        lengths = [len(os.fsencode(part)) for part in parts]
    except UnicodeEncodeError:
        return _Member(parts, "odd")
    unsafe = ".." in parts or any(set(part) & set("/\\:\0") for part in parts)
    unsafe |= max(lengths, default=0) > longest or sum(lengths) + len(lengths) > 1_000
    return _Member(parts, "odd" if unsafe else kind, chunks)


def is_clutter(name: str) -> bool:
    """Whether a file or folder of that name is nobody's, in whatever folder it lies."""
    return bool(_CLUTTER.fullmatch(name)) or name in _NOISE - {"build"}


def is_noise(parts: Parts) -> bool:
    """Whether something in a submission counts for nothing."""
    hidden = any(part in _NOISE or (part.startswith(".") and part != "..") for part in parts)
    return hidden or parts[-1].endswith(_JUNK)


class Listing(NamedTuple):
    """The names in a source: the files that each folder directly holds, and what is a link or otherwise odd."""

    files: dict[Parts, set[str]]
    odd: list[Parts]


def listing(source: Original, limits: _Limits) -> Listing:
    """The names in a source, without noise. Raises Refused."""
    found = Listing({(): set()}, [])
    for parts, kind, _ in _members(source, limits):
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


def copy(source: Original, top: Parts, into: Path, limits: _Limits) -> list[Parts]:
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
            raise Refused(f"more than {limits.files:,} files: {LESS}")
        if len(parts) > limits.depth:
            raise Refused(f"folders nested more than {limits.depth} deep: {LESS}")
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
                        raise Refused(f"more than {limits.total // 10**6:,} MB: {LESS}")
                    if file.tell() + len(chunk) > limits.each:
                        raise Refused(f"{name} is larger than {limits.each // 10**6:,} MB: {LESS}")
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):  # a file and a folder of one name
            left_out.append(parts)
    return left_out


def digest_of_refused(source: Original, problem: str) -> str:
    """Stands for what cannot be graded: a commit's tree, an archive's first bytes or a folder's names, and what
    is wrong with it."""
    hasher = hashlib.sha256(b"refused " + problem.encode())
    with suppress(Refused), _blaming(source):
        if isinstance(source, Commit):
            hasher.update(source.tree().encode())
        elif source.is_dir():
            names = sorted("/".join(member.parts) for member in _members(source, STUDENT))
            hasher.update("\0".join(names).encode("utf-8", "surrogateescape"))
        else:
            assert isinstance(source, Path)
            for chunk in islice(_chunks(source, partial(_opened, source)), STUDENT.stream // _CHUNK):
                hasher.update(chunk)
    return "sha256:" + hasher.hexdigest()


def is_archive(name: str) -> bool:
    """Whether a file of that name was meant as an archive."""
    return bool(_ARCHIVE.search(name))


def is_packed(path: Path) -> bool:
    """Whether a file without any suffix begins like an archive that can be read."""
    if path.suffix or not path.is_file():
        return False
    with suppress(OSError, Refused), _opened(path) as file:
        return file.read(6).startswith((b"PK\3\4", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"))
    return False


def without_suffix(name: str) -> str:
    """The name of an archive without .zip, .tar.gz and the like."""
    return _ARCHIVE.sub("", name)


def printable(text: str) -> str:
    """`text` fit for a sentence: printable, and not too long."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 120 else f"{text[:117]}..."
