"""Hold the clock over a runner of student code, and start it again where it dies. Standard library only.

A runner imports the student's modules and sits items one by one. It reports each step in a frame; it may lie, hang,
or die at any moment. What it says about an item counts for that item alone. Inside the sandbox the supervisor is
process 1 of the submission; where there is no fork, it sits in the judge and the runner is a subprocess.
"""

from __future__ import annotations

import signal
import struct
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Protocol

from autograder.exam.items import Item
from autograder.sandbox.budget import Budget
from autograder.sandbox.protocol import Limits
from autograder.sandbox.subject import Subject

# Frames of a runner, by their first byte.
COMPILED = b"c"  # the first one, where there is nobody before it
IMPORTING, SLOW, IMPORTED, BEGIN, DONE = b"m", b"s", b"i", b"b", b"d"
# item, kind, exit code, last question begun, sizes of `where` and output; the answer follows
DONE_HEAD = struct.Struct(">HciIII")
_LEAST = 0.2  # seconds: what is left of patience where items hang again and again
_GRACE = 2.5  # seconds in which a runner itself may end an import, and tell; or begin its next item
_SHIFT = 2.0  # seconds for which a runner sits items: what it used, with all that it forked, is known when it has ended
_PLACE = 1 << 10  # bytes of `where` that are kept
ANSWERED, DIED, NO_IMPORT, TIMEOUT = b"a", b"x", b"f", b"t"
SPENT, WAITS = b"o", b"w"  # no budget was left for it; it needs an item that hung
_OUT_OF_TIME = -getattr(signal, "SIGXCPU", 24)


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
    cpu: float = 0.0  # seconds that all of this took


class Runner(Protocol):
    """A running child. `receive` gives the next frame, b"" at its end, None when `seconds` are over; `begin` is told
    of each item that begins. `progress` is the last question that it began, `printed` what it printed of the item that
    it sits, as far as is known: before it is ended. `place` is where it hangs, as JSON."""

    def receive(self, seconds: float) -> bytes | None: ...

    def begin(self, item: int) -> None: ...

    def progress(self) -> int: ...

    def printed(self) -> bytes: ...

    def place(self) -> bytes: ...

    def end(self) -> int: ...


def group_items(subject: Subject, rubric: Sequence[Item], items: Sequence[int], alone: bool) -> list[list[int]]:
    """Which of `items` (places in the rubric) share a runner: all of them, or, `alone`, those for which the same
    modules are imported; of those that stand apart, one with what is asked besides it.

    Items that share one can get into each other's way, but only to their harm: so everybody is asked together first,
    and what is not right then is asked again, alone. Either way they are sat in the order of what the lab lends.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for place in sorted(items, key=lambda place: rubric[place].stage):
        item = rubric[place]
        shared: tuple[str, ...] = ()
        if alone:
            modules = (module.name for module in subject.imported(item.uses))
            shared = (*modules, *(item.lent_alone if item.apart else ()))
        groups.setdefault(shared, []).append(place)
    return list(groups.values())


def halved(ids: Sequence[str], seconds: Mapping[str, float]) -> list[list[str]]:
    """Two parts of `ids` that take about as long, if each takes as many `seconds` as it did, or the mean of these."""
    usual = sum(seconds.values()) / len(seconds) if seconds else 1.0
    ends = [*accumulate(seconds.get(id, usual) for id in ids)]
    cut = min(range(len(ids)), key=lambda place: abs(ends[place] - ends[-1] / 2), default=0) + 1
    return [part for part in ([*ids[:cut]], [*ids[cut:]]) if part]


def patience(limits: Limits, hasty: bool, hung: int, longer: float = 1.0) -> Limits:
    """The limits that hold: what is asked in haste, for it is asked again or not needed, is not waited for long, and
    less after each item that `hung`; `longer` stretches the clock of a machine that is overloaded."""
    if hasty:
        return replace(limits, wall=min(limits.wall, max(limits.patience / 2**hung, _LEAST)))
    return replace(limits, wall=limits.wall * longer, imports=limits.imports * longer)


def supervise(
    start: Callable[[Sequence[int], dict[str, str]], Runner],
    items: Sequence[int],
    limits: Limits,
    record: Record,
    *,
    modules: Sequence[str],
    budget: Budget | None = None,
    needs: Mapping[int, Sequence[int]] | None = None,
    hasty: bool = False,
    longer: float = 1.0,
    hung: int | None = None,
    besides: Collection[int] = (),
) -> None:
    """Get a sitting for each of `items` into `record`, starting a runner as often as the `budget` lets it.

    `start(items, lost)` starts one that has yet to sit `items`, first imports some of the `modules` in their order,
    must not import those that are `lost`, and must not wait for those that are slow. What `needs` an item that hung is
    not asked; what is asked `besides`, for it decides nothing, is asked in haste. Where it is told how many `hung`
    before, it comes back when one does, and leaves the others for the next time.
    """
    budget = budget or Budget(limits.budget, limits.budget_cpu)
    pending = list(items)
    while True:
        _set_aside(pending, needs or {}, record)
        if not pending:
            return
        if budget.spent():
            record.sittings.update((item, Sitting(SPENT)) for item in pending)
            return
        before = len(pending), dict(record.lost)
        late = sum(sitting.kind == TIMEOUT for sitting in record.sittings.values())
        if late and hung is not None:
            return
        runner = start(pending, record.lost)
        try:
            held = patience(limits, hasty, late + (hung or 0), longer)
            hangs = _follow(runner, pending, held, record, modules, budget, besides)
        finally:
            code = runner.end()
        if (len(pending), record.lost) == before and not budget.spent():  # no progress: never try the same again
            record.sittings.update((item, Sitting(TIMEOUT) if hangs else Sitting(DIED, code)) for item in pending)
            return


def _set_aside(pending: list[int], needs: Mapping[int, Sequence[int]], record: Record) -> None:
    """Give a sitting to each item that waits for one that hung, if only because that waits itself."""
    hung = {item for item, sitting in record.sittings.items() if sitting.kind in (TIMEOUT, WAITS)}
    for item in list(pending) if hung else ():
        if not hung.isdisjoint(needs.get(item, ())):
            record.sittings[item] = Sitting(WAITS)
            pending.remove(item)
            hung.add(item)


def _follow(
    runner: Runner, pending: list[int], limits: Limits, record: Record, modules: Sequence[str], budget: Budget,
    besides: Collection[int],
) -> bool:  # fmt: skip
    """Read a runner's frames until it has done all of `pending`, hangs, dies, or has been at it for long; whether it
    hangs.

    An item begins once, in its turn, when the imports are over and no other is under way: so no frame gives it more
    time than it has. What the budget's end interrupts stays pending.
    """
    out_of_time = TIMEOUT if budget.left()[1] >= limits.cpu else SPENT  # what an item was that ran out of CPU time
    importing: str | None = None
    coming: list[str] | None = [*modules]  # None once all imports are over
    current: int | None = None
    began = imported = time.monotonic()
    deadline = began + limits.imports
    while pending:
        frame = runner.receive(min(deadline, budget.end) - time.monotonic())
        now = time.monotonic()
        tag, body = (frame[:1], frame[1:]) if frame else (b"", b"")
        if tag == IMPORTING and coming is not None and (module := body[:64].decode("ascii", "replace")) in coming:
            importing = module
            coming.remove(module)
            deadline = now + limits.imports + _GRACE
        elif tag == SLOW and coming is not None and (module := body[:64].decode("ascii", "replace")) in modules:
            if module not in record.lost:
                record.lost[module], deadline = "slow", now + limits.imports
        elif tag == IMPORTED and coming is not None:
            importing = coming = None
            imported, deadline = now, now + _GRACE
            if sum(map(len, record.imports)) + len(body) <= limits.answer:
                record.imports.append(body)
        elif tag == BEGIN and coming is None and current is None and body == pending[0].to_bytes(2, "big"):
            current, began = pending[0], now
            deadline = now + (patience(limits, hasty=True, hung=0) if current in besides else limits).wall
            runner.begin(current)
        elif tag == DONE and len(body) >= DONE_HEAD.size and current is not None:
            sitting = record.sittings[current] = _sitting(body, limits, now - began)
            pending.remove(current)
            current, deadline = None, now + _GRACE
            if sitting.kind == TIMEOUT:
                sitting.kind, sitting.where = out_of_time, runner.place()[:_PLACE] or sitting.where
            if sitting.kind in (TIMEOUT, SPENT) or now - imported > _SHIFT:
                return False
        else:  # it hangs (None), died (empty), or talks nonsense, which is as good as dead
            hangs = frame is None
            if hangs and now >= budget.end:
                return True  # and what is left is not asked
            if current is not None:
                at, output, where = runner.progress(), runner.printed()[: limits.output], runner.place()[:_PLACE]
                code = 0 if hangs else runner.end()
                kind = TIMEOUT if hangs else out_of_time if code == _OUT_OF_TIME else DIED
                where = where if kind == TIMEOUT else b""
                record.sittings[current] = Sitting(kind, code, where, output, at=at, seconds=now - began)
                pending.remove(current)
            elif importing:
                record.lost[importing] = "timeout" if hangs else "crashed"
            return hangs
    return False


def _sitting(body: bytes, limits: Limits, seconds: float) -> Sitting:
    """What a runner says of the item that it has done, cut to what an honest one may say."""
    _, kind, code, at, place, printed = DONE_HEAD.unpack_from(body)
    rest = body[DONE_HEAD.size :]
    where, output, raw = rest[:place], rest[place : place + printed], rest[place + printed :]
    if kind not in (ANSWERED, NO_IMPORT, TIMEOUT) or len(raw) > limits.answer:
        kind, raw = DIED, b""
    return Sitting(kind, code, where[:_PLACE], output[: limits.output], raw, at, seconds)
