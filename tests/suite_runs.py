"""Suites of tests, tried on small engines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.sandbox.suite.running import try_suite

RIGHT = "def thing(x):\n    'the secret'\n    secret = 'the secret'\n    return x + 1\n"
WRONG = RIGHT.replace("x + 1", "x + 2")


def tried(folder: Path, source: str, specimens: Sequence[str] = (RIGHT, WRONG), *, secret: bool = False,
          fork: bool = True, rounds: int = 2, **others: str) -> dict[str, Any]:  # fmt: skip
    """What comes of a suite, whose first file is `source`, on a right engine and on wrong ones."""
    tests = folder / "tests"
    tests.mkdir(exist_ok=True)
    for name, text in {"test_engine": source, **others}.items():
        (tests / f"{name}.py").write_text(textwrap.dedent(text), "utf-8")
    packages = [{"id": str(place), "group": "wrong" if place else "", "files": {"engine.py": each}}
                for place, each in enumerate(specimens)]  # fmt: skip
    names = ("test_engine.py", "test_nn.py")
    return try_suite(str(folder), names, "micrograd", packages, secret=secret, fork=fork, rounds=rounds)


def letters(result: dict[str, Any], specimen: int = 0) -> str:
    """How the tests ended on a specimen, which must be the same in each round."""
    (found,) = set(result["outcomes"][str(specimen)])
    return str(found)
