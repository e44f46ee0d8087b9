"""What is beside the point costs nothing, and what cannot be imported is named for what it is."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from brief import shortened
from nightly import WHOLE, few, nightly

from autograder.courses.micrograd import load_items
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.grading.source.indentation import PYTHON
from autograder.report import Report
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits

ROOT = Path(__file__).parent.parent
LIMITS = Limits(imports=1.0)
MAIN = 'if __name__ == "__main__":'
NOT_HERE = "is not here (students' code has Python's library, numpy and graphviz)"
NN = [id for id, item in load_items().items() if item.uses == ("nn",)]
ENGINE = [id for id, item in load_items().items() if item.uses == ("engine",) and not item.needs]
Lost = dict[str, str]

pytestmark = pytest.mark.xdist_group("imports")


def source(file: str) -> str:
    return (ROOT / "solutions" / "micrograd" / file).read_text()


@pytest.fixture(params=[True, pytest.param(False, marks=nightly)], ids=["fork", "no fork"], scope="module")
def grader(request: pytest.FixtureRequest) -> Iterator[Grader]:
    with Grader(
        shortened(exams.get()), choose("auto") if request.param else NO_SANDBOX, limits=LIMITS, fork=request.param
    ) as it:
        yield it


def grade(grader: Grader, folder: Path, files: dict[str, str | bytes], ids: list[str]) -> tuple[Report, Lost]:
    """The report on the reference with other files, and what each item that did not pass says."""
    package = folder / "s" / "micrograd"
    shutil.copytree(ROOT / "solutions" / "micrograd", package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in files.items():
        (package / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    report = grader.grade("s", folder / "s", ids)
    return report, {item.id: item.message for item in report.items if item.status != "passed"}


# --- libraries that are not here ----------------------------------------------------------------------------

HARMLESS = """
import matplotlib.pyplot as plt
import torch, torch.nn as nn, torch.nn.functional as F
from IPython.display import display, SVG
from sklearn.datasets import make_moons
import seaborn as sns
from tqdm import *
from numba import njit

torch.manual_seed(1337)
plt.rcParams["figure.figsize"] = (5, 5)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

@njit
def double(x: torch.Tensor | None, y: "torch.Tensor" = torch.zeros(3), *more: int | torch.Tensor) -> F.Thing[int]:
    return 2 * x

@torch.jit.script(optimize=True)
class Thing: pass

class Net(nn.Module, metaclass=type):
    kind = torch.float32
    @torch.no_grad()
    def size(self): return 3

assert double(2) == 4 and Net.size(None) == 3 and isinstance(Thing(), Thing)
assert not isinstance(3, torch.Tensor) and isinstance(3, (int, torch.Tensor)) and isinstance(3, int | torch.Tensor)

try:
    import pandas as pd
except ImportError:
    pd = None
try:
    import jax
    import jax.numpy as jnp
except (ValueError, ModuleNotFoundError):
    jax = jnp = None
import contextlib
tensorflow = None
with contextlib.suppress(ImportError):
    import tensorflow
assert pd is None and jax is None and jnp is None and tensorflow is None

def plot(losses):
    plt.plot(losses)
"""


def test_a_library_that_is_not_here_costs_nothing(grader: Grader, tmp_path: Path) -> None:
    report, lost = grade(grader, tmp_path, {"nn.py": source("nn.py") + HARMLESS}, NN)
    assert lost == {}
    assert f"torch {NOT_HERE}: micrograd/nn.py:{line_of(source('nn.py') + HARMLESS, 'manual_seed')}" in report.message
    assert "stops" not in report.message


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if part in line)


def test_a_library_that_only_lies_in_a_drawer_is_not_even_mentioned(grader: Grader, tmp_path: Path) -> None:
    report, lost = grade(grader, tmp_path, {"engine.py": "import torch\n" + source("engine.py")}, ENGINE)
    assert (lost, report.message) == ({}, "")


USES = ("torch.tanh(self.data)", "float(torch.pi)", "torch.pi * 2", "[*torch.x]", "torch.x[0] < 3", "torch.nn.Module()",
        "len(torch.x)", "2.0 in torch.x", "Thing()", "-torch.x", "next(iter(torch.x))", "int(torch.x)")  # fmt: skip


@pytest.mark.parametrize("use", few(USES, 6))
def test_what_needs_a_library_says_so(grader: Grader, tmp_path: Path, use: str) -> None:
    text = source("engine.py").replace("math.tanh(self.data)", use)
    assert use in text
    text += "\nimport torch\n\nclass Thing(torch.nn.Module):\n    pass\n"
    report, lost = grade(grader, tmp_path, {"engine.py": text}, ["engine-tanh", "engine-exp"])
    assert lost.keys() == {"engine-tanh"}
    assert f"ModuleNotFoundError: torch {NOT_HERE}" in lost["engine-tanh"]
    assert f"micrograd/engine.py:{line_of(text, use)} in tanh" in lost["engine-tanh"]
    assert report.items[-1].status == "error" or report.items[0].status == "error"


def test_no_library_is_found_either(tmp_path: Path) -> None:
    """Although torch is installed where this runs."""
    assert importlib.util.find_spec("torch")
    text = source("nn.py") + "\nimport importlib.util\nassert importlib.util.find_spec('torch') is None\n"
    with Grader(shortened(exams.get()), NO_SANDBOX, limits=LIMITS) as grader:
        report, lost = grade(grader, tmp_path, {"nn.py": text}, NN[:1])
    assert (lost, report.message) == ({}, "")


# --- modules that stop --------------------------------------------------------------------------------------

STOPS = {
    "assert 1 + 1 == 3": "AssertionError",
    "name = input('Your name? ')": "EOFError",
    "import sys; sys.exit()": "SystemExit",
    "import argparse; p = argparse.ArgumentParser(); p.add_argument('n'); p.parse_args()": "SystemExit: 2",
    "open('/nowhere/losses.txt', 'w')": "Error",
    "print(1 / 0)": "ZeroDivisionError: division by zero",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
}


@pytest.mark.parametrize("line", few(STOPS, 4))
def test_what_is_defined_before_a_module_stops_counts(grader: Grader, tmp_path: Path, line: str) -> None:
    text = source("train.py")
    report, lost = grade(grader, tmp_path, {"train.py": f"{text}\n{line}\n"}, ["training-mse", "training-step"])
    assert lost == {}
    number = line_of(f"{text}\n{line}\n", line)
    if call := re.search(r"\b(?:input|sys\.exit)\(.*\)", line):
        assert f"remove `{call[0]}` in line {number}; what stands above was graded" in report.message
    else:
        assert f"micrograd/train.py stops at line {number} while it is imported (" in report.message
        assert STOPS[line] in report.message and MAIN in report.message


def test_what_would_come_after_is_lost(grader: Grader, tmp_path: Path) -> None:
    text = source("train.py").replace("class SGD", "print(1 / 0)\n\nclass SGD")
    _, lost = grade(grader, tmp_path, {"train.py": text}, ["training-mse", "training-sgd-step", "training-decay"])
    assert lost.keys() == {"training-sgd-step", "training-decay"}
    for message in lost.values():
        assert "micrograd/train.py cannot be imported: ZeroDivisionError: division by zero" in message
        assert f"micrograd/train.py:{line_of(text, '1 / 0')}" in message and MAIN in message


def test_a_class_that_stops_in_its_middle_is_not_there(grader: Grader, tmp_path: Path) -> None:
    """It is no demonstration either."""
    text = source("nn.py").replace("class MLP(Module):", "class MLP(Module):\n    size = 1 / 0\n")
    report, lost = grade(grader, tmp_path, {"nn.py": text}, NN)
    assert lost.keys() == {"nn-mlp", "nn-mlp-parameters"}
    assert MAIN not in lost["nn-mlp"] and MAIN not in report.message


TRAINS = """
from micrograd.nn import MLP
from micrograd.data import make_moons
model = MLP(2, [16, 1])
inputs, labels = make_moons(40)
for k in range(10**9):
    loss = hinge_loss([model(x) for x in inputs], labels) + l2_penalty(model.parameters())
    model.zero_grad()
    loss.backward()
"""
if not WHOLE:  # a wait costs the same on the clock, and leaves the processor to other tests
    TRAINS += "    __import__('time').sleep(9)\n"


def test_a_module_that_trains_runs_out_of_time_once(grader: Grader, tmp_path: Path) -> None:
    text = source("train.py") + TRAINS
    report, lost = grade(grader, tmp_path, {"train.py": text}, ["training-mse", "training-decay"])
    assert lost == {}
    assert "importing micrograd/train.py did not come to an end within 1 s: is it training?" in report.message
    assert MAIN in report.message and "MemoryError" not in report.message
    text = (
        source("train.py")
        .replace("def linear_decay", f"{TRAINS}\ndef linear_decay")
        .replace("return start", "return 1")
    )
    shutil.rmtree(tmp_path / "s")
    report, lost = grade(grader, tmp_path, {"train.py": text}, ["training-mse", "training-decay"])
    assert lost.keys() == {"training-decay"}
    item = next(item for item in report.items if item.id == "training-decay")
    assert item.status == "timeout" and "is it training?" in item.message and MAIN in item.message
    assert item.file == "micrograd/train.py"


# --- names --------------------------------------------------------------------------------------------------

SIBLINGS = {
    "from engine import Value": "`from .engine import Value`",
    "import engine; Value = engine.Value": "`from . import engine; Value = engine.Value`",
    "from micrograd.Engine import Value": "`from .engine import Value`",
    "from Micrograd.engine import Value": "`from .engine import Value`",
    "from .Engine import Value": "`from .engine import Value`",
    "import trace; from engine import Value; trace.trace": "`from . import trace",
}


@pytest.mark.parametrize("line", few(SIBLINGS, 4))
def test_a_module_that_lies_beside_is_found(grader: Grader, tmp_path: Path, line: str) -> None:
    text = source("nn.py").replace("from micrograd.engine import Value", line)
    assert line in text
    report, lost = grade(grader, tmp_path, {"nn.py": text}, NN)
    assert lost == {}
    assert f"write {SIBLINGS[line]}" in report.message and "it was graded as if you had" in report.message


def test_a_helper_that_lies_beside_is_found(grader: Grader, tmp_path: Path) -> None:
    text = source("nn.py").replace("import random\n", "import random\nfrom helpers import double\n")
    _, lost = grade(grader, tmp_path, {"nn.py": text, "helpers.py": "def double(x): return 2 * x\n1 / 0\n"}, NN)
    assert lost == {}
    text = text.replace("helpers", "micrograd.tools")
    shutil.rmtree(tmp_path / "s")
    _, lost = grade(grader, tmp_path, {"nn.py": text}, NN[:1])
    assert "there is no micrograd/tools.py among what was handed in" in lost[NN[0]]
    shutil.rmtree(tmp_path / "s")
    _, lost = grade(grader, tmp_path, {"nn.py": text, "tools.py": "def double(x:\n"}, NN[:1])
    assert lost[NN[0]].startswith("micrograd/tools.py, line 1 is not valid Python: '(' was never closed")


def test_no_place_of_the_graders_is_shown(grader: Grader, tmp_path: Path) -> None:
    text = source("nn.py") + "\nfrom numpy import nothing_of_the_kind\n"
    report, lost = grade(
        grader, tmp_path, {"nn.py": text, "train.py": "from micrograd.engine import Valu\n"}, [*NN, "training-mse"]
    )
    said = report.message + "".join(lost.values())
    assert "cannot import name 'nothing_of_the_kind' from 'numpy'" in said
    assert not any(place in said for place in ("/tmp", "/work", "site-packages", ".venv", "harness"))


# --- slips --------------------------------------------------------------------------------------------------

ENGINE_PY = source("engine.py")
LAST = ENGINE_PY.count("\n") + 1
SLIPS: dict[str, tuple[str | bytes, int, str]] = {
    "utf-16": (ENGINE_PY.encode("utf-16"), 1, "the file is UTF-16 text\nSave it as UTF-8"),
    "utf-16 without a mark": (ENGINE_PY.encode("utf-16-le"), 1, "the file is UTF-16 text"),
    "latin-1": ((ENGINE_PY + "x = 'café'\n").encode("latin-1"), LAST, "not UTF-8 (byte 0xe9)"),
    "nbsp": (ENGINE_PY + "x =\u00a03\n", LAST, "has a non-breaking space (U+00A0)"),
    "zero width": (ENGINE_PY + "x =\u200b 3\n", LAST, "has an invisible character (U+200B)"),
    "curly": (ENGINE_PY + "x = \u201ca\u201d\n", LAST, "has a curly quote (\u201c, U+201C)"),
    "dash": (ENGINE_PY + "x = 3 \u2212 2\n", LAST, "has a dash (\u2212, U+2212) for a minus"),
    "merge": (
        ENGINE_PY + "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n",
        LAST,
        "a merge marker of git's (`<<<<<<< HEAD`)",
    ),
    "magic": (
        ENGINE_PY + "%matplotlib inline\n",
        LAST,
        "a notebook's magic (`%matplotlib inline`)",
    ),
    "pip": (ENGINE_PY + "!pip install graphviz\n", LAST, "a notebook's command (`!pip install graphviz`)"),
    "get_ipython": ("get_ipython().magic('x')\n" + ENGINE_PY, 1, "calls get_ipython(), which only a notebook has"),
    "tabs": (ENGINE_PY + "if 1:\n        x = 1\n\ty = 2\n", LAST + 2, "is indented by tabs where others have spaces"),
    "notebook": ('{"cells": [{"execution_count": null, "source": []}], "nbformat": 4}', 1, "is a notebook, not Python"),
    "nul": (ENGINE_PY + "x = 1\0\n", LAST, "has a NUL byte"),
    "syntax": (ENGINE_PY + "x = (1\n", LAST, f"'(' was never closed (says {PYTHON})"),
}


@pytest.mark.parametrize("kind", few(SLIPS, 6))
def test_a_slip_is_named_for_what_it_is(grader: Grader, tmp_path: Path, kind: str) -> None:
    text, line, said = SLIPS[kind]
    report, lost = grade(grader, tmp_path, {"engine.py": text}, ["engine-add", "derivative-central"])
    assert lost.keys() == {"engine-add"}
    item = next(item for item in report.items if item.id == "engine-add")
    begin = "cannot be imported: line" if kind == "get_ipython" else f", line {line} is not valid Python: "
    assert item.status == "error" and item.message.startswith(("micrograd/engine.py " + begin).replace(" ,", ","))
    assert said in item.message and item.message.count("\n") <= 5
    assert (item.file, item.line) == ("micrograd/engine.py", line)


@pytest.mark.parametrize("text", [b"", b"\n  \n", b"# to do\n", b'"""to do"""\n'])
def test_an_empty_file_is_still_to_do(grader: Grader, tmp_path: Path, text: bytes) -> None:
    report, lost = grade(grader, tmp_path, {"nn.py": text}, ["nn-neuron", "engine-add"])
    assert lost == {"nn-neuron": "micrograd/nn.py is empty: it defines nothing"}
    assert report.items[-1].status == "todo"


def test_a_mark_at_the_beginning_is_no_matter(grader: Grader, tmp_path: Path) -> None:
    report, lost = grade(grader, tmp_path, {"engine.py": b"\xef\xbb\xbf" + ENGINE_PY.encode()}, ENGINE)
    assert (lost, report.message) == ({}, "")


@pytest.fixture(scope="module")
def unshut() -> Iterator[Grader]:
    """One that runs what students wrote by this Python."""
    with Grader(shortened(exams.get()), NO_SANDBOX, limits=LIMITS) as grader:
        yield grader


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows it")
@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('x = f"{", ".join("ab")}"', "quotes or backslashes within the braces of an f-string"),
        ("type Number = int", "type parameters"),
        ("def first[T](xs): pass", "type parameters"),
        ("class Box[T]: pass", "type parameters"),
    ],
)
def test_the_syntax_of_a_newer_python_is_named(unshut: Grader, tmp_path: Path, line: str, what: str) -> None:
    _, lost = grade(unshut, tmp_path, {"engine.py": ENGINE_PY + line + "\n"}, ["engine-add"])
    assert f"(says {PYTHON})" in lost["engine-add"]
    assert lost["engine-add"].lower().endswith(f"\n{what} need Python 3.12.".lower())


_COMPILED = """
import json, sys
from dataclasses import replace
from pathlib import Path
from autograder.courses.micrograd.subject import SUBJECT
from autograder.exam.mutants import copy_reference
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.worker import Worker
sys.path.append(sys.argv[1])
sandbox = NO_SANDBOX if sys.argv[2] == "none" else choose("auto")
with Worker(sandbox, replace(SUBJECT, libraries=("speedy",)), json.loads(sys.argv[3])) as worker:
    root = copy_reference(worker.folder / "s").parent
    found = worker.run(root, ["derivative-central"]).items
    assert found["derivative-central"].answers, found
    assert not [*root.rglob("__pycache__")]
"""


@pytest.mark.parametrize("sandbox", ["none", "auto"])
def test_at_a_desk_libraries_are_compiled_and_what_students_write_is_not(sandbox: str, reachable: Path) -> None:
    """In a kit's environment nobody but the worker imports numpy, and pip compiles nothing."""
    (reachable / "speedy").mkdir()
    (reachable / "speedy" / "__init__.py").write_text("x = 1\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    asked = {"derivative-central": exams.get().sheets["derivative-central"].questions}
    command = [sys.executable, "-c", _COMPILED, str(reachable), sandbox, json.dumps(asked)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert bool([*reachable.glob("speedy/__pycache__/*.pyc")]) == (sandbox == "none")
