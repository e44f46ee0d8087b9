"""Right packages that look like nobody else's get every point; wrong engines that live by luck never do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from brief import shortened
from nightly import WHOLE, few, one_of_each, only

from autograder.courses.micrograd import load_items
from autograder.errors import UserError
from autograder.exam.paper import PRACTICE_SEED, SAMPLE_SEED
from autograder.exam.regions import regions
from autograder.grading import exams as exam
from autograder.grading.grader import Grader
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX, Sandbox

pytestmark = pytest.mark.xdist_group("engines")

ENGINES = Path(__file__).parent / "engines"
SEEDS = (SAMPLE_SEED, PRACTICE_SEED)

# What these engines do not even try: their walks are recursive or forget nothing, as the lecture's.
_LECTURE = {"stretch-deep", "stretch-twice", "stretch-edges"}
_LACKS = {
    "dataclass_": {"stretch-deep"},
    "lambdas": _LECTURE,
    "sets": _LECTURE,
    "table": {"stretch-deep"},
    "typed": {"stretch-deep"},
}


@pytest.fixture(scope="module", params=one_of_each(SEEDS, lambda seed: "seed"))
def grader(request: pytest.FixtureRequest) -> Iterator[Grader]:
    with Grader(shortened(exam.get(request.param), "stretch-deep"), strongest()) as grader:
        yield grader


def strongest() -> Sandbox:
    try:
        return choose("auto")
    except UserError:
        return NO_SANDBOX


# Every time those that lack something, each in another way, and those that differ most from the others.
@pytest.mark.parametrize(
    "engine",
    only(sorted(path.name for path in ENGINES.iterdir()), {"arena", "sets", "slots", "typed"}.__contains__),
)
def test_a_package_of_another_make_gets_every_core_point(grader: Grader, engine: str) -> None:
    report = grader.grade(engine, ENGINES / engine)
    lost = {item.id: item.message for item in report.items if item.earned < item.points}
    for asked in (id for id, item in load_items().items() if item.suite):
        assert lost.pop(asked).startswith("no test of your own yet")
    lacks = _LACKS.get(engine, set())
    assert {id: message for id, message in lost.items() if id not in lacks} == {}
    assert set(lost) == lacks
    assert report.score == report.max_score == 100
    assert report.bonus == 20 - sum(item.points for item in report.items if item.id in lacks)
    assert report.message == ""


def test_most_of_them_get_the_bonus_too(record_property: Callable[[str, object], None]) -> None:
    """That each does is seen above."""
    engines = {path.name for path in ENGINES.iterdir()}
    assert set(_LACKS) < engines
    assert len(engines - set(_LACKS)) >= 13
    record_property("right packages", len(engines))
    record_property("right packages that score 120", len(engines - set(_LACKS)))


@pytest.mark.parametrize("start", few([
    "from abc import ABC\n\n\nclass Value(ABC):",
    "from typing import Generic, TypeVar\n\n\nclass Value(Generic[TypeVar('T')]):",
], 1))  # fmt: skip
def test_a_class_of_another_kind_costs_nothing(grader: Grader, start: str, tmp_path: Path) -> None:
    """The net of this package uses what only its own engine has."""
    shutil.copytree(ENGINES / "kahn", tmp_path, dirs_exist_ok=True)
    path = tmp_path / "micrograd" / "engine.py"
    text = path.read_text("utf-8")
    assert text.count("class Value:") == 1
    path.write_text(text.replace("class Value:", start), "utf-8")
    report = grader.grade("kahn", tmp_path)
    assert (report.score, report.bonus) == (100, 20)


@pytest.mark.parametrize("kind", only(["tuple", "iter", "(lambda found: (p for p in found))"], "iter".__eq__))
def test_parameters_need_be_no_list(grader: Grader, kind: str, tmp_path: Path) -> None:
    shutil.copytree(ENGINES / "kahn", tmp_path, dirs_exist_ok=True)
    with (tmp_path / "micrograd" / "nn.py").open("a", encoding="utf-8") as file:
        file.write(
            f"\n\ndef another(listed):\n    return lambda self: {kind}(listed(self))\n\n\n"
            "for each in (Module, Neuron, Layer, MLP):\n    each.parameters = another(each.parameters)\n"
        )
    report = grader.grade("kahn", tmp_path)
    assert (report.score, report.bonus) == (100, 20)


def test_the_engines_differ() -> None:
    sources = {path.parents[1].name: path.read_text("utf-8") for path in ENGINES.glob("*/micrograd/engine.py")}
    reference = (Path(__file__).parents[1] / "solutions" / "micrograd" / "engine.py").read_text("utf-8")
    common = set(map(str.strip, reference.splitlines()))
    assert len(sources) >= 18
    for name, source in sources.items():
        lines = [line.strip() for line in source.splitlines() if len(line.strip()) > 40]
        assert sum(line in common for line in lines) <= len(lines) / 10, name


@pytest.mark.parametrize("module", ["nn", "train"])
def test_nets_and_training_differ(module: str) -> None:
    """Beyond what is given to everybody, they have hardly a line in common with the reference, or with each other."""
    path = Path(__file__).parents[1] / "solutions" / "micrograd" / f"{module}.py"
    text = path.read_text("utf-8")
    lines = text.split("\n")
    hidden = {line.strip() for r in regions(text, str(path), list(load_items())) for line in lines[r.begin : r.end - 1]}
    given = set(map(str.strip, lines)) - hidden
    own: dict[str, set[str]] = {}
    for engine in ENGINES.iterdir():
        found = map(str.strip, (engine / "micrograd" / f"{module}.py").read_text("utf-8").split("\n"))
        own[engine.name] = {line for line in found if len(line) > 30 and line not in given}
    assert len(own) >= 18
    telling = {line for line in hidden if len(line) > 30}
    for name, mine in own.items():
        assert len(mine & telling) <= len(telling) / 4, name
        for other, theirs in own.items():
            assert other == name or len(mine & theirs) <= max(len(mine), len(theirs)) / 2, (name, other)


# --- luck ---------------------------------------------------------------------------------------------------

# Ways to walk a graph that are right for some orders of a set of parents.
_LUCKY = {
    "pre-order": """
        order, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                order.append(node)
                for parent in node._prev:
                    visit(parent)
        visit(self)
    """,
    "a plain stack": """
        order, stack = [], [self]
        while stack:
            node = stack.pop()
            if node not in order:
                order.append(node)
                stack.extend(node._prev)
    """,
    "breadth first": """
        order = [self]
        for node in order:
            order.extend(parent for parent in node._prev if parent not in order)
    """,
    "layer by layer, each a set": """
        order, layer = [], {self}
        while layer:
            order.extend(node for node in layer if node not in order)
            layer = {parent for node in layer for parent in node._prev}
    """,
    "a set of all nodes": """
        found, fresh = {self}, [self]
        for node in fresh:
            fresh.extend(parent for parent in node._prev if parent not in found)
            found.update(node._prev)
        order = [self, *(found - {self})]
    """,
    "a set of all nodes, which have a hash of their own": """
        found, fresh = {self}, [self]
        for node in fresh:
            fresh.extend(parent for parent in node._prev if parent not in found)
            found.update(node._prev)
        order = [self, *(found - {self})]
    """,
    "by hash": """
        found, fresh = {self}, [self]
        for node in fresh:
            fresh.extend(parent for parent in node._prev if parent not in found)
            found.update(node._prev)
        order = sorted(found, key=hash, reverse=True)
    """,
    "by hash, upwards": """
        found, fresh = {self}, [self]
        for node in fresh:
            fresh.extend(parent for parent in node._prev if parent not in found)
            found.update(node._prev)
        order = sorted(found, key=hash)
    """,
    "post-order of one parent, pre-order of the others": """
        order, seen = [], set()
        def visit(node):
            if node in seen:
                return
            seen.add(node)
            first, *others = [*node._prev, None]
            if first is not None:
                visit(first)
            order.insert(0, node)
            for parent in others[:-1]:
                visit(parent)
        visit(self)
    """,
}

_GRADE = """
import sys
from pathlib import Path
from autograder.grading import exams
from autograder.errors import UserError
from autograder.grading.grader import Grader
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.launcher import choose
try:
    sandbox = choose("auto" if sys.argv[1] == "auto" else "none")
except UserError:
    sandbox = NO_SANDBOX
with Grader(exams.get(), sandbox) as grader:
    for folder in sorted(Path(sys.argv[2]).iterdir()):
        (item,) = grader.grade(folder.name, folder, only=["backprop-order"]).items
        print(f"{folder.name}: {item.status}")
"""


ATTEMPTS = 10 if WHOLE else 1


@pytest.fixture(scope="module")
def lucky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine with sets of parents, with each of those walks; and untouched, as "right"."""
    folder = tmp_path_factory.mktemp("lucky")
    shutil.copytree(ENGINES / "sets", folder / "right")
    for name, walk in _LUCKY.items():
        shutil.copytree(ENGINES / "sets", folder / name)
        path = folder / name / "micrograd" / "engine.py"
        head, marker, _ = path.read_text("utf-8").partition("    def backward(self):\n")
        assert marker
        body = textwrap.indent(textwrap.dedent(walk).strip(), " " * 8)
        after = "\n        self.grad = 1.0\n        for node in order:\n            node._backward()\n"
        own = "\n    def __hash__(self):\n        return id(self) // 16\n" if "a hash of their own" in name else ""
        path.write_text(head + marker + body + after + own, "utf-8")
    return folder


@pytest.fixture(scope="module")
def verdicts(lucky: Path) -> list[dict[str, str]]:
    """What each engine got for backprop-order, in some processes with hashes and addresses of their own; by day in this
    one."""
    if not WHOLE:
        with Grader(exam.get(), strongest()) as here:
            found = [here.grade(each.name, each, only=["backprop-order"]) for each in sorted(lucky.iterdir())]
        return [{report.student: report.items[0].status for report in found}]

    def grade(attempt: int) -> dict[str, str]:
        environment = {**os.environ, "PYTHONHASHSEED": str(1 + 1009 * attempt)}
        said = subprocess.run(
            [sys.executable, "-c", _GRADE, "none" if attempt % 2 else "auto", str(lucky)],
            env=environment, cwd=ENGINES.parents[1], capture_output=True, text=True, timeout=120, check=True,
        ).stdout  # fmt: skip
        return dict(line.split(": ") for line in said.splitlines())

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(grade, range(ATTEMPTS)))


@pytest.mark.parametrize("walk", list(_LUCKY))
def test_luck_does_not_help(verdicts: list[dict[str, str]], walk: str) -> None:
    assert [each[walk] for each in verdicts] == ["failed"] * ATTEMPTS


def test_the_same_engine_with_a_right_walk_passes(verdicts: list[dict[str, str]]) -> None:
    assert [each["right"] for each in verdicts] == ["passed"] * ATTEMPTS
