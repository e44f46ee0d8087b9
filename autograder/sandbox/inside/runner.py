"""The runner: imports the student's modules and has items sat, in processes that it forks, or, without fork, itself."""

from __future__ import annotations

import gc
import marshal
import os
import types
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from autograder.exam.items import Item
from autograder.sandbox.inside import sitting
from autograder.sandbox.inside.finder import Loader
from autograder.sandbox.inside.importer import Alarm, Importer
from autograder.sandbox.inside.lending import Pieces
from autograder.sandbox.inside.paper import Paper
from autograder.sandbox.inside.pipes import Prints, Remains
from autograder.sandbox.inside.sitter import Sitter
from autograder.sandbox.kernel.limits import limit
from autograder.sandbox.kernel.privileges import become_subreaper
from autograder.sandbox.protocol import pack, write_all
from autograder.sandbox.stacks import note, rest
from autograder.sandbox.supervise import (
    ANSWERED,
    BEGIN,
    COMPILED,
    DIED,
    DONE,
    DONE_HEAD,
    IMPORTED,
    IMPORTING,
    NO_IMPORT,
    SLOW,
)

Sat = tuple[bytes, int, bytes, bytes]  # kind, exit code where a process died, what was printed, and the answers


class Seat(Protocol):
    """Where items are sat. It is told once it is to be `ready`, for all imports are over; `begun` is the last question
    that was begun."""

    @property
    def begun(self) -> int: ...

    def ready(self) -> None: ...

    def sit(self, item: Item, lab: Any) -> Sat: ...


def run(paper: Paper, root: str, items: Sequence[int], lost: dict[str, str], replies: int, *, fork: bool, alone: bool,
        left: Remains | None = None, pieces: Pieces | None = None, stacks: int = 2,
        compiled: bytes | None = None) -> None:  # fmt: skip
    """Import the student's modules and sit `items`, reporting each step in a frame; with `alone`, each in a fork.

    Without, one item may harm the next, and whoever prints more than a pipe holds gets an exception for it. What comes
    of that is not right, and so is asked again, alone.

    `pieces` is what the lab lends, `left` what the supervisor finds when this process is no more, and `stacks` a pipe
    for where an item hangs. Where it is not known what the modules are `compiled` to, that is reported first, before
    any of them runs.
    """
    if paper.enclosed:
        become_subreaper()
    if fork:
        limit(cpu_seconds=paper.left)
    if compiled:
        Loader.compiled = marshal.loads(compiled)
    elif fork and compiled is None:
        Loader.compiled, compiled = _compile(paper, root, items)
        write_all(replies, pack(COMPILED + compiled))
    seat = _Process(paper, root, fork, alone, left, stacks)
    for frames in steps(paper, root, items, lost, seat, pieces or Pieces(paper.subject.pieces), alone):
        write_all(replies, b"".join(map(pack, frames)))


def steps(paper: Paper, root: str, items: Sequence[int], lost: dict[str, str], seat: Seat, lent: Pieces, alone: bool,
          alarm: Alarm | None = None) -> Iterator[list[bytes]]:  # fmt: skip
    """Import the student's modules, of which the `alarm` ends those that take too long, and sit `items`. Gives the
    frames to report after each step; the next one is taken when somebody asks for it."""
    sitting.seed(0)
    rubric = [paper.items[i] for i in items]
    wanted = paper.subject.imported(module for item in rubric for module in item.uses)
    loaded: dict[str, Any] = {}
    slow: list[bytes] = []
    importer = Importer(paper, root, lost, paper.limits.imports, lambda name: slow.append(SLOW + name.encode()), alarm)
    failed = importer.failed
    for module in ("__init__", *(module.name for module in wanted)):
        yield [*slow, IMPORTING + module.encode()]
        slow.clear()
        found = importer.load(module)
        if found is not None and module != "__init__" and (module not in failed or importer.offers(module, found)):
            loaded[module] = found
    for beside in (name for module in wanted for name in module.beside):
        importer.glance(beside)
    importer.close()
    gc.disable()  # now that none of them can train any more

    def sat(item: Item) -> Sat:
        lacking = (name for name in item.uses if name in failed and not importer.serves(item, name, loaded.get(name)))
        if bad := next(lacking, ""):
            return NO_IMPORT, 0, b"", bad.encode()
        lent.await_those_of(item, alone)
        return seat.sit(item, paper.lab(loaded, lent))

    seat.ready()
    begin = [BEGIN + index.to_bytes(2, "big") for index in items]
    yield [*slow, IMPORTED + sitting.plain_object(importer.report()).encode(), *begin[:1]]
    for place, (index, item) in enumerate(zip(items, rubric, strict=True)):
        kind, code, output, answer = sat(item)
        where = sitting.plain(sitting.locate(item, loaded, root)).encode()
        begun = seat.begun  # now: the next item will say others
        head = DONE_HEAD.pack(index, kind, code, begun, len(where), len(output))
        yield [DONE + head + where + output + answer, *begin[place + 1 : place + 2]]


def _compile(paper: Paper, root: str, items: Sequence[int]) -> tuple[dict[str, types.CodeType], bytes]:
    """What the modules are compiled to that the items use, by path, as far as they are no mistakes; and the same for
    other processes, if it is not too large for a frame."""
    found: dict[str, types.CodeType] = {}
    wanted = paper.subject.imported(module for index in items for module in paper.items[index].uses)
    for name in ("__init__", *(module.name for module in wanted)):
        path = os.path.join(root, paper.subject.package, f"{name}.py")
        with suppress(Exception):
            if code := Loader(name, path).get_code(name):
                found[path] = code
    told = marshal.dumps({path: marshal.dumps(code) for path, code in found.items()})
    return found, told if len(told) < paper.limits.answer else b""


class _Process:
    """This process, or one forked for each item."""

    def __init__(self, paper: Paper, root: str, fork: bool, alone: bool, left: Remains | None, stacks: int):
        self._paper, self._root, self._fork, self._alone = paper, root, fork, alone
        self._left, self._stacks = left, stacks
        self._prints: Prints | None = None

    @property
    def begun(self) -> int:
        return self._left.question if self._left else 0

    def ready(self) -> None:
        if self._fork and not self._alone:
            self._prints = Prints(self._paper.limits.output)
            limit(cpu_seconds=self._paper.limits.cpu)

    def sit(self, item: Item, lab: Any) -> Sat:
        paper, left = self._paper, self._left
        if left and self._alone:
            sitter = Sitter(paper, item, lab, self._root, left, self._stacks)
            try:
                return sitter.answer()
            finally:
                sitter.end()
        noting = (left.begin,) if left else ()
        note(self._stacks)
        answer = sitting.sit(item, lab, paper.questions[item.id], self._root, *noting).encode()
        rest()
        kind = ANSWERED if len(answer) <= paper.limits.answer else DIED
        return kind, 0, self._prints.take() if self._prints else b"", answer
