"""What stands in for pytest has each test end as pytest does, and says so where it has not what a test asks for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from nightly import asked, few
from suite_runs import RIGHT, letters, tried

pytestmark = pytest.mark.usefixtures("nothing_imported")

FORK = hasattr(os, "fork")
_SUITES = {
    "plain": """
        import pytest
        def test_passes(): pass
        def test_fails(): assert 1 + 1 == 3
        def test_raises(): raise KeyError("x")
        def helper_test(): raise ValueError
        def test_skips(): pytest.skip("not today")
        def test_fails_by_name(): pytest.fail("because")
        def test_xfails(): pytest.xfail("known")
        def testwithoutscore(): pass
        test_is_no_function = 3
        async def test_async(): pass
        def test_wants_what_is_not_there(nothing): pass
        def test_default(x=3): assert x == 3
    """,
    "classes": """
        import pytest
        class TestOne:
            value = 1
            def test_a(self): self.value = 2; assert self.value == 2
            def test_b(self): assert self.value == 1
            @staticmethod
            def test_static(): pass
            @classmethod
            def test_of_class(cls): assert cls.value == 1
            def helper(self): raise ValueError
        class TestTwo(TestOne):
            value = 3
        class TestInit:
            def __init__(self): pass
            def test_never(self): assert False
        class Other:
            def test_never(self): assert False
        class TestHooks:
            def setup_class(cls): cls.log = ["class"]
            def setup_method(self, method): self.log.append(method.__name__)
            def teardown_method(self): self.log.append("down")
            def test_first(self): assert self.log == ["class", "test_first"]
            def test_second(self): assert self.log == ["class", "test_first", "down", "test_second"]
        @pytest.mark.skip(reason="all of it")
        class TestSkipped:
            def test_a(self): assert False
        @pytest.mark.parametrize("x", [1, 2])
        class TestMany:
            def test_x(self, x): assert x == 1
            @pytest.mark.parametrize("y", "ab")
            def test_xy(self, x, y): assert (x, y) != (2, "b")
    """,
    "parametrize": """
        import enum, math, pytest
        class Colour(enum.Enum):
            RED = 1
        THINGS = [0, 1.5, None, True, "a b", b"c", math.sin, int, Colour.RED, [1], -1e-9, "\\n", "ä"]
        PAIRS = [(1, 2), pytest.param(3, 4, id="three"), pytest.param(5, 6, marks=pytest.mark.skip)]
        @pytest.mark.parametrize("x", THINGS)
        def test_ids(x): assert x
        @pytest.mark.parametrize("x, y", PAIRS)
        def test_pairs(x, y): assert x + 1 == y
        @pytest.mark.parametrize(["x", "y"], [(1, 2)], ids=["named"])
        def test_lists(x, y): pass
        @pytest.mark.parametrize("x", [1, 2])
        @pytest.mark.parametrize("y", [3, 4])
        def test_stacked(x, y): assert x * y != 4
        @pytest.mark.parametrize("x", [1, 1, 2])
        def test_same(x): pass
        @pytest.mark.parametrize("x", [])
        def test_none(x): assert False
        @pytest.mark.parametrize("x", [1, 2], ids=lambda x: f"<{x}>")
        def test_made(x): pass
        @pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.xfail)])
        def test_expected(x): assert x == 1
    """,
    "marks": """
        import sys
        import pytest
        @pytest.mark.skip
        def test_skip(): assert False
        @pytest.mark.skipif(sys.version_info > (3, 0), reason="new")
        def test_skipif(): assert False
        @pytest.mark.skipif("sys.version_info < (3, 0)", reason="old")
        def test_not_skipped(): pass
        @pytest.mark.xfail
        def test_xfail(): assert False
        @pytest.mark.xfail(strict=True)
        def test_strict(): pass
        @pytest.mark.xfail(raises=ValueError)
        def test_other(): raise KeyError
        @pytest.mark.xfail(False, reason="no")
        def test_not_expected(): assert False
        @pytest.mark.xfail(run=False)
        def test_not_run(): raise SystemExit
        def test_importorskip(): pytest.importorskip("there_is_no_such_module")
        def test_importorskip_math(): assert pytest.importorskip("math").pi > 3
    """,
    "raises": """
        import warnings
        import pytest
        def test_right():
            with pytest.raises(ValueError) as info:
                raise ValueError("text 3")
            assert str(info.value) == "text 3" and info.type is ValueError
        def test_base():
            with pytest.raises(ArithmeticError): 1 / 0
        def test_nothing():
            with pytest.raises(ValueError): pass
        def test_another():
            with pytest.raises(ValueError): {}[1]
        def test_tuple():
            with pytest.raises((KeyError, TypeError)): {}[1]
        def test_match():
            with pytest.raises(ValueError, match=r"\\d"): raise ValueError("a 1")
        def test_no_match():
            with pytest.raises(ValueError, match="^x"): raise ValueError("a x")
        def test_call():
            assert pytest.raises(ZeroDivisionError, lambda x: 1 / x, 0).type is ZeroDivisionError
        def test_info():
            with pytest.raises(ValueError) as info: raise ValueError("abc")
            info.match("b")
            info.match("z")
        def test_exception_is_no_failure():
            with pytest.raises(Exception): pytest.fail("x")
        def test_warns():
            with pytest.warns(UserWarning, match="careful"): warnings.warn("be careful")
        def test_warns_not():
            with pytest.warns(UserWarning): warnings.warn("old", DeprecationWarning)
        def test_deprecated():
            with pytest.deprecated_call(): warnings.warn("old", DeprecationWarning)
        def test_wrong_kind():
            with pytest.raises("ValueError"): raise ValueError
    """,
    "approx": """
        import math, pytest
        from decimal import Decimal
        from fractions import Fraction
        NAN, INF = math.nan, math.inf
        CASES = [
            (0.1 + 0.2, 0.3, {}), (1.0, 1.1, {}), (1.0, 1.1, {"abs": 0.2}), (1.0, 1.1, {"rel": 0.05}),
            (1.0, 1.1, {"rel": 0.2}),
            (1e-13, 0.0, {}), (1e-11, 0.0, {}), (1000.0001, 1000.0, {}), (1000.01, 1000.0, {"abs": 1e-9, "rel": 1e-3}),
            (NAN, NAN, {}), (NAN, NAN, {"nan_ok": True}), (INF, INF, {}), (INF, 1.0, {}), (1.0, INF, {}),
            (-INF, INF, {}),
            ([0.1 + 0.2, 1], [0.3, 1], {}), ((1, 2), [1, 2], {}), ([1], [1, 2], {}), ([1, 3], [1, 2], {}), (3, [3], {}),
            ({"a": 1.0}, {"a": 1.0 + 1e-9}, {}), ({"a": 1.0}, {"b": 1.0}, {}), ({"a": 1.0}, {"a": 2.0}, {}),
            ("a", "a", {}), ("a", "b", {}), (None, None, {}), (None, 0, {}), (1, True, {}), (True, True, {}),
            (0, None, {}), (1 + 1e-9j, 1, {}), (Fraction(1, 3), 1 / 3, {}), (Decimal("1"), Decimal("1.0000001"), {}),
            ([None, 1.0], [None, 1.0], {}),
            ([1.0], [[1.0]], {}), (1.0, 1.0, {"abs": -1}), ({1.0}, {1.0}, {}), ([NAN], [NAN], {"nan_ok": True}),
        ]
        @pytest.mark.parametrize("place", range(len(CASES)))
        @pytest.mark.parametrize("form", ["==", "reflected", "!="])
        def test_approx(place, form):
            actual, expected, options = CASES[place]
            near = pytest.approx(expected, **options)
            if form == "!=":
                assert actual != near
            else:
                assert actual == near if form == "==" else near == actual
        def test_bool(): assert pytest.approx(1.0)
        def test_order(): assert 1.0 < pytest.approx(2.0)
        def test_repr():
            assert repr(pytest.approx(1.0)) == "1.0 ± 1.0e-06"
            assert repr(pytest.approx([1.0])) == "approx([1.0 ± 1.0e-06])"
    """,
    "fixtures": """
        import os, sys
        import pytest
        LOG = []
        @pytest.fixture
        def one(): return 1
        @pytest.fixture
        def two(one):
            LOG.append("up")
            yield one + 1
            LOG.append("down")
        def test_two(two, one): assert (two, one, LOG) == (2, 1, ["up"])
        def test_down(): assert LOG == ["up", "down"]
        @pytest.fixture(scope="module")
        def shared():
            LOG.append("shared")
            return []
        def test_shared(shared): shared.append(1); assert shared == [1]
        def test_shared_again(shared): shared.append(2); assert shared == [1, 2]
        @pytest.fixture(params=[1, 2], ids=["a", None])
        def many(request): return request.param
        def test_many(many, one): assert many == one
        @pytest.mark.parametrize("x", [3, 4])
        def test_many_more(many, x): assert many + x != 6
        @pytest.fixture(autouse=True)
        def always(): LOG.append("always")
        def test_always(): assert LOG[-1] == "always"
        @pytest.fixture(name="other")
        def _other(): return "o"
        def test_name(other): assert other == "o"
        @pytest.fixture
        def broken(): raise ValueError
        def test_broken(broken): pass
        @pytest.fixture
        def ends_badly():
            yield
            raise ValueError
        def test_ends_badly(ends_badly): pass
        @pytest.fixture
        def doubled(request): return request.param * 2
        @pytest.mark.parametrize("doubled", [1, 2], indirect=True)
        def test_indirect(doubled): assert doubled == 2
        def test_called_directly(): one()
        @pytest.mark.usefixtures("broken")
        def test_used(): pass
        class TestInside:
            @pytest.fixture
            def one(self): return "inside"
            def test_one(self, one): assert one == "inside"
            def test_two(self, two): pass
        def test_request(request): assert request.getfixturevalue("one") == 1
        def test_monkeypatch(monkeypatch):
            monkeypatch.setattr(sys, "maxsize", 3)
            monkeypatch.setenv("A_NAME", "x")
            monkeypatch.setitem(os.environ, "ANOTHER", "y")
            assert (sys.maxsize, os.environ["A_NAME"], os.environ["ANOTHER"]) == (3, "x", "y")
        def test_monkeypatch_is_undone(): assert sys.maxsize > 3 and "A_NAME" not in os.environ
        def test_monkeypatch_by_path(monkeypatch):
            monkeypatch.setattr("os.path.sep", "!")
            assert os.path.sep == "!"
        def test_monkeypatch_nothing(monkeypatch): monkeypatch.setattr(os, "there_is_no_such_thing", 1)
        def test_capsys(capsys):
            print("hello")
            assert capsys.readouterr().out == "hello\\n"
            assert capsys.readouterr() == ("", "")
    """,
    "hooks": """
        LOG = []
        def setup_module(module): LOG.append(module.__name__)
        def setup_function(function): LOG.append(function.__name__)
        def teardown_function(): LOG.append("down")
        def test_a(): assert LOG[1:] == ["test_a"]
        def test_b(): assert LOG[1:] == ["test_a", "down", "test_b"]
        class TestIt:
            def test_c(self): assert LOG[-1] == "down"
    """,
}  # fmt: skip
_CONFTEST = """
    import json
    FOUND = {}
    def pytest_runtest_logreport(report):
        letter = "S" if report.skipped else "F" if report.failed else "."
        suite, _, name = report.nodeid.partition("/")
        found = FOUND.setdefault(suite, {})
        found[name] = max(found.get(name, "."), letter, key=".SF".index)
    def pytest_sessionfinish():
        with open("found.json", "w") as file:
            json.dump(FOUND, file)
"""


@pytest.fixture(scope="module")
def by_pytest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """How the tests of each suite end in pytest, which is started once for all."""
    folder = tmp_path_factory.mktemp("suites")
    (folder / "conftest.py").write_text(textwrap.dedent(_CONFTEST), "utf-8")
    for suite in asked(request, "suite"):
        (folder / suite).mkdir()
        (folder / suite / "test_engine.py").write_text(textwrap.dedent(_SUITES[suite]), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull,
               "--rootdir", str(folder), "--import-mode=importlib", "."]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert (folder / "found.json").exists(), done.stdout + done.stderr
    found: dict[str, dict[str, str]] = json.loads((folder / "found.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("suite", few(_SUITES, 4))
def test_each_test_ends_as_pytest_has_it(tmp_path: Path, suite: str, by_pytest: dict[str, dict[str, str]]) -> None:
    result = tried(tmp_path, _SUITES[suite], [RIGHT], fork=FORK)
    assert dict(zip(result["tests"], letters(result), strict=True)) == by_pytest[suite]


@pytest.mark.parametrize(
    "source, sentence",
    [
        ("import pytest\ndef test_x(): pytest.approximately(1)", "This runner has no pytest.approximately"),
        ("from pytest import Item", "cannot import name 'Item' from 'pytest'"),
        ("def test_x(tmp_path): pass", "There is no fixture 'tmp_path'"),
        ("import pytest\n@pytest.mark.filterwarnings('error')\ndef test_x(): pass", "no pytest.mark.filterwarnings"),
        ("def test_x(request): request.config", "This runner has no request.config"),
        ("import unittest\nT = unittest.TestCase\nclass TestX(T):\n    def test_x(self): pass", "no tests of unittest"),
        ("def test_x():\n    yield", "A test is a plain function"),
        ("import pytest\n@pytest.mark.parametrize('y', [1])\ndef test_x(): pass", "uses no argument 'y'"),
    ],
)
def test_what_it_has_not_is_said_by_name(tmp_path: Path, source: str, sentence: str) -> None:
    result = tried(tmp_path, source, [RIGHT], fork=FORK)
    said = [*result["said"].values(), *(what for _, what, _ in result["unreadable"].values())]
    assert len(said) == 1 and sentence in said[0]
    assert "." not in letters(result)


def test_a_library_that_is_not_here_may_be_asked_for_by_who_can_do_without(tmp_path: Path) -> None:
    source = (
        "try:\n    import torch_that_is_not_here\nexcept ImportError:\n    torch = None\ndef test_x(): assert not torch"
    )
    assert letters(tried(tmp_path, source, [RIGHT], secret=FORK, fork=FORK)) == "."
