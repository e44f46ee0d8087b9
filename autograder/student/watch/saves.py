"""Notice when a student saves: changes of Python files in a folder, by whatever way an editor writes them.

The system tells when to look, and what has changed is found by looking: nothing that happens while nobody listens is
lost, and where the system tells nothing, a look now and then has to do.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from watchfiles import watch

_STEP = 30  # milliseconds of quiet after which changes count as one save
_DEBOUNCE = 150  # milliseconds after which they do in any case
_LOOK = 500  # milliseconds between looks where nothing is told

State = dict[str, tuple[int, int, int]]


@contextmanager
def noticing_saves(folder: Path, saved: Callable[[], None]) -> Iterator[None]:
    """Call `saved` from another thread after each save in `folder`, until the block ends. The folder may go, and come
    back."""
    ended = threading.Event()
    known = state(folder)

    def look() -> None:
        nonlocal known
        before, known = known, state(folder)
        if known != before:
            saved()

    def follow() -> None:
        while not ended.is_set():
            with suppress(OSError, RuntimeError):  # no such folder, or no more folders may be watched
                here = _identity(folder)
                for _ in watch(
                    folder, watch_filter=lambda _, path: counts(path), step=_STEP, debounce=_DEBOUNCE,
                    rust_timeout=_LOOK, yield_on_timeout=True, stop_event=ended,
                ):  # fmt: skip
                    look()
                    if _identity(folder) != here:
                        break
            ended.wait(_LOOK / 1000)
            look()

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    try:
        yield
    finally:
        ended.set()
        follower.join()


def counts(path: str) -> bool:
    """Whether a change of this file is a save: Python, and no editor's swap file, lock or backup."""
    return path.endswith(".py") and not os.path.basename(path).startswith((".", "#", "~"))


def state(folder: Path) -> State:
    """What tells one state of the folder's Python files from the next: time, size and inode of each."""
    found: State = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        for path in (os.path.join(place, name) for name in files if counts(name)):
            with suppress(OSError):  # it is being replaced
                status = os.stat(path)
                found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one that takes its place."""
    with suppress(OSError):
        status = folder.stat()
        return status.st_dev, status.st_ino
    return None
