"""Where a gradient comes from, in words: "10 was there, and 2·3 comes back from out: 16".

The judge runs the experiment on a lab of its own and notes each share as it is added, so that nothing is said of an
operation that its graph does not say; what does not add up is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.courses.micrograd.oracle.exact_lab import ExactLab, ExactValue
from autograder.courses.micrograd.oracle.lab import ancestors
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.exam.equality import same
from autograder.exam.items import Item, Question, digits

_MOST = 4  # shares that are told one by one


@dataclass(frozen=True)
class Share:
    """What came back to a node: the `slope` of a result in it, times the gradient `grad` of that result, which is
    called `source`."""

    slope: float
    grad: float
    source: str


@dataclass(frozen=True)
class Sum:
    """A gradient, what was there `before`, and the shares that were added."""

    name: str
    before: float
    shares: Sequence[Share]
    total: float

    @property
    def adds_up(self) -> bool:
        """Whether it is all that makes the gradient."""
        terms = [self.before, *(share.slope * share.grad for share in self.shares)]
        return same([self.total, *terms], [sum(terms), *terms])

    def __str__(self) -> str:
        products: dict[str, list[str]] = {}
        for share in self.shares:
            products.setdefault(share.source, []).append(f"{digits(share.slope)}·{_factor(share.grad)}")
        came = [f"{' + '.join(terms)} comes back from {source}" for source, terms in products.items()]
        there = [f"{digits(self.before)} was there"] if self.before else []
        *first, last = there + came
        listed = f"{', '.join(first)}, and {last}" if first else last
        return f"Where {self.name} comes from: {listed}: {digits(self.total)}."


def _factor(number: float) -> str:
    return f"({digits(number)})" if number < 0 else digits(number)


class _Value(ExactValue):
    """A Value that notes what is added to its gradient."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.before = 0.0
        self.shares: list[tuple[float, float, ExactValue]] = []

    def _note(self) -> None:
        """Note the share that each parent gets."""
        unit, self.grad = self.grad, 1.0
        slopes = self.partials()
        self.grad = unit
        for parent, slope in zip(self._prev, slopes, strict=True):
            if isinstance(parent, _Value):
                parent.shares.append((slope, unit, self))

    def _begin(self) -> None:
        if not self.shares:
            self.before = self.grad

    def _backward(self) -> None:
        for parent in self._prev:
            if isinstance(parent, _Value):
                parent._begin()
        self._note()
        super()._backward()

    def backward(self) -> None:
        nodes = [node for node in ancestors(self) if isinstance(node, _Value)]
        for node in nodes:
            if node._prev:  # it begins anew
                node.shares, node.before = [], 0.0
            else:
                node._begin()
        super().backward()
        for node in nodes:
            node._note()


class _Lab(ExactLab):
    Value = _Value


def sums(item: Item, question: Question) -> dict[str, Sum]:
    """By name, the gradients in the graph of a question to which something came back."""
    lab = _Lab()
    item.experiment(lab, **question)
    names = {
        id(node): name
        for node, (name, _) in zip(lab._noted, write_down(item, question).noted, strict=True)
        if isinstance(node, _Value)
    }
    found = {}
    for node in lab._noted:
        if not isinstance(node, _Value) or not 0 < len(node.shares) <= _MOST:
            continue
        if all(id(source) in names for _, _, source in node.shares):
            shares = [Share(slope, grad, names[id(source)]) for slope, grad, source in node.shares]
            made = Sum(f"{names[id(node)]}.grad", node.before, shares, node.grad)
            if made.adds_up:
                found[made.name] = made
    return found


def in_words(item: Item, question: Question, names: Sequence[str]) -> str:
    """Where the first of these gradients that has something to tell comes from; empty where none has."""
    if not item.look:
        return ""
    known = sums(item, question)
    return next((str(known[name]) for name in names if name in known), "")
