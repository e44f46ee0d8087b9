"""Mutants, made by rule and not by hand: nearly all cost points, and those that do not are known by name.

A few of them are graded by day, spread over items and operators, and a few of those that stand in the tables below.
With MUTANTS=all in the environment it is every one of them, on all items, which takes some minutes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from mutants import OPERATORS, Mutant, all_mutants, sample
from nightly import WHOLE
from planting import ITEMS, copy_reference, lost

from autograder.exam.regions import regions
from autograder.grading import exams as exam
from autograder.grading.grader import Grader
from autograder.sandbox.layers import NO_SANDBOX

pytestmark = pytest.mark.xdist_group("mutants")

ALL = os.environ.get("MUTANTS") == "all"
SAMPLE = 50  # on each item one or more; by day a share of these is graded
NAMED = Path(__file__).parent / "mutants-named.txt"


def _table(text: str) -> dict[str, str]:
    """Names and the reasons above them: a line that is indented is a name."""
    table: dict[str, str] = {}
    reason = ""
    for line in filter(None, text.split("\n")):
        if line.startswith(" "):
            assert reason and line.strip() not in table, line
            table[line.strip()] = reason
        else:
            reason = line
    return table


# Right, although changed. Each was looked at.
EQUIVALENT = _table("""
A sum does not depend on the order of its terms, but for rounding.
    nn:Neuron.__call__: …or w, xi in zip(self.w, x)), self.… => …or w, xi in list( … ))[::-1]), self.…
    train:mse_loss: …for p, t in zip(p … targets))) / len… => …for p, t in list( … ))[::-1])) / len…
    train:hinge_loss: …e, label in zip(s … labels))) / len… => …e, label in list( … ))[::-1])) / len…
    train:l2_penalty: … 2 for p in parameters), Value… => … 2 for p in list( … s)[::-1]), Value…
    train:cross_entropy: …() for s in shifted)).log()… => …() for s in list( … d)[::-1])).log()…
Nor does the largest of several, a count, or whether all claims hold.
    train:cross_entropy: …r logit in logits)) => …r logit in list(logits)[::-1]))
    train:accuracy: …e, label in zip(scores, labels)] => …e, label in list( … , labels))[::-1]]
    derivative:gradcheck: …i, claim in enumerate(grads): => …i, claim in list( … te(grads))[::-1]:
Each parameter is changed on its own, so that their order is free.
    nn:Module.zero_grad: for p in self.parameters(): => for p in list(self … ameters())[::-1]:
    train:SGD.step: …p, slope in zip(s … ameters, slopes): => …p, slope in list( … , slopes))[::-1]:
    train:SGD.zero_grad: for p in self.parameters: => for p in list(self.parameters)[::-1]:
The same number by another way: products commute, squares and distances have no sign, the lengths are equal.
    nn:Neuron.__call__: …(w * xi for w, xi in zip(… => …(w * xi for xi, w in zip(…
    train:hinge_loss: ….relu() for score, label in zip(… => ….relu() for label, score in zip(…
    train:mse_loss: …t) ** 2 for p, t in zip(… => …t) ** 2 for t, p in zip(…
    train:mse_loss: …eturn sum(((p - t) ** 2 f… => …eturn sum(((t - p) ** 2 f…
    train:mse_loss: …ts))) / len(predictions) => …ts))) / len(targets)
    train:hinge_loss: …ls))) / len(scores) => …ls))) / len(labels)
    derivative:gradcheck: if not abs(claim - numeric) <= tol… => if not abs(numeric - claim) <= tol…
    derivative:gradcheck: …= tol * max(1.0, abs(numeric)): => …= tol * max(abs(numeric), 1.0):
    engine:Value.__neg__: return self * -1 => return self / -1
Labels are 1 or -1, which all of these tell apart.
    train:accuracy: … == (label > 0) for … => … == (label >= 0) for …
    train:accuracy: …== (label > 0) for sc… => …== (label > -1) for sc…
At 0 the two branches of relu give the same, and what relu gives is positive exactly where it was given that.
    engine:Value.relu: … self.data > 0 else … => … self.data >= 0 else …
    engine:Value.relu._backward: if out.data > 0: => if out.data != 0:
    engine:Value.relu._backward: if out.data > 0: => if self.data > 0:
The two gradients of a sum, or of a product, are added to one after the other; which comes first is free.
    engine:Value.__add__._backward: self.grad += out.grad => after other.grad += out.grad
    engine:Value.__mul__._backward: self.grad += other.data * out.grad => after other.grad += self.data * out.grad
Parents may be any iterable, in any order.
    engine:Value.__add__: …ther.data, (self, other), '+') => …ther.data, (other, self), '+')
    engine:Value.__mul__: …ther.data, (self, other), '*') => …ther.data, (other, self), '*')
The operator that comes next lifts a number as well, and Python negates and inverts it the same.
    engine:Value.__sub__: return self + -self._lift(other) => return self + -other
    engine:Value.__truediv__: …turn self * self._lift(other) ** (-1) => …turn self * other ** (-1)
The kinds that are allowed stand in another order.
    engine:Value._lift: if not isinstance(x, (Value, Real)): => if not isinstance(x, (Real, Value)):
Two steps of which neither needs the other.
    engine:Value.backward: order = [] => after visited = set()
    engine:Value.backward: visited = set() => after def visit(node):
    engine:Value.backward.visit: visited.add(node) => after for parent in node._prev:
    engine:Value.backward: visit(self) => after self.grad = 1.0
    trace:trace: nodes, edges = ([root], []) => after seen = {root}
    trace:trace: edges.append((parent, node)) => after if parent not in seen:
    trace:trace: seen.add(parent) => after nodes.append(parent)
    train:train_step: optimizer.zero_grad() => after loss = loss_fn([mo … inputs], targets)
What is in a set, or forgotten, is so after the second time as after the first.
    engine:Value.backward.visit: visited.add(node) => twice
    engine:Value.backward.visit: visit(parent) => twice
    engine:Value.backward: visit(self) => twice
    engine:Value.backward: stack.append(parent) => twice
    trace:trace: seen.add(parent) => twice
    train:train_step: optimizer.zero_grad() => twice
Parents may come in any order.
    engine:Value.backward.visit: for parent in node._prev: => for parent in list(node._prev)[::-1]:
    engine:Value.backward: …r parent in stack[-1]._prev: => …r parent in list( … -1]._prev)[::-1]:
The first node in order is a leaf, which is neither cleared nor asked; the last is the root, which is set to 1.
    engine:Value.backward: for node in order: => for node in list(order)[1:]:
    engine:Value.backward: for node in order: => for node in list(order)[:-1]:
    engine:Value.backward: for node in reversed(order): => for node in list(r … sed(order))[:-1]:
Gradients are cleared in any order.
    engine:Value.backward: for node in order: => for node in list(order)[::-1]:
A graph is a set of nodes and edges: in which order they are found or drawn is free.
    trace:trace: for parent in node._prev: => for parent in list(node._prev)[::-1]:
    trace:draw_dot: for node in nodes: => for node in list(nodes)[::-1]:
    trace:draw_dot: for node in nodes: => after for operand, result in edges:
    trace:draw_dot: …, result in edges: => …, result in list(edges)[::-1]:
    trace:draw_dot: dot.node(name, f'{ … , shape='record') => after if node._op:
    trace:draw_dot: dot.node(name + 'op', node._op) => after dot.edge(name + 'op', name)
Graphviz draws a node once, however often it is told to.
    trace:draw_dot: dot.node(name, f'{ … , shape='record') => twice
    trace:draw_dot: dot.node(name + 'op', node._op) => twice
A layer has at least one neuron, and of one output the first is the last.
    nn:Layer.__call__: …if len(out) == 1 else… => …if len(out) <= 1 else…
    nn:Layer.__call__: return out[0] if len… => return out[-1] if len…
That a random number is exactly the probability happens once in 2**53 times, and -0.0 is 0.
    nn:Neuron.__call__: if random.random() < self.dropout: => if random.random() <= self.dropout:
    nn:Neuron.__call__: return Value(0.0) => return -Value(0.0)
""")

# Different, where the contract leaves it to the student, or says that it is not graded.
FREE = _table("""
Looks are free, and how many lines join two nodes is a matter of looks.
    trace:draw_dot: …rad:.4f} }}', shape='record') => …rad:.4f} }}')
    trace:draw_dot: …}}', shape='record') => …}}', shape='')
    trace:draw_dot: …hape='record') => …hape='record?')
    trace:draw_dot: dot.edge(name + 'op', name) => twice
    trace:draw_dot: dot.edge(str(id(op … (result)) + 'op') => twice
The chain that is asked for leads on through the first parents of its nodes.
    engine:Value.backward: …r parent in stack[-1]._prev: => …r parent in list( … [-1]._prev)[:-1]:
A claim has to be "within" the tolerance, which does not say what an error of exactly that size is.
    derivative:gradcheck: …- numeric) <= tol * m… => …- numeric) < tol * m…
The sizes are a list in micrograd, too; a tuple is more than it takes.
    nn:MLP.__init__: sizes = [nin] + list(nouts) => sizes = [nin] + nouts
Differs where there are no parameters at all; every net has some.
    train:l2_penalty: … parameters), Value(0.0)) => … parameters))
    train:l2_penalty: …arameters), Value(0.0)) => …arameters), 0.0)
The data of a loss are a float already, or numpy's, which is one.
    train:train_step: return float(loss.data) => return loss.data
""")

# The item that these are about passes. Others do not.
ELSEWHERE = _table("""
A bonus item's check that refuses what is right: the operations that it stands in fail, the item itself has less to ask.
    engine:Value._lift: if not isinstance(x, (Value, Real)): => if True:
    engine:Value._lift: if not isinstance( … pe(x).__name__}') => raise TypeError(f' … pe(x).__name__}')
    engine:Value._lift: if not isinstance(x, (Value, Real)): => if not isinstance((Value, Real)):
    engine:Value._lift: if not isinstance(x, (Value, Real)): => if not isinstance(x):
    engine:Value._lift: if not isinstance(x, (Value, Real)): => if not isinstance((Value, Real), x):
    engine:Value._lift: if not isinstance(x, (Value, Real)): => if not isinstance(x, (Real,)):
    engine:Value._lift: if not isinstance(x, (Value, Real)): => if not isinstance(x, (Value,)):
    engine:Value.__pow__: if self.data < 0 and exponen… => if exponen…
    engine:Value.__pow__: …f self.data < 0 and e… => …f self.data != 0 and e…
    engine:Value.__pow__: …self.data < 0 and exp… => …self.data < 1 and exp…
    engine:Value.__pow__: …self.data < 0 and ex… => …self.data < 10 and ex…
    engine:Value.__pow__: … self.data < 0 and e… => … self.data <= 0 and e…
The gradient of x**0 at 0 is a bonus, and asked for there.
    engine:Value.__pow__._backward: if exponent != 0: => if True:
    engine:Value.__pow__._backward: if exponent != 0:; … t - 1) * out.grad => self.grad += expon … t - 1) * out.grad
    engine:Value.__pow__._backward: if exponent != 0: => if self != 0:
    engine:Value.__pow__._backward: if exponent != 0: => if exponent != 10:
""")

UNNOTICED = EQUIVALENT | FREE
# Of those that are known, a share is graded every time, and with MUTANTS=all each of them.
KNOWN = set(sorted({**UNNOTICED, **ELSEWHERE})[:: 1 if ALL else 24 if WHOLE else 48])

# What else a mutant may cost: items whose function holds the region, which may then fail for what is right.
COMPANIONS = {
    "stretch-edges": {
        *(f"engine-{op}" for op in ("add", "mul", "pow", "sub", "truediv", "rsub", "rtruediv")),
        "backprop-add", "backprop-mul", "backprop-pow",
    },
    "stretch-deep": {"backprop-order"},
    "stretch-twice": {"backprop-order"},
    "stretch-shapes": {"nn-neuron", "nn-dropout", "training-mse", "training-hinge"},
    "stretch-momentum": {"training-sgd-step"},
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What a mutant cost, among the items that it was asked."""

    mutant: Mutant
    lost: dict[str, str]
    named: set[str]  # what the report takes it for, in its own item

    def strangers(self) -> dict[str, str]:
        """Items that did not pass, besides the mutant's own and those that take a whole engine or a bonus."""
        return {
            id: status
            for id, status in self.lost.items()
            if id != self.mutant.item and not ITEMS[id].end_to_end and not ITEMS[id].bonus
        }


@pytest.fixture(scope="module")
def mutants() -> list[Mutant]:
    return all_mutants()


@pytest.fixture(scope="module")
def verdicts(mutants: list[Mutant], tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    chosen = {mutant.name for mutant in (mutants if ALL else sample(mutants, SAMPLE)[:: 1 if WHOLE else 16])} | {*KNOWN}
    # They are ours and harmless, so they need no sandbox; what loops for ever should cost half a second, not six.
    with Grader(exam.get(), NO_SANDBOX, limits=exam.HASTY) as grader:
        return [
            _verdict(grader, mutant, tmp_path_factory.mktemp("mutant")) for mutant in mutants if mutant.name in chosen
        ]


def _verdict(grader: Grader, mutant: Mutant, folder: os.PathLike[str]) -> Verdict:
    """Ask the items around the mutant's own; all of them where it may pass for right."""
    planted = mutant.plant(folder)
    near = [
        item.id
        for item in ITEMS.values()
        if item.id == mutant.item or (mutant.module in item.uses and not item.end_to_end)
    ]
    report = grader.grade("mutant", planted, only=None if ALL else near)
    assert not report.ungraded, mutant.name
    if not ALL and mutant.item not in lost(report) and mutant.name not in UNNOTICED:
        report = grader.grade("mutant", planted)
    named = {item.diagnosis for item in report.items if item.id == mutant.item and item.diagnosis}
    return Verdict(mutant, {id: why for id, why in lost(report).items() if id not in mutant.without}, named)


def test_there_are_mutants_of_every_solution(mutants: list[Mutant]) -> None:
    names = [mutant.name for mutant in mutants]
    assert len(set(names)) == len(names) >= 1500
    by_item = Counter(mutant.item for mutant in mutants)
    assert min(by_item.values()) >= 10
    assert {mutant.operator for mutant in mutants} == {operate.__name__ for operate in OPERATORS}
    spread = Counter(mutant.item for mutant in sample(mutants, SAMPLE))
    assert set(spread) == set(by_item)
    assert sample(mutants, SAMPLE) == sample(mutants[::-1], SAMPLE)[::-1]


def test_the_core_gets_all_points_without_the_bonus_within_it(mutants: list[Mutant], tmp_path: Path) -> None:
    copy_reference(tmp_path)
    (without,) = {mutant.without for mutant in mutants if mutant.without}
    path = tmp_path / "micrograd" / "engine.py"
    text = path.read_text("utf-8")
    lines: list[str | None] = [*text.split("\n")]
    for region in regions(text, "engine", list(ITEMS)):
        if region.id in without:
            lines[region.begin - 1 : region.end] = [None] * (region.end - region.begin + 1)
    path.write_text("\n".join(line for line in lines if line is not None), "utf-8")
    with Grader(exam.get(), NO_SANDBOX) as grader:
        asked = [id for id, item in ITEMS.items() if not item.suite]
        report = grader.grade("core", tmp_path, asked)
    assert set(lost(report)) == set(without) == {"stretch-deep", "stretch-twice"}


def test_the_tables_are_about_mutants_that_there_are(mutants: list[Mutant]) -> None:
    tables = (EQUIVALENT, FREE, ELSEWHERE)
    assert set().union(*tables) <= {mutant.name for mutant in mutants}
    assert sum(map(len, tables)) == len(set().union(*tables))


def test_every_mutant_costs_points_but_those_that_are_known(
    verdicts: list[Verdict], mutants: list[Mutant], record_property: Callable[[str, object], None]
) -> None:
    unnoticed = {verdict.mutant.name for verdict in verdicts if not verdict.lost}
    assert unnoticed - set(UNNOTICED) == set(), "a mutant gets every point: is it wrong?"
    assert set(UNNOTICED) & KNOWN - unnoticed == set(), "these are noticed: take them out of the tables"
    counts = {
        "mutants": len(mutants),
        "mutants graded": len(verdicts),
        "mutants killed": len(verdicts) - len(unnoticed),
        "mutants that are equivalent": len(EQUIVALENT),
        "mutants that the contract leaves free": len(FREE),
    }
    for name, count in counts.items():
        record_property(name, count)
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))


def test_a_mutant_costs_the_item_that_it_is_about(verdicts: list[Verdict]) -> None:
    elsewhere = {v.mutant.name for v in verdicts if v.lost and v.mutant.item not in v.lost}
    assert elsewhere <= set(ELSEWHERE) and elsewhere >= set(ELSEWHERE) & KNOWN


def test_a_mutant_costs_hardly_anything_else(
    verdicts: list[Verdict], record_property: Callable[[str, object], None]
) -> None:
    """Besides its own item: what waits for that, and what shares the function with a bonus item's region."""
    strange = {v.mutant.name: v.strangers() for v in verdicts if v.strangers()}
    waiting = 0
    for verdict in verdicts:
        for id, status in verdict.strangers().items():
            waits = status == "blocked" and verdict.mutant.item in ITEMS[id].needs
            assert waits or id in COMPANIONS.get(verdict.mutant.item, ()), (verdict.mutant.name, id, status)
        waiting += bool(verdict.strangers()) and verdict.mutant.item not in COMPANIONS
    record_property("mutants that cost several items", len(strange))
    record_property("mutants that cost what waits for their item", waiting)
    print(f"{len(strange)} of {len(verdicts)} mutants cost several items, {waiting} of them what waits for their own")


def test_what_a_mutant_is_taken_for_was_looked_at(verdicts: list[Verdict]) -> None:
    """A diagnosis must be true. Each of those in the file was held against what the mutant does.

    With GOLDEN=1 and MUTANTS=all the file is written anew; look at what has changed.
    """
    named = {f"{v.mutant.item} | {name} | {v.mutant.name}\n" for v in verdicts for name in v.named}
    if ALL and os.environ.get("GOLDEN"):
        NAMED.write_text("".join(sorted(named)), "utf-8")
    reviewed = set(NAMED.read_text("utf-8").splitlines(keepends=True))
    assert named <= reviewed
    graded = {verdict.mutant.name for verdict in verdicts}
    assert {line for line in reviewed if line.rstrip("\n").split(" | ", 2)[2] in graded} <= named
