"""What is graded, for how many points, and that it can be asked everywhere with the standard library alone."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd.oracle.numeric_lab import Kink, NumericLab
from autograder.courses.micrograd.oracle.torch_lab import TorchLab
from autograder.courses.micrograd.subject import SUBJECT
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.exam.building import answer
from autograder.exam.domains import Real
from autograder.exam.equality import agrees
from autograder.exam.items import Item, item
from autograder.exam.paper import Exam, totals
from autograder.grading import exams as exam
from autograder.sandbox import mounts

pytestmark = pytest.mark.xdist_group("rubric")

ROOT = Path(__file__).parents[1]
ITEMS = load_items()

POINTS = {
    "derivative": {"central": 2, "gradcheck": 2},
    "engine": {
        "add": 2, "mul": 2, "pow": 2, "relu": 2, "exp": 1, "log": 1, "tanh": 2, "neg": 1, "sub": 1, "truediv": 2,
        "radd": 1, "rsub": 2, "rmul": 1, "rtruediv": 2,
    },
    "trace": {"nodes": 2, "dot": 2},
    "backprop": {
        "add": 3, "mul": 4, "pow": 4, "relu": 3, "exp": 2, "log": 2, "tanh": 2,
        "order": 4, "shared": 3, "expressions": 3,
    },
    "nn": {
        "neuron": 4, "neuron-parameters": 2, "layer": 3, "layer-parameters": 1, "mlp": 4, "mlp-parameters": 1,
        "zero-grad": 2, "dropout": 3,
    },
    "training": {
        "mse": 2, "hinge": 2, "l2": 1, "accuracy": 1, "sgd-step": 2, "sgd-zero-grad": 1, "decay": 2, "step": 4,
        "parity": 3, "moons": 2,
    },
    "stretch": {"deep": 3, "twice": 3, "edges": 4, "shapes": 2, "momentum": 3, "cross-entropy": 5},
    "testing": {"forward": 2, "rules": 2, "walk": 2, "accumulation": 1, "nets": 1, "training": 2},
}  # fmt: skip
EXPERIMENTS = {id: item for id, item in ITEMS.items() if not item.suite}

every_experiment = pytest.mark.parametrize("item", EXPERIMENTS.values(), ids=EXPERIMENTS)
every_item = pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)


@pytest.fixture(scope="module")
def default_exam() -> Exam:
    return exam.get()


def test_the_items_and_their_points_are_those_of_the_design() -> None:
    expected = {f"{group}-{name}": points for group, items in POINTS.items() for name, points in items.items()}
    assert {id: item.points for id, item in ITEMS.items()} == expected


def test_the_points_add_up() -> None:
    sums = dict.fromkeys(COURSE.assignments, 0)
    for each in ITEMS.values():
        sums[each.assignment] += each.points
    assert sums == {
        "derivative": 4,
        "engine": 26,
        "backprop": 30,
        "nn": 20,
        "training": 20,
        "stretch": 20,
        "testing": 10,
    }
    assert totals(list(ITEMS.values())) == (100, 30)


def test_items_come_assignment_by_assignment() -> None:
    order = [COURSE.assignments.index(item.assignment) for item in ITEMS.values()]
    assert order == sorted(order)


@every_item
def test_an_item_is_declared_whole(item: Item) -> None:
    prefixes = {"engine": ("engine", "trace")}.get(item.assignment, (item.assignment,))
    assert item.id.partition("-")[0] in prefixes
    assert item.title and not item.title.endswith(".") and "\n" not in item.title
    parameters = list(inspect.signature(item.experiment).parameters)
    assert parameters[0] == "m"
    assert set(parameters[1:]) == set(item.domains)
    assert all(set(example) == set(item.domains) for example in item.examples)
    assert (item.questions + len(item.examples) > 0) == (not item.suite)  # whose task comes with the exam
    assert item.tolerance == (1e-6 if item.id == "derivative-central" else 1e-9)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"domains": {"x": Real()}, "pionts": 2}, "pionts"),
        ({"domains": {"x": Real()}, "y": Real()}, "'y'"),
        ({"domains": {"z": Real()}}, r"takes \['x'\], and there are domains for \['z'\]"),
        ({"domains": {}}, "engine-typo"),
    ],
)
def test_a_slip_in_the_declaration_of_an_item_is_an_error(options: dict[str, object], complaint: str) -> None:
    def experiment(m: object, x: object) -> None:
        """Try."""

    with pytest.raises(TypeError, match=complaint):
        item("engine-typo", points=1, target="engine:Value", **options)(experiment)


def test_titles_differ_within_an_assignment() -> None:
    titles = [(item.assignment, item.title) for item in ITEMS.values()]
    assert len(set(titles)) == len(titles)


@every_experiment
def test_a_target_is_a_function_of_the_reference_in_a_module_that_is_used(item: Item) -> None:
    module, _, path = item.target.partition(":")
    assert module in item.uses
    body: list[ast.stmt] = ast.parse((ROOT / "solutions" / "micrograd" / f"{module}.py").read_text("utf-8")).body
    for name in path.split("."):
        (place,) = [node for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name]
        body = place.body
    assert isinstance(place, ast.FunctionDef)


def test_every_item_but_the_end_to_end_ones_has_a_solution_region() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "solutions" / "micrograd").glob("*.py")]
    regions = {id for source in sources for id in re.findall(r"### BEGIN SOLUTION ([\w-]+)", source)}
    bonus = {"stretch-deep", "stretch-twice", "stretch-edges", "stretch-shapes", "stretch-cross-entropy"}
    assert regions == {item.id for item in EXPERIMENTS.values() if not item.end_to_end} | bonus


# --- prerequisites ------------------------------------------------------------------------------------------


@every_item
def test_needs_name_items_that_come_earlier(item: Item) -> None:
    earlier = list(ITEMS)[: list(ITEMS).index(item.id)]
    assert set(item.needs) <= set(earlier)  # so there is no circle
    assert len(set(item.needs)) == len(item.needs)


@pytest.mark.parametrize("op", ["add", "mul", "pow", "relu", "exp", "log", "tanh"])
def test_a_rule_needs_its_operation_alone(op: str) -> None:
    assert ITEMS[f"backprop-{op}"].needs == (f"engine-{op}",)


def test_whole_expressions_need_all_of_the_engine() -> None:
    engine = {id for id in ITEMS if id.startswith("engine-")}
    backprop = {id for id in ITEMS if id.startswith("backprop-")} - {"backprop-shared", "backprop-expressions"}
    assert set(ITEMS["backprop-expressions"].needs) == engine | backprop


def test_operations_and_the_walk_need_nothing() -> None:
    assert [id for id, item in ITEMS.items() if item.needs and id.startswith("engine-")] == []
    assert ITEMS["backprop-order"].needs == ()


def test_end_to_end_items_are_few_and_need_others() -> None:
    assert [id for id, item in ITEMS.items() if item.end_to_end] == [
        "backprop-shared", "backprop-expressions", "training-parity", "training-moons", "stretch-deep", "stretch-twice",
        "stretch-edges", "stretch-shapes", "stretch-cross-entropy",
    ]  # fmt: skip
    assert all(item.needs for item in ITEMS.values() if item.end_to_end)


def test_only_rules_look_at_the_basis_of_what_they_need() -> None:
    based = {id for id, item in ITEMS.items() if item.basis}
    assert based == {f"engine-{op}" for op in ("add", "mul", "pow", "relu", "exp", "log", "tanh")}
    waiting = {item.id for item in ITEMS.values() if based & set(item.needs) and not item.end_to_end}
    assert waiting == {id.replace("engine", "backprop") for id in based}


def test_the_readme_of_micrograd_is_among_the_expressions() -> None:
    item = ITEMS["backprop-expressions"]
    (readme,) = [each for each in item.examples if each["program"]["leaves"] == [-4.0, 2.0]]
    assert [f"{number:.4f}" for number in item(TorchLab(), readme)] == ["24.7041", "138.8338", "645.5773"]


# --- the same experiment everywhere ---------------------------------------------------------------------------


@every_item
def test_an_experiment_runs_in_every_lab(item: Item, default_exam: Exam) -> None:
    sheet = default_exam.sheets[item.id]
    kinks = 0
    for question, stored in list(zip(sheet.questions, sheet.answers, strict=True))[-6:]:
        right = answer(COURSE, item, question)
        assert agrees(item, question, stored, right)
        try:
            measured = item(NumericLab(), question)
        except Kink:
            kinks += 1
        else:
            assert agrees(item, question, right, measured, max(2e-6, item.tolerance))
        assert write_down(item, question).lines
    assert kinks < 6 or item.id == "backprop-relu"


@every_item
def test_an_answer_is_plain(item: Item, default_exam: Exam) -> None:
    def is_plain(value: object) -> bool:
        return all(map(is_plain, value)) if isinstance(value, list) else type(value) in (int, float, str, bool)

    assert all(is_plain(answer) for answer in default_exam.sheets[item.id].answers)


@every_experiment
def test_an_experiment_leaves_its_question_alone(item: Item, default_exam: Exam) -> None:
    question = default_exam.sheets[item.id].questions[0]
    before = repr(question)
    item(TorchLab(), question)
    assert repr(question) == before


# --- what runs beside student code ------------------------------------------------------------------------------

# Of the project, what the sandbox shows.
_SHOWN = (*mounts.INSIDE, *SUBJECT.shown)
# What runs in the judge alone.
_OUTSIDE = {
    f"autograder.sandbox.{name}"
    for name in ("launcher", "layers", "mounts", "process", "reasons", "worker", "kernel.users")
}
_COURSE = "courses.micrograd"
_PACKAGES = (
    "sandbox",
    "sandbox.inside",
    "sandbox.kernel",
    "sandbox.suite",
    "sandbox.suite.standin",
    f"{_COURSE}.rubric",
    f"{_COURSE}.student_lab",
)
_INSIDE = sorted(
    {
        "autograder.course",
        *(f"autograder.exam.{name}" for name in ("domains", "items", "specimens")),
        "autograder.phrase",
        "autograder.scheme",
    }
    | {f"autograder.{_COURSE}.{name}" for name in ("domains", "lab", "operations")}
    | {
        f"autograder.{package}.{path.stem}"
        for package in _PACKAGES
        for path in ROOT.joinpath("autograder", *package.split(".")).glob("[!_]*.py")
    }
    - _OUTSIDE
)

_LOADED = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
from autograder.courses.micrograd import load_items
load_items()
print(*sorted(name for name in sys.modules if name.partition(".")[0] not in sys.stdlib_module_names))
"""


def test_the_worker_and_its_parts_are_looked_at() -> None:
    parts = {"inside.template", "inside.sitting", "protocol", "supervise", "kernel.seccomp"}
    assert {f"autograder.sandbox.{name}" for name in parts} <= set(_INSIDE)
    assert {f"autograder.courses.micrograd.{name}" for name in ("student_lab.lab", "rubric.engine")} <= set(_INSIDE)


def test_a_worker_needs_nothing_but_its_own_files_and_the_standard_library(tmp_path: Path) -> None:
    """Only what the sandbox shows is there, and no installed package."""
    for name in _SHOWN:
        source, target = ROOT / "autograder" / name, tmp_path / "autograder" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    command = [sys.executable, "-I", "-S", "-B", "-c", _LOADED, str(tmp_path), *_INSIDE]
    loaded = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert loaded.returncode == 0, loaded.stderr
    assert set(loaded.stdout.split()) - {"__main__"} == {*_INSIDE, *_packages()}


def _packages() -> set[str]:
    """The packages that hold these modules."""
    return {".".join(parts[:end]) for parts in (name.split(".") for name in _INSIDE) for end in range(1, len(parts))}


_HAND_OUT_NUMPY = ("autograder.courses.micrograd.student_lab.lab", "autograder.courses.micrograd.student_lab.nets")


@pytest.mark.parametrize("name", _INSIDE)
def test_no_import_hides_in_a_function(name: str) -> None:
    """Nor a relative one. numpy alone is imported on demand, where a question hands a numpy float to student code."""
    tree = ast.parse(Path(str(importlib.import_module(name).__file__)).read_text("utf-8"))
    nodes = list(ast.walk(tree))
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes)
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    allowed = {*sys.stdlib_module_names, *({"numpy"} if name in _HAND_OUT_NUMPY else ())}
    inside = ("autograder.exam",)
    course = name.startswith(f"autograder.{_COURSE}")
    inside += tuple(f"autograder.{_COURSE}.{part}" for part in ("domains", "lab", "rubric")) if course else ()
    inside += () if name.startswith(inside) else ("autograder.sandbox",)
    inside += (f"autograder.{_COURSE}.student_lab",) if name.startswith(f"autograder.{_COURSE}.student_lab") else ()
    inside += (f"autograder.{_COURSE}.operations",) if name.endswith("student_lab.pieces") else ()
    inside += (f"autograder.{_COURSE}.testing",) if name.endswith("student_lab.own_tests") else ()  # or nothing
    found -= {"autograder.course", "autograder.phrase", "autograder.scheme"}
    assert {each for each in found if each.partition(".")[0] not in allowed and not each.startswith(inside)} == set()
    assert not found & _OUTSIDE
