"""Students' own tests run on packages that others wrote, and learn nothing of them but how they behave."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from suite_attacks import HELPERS, IN_VAIN, WAYS
from suite_runs import RIGHT, WRONG, letters, tried

from autograder.exam.mutants import load_mutations, mistaken, reference_folder
from autograder.sandbox.suite.running import try_suite

pytestmark = [
    pytest.mark.xdist_group("suite"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
]

ROOT = Path(__file__).parents[1]
GOOD = ROOT / "tests" / "suites" / "good"
ENGINES = next(path for path in (ROOT / "solutions" / "engines", ROOT / "tests" / "engines") if path.is_dir())


def sources(folder: Path) -> dict[str, str]:
    """A package by names of files."""
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}


def right() -> list[dict[str, Any]]:
    """The reference and all right engines."""
    packages = {"reference": reference_folder(), **{path.name: path / "micrograd" for path in ENGINES.iterdir()}}
    return [{"id": id, "group": "", "files": sources(folder)} for id, folder in packages.items()]


MISTAKES = ("relu-leaks", "rule-does-nothing", "left-operand-twice", "power-multiplies", "bias-left-out")


def wrong(pitfalls: Sequence[str] = MISTAKES) -> list[dict[str, Any]]:
    """Some mistaken engines."""
    forms = {mutation.pitfall: mutation for mutation in load_mutations() if mutation.pitfall in pitfalls}
    return [{"id": pitfall, "group": "some", "files": mistaken(form)} for pitfall, form in forms.items()]


# --- what comes out ---


@pytest.mark.parametrize("secret", [True, False])
def test_a_good_suite_passes_on_right_engines_and_catches_mistakes(secret: bool) -> None:
    packages = [*right(), *wrong()]
    result = try_suite(str(GOOD), ("test_engine.py", "test_nn.py"), "micrograd", packages, secret=secret, fork=True)
    alarms = {each["id"] for place, each in enumerate(packages) if "F" in letters(result, place)}
    assert set(MISTAKES) <= alarms
    assert alarms - set(MISTAKES) <= {"kahn"}  # whose parameters have no length
    assert result["unreadable"] == {} and len(result["tests"]) == len(letters(result))


def test_without_fork_the_same_comes_out_and_nothing_stays_behind() -> None:
    import sys

    packages = [*right()[:6], *wrong()]
    before, finders = set(sys.modules), list(sys.meta_path)
    results = [try_suite(str(GOOD), ("test_engine.py",), "micrograd", packages, secret=False, fork=fork)
               for fork in (True, False)]  # fmt: skip
    assert results[0] == results[1]
    assert not [name for name in set(sys.modules) - before if name.startswith(("micrograd", "test_engine"))]
    assert sys.modules["pytest"] is pytest and sys.meta_path == finders


def test_ids_and_what_a_test_raised_are_told_unless_that_is_secret(tmp_path: Path) -> None:
    source = """
        import pytest
        from micrograd.engine import thing
        @pytest.mark.parametrize("x", ["the secret", "other"])
        def test_told(x): assert thing(1) == 2
        def test_wrong():
            assert thing(1) == 3
    """
    open_, secret = tried(tmp_path, source), tried(tmp_path, source, secret=True)
    assert open_["tests"][0] == "test_engine.py::test_told[the secret]"
    assert open_["said"] == {"test_engine.py::test_wrong": "AssertionError: assert thing(1) == 3 (test_engine.py:7)"}
    assert secret["tests"] == [f"test_engine.py::{name}" for name in ("test_told[0]", "test_told[1]", "test_wrong")]
    assert secret["said"] == {} and "secret" not in repr(secret)
    assert open_["outcomes"] == secret["outcomes"] == {"0": ["..F", "..F"], "1": ["FF.", "FF."]}


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    source, other = "def test_x(: pass", "from micrograd.engine import nothing\ndef test_y(): pass"
    found = tried(tmp_path, source, test_nn=other)
    assert found["tests"] == [] and found["outcomes"] == {"0": ["", ""], "1": ["", ""]}
    assert found["unreadable"]["test_engine.py"].endswith("(test_engine.py:1)")
    assert found["unreadable"]["test_nn.py"].startswith("ImportError: cannot import name 'nothing'")
    secret = tried(tmp_path, source, test_nn=other, secret=True)
    assert secret["unreadable"] == {"test_engine.py": "syntax, line 1", "test_nn.py": "import"}


def test_a_file_may_use_the_other_and_a_third_one_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text("raise ValueError")
    found = tried(tmp_path, "from test_nn import two\ndef test_x(): assert two == 2", secret=True,
                  test_nn="two = 2\ndef test_y(): pass")  # fmt: skip
    assert found["tests"] == ["test_engine.py::test_x", "test_nn.py::test_y"] and letters(found) == ".."


def test_no_tests_are_no_tests(tmp_path: Path) -> None:
    assert tried(tmp_path, "")["tests"] == []
    found = try_suite(str(tmp_path / "nowhere"), ("test_engine.py",), "micrograd", right()[:1], secret=True, fork=True)
    assert found == {"tests": [], "outcomes": {"0": ["", ""]}, "unreadable": {}, "said": {}}


def test_ten_thousand_tests_are_two_hundred(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.mark.parametrize('x', range(10_000))\ndef test_x(x): pass"
    found = tried(tmp_path, source, secret=True)
    assert len(found["tests"]) == len(letters(found)) == 200 and found["more"] == 9800


def test_the_students_own_package_is_right_and_patches_plant_mistakes(tmp_path: Path) -> None:
    (tmp_path / "micrograd").mkdir()
    (tmp_path / "micrograd" / "__init__.py").touch()
    (tmp_path / "micrograd" / "engine.py").write_text(RIGHT)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_engine.py").write_text(
        "from micrograd.engine import thing\ndef test_x(): assert thing(1) == 2"
    )

    def plant(package: Any) -> None:
        import importlib

        importlib.import_module("micrograd.engine").thing = lambda x: x + 2

    packages = [{"id": "own", "group": "", "files": {}}, {"id": "off", "group": "g", "files": {}, "patch": plant}]
    for fork in (True, False):
        found = try_suite(str(tmp_path), ("test_engine.py",), "micrograd", packages, secret=False, fork=fork)
        assert (letters(found, 0), letters(found, 1)) == (".", "F")


# --- what hangs, dies and harms ---


def test_a_test_that_hangs_or_dies_costs_itself_alone(tmp_path: Path) -> None:
    source = """
        import os, pytest, time
        from micrograd.engine import thing
        def test_before(): pass
        def test_spins():
            while True: pass
        def test_sleeps(): time.sleep(60)
        def test_exits(): os._exit(0)
        def test_spins_on_mistakes():
            while thing(1) != 2: pass
        def test_interrupts(): raise KeyboardInterrupt
        def test_leaves(): raise SystemExit
        def test_after(): assert thing(1) == 2
    """
    began = time.monotonic()
    found = tried(tmp_path, source, secret=True)
    assert (letters(found, 0), letters(found, 1)) == (".HHF.FF.", ".HHFHFFF")
    assert time.monotonic() - began < 60


def test_a_file_that_hangs_or_dies_on_import_is_told(tmp_path: Path) -> None:
    found = tried(
        tmp_path, "while True: pass\ndef test_x(): pass", test_nn="import os\nos._exit(1)\ndef test_y(): pass"
    )
    assert found["unreadable"] == {"test_engine.py": "it does not come to an end", "test_nn.py": "it ends the process"}


def test_bombs_harm_nobody_else(tmp_path: Path) -> None:
    source = """
        import os
        from micrograd.engine import thing
        def test_memory():
            kept = [bytearray(1 << 26) for _ in range(100)]
        def test_forks():
            while True: os.fork()
        def test_kills(): os.kill(os.getppid(), 9)
        def test_kills_all(): os.kill(-1, 9)
        def test_prints(): print("x" * 10_000_000)
        def test_closes(): os.closerange(0, 256)
        def test_after(): assert thing(1) == 2
    """
    found = tried(tmp_path, source, secret=True)
    for specimen, last in (("0", "."), ("1", "F")):
        for ended in found["outcomes"][specimen]:
            assert "." not in ended[:4] and ended[-1] == last


def test_tests_change_nothing_for_those_after_them_elsewhere(tmp_path: Path) -> None:
    source = f"""
        import builtins, os, random, sys
        import pytest
        from micrograd import engine
        PLACE = {str(tmp_path / "note")!r}
        def test_file():
            try:
                open(PLACE, "a").write("x")
            except OSError:
                pass
            assert not os.path.exists(PLACE) or os.path.getsize(PLACE) == 0
        def test_environment():
            assert "NOTE" not in os.environ
            os.environ["NOTE"] = "x"
        def test_module():
            assert not hasattr(engine, "note") and not hasattr(pytest, "note") and not hasattr(builtins, "note")
            engine.note = pytest.note = builtins.note = sys.note = 1
        def test_random():
            assert random.random() == 0.8444218515250481
        def test_vandals():
            builtins.len = builtins.isinstance = pytest.raises = random.seed = None
            sys.modules.clear()
            os.write = os._exit = None
        def test_after(): assert engine.thing(1) == 2
    """
    found = tried(tmp_path, source, secret=True)
    assert letters(found, 0)[:4] == "...."
    assert len(letters(found, 0)) == len(letters(found, 1)) == 6


def test_a_lottery_catches_nothing(tmp_path: Path) -> None:
    source = """
        import os, time, pytest
        from micrograd.engine import thing
        def draw(kind):
            return {0: lambda: hash(object()), 1: lambda: id(thing) >> 4, 2: os.getpid, 3: lambda: os.urandom(1)[0],
                    4: time.perf_counter_ns, 5: lambda: id([]) >> 6, 6: lambda: id(thing) - id(draw) >> 4}[kind]()
        @pytest.mark.parametrize("x", range(196))
        def test_x(x): assert hash((x, draw(x % 7))) % 10 != 3
    """
    found = tried(tmp_path, source, [RIGHT, RIGHT, RIGHT, *[WRONG] * 20], secret=True)
    endings = [list(zip(*rounds, strict=True)) for rounds in found["outcomes"].values()]
    steady = {number for number in range(196) if all(len({*each[number]}) == 1 for each in endings)}
    honest = {number for number in steady if all("F" not in each[number] for each in endings[:3])}
    assert [number for number in honest if any("F" in each[number] for each in endings)] == []


def test_letters_of_ones_own_are_worth_what_a_test_could_say(tmp_path: Path) -> None:
    source = """
        import os
        from micrograd.engine import thing
        def test_forges():
            for descriptor in range(3, 64):
                try:
                    os.write(descriptor, b"....++++....FFFFHHHH" * 100)
                except OSError:
                    pass
        def test_x(): assert thing(1) == 2
        def test_y(): assert thing(1) == 3
    """
    found = tried(tmp_path, source, [RIGHT, WRONG, WRONG], secret=True)
    assert found["outcomes"] == {place: ["...", "..."] for place in "012"}


# --- the guard ---


def attacking(ways: dict[str, str]) -> str:
    """A suite of which each test fails that finds something."""
    tests = [f"def test_{place}():\n    try:\n        found = {way}\n    except BaseException:\n        return\n"
             "    assert not found\n" for place, way in enumerate(ways.values())]  # fmt: skip
    return "\n".join([HELPERS, *tests])


def test_no_way_leads_to_what_is_tested(tmp_path: Path) -> None:
    ways = WAYS | IN_VAIN
    found = tried(tmp_path, attacking(ways), secret=True)
    for specimen in (0, 1):
        assert [way for way, letter in zip(ways, letters(found, specimen), strict=True) if letter != "."] == []


def test_without_a_guard_those_ways_do(tmp_path: Path) -> None:
    found = tried(tmp_path, attacking(WAYS), [RIGHT])
    assert [way for way, letter in zip(WAYS, letters(found), strict=True) if letter != "F"] == []


def test_the_hook_asks_no_name_that_others_may_rebind() -> None:
    from autograder.sandbox.suite.guard import _hook

    hook = _hook([None], ("/",))
    assert set(hook.__code__.co_names) == {"partition", "startswith"}  # of texts


def test_what_was_imported_before_is_refused(tmp_path: Path) -> None:
    import sys
    import types

    sys.modules["micrograd.engine"] = types.ModuleType("micrograd.engine")
    try:
        with pytest.raises(RuntimeError, match="imported already"):
            tried(tmp_path, "", secret=True)
    finally:
        del sys.modules["micrograd.engine"]


def test_honest_tests_go_on_working(tmp_path: Path) -> None:
    source = """
        import collections, contextlib, copy, dataclasses, enum, functools, gc, io, itertools, json, logging, math
        import fractions, decimal, operator, random, re, statistics, string, sys, time, typing, warnings, weakref
        from unittest import mock
        import pytest
        from micrograd.engine import thing
        Pair = collections.namedtuple("Pair", "a b")
        class Colour(enum.Enum):
            RED = 1
        Other = enum.Enum("Other", "A B")
        @dataclasses.dataclass(frozen=True)
        class Point:
            x: int = 1
            y: float = dataclasses.field(default=2.0)
        class Named(typing.NamedTuple):
            x: int
        T = typing.TypeVar("T")
        @functools.lru_cache
        def cached(x): return x
        @contextlib.contextmanager
        def context():
            yield 1
        def test_kinds():
            assert Pair(1, 2).b == 2 and Colour.RED.value == 1 and Other.A.value == 1 and Named(1).x == 1
            assert Point() == Point(1, 2.0) and dataclasses.replace(Point(), x=2).x == 2
            assert "Point(x=1" in repr(Point())
        def test_functions():
            with context() as one: assert one == cached(1) == 1
            assert functools.reduce(operator.add, itertools.chain([1], [2])) == 3
            assert statistics.mean([1, 2, 3]) == 2 and fractions.Fraction(1, 3) * 3 == 1
            assert decimal.Decimal("1.5") == 1.5
            assert re.fullmatch("a+", "aa") and json.loads(json.dumps({"a": 1})) == {"a": 1} and string.digits
        def test_copies():
            assert copy.deepcopy([Point()]) == [Point()] and copy.copy(thing) is thing
        def test_warnings():
            with warnings.catch_warnings(record=True) as found:
                warnings.simplefilter("always")
                warnings.warn("x")
            assert len(found) == 1
            warnings.warn("seen by nobody")
        def test_logging():
            logging.getLogger("x").warning("seen by nobody")
        def test_output():
            out = io.StringIO()
            with contextlib.redirect_stdout(out): print("x")
            assert out.getvalue() == "x\\n"
        def test_memory():
            class Node: pass
            node = Node()
            found = weakref.ref(node)
            del node
            gc.collect()
            assert found() is None
        def test_mock():
            with mock.patch("math.sin", return_value=3): assert math.sin(1) == 3
            call = mock.Mock(return_value=1)
            assert call(2) == 1 and call.called
        def test_numbers():
            import numbers
            assert isinstance(1.5, numbers.Real) and not isinstance("x", numbers.Real)
            assert isinstance([], collections.abc.Sequence) and not isinstance({}, collections.abc.Sequence)
        def test_what_is_imported_later():
            import colorsys, textwrap
            assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0) and textwrap.dedent(" x") == "x"
        def test_subclasses():
            class Below(Point): pass
            assert Point.__subclasses__() == [Below] and len(object.__subclasses__()) > 50
        def test_recursion():
            def down(n): return down(n + 1)
            with pytest.raises(RecursionError): down(0)
        def test_tracebacks():
            with pytest.raises(TypeError) as info: thing(None)
            assert info.value.__traceback__ is not None and info.tb is not None
    """
    found = tried(tmp_path, source, [RIGHT], secret=True)
    names = [name.partition("::")[2] for name in found["tests"]]
    assert found["unreadable"] == {}
    assert [name for name, letter in zip(names, letters(found), strict=True) if letter != "."] == []
