"""Hostile submissions, graded for real. Each attack must earn nothing, cost little, and leave no trace.

An attack is a piece of Python that is planted in a copy of the reference or of the stubs: in an operation, which is
broken as well, so that its items must not pass, or where a module is imported. Attacks say what they find on stdout,
of which the report keeps the beginning: `no` for a refusal, `LEAK` for a success, so that a test can tell an attack
that was refused from one that never ran.

`Arena.holds` is the claim that nearly all tests here make.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import hashlib
import io
import json
import math
import os
import re
import shutil
import socket
import stat
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from autograder import exam as exams
from autograder import release
from autograder.classroom import Job, Results, grade_class, item_ids
from autograder.errors import UserError
from autograder.exam import Exam
from autograder.grading import Grader, judge_answer
from autograder.report import ItemResult, Report
from autograder.report import github as github_face
from autograder.report import markdown as markdown_face
from autograder.report import terminal as terminal_face
from autograder.report.files import report_json, schema, write_grades
from autograder.rubric import load_items
from autograder.sandbox import supervise as supervising
from autograder.sandbox.launcher import Sandbox, choose
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.records import Answers, Run, decode_record
from autograder.submissions import Submission

pytestmark = [
    pytest.mark.xdist_group("attacks"),
    pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux"),
]

ROOT = Path(__file__).parents[1]
ITEMS = load_items()
QUICK = Limits(wall=1.2, cpu=0.7, imports=1.2)
MARK = f"mallory{os.getpid()}"[:15]  # the name that hostile processes give themselves, for /proc/PID/comm
DERIVATIVE = {"derivative-central", "derivative-gradcheck"}
ENGINE = {id for id, item in ITEMS.items() if {"engine", "trace"} & {*item.uses}}  # traces are of the engine's Values
DERIVED = {f"engine-{op}" for op in ("neg", "sub", "truediv", "radd", "rsub", "rmul", "rtruediv")}


NETS = {id for id, item in ITEMS.items() if {"nn", "train"} & {*item.uses}}  # these modules import the engine
TRAINED = {"training-parity", "training-moons", "stretch-cross-entropy"}  # items that train with the whole engine


# --- planting -----------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Spot:
    """An operation to plant an attack in: its file, its replacement, and the items that run it, which it breaks."""

    file: str
    source: str
    items: frozenset[str]


NEG = Spot(
    "engine.py",
    """
def _attack(self):
{attack}
    return Value(self.data + 1.0, (self,), 'neg')
Value.__neg__ = _attack
""",
    frozenset({"engine-neg", "backprop-expressions", *TRAINED}),
)
BACKWARD = Spot(
    "engine.py",
    """
def _attack(self):
{attack}
    self.grad = 12.5
Value.backward = _attack
""",
    frozenset({"backprop-order", "backprop-shared", "backprop-expressions", "stretch-deep", "stretch-twice", *TRAINED}),
)
CENTRAL = Spot(
    "derivative.py",
    """
def central_difference(f, x, h=1e-6):
{attack}
    return 12345.0
""",
    frozenset({"derivative-central"}),
)
TRACE = Spot(
    "trace.py",
    """
def trace(root):
{attack}
    return [], []
""",
    frozenset({"trace-nodes"}),
)

# Every attack starts so. `harness` gives the grader's own modules that run beside the student's code.
PRELUDE = f"""
import ctypes, gc, os, signal, sys, threading, time
ctypes.CDLL(None).prctl(15, {MARK.encode()!r})
def harness(name):
    return sys.modules['autograder.' + name]
def attempt(what, function, *arguments):
    try:
        answer = function(*arguments)
    except BaseException as error:
        print('no', what, type(error).__name__)
    else:
        print('LEAK', what, repr(answer)[:60])
"""


def reference(into: Path) -> Path:
    """A copy of the reference."""
    shutil.copytree(ROOT / "solutions" / "micrograd", into / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    return into


def append(package: Path, file: str, source: str) -> Path:
    path = package / "micrograd" / file
    path.write_text((path.read_text("utf-8") if path.exists() else "") + "\n" + textwrap.dedent(source), "utf-8")
    return package


def planted(into: Path, spot: Spot, attack: str) -> Path:
    """The reference with an attack in one operation."""
    body = textwrap.indent(textwrap.dedent(PRELUDE + textwrap.dedent(attack)), "    ")
    return append(reference(into), spot.file, spot.source.format(attack=body))


def imported(into: Path, file: str, attack: str) -> Path:
    """The reference with an attack that runs when `file` is imported."""
    return append(reference(into), file, PRELUDE + textwrap.dedent(attack))


def stubs(into: Path, attack: str, files: Sequence[str] = ("engine.py", "derivative.py", "trace.py")) -> Path:
    """What students start from, with an attack in the import of some modules."""
    release.release(ROOT / "solutions", into, list(ITEMS))
    for file in files:
        append(into, file, PRELUDE + textwrap.dedent(attack))
    return into


# --- the claim ----------------------------------------------------------------------------------------------


def survivors() -> list[int]:
    """Hostile processes that run on this machine, wherever they hide: /proc shows all namespaces below ours."""
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and Path("/proc", name, "comm").read_text().strip() == MARK:
                found.append(int(name))
    return found


def fingerprint(folder: Path) -> dict[str, Any]:
    """All that could be changed in a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_uid, status.st_mtime_ns, hashlib.sha256(content).hexdigest())
    return found


def strays() -> list[str]:
    """What hostile code left behind on the host."""
    places = (Path.cwd(), ROOT, Path("/"), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/run"), Path.home())
    return [str(path) for place in dict.fromkeys(places) if place.is_dir() for path in place.glob("*mallory*")]


def statuses(report: Report) -> dict[str, str]:
    return {item.id: item.status for item in report.items}


class Arena:
    """A grader, and a place to make submissions for it."""

    def __init__(self, grader: Grader, folder: Path, honest: Path):
        self.grader = grader
        self.folder = folder
        self._honest = honest

    def new(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))

    def grade(self, package: Path) -> Report:
        """A report on `package`, after checking all that must be so whatever the submission is."""
        before = fingerprint(package)
        report = self.grader.grade("mallory", package)
        assert survivors() == [], "hostile processes outlive the run"
        assert strays() == []
        assert list(self.grader._worker.folder.iterdir()) == [], "something stays where submissions are unpacked"
        assert fingerprint(package) == before
        check_form(report)
        return report

    def holds(
        self,
        package: Path,
        lost: Collection[str] = (),
        *,
        may: Collection[str] = (),
        status: str | None = None,
        only: Collection[str] = (),
        whole: bool = True,
    ) -> Report:
        """Grade `package`: the items `lost` earn nothing, `may` may be lost too, and all others pass.

        The items `only` (by default the first of `lost`) have that `status`. The next, honest submission gets full
        marks; it is graded on a few items alone unless `whole`.
        """
        report = self.grade(package)
        found = statuses(report)
        assert "ungraded" not in found.values(), next(i.message for i in report.items if i.status == "ungraded")
        assert {id for id in lost if found[id] == "passed"} == set(), "the attack earned points"
        wrong = {id: state for id, state in found.items() if state != "passed" and id not in (*lost, *may)}
        assert wrong == {}, "the attack cost other items"
        for id in (only or list(lost)[:1]) if status else ():
            assert found[id] == status, (id, message(report, id))
        self.is_fair(whole)
        return report

    def is_fair(self, whole: bool = True) -> None:
        """An honest submission gets full marks now."""
        some = None if whole else ("derivative-central", "engine-neg", "trace-nodes")
        report = self.grader.grade("honest", self._honest, some)
        assert {id: state for id, state in statuses(report).items() if state != "passed"} == {}
        assert (report.score, report.bonus) == ((100, 20) if whole else (5, 0))


def check_form(report: Report) -> None:
    """A report is what its schema says, in JSON and in full, and none of its faces fails or is taken over."""
    text = report_json(report)
    data = json.loads(text)
    jsonschema.validate(data, schema())
    assert [item["id"] for item in data["items"]] == list(ITEMS)
    for item in report.items:
        assert item.earned == (item.points if item.status == "passed" else 0)
    core = [item.earned for item in report.items if item.assignment != "stretch"]
    assert data["score"] == sum(core) <= data["max_score"] == 100


def message(report: Report, id: str) -> str:
    return next(item.message for item in report.items if item.id == id)


def printed(report: Report, id: str) -> list[str]:
    return next(item.stdout for item in report.items if item.id == id).splitlines()


def sandbox(kind: str) -> Sandbox:
    try:
        return choose(kind)
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def exam() -> Exam:
    return exams.get()


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reference(tmp_path_factory.mktemp("honest"))


def _arena(kind: str, exam: Exam, honest: Path, folder: Path) -> Iterator[Arena]:
    with Grader(exam, sandbox(kind), shrink=False, limits=QUICK) as grader:
        arena = Arena(grader, folder, honest)
        yield arena
        arena.is_fair()


@pytest.fixture(scope="module")
def strongest(exam: Exam, honest: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """The strongest sandbox that works here."""
    yield from _arena("auto", exam, honest, tmp_path_factory.mktemp("strongest"))


@pytest.fixture(scope="module")
def without_bwrap(exam: Exam, honest: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """The sandbox of machines where bwrap does not work."""
    yield from _arena("landlock", exam, honest, tmp_path_factory.mktemp("landlock"))


@pytest.fixture(params=["strongest", "without_bwrap"])
def arena(request: pytest.FixtureRequest) -> Arena:
    """Each of the two, for attacks on what they do in different ways."""
    found: Arena = request.getfixturevalue(request.param)
    return found


# --- ends, loops and floods in one operation ----------------------------------------------------------------

ENDS = {
    "exit with 0": ("os._exit(0)", "crashed"),
    "exit with 1": ("os._exit(1)", "crashed"),
    "sys.exit": ("sys.exit(0)", "error"),
    "quit on stdin": ("raise SystemExit(0)", "error"),
    "keyboard interrupt": ("raise KeyboardInterrupt", "error"),
    "generator exit": ("raise GeneratorExit", "error"),
    "kill oneself": ("os.kill(os.getpid(), signal.SIGKILL)", "crashed"),
    "terminate oneself": ("os.kill(os.getpid(), signal.SIGTERM)", "crashed"),
    "CPU signal to oneself": ("os.kill(os.getpid(), signal.SIGXCPU)", None),
    "kill the parent": ("os.kill(os.getppid(), signal.SIGKILL); time.sleep(1)", "crashed"),
    "interrupt the parent": ("os.kill(os.getppid(), signal.SIGINT); time.sleep(0.001)", None),
    "kill all": ("os.kill(-1, signal.SIGKILL); os._exit(0)", "crashed"),
    "interrupt all": ("os.kill(-1, signal.SIGINT); time.sleep(0.001)", None),
    "kill the group": ("os.killpg(0, signal.SIGKILL)", "crashed"),
    "kill every pid": (
        "for pid in range(1, 40_000):\n    try: os.kill(pid, signal.SIGKILL)\n    except OSError: pass",
        "crashed",
    ),
    "segmentation fault": ("ctypes.string_at(0)", "crashed"),
    "abort": ("os.abort()", "crashed"),
    "recursion": ("def f(): f()\nf()", "error"),
    "recursion in C": (
        "sys.setrecursionlimit(10**9)\nx = ()\nfor _ in range(10**6): x = (x,)\nisinstance(1, x)",
        "crashed",
    ),
    "memory at once": ("bytearray(10 << 30)", "crashed"),
    "memory bit by bit": ("x = []\nwhile True: x.append(bytes(1 << 22))", "crashed"),
    "memory by mmap": ("import mmap\nmmap.mmap(-1, 10 << 30)", "error"),
    "memory that is shared": ("import mmap\nx = [mmap.mmap(-1, 64 << 20) for _ in range(64)]", "error"),
    "a huge number": ("x = 1 << (1 << 34)", "crashed"),
    "stop iteration": ("raise StopIteration", "error"),
    "a question on stdin": ("input()", "error"),
    "a look at stdin": ("assert sys.stdin.read() == '' == open(0).read()\nraise EOFError", "error"),
    "a debugger": ("breakpoint()", None),
    "a double": ("os.fork()", None),
    "closed descriptors": ("os.closerange(0, 256)", None),
    "limits that are too small": ("import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))", None),
    "alarm": ("signal.setitimer(signal.ITIMER_REAL, 1e-6); time.sleep(1)", "crashed"),
    "a handler for everything": (
        "for s in range(1, 65):\n    try: signal.signal(s, lambda *_: None)\n    except (OSError, ValueError): pass\n"
        "os.kill(os.getpid(), 9)",
        "crashed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_an_operation_that_ends_the_process(strongest: Arena, name: str) -> None:
    attack, status = ENDS[name]
    strongest.holds(planted(strongest.new(), NEG, attack), NEG.items, status=status, only=["engine-neg"])


@pytest.mark.parametrize("name", ["exit with 0", "kill all", "kill the group", "kill every pid", "memory bit by bit"])
def test_an_operation_that_ends_the_process_without_bwrap(without_bwrap: Arena, name: str) -> None:
    attack, status = ENDS[name]
    without_bwrap.holds(planted(without_bwrap.new(), NEG, attack), NEG.items, status=status, only=["engine-neg"])


LOOPS = {
    "an endless loop": ("while True: pass", "timeout"),
    "a long sleep": ("time.sleep(10**6)", "timeout"),
    "a stopped parent": ("os.kill(os.getppid(), signal.SIGSTOP); time.sleep(100)", "timeout"),
    "a loop deaf to signals": (
        "for s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
        "while True: pass",
        None,
    ),
    "a child that floods the pipes": (
        "if os.fork() == 0:\n    os.setsid()\n    while True: os.write(1, b'x' * 65536)",
        None,
    ),
}


@pytest.mark.parametrize("name", LOOPS)
def test_an_operation_that_does_not_come_to_an_end(strongest: Arena, name: str) -> None:
    attack, status = LOOPS[name]
    strongest.holds(planted(strongest.new(), CENTRAL, attack), CENTRAL.items, status=status)


ONCE = "if 'mallory' in vars(sys): return 1.0\nsys.mallory = True\n"  # costly, so it is done only once
FLOODS = {
    "100 MB of prints": ONCE + "for _ in range(100): print('x' * 10**6)",
    "100 MB on stderr": ONCE + "for _ in range(100): sys.stderr.write('x' * 10**6)",
    "100 MB of raw writes": ONCE + "for _ in range(100): os.write(1, b'\\xff\\x00' * 500_000)",
    "no stdout": "sys.stdout = sys.stderr = sys.__stdout__ = None",
    "a closed stdout": "sys.stdout.close(); sys.stderr.close()",
    "a hostile stdout": "class S:\n    def __getattr__(self, name): raise SystemExit\nsys.stdout = sys.stderr = S()",
    "a stdout that exits": "class S:\n    flush = lambda self: os._exit(0)\nsys.stdout = S()",
    "exit functions": "import atexit\natexit.register(lambda: os.write(1, b'x' * 10**6)); atexit.register(os._exit, 0)",
    "a trace function": "sys.settrace(lambda *_: None); sys.setprofile(lambda *_: None)",
    "an audit hook": "def hook(*_): raise SystemExit\nsys.addaudithook(hook)",
    "collector callbacks": "gc.callbacks.append(lambda *_: os._exit(0)); gc.enable(); gc.set_threshold(1)",
    "threads that stay": "for _ in range(8): threading.Thread(target=time.sleep, args=(1000,)).start()",
    "a thread that spins": ONCE + "def spin():\n    while True: pass\nthreading.Thread(target=spin).start()",
    "a thread that exits": "threading.Timer(0.02, os._exit, (0,)).start()",
    "an exception hook": "sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *_: os._exit(0)",
    "deletion that exits": "class D:\n    def __del__(self): os._exit(0)\nsys.mallory = D()",
    "writes to every descriptor": (
        "for fd in range(3, 64):\n    try:\n        os.set_blocking(fd, False)\n        os.write(fd, b'x' * 10**6)\n"
        "    except OSError: pass"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOODS)
def test_an_operation_that_makes_a_nuisance_of_itself(strongest: Arena, name: str) -> None:
    report = strongest.holds(planted(strongest.new(), NEG, FLOODS[name]), NEG.items)
    assert len(report_json(report)) < 200_000
    for item in report.items:
        assert len(item.stdout) <= QUICK.output


# --- processes ----------------------------------------------------------------------------------------------

DAEMONS = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for s in range(1, 65):
            try: signal.signal(s, signal.SIG_IGN)
            except (OSError, ValueError): pass
        time.sleep(1000)
    os._exit(0)
os.wait()
"""
BOMB = """
def bomb():
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass
for _ in range(3):
    if os.fork() == 0:
        bomb()
time.sleep(0.05)
"""


def test_daemons_die(arena: Arena) -> None:
    """They hold the pipes open, have a session of their own, and their parents are dead."""
    arena.holds(planted(arena.new(), NEG, DAEMONS), NEG.items, status="failed", only=["engine-neg"])
    arena.holds(imported(arena.new(), "engine.py", DAEMONS))


def test_hostile_processes_can_be_seen_from_here(strongest: Arena) -> None:
    """What `survivors` says is worth something: a sleeping daemon is there while the rest of the submission runs."""
    package = planted(strongest.new(), NEG, DAEMONS)
    append(package, "derivative.py", "import time\ntime.sleep(0.5)\n")
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen.extend(survivors())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        strongest.grade(package)
    finally:
        over.set()
        watcher.join()
    assert seen
    assert survivors() == []


def test_an_item_leaves_all_processes_to_the_next(strongest: Arena) -> None:
    """Both are asked alone in the end, as they are wrong: the second must be able to start what the first could."""
    count = """
    started = []
    try:
        while True:
            started.append(os.fork())
            if not started[-1]:
                os.setsid()
                time.sleep(1000)
    except OSError:
        print('started', len(started))
    os._exit(0)
    """
    package = planted(strongest.new(), NEG, count)
    body = textwrap.indent(textwrap.dedent(PRELUDE + textwrap.dedent(count)), "    ")
    append(package, "engine.py", f"def _count(self, other):\n{body}\nValue.__sub__ = _count")
    report = strongest.holds(package, {*NEG.items, "engine-sub"}, may=["stretch-edges"])
    assert printed(report, "engine-neg") == printed(report, "engine-sub") != []


def test_a_fork_bomb_costs_its_own_item(strongest: Arena) -> None:
    strongest.holds(planted(strongest.new(), NEG, BOMB), NEG.items)


def test_a_fork_bomb_costs_no_other_submission(arena: Arena) -> None:
    bomb = BOMB + "os._exit(0)"
    for package in (planted(arena.new(), NEG, bomb), imported(arena.new(), "derivative.py", bomb)):
        arena.grade(package)
        arena.is_fair()


def test_no_signal_reaches_the_supervisor(arena: Arena) -> None:
    attack = """
    for number in range(1, 65):
        try: os.kill(1, number)
        except OSError: pass
    """
    arena.holds(planted(arena.new(), NEG, attack), NEG.items)
    arena.holds(imported(arena.new(), "engine.py", attack))


def test_the_signals_that_python_does_not_handle_do_not_reach_the_supervisor(arena: Arena) -> None:
    attack = """
    for number in set(range(1, 65)) - {signal.SIGINT}:
        try: os.kill(1, number)
        except OSError: pass
    """
    arena.holds(planted(arena.new(), NEG, attack), NEG.items)
    arena.holds(imported(arena.new(), "engine.py", attack))


@pytest.mark.parametrize("call", ["os.killpg(0, 9)", "os.kill(0, 9)", "os.kill(-1, 9)", "os.kill(os.getppid(), 9)"])
def test_an_import_that_kills_around_costs_its_module(arena: Arena, call: str) -> None:
    arena.holds(imported(arena.new(), "engine.py", call), may=ENGINE)


def test_an_import_cannot_kill_its_process_group_where_signals_are_not_scoped(
    exam: Exam, honest: Path, tmp_path: Path
) -> None:
    """Older kernels' Landlock keeps no signals in, and a process group reaches across namespaces."""
    layers = tuple(layer for layer in sandbox("auto").layers if layer != "landlock")
    if not {"bwrap", "namespaces"} <= {*layers}:
        pytest.skip("this needs bwrap and namespaces")
    with Grader(exam, Sandbox(True, layers), shrink=False, limits=QUICK) as grader:
        arena = Arena(grader, tmp_path, honest)
        arena.holds(imported(arena.new(), "engine.py", "os.killpg(0, signal.SIGKILL)"), may=ENGINE)


# --- imports ------------------------------------------------------------------------------------------------

IMPORTS = {
    "exit": "os._exit(0)",
    "crash": "ctypes.string_at(0)",
    "sys.exit": "sys.exit(0)",
    "memory": "x = []\nwhile True: x.append(bytes(1 << 22))",
    "recursion": "def f(): f()\nf()",
    "kill": "os.kill(os.getpid(), signal.SIGKILL)",
    "closed descriptors": "os.closerange(0, 256)",
    "a dying thread": "threading.Timer(0.05, os._exit, (0,)).start()",
    "a thread that floods": (
        "def flood():\n    while True:\n        for fd in range(64):\n            try: os.write(fd, b'x' * 4096)\n"
        "            except OSError: pass\nthreading.Thread(target=flood, daemon=True).start()"
    ),
    "no Value": "del Value",
    "Value is a string": "Value = 'Value'",
    "a module that is none": "sys.modules[__name__] = None",
    "a module of its own": (
        "class M:\n    def __getattr__(self, name): os._exit(0)\nsys.modules['micrograd.engine'] = M()"
    ),
    "no builtins": "import builtins\nfor name in list(vars(builtins)): delattr(builtins, name)",
    "no modules": "sys.modules.clear()",
    "no harness": "for name in [n for n in sys.modules if n.startswith('autograder')]: del sys.modules[name]",
    "a hostile exception": "class E(BaseException):\n    def __str__(self): os._exit(0)\nraise E",
    "not implemented": "raise NotImplementedError",
    "a metaclass that exits": (
        "class M(type):\n    def __getattribute__(cls, name): os._exit(0)\nclass Value(metaclass=M): pass"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPORTS)
def test_trouble_in_an_import_costs_its_module(strongest: Arena, name: str) -> None:
    reaching = ("no modules", "a thread that floods", "a dying thread")  # what they do, they do to who comes next, too
    may = ENGINE | NETS if name in reaching else ENGINE
    strongest.holds(imported(strongest.new(), "engine.py", IMPORTS[name]), may=may)


def test_an_import_that_hides_the_other_modules_costs_its_own(strongest: Arena) -> None:
    attack = "sys.path.clear(); sys.meta_path.clear(); sys.path_hooks.clear()"
    strongest.holds(imported(strongest.new(), "engine.py", attack), may=ENGINE | NETS)


def test_an_operation_cannot_make_all_others_look_undone(strongest: Arena) -> None:
    attack = """
    def later(self, *a, **k): raise NotImplementedError
    lab = harness('sandbox.lab').StudentLab
    lab.operand = lab.nodes = lab.engine = lab.isolated = lab.trace = lab.draw_dot = later
    raise NotImplementedError
    """
    strongest.holds(planted(strongest.new(), NEG, attack), NEG.items)


@pytest.mark.parametrize("name", ["exit", "a hostile exception", "recursion"])
def test_trouble_in_the_init_costs_nothing(strongest: Arena, name: str) -> None:
    report = strongest.holds(imported(strongest.new(), "__init__.py", IMPORTS[name]))
    assert report.message.startswith("micrograd/__init__.py ") or "importing micrograd/__init__.py" in report.message
    assert report.message.endswith("; graded without it")


def test_an_import_that_does_not_come_to_an_end_costs_its_module(strongest: Arena) -> None:
    package = imported(strongest.new(), "derivative.py", "while True: pass")
    strongest.holds(package, sorted(DERIVATIVE), status="timeout", only=DERIVATIVE)


SOURCES = {
    "null bytes": b"x = 1\0\n",
    "not UTF-8": b"x = '\xff\xfe'\n",
    "an unknown encoding": b"# -*- coding: mallory -*-\nx = 1\n",
    "another encoding": b"# -*- coding: utf-7 -*-\n+AAo-raise SystemExit\n",
    "deep parentheses": b"x = " + b"(" * 100_000,
    "deep unary minus": b"x = " + b"-" * 300_000 + b"1",
    "deep attributes": b"x = a" + b".a" * 100_000,
    "a long line": b"x = '" + b"x" * 4_000_000 + b"'",
    "a huge constant": b"x = 'x' * 0\ny = " + b"9" * 5_000,
    "a huge product": b"x = 'a' * 10**10",
}


@pytest.mark.parametrize("name", SOURCES)
def test_odd_sources_cost_their_module(strongest: Arena, name: str) -> None:
    package = reference(strongest.new())
    (package / "micrograd" / "derivative.py").write_bytes(SOURCES[name])
    strongest.holds(package, sorted(DERIVATIVE))


def test_files_that_shadow_are_not_found(strongest: Arena) -> None:
    """Whatever is called like a module that the grader or the reference imports, beside micrograd/ or within."""
    package = reference(strongest.new())
    names = (
        "conftest sitecustomize usercustomize numpy math json random numbers graphviz autograder ctypes torch typing"
    )
    for folder in (package, package / "micrograd"):
        for name in names.split():
            (folder / f"{name}.py").write_text("import os\nos._exit(3)\n")
        (folder / "graphviz").mkdir()
        (folder / "graphviz" / "__init__.py").write_text("import os\nos._exit(3)\n")
        (folder / "evil.pth").write_text("import os; os._exit(3)\n")
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    strongest.holds(package)


def test_links_lead_nowhere(strongest: Arena) -> None:
    """A link to the reference earns nothing, and a link to a file of the host is not followed."""
    package = reference(strongest.new())
    for name in ("engine.py", "trace.py"):
        (package / "micrograd" / name).unlink()
    (package / "micrograd" / "engine.py").symlink_to(ROOT / "solutions" / "micrograd" / "engine.py")
    (package / "micrograd" / "secret.txt").symlink_to("/etc/passwd")
    (package / "micrograd" / "all").symlink_to("/")
    report = strongest.holds(package, sorted(ENGINE))
    assert "secret.txt" in report.message
    linked = strongest.new()
    (linked / "micrograd").symlink_to(ROOT / "solutions" / "micrograd")
    strongest.holds(linked, list(ITEMS))


# --- the host and the network -------------------------------------------------------------------------------

WRITES = """
here = os.path.dirname(os.path.abspath(__file__))
places = ['.', '/', '/tmp', '/var/tmp', '/dev', '/dev/shm', '/run', '/proc', '/sys', '/etc', '/root', '/home', '/work',
          '/packages', '/harness', here, os.path.dirname(here), os.path.dirname(os.path.dirname(here)), {root!r}]
flags = os.O_CREAT | os.O_WRONLY
done = 0
for place in places:
    name = place + '/mallory'
    for what, act in dict(
        open=lambda: os.open(name, flags), mkdir=lambda: os.mkdir(name), symlink=lambda: os.symlink('/etc', name),
        mkfifo=lambda: os.mkfifo(name), link=lambda: os.link(__file__, name), mknod=lambda: os.mknod(name),
        anonymous=lambda: os.open(place, os.O_TMPFILE | os.O_RDWR), chmod=lambda: os.chmod(place, 0o777),
        utime=lambda: os.utime(place, (1, 1)), rename=lambda: os.rename(here, name),
        xattr=lambda: os.setxattr(place, 'user.x', b'x'),
    ).items():
        try:
            act()
        except OSError:
            done += 1
        else:
            print('LEAK', what, place)
for what, act in dict(
    append=lambda: open(__file__, 'a'), update=lambda: open(__file__, 'r+'), remove=lambda: os.remove(__file__),
    truncate=lambda: os.truncate(__file__, 0), utime=lambda: os.utime(__file__, (1, 1)),
    chmod=lambda: os.chmod(__file__, 0o777),
    chown=lambda: os.chown(__file__, os.getuid(), os.getgid()), python=lambda: open(os.__file__, 'a'),
    null=lambda: os.chmod('/dev/null', 0o777), urandom=lambda: open('/dev/urandom', 'wb'),
).items():
    try:
        act()
    except OSError:
        done += 1
    else:
        print('LEAK', what)
print('no', done)
"""  # fmt: skip


def test_nothing_can_be_written(arena: Arena) -> None:
    report = arena.holds(planted(arena.new(), NEG, WRITES.format(root=str(ROOT))), NEG.items)
    lines = set(printed(report, "engine-neg"))
    assert lines == {f"no {19 * 11 + 10}"}


READS = """
worker = harness('sandbox.worker').__file__
def listed(path):
    return os.listdir(path)
def inspected():
    import inspect
    return inspect.getsource(harness('sandbox.lab').StudentLab)
def lines():
    import linecache
    assert linecache.getlines(worker)
def loaded():
    return harness('sandbox.worker').__spec__.loader.get_data(worker)
for path in ('/etc/passwd', '/etc/hostname', '/proc/self/status', '/proc/1/environ', '/proc/self/maps',
             '/proc/mounts', '/sys/kernel/hostname', '/root/.bashrc', '/dev/mem', '/dev/vda', '/dev/tty',
             worker, {exam!r}, {solution!r}):
    attempt(path, lambda: open(path, 'rb').read())
for path in ('/proc', '/root', '/home', '/work', '/tmp', '/harness', {parent!r}, os.path.dirname(worker),
             os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))):
    attempt(path, listed, path)
for function in (inspected, lines, loaded):
    attempt(function.__name__, function)
"""


def test_nothing_can_be_read(arena: Arena) -> None:
    """No file of the host, of the grader or of anybody else; the interpreter's own and one's own are there."""
    secrets = {
        "exam": str(next((ROOT / ".cache").glob("exam-*.json"))),
        "solution": str(ROOT / "solutions" / "micrograd" / "engine.py"),
        "parent": str(ROOT),
    }
    attack = READS.format(**secrets) + "\nprint('own', len(open(__file__).read()) > 9)"
    report = arena.holds(planted(arena.new(), NEG, f"sys.stdout.write('\\n')\n{attack}\nos._exit(0)"), NEG.items)
    lines = printed(report, "engine-neg")
    assert [line for line in lines if line.startswith("LEAK")] == []
    assert len([line for line in lines if line.startswith("no ")]) == 26, lines
    assert lines[-1] == "own True"


CALLS = """
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    answer = getattr(libc, name)(*arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), name)
    return answer
def connect(family, kind, address):
    call('connect', call('socket', family, kind, 0), address, len(address))
def inet(port):
    return b'\\2\\0' + port.to_bytes(2, 'big') + bytes([127, 0, 0, 1]) + bytes(8)
pair = (ctypes.c_int * 2)()
attempt('tcp', connect, 2, 1, inet({tcp}))
attempt('udp', connect, 2, 2, inet({udp}))
attempt('unix', connect, 1, 1, b'\\1\\0' + {path!r}.encode() + b'\\0')
attempt('abstract', connect, 1, 1, b'\\1\\0\\0' + {name!r}.encode())
attempt('tcp6', call, 'socket', 10, 1, 0)
attempt('raw', call, 'socket', 2, 3, 1)
attempt('netlink', call, 'socket', 16, 3, 0)
attempt('packet', call, 'socket', 17, 3, 0)
attempt('vsock', call, 'socket', 40, 1, 0)
attempt('bind', call, 'bind', 0, inet(0), 16)
attempt('listen', call, 'listen', 0, 1)
attempt('accept', call, 'accept', 0, None, None)
attempt('pair of another family', call, 'socketpair', 2, 1, 0, pair)
attempt('pair for datagrams', call, 'socketpair', 1, 2, 0, pair)
attempt('names', lambda: 1 / (libc.getaddrinfo(b'example.com', b'80', None, ctypes.byref(ctypes.c_void_p())) == 0))
os._exit(0)
"""


def test_nobody_can_be_called(arena: Arena, tmp_path: Path) -> None:
    name = f"{MARK}-abstract"
    with contextlib.ExitStack() as stack:
        tcp, udp, unix, abstract = (
            stack.enter_context(socket.socket(family, kind))
            for family, kind in (
                (socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM), (socket.AF_UNIX, socket.SOCK_STREAM),
            )
        )  # fmt: skip
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gs")))
        folder.chmod(0o755)
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        unix.bind(str(folder / "s"))
        (folder / "s").chmod(0o777)
        abstract.bind(f"\0{name}")
        for listener in (tcp, unix, abstract):
            listener.listen()
        places = {
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "path": str(folder / "s"),
            "name": name,
        }
        report = arena.holds(planted(arena.new(), NEG, CALLS.format(**places)), NEG.items)
        for listener in (tcp, unix, abstract):
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.accept()
        udp.setblocking(False)
        with pytest.raises(BlockingIOError):
            udp.recv(1)
    lines = printed(report, "engine-neg")
    assert len(lines) == 15
    assert [line for line in lines if not line.startswith("no ")] == []


PROGRAMS = """
import subprocess
attempt('run', lambda: subprocess.run([sys.executable, '-c', '1'], check=True))
attempt('shell', lambda: subprocess.run('true', shell=True, check=True))
attempt('exec', lambda: os.execv(sys.executable, [sys.executable, '-c', '1']))
attempt('spawn', lambda: os.posix_spawn('/bin/sh', ['sh'], {}))
attempt('spawnv', lambda: 1 / (os.spawnv(os.P_WAIT, sys.executable, [sys.executable, '-c', '1']) == 0))
attempt('system', lambda: 1 / (os.system('true') == 0))
attempt('popen', lambda: 1 / (os.popen('true').close() is None))
attempt('loader', lambda: os.execv('/lib64/ld-linux-x86-64.so.2', ['ld', sys.executable, '-c', '1']))
os._exit(0)
"""


def test_no_program_can_be_started(arena: Arena) -> None:
    report = arena.holds(planted(arena.new(), NEG, PROGRAMS), NEG.items)
    lines = printed(report, "engine-neg")
    assert [line for line in lines if "LEAK" in line] == []
    assert len([line for line in lines if line.startswith("no ")]) == 8, lines


PACKAGES = """
def get(name):
    return __import__(name, fromlist=['x'])
names = ['torch', 'hypothesis', 'pytest', 'rich', 'click', 'pip', 'setuptools', 'solutions.micrograd.engine',
         'autograder.oracle', 'autograder.oracle.torch_lab', 'autograder.exam', 'autograder.grading',
         'autograder.compare', 'autograder.scribe']
for name in names: attempt(name, get, name)
sys.meta_path[:] = [finder for finder in sys.meta_path if 'Allowed' not in repr(finder)]
sys.path += [{root!r}, {root!r} + '/solutions', {site!r}]
for name in names: attempt(name, get, name)
print('own', get('numpy').__name__, get('graphviz').__name__, get('micrograd.derivative').__name__)
os._exit(0)
"""


def test_no_other_package_can_be_imported(arena: Arena) -> None:
    """PyTorch, the exam and the oracle are not there, even for those who take the guard of imports away."""
    site = str(Path(jsonschema.__file__).parents[1])
    attack = PACKAGES.format(root=str(ROOT), site=site)
    report = arena.holds(planted(arena.new(), NEG, attack), NEG.items)
    lines = printed(report, "engine-neg")
    assert [line for line in lines if "LEAK" in line] == []
    assert len([line for line in lines if line.startswith("no ")]) == 28, lines
    assert lines[-1] == "own numpy graphviz micrograd.derivative"


# System calls by name: their numbers on x86_64 and aarch64, and arguments with which they would do something.
SYSTEM_CALLS = {
    "unshare": (272, 97, 0x10000000),
    "setns": (308, 268, 0, 0),
    "mount": (165, 40, 0, 0, 0, 0, 0),
    "chroot": (161, 51, 0),
    "ptrace": (101, 117, 16, 1, 0, 0),
    "process_vm_readv": (310, 270, 1, 0, 0, 0, 0, 0),
    "pidfd_getfd": (438, 438, 0, 0, 0),
    "bpf": (321, 280, 0, 0, 0),
    "io_uring_setup": (425, 425, 1, 0),
    "perf_event_open": (298, 241, 0, 0, -1, -1, 0),
    "userfaultfd": (323, 282, 1),
    "keyctl": (250, 219, 0, -3, 1),
    "memfd_create": (319, 279, 0, 0),
    "shmget": (29, 194, 0, 1 << 20, 0o1600),
    "personality": (135, 92, 0x0040000),
    "clone into a new user namespace": (56, 220, 0x10000011, 0, 0, 0, 0),
    "clone3": (435, 435, 0, 0),
    "prlimit of the parent": (302, 261, "os.getppid()", 0, 0, 0),
    "priority of the parent": (141, 140, 0, "os.getppid()", 19),
    "scheduling of the parent": (144, 119, "os.getppid()", 5, 0),
    "swapoff": (168, 225, 0),
    "init_module": (175, 105, 0, 0, 0),
    "settimeofday": (164, 170, 0, 0),
    "sethostname": (170, 161, 0, 0),
    "acct": (163, 89, 0),
    "open_by_handle_at": (304, 265, 0, 0, 0),
    "setuid": (105, 146, 0),
    "setgid": (106, 144, 0),
    "setresuid": (117, 147, 0, 0, 0),
    "setgroups": (116, 159, 1, 0),
    "fanotify_init": (300, 262, 0, 0),
}
KERNEL = """
import errno
libc = ctypes.CDLL(None, use_errno=True)
refused = []
def call(name, *arguments):
    pid = os.getpid()
    answer = libc.syscall(*map(ctypes.c_long, arguments))
    code = ctypes.get_errno()
    if os.getpid() != pid:
        os._exit(0)
    no_such_user = name.startswith('set') and code == errno.EINVAL
    if answer == -1 and (code in (errno.EPERM, errno.ENOSYS) or no_such_user):
        refused.append(name)
    else:
        print('LEAK', name, answer, code)
{calls}
print('no', len(refused))
os._exit(0)
"""


def test_the_kernel_refuses(arena: Arena) -> None:
    machine = {"x86_64": 0, "aarch64": 1}.get(os.uname().machine)
    if machine is None:
        pytest.skip("no filter for this machine")
    calls = [f"call({name!r}, {', '.join(map(str, (c[machine], *c[2:])))})" for name, c in SYSTEM_CALLS.items()]
    report = arena.holds(planted(arena.new(), NEG, KERNEL.format(calls="\n".join(calls))), NEG.items)
    assert printed(report, "engine-neg") == [f"no {len(SYSTEM_CALLS)}"]


LIMITS = """
import resource
most = resource.RLIM_INFINITY
for name in ('CPU', 'AS', 'NPROC', 'FSIZE', 'NOFILE', 'CORE'):
    kind = getattr(resource, 'RLIMIT_' + name)
    attempt(name, resource.setrlimit, kind, (most, most))
attempt('clock', time.clock_settime, time.CLOCK_REALTIME, 0)
attempt('nice', os.nice, -5)
attempt('realtime', lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)))
attempt('own', lambda: 1 / (os.getuid() == 0 or os.geteuid() == 0))
os._exit(0)
"""


def test_limits_cannot_be_raised(arena: Arena) -> None:
    report = arena.holds(planted(arena.new(), NEG, LIMITS), NEG.items)
    lines = printed(report, "engine-neg")
    assert [line for line in lines if not line.startswith("no ")] == []
    assert len(lines) == 10


# --- secrets in memory --------------------------------------------------------------------------------------

SEARCH = """
import hashlib
def skip(thing):
    return type(thing).__name__ == 'module' and not thing.__name__.startswith(('autograder', 'micrograd', '__main__'))
frames, frame = [], sys._getframe()
while frame is not None:
    frames.append(frame)
    frame = frame.f_back
waiting, seen, numbers = [*frames, *gc.get_objects()], set(), set()
waiting += [module for name, module in sys.modules.items() if name.startswith(('autograder', '__main__'))]
while waiting:
    thing = waiting.pop()
    if id(thing) in seen or skip(thing):
        continue
    seen.add(id(thing))
    if type(thing) is float:
        numbers.add(repr(thing))
    elif type(thing) not in (str, bytes, int):
        waiting += gc.get_referents(thing)
found = {{hashlib.sha256(number.encode()).hexdigest()[:16] for number in numbers}}
print('questions', len(found & set({questions!r}.split())))
print('answers', len(found & set({answers!r}.split())))
os._exit(0)
"""


def numbers_in(value: Any) -> set[str]:
    """All floats in a value, as they are written."""
    if isinstance(value, dict):
        return numbers_in(list(value.values()))
    if isinstance(value, list):
        return {number for part in value for number in numbers_in(part)}
    return {repr(value)} if isinstance(value, float) else set()


def test_memory_holds_questions_and_no_answers(strongest: Arena, exam: Exam) -> None:
    """Frames, modules and the collector lead to every question of the exam, and to not one answer."""
    asked = numbers_in(list(exam.questions().values()))
    answers = numbers_in([sheet.answers for sheet in exam.sheets.values()]) - asked
    answers = {number for number in answers if len(number) > 12}  # others come about by chance
    assert len(answers) > 50
    assert len(asked) > 50

    def hashes(numbers: set[str]) -> str:
        return " ".join(sorted(hashlib.sha256(number.encode()).hexdigest()[:16] for number in numbers))

    attack = SEARCH.format(questions=hashes(asked), answers=hashes(answers))
    package = planted(strongest.new(), CENTRAL, attack)  # the first item: no student's code has computed anything yet
    report = strongest.holds(package, CENTRAL.items)
    assert printed(report, "derivative-central") == [f"questions {len(asked)}", "answers 0"]


# --- points that nobody worked for --------------------------------------------------------------------------

FORGE = """
supervise, protocol = harness('sandbox.supervise'), harness('sandbox.protocol')
def say(tag, body):
    for fd in range(3, 64):
        try:
            os.write(fd, protocol.pack(tag + body))
        except OSError:
            pass
"""
FORGED_FRAMES = (
    FORGE
    + """
say(supervise.IMPORTED, b'{{}}')
for index in range(len(harness('rubric').load_items())):
    say(supervise.BEGIN, index.to_bytes(2, 'big'))
    for answers in {answers!r}:
        say(supervise.DONE, supervise.DONE_HEAD.pack(index, supervise.ANSWERED, 0, 0, 0) + answers)
os._exit(0)
"""
)
GUESSES = [
    b"[" + b",".join([guess] * count) + b"]"
    for guess in (b"[true]", b'{"status":"passed","earned":4}', b"null", b"[[]]", b"[{}]", b'{"raised":[]}')
    for count in (0, 1, 10, 17)
]
UNEARNED = {
    "forged frames": FORGED_FRAMES.format(answers=GUESSES),
    "forged frames with true": FORGED_FRAMES.format(answers=[b"[" + b",".join([b"[true]"] * 12) + b"]"]),
    "forged verdicts on every descriptor": """
        text = b'{"sittings":[],"imports":[],"lost":{}}\\n'
        report = b'{"schema":1,"score":60.0,"max_score":60.0,"bonus":10.0,"items":[]}\\n'
        for fd in range(64):
            for data in (text, report, harness('sandbox.protocol').pack(text), b'PASSED\\n', b'\\0' * 64):
                try: os.write(fd, data)
                except OSError: pass
        os._exit(0)
        """,
    "plain says true": "harness('sandbox.student').plain = lambda value: 'true'",
    "plain says anything": "harness('sandbox.student').plain = lambda value: '{\"status\": \"passed\"}'",
    "sit echoes the questions": """
        import json
        harness('sandbox.student').sit = lambda item, lab, questions, *_: json.dumps([[q] for q in questions])
        """,
    "sit answers with numbers": """
        harness('sandbox.student').sit = lambda item, lab, asked, *_: str([[[1.0, True]] for q in asked]).lower()
        """,
    "experiments return nothing": "harness('rubric').Item.__call__ = lambda self, lab, question: None",
    "experiments return the question": "harness('rubric').Item.__call__ = lambda self, lab, q: list(q.values())",
    "items are easy": """
        easy = dict(points=0, needs=(), judge=None, examples=(), tolerance=float('inf'), questions=0)
        for item in harness('rubric').load_items().values():
            for name, value in easy.items():
                object.__setattr__(item, name, value)
        """,
    "forged import failures": FORGE + """
evil = b'\\x1b[31m\\n::error::'
say(supervise.IMPORTED, b'{"engine": {"raised": 5, "text": [], "frames": "x"}, "derivative": {}, "trace": 1}')
for index in range(40):
    say(supervise.BEGIN, index.to_bytes(2, 'big'))
    kind = supervise.NO_IMPORT if index % 2 else supervise.TIMEOUT
    say(supervise.DONE, supervise.DONE_HEAD.pack(index, kind, -2**31, 4, 4) + b'[[]]' + evil[:4] + evil)
os._exit(0)
""",
    "a lab that agrees": """
        class Yes(float):
            __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
            __hash__ = float.__hash__
        lab = harness('sandbox.lab').StudentLab
        for name in [name for name in vars(lab) if not name.startswith('__')]:
            setattr(lab, name, lambda self, *a, **k: Yes())
        """,
    "a lab without doubts": """
        lab = harness('sandbox.lab').StudentLab
        lab.parents = lab.reaches = lambda self, out, *operands: [True] * len(operands)
        lab.result = lambda self, out: out
        lab.visits = lambda self: list(range(len(self._visits)))
        """,
    "another import": "import builtins\nbuiltins.__import__ = lambda *a, **k: sys.modules['micrograd']",
    "patched builtins": """
        import builtins
        for name in ('isinstance', 'all', 'any', 'abs', 'len', 'max', 'min', 'repr', 'float', 'type', 'id', 'sum'):
            setattr(builtins, name, lambda *a, **k: True)
        """,
    "patched json": """
        import json, marshal
        json.dumps = json.loads = marshal.dumps = json.encoder.encode_basestring_ascii = lambda *a, **k: 'true'
        """,
    "patched os": "os.write = lambda fd, data: len(data)\nos._exit = lambda code: None",
    "exit functions": "import atexit\natexit.register(lambda: os.write(3, b'[[true]]'))",
    "modules of the harness replaced": """
        import types
        for name in [n for n in sys.modules if n.startswith('autograder')]:
            sys.modules[name] = types.ModuleType(name)
        """,
    "functions of the harness replaced": """
        for thing in gc.get_objects() + list(vars(harness('sandbox.worker')).values()):
            if type(thing).__name__ == 'function' and str(thing.__module__).startswith('autograder.sandbox'):
                try: thing.__code__ = (lambda *a, **k: True).__code__
                except ValueError: pass
        """,
    "another exit code": "import threading\nthreading.Timer(0.01, os._exit, (0,)).start()",
    "not implemented is no exception": """
        import builtins
        class Quiet(Exception):
            def __new__(cls, *a): raise SystemExit(0)
        builtins.NotImplementedError = globals()['NotImplementedError'] = Quiet
        """,
    "a Value of any kind": """
        class Meta(type):
            __instancecheck__ = __subclasscheck__ = lambda *a: True
        class Value(metaclass=Meta):
            def __init__(self, *a, **k): pass
            def __getattr__(self, name): return lambda *a: self
            def __iter__(self): return iter([self])
            __add__ = __mul__ = __pow__ = __neg__ = __sub__ = __truediv__ = lambda self, *a: self
            __radd__ = __rmul__ = __rsub__ = __rtruediv__ = lambda self, *a: self
            __eq__ = lambda self, other: True
            __hash__ = lambda self: 0
        """,
}  # fmt: skip


SLOW = ("patched os", "functions of the harness replaced")  # the runner falls silent, again and again


@pytest.mark.parametrize("name", UNEARNED)
def test_stubs_with_an_attack_earn_nothing(strongest: Arena, name: str) -> None:
    whole = name not in ("a Value of any kind", *SLOW)
    files = ("engine.py", "derivative.py", "trace.py") if whole else ("engine.py",)
    report = strongest.holds(stubs(strongest.new(), UNEARNED[name], files), list(ITEMS), whole=False)
    assert (report.score, report.bonus) == (0, 0)


@pytest.mark.parametrize("name", ["forged frames", "plain says true"])
def test_stubs_with_an_attack_earn_nothing_without_bwrap(without_bwrap: Arena, name: str) -> None:
    report = without_bwrap.holds(stubs(without_bwrap.new(), UNEARNED[name]), list(ITEMS))
    assert (report.score, report.bonus) == (0, 0)


@pytest.mark.parametrize(
    "name",
    [
        "forged frames",
        "plain says true",
        "sit answers with numbers",
        "items are easy",
        "a lab without doubts",
        "patched builtins",
        "patched json",
        "modules of the harness replaced",
        "exit functions",
    ],
)
def test_an_attack_in_one_operation_helps_and_harms_no_other(strongest: Arena, name: str) -> None:
    """As above, from within a broken operation of an engine whose other operations are right."""
    strongest.holds(planted(strongest.new(), NEG, UNEARNED[name]), NEG.items, whole=False)


def test_borrowed_operators_earn_what_plain_arithmetic_earns(strongest: Arena) -> None:
    """The lab's own operators are within reach, and are no more than Python's: the rest of the rubric stays closed."""
    borrowed = """
        lab = harness('sandbox.lab').StudentLab
        make = lab._isolated_class
        lab._isolated_class = lambda self, method: make(self, '')
        """
    report = strongest.grade(stubs(strongest.new(), borrowed))
    assert {id for id, status in statuses(report).items() if status == "passed"} <= DERIVED
    arithmetic = """
        def number(x): return x.data if isinstance(x, Value) else x
        def node(compute): return lambda *xs: Value(compute(*map(number, xs)), [x for x in xs if isinstance(x, Value)])
        import operator
        Value.__neg__, Value.__sub__ = node(operator.neg), node(operator.sub)
        Value.__truediv__, Value.__rtruediv__ = node(operator.truediv), node(lambda a, b: b / a)
        Value.__radd__, Value.__rmul__ = node(operator.add), node(operator.mul)
        Value.__rsub__ = node(lambda a, b: b - a)
        """
    plain = strongest.grade(stubs(strongest.new(), arithmetic, ["engine.py"]))
    assert {id for id, status in statuses(plain).items() if status == "passed"} == DERIVED


ORDERS = {
    "a frame": "frame = sys._getframe(1)\nnodes = frame.f_locals['nodes']",
    "the collector": "nodes = [node for node in gc.get_objects() if isinstance(node, Value)]",
}


@pytest.mark.parametrize("name", ORDERS)
def test_the_order_cannot_be_found_ready_made(strongest: Arena, name: str) -> None:
    attack = ORDERS[name] + "\nself.grad = 1.0\nfor node in reversed(nodes): node._backward()\nreturn"
    found = statuses(strongest.grade(planted(strongest.new(), BACKWARD, attack)))
    assert found["backprop-order"] != "passed"


def test_the_trace_cannot_be_found_ready_made(strongest: Arena) -> None:
    attack = """
    nodes = sys._getframe(1).f_locals['nodes']
    return nodes, [(parent, node) for node in nodes for parent in node._prev]
    """
    strongest.holds(planted(strongest.new(), TRACE, attack), TRACE.items)


def test_parents_that_are_all_values_there_are_earn_nothing(strongest: Arena) -> None:
    """An engine that records no operands, and says that everything is a parent of everything."""
    attack = """
        everything = []
        init = Value.__init__
        def __init__(self, *arguments):
            everything.append(self)
            init(self, *arguments)
        Value.__init__ = __init__
        Value._prev = property(lambda self: everything[-40:], lambda self, value: None)
        """
    package = append(reference(strongest.new()), "engine.py", attack)
    report = strongest.grade(package)
    earned = {id for id, status in statuses(report).items() if status == "passed" and id.startswith("engine-")}
    assert earned == set()


CIRCLES = {
    "two subtractions": """
        Value.__sub__ = lambda self, other: (other if isinstance(other, Value) else Value(other)).__rsub__(self)
        Value.__rsub__ = lambda self, other: (other if isinstance(other, Value) else Value(other)) - self
        """,
    "negation and subtraction": """
        Value.__neg__ = lambda self: 0 - self
        Value.__rsub__ = lambda self, other: -(self - other)
        """,
    "two divisions": """
        Value.__truediv__ = lambda self, other: (other if isinstance(other, Value) else Value(other)).__rtruediv__(self)
        Value.__rtruediv__ = lambda self, other: (other if isinstance(other, Value) else Value(other)) / self
        """,
}


@pytest.mark.parametrize("name", CIRCLES)
def test_operations_that_call_each_other_in_a_circle_cost_the_whole_engine(strongest: Arena, name: str) -> None:
    """Each is right when the lab supplies the other, as isolation will have it: what never ends is the engine."""
    package = append(reference(strongest.new()), "engine.py", CIRCLES[name])
    strongest.holds(package, ["backprop-expressions"], may=["stretch-edges", *TRAINED])


def test_the_practice_exam_does_not_give_a_whole_item_away(exam: Exam) -> None:
    practice = exams.get(exams.PRACTICE_SEED)
    given_away = {
        id for id, sheet in exam.sheets.items() if all(q in practice.sheets[id].questions for q in sheet.questions)
    }
    assert given_away == set()


# --- odd answers --------------------------------------------------------------------------------------------

ANSWERS = {
    **{
        f"equal to everything: {kind}": (
            f"class Yes({kind}):\n    __eq__ = __ne__ = __le__ = __ge__ = lambda s, o: True\n"
            f"    __hash__ = {kind}.__hash__\n    __float__ = lambda s: -0.0\nx = Yes()"
        )
        for kind in ("float", "int", "str", "object")
    },
    "an object that lies about its class": (
        "class Lie:\n    __class__ = property(lambda s: float)\n    __float__ = lambda s: 1.0\n"
        "    __sub__ = lambda s, o: 0.0\nx = Lie()"
    ),
    "an object of numpy's": (
        "class Lie:\n    shape = ()\n    def item(self): return self\nLie.__module__ = 'numpy'\nx = Lie()"
    ),
    "an object with a hostile repr": (
        "class R:\n    def __repr__(self): os._exit(0)\n    __str__ = __hash__ = __format__ = __repr__\nx = R()"
    ),
    "a class with a hostile name": (
        "class M(type):\n    @property\n    def __name__(cls): return 'x' * 10**7\nclass N(metaclass=M): pass\nx = N()"
    ),
    "a class with an evil name": "x = type('\\x1b[31m::error::=cmd()', (), {})()",
    "nan": "x = float('nan')",
    "infinity": "x = float('inf')",
    "minus infinity": "x = -float('inf')",
    "a huge int": "x = 10 ** 400",
    "an int that is too long to print": "x = 10 ** 5000",
    "an int near the limit": "x = 2 ** 1024 - 1",
    "true": "x = True",
    "none": "x = None",
    "a text": "x = '1.0'",
    "a huge text": ONCE + "x = 'x' * 10 ** 7",
    "odd text": "x = '\\x1b[2J\\ud800\\0\\u202e::error::' * 100",
    "bytes": "x = b'1.0'",
    "complex": "x = 1 + 0j",
    "a decimal": "import decimal\nx = decimal.Decimal(-self.data)",
    "an array": "import numpy\nx = numpy.array([-self.data])",
    "a huge array": "import numpy\nx = numpy.zeros(10 ** 6)",
    "a list of it": "x = [-self.data]",
    "a long list": ONCE + "x = [0] * 10 ** 6",
    "an endless list": "x = []\nx.append(x)",
    "a deep list": ONCE + "x = -self.data\nfor _ in range(10 ** 5): x = [x]",
    "a list that is deep enough": "x = -self.data\nfor _ in range(300): x = [x]",
    "a dictionary": "x = {'object': -self.data, 'odd': 'x', 'raised': []}",
    "a dictionary with evil keys": "x = {'\":0}],[': 1, 'raised': ['NotImplementedError']}",
    "an endless generator": "x = (i for i in iter(int, 1))",
    "a Value": "x = Value(-self.data)",
    "the questions": "x = sys._getframe(1).f_locals",
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_no_number(strongest: Arena, name: str) -> None:
    package = planted(strongest.new(), NEG, ANSWERS[name] + "\nreturn Value(x, (self,), 'neg')")
    report = strongest.holds(package, NEG.items, whole=False)
    assert len(message(report, "engine-neg")) < 10_000


@pytest.mark.parametrize("name", ["equal to everything: object", "a deep list", "none", "a huge text", "true"])
def test_a_result_that_is_no_value(strongest: Arena, name: str) -> None:
    strongest.holds(planted(strongest.new(), NEG, ANSWERS[name] + "\nreturn x"), NEG.items, whole=False)


def answering(text: str) -> str:
    """An attack that answers all questions of an item with this JSON text."""
    return f"harness('sandbox.student').plain = lambda value: {text!r}"


@pytest.mark.parametrize("depth", [30, 200, 2_000, 100_000])
def test_a_deep_answer_that_is_deep_or_too_deep(strongest: Arena, depth: int) -> None:
    strongest.holds(planted(strongest.new(), NEG, answering("[" * depth + "]" * depth)), NEG.items)


@pytest.mark.parametrize("depth", [600, 900])
@pytest.mark.parametrize("around", ["{}", '{{"object": {}}}'])
def test_a_deep_answer_costs_its_own_item(strongest: Arena, depth: int, around: str) -> None:
    strongest.holds(planted(strongest.new(), NEG, answering(around.format("[" * depth + "]" * depth))), NEG.items)


def test_no_answer_ends_the_grading_of_a_class(strongest: Arena, exam: Exam, honest: Path, tmp_path: Path) -> None:
    deep = answering('{"object": ' + "[" * 600 + "]" * 600 + "}")
    packages = {"ada": honest, "mallory": planted(strongest.new(), NEG, deep), "zoe": honest}
    job = Job(exam, strongest.grader._worker.sandbox, item_ids(()), shrink=False)
    submissions = [Submission(student, {"": package}, student) for student, package in packages.items()]
    reports = grade_class(submissions, job, Results(tmp_path, job))
    assert {report.student: report.score for report in reports} == {"ada": 100.0, "mallory": 91.0, "zoe": 100.0}


def test_visits_that_are_texts_are_wrong(strongest: Arena) -> None:
    attack = """
        lab = sys.modules['autograder.sandbox.lab'].StudentLab
        lab.visits = lambda self: [str(index) for index in self._visits]
        """
    strongest.holds(imported(strongest.new(), "engine.py", attack), ["backprop-order"], may=ENGINE)


def test_a_forged_output_is_cut_too(strongest: Arena) -> None:
    attack = (
        FORGE
        + """
say(supervise.IMPORTED, b'{}')
for index in range(40):
    say(supervise.BEGIN, index.to_bytes(2, 'big'))
    say(supervise.DONE, supervise.DONE_HEAD.pack(index, supervise.ANSWERED, 0, 0, 900_000) + b'x' * 900_000 + b'[]')
os._exit(0)
"""
    )
    report = strongest.holds(imported(strongest.new(), "derivative.py", attack), sorted(DERIVATIVE))
    assert max(len(item.stdout) for item in report.items) <= QUICK.output


def test_a_long_answer_does_not_make_a_long_report(strongest: Arena) -> None:
    package = planted(strongest.new(), NEG, "if self.data == 0: return Value([0] * 100_000, (self,), 'neg')")
    report = strongest.holds(package, NEG.items)
    assert len(report_json(report)) < 200_000


def test_an_answer_that_changes_is_wrong(strongest: Arena) -> None:
    """Right but for one question that chance picks, again and again."""
    attack = """
    state = vars(sys).setdefault('mallory', {})
    item = id(sys._getframe(2).f_code)
    state.setdefault(item, int.from_bytes(os.urandom(1), 'big') % 4)
    state[item] -= 1
    if state[item] != -1: return Value(-self.data, (self,), 'neg')
    """
    strongest.holds(planted(strongest.new(), NEG, attack), ["engine-neg"], may=["backprop-expressions", *TRAINED])


# --- odd exceptions -----------------------------------------------------------------------------------------

EVIL = (
    "\\x1b[31mred\\x1b]0;title\\x07 [bold]markup[/] <script>alert(1)</script> @everyone #1 `code` | "
    "\\n::error file=x::evil\\n##[error]x\\n=cmd()|\\u202e"
)
EXCEPTIONS = {
    "evil text": f"raise ValueError('{EVIL}')",
    "evil name": f"raise type('{EVIL}', (Exception,), {{}})('x')",
    "evil prints": f"print('{EVIL}' * 9)\nsys.stderr.write('{EVIL}')\nraise ValueError",
    "evil function": f"f = lambda: 1 / 0\nf.__code__ = f.__code__.replace(co_name='{EVIL}')\nf()",
    "giant text": "raise ValueError('x' * 10**7)",
    "hostile str": "class E(Exception):\n    def __str__(self): os._exit(0)\n    __repr__ = __str__\nraise E",
    "str that raises": "class E(Exception):\n    def __str__(self): raise self\nraise E",
    "str that is no str": "class E(Exception):\n    def __str__(self): return 5\nraise E",
    "str of an odd kind": (
        "class S(str):\n    def __getitem__(self, i): raise SystemExit\nclass E(Exception):\n"
        "    def __str__(self): return S('x')\nraise E"
    ),
    "a metaclass without a name": (
        "class M(type):\n    __name__ = property(lambda c: 1 / 0)\nclass E(Exception, metaclass=M): pass\nraise E"
    ),
    "a metaclass with a number for a name": (
        "class M(type):\n    __name__ = property(lambda c: 7)\nclass E(Exception, metaclass=M): pass\nraise E"
    ),
    "a hostile traceback": "class E(Exception):\n    __traceback__ = property(lambda s: s)\nraise E",
    "a deep traceback": "def f(n):\n    if n: f(n - 1)\n    raise ValueError\nf(800)",
    "causes in a circle": "a, b = ValueError(), KeyError()\na.__cause__, b.__cause__ = b, a\nraise a",
    "a base exception": "class E(BaseException): pass\nraise E('x')",
    "a group": "raise BaseExceptionGroup('x', [SystemExit(0), ValueError('y')])",
    "a deep group": "e = ValueError()\nfor _ in range(10**4): e = ExceptionGroup('x', [e])\nraise e",
    "a hostile syntax error": (
        "class F:\n    def __str__(self): os._exit(0)\nraise SyntaxError('x', (F(), F(), F(), F(), F(), F()))"
    ),
    "a syntax error elsewhere": "raise SyntaxError('x', ('/etc/shadow', 10**400, 1, 'x'))",
    "an unknown name": "raise NameError('NotImplementedError')",
    "an exception that is none": "raise 5",
    "an exception that cannot be made": "class E(Exception):\n    def __new__(cls): return 5\nraise E",
    "an arithmetic error": "raise FloatingPointError",
    "the harness's own exception": f"raise harness('sandbox.lab').WrongKind('{EVIL}' * 99)",
    "the harness's own exception, hostile": (
        "class W(harness('sandbox.lab').WrongKind):\n    def __str__(self): os._exit(0)\nraise W"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_odd_exception(strongest: Arena, name: str) -> None:
    report = strongest.holds(planted(strongest.new(), NEG, EXCEPTIONS[name]), NEG.items, whole=False)
    assert statuses(report)["engine-neg"] in ("error", "crashed", "failed")
    assert len(message(report, "engine-neg")) < 10_000
    faces_are_harmless(report)


def test_not_implemented_in_any_form_is_todo(strongest: Arena) -> None:
    attack = "class Later(KeyError, NotImplementedError): pass\nraise Later('x' * 10**6)"
    strongest.holds(planted(strongest.new(), NEG, attack), NEG.items, status="todo", only=["engine-neg"])


def faces_are_harmless(report: Report) -> None:
    """No escape sequence, markup, workflow command or formula of the student's gets through."""
    screen = io.StringIO()
    terminal_face.print_report(report, Console(file=screen, width=200), hints=True)
    shown = screen.getvalue()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", shown)
    assert not re.search(r"(?m)^\s*::", shown)

    commands = github_face.annotations(report).splitlines()
    assert all(re.match(r"::(error|notice|warning) [^:]*::", line) for line in commands)
    assert len(commands) == len([item for item in report.items if item.status not in ("passed", "blocked")])
    assert not any("##[" in line or "\x1b" in line for line in commands)

    text = markdown_face.markdown(report, hints=True)
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)  # what is in code blocks is inert
    assert "<script>" not in outside
    assert "[bold]" not in outside
    assert not re.search(r"@\w|\x1b", outside)

    with tempfile.TemporaryDirectory() as folder:
        write_grades(Path(folder, "grades.csv"), [report], list(ITEMS))
        rows = list(csv.reader(Path(folder, "grades.csv").read_text().splitlines()))
    assert len(rows) == 2
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


PLACES = {
    "elsewhere": "'/etc/shadow'",
    "above": "__file__ + '/../../../../../etc/shadow'",
    "within": "os.path.dirname(__file__) + '/../../secret.py'",
    "nowhere": "''",
    "odd": "'\\n::error::x'",
}


@pytest.mark.parametrize("name", PLACES)
def test_code_that_says_it_is_from_another_file(strongest: Arena, name: str) -> None:
    attack = f"""
    exec(compile('def f(self): raise ValueError', {PLACES[name]}, 'exec'), globals())
    def renamed(f): f.__code__ = f.__code__.replace(co_filename={PLACES[name]}, co_firstlineno=7)
    renamed(_attack)
    f(self)
    """
    report = strongest.holds(planted(strongest.new(), NEG, attack), NEG.items)
    rename = f"Value.__neg__.__code__ = Value.__neg__.__code__.replace(co_filename={PLACES[name]})"
    moved = imported(strongest.new(), "engine.py", f"Value.__neg__ = lambda self: self\n{rename}")
    for item in [*report.items, *strongest.holds(moved, NEG.items).items]:
        assert item.file is None or re.fullmatch(r"micrograd/\w+\.py", item.file), item.file


# --- hostile classes ----------------------------------------------------------------------------------------

BROKEN = "\nValue.__neg__ = lambda self: Value(self.data + 1.0, (self,), 'neg')\n"
CLASSES = {
    "init_subclass that breaks in": """
        def __init_subclass__(cls, **options):
            for name in list(vars(cls)):
                if name.startswith('__') and name.endswith('__') and name not in ('__module__', '__doc__'):
                    try: delattr(cls, name)
                    except (AttributeError, TypeError): pass
        Value.__init_subclass__ = classmethod(__init_subclass__)
        """,
    "init_subclass that raises": "Value.__init_subclass__ = classmethod(lambda cls, **options: 1 / 0)",
    "init_subclass that exits": "Value.__init_subclass__ = classmethod(lambda cls, **options: os._exit(0))",
    "new that gives always the same": """
        only = Value(1.0)
        Value.__new__ = lambda cls, *a, **k: only
        """,
    "new that gives something else": "Value.__new__ = lambda cls, *a, **k: 1.0",
    "a metaclass that agrees": """
        class Meta(type):
            __instancecheck__ = __subclasscheck__ = lambda cls, other: True
            __eq__ = lambda cls, other: True
            __hash__ = type.__hash__
        class Value(Value, metaclass=Meta): pass
        """,
    "attributes that never end": "Value.__getattr__ = lambda self, name: self",
    "attributes that exit": "Value.__getattr__ = lambda self, name: os._exit(0)",
    "setting that does nothing": "Value.__setattr__ = lambda self, name, value: None",
    "equal to everything": "Value.__eq__ = lambda self, other: True\nValue.__hash__ = lambda self: 0",
    "without a hash": "Value.__hash__ = None",
    "a hash that raises": "Value.__hash__ = lambda self: 1 / 0",
    "deletion that exits": "Value.__del__ = lambda self: os._exit(0)",
    "deletion that raises": "Value.__del__ = lambda self: 1 / 0",
    "a descriptor that exits": """
        class D:
            def __get__(self, node, cls): os._exit(0)
        Value.__neg__ = D()
        """,
    "a descriptor for data": """
        class D:
            def __get__(self, node, cls): return 1.0 if node is not None else self
            def __set__(self, node, value): pass
        Value.data = Value.grad = D()
        """,
    "data that equals everything": """
        class Yes(float):
            __eq__ = __ne__ = lambda self, other: True
            __hash__ = float.__hash__
        Value.data = property(lambda self: Yes(0.0), lambda self, value: None)
        """,
    "truth that exits": "Value.__bool__ = Value.__len__ = lambda self: os._exit(0)",
    "a class that is its own": "Value.__class__ = property(lambda self: float)",
    "no base": "Value = type('Value', (), {'__slots__': ()})",
    "a final class": "Value = type('Value', (int,), {})",
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_hostile_classes_earn_nothing_for_what_is_broken(strongest: Arena, name: str) -> None:
    package = append(reference(strongest.new()), "engine.py", BROKEN + "import os\n" + textwrap.dedent(CLASSES[name]))
    strongest.holds(package, ["engine-neg"], may=ENGINE, whole=False)


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
PATIENT = settings(
    deadline=None, database=None, derandomize=True, max_examples=60, suppress_health_check=list(HealthCheck)
)


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
    finding = judge_answer(ITEMS[id], sheet.questions[place], expected, given)
    if finding.status == "passed":
        assert isinstance(given, list) and len(given) == 1
        assert ITEMS[id].judge or equal(expected, given[0])
    result = ItemResult(
        id, "engine", "", 1, 0, "failed", finding.message, {"inputs": {}, "expected": [], "got": [finding.got]}
    )
    report_json(Report("mallory", "", "", [], [result], ""))


PLAIN_JUDGES = [id for id, item in ITEMS.items() if item.judge is None]


@PATIENT
@given(id=st.sampled_from(PLAIN_JUDGES), place=st.integers(0, 30), given=JSON | JSON.map(lambda x: [x]))
@example("engine-neg", 0, [[-0.0, 1]])
@example("engine-neg", 0, [[0, True]])
@example("engine-neg", 0, [[True, True]])
@example("engine-neg", 0, [[float("nan"), True]])
@example("engine-neg", 0, [[10**400, True]])
@example("engine-neg", 0, {"odd": "x", "raised": ["NotImplementedError"]})
@example("engine-neg", 0, {"raised": {"x": 1}, "text": 5, "frames": [[1], ["x", 10**400, "f"], ["a" * 999, 1, "f"]]})
def test_no_answer_confuses_the_judge(id: str, place: int, given: Any) -> None:
    judged(exams.get(), id, place, given)


def test_the_right_answers_pass(exam: Exam) -> None:
    """The test above can fail: there are answers that pass."""
    for id, sheet in exam.sheets.items():
        for question, expected in zip(sheet.questions, sheet.answers, strict=True):
            assert judge_answer(ITEMS[id], question, expected, [expected]).status == "passed"


@pytest.mark.parametrize("wrong", [[], [[1.0], [2.0]], {}, None, "passed", 1, True, {"status": "passed"}, [None]])
def test_what_is_no_answer_does_not_pass(exam: Exam, wrong: Any) -> None:
    for id, sheet in exam.sheets.items():
        assert judge_answer(ITEMS[id], sheet.questions[0], sheet.answers[0], wrong).status != "passed"


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
                assert judge_answer(ITEMS[id], question, expected, [wrong]).status != "passed", (id, expected, wrong)


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
                finding = judge_answer(ITEMS["backprop-order"], sheet.questions[place], [grads, visits], [[grads, odd]])
                assert finding.status != "passed"


@PATIENT
@given(place=st.integers(0, 30), grads=JSON, visits=JSON)
def test_no_answer_on_the_order_confuses_the_judge(place: int, grads: Any, visits: Any) -> None:
    judged(exams.get(), "backprop-order", place, [[grads, visits]])


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
        and (isinstance(a.answers, list) if a.kind == "answered" else a.answers is None)
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


@PATIENT
@given(st.binary(max_size=200))
@example(b"")
@example(b"\n")
@example(b"{}")
@example(b"null\n")
@example(b"[" * 100_000)
@example(b'{"sittings": [[[[[[')
@example(b'{"sittings": ' + b"9" * 5_000 + b"}\n")
def test_random_bytes_are_no_record(reply: bytes) -> None:
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
def test_no_made_up_record_confuses_the_launcher(head: Any, blob: bytes) -> None:
    decodes(json.dumps(head).encode() + b"\n" + blob)


@PATIENT
@given(st.sampled_from([id for id, item in ITEMS.items() if item.explain]), JSON)
@example("nn-dropout", [[[1.0, 20]], [[10**400, 1]], [[1.0, 20]]])
@example("nn-dropout", [[[0.0, 20]], [[0.0, 300]], [[0.0, 20]]])
@example("nn-dropout", [[], [], []])
@example("training-step", [10**400, [None], [{"object": [1]}]])
@example("training-step", [True, {"object": "x" * 10_000}, "step"])
def test_no_answer_confuses_an_explanation(exam: Exam, id: str, got: Any) -> None:
    item, sheet = ITEMS[id], exam.sheets[id]
    for question, expected in zip(sheet.questions, sheet.answers, strict=True):
        if judge_answer(item, question, expected, [got]).status == "failed":
            assert item.explain and 0 < len(item.explain(question, expected, got)) < 10_000


@PATIENT
@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b"[" + b"9" * 5_000 + b"]")
@example(b"[NaN, Infinity, -Infinity, 1e999]")
@example(b'{"a": 1}')
def test_no_answer_confuses_the_launcher(raw: bytes) -> None:
    decodes(one_record("engine-neg", raw))
    decodes(one_record("engine-neg", raw, imports=[]))
    decodes(one_record("engine-neg", raw, sittings=[["engine-neg", "f", 0, 0, 0, len(raw), 0, 0]]))
    decodes(one_record("engine-neg", raw, sittings=[], imports=[len(raw)]))


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

    def progress(self) -> int:
        return 0

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

    supervising.supervise(start, [0, 1, 2], Limits(), record)
    assert set(record.sittings) == {0, 1, 2}
    assert clock[0] <= 3 * (Limits().imports + Limits().wall) + 4 * Limits().imports
    assert sum(map(len, record.imports)) < 1 << 20


def test_a_runner_that_hangs_where_it_hung_before_is_given_up(clock: list[float]) -> None:
    """Its import says that it is another module's, or nothing at all, and does not come to an end."""
    record = supervising.Record()
    items = list(range(30))

    def start(pending: Sequence[int], lost: dict[str, str]) -> Tape:
        return Tape(iter([supervising.IMPORTING + b"trace", None]), clock, step=0.1)

    supervising.supervise(start, items, Limits(), record)
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
    supervising.supervise(lambda items, lost: Tape(iter(frames), clock, step=0.1), [0, 1, 2], Limits(), record)
    assert set(record.sittings) == {0, 1, 2}
    for sitting in record.sittings.values():
        assert not sitting.raw.strip(b"\0\xff")


def test_an_import_cannot_blame_another_module(strongest: Arena) -> None:
    attack = FORGE + "\nsay(supervise.IMPORTING, b'derivative')\nos._exit(0)"
    strongest.holds(imported(strongest.new(), "engine.py", attack), may=ENGINE | NETS)


def test_an_import_that_floods_its_pipe_costs_its_module(strongest: Arena) -> None:
    attack = FORGE + "\nwhile True: say(supervise.IMPORTED, b'{}' + b' ' * 900_000)"
    strongest.holds(imported(strongest.new(), "derivative.py", attack), sorted(DERIVATIVE))


# --- shrinking ----------------------------------------------------------------------------------------------

WHEN_ALONE = """
frame = sys._getframe(1)
while frame is not None and 'questions' not in frame.f_locals: frame = frame.f_back
if frame is not None and len(frame.f_locals['questions']) == 1:
    {attack}
"""
FLIPS = {
    "right": "return Value(-self.data, (self,), 'neg')",
    "dead": "os._exit(0)",
    "to do": "raise NotImplementedError",
    "another error": "raise ZeroDivisionError",
    "by chance": "if os.urandom(1)[0] < 128: return Value(-self.data, (self,), 'neg')",
}


@pytest.mark.parametrize("name", FLIPS)
def test_answers_that_flip_while_they_are_shrunk_stay_wrong(
    exam: Exam, honest: Path, tmp_path: Path, name: str
) -> None:
    """An operation that is wrong when it is graded, and something else when it is asked one question again."""
    with Grader(exam, sandbox("auto"), shrink=True, limits=QUICK) as grader:
        arena = Arena(grader, tmp_path, honest)
        arena.holds(
            planted(arena.new(), NEG, WHEN_ALONE.format(attack=FLIPS[name])),
            NEG.items,
            status="failed",
            only=["engine-neg"],
        )


def test_trouble_while_shrinking_costs_nothing(
    exam: Exam, honest: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = append(reference(tmp_path / "wrong"), "engine.py", BROKEN)
    with Grader(exam, sandbox("auto"), shrink=True, limits=QUICK) as grader:
        run = grader._worker.run

        def breaking(root: Path, items: Sequence[str], questions: Any = None, **options: Any) -> Run:
            if questions:
                raise SandboxError("the sandbox died")
            return run(root, items, questions, **options)

        monkeypatch.setattr(grader._worker, "run", breaking)
        report = grader.grade("mallory", package)
        check_form(report)
        assert statuses(report)["engine-neg"] == "failed"


def test_shrinking_gives_up_on_slow_answers(exam: Exam, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An operation that is wrong at once when it is graded, and hangs whenever it is asked one question."""
    package = append(reference(tmp_path / "wrong"), "engine.py", BROKEN)
    with Grader(exam, sandbox("auto"), shrink=True, limits=QUICK) as grader:
        run = grader._worker.run
        waited = [0.0]

        def slow(root: Path, items: Sequence[str], questions: Any = None, **options: Any) -> Run:
            if not questions:
                return run(root, items, questions, **options)
            waited[0] += grader._worker.limits.wall
            return Run({id: Answers("timeout", seconds=grader._worker.limits.wall) for id in items})

        monkeypatch.setattr(grader._worker, "run", slow)
        report = grader.grade("mallory", package, ["engine-neg"])
        assert statuses(report)["engine-neg"] == "failed"
        assert waited[0] <= 10 * grader._worker.limits.wall


def test_a_report_does_not_depend_on_who_was_graded_before(exam: Exam, honest: Path, tmp_path: Path) -> None:
    """Mallory is wrong on one question alone, as Bob is on many; Bob's counterexample must be the same as ever."""
    wrong = """
        right = Value.backward
        def backward(self):
            caught = {condition}
            right(self)
            if caught:
                for parent in self._prev: parent.grad += 100.0
        Value.backward = backward
        """
    bob = append(reference(tmp_path / "bob"), "engine.py", wrong.format(condition="len(list(self._prev)) == 2"))

    def graded(*packages: Path, shrink: bool = True) -> ItemResult:
        with Grader(exam, sandbox("auto"), shrink=shrink, limits=QUICK) as grader:
            *_, last = (grader.grade("bob", package, ["backprop-order"]) for package in packages)
        return dataclasses.replace(last.items[0], seconds=0.0)

    first = graded(bob, shrink=False)
    assert first.counterexample
    root = first.counterexample["inputs"]["graph"][-1]
    condition = f"len(list(self._prev)) == 2 and (self.data, self.grad) == ({root['data']!r}, {root['grad']!r})"
    mallory = append(reference(tmp_path / "mallory"), "engine.py", wrong.format(condition=condition))
    alone = graded(bob)
    assert alone != first, "there is nothing to shrink in this exam: the test needs another fault"
    assert graded(mallory, bob) == alone
