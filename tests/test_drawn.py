"""What Hypothesis draws is the same in every `make test`, and new in every `make test-all`."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from nightly import nightly

TESTS = Path(__file__).parent

_TEST = """
import json
import other
from hypothesis import given, strategies as st

drawn = []

@given(st.floats() | st.integers() | st.text())
def test_something(value):
    drawn.append(repr(value))

def test_that_it_was_drawn():
    with open("drawn.json", "w") as file:
        json.dump(drawn, file)
"""


def _drawn(folder: Path, other: str = "", **environment: str) -> str:
    """What a test draws, in a process of its own in which a module of that content is loaded too."""
    (folder / "test_it.py").write_text(_TEST, "utf-8")
    (folder / "other.py").write_text(other, "utf-8")
    kept = {name: value for name, value in os.environ.items() if name != "DRAWN" and not name.startswith("PYTEST")}
    kept["HYPOTHESIS_STORAGE_DIRECTORY"] = str(TESTS.parent / ".hypothesis")  # where it has read these sources already
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "test_it.py"], cwd=folder,
        env={**kept, "PYTHONPATH": f"{TESTS}:{folder}", **environment}, check=True, timeout=120,
    )  # fmt: skip
    return (folder / "drawn.json").read_text("utf-8")


def _drawn_here(folder: Path) -> str:
    """The same in this process, in which all kinds of modules are loaded."""
    (folder / "test_it.py").write_text(_TEST, "utf-8")
    (folder / "other.py").write_text("", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        settings.load_profile("steady")
        try:
            module = importlib.import_module("test_it")
            module.test_something()
        finally:
            settings.load_profile("anew" if os.environ.get("DRAWN") == "anew" else "steady")
            for name in ("test_it", "other"):
                sys.modules.pop(name, None)
    return json.dumps(module.drawn)


def test_the_same_is_drawn_whatever_else_is_loaded(tmp_path: Path) -> None:
    """Hypothesis likes the constants that it finds in the sources of loaded modules, so which file a process of
    pytest-xdist ran before would matter; nor may it matter that this is CI."""
    here = _drawn_here(tmp_path)
    assert (
        _drawn(tmp_path, f"NUMBERS = {[*range(1000, 2000, 7)]}; WORD = 'tanh'", PYTHONHASHSEED="1", CI="true") == here
    )


@nightly
def test_the_same_is_drawn_unless_it_should_be_new(tmp_path: Path) -> None:
    first = _drawn(tmp_path)
    assert first == _drawn_here(tmp_path)
    assert _drawn(tmp_path, DRAWN="anew") != first


def test_make_test_all_draws_anew_and_make_test_does_not() -> None:
    makefile = (TESTS.parent / "Makefile").read_text("utf-8")
    recipes = dict(re.findall(r"^(test|test-all):.*\n((?:\t.*\n)+)", makefile, re.M))
    assert "DRAWN=anew" in recipes["test-all"] and "DRAWN" not in recipes["test"]
