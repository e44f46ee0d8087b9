"""Students' own tests run on packages that others wrote, and learn nothing of them but how they behave."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from nightly import WHOLE, only
from suite_runs import RIGHT, WRONG, letters, tried, try_suite

from autograder.exam.mutants import load_mutations, mistaken, reference_folder
from autograder.sandbox.inside.finder import Finder
from autograder.sandbox.suite import running
from autograder.sandbox.suite.depriving import MODULES, NEEDING

pytestmark = [
    pytest.mark.usefixtures("nothing_imported"),
    pytest.mark.xdist_group("suite"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
]

ROOT = Path(__file__).parents[1]
GOOD = ROOT / "tests" / "suites" / "good"
ENGINES = ROOT / "tests" / "engines"


def sources(folder: Path) -> dict[str, str]:
    """A package by names of files."""
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}


def right() -> list[dict[str, Any]]:
    """The reference and all right engines."""
    packages = {"reference": reference_folder(), **{path.name: path / "micrograd" for path in ENGINES.iterdir()}}
    given = {"data.py": (reference_folder() / "data.py").read_text("utf-8")}
    return [{"id": id, "group": "", "files": given | sources(folder)} for id, folder in packages.items()]


MISTAKES = ("relu-leaks", "rule-does-nothing", "left-operand-twice", "power-multiplies", "bias-left-out")


def wrong(pitfalls: Sequence[str] = MISTAKES) -> list[dict[str, Any]]:
    """Some mistaken engines."""
    forms = {mutation.pitfall: mutation for mutation in load_mutations() if mutation.pitfall in pitfalls}
    return [{"id": pitfall, "group": "some", "files": mistaken(form)} for pitfall, form in forms.items()]


# --- what comes out ---


@pytest.mark.parametrize("secret", only([True, False], bool))
def test_a_good_suite_passes_on_right_engines_and_catches_mistakes(secret: bool) -> None:
    packages = [
        *(right() if WHOLE else right()[:2]),
        *wrong(),
    ]  # test_own_tests tries one on more
    result = try_suite(str(GOOD), ("test_engine.py", "test_nn.py"), "micrograd", packages, secret=secret, fork=True)
    alarms = {each["id"] for place, each in enumerate(packages) if "F" in letters(result, place)}
    assert alarms == set(MISTAKES)
    assert result["unreadable"] == {} and len(result["tests"]) == len(letters(result))


def test_what_the_reference_promises_is_no_false_alarm() -> None:
    """A list of weights, a length of parameters: who asks for what is written down must not be punished by an engine
    that does without."""
    suite = ROOT / "tests" / "suites" / "promised"
    some = [each for each in right() if WHOLE or each["id"] in ("arena", "sets", "slots")]  # which do without most
    result = try_suite(str(suite), ("test_engine.py", "test_nn.py"), "micrograd", some, secret=False, fork=True)
    assert result["said"] == result["unreadable"] == {} and len(result["tests"]) > 60
    assert {letter for rounds in result["outcomes"].values() for each in rounds for letter in each} == {"."}


def test_without_fork_the_same_comes_out_and_nothing_stays_behind() -> None:
    packages = [*right()[:2], *wrong(MISTAKES[:2])]
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
    assert found["unreadable"]["test_engine.py"][::2] == ("syntax", 1)
    kind, what, _ = found["unreadable"]["test_nn.py"]
    assert kind == "raised" and what.startswith("ImportError: cannot import name 'nothing'")
    secret = tried(tmp_path, source, test_nn=other, secret=True)
    assert secret["unreadable"] == {"test_engine.py": ("syntax", "", 1), "test_nn.py": ("raised", "", 0)}


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize(("source", "why"), [
    ("import torch", ("absent", "torch", 1)),
    ("import math\nfrom engine import thing", ("module", "engine", 2)),
    ("def test_x():\n    import numpy as np", ("refused", "numpy", 2)),
    ("import math, signal", ("refused", "signal", 1)),
    ("from unittest import TestCase\nclass Engine(TestCase): pass", ("unittest", "Engine", 2)),
    ("import unittest as u\nclass TestX(u.IsolatedAsyncioTestCase): pass", ("unittest", "TestX", 2)),
])  # fmt: skip
def test_what_tests_cannot_have_is_told_alike_in_practice_and_in_earnest(
    tmp_path: Path, source: str, why: tuple[str, str, int], secret: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Finder, "libraries", {"numpy", "graphviz"})
    found = tried(tmp_path, f"{source}\ndef test_y(): pass", secret=secret)
    assert found["unreadable"] == {"test_engine.py": why} and found["tests"] == []


def test_a_module_of_pythons_library_can_be_imported_or_is_refused_by_name(tmp_path: Path) -> None:
    """Whichever: what a student may try out and what is graded are the same."""
    games = {"antigravity", "this"}
    tops = sorted(name for name in set(sys.stdlib_module_names) - games if not name.startswith("_"))
    free = [name for name in tops if name not in MODULES | NEEDING and find_spec(name)]
    part = len(free) // 2 + 1  # of a suite two hundred tests are run at most
    lost = []
    for some in (free[:part], free[part:]):
        source = "\n".join(f"def test_{name}(): __import__({name!r})" for name in some)
        found = letters(tried(tmp_path, source, [RIGHT], secret=True, rounds=1, small=True))
        lost += [name for name, letter in zip(some, found, strict=True) if letter != "."]
    assert not lost


def test_parts_of_pythons_library_that_are_not_python_work(tmp_path: Path) -> None:
    """Also those that are imported by what is called, and those that only a program would find in the file."""
    uses = (
        "assert __import__('hashlib').sha256(b'x').hexdigest().startswith('2d71')",
        "import hmac; assert hmac.new(b'k', b'x', 'sha1').digest_size == 20",
        "import base64; assert base64.b64encode(b'x') == b'eA=='",
        "import secrets; assert len(secrets.token_hex(4)) == 8",
        "import uuid; assert uuid.uuid5(uuid.NAMESPACE_DNS, 'x') != uuid.uuid4()",
        "import io, zipfile; zipfile.ZipFile(io.BytesIO(), 'w', zipfile.ZIP_LZMA).writestr('a', 'b')",
        "import gzip, bz2; assert bz2.decompress(bz2.compress(gzip.compress(b'x')))",
        "import importlib; assert importlib.import_module('unicodedata').name('x')",
        "assert 'b\u00fccher'.encode('idna') == b'xn--bcher-kva'",
        "import xml.etree.ElementTree as tree; assert tree.fromstring('<a b=\"1\"/>').get('b') == '1'",
        "from xml.dom import minidom; assert minidom.parseString('<a/>').documentElement.tagName == 'a'",
    )
    source = "\n".join(f"def test_{place}(): {use}" for place, use in enumerate(uses))
    found = letters(tried(tmp_path, source, [RIGHT], secret=True, rounds=1, small=True))
    assert [use for use, letter in zip(uses, found, strict=True) if letter != "."] == []


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
    found = tried(tmp_path, source, [RIGHT], secret=True, rounds=1)
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
        found = running.try_suite(str(tmp_path), ("test_engine.py",), "micrograd", packages, secret=False, fork=fork)
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
    found = tried(tmp_path, source, secret=True, rounds=2 if WHOLE else 1)
    assert (letters(found, 0), letters(found, 1)) == (".HHF.FF.", ".HHFHFFF")
    assert time.monotonic() - began < 60


def test_a_file_that_hangs_or_dies_on_import_is_told(tmp_path: Path) -> None:
    found = tried(
        tmp_path, "while True: pass\ndef test_x(): pass", test_nn="import os\nos._exit(1)\ndef test_y(): pass"
    )
    assert found["unreadable"] == {"test_engine.py": ("endless", "", 0), "test_nn.py": ("ended", "", 0)}


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
    found = tried(tmp_path, source, secret=True, rounds=2 if WHOLE else 1)
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


@pytest.mark.parametrize(
    ("sides", "draws", "mistaken"), only([(2, 42, 18), (3, 84, 25), (10, 196, 65)], lambda case: case[0] == 2)
)
def test_a_lottery_catches_nothing(tmp_path: Path, sides: int, draws: int, mistaken: int) -> None:
    """On as many packages as an exam has, or on fewer where more tests lose: else chance alone would now and then be
    steady."""
    source = f"""
        import os, time, pytest
        from micrograd.engine import thing
        def draw(kind):
            return {{0: lambda: hash(object()), 1: lambda: id(thing) >> 4, 2: os.getpid, 3: lambda: os.urandom(1)[0],
                    4: time.perf_counter_ns, 5: lambda: id([]) >> 6, 6: lambda: id(thing) - id(draw) >> 4}}[kind]()
        @pytest.mark.parametrize("x", range({draws}))
        def test_x(x): assert hash((x, draw(x % 7))) % {sides} != {sides // 3}
    """
    found = tried(tmp_path, source, [RIGHT, RIGHT, RIGHT, *[WRONG] * mistaken], secret=True)
    endings = [list(zip(*rounds, strict=True)) for rounds in found["outcomes"].values()]
    steady = {number for number in range(draws) if all(len({*each[number]}) == 1 for each in endings)}
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
