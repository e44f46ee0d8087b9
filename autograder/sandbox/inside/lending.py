"""What the student's lab lends comes item by item, so that nobody finds in the process what an item asks for.

The supervisor holds the code of all pieces in memory that a runner gives up before student code runs in it. When an
item begins, it sends those that the item is lent, and the items are sat in such an order that none of these does what
a later one asks for. An item that is begun without being sat is lost: so is who wants pieces early.
"""

from __future__ import annotations

import marshal
import mmap
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from types import FunctionType
from typing import Any

from autograder.course import find
from autograder.exam.items import Item
from autograder.sandbox.protocol import pack, read_frame
from autograder.sandbox.subject import Subject

_SIZE = 1 << 16


class Store:
    """The code of all pieces, for a supervisor. It is read by another process, of which nothing stays in this one."""

    def __init__(self, subject: Subject) -> None:
        self._lent = subject.lent
        self._memory = mmap.mmap(-1, _SIZE)
        pid = os.fork()
        if not pid:
            try:
                self._memory[:] = _all_code(subject).ljust(_SIZE, b"\0")
                os._exit(0)
            finally:
                os._exit(1)
        if os.waitpid(pid, 0)[1]:
            raise ChildProcessError("what the lab lends cannot be read")

    def frames(self, names: Collection[str]) -> bytes:
        """The frames of some pieces, in their order."""
        found = []
        begin = 0
        for name in self._lent:
            end = begin + 4 + int.from_bytes(self._memory[begin : begin + 4], "big")
            found += [self._memory[begin:end]] if name in names else []
            begin = end
        return b"".join(found)

    def close(self) -> None:
        self._memory.close()


def _all_code(subject: Subject) -> bytes:
    """A frame for each piece: its code, and that of the tables which it uses."""
    source = vars(find(subject.pieces)) if subject.lent else {}
    frames = []
    for code in (source[name].__code__ for name in subject.lent):
        used = [table for table in subject.tables if table in code.co_names]
        tables = {table: {name: _plain(each) for name, each in source[table].items()} for table in used}
        frames.append(pack(marshal.dumps((code, tables))))
    return b"".join(frames)


def _plain(function: Any) -> Any:
    """The code of a function of ours; of one of Python's library, module and name."""
    return function.__code__ if isinstance(function, FunctionType) else (function.__module__, function.__name__)


class Lender:
    """The supervisor's end of the pipe through which a runner gets pieces."""

    def __init__(self, store: Store, rubric: Sequence[Item], outlet: int, alone: bool):
        self._store, self._rubric, self._outlet, self._alone = store, rubric, outlet, alone
        self._lent: set[str] = set()
        os.set_blocking(outlet, False)

    def begin(self, place: int) -> None:
        """Send what the item at this place of the rubric is lent and those before it were not."""
        if wanted := {*self._rubric[place].lends(self._alone)} - self._lent:
            with suppress(OSError):  # nobody listens: the runner will be missed
                os.write(self._outlet, self._store.frames(wanted))
            self._lent |= wanted

    def close(self) -> None:
        os.close(self._outlet)


class Pieces:
    """The pieces by name, as they come through a pipe, to use `tools`; without one, where nobody is shut in, from the
    module that is their `source`."""

    def __init__(self, source: str, inlet: int | None = None, tools: Mapping[str, Any] | None = None):
        self._source, self._inlet = source, inlet
        self._around = {"__name__": source, **(tools or {})}
        self._made: dict[str, Callable[..., Any]] = {}
        self._load, self._read = marshal.loads, read_frame  # student code may rebind those names

    def await_those_of(self, item: Item, alone: bool) -> None:
        """Wait for what is lent to an item."""
        if self._inlet is not None:
            for name in [name for name in item.lends(alone) if name not in self._made]:
                code, tables = self._load(self._read(self._inlet) or b"")
                made = {
                    table: {each: self._whole(each, plain) for each, plain in found.items()}
                    for table, found in tables.items()
                }
                self._made[name] = FunctionType(code, self._around | made, name)

    def _whole(self, name: str, plain: Any) -> Any:
        """The inverse of `_plain`, for a function that is called so: one of a library's is of a module among the
        tools."""
        if isinstance(plain, tuple):
            module, its_name = plain
            return getattr(self._around[module], its_name)
        function = FunctionType(plain, dict(self._around), name)
        function.__qualname__ = name
        return function

    def has(self, name: str) -> bool:
        """Whether a piece is lent; all are, where nobody is shut in."""
        return self._inlet is None or name in self._made

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in self._made and self._inlet is None:
            self._made[name] = find(f"{self._source}:{name}")
        return self._made[name]
