"""Random bytes and random answers for the judge, random files for the collector: nothing may come of them.

How many cases each test tried is in its report, as the property `cases`. `make test` tries a seventh
of the usual number, `make test-all` five times as many, and GRADSCHOOL_FUZZ=50 50 times.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import math
import os
import stat
import struct
import tarfile
import tempfile
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nightly import WHOLE

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd.subject import SUBJECT
from autograder.errors import UserError
from autograder.exam.equality import same
from autograder.exam.paper import Exam
from autograder.grading import exams
from autograder.grading.judging import Judge, judge_answer
from autograder.ids import safe_id
from autograder.report import ItemResult, Report
from autograder.report.files import report_json
from autograder.sandbox import protocol
from autograder.sandbox import supervise as supervising
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.records import Answers, Run, decode_record, encode_record
from autograder.sandbox.worker import Worker
from autograder.submissions import discovery
from autograder.submissions.discovery import find_submissions
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import unpacked

ITEMS = load_items()
MODULES = SUBJECT.order
TIMES = float(os.environ.get("GRADSCHOOL_FUZZ", "0.06"))  # how many times the usual number of cases
PATIENT = settings(deadline=None, database=None, max_examples=int(60 * TIMES), suppress_health_check=list(HealthCheck))
HARD = settings(PATIENT, max_examples=int(200 * TIMES))
Count = Callable[[], None]


@pytest.fixture
def case(record_property: pytest.RecordProperty) -> Iterator[Count]:
    """To be called for every case; what was counted goes into the report."""
    cases = 0

    def count() -> None:
        nonlocal cases
        cases += 1

    yield count
    assert cases, "nothing was tried"
    record_property("cases", cases)


@cache
def taken() -> Exam:
    """The default exam, for tests with examples: what such a test is given is written down for each of them."""
    return exams.get()


# --- the judge's ears ---------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.integers(10**300, 10**4000)
    | st.text(max_size=20)
    | st.sampled_from(["0", "1", "odd", "raised", "object", "NotImplementedError", "MemoryError", "\ud800"]),
    lambda parts: (
        st.lists(parts, max_size=6)
        | st.dictionaries(st.sampled_from(["odd", "raised", "text", "frames", "object", "depth"]), parts, max_size=4)
    ),
    max_leaves=20,
)


def json_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def deep(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def equal(expected: Any, got: Any) -> bool:
    """Whether an answer deserves to pass, told independently and generously."""
    if isinstance(expected, list):
        return isinstance(got, list) and len(expected) == len(got) and all(map(equal, expected, got))
    if isinstance(expected, (int, float)) and not isinstance(expected, bool):
        number = isinstance(got, (int, float)) and not isinstance(got, bool)
        return number and abs(got) < 1e300 and math.isclose(expected, float(got), rel_tol=1e-5, abs_tol=1e-9)
    return type(expected) is type(got) and expected == got


def judged(exam: Exam, id: str, place: int, given: Any) -> None:
    """Judging `given` raises nothing, passes right answers alone, and leaves a report that can be written."""
    sheet = exam.sheets[id]
    place %= len(sheet.questions)
    expected = sheet.answers[place]
    verdict = judge_answer(ITEMS[id], sheet, sheet.questions[place], expected, given)
    if verdict.status == "passed":
        assert isinstance(given, list) and len(given) == 1
        assert ITEMS[id].judge or equal(expected, given[0])
    example = {"inputs": {}, "expected": [], "got": [verdict.got]}
    result = ItemResult(id, "engine", "", 1, 0, "failed", example, explanation=verdict.said)
    report_json(Report("mallory", "", "", [], [result], ""))


PLAIN_JUDGES = [id for id, item in ITEMS.items() if item.judge is None and not item.suite]


@PATIENT
@given(id=st.sampled_from(PLAIN_JUDGES), place=st.integers(0, 30), given=JSON | JSON.map(lambda x: [x]))
@example("engine-neg", 0, [[-0.0, 1]])
@example("engine-neg", 0, [[0, True]])
@example("engine-neg", 0, [[True, True]])
@example("engine-neg", 0, [[float("nan"), True]])
@example("engine-neg", 0, [[10**400, True]])
@example("engine-neg", 0, {"odd": "x", "raised": ["NotImplementedError"]})
@example("engine-neg", 0, {"raised": {"x": 1}, "text": 5, "frames": [[1], ["x", 10**400, "f"], ["a" * 999, 1, "f"]]})
def test_no_answer_confuses_the_judge(case: Count, id: str, place: int, given: Any) -> None:
    case()
    judged(taken(), id, place, given)


def test_the_right_answers_pass(exam: Exam) -> None:
    """The test above can fail: there are answers that pass."""
    for id, sheet in exam.sheets.items():
        for question, expected in zip(sheet.questions, sheet.answers, strict=True):
            assert judge_answer(ITEMS[id], sheet, question, expected, [expected]).status == "passed"


@given(asked=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.booleans()), max_size=30))
def test_a_judge_who_remembers_says_the_same(exam: Exam, asked: list[tuple[int, int, bool]]) -> None:
    """Whatever came before: right and wrong answers, those of other items, and texts that nobody can read."""
    ids = PLAIN_JUDGES[:3]
    judge, before = Judge(exam.sheets), set()
    for place, form, spaced in asked:
        id = ids[place]
        right = [[answer] for answer in exam.sheets[id].answers]
        raw = [json.dumps(right), json.dumps([*right[:-1], [0.125]]), json.dumps(right[:-1]), "[["][form]
        given = Answers("answered", raw=(raw + " " * spaced).encode())
        alone = Judge(exam.sheets)(ITEMS[id], Answers("answered", raw=given.raw))
        assert judge(ITEMS[id], given) == alone
        assert (alone is None) == (form == 3)
        assert (alone is not None and alone.status == "passed") == (form == 0)
        assert ("answers" in vars(given)) != ((id, given.raw) in before)  # what is known to be right is not read
        before |= {(id, given.raw)} if form == 0 else set()


@pytest.mark.parametrize("wrong", [[], [[1.0], [2.0]], {}, None, "passed", 1, True, {"status": "passed"}, [None]])
def test_what_is_no_answer_does_not_pass(exam: Exam, wrong: Any) -> None:
    for id, sheet in [(id, sheet) for id, sheet in exam.sheets.items() if sheet.questions]:
        assert judge_answer(ITEMS[id], sheet, sheet.questions[0], sheet.answers[0], wrong).status != "passed"


def test_every_part_of_an_answer_counts(exam: Exam) -> None:
    """Changing any one part of a right answer makes it wrong."""

    def changed(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            for place, part in enumerate(value):
                yield from ([*value[:place], other, *value[place + 1 :]] for other in changed(part))
            yield [*value, 0]
            yield value[:-1] if value else None
        elif isinstance(value, bool):
            yield from (not value, int(value), str(value))
        elif isinstance(value, (int, float)):
            yield from (value + 1e-3 * max(1, abs(value)), float("nan"), str(value), None, [value])
        else:
            yield from (f"{value}x", None, 1)

    for id, sheet in exam.sheets.items():
        if ITEMS[id].judge:  # these allow more than one answer
            continue
        for question, expected in zip(sheet.questions, sheet.answers, strict=True):
            for wrong in changed(expected):
                assert judge_answer(ITEMS[id], sheet, question, expected, [wrong]).status != "passed", (
                    id,
                    expected,
                    wrong,
                )


def test_no_order_confuses_the_judge(exam: Exam) -> None:
    sheet = exam.sheets["backprop-order"]
    for place, (grads, visits) in enumerate(sheet.answers):
        for odd in (
            [str(v) for v in visits],
            [[v] for v in visits],
            [float(v) for v in visits],
            visits + visits,
            "",
            {},
        ):
            judged(exam, "backprop-order", place, [[grads, odd]])
            if visits:
                verdict = judge_answer(
                    ITEMS["backprop-order"], sheet, sheet.questions[place], [grads, visits], [[grads, odd]]
                )
                assert verdict.status != "passed"


@PATIENT
@given(place=st.integers(0, 30), grads=JSON, visits=JSON)
def test_no_answer_on_the_order_confuses_the_judge(case: Count, place: int, grads: Any, visits: Any) -> None:
    case()
    judged(taken(), "backprop-order", place, [[grads, visits]])


@pytest.mark.parametrize("id", ["engine-neg", "backprop-order", "stretch-edges"])
def test_no_deep_answer_confuses_the_judge(exam: Exam, id: str) -> None:
    """Whatever the launcher lets through can be judged."""
    for depth in (1, 10, 50, 100, 300, 500, 700, 900):
        for around in (lambda x: [x], lambda x: [{"object": x}], lambda x: {"raised": x, "text": x, "frames": x}):
            reply = one_record(id, json.dumps([around(deep(depth))]).encode())
            given = decode_record(reply).items[id].answers
            if given is not None:
                judged(exam, id, 0, given[0])


def one_record(id: str, raw: bytes, **changes: Any) -> bytes:
    """What a supervisor says about one item."""
    head = {"sittings": [[id, "a", 0, 0, 0.1, 0, 0, len(raw)]], "imports": [], "lost": {}, **changes}
    return json.dumps(head).encode() + b"\n" + raw


def is_well_formed(run: Run) -> bool:
    return (
        isinstance(run.lost, dict)
        and all(isinstance(text, str) for pair in run.lost.items() for text in pair)
        and all(isinstance(name, str) and isinstance(what, dict) for name, what in run.imports.items())
        and all(isinstance(id, str) and is_answers(answers) for id, answers in run.items.items())
    )


def is_answers(a: Answers) -> bool:
    return (
        a.kind in ("answered", "crashed", "timeout", "import")
        and (type(a.code), type(a.at)) == (int, int)
        and a.at >= 0
        and type(a.seconds) in (int, float)
        and (a.answers is None or (isinstance(a.answers, list) and a.kind == "answered"))
        and (a.where is None or (type(a.where[0]), type(a.where[1])) == (str, int))
        and isinstance(a.output, str)
        and isinstance(a.module, str)
    )


def decodes(reply: bytes) -> None:
    with contextlib.suppress(SandboxError):
        assert is_well_formed(decode_record(reply))


def test_a_record_is_decoded() -> None:
    run = decode_record(one_record("engine-neg", b"[[1.0]]"))
    assert is_well_formed(run)
    assert run.items["engine-neg"].answers == [[1.0]]


@pytest.mark.parametrize("cpu", [-0.1, float("nan"), float("inf"), "x", None])
def test_what_says_nonsense_of_its_cpu_time_is_no_record(cpu: Any) -> None:
    assert decode_record(one_record("engine-neg", b"[[1.0]]", cpu=2.5)).cpu == 2.5
    with pytest.raises(SandboxError, match="no record"):
        decode_record(one_record("engine-neg", b"[[1.0]]", cpu=cpu))


@PATIENT
@given(st.binary(max_size=200))
@example(b"")
@example(b"\n")
@example(b"{}")
@example(b"null\n")
@example(b"[" * 100_000)
@example(b'{"sittings": [[[[[[')
@example(b'{"sittings": ' + b"9" * 5_000 + b"}\n")
def test_random_bytes_are_no_record(case: Count, reply: bytes) -> None:
    case()
    decodes(reply)


HEADS = st.fixed_dictionaries(
    {
        "sittings": st.lists(st.lists(JSON, min_size=8, max_size=8) | JSON, max_size=3) | JSON,
        "imports": st.lists(st.integers(-5, 50) | JSON, max_size=3) | JSON,
        "lost": JSON | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
    }
)


@PATIENT
@given(HEADS, st.binary(max_size=50))
@example({"sittings": [["engine-neg", "a", 0, -7, 0.1, 0, 0, 2]], "imports": [], "lost": {}}, b"[]")
@example({"sittings": [["engine-neg", 5, 0, 0, 0.1, 0, 0, 2]], "imports": [], "lost": {}}, b"[]")
@example({"sittings": [[["x"], "a", 0, 0, 0.1, 0, 0, 2]], "imports": [], "lost": {}}, b"[]")
@example({"sittings": [["engine-neg", "x", "1", None, "2", 0, 0, 2]], "imports": [], "lost": []}, b"[]")
def test_no_made_up_record_confuses_the_launcher(case: Count, head: Any, blob: bytes) -> None:
    case()
    decodes(json.dumps(head).encode() + b"\n" + blob)


@PATIENT
@given(st.sampled_from([id for id, item in ITEMS.items() if item.explain]), JSON)
@example("nn-dropout", [[[1.0, 20]], [[10**400, 1]], [[1.0, 20]]])
@example("nn-dropout", [[[0.0, 20]], [[0.0, 300]], [[0.0, 20]]])
@example("nn-dropout", [[], [], []])
@example("training-step", [10**400, [None], [{"object": [1]}]])
@example("training-step", [True, {"object": "x" * 10_000}, "step"])
def test_no_answer_confuses_an_explanation(case: Count, id: str, got: Any) -> None:
    case()
    item, sheet = ITEMS[id], taken().sheets[id]
    for question, expected in [*zip(sheet.questions, sheet.answers, strict=True)][: None if WHOLE else 5]:
        if judge_answer(item, sheet, question, expected, [got]).status == "failed":
            assert item.explain and 0 < len(item.explain(question, expected, got, same)) < 10_000


@PATIENT
@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b"[" + b"9" * 5_000 + b"]")
@example(b"[NaN, Infinity, -Infinity, 1e999]")
@example(b'{"a": 1}')
def test_no_answer_confuses_the_launcher(case: Count, raw: bytes) -> None:
    case()
    decodes(one_record("engine-neg", raw))
    decodes(one_record("engine-neg", raw, imports=[]))
    decodes(one_record("engine-neg", raw, sittings=[["engine-neg", "f", 0, 0, 0, len(raw), 0, 0]]))
    decodes(one_record("engine-neg", raw, sittings=[], imports=[len(raw)]))


MUTATIONS = st.lists(
    st.tuples(st.sampled_from(["set", "insert", "delete", "repeat", "cut"]), st.floats(0, 1), st.binary(max_size=8)),
    min_size=1,
    max_size=5,
)


def mutated(content: bytes, mutations: list[tuple[str, float, bytes]]) -> bytes:
    """`content` with bytes set, inserted, deleted and repeated at places that are shares of its length."""
    found = bytearray(content)
    for what, share, data in mutations:
        at = int(share * max(len(found) - 1, 0))
        if what == "set":
            found[at : at + len(data)] = data
        elif what == "insert":
            found[at:at] = data
        elif what == "delete":
            del found[at : at + 1 + 7 * len(data)]
        elif what == "repeat":
            found[at:at] = found[at : at + 64]
        else:
            del found[max(at, 1) :]
    return bytes(found)


def a_real_record(exam: Exam) -> bytes:
    """What a supervisor sends when all is right."""
    record = supervising.Record()
    for index, sheet in enumerate(exam.sheets.values()):
        raw = json.dumps([[answer] for answer in sheet.answers]).encode()
        where = b'["micrograd/engine.py", 7]'
        record.sittings[index] = supervising.Sitting(supervising.ANSWERED, 0, where, b"printed", raw, 0, 0.001)
    record.imports.append(b'{"trace": {"raised": ["ValueError"], "text": "x", "frames": []}}')
    record.lost["nn"] = "timeout"
    return encode_record(list(ITEMS), record)


@HARD
@given(MUTATIONS)
def test_no_damage_makes_a_record_say_more(case: Count, exam: Exam, mutations: list[tuple[str, float, bytes]]) -> None:
    """What still decodes is well formed, and its answers can be judged."""
    case()
    with contextlib.suppress(SandboxError):
        run = decode_record(mutated(a_real_record(exam), mutations))
        assert is_well_formed(run)
        for id, answers in run.items.items():
            for place, answer in enumerate(answers.answers or []):
                if id in exam.sheets and answer != [exam.sheets[id].answers[place % len(exam.sheets[id].answers)]]:
                    judged(exam, id, place, answer)


@st.composite
def changed_answers(draw: st.DrawFn) -> tuple[str, int, Any]:
    """An item, one of its questions, and the right answer with one part replaced, removed, doubled or wrapped."""
    sheets = taken().sheets
    id = draw(st.sampled_from(PLAIN_JUDGES))
    place = draw(st.integers(0, len(sheets[id].answers) - 1))
    answer = json.loads(json.dumps(sheets[id].answers[place]))
    within, key = [answer], 0
    while isinstance(within[key], list) and within[key] and draw(st.integers(0, 4)):
        within, key = within[key], draw(st.integers(0, len(within[key]) - 1))
        assert isinstance(within, list)
    match draw(st.sampled_from(["replace", "remove", "double", "wrap", "nudge"])):
        case "replace":
            within[key] = draw(JSON)
        case "remove":
            del within[key]
        case "double":
            within.insert(key, within[key])
        case "wrap":
            within[key] = [within[key]]
        case "nudge" if isinstance(within[key], float):
            within[key] *= 1 + draw(st.sampled_from([1e-3, -1e-5, 2e-6]))
    return id, place, answer if within is not answer or answer else None


@HARD
@given(changed_answers())
def test_no_changed_answer_passes(case: Count, changed: tuple[str, int, Any]) -> None:
    case()
    id, place, answer = changed
    judged(taken(), id, place, [answer])


FRAMES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.tuples(
            st.sampled_from([supervising.IMPORTING, supervising.IMPORTED, supervising.BEGIN, supervising.DONE]),
            st.one_of(
                st.binary(max_size=40),
                st.integers(0, 4).map(lambda index: index.to_bytes(2, "big")),
                st.sampled_from([name.encode() for name in MODULES]),
                st.builds(
                    lambda index, kind, code, where, output, rest: (
                        supervising.DONE_HEAD.pack(index, kind, code, 0, where, output) + rest
                    ),
                    st.integers(0, 5), st.sampled_from([b"a", b"x", b"f", b"t", b"?"]), st.integers(-200, 200),
                    st.integers(0, 60), st.integers(0, 2**32 - 1),
                    st.binary(max_size=60) | JSON.map(json_bytes),
                ),
            ),
        ).map(b"".join),
        st.none(),
    ),
    max_size=12,
)  # fmt: skip


@HARD
@given(FRAMES)
def test_no_frames_confuse_the_supervisor(case: Count, clock: list[float], frames: list[bytes | None]) -> None:
    """Whatever a runner says, each item gets one sitting, and the record that comes of it can be read."""
    case()
    record = supervising.Record()
    supervising.supervise(
        lambda items, lost: Tape(iter(frames), clock, step=0.1), [0, 1, 2], Limits(), record, modules=MODULES
    )
    assert set(record.sittings) == {0, 1, 2}
    assert is_well_formed(decode_record(encode_record(list(ITEMS), record)))


@HARD
@given(st.lists(st.binary(max_size=30) | st.binary(max_size=30).map(protocol.pack), max_size=6), st.integers(0, 40))
def test_frames_are_read_whole_or_not_at_all(case: Count, parts: list[bytes], limit: int) -> None:
    case()
    sent = b"".join(parts)
    inlet, outlet = os.pipe()
    os.write(outlet, sent)
    os.close(outlet)
    read = b""
    try:
        while (frame := protocol.read_frame(inlet, limit)) is not None:
            assert len(frame) <= limit
            read += protocol.pack(frame)
    finally:
        os.close(inlet)
    assert sent.startswith(read)


class Echo:
    """A worker's process that gives one reply, whatever it is asked."""

    lives, used = True, 0.0

    def __init__(self, reply: bytes):
        self._reply = reply

    def ask(self, request: dict[str, Any], whole: bool) -> None:
        pass

    def reply(self, seconds: float) -> bytes:
        return self._reply

    def end(self) -> int:
        return 0


@HARD
@given(st.binary(max_size=100) | HEADS.map(json_bytes) | JSON.map(lambda x: b'{"trouble":' + json.dumps(x).encode()))
def test_no_reply_confuses_the_judge_of_a_sandbox(case: Count, reply: bytes) -> None:
    case()
    with Worker(NO_SANDBOX, SUBJECT, {}) as worker:
        worker._process = Echo(reply)  # type: ignore[assignment]
        with contextlib.suppress(SandboxError):
            assert is_well_formed(worker.run(worker.folder / "x", ["engine-neg"]))


def test_a_sandbox_in_trouble_is_replaced() -> None:
    """What caused it, a fork bomb perhaps, may be running on in there."""
    with Worker(NO_SANDBOX, SUBJECT, {}) as worker:
        worker._process = Echo(b'{"trouble": "BlockingIOError"}')  # type: ignore[assignment]
        with pytest.raises(SandboxError, match="BlockingIOError"):
            worker.run(worker.folder / "x", ["engine-neg"])
        assert worker._process is None


# --- the clock ----------------------------------------------------------------------------------------------


class Tape:
    """A runner that plays frames, each after so many seconds of a clock that a test owns; it hangs at a None."""

    def __init__(self, frames: Iterator[bytes | None], clock: list[float], step: float, most: int = 20_000):
        self._frames, self._clock, self._step, self._most = frames, clock, step, most

    def receive(self, seconds: float) -> bytes | None:
        self._most -= 1
        assert self._most > 0, "the supervisor listens to endless chatter"
        frame = next(self._frames, b"") if seconds > self._step else None
        self._clock[0] += max(seconds if frame is None else self._step, 0.0)
        return frame

    def begin(self, item: int) -> None:
        pass

    def place(self) -> bytes:
        return b""

    def progress(self) -> int:
        return 0

    def printed(self) -> bytes:
        return b""

    def end(self) -> int:
        return 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(supervising.time, "monotonic", lambda: now[0])
    return now


def endless(frame: bytes) -> Callable[[], Iterator[bytes]]:
    def frames() -> Iterator[bytes]:
        while True:
            yield frame

    return frames


def renamed() -> Iterator[bytes]:
    """An import with a name that nobody heard before, and then the end."""
    yield supervising.IMPORTING + os.urandom(8).hex().encode()


CHATTER = {
    "imports without end": endless(supervising.IMPORTING + b"engine"),
    "modules that do not exist": renamed,
    "imported again and again": endless(supervising.IMPORTED + b"{}"),
    "nonsense": endless(b"?"),
}


@pytest.mark.parametrize("name", CHATTER)
def test_a_runner_cannot_talk_for_ever(clock: list[float], name: str) -> None:
    """What a module's import writes to the runner's pipe ends within the limits, and costs that runner's items."""
    record = supervising.Record()
    starts = 0

    def start(items: Sequence[int], lost: dict[str, str]) -> Tape:
        nonlocal starts
        starts += 1
        assert starts < 50, "the supervisor starts runners for ever"
        return Tape(CHATTER[name](), clock, step=1.0)

    supervising.supervise(start, [0, 1, 2], Limits(), record, modules=MODULES)
    assert set(record.sittings) == {0, 1, 2}
    assert clock[0] <= 3 * (Limits().imports + Limits().wall) + 4 * Limits().imports
    assert sum(map(len, record.imports)) < 1 << 20


def test_a_runner_that_hangs_where_it_hung_before_is_given_up(clock: list[float]) -> None:
    """Its import says that it is another module's, or nothing at all, and does not come to an end."""
    record = supervising.Record()
    items = list(range(30))

    def start(pending: Sequence[int], lost: dict[str, str]) -> Tape:
        return Tape(iter([supervising.IMPORTING + b"trace", None]), clock, step=0.1)

    supervising.supervise(start, items, Limits(), record, modules=MODULES)
    assert set(record.sittings) == {*items}
    assert clock[0] <= 6 * Limits().imports


@pytest.mark.parametrize(
    "frames",
    [
        [supervising.BEGIN + b"\0\1"],
        [supervising.DONE + b"x"],
        [supervising.DONE + bytes(supervising.DONE_HEAD.size)],
        [b"?" * 50],
        [supervising.IMPORTED + b"[[["],
        [supervising.IMPORTED + b"{}", supervising.BEGIN + b"\0\0", supervising.BEGIN + b"\0\0"],
        [supervising.BEGIN + b"\0\0", supervising.DONE + bytes(supervising.DONE_HEAD.size + 50)],
        [supervising.BEGIN + b"\0\0", supervising.DONE + b"\xff" * (supervising.DONE_HEAD.size + 50)],
    ],
)
def test_nonsense_from_a_runner_costs_its_items(clock: list[float], frames: list[bytes]) -> None:
    record = supervising.Record()
    supervising.supervise(
        lambda items, lost: Tape(iter(frames), clock, step=0.1), [0, 1, 2], Limits(), record, modules=MODULES
    )
    assert set(record.sittings) == {0, 1, 2}
    for sitting in record.sittings.values():
        assert not sitting.raw.strip(b"\0\xff")


# --- the collector's eyes -----------------------------------------------------------------------------------

REFERENCE = (Path(__file__).parents[1] / "solutions" / "micrograd" / "derivative.py").read_bytes()
ODD_NAMES = [
    "ada", "ADA", "a\u0301da", "\xe1da", "\ufb01", "fi", " ada", "-ada", "ada.", "...", "-", "--help", "con",
    "nul.txt", "a\nb", "\u202ex", "\x1b[2J", "=1+1", "grades.csv", "summary.json", "report.json", "index.html",
    "\udcff\udcfe", "a\\b", "a:b", "ada.zip", "ada.tar.gz", "ada.tgz", "x.7z", "engine", "derivative.py", "engine.py",
    "__pycache__", ".git", "__MACOSX", "micrograd", "Micrograd", "micrograd.zip", "ada_12_345_x.zip",
    "ada_12_345_y-1.zip", "zoe_LATE_34_567_x.py", "ada_7_assignsubmission_file_", "0", "%s", "~", "$(x)", "x" * 90,
    "x" * 200, "\U00010400" * 40,
]  # fmt: skip
NAMES = st.sampled_from(ODD_NAMES) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12
)
PATHS = st.lists(NAMES, min_size=1, max_size=4)
CONTENTS = st.binary(max_size=60) | st.sampled_from([REFERENCE, b"PK\3\4", b"\x1f\x8b\x08", b"BZh9", b""])
TREES = st.lists(
    st.tuples(
        PATHS,
        st.sampled_from(["file", "file", "file", "folder", "link", "pipe", "zip", "tar"]),
        CONTENTS,
        st.sampled_from(
            ["/etc", "/etc/passwd", "..", ".", "../..", "/nonexistent", "engine.py", "ada", "../../outside"]
        ),
    ),
    max_size=10,
)
Trees = list[tuple[list[str], str, bytes, str]]


def plant(at: Path, tree: Trees) -> None:
    """Make what the file system lets one make of a tree."""
    for parts, kind, content, target in tree:
        path = at.joinpath(*parts)
        with contextlib.suppress(OSError, ValueError):
            if any(parent.is_symlink() for parent in path.parents) or ".." in parts:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if kind == "folder":
                path.mkdir()
            elif kind == "link":
                path.symlink_to(target)
            elif kind == "pipe":
                os.mkfifo(path)
            elif not path.exists():
                made = {"file": content, "zip": a_zip({"micrograd/derivative.py": REFERENCE, "x": content})}
                path.write_bytes(made.get(kind) or a_tar([("micrograd/derivative.py", b"0", REFERENCE, "")]))


def a_zip(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def a_zip_of(folder: Path) -> Path:
    """The plain files of a folder, as far as a zip can name them, in an archive beside it."""
    files = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if stat.S_ISREG(path.lstat().st_mode) and name.encode(errors="ignore").decode() == name:
            files[name] = path.read_bytes()
    archive = folder.with_name("download.zip")
    archive.write_bytes(a_zip(files))
    return archive


def a_tar(members: list[tuple[str, bytes, bytes, str]]) -> bytes:
    """A tar of members: name, type, content and link."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, content, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(content)
            with contextlib.suppress(ValueError, UnicodeError):
                archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def everything(folder: Path) -> dict[str, Any]:
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[os.fspath(path)] = status.st_mode, status.st_mtime_ns, content
    return found


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """A folder for a class; around it nothing may change, and no temporary file may stay."""
    with tempfile.TemporaryDirectory() as root:
        for name in ("class", "outside", "temporary"):
            Path(root, name).mkdir()
        Path(root, "outside", "secret").write_bytes(b"of nobody else")
        before, tempfile.tempdir = tempfile.tempdir, os.path.join(root, "temporary")
        try:
            yield Path(root, "class")
            for folder in Path(root, "temporary").iterdir():
                assert folder.name.startswith("gradschool-class-"), f"{folder.name} stays behind"
        finally:
            tempfile.tempdir = before
            discovery._classes.cache_clear()
        assert everything(Path(root, "outside")).popitem()[1][2] == b"of nobody else"


def collected(*paths: Path) -> list[Submission]:
    """What is found; all ids are safe and distinct, and everything that was found can be unpacked or explained."""
    try:
        found = find_submissions(paths, COURSE.assignments)
    except UserError as error:
        assert str(error).isprintable()
        return []
    ids = [each.student for each in found]
    assert ids == sorted(ids) and all(safe_id(id) == id for id in ids)
    folded = {unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", id).casefold()) for id in ids}
    assert len(folded) == len(ids), ids
    for each in found:
        assert each.folders and each.name.isprintable()
        for folder in each.folders.values():
            is_unpacked(folder)
    return found


def is_unpacked(source: Path) -> None:
    """Plain files within limits come out, or a sentence."""
    with unpacked(source) as package:
        assert package.problem.isprintable() and len(package.problem) < 1_000
        assert package.digest.startswith("sha256:")
        assert package.root or package.problem
        if package.root:
            found = everything(package.root)
            assert sum(len(content) for _, _, content in found.values()) <= 20_000_000
            for path, (mode, _, content) in found.items():
                assert stat.S_ISDIR(mode) or stat.S_ISREG(mode), path
                assert b"of nobody else" not in content and b"root:" not in content


# What the folder of a class cannot hold without being something else: one submission, or a student of nbgrader's.
MEANINGFUL = {"micrograd", "engine.py", "derivative.py", "submitted", *COURSE.assignments}
TOP = (st.sampled_from(ODD_NAMES) | NAMES).filter(
    lambda name: name.casefold() not in MEANINGFUL and not name.startswith(("alice", "bob"))
)
HONEST = [
    ("alice", "bob"),
    ("alice.zip", "bob.zip"),
    ("alice", "bob.tgz"),
    ("alice_101_1001_a.zip", "bob_102_1002_b.zip"),
    ("Alice_101_assignsubmission_file_", "Bob_102_assignsubmission_file_"),
    ("alice/derivative", "bob/engine"),
]


@HARD
@given(st.sampled_from(HONEST), st.dictionaries(TOP, TREES, min_size=1, max_size=4))
@example(("alice.zip", "bob.zip"), {"mallory": [(["x_12_345_y.txt"], "file", b"", "")]})
@example(("alice.zip", "bob.zip"), {"mallory": [(["submitted"], "folder", b"", "")]})
def test_nobody_vanishes_whatever_others_hand_in(
    case: Count, honest: tuple[str, str], others: dict[str, Trees]
) -> None:
    """Everything that is found is safe, nothing is changed, and two honest students are found where they are."""
    case()
    with place() as at:
        for name in honest:
            kind = "zip" if name.endswith("zip") else "tar" if name.endswith("tgz") else "file"
            parts = name.split("/") + ["micrograd", "derivative.py"] * (kind == "file")
            plant(at, [(parts, kind, REFERENCE, "")])
        for name, tree in others.items():
            with contextlib.suppress(OSError, ValueError):
                (at / name).mkdir()
                plant(at / name, tree)
        before = everything(at)
        found = {folder for each in collected(at) for folder in each.folders.values()}
        assert {at / name for name in honest} <= found
        assert everything(at) == before
        found = {folder for each in collected(a_zip_of(at)) for folder in each.folders.values()}
        for name in honest:
            assert any(folder.match(f"*/{name}") for folder in found), f"{name} vanished from the archive"


@settings(HARD, max_examples=int(60 * TIMES) if TIMES < 1 else HARD.max_examples)
@given(TREES)
def test_any_folder_is_collected_or_explained(case: Count, tree: Trees) -> None:
    case()
    with place() as at:
        plant(at, tree)
        before = everything(at)
        collected(at)
        is_unpacked(at)
        assert everything(at) == before


SUFFIXES = st.sampled_from([".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".gz", ".7z", ".zst"])


def as_one_and_as_a_class(content: bytes, suffix: str) -> None:
    """An archive, as a student's, as a class's, and in another one."""
    with place() as at:
        (at / f"mallory{suffix}").write_bytes(content)
        (at / "nested.zip").write_bytes(a_zip({f"inner{suffix}": content}))
        before = everything(at)
        for name in (f"mallory{suffix}", "nested.zip"):
            is_unpacked(at / name)
            collected(at / name)
        assert everything(at) == before


@HARD
@given(
    st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08\0", b"BZh9", b"\xfd7zXZ\0"]),
    st.binary(max_size=700),
    SUFFIXES,
)
def test_random_bytes_are_no_archive(case: Count, magic: bytes, content: bytes, suffix: str) -> None:
    case()
    as_one_and_as_a_class(magic + content, suffix)


VALID = {
    ".zip": a_zip(
        {f"{who}/micrograd/{name}": REFERENCE[:900] for who in ("ada", "zoe") for name in ("derivative.py", "x/y")}
    ),
    ".tar": a_tar([(f"{who}/micrograd/derivative.py", b"0", REFERENCE[:900], "") for who in ("ada", "zoe")]),
}
VALID[".tar.gz"] = gzip.compress(VALID[".tar"], mtime=0)


@HARD
@given(st.sampled_from(sorted(VALID)), MUTATIONS)
def test_damaged_archives_are_read_or_explained(
    case: Count, suffix: str, mutations: list[tuple[str, float, bytes]]
) -> None:
    case()
    as_one_and_as_a_class(mutated(VALID[suffix], mutations), suffix)


OUTSIDE = ["../outside/secret", "/etc/passwd", "..\\outside\\secret", "micrograd/../../outside/secret", "micrograd", ""]
PARTS = NAMES | st.sampled_from(["..", ".", "", "micrograd", "derivative.py"])
MEMBER_NAMES = st.sampled_from(OUTSIDE) | st.lists(PARTS, min_size=1, max_size=5).map("/".join)
TAR_KINDS = st.sampled_from([*"0124567", "\0", "x", "g", "L", "K", "S", "D"]).map(str.encode)
TARGETS = st.sampled_from(["../outside/secret", "/etc/passwd", "..", "derivative.py", "micrograd", ""])


@HARD
@given(
    st.lists(st.tuples(MEMBER_NAMES, TAR_KINDS, CONTENTS, TARGETS), max_size=8), st.none() | st.integers(0, 2**33 - 1)
)
def test_odd_members_of_a_tar_stay_where_they_belong(
    case: Count, members: list[tuple[str, bytes, bytes, str]], size: int | None
) -> None:
    """Links, devices, names that lead outside, duplicates, extended headers, and the size of the first one a lie."""
    case()
    content = bytearray(a_tar([("micrograd/derivative.py", b"0", REFERENCE, ""), *members]))
    if size is not None:
        content[124:136] = b"%011o\0" % size
        content[148:156] = b"%06o\0 " % (sum(content[:148]) + sum(content[156:512]) + 8 * 32)
    as_one_and_as_a_class(bytes(content), ".tar")


@HARD
@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(
    st.lists(st.tuples(MEMBER_NAMES, st.sampled_from([0, *range(0o010000, 0o170000, 0o010000)]), CONTENTS), max_size=8),
    st.none() | st.tuples(st.sampled_from([8, 10, 20, 24, 28, 38, 42]), st.integers(0, 2**32 - 1)),
)
def test_odd_members_of_a_zip_stay_where_they_belong(
    case: Count, members: list[tuple[str, int, bytes]], lie: tuple[int, int] | None
) -> None:
    """The same for a zip, with a field of the first member's entry in the directory overwritten."""
    case()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("micrograd/derivative.py", REFERENCE)
        for name, mode, data in members:
            info = zipfile.ZipInfo("x")
            info.filename, info.create_system, info.external_attr = name, 3, (mode | 0o777) << 16
            with contextlib.suppress(UnicodeError, ValueError):
                archive.writestr(info, data)
    content = bytearray(file.getvalue())
    if lie:
        struct.pack_into("<I", content, content.index(b"PK\1\2") + lie[0], lie[1])
    as_one_and_as_a_class(bytes(content), ".zip")


@settings(PATIENT, max_examples=int(40 * TIMES))
@given(st.sampled_from(sorted(VALID)), st.integers(0, 2**33 - 1), MUTATIONS)
def test_no_archive_takes_much_memory(
    case: Count, suffix: str, size: int, mutations: list[tuple[str, float, bytes]]
) -> None:
    """Whatever sizes it declares, and however it is damaged."""
    case()
    content = bytearray(VALID[suffix])
    if suffix == ".tar":
        content[124:136] = b"%011o\0" % size
    elif suffix == ".zip":
        struct.pack_into("<I", content, content.index(b"PK\1\2") + 24, size % 2**32)
    tracemalloc.start()
    try:
        as_one_and_as_a_class(mutated(bytes(content), mutations), suffix)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@HARD
@given(st.sets(st.text(max_size=12) | st.sampled_from(ODD_NAMES), min_size=1, max_size=8))
def test_ids_are_safe_and_distinct(case: Count, names: set[str]) -> None:
    case()
    ids = [safe_id(name) for name in names]
    for id in ids:
        assert id and id == safe_id(id) and not set(id) & set("/\\\0") and id not in (".", "..") and id[0] not in ".-"
        assert len(os.fsencode(id)) <= 255
