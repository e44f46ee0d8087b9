"""Every way to run a worker gives the same verdicts, and a lie, a hang or a death costs one item."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from brief import shortened
from conftest import ROOT, readable_by_others
from nightly import WHOLE, only

from autograder.courses.micrograd import load_items
from autograder.errors import UserError
from autograder.exam.paper import Exam
from autograder.grading import asking, exams
from autograder.grading.grader import Grader
from autograder.report import Report
from autograder.sandbox import launcher, layers, supervise
from autograder.sandbox.inside.sitter import Sitter
from autograder.sandbox.kernel import users
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import BARE, NO_SANDBOX, Sandbox
from autograder.sandbox.protocol import Limits, SandboxError, pack, write_all
from autograder.sandbox.worker import Worker

QUICK = Limits(wall=1.2, cpu=0.7, imports=1.2)
# What hangs, also where no alarm rings; by day it only waits, which leaves the processor to other tests.
HANG, STUBBORN = "while True: pass", "all(__import__('itertools').repeat(1))"
if not WHOLE:
    HANG = "while True: __import__('time').sleep(9)"
    STUBBORN = "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(600)"
SOME = None if WHOLE else ["derivative-central", "engine-exp", "backprop-exp", "trace-nodes", "nn-neuron"]

pytestmark = pytest.mark.xdist_group("sandbox")


@pytest.fixture(scope="module")
def exam() -> Exam:
    return shortened(exams.get())


@pytest.fixture
def package(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "solutions"


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine has nothing else to do: it waits once for what hangs, and not three times as long again."""
    monkeypatch.setattr(asking, "overloaded", lambda: False)


def edit(package: Path, file: str, old: str, new: str) -> None:
    path = package / "micrograd" / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new))


def statuses(report: Report) -> dict[str, str]:
    return {item.id: item.status for item in report.items}


def not_passed(report: Report) -> dict[str, str]:
    """Of a submission without tests of its own."""
    return {id: status for id, status in statuses(report).items() if status != "passed" and not load_items()[id].suite}


found = cache(choose)  # once, where it is not about what is chosen


def ways() -> list[tuple[str, Sandbox, bool]]:
    found = [("no fork", NO_SANDBOX, False), ("no sandbox", NO_SANDBOX, True)]
    if sys.platform == "linux":
        found += [(" ".join(s.layers), s, True) for s in layers.candidates("auto")]
    return found


def strongest() -> list[tuple[str, Sandbox, bool]]:
    """Of the ways that differ in layers alone the first: whoever hangs, hangs in all of them."""
    return list({(way[1].bwrap, bool(way[1].layers), way[2]): way for way in reversed(ways())}.values())


# Most is tried every time in the strongest sandbox that there is, and in all others at night.
FIRST = next((way[0] for way in ways() if way[1].layers), "no sandbox")
# And what differs by whether there is a sandbox, also without any.
DRAWN = {way[0] for way in strongest() if way[1].bwrap or (way[1] is NO_SANDBOX and way[2])}


@pytest.fixture(params=only(ways(), lambda way: way[0] == FIRST, id=lambda way: way[0], whole=True), scope="module")
def grader(request: pytest.FixtureRequest, exam: Exam) -> Iterator[Grader]:
    _, sandbox, fork = request.param
    with Grader(exam, sandbox, limits=QUICK, fork=fork) as grader:
        yield grader


@pytest.mark.parametrize(
    "grader",
    only(ways(), lambda way: way in strongest() or way[1] == BARE, id=lambda way: way[0], whole=True),
    indirect=True,
)
def test_the_reference_passes_everywhere(grader: Grader, package: Path) -> None:
    report = grader.grade("ada", package)
    assert not_passed(report) == {}
    assert (report.score, report.bonus) == (100, 20)
    assert report.sandbox == list(grader._worker.sandbox.layers)


@pytest.mark.parametrize(
    "grader", only(ways(), lambda way: way[0] in DRAWN, id=lambda way: way[0], whole=True), indirect=True
)
@pytest.mark.usefixtures("calm")
def test_trouble_in_an_operation_costs_its_items_everywhere(grader: Grader, package: Path) -> None:
    """An endless loop, a death and an exception, each in its own rule, in one submission."""
    edit(package, "engine.py", "self.grad += (1 - out.data**2) * out.grad", HANG)
    edit(package, "engine.py", "self.grad += out.grad / self.data", "__import__('os')._exit(0)")
    edit(package, "engine.py", "self.grad += out.data * out.grad", "self.grad += 1 / 0")
    edit(package, "trace.py", "nodes, edges = [root], []", "nodes, edges = [root], [")
    whole = "backprop-expressions"  # would loop as well, and so would all that ask for it
    asked = [id for id, item in load_items().items() if whole not in (id, *item.needs)]
    if not WHOLE:
        asked = [id for id in asked if id.startswith(("backprop", "trace", "stretch-edges"))]
    report = grader.grade("ada", package, asked)
    assert not_passed(report) == {
        "backprop-tanh": "timeout",
        "backprop-log": "crashed",
        "backprop-exp": "error",
        "trace-nodes": "error",
        "trace-dot": "blocked",
        "stretch-edges": "blocked",
    }
    exp = next(item for item in report.items if item.id == "backprop-exp")
    assert "ZeroDivisionError: division by zero" in exp.message
    assert "micrograd/engine.py" in exp.message
    assert "autograder" not in exp.message
    assert (exp.file, exp.line) == ("micrograd/engine.py", line_of(package, "engine.py", "self.grad += 1 / 0"))


def line_of(package: Path, file: str, text: str) -> int:
    lines = (package / "micrograd" / file).read_text().split("\n")
    return next(number for number, line in enumerate(lines, 1) if text in line)


# Without fork a process is started anew for each hang, which takes seconds.
once_each = pytest.mark.parametrize(
    "grader",
    only(strongest(), lambda way: way[1].bwrap, id=lambda way: way[0], whole=True),
    indirect=True,
)


@once_each
@pytest.mark.usefixtures("calm")
def test_a_hang_while_importing_costs_that_module(grader: Grader, package: Path) -> None:
    _costs_the_engine(grader, package, STUBBORN, "timeout")


@once_each
def test_a_death_while_importing_costs_that_module(grader: Grader, package: Path) -> None:
    _costs_the_engine(grader, package, "import os; os._exit(3)", "crashed")


def _costs_the_engine(grader: Grader, package: Path, trouble: str, status: str) -> None:
    with open(package / "micrograd" / "engine.py", "a") as file:
        file.write(f"\n{trouble}\n")
    items = load_items()
    some = [id for id in items if id.endswith(("add", "neuron", "moons")) or items[id].uses[:1] != ("engine",)]
    found = statuses(grader.grade("ada", package, None if WHOLE else some))
    uses_engine = [id for id in found if "engine" in items[id].uses and "trace" not in items[id].uses]
    assert {found[id] for id in uses_engine} <= {status, "blocked"}
    assert found["engine-add"] == status
    assert {found[id] for id in found if id.startswith(("derivative", "trace"))} == {"passed"}


@once_each
@pytest.mark.usefixtures("calm")
def test_an_init_that_hangs_costs_nothing(grader: Grader, package: Path) -> None:
    _init_costs_nothing(grader, package, STUBBORN)


@pytest.mark.parametrize("trouble", ["import os; os._exit(3)", "1 / 0"])
def test_a_broken_init_costs_nothing(grader: Grader, package: Path, trouble: str) -> None:
    _init_costs_nothing(grader, package, trouble)


def _init_costs_nothing(grader: Grader, package: Path, trouble: str) -> None:
    (package / "micrograd" / "__init__.py").write_text(trouble + "\n")
    assert not_passed(grader.grade("ada", package, SOME)) == {}


@pytest.mark.parametrize("size", [3000, 300_000])
def test_prints_are_kept_in_part_and_cost_nothing(grader: Grader, package: Path, size: int) -> None:
    """Even those that are more than a pipe holds."""
    edit(package, "engine.py", "out = Value(math.exp", f"print('x' * {size}); out = Value(math.exp")
    report = grader.grade("ada", package, SOME)
    assert not_passed(report) == {}
    stdout = next(item.stdout for item in report.items if item.id == "engine-exp")
    if grader._worker.forks:
        assert stdout.startswith("xxx")
        assert len(stdout) <= Limits().output


def test_what_an_import_prints_costs_nothing(grader: Grader, package: Path) -> None:
    prints = "import os, sys, warnings\nprint('x' * 9000)\nprint('x', file=sys.stderr)\nos.write(2, b'x')\n"
    with open(package / "micrograd" / "derivative.py", "a") as file:
        file.write(prints + "warnings.warn('x')\nsys.stderr.flush()\n")
    assert not_passed(grader.grade("ada", package, SOME)) == {}


def test_missing_modules_are_todo(grader: Grader, package: Path) -> None:
    (package / "micrograd" / "trace.py").unlink()
    assert not_passed(grader.grade("ada", package)) == {"trace-nodes": "todo", "trace-dot": "todo"}


def test_packages_that_students_may_not_use_are_absent(grader: Grader, package: Path) -> None:
    edit(package, "derivative.py", '"""\n\n\ndef central', '"""\nimport torch\n\n\ndef central')
    assert not_passed(grader.grade("ada", package)) == {}
    edit(package, "derivative.py", "return (f(x + h)", "return torch.tensor(f(x + h)")
    report = grader.grade("ada", package)
    assert not_passed(report) == {"derivative-central": "error"}
    assert "torch is not here (students' code has Python's library, numpy and graphviz)" in report.items[0].message
    line = line_of(package, "derivative.py", "torch.tensor")
    assert (report.items[0].file, report.items[0].line) == ("micrograd/derivative.py", line)


def test_grading_twice_gives_the_same_report(exam: Exam, package: Path) -> None:
    edit(package, "engine.py", "self.grad += other.data * out.grad", "self.grad = other.data * out.grad")
    reports = []
    for _ in range(2):
        with Grader(exam, found("auto")) as grader:
            report = grader.grade("ada", package, None if WHOLE else ["engine-mul", "backprop-mul", "trace-nodes"])
        reports.append(replace(report, items=[replace(item, seconds=0.0) for item in report.items]))
    assert reports[0] == reports[1]


def test_a_sandbox_that_dies_is_replaced(exam: Exam, package: Path) -> None:
    with Grader(exam, found("auto")) as grader:
        assert not_passed(grader.grade("ada", package, SOME)) == {}
        process = grader._worker._process
        assert process is not None
        process._process.kill()
        process._process.wait()
        assert not_passed(grader.grade("ada", package, SOME)) == {}


def test_a_sandbox_that_cannot_run_leaves_items_ungraded(
    exam: Exam, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Worker, *args: object, **options: object) -> None:
        raise SandboxError("out of order")

    monkeypatch.setattr(Worker, "run", broken)
    with Grader(exam, NO_SANDBOX) as grader:
        report = grader.grade("ada", package)
    assert report.ungraded
    assert {item.status for item in report.items} == {"ungraded"}
    assert "out of order" in report.items[0].message


def test_without_any_sandbox_grading_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "candidates", lambda wanted: iter([]))
    with pytest.raises(UserError, match="--sandbox none"):
        choose("auto")
    assert choose("none") is NO_SANDBOX


def test_a_bwrap_that_does_not_work_gives_way_to_landlock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on the path is not what starts: a sandbox is chosen by starting it."""
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert choose("auto").layers[:2] == ("mounts", "namespaces")
    with pytest.raises(UserError, match="uid map: Permission denied"):
        choose("bwrap")


@pytest.mark.parametrize("wanted", ["bwrap", "landlock"])
def test_an_ordinary_user_gets_a_sandbox_too(wanted: str, tmp_path: Path) -> None:
    """The rest of the suite may run as root; an instructor does not."""
    script = (
        "import os, sys; os.setgid(54321); os.setuid(54321); os.environ['HOME'] = '/nonexistent'\n"
        "from autograder.sandbox.launcher import choose\n"
        f"print(*choose({wanted!r}).layers)\n"
    )
    if users.is_root() and not all(map(readable_by_others, (Path(sys.base_prefix), ROOT))):
        pytest.skip("this Python, or this checkout, is out of reach for other users")
    command = [sys.executable, "-c", script if users.is_root() else script.split("\n", 1)[1]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert wanted in done.stdout.split(), done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="processes are told by /proc or kill")
@pytest.mark.parametrize("fork", [True, False])
@pytest.mark.usefixtures("calm")
def test_even_without_a_sandbox_nothing_outlives_its_run(exam: Exam, package: Path, tmp_path: Path, fork: bool) -> None:
    note = tmp_path / "pid"
    trouble = f"open({str(note)!r}, 'a').write(f'{{__import__(\"os\").getpid()}} '); __import__('time').sleep(600)"
    edit(package, "engine.py", "self.grad += (1 - out.data**2) * out.grad", trouble)
    with Grader(exam, NO_SANDBOX, limits=replace(QUICK, wall=0.8), fork=fork) as grader:
        report = grader.grade("ada", package, ["backprop-tanh"])
        assert statuses(report) == {"backprop-tanh": "timeout"}
        pids = [int(pid) for pid in note.read_text().split()]
        assert pids
        assert [pid for pid in pids if is_running(pid)] == []


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_is_answered_between_two_looks_counts() -> None:
    """A process that answers and ends while its runner is kept waiting has answered."""
    sitter = Sitter.__new__(Sitter)
    answers, answers_in = os.pipe()
    prints, prints_in = os.pipe()
    os.set_blocking(answers, False)
    os.set_blocking(prints, False)
    pid = os.fork()
    if not pid:
        write_all(answers_in, pack(b"[[1.0]]"))
        os._exit(0)
    os.close(answers_in)

    class Blind:
        """Sees nothing, and takes its time."""

        def poll(self, milliseconds: int) -> list[tuple[int, int]]:
            with contextlib.suppress(ChildProcessError):  # it is not ours any more
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            return []

    vars(sitter).update(
        _limits=Limits(), _enclosed=False, _answers=answers, _prints=prints, _buffer=bytearray(),
        _pid=pid, _code=None, _poller=Blind(),
    )  # fmt: skip
    assert sitter.answer() == (supervise.ANSWERED, 0, b"", b"[[1.0]]")
    sitter._buffer.clear()
    assert sitter.answer()[:2] == (supervise.DIED, 0)  # it is dead, which nobody finds out twice
    sitter.end()
    os.close(prints_in)


def test_the_question_at_which_an_item_died_is_not_the_next_items() -> None:
    """A supervisor may read that an item is done when its runner is far into the next one."""
    done = supervise.DONE_HEAD.pack(3, supervise.DIED, -9, 1, 0, 0)
    frames = [supervise.IMPORTED + b"{}", supervise.BEGIN + b"\0\3", supervise.DONE + done]

    class Ahead:
        def begin(self, item: int) -> None:
            pass

        def receive(self, seconds: float) -> bytes | None:
            return frames.pop(0)

        def place(self) -> bytes:
            return b""

        def progress(self) -> int:
            return 7

        def printed(self) -> bytes:
            return b""

        def end(self) -> int:
            return 0

    record = supervise.Record()
    supervise.supervise(lambda items, lost: Ahead(), [3], Limits(), record, modules=())
    assert record.sittings[3].at == 1
