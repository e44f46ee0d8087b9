"""Code that hangs, at the student's desk: which item, at which line, what of the others, and Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from brief import shortened
from kits import PATIENCE, command, make_kit
from nightly import WHOLE, few
from test_check import make_reference

from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.sandbox.stacks import hanging

WAITS = "__import__('time').sleep(9)"  # which leaves the processor to other tests
LOOPS = {  # what is put at the beginning of tanh, and the line of it that is the loop
    "while": (f"while True: {'pass' if WHOLE else WAITS}", 0),
    "while above": ("x = 0\nwhile True:\n    x += 1\n    x -= 1", 1),
    "inner": ("for _ in range(3):\n    x = 0\n    while x < 1:\n        # up\n        x -= 1\n    x = 1", 2),
    "in a helper": ("def turn():\n    pass\nwhile self:\n    turn()\n    turn()", 2),
    "no loop of Python's": ("import itertools\nsum(itertools.repeat(0))", None),  # the function is told
}


@pytest.fixture(scope="module")
def practice() -> Exam:
    return shortened(exams.get(PRACTICE_SEED))


@pytest.fixture
def kit(tmp_path: Path, practice: Exam) -> Path:
    return make_reference(make_kit(tmp_path / "kit", practice))


def put(kit: Path, text: str, file: str = "engine.py", function: str = "tanh") -> int:
    """Put lines at the beginning of a function; the number of the first one."""
    path = kit / "micrograd" / file
    lines = path.read_text().split("\n")
    at = next(place for place, line in enumerate(lines, 1) if re.match(rf" *def {function}\(", line))
    indent = len(lines[at - 1]) - len(lines[at - 1].lstrip()) + 4
    lines[at:at] = [" " * indent + line for line in text.split("\n")]
    path.write_text("\n".join(lines))
    return at + 1


def check(kit: Path, *arguments: str, fork: bool = True) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("check", *arguments, fork=fork), cwd=kit, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


@pytest.mark.parametrize("kind", few(LOOPS, 1))
@pytest.mark.parametrize("fork", few([True, False], 1))
def test_the_item_and_the_line_are_named_and_the_others_checked(kit: Path, kind: str, fork: bool) -> None:
    text, at = LOOPS[kind]
    line = put(kit, text) + (at or 0)
    with check(kit, "--format", "json", fork=fork) as process:
        told, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    place = "" if at is None else rf" at micrograd/engine\.py:{line}"
    assert re.search(rf"^gradschool: engine-tanh hangs{place}: ", said, re.M), said
    items = {item["id"]: item for item in json.loads(told)["items"]}
    tanh = items["engine-tanh"]
    assert tanh["status"] == "timeout"
    assert (tanh["file"], tanh["line"]) == ("micrograd/engine.py", line)
    assert "is there an endless loop?" in tanh["message"]
    assert items["backprop-tanh"]["status"] == "blocked"
    assert {item["status"] for item in items.values() if item["assignment"] != "testing"} == {
        "passed",
        "timeout",
        "blocked",
    }
    assert [id for id, item in items.items() if item["status"] == "timeout"] == ["engine-tanh"]
    assert sum(item["status"] == "passed" for item in items.values()) > 40


def test_what_takes_its_time_and_comes_to_an_end_passes(kit: Path) -> None:
    """Longer than one waits where all are asked together."""
    put(kit, "import time, sys\nif not hasattr(sys, 'slept'):\n    sys.slept = time.sleep(1.5)")
    some = [] if WHOLE else ["--item", "engine-tanh", "--item", "engine-add", "--item", "backprop-tanh"]
    with check(kit, "--format", "json", *some) as process:
        told, said = process.communicate(timeout=PATIENCE)
    assert "engine-tanh hangs" in said
    assert {item["status"] for item in json.loads(told)["items"] if item["assignment"] != "testing"} == {"passed"}


def test_control_c_shows_what_was_finished(kit: Path) -> None:
    for function in ("tanh", "exp", "log", "relu"):
        put(kit, f"while True: {WAITS}", function=function)
    with check(kit) as process:
        assert process.stderr and process.stdout
        assert "hangs" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and "Traceback" not in said
    assert "you stopped this check" in told
    assert re.search("^  ✓ engine-add ", told, re.M) and re.search(r"^  \? training-moons ", told, re.M)
    assert "Also wrong: training" not in told


def test_nothing_is_told_of_hanging_where_nothing_does(kit: Path) -> None:
    some = [] if WHOLE else ["--item", "engine-tanh", "--item", "engine-add"]
    with check(kit, *some) as process:
        told, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and said == "" and "hangs" not in told


def test_what_was_written_by_others_names_no_place(tmp_path: Path) -> None:
    head = "Timeout (0:00:01)!\nThread 0x1 (most recent call first):\n"
    others = ('  File "/etc/passwd", line 1 in f\n', '  File "x", line 9999999999 in f\n', "  File")
    for text in ("", "\xff", *(head + other for other in others)):
        assert hanging(text.encode("latin-1"), str(tmp_path)) == b""
    mine = head + f'  File "{tmp_path}/micrograd/gone.py", line 7 in f\n'
    assert json.loads(hanging(mine.encode(), str(tmp_path))) == ["micrograd/gone.py", 7]


_DEEP = """
import os, sys
from autograder.sandbox import stacks
stacks.AFTER = 0.0002
read, write = os.pipe()
os.set_blocking(write, False)
stacks.note(write)
def down(n):
    return n and down(n - 1) + sum(down(0) for _ in range(2))
for _ in range(int(sys.argv[1])):
    try:
        down(900)
    except RecursionError:
        pass
stacks.rest()
print("in" in os.read(read, 1 << 16).decode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no such timer")
def test_looking_at_a_stack_harms_nothing() -> None:
    """However often, and however quickly it grows and shrinks."""
    for _ in range(3 if WHOLE else 1):
        command = [sys.executable, "-c", _DEEP, "600" if WHOLE else "150"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "True\n"), done
