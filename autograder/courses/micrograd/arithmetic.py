"""Where a gradient comes from, in words: "10 was there, and 2·3 comes back from out: 16"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.exam.equality import same
from autograder.exam.items import digits
from autograder.texts import _


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

    def data(self) -> list[Any]:
        """Plain data, without the name."""
        return [self.before, [list(vars(share).values()) for share in self.shares], self.total]

    @classmethod
    def read(cls, name: str, data: Sequence[Any]) -> Sum:
        """The inverse of `data`."""
        before, shares, total = data
        return cls(name, before, [Share(*share) for share in shares], total)

    @property
    def adds_up(self) -> bool:
        """Whether it is all that makes the gradient."""
        terms = [self.before, *(share.slope * share.grad for share in self.shares)]
        return same([self.total, *terms], [sum(terms), *terms])

    def __str__(self) -> str:
        products: dict[str, list[str]] = {}
        for share in self.shares:
            products.setdefault(share.source, []).append(f"{digits(share.slope)}·{_factor(share.grad)}")
        came = [
            _("{terms} comes back from {source}", terms=" + ".join(terms), source=source)
            for source, terms in products.items()
        ]
        there = [_("{value} was there", value=digits(self.before))] if self.before else []
        *first, last = there + came
        said = _("{terms}, and {last}", terms=", ".join(first), last=last) if first else last
        return _("Where {name} comes from: {terms}: {total}.", name=self.name, terms=said, total=digits(self.total))


def _factor(number: float) -> str:
    return f"({digits(number)})" if number < 0 else digits(number)


def origin(notes: Mapping[str, Any], graph: Mapping[str, Any] | None, wrong: Sequence[str]) -> str:
    """Where a right gradient comes from, by the notes on a question: that of the node of a `graph` that goes wrong
    first, else one of the parts that are `wrong`; nothing where a number is wrong before any gradient."""
    names = [*wrong]
    if graph:
        first = graph["nodes"][graph["wrong"]]
        if first["got"] is None or first["got"].get("data") != first["expected"].get("data"):
            return ""
        names.insert(0, f"{first['name']}.grad")
    return in_words(notes.get("sums", {}), names)


def in_words(sums: Mapping[str, Sequence[Any]], names: Sequence[str]) -> str:
    """Where the first of the gradients of these names comes from that has something to tell, by the notes on a
    question; empty where none has."""
    return next((str(Sum.read(name, sums[name])) for name in names if name in sums), "")
