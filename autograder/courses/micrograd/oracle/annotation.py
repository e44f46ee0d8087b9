"""What can be said of a question, whatever is answered: noted when an exam is built, so that no judge needs a lab.

The experiment is written down, and runs on PyTorch. Each share that a gradient gets is noted as it is added, so that
nothing is said of an operation that its graph does not say; what does not add up is not said.
"""

from __future__ import annotations

from typing import Any

from autograder.courses.micrograd.arithmetic import Share, Sum
from autograder.courses.micrograd.graph_diff import twelve_digits
from autograder.courses.micrograd.oracle.lab import ancestors
from autograder.courses.micrograd.oracle.torch_lab import TorchLab
from autograder.courses.micrograd.oracle.torch_value import TorchValue
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.courses.micrograd.transcript.transcript import Transcript
from autograder.exam.items import Item, Question

_MOST = 4  # shares of a gradient that are told one by one
_NOISE = 1e-14  # relative to the largest number of a graph: what is left where terms cancel


class NotingValue(TorchValue):
    """A Value that notes what is added to its gradient."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.before = 0.0
        self.shares: list[tuple[float, float, NotingValue]] = []

    def _note(self) -> None:
        """Note the share that each parent gets."""
        unit, self.grad = self.grad, 1.0
        slopes = self.partials()
        self.grad = unit
        for parent, slope in zip(self._prev, slopes, strict=True):
            if isinstance(parent, NotingValue):
                parent.shares.append((slope, unit, self))

    def _begin(self) -> None:
        if not self.shares:
            self.before = self.grad

    def _backward(self) -> None:
        for parent in self._prev:
            if isinstance(parent, NotingValue):
                parent._begin()
        self._note()
        super()._backward()

    def backward(self) -> None:
        nodes = [node for node in ancestors(self) if isinstance(node, NotingValue)]
        for node in nodes:
            if node._prev:  # it begins anew
                node.shares, node.before = [], 0.0
            else:
                node._begin()
        super().backward()
        for node in nodes:
            node._note()


class NotingLab(TorchLab):
    """Experiments run here to be told of."""

    Value = NotingValue


def annotate(item: Item, question: Question) -> dict[str, Any]:
    """All notes on a question, as plain data; `graph` and `sums` of items whose graphs are drawn."""
    transcript = write_down(item, question)
    notes: dict[str, Any] = {"transcript": transcript.data()}
    if item.look:
        lab = NotingLab()
        item.experiment(lab, **question)
        notes["graph"] = _graph(item, lab)
        notes["sums"] = {name: made.data() for name, made in _sums(lab, transcript).items()}
    return notes


def _graph(item: Item, lab: NotingLab) -> list[Any]:
    """Of each node of the graph its operation, its parents and its right numbers; None stands for what was noted and is
    no node. Nothing where some of the graph was not noted, for it would have gaps."""
    found = lab.graph()
    if any(None in node[1] for node in found if node):
        return []
    numbers = [{"data": node[2], "grad": node[3]} for node in found if node]
    floors = {kind: _NOISE * max((abs(each[kind]) for each in numbers), default=0.0) for kind in item.look}
    right = iter(numbers)
    return [
        node and [node[0], node[1], [_tidy(each[kind], floors[kind]) for each in [next(right)] for kind in item.look]]
        for node in found
    ]


def _tidy(number: float, floor: float = 0.0) -> float:
    """To twelve digits, and 0 where next to nothing is left."""
    return 0.0 if abs(number) < floor else twelve_digits(number)


def _sums(lab: NotingLab, transcript: Transcript) -> dict[str, Sum]:
    """By name, the gradients in the graph of a question to which something came back."""
    noted = [(node, name) for node, (name, _) in zip(lab._noted, transcript.noted, strict=True)]
    names = {id(node): name for node, name in noted if isinstance(node, NotingValue)}
    found = {}
    for node, _ in noted:
        if not isinstance(node, NotingValue) or not 0 < len(node.shares) <= _MOST:
            continue
        if all(id(source) in names for _, _, source in node.shares):
            shares = [Share(_tidy(slope), _tidy(grad), names[id(source)]) for slope, grad, source in node.shares]
            made = Sum(f"{names[id(node)]}.grad", _tidy(node.before), shares, _tidy(node.grad))
            if made.adds_up:
                found[made.name] = made
    return found
