"""What the student's lab lends comes item by item, so that nobody finds in the process what an item asks for.

The supervisor holds the code of all pieces in memory that a runner gives up before student code runs in it. When an
item begins, it sends those that the item is lent, and the items are sat in such an order that none of these does what
a later one asks for. An item that is begun without being sat is lost: so is who wants pieces early.
"""

from __future__ import annotations

import importlib
import marshal
import math
import mmap
import operator
import os
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from types import CodeType, FunctionType
from typing import Any

from autograder.courses.micrograd.student_lab.values import WrongKind
from autograder.exam.items import PIECES, Item
from autograder.sandbox.protocol import pack, read_frame

_SOURCE = "autograder.courses.micrograd.student_lab.pieces"
_SIZE = 1 << 16
_AROUND = {
    "__name__": _SOURCE,
    "math": math,
    "operator": operator,
    "WrongKind": WrongKind,
}  # what the code of the pieces may use


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
    """A frame for each piece."""
    source = importlib.import_module(_SOURCE)
    return b"".join(pack(marshal.dumps(getattr(source, name).__code__)) for name in PIECES)


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
                code: CodeType = self._load(self._read(self._inlet) or b"")
                self._made[name] = FunctionType(code, dict(_AROUND), name)

    def has(self, name: str) -> bool:
        """Whether a piece is lent; all are, where nobody is shut in."""
        return self._inlet is None or name in self._made

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in self._made and self._inlet is None:
            self._made[name] = getattr(importlib.import_module(_SOURCE), name)
        return self._made[name]
