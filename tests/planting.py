"""Plant faults in the reference, and tell what they cost. Shared by the tests of faults."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from brief import shortened
from nightly import WHOLE, one_of_each

from autograder.courses.micrograd import load_items
from autograder.errors import UserError
from autograder.exam.mutants import copy_reference, replaced
from autograder.exam.paper import PRACTICE_SEED, SAMPLE_SEED
from autograder.grading import exams as exam
from autograder.grading.grader import Grader
from autograder.grading.kill_matrix import waits
from autograder.report import Report
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX

REFERENCE = Path(__file__).parents[1] / "solutions" / "micrograd"
ITEMS = load_items()
OTHER_SEED = PRACTICE_SEED
# Of what is graded on the other exam once more, one in so many; with EXAMS=all in the environment everything.
SOME = 1 if os.environ.get("EXAMS") == "all" else 40


@dataclass(frozen=True)
class Fault:
    """In the function `where` ("engine:__add__", "nn:Layer.__call__"), `old` is replaced by `new`; it occurs there
    exactly once.

    `costs` are the items that must not pass, the one at fault first; `why` justifies the others.
    """

    name: str
    where: str
    old: str
    new: str
    costs: tuple[str, ...]
    why: str = ""

    @property
    def id(self) -> str:
        return f"{self.costs[0]}:{re.sub('[^a-z0-9*+=]+', '-', self.name.lower()).strip('-')}"

    def plant(self, folder: Path) -> Path:
        """Write the reference with this fault into `folder`."""
        module, _, function = self.where.partition(":")
        path = copy_reference(folder) / f"{module}.py"
        path.write_text(replaced(path.read_text("utf-8"), function, self.old, self.new), "utf-8")
        return folder


class Catalogue(list[Fault]):
    """Faults, as a file of tests lists them."""

    def one(self, item: str, name: str, where: str, old: str, new: str, *more: str, why: str = "") -> None:
        self.append(Fault(name, where, old, new, (item, *more), why))

    def several(self, item: str, where: str, old: str, edits: dict[str, str], *more: str, why: str = "") -> None:
        """Several ways to replace one text."""
        for name, new in edits.items():
            self.one(item, name, where, old, new, *more, why=why)


def parameters(faults: Sequence[Fault]) -> list[object]:
    """The faults for `parametrize`: the first of each item is planted every time, the others at night."""
    return one_of_each(faults, lambda fault: fault.costs[0], id=lambda fault: fault.id)


def asked(fault: Fault, faults: Sequence[Fault]) -> list[str] | None:
    """The items that a fault is graded by: at night all; by day all for the first fault of each assignment, and for the
    others the items around it."""
    assignments = {ITEMS[id].assignment for id in fault.costs}
    first = next(each for each in faults if ITEMS[each.costs[0]].assignment == ITEMS[fault.costs[0]].assignment)
    if WHOLE or fault == first:
        return None
    return [id for id, item in ITEMS.items() if item.assignment in assignments]


def hasty_grader(seed: int = SAMPLE_SEED, *whole: str) -> Grader:
    """A grader that waits for endless loops less long. Told which, it asks of what takes long these alone `whole`."""
    asked = shortened(exam.get(seed), *whole) if whole else exam.get(seed)
    try:  # what loops for ever should cost half a second, not six
        return Grader(asked, choose("auto"), limits=exam.HASTY)
    except UserError:
        return Grader(asked, NO_SANDBOX)


def lost(report: Report) -> dict[str, str]:
    """The items that did not pass, with their verdicts; but for those that ask for tests, of which there are none."""
    return {item.id: item.status for item in report.items if item.status != "passed" and not ITEMS[item.id].suite}


def strangers(fault: Fault, report: Report) -> dict[str, str]:
    """What a fault cost besides its own items, and besides those that take several and say that they wait for them."""
    return {id: status for id, status in lost(report).items() if id not in fault.costs and not waits(ITEMS[id], status)}


def missed(faults: Sequence[Fault], grader: Grader, folder: Path) -> list[tuple[str, str]]:
    """Faults, each with an item that it should have cost and did not; only these items are asked."""
    return [
        (fault.id, item.id)
        for index, fault in enumerate(faults)
        for item in grader.grade("faulty", fault.plant(folder / str(index)), only=fault.costs).items
        if item.status in ("passed", "ungraded")
    ]


# Faults that are none of the catalogue's forms, and yet do just what one of its pitfalls says: each was looked at.
NAMED = {
    "engine-pow:the-exponent-among-the-parents": "number-among-parents",
    "engine-pow:the-exponent-among-the-parents-as-a-value": "number-among-parents",
    "engine-neg:in-place": "operand-changed-in-place",
    **{
        f"engine-{op}:itself": "operand-changed-in-place"
        for op in ("sub", "truediv", "radd", "rsub", "rmul", "rtruediv")
    },
    "backprop-order:a-list-and-a-set-that-last": "list-outlives-the-walk",
    "backprop-order:a-list-and-a-set-of-the-class-s": "list-outlives-the-walk",
    "backprop-order:a-list-that-lasts": "list-outlives-the-walk",
    **{
        f"backprop-expressions:own-rule-for-{rule}": "overwrites-gradient"
        for op in ("neg", "sub", "truediv", "radd", "rsub", "rmul", "rtruediv")
        for rule in (f"{op}-overwrites-self", f"{op}-overwrites-other")
    },
    "backprop-expressions:iadd-changes-its-operand": "operand-changed-in-place",
    "backprop-expressions:imul-changes-its-operand": "operand-changed-in-place",
    "trace-dot:op-node-unlabelled": "op-nodes-missing",
    "backprop-mul:upstream-cleared-too-early": "operand-without-gradient",
    "backprop-log:zero": "rule-does-nothing",
    "backprop-order:last-finished-first": "leaves-first",
    "stretch-twice:only-the-root-starts-afresh": "interior-gradients-kept",
    "nn-neuron:weights-copied-at-each-call": "weights-as-numbers",
    "nn-neuron:weights-added-with-a-factor-of-0": "activation-unconnected",
    "nn-dropout:kept-from-the-parameters": "result-unconnected",
    "training-mse:numbers-squared": "result-unconnected",
    "training-hinge:margins-of-the-numbers": "result-unconnected",
    "training-l2:of-copies": "result-unconnected",
    "nn-neuron-parameters:nested-twice": "parameters-nested",
    "nn-zero-grad:nothing": "gradients-not-cleared",
    "nn-zero-grad:compares": "gradients-not-cleared",
    "training-accuracy:positives-alone": "negatives-never-right",
    "training-accuracy:all-or-nothing": "all-or-nothing",
    "training-sgd-step:compares": "parameters-not-moved",
    "training-step:loss-after-a-step-of-its-own": "loss-after-the-update",
    "training-step:cleared-only-at-first": "stale-gradients",
    "stretch-shapes:wide-neurons-unchecked": "inputs-cut-by-zip",
    "stretch-shapes:inputs-cut": "inputs-cut-by-zip",
    "stretch-shapes:a-warning-for-inputs": "inputs-cut-by-zip",
    "stretch-shapes:bare-inputs-as-numbers": "bare-value-refused",
    "stretch-shapes:a-warning-for-targets": "targets-cut-by-zip",
}


def names(report: Report) -> set[str]:
    """The pitfalls that a report names."""
    return {item.diagnosis for item in report.items if item.diagnosis}


def named_rightly(fault: Fault, report: Report) -> bool:
    """Whether a fault that is not in the catalogue is called nothing, or what it does in fact."""
    return names(report) == ({NAMED[fault.id]} if fault.id in NAMED else set())
