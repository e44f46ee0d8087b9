"""Reads archives: any bytes may come in, only names and plain files within limits go out."""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from autograder.submissions.sources.files import (
    CHUNK,
    Member,
    Refused,
    advice,
    chunks_of,
    less,
    named_member,
    opened,
    printable,
    too_long,
)
from autograder.submissions.sources.limits import Limits
from autograder.texts import _

# Some of these cannot be read, but whoever hands one in must be told, not overlooked.
_ARCHIVE = re.compile(r"\.(zip|tar|t(ar\.)?(gz|bz2?|xz|zst)|gz|bz2|xz|zst|7z|rar)\Z", re.I)
_UNSUPPORTED = re.compile(r"\.(7z|rar|(?:t|tar\.)?zst)\Z", re.I)
_GZIP = b"\x1f\x8b"
_UNREAD = {b"BZh": "bz2", b"\xfd7zXZ\0": "xz"}
_ENTRY = b"PK\1\2"  # begins each entry of a zip's list of members, which is read at once
_TAIL = 1 << 17  # holds the end of a zip with the longest comment


def is_archive(name: str) -> bool:
    """Whether a file of that name was meant as an archive."""
    return bool(_ARCHIVE.search(name))


def is_packed(path: Path) -> bool:
    """Whether a file without any suffix begins like an archive."""
    if path.suffix or not path.is_file():
        return False
    with suppress(OSError, Refused), opened(path) as file:
        return file.read(6).startswith((b"PK\3\4", _GZIP, *_UNREAD))
    return False


def without_suffix(name: str) -> str:
    """The name of an archive without .zip, .tar.gz and the like."""
    return _ARCHIVE.sub("", name)


def members_in_archive(source: Path, limits: Limits) -> Iterator[Member]:
    """The members of an archive, told by its first bytes: students rename archives."""
    if not is_archive(source.name) and not is_packed(source):
        what = {"file": printable(source.name), "advice": advice()}
        raise Refused(_("{file} is neither a folder nor an archive: {advice}", **what))
    if unsupported := _UNSUPPORTED.search(source.name):
        raise _not_read(source, unsupported[1])
    with opened(source) as file:
        magic = file.read(6)
        file.seek(0)
        packed = magic.startswith(_GZIP)
        if other := next((name for start, name in _UNREAD.items() if magic.startswith(start)), ""):
            raise _not_read(source, other)
        if magic.startswith(b"PK") or (source.name.lower().endswith(".zip") and not packed):
            yield from _in_zip(source, file, limits)
        elif os.fstat(file.fileno()).st_size > limits.stream:
            raise Refused(_("{file} is too large: {advice}", file=printable(source.name), advice=less()))
        else:
            yield from _in_tar(source, gzip.GzipFile(fileobj=file) if packed else file, limits)


def _not_read(source: Path, format: str) -> Refused:
    what = {"file": printable(source.name), "format": format, "advice": advice()}
    return Refused(_("{file} cannot be read, for {format} is not supported: {advice}", **what))


def _in_zip(source: Path, file: IO[bytes], limits: Limits) -> Iterator[Member]:
    def opened(info: zipfile.ZipInfo) -> IO[bytes]:
        if info.flag_bits & 1:
            said = _("{file} is encrypted: hand in an archive without a password", file=printable(source.name))
            raise Refused(said)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others defy bounded reads
            said = _("{file} is compressed oddly: hand in an ordinary .zip", file=printable(source.name))
            raise Refused(said)
        return archive.open(info)

    guarded = _Guarded(file, limits, longest=200 * limits.seen, stream=None)
    with guarded, zipfile.ZipFile(guarded) as archive:
        for info in archive.infolist():
            name = info.filename.replace("\\", "/")
            plain = "folder" if name.endswith("/") else "file"
            mode = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
            kind = {0: plain, stat.S_IFREG: plain, stat.S_IFDIR: "folder"}.get(mode, "odd")
            yield named_member(name.split("/"), kind, partial(chunks_of, source, partial(opened, info)), limits.name)


def _in_tar(source: Path, file: Any, limits: Limits) -> Iterator[Member]:
    guarded = _Guarded(file, limits, longest=CHUNK, stream=limits.stream)
    with guarded, tarfile.open(fileobj=guarded, mode="r:") as archive:
        for info in archive:
            kind = "file" if info.isreg() else "folder" if info.isdir() else "odd"
            opened: Callable[[], Any] = partial(archive.extractfile, info)
            yield named_member(info.name.split("/"), kind, partial(chunks_of, source, opened), limits.name)
        guarded.seek(archive.offset)  # tarfile takes a damaged header for the end
        if guarded.read(512).strip(b"\0"):
            raise tarfile.ReadError(_("damaged or cut off"))


class _Guarded(io.BufferedReader):
    """A file that hostile headers cannot make anybody read too much of, at once or in all. How long it takes is the
    business of whoever reads it (see `archive_process`)."""

    def __init__(self, file: Any, limits: Limits, longest: int, stream: int | None):
        super().__init__(file)
        self._longest, self._stream, self._seen = longest, stream, limits.seen

    def read(self, size: int | None = -1, /) -> bytes:
        size = -1 if size is None else size
        most = self._longest if size >= 0 else _TAIL
        data = super().read(min(size, most + 1) if size >= 0 else most + 1)
        self._check(self.tell(), len(data) > most)
        if data.count(_ENTRY) > self._seen:
            said = _("this archive holds more than {count:,} files: {advice}", count=self._seen, advice=less())
            raise Refused(said)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._check(offset)
        return super().seek(offset, whence)

    def _check(self, position: int, excess: bool = False) -> None:
        if excess or (self._stream is not None and position > self._stream):
            raise Refused(too_long())
