"""What the student's lab lends comes item by item, so that nobody finds in the process what an item asks for.

The supervisor holds the code of all pieces in memory that a runner gives up before student code runs in it. When an
item begins, it sends those that the item is lent, and the items are sat in such an order that none of these does what
a later one asks for. An item that is begun without being sat is lost: so is who wants pieces early.
"""

from __future__ import annotations

import _operator
import importlib
import marshal
import math
import mmap
import os
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from types import FunctionType
from typing import Any

from autograder.courses.micrograd.student_lab.values import WrongKind
from autograder.exam.items import PIECES, Item
from autograder.sandbox.protocol import pack, read_frame

_SOURCE = "autograder.courses.micrograd.student_lab.pieces"
_SIZE = 1 << 16
_TABLES = ("COMPUTE", "SLOPES")  # of functions by name, which pieces hand on
_AROUND: dict[str, Any] = {"__name__": _SOURCE, "math": math, "WrongKind": WrongKind}  # what their code may use besides
_LIBRARY = {module.__name__: module for module in (math, _operator)}  # has functions of these tables


class Store:
    """The code of all pieces, for a supervisor. It is read by another process, of which nothing stays in this one."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SIZE)
        pid = os.fork()
        if not pid:
            try:
                self._memory[:] = _all_code().ljust(_SIZE, b"\0")
                os._exit(0)
            finally:
                os._exit(1)
        if os.waitpid(pid, 0)[1]:
            raise ChildProcessError("what the lab lends cannot be read")

    def frames(self, names: Collection[str]) -> bytes:
        """The frames of some pieces, in their order."""
        found = []
        begin = 0
        for name in PIECES:
            end = begin + 4 + int.from_bytes(self._memory[begin : begin + 4], "big")
            found += [self._memory[begin:end]] if name in names else []
            begin = end
        return b"".join(found)

    def close(self) -> None:
        self._memory.close()


def _all_code() -> bytes:
    """A frame for each piece: its code, and that of the tables which it uses."""
    source = importlib.import_module(_SOURCE)
    frames = []
    for code in (getattr(source, name).__code__ for name in PIECES):
        tables = {table: getattr(source, table) for table in _TABLES if table in code.co_names}
        parts = {table: {name: _plain(each) for name, each in found.items()} for table, found in tables.items()}
        frames.append(pack(marshal.dumps((code, parts))))
    return b"".join(frames)


def _plain(function: Any) -> Any:
    """The code of a function of ours; of one of Python's library, module and name."""
    return function.__code__ if isinstance(function, FunctionType) else (function.__module__, function.__name__)


def _made(name: str, plain: Any) -> Any:
    """The inverse of `_plain`, for a function that is called so."""
    if isinstance(plain, tuple):
        module, its_name = plain
        return getattr(_LIBRARY[module], its_name)
    function = FunctionType(plain, dict(_AROUND), name)
    function.__qualname__ = name
    return function


class Lender:
    """The supervisor's end of the pipe through which a runner gets pieces."""

    def __init__(self, store: Store, rubric: Sequence[Item], outlet: int, alone: bool):
        self._store, self._rubric, self._outlet, self._alone = store, rubric, outlet, alone
        self._lent: set[str] = set()
        os.set_blocking(outlet, False)

    def begin(self, place: int) -> None:
        """Send what the item at this place of the rubric is lent and those before it were not."""
        wanted = {*self._rubric[place].lends(self._alone)} - self._lent
        with suppress(OSError):  # nobody listens: the runner will be missed
            os.write(self._outlet, self._store.frames(wanted))
        self._lent |= wanted

    def close(self) -> None:
        os.close(self._outlet)


class Pieces:
    """The pieces by name, as they come through a pipe; without one, where nobody is shut in, from their module."""

    def __init__(self, inlet: int | None = None):
        self._inlet = inlet
        self._made: dict[str, Callable[..., Any]] = {}
        self._load, self._read = marshal.loads, read_frame  # student code may rebind those names

    def await_those_of(self, item: Item, alone: bool) -> None:
        """Wait for what is lent to an item."""
        if self._inlet is not None:
            for name in [name for name in item.lends(alone) if name not in self._made]:
                code, parts = self._load(self._read(self._inlet) or b"")
                tables = {
                    table: {each: _made(each, plain) for each, plain in found.items()} for table, found in parts.items()
                }
                self._made[name] = FunctionType(code, _AROUND | tables, name)

    def has(self, name: str) -> bool:
        """Whether a piece is lent; all are, where nobody is shut in."""
        return self._inlet is None or name in self._made

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in self._made and self._inlet is None:
            self._made[name] = getattr(importlib.import_module(_SOURCE), name)
        return self._made[name]
