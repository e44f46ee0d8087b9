"""What the lab lends is no answer: nothing that is in the process while an item is sat does what the item asks for."""

from __future__ import annotations

import builtins
import dis
import importlib
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType, SimpleNamespace
from typing import Any

import pytest
from nightly import one_of_each

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd.lab import FORWARD, PIECES
from autograder.courses.micrograd.operations import COMPUTE
from autograder.courses.micrograd.student_lab import (
    contract,
    disguise,
    dot,
    forward,
    lab,
    nets,
    parts,
    pieces,
    stand_ins,
    values,
)
from autograder.courses.micrograd.student_lab.disguise import disguised
from autograder.courses.micrograd.student_lab.lab import StudentLab
from autograder.courses.micrograd.subject import SUBJECT
from autograder.exam import domains
from autograder.exam.equality import agrees
from autograder.exam.items import Item
from autograder.exam.paper import Exam
from autograder.grading import exams
from autograder.sandbox import supervise
from autograder.sandbox.inside import sitting
from autograder.sandbox.subject import EXTRA

pytestmark = pytest.mark.xdist_group("rubric")

REFERENCE = Path(__file__).parents[1] / "solutions"
ITEMS = load_items()
LABELS = {"__add__": "+", "__mul__": "*", "relu": "ReLU", "tanh": "tanh", "exp": "exp", "log": "log"}


@pytest.fixture(scope="module")
def package() -> Iterator[dict[str, ModuleType]]:
    """The reference's modules, imported here and nowhere else."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(str(REFERENCE))
        modules = {name: importlib.import_module(f"micrograd.{name}") for name in SUBJECT.order[1:]}
        # Where students are shut in there are few modules to look through for theirs; here are hundreds.
        few = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "micrograd"}
        monkeypatch.setattr(forward, "sys", SimpleNamespace(modules=few))
        yield modules
        for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd"]:
            del sys.modules[name]


@cache
def exam() -> Exam:
    return exams.get()


def passes(item: Item, package: dict[str, ModuleType]) -> bool:
    """Whether a package has all of an item right."""
    sheet = exam().sheets[item.id]
    lab = StudentLab(package)
    for question, expected in zip(sheet.questions, sheet.answers, strict=True):
        try:
            got = json.loads(json.dumps(item(lab, question)))
        except BaseException:
            return False
        finally:
            lab.restore()
        if not agrees(item, question, expected, got):
            return False
    return True


def test_an_item_that_borrows_nothing_passes_here(package: dict[str, ModuleType]) -> None:
    assert [id for id, item in ITEMS.items() if not passes(item, package)] == []


# --- what somebody borrows who knows it all -------------------------------------------------------------------
#
# By piece and item: what stands in for the student's own code, made of the piece and of the student's modules.

Borrowed = Callable[[dict[str, ModuleType]], Any]


def lifted(name: str) -> Borrowed:
    """An operation as the lab has it, that knows its name."""

    def borrow(package: dict[str, ModuleType]) -> Any:
        Value = package["engine"].Value
        compute, lift, _ = pieces.operators()
        computed = compute.get(name) or getattr(pieces, name)

        def operate(*operands: Any) -> Any:
            op = f"**{operands[1]}" if name == "__pow__" else LABELS.get(name, name)
            made = lambda number, parents: Value(number, parents, op)  # noqa: E731
            return lift(Value, lambda: made, lambda *step: None, name, computed)(*operands)

        return operate

    return borrow


def ruled(name: str) -> Borrowed:
    """An operation with the rule that the lab's slopes make."""

    def borrow(package: dict[str, ModuleType]) -> Any:
        Value = package["engine"].Value
        forward = lifted(name)(package)
        _, slopes = pieces.tape()

        def operate(*operands: Any) -> Any:
            out = forward(*operands)

            def _backward() -> None:
                numbers = [float(x.data if isinstance(x, Value) else x) for x in operands]
                for x, slope in zip(operands, slopes[name](*numbers), strict=False):
                    if isinstance(x, Value):
                        x.grad += slope * out.grad

            out._backward = _backward
            return out

        return operate

    return borrow


def added(package: dict[str, ModuleType]) -> Any:
    """A sum with the rule of a hand-built node."""
    forward = lifted("__add__")(package)

    def add(a: Any, b: Any) -> Any:
        out = forward(a, b)
        shares = [(x, 1.0) for x in (a, b) if isinstance(x, package["engine"].Value)]
        out._backward = pieces.rule(0, out, shares, [])
        return out

    return add


def walk(package: dict[str, ModuleType]) -> Any:
    Value = package["engine"].Value
    inner = next(each for each in closure(pieces.tape()[0]) if each.__name__ == "parents_first")

    def backward(self: Any) -> None:
        self.grad = 1.0
        for node in inner(Value, {}, [self])[::-1]:
            node._backward()

    return backward


def traced(package: dict[str, ModuleType]) -> Any:
    _, _, reached = pieces.operators()

    def trace(root: Any) -> Any:
        nodes = [root]
        reached(root, nodes.append)
        return nodes, [(parent, node) for node in nodes for parent in node._prev]

    return trace


def unbound(method: Any) -> Borrowed:
    return lambda package: method


def forgets(package: dict[str, ModuleType]) -> Any:
    Model, _ = pieces.trainer(disguised)

    def zero_grad(self: Any) -> None:
        model = Model.__new__(Model)
        model.calls = []
        model.ps = self.parameters if isinstance(self.parameters, list) else self.parameters()
        Model.zero_grad(model)

    return zero_grad


def steps(package: dict[str, ModuleType]) -> Any:
    Model, SGD = pieces.trainer(disguised)

    def step(self: Any) -> None:
        optimizer = SGD.__new__(SGD)
        optimizer._model = Model.__new__(Model)
        optimizer._model.calls = []
        optimizer.lr, optimizer.parameters = self.lr, self.parameters
        SGD.step(optimizer)

    return step


def valued(call: Callable[[Any], Any]) -> Borrowed:
    """What works for the class of the Values that it is given."""

    def borrow(package: dict[str, ModuleType]) -> Any:
        return lambda self, x: call(package["nn"].Value)(self, x)

    return borrow


def weights(package: dict[str, ModuleType]) -> Any:
    return next(each for each in closure(pieces.tape()[0]) if each.__name__ == "weights")


BORROWED: dict[tuple[str, str], Borrowed] = {
    ("rule", "backprop-add"): added,
    **{("operators", f"engine-{name.strip('_')}"): lifted(name) for name in COMPUTE},
    ("operators", "trace-nodes"): traced,
    **{(name, f"engine-{name.strip('_')}"): lifted(name) for name in values.DERIVED},
    **{("tape", f"backprop-{name.strip('_')}"): ruled(name) for name in COMPUTE},
    ("tape", "backprop-order"): walk,
    ("tape", "stretch-deep"): walk,
    ("neuron_parameters", "nn-neuron-parameters"): unbound(pieces.neuron_parameters(list)),
    ("layer_parameters", "nn-layer-parameters"): unbound(pieces.layer_parameters(list)),
    ("tape", "nn-neuron-parameters"): weights,
    ("tape", "nn-layer-parameters"): weights,
    ("tape", "nn-mlp-parameters"): weights,
    ("neuron", "nn-neuron"): valued(pieces.neuron),
    ("layer", "nn-layer"): valued(pieces.layer),
    ("trainer", "nn-zero-grad"): forgets,
    ("trainer", "training-sgd-zero-grad"): forgets,
    ("trainer", "training-sgd-step"): steps,
}


def closure(function: Any) -> list[Any]:
    """The functions that a function closes over, and those that these do."""
    found = [cell.cell_contents for cell in function.__closure__ or ()]
    return [each for one in found if isinstance(one, FunctionType) for each in (one, *closure(one))]


def put(package: dict[str, ModuleType], target: str, stand_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module, _, path = target.partition(":")
    owner, _, method = path.rpartition(".")
    monkeypatch.setattr(getattr(package[module], owner) if owner else package[module], method, stand_in)


def globals_of(code: CodeType) -> set[str]:
    """The names that a function looks for outside, and those within it."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    loads = {each.argval for each in dis.get_instructions(code) if each.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return loads.union(*map(globals_of, inner))


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_uses_nothing_but_its_tools(piece: str) -> None:
    """Where students are shut in it comes as code, without the module that it stands in."""
    tools = {re.split("[.:]", place)[-1] for place in SUBJECT.tools}
    used = globals_of(getattr(pieces, piece).__code__) - {*SUBJECT.tables, *vars(builtins)}
    assert used <= tools
    for table in SUBJECT.tables:
        for function in vars(pieces)[table].values():
            if isinstance(function, FunctionType):
                assert globals_of(function.__code__) - {*vars(builtins)} <= tools


@pytest.mark.parametrize(("piece", "id"), BORROWED)
def test_what_does_what_an_item_asks_for_is_lent_after_it(
    piece: str, id: str, package: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    item = ITEMS[id]
    put(package, item.target, BORROWED[piece, id](package), monkeypatch)
    assert passes(item, package), "this is no way to borrow it"
    assert item.stage <= PIECES.index(piece)


@pytest.mark.parametrize("item", [item for item in ITEMS.values() if item.apart], ids=lambda item: item.id)
def test_an_item_that_is_asked_again_is_lent_all_operators_but_its_own(item: Item) -> None:
    """In a process in which nothing is asked but that: what is found there does not help anywhere else."""
    own = item.target.rpartition(".")[2]
    assert item.lends(True) == tuple(name for name in PIECES[: PIECES.index(FORWARD) + 1] if name != own)
    rubric = SUBJECT.rubric()
    groups = supervise.group_items(SUBJECT, rubric, range(len(rubric)), True)
    named = [[rubric[place].id for place in group] for group in groups]
    assert [item.id, *(f"{what}{item.id}" for what in EXTRA)] in named


def test_one_class_like_theirs_has_the_rules_of_all_questions(package: dict[str, ModuleType]) -> None:
    """Each that there is makes it slower to give their own class operators."""
    theirs, lab = package["engine"].Value, StudentLab(package)
    there = {*theirs.__subclasses__()}
    for id in ("backprop-order", "trace-nodes", "trace-dot"):
        for question in exam().sheets[id].questions:
            ITEMS[id](lab, question)
            lab.restore()
    assert len({*theirs.__subclasses__()} - there) == 1


def test_nodes_of_an_earlier_question_are_as_they_were(package: dict[str, ModuleType]) -> None:
    """A walk may keep some, as one whose list is a default argument: that is no fault of ours."""
    lab = StudentLab(package)
    graph = [
        {"data": 1.0, "grad": 2.0, "op": "", "parents": []},
        {"data": 3.0, "grad": 0.0, "op": "+", "parents": [[0, 1.0]]},
    ]
    first, visits = lab.nodes(graph, 12345), lab.visits()
    hashes = [*map(hash, first)]
    lab.restore()
    lab.nodes(graph, 77)
    assert [*map(hash, first)] == hashes != [*map(hash, lab.nodes(graph, 77))]
    first[1]._backward()
    assert visits == [1] and lab.visits() == []
    lab.restore()
    assert [*map(hash, first)] == hashes


def test_neither_the_pieces_nor_the_table_of_operations_are_where_student_code_runs() -> None:
    look = """
import sys
from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.subject import SUBJECT
from autograder.sandbox.inside.lending import Store
load_items()
Store(SUBJECT)
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=60, check=True)
    there = {name.rpartition(".")[2] for name in done.stdout.split() if name.startswith("autograder.")}
    assert "lending" in there
    assert not there & {"pieces", "operations"}


def test_every_piece_is_lent_for_what_nobody_has_to_do_with_it() -> None:
    assert {piece for piece, _ in BORROWED} == {*PIECES}
    assert {item.lent[-1:] for item in ITEMS.values()} == {(), *((piece,) for piece in PIECES)}


# --- all that is there -----------------------------------------------------------------------------------------


def members(module: Any) -> Iterator[tuple[str, Any]]:
    """The functions of a module, and the methods of its classes."""
    for name, thing in vars(module).items():
        if isinstance(thing, FunctionType):
            yield name, thing
        elif isinstance(thing, type) and thing.__module__ == module.__name__:
            for each, member in vars(thing).items():
                if isinstance(member, FunctionType):
                    yield f"{name}.{each}", member


RUBRIC = [
    importlib.import_module(f"autograder.courses.micrograd.rubric.{name}")
    for name in (*COURSE.assignments, "dropout", "expressions")
]
STUDENT_LAB = [contract, disguise, dot, forward, lab, nets, parts, stand_ins, values]
THERE = {
    f"{module.__name__.rpartition('.')[2]}.{name}": function
    for module in (*STUDENT_LAB, sitting, domains, *RUBRIC)
    for name, function in members(module)
    if function.__module__ == module.__name__
}


def of_pieces(package: dict[str, ModuleType]) -> Iterator[tuple[str, Any]]:
    """All functions that pieces make, with the piece."""
    Value = package["engine"].Value
    made: dict[str, Any] = {
        "rule": [], "operators": pieces.operators(), "tape": pieces.tape(),
        "neuron_parameters": pieces.neuron_parameters(list), "layer_parameters": pieces.layer_parameters(list),
        "neuron": pieces.neuron(Value), "layer": pieces.layer(Value), "trainer": pieces.trainer(disguised),
    }  # fmt: skip
    for piece in PIECES:
        waiting = [made.get(piece), getattr(pieces, piece)]
        for thing in waiting:
            if isinstance(thing, (tuple, list)):
                waiting += thing
            elif isinstance(thing, dict):
                waiting += thing.values()
            elif isinstance(thing, type):
                waiting += [member for member in vars(thing).values() if callable(member)]
            elif callable(thing):
                yield piece, thing
                waiting += closure(thing) if isinstance(thing, FunctionType) else []


def ways(function: Any, package: dict[str, ModuleType]) -> Iterator[Any]:
    """To use a function as one's own: as it is, as a method of a lab, for a list, for the number of a new Value."""
    Value = package["engine"].Value
    yield function
    yield lambda *given: function(StudentLab(package), *given)
    yield lambda *given: [*itertools.islice(function(*given), 100)]
    yield lambda self, *given: function(*given)

    def on_numbers(*given: Any) -> Any:
        return Value(function(*(x.data if isinstance(x, Value) else x for x in given)), given)

    yield on_numbers


HARMFUL = {"_set", "rebind", "restore", "_everywhere"}  # they change the package, and answer nothing


ALONE = {
    id: item for id, item in ITEMS.items() if not (item.end_to_end or item.suite)
}  # the others take what passes for these


@pytest.mark.parametrize("item", one_of_each(ALONE.values(), lambda item: item.assignment, id=lambda item: item.id))
def test_nothing_that_is_there_can_stand_in_for_what_an_item_is_about(
    item: Item, package: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the lab nor the rubric, nor a piece that is lent by then. The rest of the package is right."""
    lent = [(f"{piece}: {f}", f) for piece, f in of_pieces(package) if PIECES.index(piece) < item.stage]
    for name, function in [*THERE.items(), *lent]:
        if name.rpartition(".")[2] in HARMFUL:
            continue
        for place, way in enumerate(ways(function, package)):
            with monkeypatch.context() as patch:
                put(package, item.target, way, patch)
                assert not passes(item, package), (name, place)
