"""Suites of tests, tried on small engines."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from nightly import WHOLE

from autograder.course import in_use
from autograder.sandbox.inside.finder import Finder
from autograder.sandbox.suite import running

RIGHT = "def thing(x):\n    'the secret'\n    secret = 'the secret'\n    return x + 1\n"
WRONG = RIGHT.replace("x + 1", "x + 2")
# A process that has imported what one in a sandbox has: a fork of it costs a fifth of one of the process that tests.
_SMALL = """
import os, pickle, sys
sys.path.insert(0, sys.argv[1])
from autograder.sandbox.inside.finder import Finder
from autograder.sandbox.inside.template import own_pipes, preload
from autograder.sandbox.suite.running import try_suite
requests, replies = own_pipes()
preload(sys.argv[2:])
with os.fdopen(requests, "rb") as inlet, os.fdopen(replies, "wb") as outlet:
    while inlet.peek(1):
        Finder.libraries, given, how = pickle.load(inlet)
        outlet.write(pickle.dumps(try_suite(*given, **how, fork=True)))
        outlet.flush()
"""


@cache
def _small(pid: int) -> subprocess.Popen[bytes]:
    """It ends with the process `pid`, this one, whose pipe it reads."""
    command = [sys.executable, "-c", _SMALL, str(Path(__file__).parents[1]), *in_use().find("subject").libraries]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def try_small(root: str, names: Sequence[str], package: str, specimens: Sequence[Mapping[str, Any]],
              **how: Any) -> dict[str, Any]:  # fmt: skip
    """The same as the grader's, by a process as it is in a sandbox."""
    process = _small(os.getpid())
    assert process.stdin and process.stdout
    pickle.dump((Finder.libraries, (root, names, package, specimens), how), process.stdin)
    process.stdin.flush()
    found: dict[str, Any] = pickle.load(process.stdout)
    return found


def try_suite(*given: Any, fork: bool, **how: Any) -> dict[str, Any]:
    """The same as the grader's; by day what forks is a small process, by night this one."""
    return try_small(*given, **how) if fork and not WHOLE else running.try_suite(*given, fork=fork, **how)


def tried(folder: Path, source: str, specimens: Sequence[str] = (RIGHT, WRONG), *, secret: bool = False,
          fork: bool = True, rounds: int = 2, small: bool = not WHOLE, **others: str) -> dict[str, Any]:  # fmt: skip
    """What comes of a suite, whose first file is `source`, on a right engine and on wrong ones; in a `small` process,
    where what forks is not this one."""
    tests = folder / "tests"
    tests.mkdir(exist_ok=True)
    for name, text in {"test_engine": source, **others}.items():
        (tests / f"{name}.py").write_text(textwrap.dedent(text), "utf-8")
    packages = [{"id": str(place), "group": "wrong" if place else "", "files": {"engine.py": each}}
                for place, each in enumerate(specimens)]  # fmt: skip
    names = ("test_engine.py", "test_nn.py")
    given = str(folder), names, "micrograd", packages
    if small and fork:
        return try_small(*given, secret=secret, rounds=rounds)
    return running.try_suite(*given, secret=secret, fork=fork, rounds=rounds)


def letters(result: dict[str, Any], specimen: int = 0) -> str:
    """How the tests ended on a specimen, which must be the same in each round."""
    (found,) = set(result["outcomes"][str(specimen)])
    return str(found)
