"""Trouble that submissions make, one kind at a time: what each may cost, and that it costs no more.

The red team (attacks/) makes the one claim about whole submissions. Here are imports, sources and classes that are odd
in themselves, the clock, and what could go wrong while a wrong answer is made smaller.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import textwrap
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attacks.arena import HARNESS, ITEMS, MARK, QUICK, check_form, fingerprint, message, reference, strays, survivors
from attacks.arena import stubs as plain_stubs
from brief import shortened
from nightly import WHOLE, few, nightly

from autograder.errors import UserError
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.report import ItemResult, Report
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import Sandbox
from autograder.sandbox.protocol import SandboxError
from autograder.sandbox.records import Answers, Run
from autograder.sandbox.subject import EXTRA

pytestmark = [
    pytest.mark.xdist_group("attacks"),
    pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux"),
]

DERIVATIVE = {"derivative-central", "derivative-gradcheck"}
ENGINE = {id for id, item in ITEMS.items() if {"engine", "trace"} & {*item.uses}}  # traces are of the engine's Values
DERIVED = {f"engine-{op}" for op in ("neg", "sub", "truediv", "radd", "rsub", "rmul", "rtruediv")}
NETS = {id for id, item in ITEMS.items() if {"nn", "train"} & {*item.uses}}  # these modules import the engine
TRAINED = {"training-parity", "training-moons", "stretch-cross-entropy"}  # items that train with the whole engine
NEG = {"engine-neg", "backprop-expressions", *TRAINED}  # what a broken negation costs


# --- planting -----------------------------------------------------------------------------------------------

# Every attack starts so. `harness` gives the grader's own modules that run beside the student's code.
PRELUDE = f"""
import ctypes, os, signal, sys, threading, time
ctypes.CDLL(None).prctl(15, {MARK.encode()!r})
{HARNESS}
"""


def append(package: Path, file: str, source: str) -> Path:
    path = package / "micrograd" / file
    path.write_text((path.read_text("utf-8") if path.exists() else "") + "\n" + textwrap.dedent(source), "utf-8")
    return package


def planted(into: Path, attack: str) -> Path:
    """The reference with an attack in its negation, which is broken as well."""
    body = textwrap.indent(textwrap.dedent(PRELUDE + textwrap.dedent(attack)), "    ")
    source = f"def _attack(self):\n{body}\n    return Value(self.data + 1.0, (self,), 'neg')\nValue.__neg__ = _attack"
    return append(reference(into), "engine.py", source)


def imported(into: Path, file: str, attack: str) -> Path:
    """The reference with an attack that runs when `file` is imported."""
    return append(reference(into), file, PRELUDE + textwrap.dedent(attack))


def stubs(into: Path, attack: str, files: Sequence[str] = ("engine.py", "derivative.py", "trace.py")) -> Path:
    """What students start from, with an attack in the import of some modules."""
    plain_stubs(into)
    for file in files:
        append(into, file, PRELUDE + textwrap.dedent(attack))
    return into


# --- the claim ----------------------------------------------------------------------------------------------


class Bench:
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
        whole: bool = WHOLE,
    ) -> Report:
        """Grade `package`: the items `lost` earn nothing, `may` may be lost too, and all others pass.

        The items `only` (by default the first of `lost`) have that `status`. The next, honest submission gets full
        marks; it is graded on a few items alone unless `whole`, and by all of them at the end.
        """
        report = self.grade(package)
        found = statuses(report)
        assert "ungraded" not in found.values(), next(i.message for i in report.items if i.status == "ungraded")
        assert {id for id in lost if found[id] == "passed"} == set(), "the attack earned points"
        may = (*may, *(id for id, item in ITEMS.items() if item.suite))
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
        assert {id for id, state in statuses(report).items() if state != "passed" and not ITEMS[id].suite} == set()
        assert (report.score, report.bonus) == ((100, 20) if whole else (5, 0))


def statuses(report: Report) -> dict[str, str]:
    return {item.id: item.status for item in report.items}


def printed(report: Report, id: str) -> list[str]:
    return next(item.stdout for item in report.items if item.id == id).splitlines()


@cache
def sandbox(kind: str) -> Sandbox:
    try:
        return choose(kind)
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def exam() -> Exam:
    return shortened(exams.get())


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reference(tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def bench(exam: Exam, honest: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The strongest sandbox that works here."""
    with Grader(exam, sandbox("auto"), limits=QUICK) as grader:
        bench = Bench(grader, tmp_path_factory.mktemp("bench"), honest)
        yield bench
        bench.is_fair()


# --- processes ----------------------------------------------------------------------------------------------


def test_an_item_leaves_all_processes_to_the_next(bench: Bench) -> None:
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
    package = planted(bench.new(), count)
    body = textwrap.indent(textwrap.dedent(PRELUDE + textwrap.dedent(count)), "    ")
    append(package, "engine.py", f"def _count(self, other):\n{body}\nValue.__sub__ = _count")
    report = bench.holds(package, {*NEG, "engine-sub"}, may=["stretch-edges"])
    assert printed(report, "engine-neg") == printed(report, "engine-sub") != []


def test_an_import_cannot_kill_its_process_group_where_signals_are_not_scoped(
    exam: Exam, honest: Path, tmp_path: Path
) -> None:
    """Older kernels' Landlock keeps no signals in, and a process group reaches across namespaces."""
    layers = tuple(layer for layer in sandbox("auto").layers if layer != "landlock")
    if not {"bwrap", "namespaces"} <= {*layers}:
        pytest.skip("this needs bwrap and namespaces")
    with Grader(exam, Sandbox(True, layers), limits=QUICK) as grader:
        bench = Bench(grader, tmp_path, honest)
        bench.holds(imported(bench.new(), "engine.py", "os.killpg(0, signal.SIGKILL)"), may=ENGINE)


# --- imports ------------------------------------------------------------------------------------------------

IMPORTS = {
    "sys.exit": "sys.exit(0)",
    "recursion": "def f(): f()\nf()",
    "a dying thread": "threading.Timer(0.05, os._exit, (0,)).start()",
    "no Value": "del Value",
    "Value is a string": "Value = 'Value'",
    "a module that is none": "sys.modules[__name__] = None",
    "a module of its own": (
        "class M:\n    def __getattr__(self, name): os._exit(0)\nsys.modules['micrograd.engine'] = M()"
    ),
    "no modules": "sys.modules.clear()",
    "no harness": "for name in [n for n in sys.modules if n.startswith('autograder')]: del sys.modules[name]",
    "a hostile exception": "class E(BaseException):\n    def __str__(self): os._exit(0)\nraise E",
    "not implemented": "raise NotImplementedError",
    "a metaclass that exits": (
        "class M(type):\n    def __getattribute__(cls, name): os._exit(0)\nclass Value(metaclass=M): pass"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", few(IMPORTS, 1))
def test_trouble_in_an_import_costs_its_module(bench: Bench, name: str) -> None:
    reaching = ("no modules", "a dying thread")  # what they do, they do to who comes next, too
    may = ENGINE | NETS if name in reaching else ENGINE
    bench.holds(imported(bench.new(), "engine.py", IMPORTS[name]), may=may)


def test_an_import_that_hides_the_other_modules_costs_its_own(bench: Bench) -> None:
    attack = "sys.path.clear(); sys.meta_path.clear(); sys.path_hooks.clear()"
    bench.holds(imported(bench.new(), "engine.py", attack), may=ENGINE | NETS)


@pytest.mark.parametrize("name", few(["a hostile exception", "recursion"], 1))
def test_trouble_in_the_init_costs_nothing(bench: Bench, name: str) -> None:
    report = bench.holds(imported(bench.new(), "__init__.py", IMPORTS[name]))
    assert report.message.startswith("micrograd/__init__.py ") or "importing micrograd/__init__.py" in report.message
    assert report.message.endswith("; graded without it")


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


@pytest.mark.parametrize("name", few(SOURCES, 1))
def test_odd_sources_cost_their_module(bench: Bench, name: str) -> None:
    package = reference(bench.new())
    (package / "micrograd" / "derivative.py").write_bytes(SOURCES[name])
    bench.holds(package, sorted(DERIVATIVE))


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


@pytest.mark.parametrize("name", few(CIRCLES, 1))
def test_operations_that_call_each_other_in_a_circle_cost_the_whole_engine(bench: Bench, name: str) -> None:
    """Each is right when the lab supplies the other, as isolation will have it: what never ends is the engine."""
    package = append(reference(bench.new()), "engine.py", CIRCLES[name])
    bench.holds(package, ["backprop-expressions"], may=["stretch-edges", *TRAINED])


@pytest.mark.parametrize("wrong", few(["self - other", "Later.now()"], 1))
def test_a_negation_made_of_a_wrong_subtraction_is_right(bench: Bench, wrong: str) -> None:
    """The lab supplies what it is made of, written by the student or not."""
    package = append(reference(bench.new()), "engine.py", f"""
        class Later:
            def now(): raise NotImplementedError("engine-rsub")
        Value.__neg__ = lambda self: 0 - self
        Value.__rsub__ = lambda self, other: {wrong}
        """)  # fmt: skip
    bench.holds(package, ["engine-rsub"], may=["backprop-expressions", "stretch-edges", *TRAINED])


def test_the_practice_exam_does_not_give_a_whole_item_away() -> None:
    exam, practice = exams.get(), exams.get(PRACTICE_SEED)
    given_away = {
        id
        for id, sheet in exam.sheets.items()
        if sheet.questions and all(q in practice.sheets[id].questions for q in sheet.questions)
    }
    assert given_away == set()


def test_visits_that_are_texts_are_wrong(bench: Bench) -> None:
    attack = """
        lab = harness('courses.micrograd.student_lab.lab').StudentLab
        lab.visits = lambda self: [str(index) for index in self._visits]
        """
    bench.holds(imported(bench.new(), "engine.py", attack), ["backprop-order"], may=ENGINE)


def test_not_implemented_in_any_form_is_todo(bench: Bench) -> None:
    attack = "class Later(KeyError, NotImplementedError): pass\nraise Later('x' * 10**6)"
    bench.holds(planted(bench.new(), attack), NEG, status="todo", only=["engine-neg"])


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


@pytest.mark.parametrize("name", few(CLASSES, 1))
def test_hostile_classes_earn_nothing_for_what_is_broken(bench: Bench, name: str) -> None:
    package = append(reference(bench.new()), "engine.py", BROKEN + "import os\n" + textwrap.dedent(CLASSES[name]))
    bench.holds(package, ["engine-neg"], may=ENGINE, whole=False)


# --- the ladder ---------------------------------------------------------------------------------------------

ON_THE_LADDER = """
frame = sys._getframe(1)
while frame is not None and 'questions' not in frame.f_locals: frame = frame.f_back
if frame is not None and frame.f_locals['questions'] != {asked!r}:
    {attack}
"""
FLIPS = {
    "right": "return Value(-self.data, (self,), 'neg')",
    "dead": "os._exit(0)",
    "to do": "raise NotImplementedError",
    "another error": "raise ZeroDivisionError",
    "by chance": "if os.urandom(1)[0] < 128: return Value(-self.data, (self,), 'neg')",
}


@pytest.mark.parametrize("name", few(FLIPS, 1))
def test_answers_that_flip_on_the_ladder_stay_wrong(exam: Exam, honest: Path, tmp_path: Path, name: str) -> None:
    """An operation that is wrong when it is graded, and something else when simpler questions are asked."""
    asked = exam.sheets["engine-neg"].questions
    with Grader(exam, sandbox("auto"), limits=QUICK) as grader:
        bench = Bench(grader, tmp_path, honest)
        bench.holds(
            planted(bench.new(), ON_THE_LADDER.format(asked=asked, attack=FLIPS[name])),
            NEG,
            status="failed",
            only=["engine-neg"],
        )


def test_trouble_on_the_ladder_costs_nothing(
    exam: Exam, honest: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = append(reference(tmp_path / "wrong"), "engine.py", BROKEN)
    with Grader(exam, sandbox("auto"), limits=QUICK) as grader:
        run = grader._worker.run

        def breaking(root: Path, items: Sequence[str], questions: Any = None, **options: Any) -> Run:
            if any(id.startswith(EXTRA) for id in items) or (questions and options["hasty"]):
                raise SandboxError("the sandbox died")
            return run(root, items, questions, **options)

        monkeypatch.setattr(grader._worker, "run", breaking)
        report = grader.grade("mallory", package)
        check_form(report)
        assert statuses(report)["engine-neg"] == "failed"


def test_slow_answers_on_the_ladder_are_waited_for_once(
    exam: Exam, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An operation that is wrong at once when it is graded, and hangs when simpler questions are asked."""
    package = append(reference(tmp_path / "wrong"), "engine.py", BROKEN)
    with Grader(exam, sandbox("auto"), limits=QUICK) as grader:
        run = grader._worker.run
        waited = [0.0]

        def slow(root: Path, items: Sequence[str], questions: Any = None, **options: Any) -> Run:
            besides = [id for id in items if id.startswith(EXTRA)]
            found = run(root, [id for id in items if id not in besides], questions, **options)
            for id in besides[:1] if besides else items if questions else []:
                waited[0] += grader._worker.limits.wall
                found.items[id] = Answers("timeout", seconds=grader._worker.limits.wall)
            found.items |= {id: Answers("waits") for id in besides[1:]}
            return found

        monkeypatch.setattr(grader._worker, "run", slow)
        report = grader.grade("mallory", package, ["engine-neg"])
        assert statuses(report)["engine-neg"] == "failed"
        assert waited[0] == grader._worker.limits.wall


@nightly
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
    bob = append(reference(tmp_path / "bob"), "engine.py", wrong.format(condition="len(list(self._prev)) == 3"))

    def graded(*packages: Path, exam: Exam = exam) -> ItemResult:
        with Grader(exam, sandbox("auto"), limits=QUICK) as grader:
            *_, last = (grader.grade("bob", package, ["backprop-order"]) for package in packages)
        return dataclasses.replace(last.items[0], seconds=0.0)

    sheet = exam.sheets["backprop-order"]
    level = dataclasses.replace(exam, sheets={**exam.sheets, "backprop-order": dataclasses.replace(sheet, ladder=[])})
    first = graded(bob, exam=level)
    assert first.counterexample
    root = first.counterexample["inputs"]["graph"][-1]
    condition = f"len(list(self._prev)) == 3 and (self.data, self.grad) == ({root['data']!r}, {root['grad']!r})"
    mallory = append(reference(tmp_path / "mallory"), "engine.py", wrong.format(condition=condition))
    alone = graded(bob)
    assert alone != first, "nothing on this exam's ladder is simpler: the test needs another fault"
    assert graded(mallory, bob) == alone
