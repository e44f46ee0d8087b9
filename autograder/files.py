"""Whole files, and locks on them: what is written is there at once or not at all, and who holds a lock is alone."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

_POLL = 0.01  # seconds
_DRAFT = re.compile(r"\.gradschool-[0-9a-f]{16}\.tmp")  # for it lies among others' files


@contextmanager
def written(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A file to write, which is `path` in the end, or nothing: whoever reads `path` meanwhile sees the old content or
    the new one. `mode` is as for `os.open`. What writers that were killed have left in the folder goes. An OSError is
    about `path`: nobody knows the draft."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(os.path.abspath(path.parent))
    try:
        new, held = _draft(path, mode)
    except OSError as error:
        raise _about(path, error) from None
    try:
        with new:
            yield new
            new.flush()
            if held:  # until it has its name, nobody takes it for one that was left
                os.replace(new.name, path)
        if not held:
            os.replace(new.name, path)
    except BaseException as error:
        Path(new.name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and str(error.filename or new.name) == str(new.name):
            raise _about(path, error) from None
        raise


def _about(path: Path, error: OSError) -> OSError:
    """The same about `path`."""
    return OSError(error.errno, error.strerror, str(path))


def _draft(path: Path, mode: int) -> tuple[IO[bytes], bool]:
    """A new file beside `path`, and whether it is locked for as long as it is open."""
    while True:
        draft = path.with_name(f".gradschool-{os.urandom(8).hex()}.tmp")
        new = open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode))  # noqa: SIM115
        if not hold(new.fileno()):
            return new, False
        if os.fstat(new.fileno()).st_nlink:
            return new, True
        new.close()  # it was swept away before it was locked


@lru_cache(maxsize=1)  # who writes many files into one folder looks once
def _sweep(folder: str) -> None:
    """Remove the drafts in a folder whose writers were killed: the kernel has let go of their locks."""
    with suppress(OSError):  # whoever may write there may not always look
        for name in filter(_DRAFT.fullmatch, os.listdir(folder)):
            with suppress(OSError), open(f"{folder}/{name}", "rb", opener=_found) as draft:
                if hold(draft.fileno()):
                    os.unlink(draft.name)


def _found(name: str, flags: int) -> int:
    """Open what may be anything that somebody gave such a name."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


def hold(handle: int, wait: bool = False) -> bool:
    """Lock an open file or folder for as long as it is open, unless somebody holds it, this file system knows no locks,
    or the system has none, like Windows."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (ImportError, OSError):
        return False
    return True


def write_atomically(path: Path, text: str | bytes, mode: int = 0o666) -> None:
    """Write a whole file or nothing, as `written` does."""
    with written(path, mode) as new:
        new.write(text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace"))


@contextmanager
def locked(path: Path, *, wait: float = math.inf, new: bool = True) -> Iterator[bool]:
    """Hold the lock that `path` stands for, among processes; the kernel lets go of it when its holder ends, however it
    ends. Gives False where another process holds it when `wait` seconds are over; FileNotFoundError where there is no
    such file and none may be made (`new`)."""
    import fcntl  # not on Windows, where students check but nobody grades

    handle, holder = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if new else 0), 0o600), os.getpid()
    try:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait == math.inf else fcntl.LOCK_NB))
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    yield False
                    return
            time.sleep(_POLL)
        yield True
    finally:
        if os.getpid() == holder:  # a process that was begun meanwhile has the lock too, until it runs its program
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)
