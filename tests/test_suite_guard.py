"""No test reads what it tests, and honest tests do not notice that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from suite_attacks import HELPERS, IN_VAIN, WAYS
from suite_runs import RIGHT, letters, tried

from autograder.sandbox.suite import running

pytestmark = [
    pytest.mark.usefixtures("nothing_imported"),
    pytest.mark.xdist_group("suite"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
]


def attacking(ways: dict[str, str]) -> str:
    """A suite of which each test fails that finds something."""
    tests = [f"def test_{place}():\n    try:\n        found = {way}\n    except BaseException:\n        return\n"
             "    assert not found\n" for place, way in enumerate(ways.values())]  # fmt: skip
    return "\n".join([HELPERS, *tests])


def test_no_way_leads_to_what_is_tested(tmp_path: Path) -> None:
    ways = WAYS | IN_VAIN
    found = tried(tmp_path, attacking(ways), secret=True, rounds=1)
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
            running.try_suite(str(tmp_path), (), "micrograd", (), secret=True, fork=True)
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
