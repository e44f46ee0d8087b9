"""What everything that is handed in has in common: names, plain files, and sentences about what is none.

Whatever is wrong with it becomes one sentence for that student. The grader's own trouble (a full disk, no memory)
stays an exception, so that it never turns into a zero.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from autograder.project import PACKAGE
from autograder.submissions.sources.gittree import Commit, Unreadable
from autograder.submissions.sources.limits import STUDENT, Parts
from autograder.texts import _

_OUR_TROUBLE = {  # what the machine does not let the grader read or write is no fault of the student's
    errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EROFS,
    errno.EDQUOT, errno.ESTALE, errno.ETIMEDOUT,
}  # fmt: skip
CHUNK = 1 << 14  # also the longest tar header: before Python 3.11.10, reading one takes quadratic time


def advice() -> str:
    """What to hand in instead."""
    return _("hand in a folder or archive (.zip, .tar.gz) that holds {package}/", package=PACKAGE)


def less() -> str:
    """What to hand in instead of so much."""
    return _("hand in {package}/ alone", package=PACKAGE)


def too_long() -> str:
    """What there is to say of an archive where a limit was reached."""
    return _("this archive is too large or takes too long to read: {advice}", advice=less())


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


class Member(NamedTuple):
    """Something in a folder or archive: a "file", a "folder", or "odd" (a link, device or bad name)."""

    parts: Parts
    kind: str
    chunks: Callable[[], Iterator[bytes]] = lambda: iter(())


@contextmanager
def blaming(source: Original) -> Iterator[None]:
    """Turn whatever goes wrong while reading into a sentence: parsers of hostile bytes may raise anything."""
    try:
        yield
    except (Refused, MemoryError):
        raise
    except Unreadable as error:
        what = {"name": source.name, "why": error}
        raise Refused(_("commit {name} cannot be read ({why}): clone anew, commit there and push", **what)) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OUR_TROUBLE:
            raise
        reason = printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
        if isinstance(error, OSError) and error.filename and source.is_dir():
            what = {"file": printable(os.path.basename(error.filename)), "why": reason}
            raise Refused(_("{file} cannot be read ({why}): hand in again", **what)) from error
        what = {"file": printable(source.name), "why": reason, "advice": advice()}
        raise Refused(_("{file} is not a readable archive ({why}): {advice}", **what)) from error


def opened(path: Path, flags: int = 0) -> IO[bytes]:
    """Open a regular file and nothing else: a pipe would block, a device might act."""
    flags |= getattr(os, "O_NONBLOCK", 0)
    file = open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        said = _("{file} is not a regular file: {advice}", file=printable(path.name), advice=advice())
        raise Refused(said)
    return file


def read_plainly(path: Path, most: int) -> bytes:
    """The content of a small file that was handed in beside the package. Raises OSError for a link, a pipe or a device,
    and for more than `most` bytes."""
    try:
        with opened(path, getattr(os, "O_NOFOLLOW", 0)) as file:
            content = file.read(most + 1)
    except Refused as refusal:
        raise OSError(str(refusal)) from None
    if len(content) > most:
        raise OSError(f"{printable(path.name)} is too large")
    return content


def chunks_of(source: Path, opened: Callable[[], IO[bytes]]) -> Iterator[bytes]:
    with blaming(source), opened() as file:
        while chunk := file.read(CHUNK):
            yield chunk


def named_member(
    names: Sequence[str], kind: str, chunks: Callable[[], Iterator[bytes]], longest: int = STUDENT.name
) -> Member:  # fmt: skip
    """A member, which is odd when writing its name could lead elsewhere or fail."""
    root = ("/",) if len(names) > 1 and not names[0] else ()
    parts = (*root, *(name for name in names if name not in ("", ".")))
    try:
        lengths = [len(os.fsencode(part)) for part in parts]
    except UnicodeEncodeError:
        return Member(parts, "odd")
    unsafe = ".." in parts or any(set(part) & set("/\\:\0") for part in parts)
    unsafe |= max(lengths, default=0) > longest or sum(lengths) + len(lengths) > 1_000
    return Member(parts, "odd" if unsafe else kind, chunks)


def printable(text: str) -> str:
    """`text` fit for a sentence: printable, and not too long."""
    text = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 120 else f"{text[:117]}..."
