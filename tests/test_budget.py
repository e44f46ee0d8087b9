"""What one submission may take: whatever it does, it ends in time, with verdicts, and costs nobody else."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import shutil
import struct
import sys
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from brief import shortened
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from nightly import WHOLE, few

from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.subject import SUBJECT
from autograder.exam.paper import Exam
from autograder.grading import asking, load
from autograder.grading.grader import Grader
from autograder.grading.judging import Judge
from autograder.report import Report
from autograder.sandbox import supervise as supervising
from autograder.sandbox.budget import CLOCK, CPU, SLACK, Budget
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import FRAME_LIMIT, Limits, SandboxError
from autograder.sandbox.records import decode_record, encode_record
from autograder.sandbox.supervise import BEGIN, DONE, DONE_HEAD, IMPORTED, IMPORTING, SLOW, Record, Sitting, supervise
from autograder.sandbox.worker import Worker
from autograder.submissions.sources import archive_process
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import pack

ITEMS = load_items()
MODULES = SUBJECT.order
LIMITS = Limits()
needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")


# --- the supervisor -----------------------------------------------------------------------------------------


class Clock:
    """Stands in for the clock of the supervisor and the budget."""

    def __init__(self) -> None:
        self.now = 0.0

    def __enter__(self) -> Clock:
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(time, "monotonic", lambda: self.now)
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


class Script:
    """A runner that says each frame so many seconds after the one before, hangs at a None, and then ends."""

    def __init__(self, frames: Iterable[tuple[float, bytes | None]], clock: Clock, code: int = 0):
        self._frames = [*frames]
        self._clock = clock
        self._code = code

    def begin(self, item: int) -> None:
        pass

    def receive(self, seconds: float) -> bytes | None:
        delay, frame = self._frames[0] if self._frames else (0.0, b"")
        if frame is None or delay > seconds:
            self._clock.now += max(seconds, 0.0)
            if self._frames:
                self._frames[0] = delay - max(seconds, 0.0), frame
            return None
        self._clock.now += delay
        self._frames[:1] = []
        return frame

    def place(self) -> bytes:
        return b""

    def progress(self) -> int:
        return 0

    def printed(self) -> bytes:
        return b""

    def end(self) -> int:
        return self._code


class Once(dict[int, Sitting]):
    """Sittings, of which no item gets two."""

    def __setitem__(self, item: int, sitting: Sitting) -> None:
        assert item not in self
        super().__setitem__(item, sitting)

    def update(self, found: Any) -> None:  # type: ignore[override]
        for item, sitting in found:
            self[item] = sitting


def done(item: int, kind: bytes = b"a", raw: bytes = b"[]") -> bytes:
    return DONE + DONE_HEAD.pack(item, kind, 0, 0, 0, 0) + raw


def begin(item: int) -> bytes:
    return BEGIN + item.to_bytes(2, "big")


_FRAMES = st.one_of(
    st.sampled_from([IMPORTING, SLOW]).flatmap(
        lambda tag: st.sampled_from([*MODULES, "x"]).map(lambda name: tag + name.encode())
    ),
    st.just(IMPORTED + b"{}"),
    st.integers(0, 5).map(begin),
    st.builds(done, st.integers(0, 5), st.sampled_from([b"a", b"t", b"x", b"f", b"o", b"w"])),
    st.binary(max_size=4),
    st.none(),
)
_DELAYS = st.sampled_from([0.0, 0.0, 0.1, 1.0, 2.4, 5.9, 9.9, 12.4, 30.0])
_HONEST = st.lists(st.tuples(_DELAYS, st.sampled_from([b"a", b"t", b"x", None])), max_size=6)
_SCRIPTS = st.lists(
    st.tuples(st.booleans(), st.lists(st.tuples(_DELAYS, _FRAMES), max_size=14), _HONEST), min_size=1, max_size=8
)
_NEEDS = st.dictionaries(st.integers(1, 5), st.lists(st.integers(0, 4), max_size=2), max_size=4)


@given(_SCRIPTS, _NEEDS, st.booleans(), st.sampled_from([0.0, 3.0, 20.0, 60.0]))
def test_whatever_runners_say_every_item_gets_one_sitting_within_the_budget(
    scripts: list[Any], needs: dict[int, list[int]], hasty: bool, seconds: float
) -> None:
    items = [0, 1, 2, 3, 4, 5]
    needs = {item: [need for need in wanted if need < item] for item, wanted in needs.items()}
    asked: list[list[int]] = []
    with Clock() as clock:

        def start(pending: Sequence[int], lost: dict[str, str]) -> Script:
            asked.append([*pending])
            chatter, frames, sat = scripts[len(asked) % len(scripts)]
            if chatter:
                return Script(frames, clock)
            honest: list[tuple[float, bytes | None]] = [(0.0, IMPORTED + b"{}")]
            for item, (delay, kind) in zip(pending, sat, strict=False):
                honest += [(0.0, begin(item)), (delay, kind and done(item, kind))]
            return Script(honest, clock)

        record = Record(sittings=Once())
        budget = Budget(seconds, 20.0)
        supervise(start, items, LIMITS, record, modules=MODULES, budget=budget, needs=needs, hasty=hasty)
        assert set(record.sittings) == set(items)
        assert clock.now <= seconds + 1e-6
    kinds = {item: sitting.kind for item, sitting in record.sittings.items()}
    for item, kind in kinds.items():
        unmet = [need for need in needs.get(item, ()) if kinds[need] in (supervising.TIMEOUT, supervising.WAITS)]
        assert kind != supervising.WAITS or unmet
    assert len(asked) <= len(items) + len(MODULES) + 1
    for sitting in record.sittings.values():
        assert sitting.seconds <= LIMITS.wall + 1e-6


def supervised(clock: Clock, frames: Any, items: Sequence[int] = (0, 1, 2), **options: Any) -> dict[int, Sitting]:
    record = Record(sittings=Once())
    supervise(lambda pending, lost: Script(frames(pending), clock), items, LIMITS, record, modules=MODULES, **options)
    return record.sittings


def test_an_item_that_begins_again_and_again_has_no_more_time() -> None:
    def frames(pending: Sequence[int]) -> list[tuple[float, bytes | None]]:
        return [(0.0, IMPORTED + b"{}"), *[(1.0, begin(pending[0]))] * 1000]

    with Clock() as clock:
        found = supervised(clock, frames)
        assert {item: sitting.kind for item, sitting in found.items()} == dict.fromkeys((0, 1, 2), supervising.DIED)
        assert clock.now <= 10


@pytest.mark.parametrize("early", [[begin(0)], [begin(0), done(0)], [IMPORTED + b"{}", begin(0), done(0), done(1)],
                                   [IMPORTED + b"{}", begin(1), done(1)]])  # fmt: skip
def test_what_is_said_out_of_turn_is_no_answer(early: list[bytes]) -> None:
    with Clock() as clock:
        found = supervised(clock, lambda pending: [(0.1, frame) for frame in early] if 2 in pending else [])
    assert all(sitting.kind == supervising.DIED for item, sitting in found.items() if item)


def test_what_waits_for_an_item_that_hung_is_not_asked() -> None:
    asked: list[int] = []

    def frames(pending: Sequence[int]) -> list[tuple[float, bytes | None]]:
        asked.extend(pending[:1])
        return [(0.0, IMPORTED + b"{}"), (0.0, begin(pending[0])), (0.0, None if pending[0] == 0 else done(pending[0]))]

    with Clock() as clock:
        found = supervised(clock, frames, (0, 1, 2, 3), needs={1: [0], 2: [1], 3: []})
        assert [found[item].kind for item in range(4)] == [b"t", b"w", b"w", b"a"]
        assert asked == [0, 3] and clock.now == LIMITS.wall


def test_items_that_hang_together_are_waited_for_less_and_less() -> None:
    def frames(pending: Sequence[int]) -> list[tuple[float, bytes | None]]:
        return [(0.0, IMPORTED + b"{}"), (0.0, begin(pending[0])), (0.0, None)]

    with Clock() as clock:
        found = supervised(clock, frames, range(50), hasty=True)
        assert all(sitting.kind == supervising.TIMEOUT for sitting in found.values())
        assert clock.now < 16


def test_what_the_end_of_the_budget_finds_is_spent() -> None:
    def frames(pending: Sequence[int]) -> list[tuple[float, bytes | None]]:
        sat = [((0.0, begin(item)), (1.5, done(item))) for item in pending]
        return [(0.0, IMPORTED + b"{}"), *(frame for pair in sat for frame in pair)]

    with Clock() as clock:
        found = supervised(clock, frames, range(10), budget=Budget(10.0, 5.0))
        assert [found[item].kind for item in range(10)] == [b"a"] * 6 + [b"o"] * 4
        assert clock.now == 10


@needs_fork
def test_a_budget_counts_the_clock_and_what_is_charged() -> None:
    with Clock() as clock:
        budget = Budget(10, 4)
        budget.charge(3)
        for nonsense in (-5.0, float("inf"), float("nan")):
            budget.charge(nonsense)
        assert budget.left() == (10, 1) and not budget.spent()
        clock.now = 11
        assert budget.spent() == CLOCK
        budget.lengthen(2)
        assert budget.left() == (2, 1)
        budget.charge(2)
        assert budget.spent() == CPU


@pytest.mark.parametrize(
    ("frames", "kind", "code"),
    [([(0.0, None)], "timeout", 0), ([(0.0, IMPORTED), (0.0, None)], "timeout", 0), ([], "crashed", -9)],
    ids=["does not start", "begins nothing", "dies"],
)
def test_what_never_begins_was_ended_by_the_clock_or_died(
    frames: list[tuple[float, bytes | None]], kind: str, code: int
) -> None:
    """Whom we kill has not ended by itself: on a machine that is overloaded it is asked again."""
    with Clock() as clock:
        record = Record(sittings=Once())
        supervise(lambda pending, lost: Script(frames, clock, -9), [0, 1], LIMITS, record, modules=MODULES)
    run = decode_record(encode_record([*ITEMS], record))
    assert {(answers.kind, answers.code) for answers in run.items.values()} == {(kind, code)} and len(run.items) == 2


# --- what comes out of a sandbox ----------------------------------------------------------------------------


def megabytes() -> list[bytes]:
    body = b"[" + b"{}," * 300_000 + b"{}]"
    big = DONE + DONE_HEAD.pack(0, b"a", 0, 0, 0, 0) + body
    where = DONE + DONE_HEAD.pack(0, b"a", 0, 0, len(body), 0) + body
    return [big, where, DONE + DONE_HEAD.pack(0, b"a", 0, 0, 0, len(body)) + body]


@pytest.mark.parametrize("frame", megabytes())
def test_no_runner_makes_a_record_that_the_judge_cannot_take(frame: bytes) -> None:
    """A megabyte for each item, and for each of many imports, fits: it is cut where it is received."""
    count = len(ITEMS)

    def frames(pending: Sequence[int]) -> list[tuple[float, bytes | None]]:
        return [(0.0, IMPORTED + b"x" * 1_000_000), (0.0, begin(pending[0])), (0.0, frame)]

    with Clock() as clock:
        record = Record(sittings=Once())
        supervise(lambda pending, lost: Script(frames(pending), clock), range(count), LIMITS, record, modules=MODULES)
    reply = encode_record([*ITEMS], record)
    assert len(reply) <= count * (LIMITS.answer + LIMITS.output + 2000) + LIMITS.answer < FRAME_LIMIT
    run = decode_record(reply)
    assert len(run.items) == count and all(answers.answers is None for answers in run.items.values())


@pytest.mark.parametrize("part", [b"{}", b"[]", b"1", b'""', b'{"":{}}', b"[[[1]]]"])
def test_answers_of_many_parts_are_not_parsed(part: bytes) -> None:
    """A quarter of a megabyte for each item, as much as an answer may have, would be 400 MB of objects."""
    raw = b"[" + (part + b",") * (LIMITS.answer // (len(part) + 1) - 2) + part + b"]"
    assert len(raw) <= LIMITS.answer
    record = Record({item: Sitting(supervising.ANSWERED, raw=raw, where=raw) for item in range(len(ITEMS))}, [raw])
    run = decode_record(encode_record([*ITEMS], record))
    assert all(Judge({})(ITEMS[id], answers) is None for id, answers in run.items.items())


def swelling() -> dict[str, bytes]:
    """The answers to one item that take most memory once they are read, as large as one may be."""
    parts = 17_500
    texts = {
        "wide letters": b'["' + "\U0001f600".encode() + b"a" * (LIMITS.answer - 8) + b'"]',
        "wide letters, spelled out": b'["' + b"a" * (LIMITS.answer - 20) + b'\\ud83d\\ude00"]',
        "numbers": b"[" + b",".join([b"1.2345678"] * parts) + b"]",
        "long integers": b"[" + b",".join([b"9" * 4_000] * 60) + b"]",
        "strings": b"[" + b",".join(b'"%d"' % number for number in range(parts)) + b"]",
        "lists": b"[" + b",".join([b"[]"] * (parts // 2)) + b"]",
        "objects": b"[" + b",".join([b'{"a":1}'] * (parts // 2)) + b"]",
        "names": b"[{" + b",".join(b'"%d":1.5' % number for number in range(parts - 2)) + b"}]",
        "depth": b"[" * 19 + b"]" * 19,
    }
    return texts


@pytest.mark.parametrize("kind", few(swelling(), 1))
def test_answers_of_all_items_fit_into_the_judge(kind: str) -> None:
    raw = swelling()[kind]
    record = Record({item: Sitting(supervising.ANSWERED, raw=raw) for item in range(len(ITEMS))})
    reply = encode_record([*ITEMS], record)
    tracemalloc.start()
    try:
        run = decode_record(reply)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert {answers.kind for answers in run.items.values()} == {"answered"}, "it is to show what is let in"
    assert most < 128 << 20, f"{most >> 20} MB"


# --- verdicts -----------------------------------------------------------------------------------------------


def planted(folder: Path, module: str, source: str) -> Path:
    shutil.copytree(ROOT / "solutions" / "micrograd", folder / "micrograd", dirs_exist_ok=True)
    with (folder / "micrograd" / f"{module}.py").open("a") as file:
        file.write(f"\n{source}\n")
    return folder


def statuses(report: Report) -> dict[str, str]:
    return {item.id: item.status for item in report.items}


@needs_fork
def test_an_endless_loop_costs_two_waits_however_much_needs_it(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "overloaded", lambda: False)
    loop = "def _loop(self, other):\n    while True:\n        pass\nValue.__add__ = _loop"
    limits, waits = (LIMITS, 4.0) if WHOLE else (Limits(patience=0.4, wall=1.0), 1.4)
    with Grader(shortened(exam), choose("auto"), limits=limits) as grader:
        report = grader.grade("ada", planted(tmp_path, "engine", loop))
        assert limits.budget_cpu - grader._budget.left()[1] < waits + 2
    found = statuses(report)
    assert found["engine-add"] == "timeout"
    lost = {id: status for id, status in found.items() if status not in ("passed", "todo") and id != "engine-add"}
    assert set(lost.values()) == {"blocked"} and {"backprop-add", "backprop-shared", "stretch-deep"} <= set(lost)


@needs_fork
@pytest.mark.parametrize("how", few(["spin", "sleep"], 1))
def test_when_the_budget_is_spent_the_rest_is_a_timeout(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    waste = {"sleep": "time.sleep(0.15)", "spin": "_spin(time.process_time() + 0.15)"}[how]
    source = f"""
import time
_init = Value.__init__
def _spin(end):
    while time.process_time() < end:
        pass
def _slow(self, *arguments, **options):
    {waste}
    _init(self, *arguments, **options)
Value.__init__ = _slow
"""
    monkeypatch.setattr(asking, "overloaded", lambda: False)
    limits = Limits(budget=2, budget_cpu=60) if how == "sleep" else Limits(budget=200, budget_cpu=1)
    with Grader(exam, choose("auto"), limits=limits) as grader:
        began = time.monotonic()
        some = (
            None
            if WHOLE
            else [id for id in ITEMS if id.startswith(("deriv", "engine", "training-decay", "stretch-deep"))]
        )
        report = grader.grade("ada", planted(tmp_path, "engine", source), some)
        assert how == "spin" or time.monotonic() - began < 8
    found = statuses(report)
    assert found["derivative-central"] == "passed" and "ungraded" not in found.values()
    said = "1 s of CPU time" if how == "spin" else "2 s"
    message = f"the {said} that one submission may take were over before this was answered"
    assert {item.message for item in report.items if item.status == "timeout"} & {message}
    assert found["training-decay"] in ("passed", "timeout") and found["stretch-deep"] in ("timeout", "blocked")


@needs_fork
@pytest.mark.parametrize("busy", few([True, False], 1))
def test_a_judge_whose_machine_is_overloaded_asks_again(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    """Code that is too slow on the clock at first is right when it has three times as long."""
    monkeypatch.setattr(asking, "overloaded", lambda: busy)
    source = """
import time
_right = central_difference
def central_difference(f, x, h=1e-6):
    time.sleep(0.03)
    return _right(f, x, h)
"""
    count = len(exam.sheets["derivative-central"].questions)
    limits = Limits(wall=0.03 * count * 0.7)
    with Grader(exam, NO_SANDBOX, limits=limits) as grader:
        report = grader.grade("ada", planted(tmp_path, "derivative", source), ["derivative-central"])
    assert statuses(report) == {"derivative-central": "passed" if busy else "timeout"}


def test_a_machine_is_overloaded_when_programs_get_less_than_half(monkeypatch: pytest.MonkeyPatch) -> None:
    for crowd, share, expected in [(0.5, 1.0, False), (2.5, 1.0, True), (0.5, 0.3, True)]:
        monkeypatch.setattr(load, "_crowd", lambda crowd=crowd: crowd)
        monkeypatch.setattr(load, "_share", lambda share=share: share)
        assert load.overloaded() == expected
    monkeypatch.undo()
    assert 0 < load._share() <= 1.1 and load._crowd() >= 0


@pytest.mark.parametrize(("serves", "status"), [(True, "crashed"), (False, "ungraded")])
def test_who_brings_down_sandboxes_has_crashed(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serves: bool, status: str
) -> None:
    with Grader(exam, NO_SANDBOX) as grader:

        def fall(*_: object, **__: object) -> None:
            raise SandboxError("the sandbox died")

        monkeypatch.setattr(grader._worker, "run", fall)
        monkeypatch.setattr(grader._worker, "serves", lambda: serves)
        report = grader.grade("ada", planted(tmp_path, "engine", ""))
    assert set(statuses(report).values()) == {status}
    assert "the sandbox died" in report.items[0].message


@needs_fork
def test_a_sandbox_that_comes_down_later_costs_what_was_asked_then(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Grader(exam, NO_SANDBOX) as grader:
        run = grader._worker.run

        def fall(*arguments: Any, alone: bool = False, **options: Any) -> Any:
            if alone:
                raise SandboxError("the sandbox died")
            return run(*arguments, alone=alone, **options)

        monkeypatch.setattr(grader._worker, "run", fall)
        monkeypatch.setattr(grader._worker, "serves", lambda: True)
        wrong = "def central_difference(f, x, h=1e-6):\n    return 0.0"
        report = grader.grade("ada", planted(tmp_path, "derivative", wrong), ["derivative-central", "engine-add"])
    assert statuses(report) == {"derivative-central": "crashed", "engine-add": "passed"}


def test_reading_an_archive_takes_from_the_budget(exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "overloaded", lambda: False)
    path = tmp_path / "ada.zip"
    path.write_bytes(within("micrograd/derivative.py", b"def central_difference(f, x, h=1e-6):\n    return 0.0\n"))
    copy = pack(path)
    assert copy.seconds > 0 and pack(planted(tmp_path / "bob", "engine", "")).seconds == 0
    slow = Submission("ada", {"": replace(copy, seconds=LIMITS.budget)}, "ada")
    with Grader(exam, NO_SANDBOX) as grader:
        report = grader.grade_submission(slow, ["derivative-central"])
    assert statuses(report) == {"derivative-central": "timeout"}


class Stage:
    """A worker's process that acts by a script: at each request so many seconds pass, then it answers with sittings of
    a kind, dies, or, where there is none, does neither."""

    lives, used = True, 0.0

    def __init__(self, acts: Iterable[tuple[float, bytes | None]], clock: Clock):
        self._acts = itertools.cycle(acts)
        self._clock = clock

    def ask(self, request: dict[str, Any], whole: bool) -> None:
        self._asked = request["items"]

    def reply(self, seconds: float) -> bytes | None:
        delay, kind = next(self._acts)
        self._clock.now += min(delay, seconds)
        if kind is None or delay > seconds:
            self._clock.now += max(seconds - delay, 0.0)
            return None
        places = {id: place for place, id in enumerate(ITEMS)}
        sittings = {places[id]: Sitting(kind, raw=b"[0]") for id in self._asked}
        return kind and encode_record([*ITEMS], Record(sittings))

    def end(self) -> None:
        pass


_ACTS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 5.0, 59.0, 60.0, 61.0, 79.0, 81.0, 119.0, 150.0]),
        st.sampled_from([supervising.TIMEOUT, supervising.SPENT, supervising.ANSWERED, supervising.DIED, b"", None]),
    ),
    min_size=1,
    max_size=8,
)


@given(_ACTS, st.booleans(), st.booleans())
def test_no_submission_holds_a_judge_for_longer_than_its_budget(
    exam: Exam, tmp_path_factory: pytest.TempPathFactory, acts: Any, busy: bool, serves: bool
) -> None:
    """Whatever its sandbox does and however often: what is said of it in docs/security.md."""
    folder = Path(tmp_path_factory.getbasetemp(), "held")
    if not folder.exists():
        planted(folder, "derivative", "")
    with Clock() as clock, pytest.MonkeyPatch.context() as patch, Grader(exam, NO_SANDBOX) as grader:
        stage = Stage(acts, clock)
        patch.setattr(asking, "overloaded", lambda: busy)
        patch.setattr(Worker, "_start", lambda worker: setattr(worker, "_process", stage) or stage)
        patch.setattr(Worker, "serves", lambda worker: serves)
        report = grader.grade("ada", folder, ["derivative-central", "engine-add", "backprop-add"])
        assert clock.now <= (LIMITS.budget + SLACK + 1e-6 if not busy else 3 * LIMITS.budget + 2 * SLACK + 1e-6)
    assert len(report.items) == 3
    assert serves <= ("ungraded" not in statuses(report).values())


@needs_fork
def test_an_honest_submission_is_served_by_a_fresh_worker(exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    with Grader(exam, choose("auto")) as grader:
        assert grader._worker.serves()
        monkeypatch.setattr(grader._worker, "_command", lambda: [sys.executable, "-c", "raise SystemExit(1)"])
        assert not grader._worker.serves()
        assert [*grader._worker.folder.iterdir()] == []


# --- archives -----------------------------------------------------------------------------------------------


def header(name: str, size: int, kind: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.USTAR_FORMAT)


def block(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def extended(content: bytes, kind: bytes = b"x") -> bytes:
    return header("x", len(content), kind) + block(content)


def tarred(*parts: bytes) -> bytes:
    return b"".join(parts) + header("micrograd/engine.py", 2, b"0") + block(b"1\n") + bytes(1024)


def listed(count: int) -> bytes:
    """A zip that lists so many members, in as few bytes as it can, and holds none."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 15)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count % 2**16, count % 2**16, len(entry) * count, 0, 0)
    return entry * count + end


def within(name: str, content: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def overlapping(count: int) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("micrograd/engine.py", bytes(4_900_000))
    content = file.getvalue()
    at, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    entry = content[at:end]
    return (
        content[:at] + entry * count + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(entry) * count, at, 0)
    )


CHAIN = gzip.compress(tarred(extended(b"18 comment=aaaaaaa\n" * 800) * 900), 1)
SPARSE = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n39 GNU.sparse.name=micrograd/engine.py\n"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a chain of headers.tar.gz": lambda: CHAIN,
    "a chain of names.tar": lambda: tarred((header("././@LongLink", 100, b"L") + block(b"a" * 99 + b"\0")) * 20_000),
    "headers of digits.tar": lambda: tarred(extended(b"1" * 16_000) * 100),
    "headers for all.tar.gz": lambda: gzip.compress(tarred(extended(b"18 comment=aaaaaaa\n" * 800, b"g") * 900), 1),
    "a sparse map.tar": lambda: tarred(
        extended(SPARSE), header("s", 4_000_000, b"0") + block(b"5000000\n" + b"0\n0\n" * 999_998)
    ),
    "a header of its own.tar.gz": lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 30_000_000,
    "many in one.tar.gz": lambda: gzip.compress(b"") * 500_000,
    "a gzip of gzips.tgz": lambda: gzip.compress(gzip.compress(gzip.compress(bytes(60_000_000), 1), 1), 1),
    "many members.zip": lambda: listed(217_000),
    "a million members.zip": lambda: listed(1_000_000),
    "one content for many.zip": lambda: overlapping(2_000),
    "nested.zip": lambda: within("a.zip", within("b.tar.gz", CHAIN)),
}


@pytest.mark.parametrize("name", few(HOSTILE, 2))
def test_no_archive_keeps_anybody_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It is read in a process of its own, whose CPU time is limited, and becomes a sentence for the student."""
    monkeypatch.setattr(archive_process, "_CPU", 1.0)
    path = tmp_path / name
    path.write_bytes(HOSTILE[name]())
    archive_process._reader.close()  # what it read for others does not count
    used = time.process_time()
    before = Budget(0, 0, own=True)
    found = pack(path)
    archive_process._reader.close()
    assert found.files is None and found.problem
    assert time.process_time() - used < 1
    assert before.used() < 3.5


def test_a_reader_that_is_killed_is_started_again(tmp_path: Path) -> None:
    path = tmp_path / "ada.zip"
    path.write_bytes(within("micrograd/engine.py", b"1\n"))
    for _ in range(2):
        assert pack(path).files == (("engine.py", b"1\n"),)
        assert archive_process._reader.process
        archive_process._reader.process.kill()


def test_what_is_no_fault_of_an_archive_is_no_verdict(tmp_path: Path) -> None:
    """A full disk, for instance."""
    (tmp_path / "micrograd").mkdir()
    path = tmp_path / "ada.zip"
    path.write_bytes(within("micrograd/engine.py", b"1\n"))
    with pytest.raises(OSError), contextlib.ExitStack():
        archive_process.unpack(path, tmp_path / "nowhere")


def test_folders_need_no_process(tmp_path: Path) -> None:
    archive_process._reader.close()
    assert pack(planted(tmp_path, "engine", "")).files
    assert archive_process._reader.process is None


def test_names_come_out_of_a_reader_as_they_are(tmp_path: Path) -> None:
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in ("b\udcff/x", "\u202e/a\nb", "plain"):
            archive.addfile(tarfile.TarInfo(name))
    path = tmp_path / "class.tar"
    path.write_bytes(file.getvalue())
    found = archive_process.names(path)
    assert found[("b\udcff",)] == {"x"} and found[("\u202e",)] == {"a\nb"} and found[()] == {"plain"}
    assert json.dumps(sorted(map(list, found)))
