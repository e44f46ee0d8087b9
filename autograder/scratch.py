"""Temporary folders that go away with whoever made them, however that ends.

A process that is killed cleans up nothing. So each folder is locked while its maker lives: the kernel lets go of the
lock when that ends. Whoever makes the first one removes those of earlier makers that nobody holds any more.

The folder for temporary files is everybody's, and names in it prove nothing. So what is removed belongs to this user,
and what is in it is reached by way of the folder itself, which is open and locked: no link leads out of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autograder.accounts import is_ours
from autograder.files import hold

_OURS = re.compile(r"gradschool-(?:class-)?own_\w{8}")


class Scratch:
    """A folder for temporary files, closed to other users; `inside` another if that is given. It goes when it is
    cleaned up, when a `with` ends, or with this process, but not with a fork of it."""

    def __init__(self, kind: str = "", inside: Path | None = None) -> None:
        place = os.path.abspath(inside or tempfile.gettempdir())
        _sweep(place)
        while True:
            self.name = tempfile.mkdtemp(prefix=f"gradschool-{kind}own_", dir=place)  # noqa: TID251
            held = _held(self.name, wait=True)
            if os.path.isdir(self.name):
                break
            if held is not None:  # somebody swept it before it was locked
                os.close(held)
        self._end = weakref.finalize(self, _remove, self.name, held, os.getpid())

    def __enter__(self) -> str:
        return self.name

    def __exit__(self, *_: object) -> None:
        self.cleanup()

    def cleanup(self) -> None:
        """Remove it with all that is in it."""
        self._end()


def _remove(folder: str, held: int | None, maker: int) -> None:
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)
    if held is not None:
        os.close(held)


def _held(folder: str, wait: bool) -> int | None:
    """A descriptor of the folder that locks it while it is open; None where it cannot be had: as on Windows, where
    students check, and where what a killed check leaves is the system's to clean up."""
    if not hasattr(os, "O_DIRECTORY"):
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    if hold(descriptor, wait):
        return descriptor
    os.close(descriptor)
    return None


@cache
def _sweep(place: str) -> None:
    """Remove what killed makers left there; once, for that was before this process began."""
    for name in _left(place):
        path = os.path.join(place, name)
        held = _held(path, wait=False)
        if held is None:
            continue
        try:
            if is_ours(os.fstat(held).st_uid):
                _empty(held)
                os.rmdir(path)
        except OSError:  # it stays
            pass
        finally:
            os.close(held)


def _left(place: str) -> Iterator[str]:
    """The names of folders there that look like ours and belong to this user."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if _OURS.fullmatch(entry.name) and is_ours(entry.stat(follow_symlinks=False).st_uid):
                    yield entry.name


def _empty(folder: int) -> None:
    """Remove all that is in an open folder; a link in it is removed, and not followed."""
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if is_folder:
            shutil.rmtree(name, ignore_errors=True, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)
