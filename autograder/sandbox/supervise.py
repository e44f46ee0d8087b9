"""Hold the clock over a runner of student code, and start it again where it dies. Standard library only.

A runner imports the student's modules and sits items one by one. It reports each step in a frame; it may lie, hang,
or die at any moment. What it says about an item counts for that item alone. Inside the sandbox the supervisor is
process 1 of the submission; where there is no fork, it sits in the judge and the runner is a subprocess.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from autograder.rubric import Item
from autograder.sandbox.protocol import Limits

# Frames of a runner, by their first byte.
IMPORTING, SLOW, IMPORTED, BEGIN, DONE = b"m", b"s", b"i", b"b", b"d"
# item, kind, exit code, last question begun, sizes of `where` and output; the answer follows
DONE_HEAD = struct.Struct(">HciIII")
MODULES = ("__init__", "engine", "derivative", "trace", "nn", "train")  # in the order in which runners import them
_PATIENCE = 2.5  # seconds
_GRACE = 2.5  # seconds in which a runner itself may end an import, and tell
ANSWERED, DIED, NO_IMPORT, TIMEOUT = b"a", b"x", b"f", b"t"


@dataclass
class Sitting:
    """What became of one item. `raw` is the answer's JSON text as it came; `at` the question that was being
    answered."""

    kind: bytes = DIED
    code: int = 0
    where: bytes = b""
    output: bytes = b""
    raw: bytes = b""
    at: int = 0
    seconds: float = 0.0


@dataclass
class Record:
    """All that supervising gave: a sitting for each item, and what the runner said about failed imports (JSON
    texts)."""

    sittings: dict[int, Sitting] = field(default_factory=dict)
    imports: list[bytes] = field(default_factory=list)
    # Modules whose import hung or killed the runner, and those that are "slow": the runner itself ended their import.
    lost: dict[str, str] = field(default_factory=dict)


class Runner(Protocol):
    """A running child. `receive` gives the next frame, b"" at its end, None when `seconds` are over; `begin` is told
    of each item that begins."""

    def receive(self, seconds: float) -> bytes | None: ...

    def begin(self, item: int) -> None: ...

    def progress(self) -> int: ...

    def end(self) -> int: ...


def group_items(rubric: Sequence[Item], items: Sequence[int], alone: bool) -> list[list[int]]:
    """Which of `items` (places in the rubric) share a runner: all of them, or, `alone`, those that use the same
    modules.

    Items that share one can get into each other's way, but only to their harm: so everybody is asked together first,
    and what is not right then is asked again, alone. Either way they are sat in the order of what the lab lends.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for place in sorted(items, key=lambda place: rubric[place].stage):
        groups.setdefault(rubric[place].uses if alone else (), []).append(place)
    return list(groups.values())


def clock(limits: Limits, alone: bool) -> Limits:
    """The limits that hold: items that are asked together are not waited for long, since they are asked again."""
    return limits if alone else replace(limits, wall=min(limits.wall, _PATIENCE))


def supervise(
    start: Callable[[Sequence[int], dict[str, str]], Runner],
    items: Sequence[int],
    limits: Limits,
    record: Record,
) -> None:
    """Get a sitting for each of `items` into `record`, starting a runner as often as it takes.

    `start(items, lost)` starts one that has yet to sit `items`, must not import the modules that are `lost`, and must
    not wait for those that are slow.
    """
    pending = list(items)
    while pending:
        before = len(pending), dict(record.lost)
        runner = start(pending, record.lost)
        try:
            _follow(runner, pending, limits, record)
        finally:
            code = runner.end()
        if (len(pending), record.lost) == before:  # no progress: never try the same again
            record.sittings.update((item, Sitting(DIED, code)) for item in pending)
            return


def _follow(runner: Runner, pending: list[int], limits: Limits, record: Record) -> None:
    """Read a runner's frames until it has done all of `pending`, hangs, or dies."""
    importing: str | None = None
    coming: list[str] | None = [*MODULES]  # None once all imports are over
    current: int | None = None
    began = time.monotonic()
    deadline = began + limits.imports
    while pending:
        frame = runner.receive(deadline - time.monotonic())
        now = time.monotonic()
        tag, body = (frame[:1], frame[1:]) if frame else (b"", b"")
        if tag == IMPORTING and coming is not None and (module := body[:64].decode("ascii", "replace")) in coming:
            importing = module
            coming.remove(module)
            deadline = now + limits.imports + _GRACE
        elif tag == SLOW and coming is not None and (module := body[:64].decode("ascii", "replace")) in MODULES:
            if module not in record.lost:
                record.lost[module], deadline = "slow", now + limits.imports
        elif tag == IMPORTED and coming is not None:
            importing = coming = None
            record.imports.append(body[: limits.answer])
        elif tag == BEGIN and body == pending[0].to_bytes(2, "big"):
            current, began, deadline = pending[0], now, now + limits.wall
            runner.begin(current)
        elif tag == DONE and len(body) >= DONE_HEAD.size and current is not None:
            record.sittings[current] = _sitting(body, now - began)
            pending.remove(current)
            current, deadline = None, now + limits.imports
        else:  # it hangs (None), died (empty), or talks nonsense, which is as good as dead
            hangs = frame is None
            if current is not None:
                at = runner.progress()
                code = 0 if hangs else runner.end()
                record.sittings[current] = Sitting(TIMEOUT if hangs else DIED, code, at=at, seconds=now - began)
                pending.remove(current)
            elif importing:
                record.lost[importing] = "timeout" if hangs else "crashed"
            return


def _sitting(body: bytes, seconds: float) -> Sitting:
    _, kind, code, at, where, output = DONE_HEAD.unpack_from(body)
    rest = body[DONE_HEAD.size :]
    return Sitting(
        kind if kind in (ANSWERED, NO_IMPORT, TIMEOUT) else DIED,
        code, rest[:where], rest[where : where + output], rest[where + output :], at, seconds,
    )  # fmt: skip
