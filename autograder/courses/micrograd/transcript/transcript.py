"""A question in writing, as an exam keeps it and messages are made of it: no lab is needed to read one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from autograder.courses.micrograd.transcript.text import (
    Arrives,
    Attribute,
    Fresh,
    Layers,
    Leads,
    Nodes,
    Output,
    Parent,
    Plain,
    Raised,
    Resettable,
    Result,
    Strangers,
)
from autograder.exam.equality import agrees
from autograder.exam.items import Item, Question, show
from autograder.explanation import MOST_PARTS, Part
from autograder.phrase import data, parts, read
from autograder.texts import _, phrase

_WIDTH = 100
_KIND = re.compile(r"an? ([A-Za-z_]\w*)")  # what came instead, by `sandbox.inside.sitting.describe`

Leaf = tuple[str, Any, Any, Any]  # of an answer: its label, what it should be, what it is, an answer wrong there alone

LEADS = "out._prev"  # what shows where a result came from


@dataclass
class Transcript:
    """An experiment in writing: `lines` to paste, what its answer's parts are called, and the question in a few
    words (`ask`); `accepts(expected, got)` is the judge's decision on it. `last` is the name of what the last of the
    lines computes, if it does.

    `labels` has the form of the answer. `nodes` are the names of hand-built nodes; `noted` are name and formula of
    each node that belongs to the graph (the formula is empty for a leaf).
    """

    lines: list[str]
    labels: list[Any]
    ask: str
    nodes: list[str]
    noted: list[tuple[str, str]]
    accepts: Callable[[Any, Any], bool]
    last: str = ""

    def wrong_parts(self, expected: Any, got: Any) -> list[Part]:
        """The parts of an answer for which the judge does not take it: each is tried in an answer that is right
        elsewhere. Where a number is wrong, its gradients say nothing."""
        leaves = list(self._leaves(self.labels, expected, got, lambda answer: answer))
        wrong = [leaf for leaf in leaves if not self.accepts(expected, leaf[3])] or leaves[-1:]
        numbers = [leaf for leaf in wrong if not isinstance(leaf[0], Arrives)]
        return [self._part(label, e, g) for label, e, g, _ in numbers or wrong]

    def right_parts(self, expected: Any) -> list[Part]:
        """The parts of a right answer."""
        return [self._part(label, e, e) for label, e, _, _ in self._leaves(self.labels, expected, expected, list)]

    def _part(self, label: str, expected: Any, got: Any) -> Part:
        if isinstance(label, Output) and isinstance(got, list) != isinstance(expected, list):
            label = label.about  # the label itself, executed, would fail
        part = _part(label, self._show(label, expected), self._show(label, got))
        if isinstance(label, (Layers, Resettable)):
            return replace(part, words=label.words(expected, got))
        if len(part.expected) > _WIDTH and isinstance(got, list) and all(isinstance(e, list) for e in expected):
            lacking = [self._show(label, each) for each in expected if each not in got][:1]
            added = [self._show(label, each) for each in got if each not in expected][:1]
            said = [_("{name} lacks {what}", name=part.name, what=each) for each in lacking]
            said += [_("{name} has, and should not, {what}", name=part.name, what=each) for each in added]
            if lacking and added:
                both = {"name": part.name, "what": lacking[0], "other": added[0]}
                said = [_("{name} lacks {what} and has, and should not, {other}", **both)]
            part = replace(part, words="".join(said))
        if isinstance(label, Attribute) and isinstance(expected, float) and not isinstance(got, (int, float)):
            part = replace(part, source=label.owner)  # which may have no such attribute
        return part

    def data(self) -> dict[str, Any]:
        """All that is about the question alone, as plain data."""
        return {
            "lines": self.lines, "labels": _spelled(self.labels), "ask": data(self.ask), "nodes": self.nodes,
            "noted": self.noted, "last": self.last,
        }  # fmt: skip

    @classmethod
    def read(cls, item: Item, question: Question, notes: Mapping[str, Any]) -> Transcript:
        """The inverse of `data`, of a question of an item."""
        noted = [(name, formula) for name, formula in notes["noted"]]
        parts = {**notes, "labels": _labels(notes["labels"]), "noted": noted, "ask": read(notes["ask"])}
        return cls(accepts=partial(agrees, item, question), **parts)

    def _leaves(self, labels: Any, expected: Any, got: Any, whole: Callable[[Any], Any]) -> Iterator[Leaf]:
        if not isinstance(labels, list):
            yield labels, expected, got, whole(got)
        elif isinstance(got, list) and len(got) == len(labels) == len(expected):
            for place, (label, e, g) in enumerate(zip(labels, expected, got, strict=True)):

                def inside(part: Any, place: int = place) -> Any:
                    return whole([*expected[:place], part, *expected[place + 1 :]])

                yield from self._leaves(label, e, g, inside)
        else:
            yield Plain("the answer"), expected, got, whole(got)

    def _show(self, label: str, value: Any) -> str:
        """A value as students write it: hand-built nodes by name, numbers without noise."""
        if isinstance(label, Nodes) and isinstance(value, list):
            return "[" + ", ".join(self._show(label, part) for part in value) + "]"
        if isinstance(label, Nodes) and isinstance(value, int):
            return self.nodes[value] if 0 <= value < len(self.nodes) else _("a stranger")
        said = value.get("object") if isinstance(value, dict) else None
        if isinstance(said, str) and (kind := _KIND.fullmatch(said)):
            return _("a {kind}", kind=kind[1])
        return show(value)

    def reproduce(self, wrong: Sequence[Part] = (), lacks: str = "") -> str:
        """The lines to paste, ending with a print of the wrong parts and what they should be, or of the attribute that
        a Value `lacks`."""
        nodes = [name for name, _ in self.noted]
        if lacks and nodes:
            return "\n".join([*self.lines, f"print({'out' if 'out' in nodes else nodes[0]}.{lacks})"])
        some = [part for part in wrong[:MOST_PARTS] if part.source]
        shown = [(part.source, part.expected) for part in some if part.source != LEADS]
        if some and not shown:  # the number alone would tell nothing
            should = _("should lead back to {names}", names=_(" and ").join(part.name for part in some))
            return "\n".join([*self.lines, f"print({LEADS})  # {should}"])
        if not shown:  # what was asked is the last thing that was computed
            calls: list[str] = [label for label in self.labels if isinstance(label, Result)]
            calls += [self.last] * bool(self.last)
            return "\n".join([*self.lines, *(f"print({call})" for call in calls)])
        should = " ".join(expected for _, expected in shown)
        wanted = [source for source, _ in shown]
        sent = [each.sent for each in _flat(self.labels) if isinstance(each, Arrives) and each in wanted]
        return "\n".join(
            [*self.lines, *dict.fromkeys(sent), f"print({', '.join(wanted)})  # {_('should be {value}', value=should)}"]
        )


_KINDS = {
    kind.__name__: kind
    for kind in (Arrives, Attribute, Fresh, Layers, Leads, Nodes, Output, Parent, Plain, Raised, Resettable, Result,
                 Strangers)
}  # fmt: skip


def _spelled(labels: Any) -> Any:
    """Labels as plain data: a text that is no more than that, else the kind, the text and what it is about."""
    if isinstance(labels, list):
        return [_spelled(label) for label in labels]
    if isinstance(labels, Plain):
        return {type(labels).__name__: [data(labels) if labels.values else str(labels)]}
    return str(labels) if type(labels) is str else {type(labels).__name__: [str(labels), *vars(labels).values()]}


def _labels(found: Any) -> Any:
    """The inverse of `_spelled`."""
    if isinstance(found, list):
        return [_labels(part) for part in found]
    if isinstance(found, dict):
        ((kind, words),) = found.items()
        if issubclass(_KINDS[kind], Plain) and (found := parts(words[0])):
            return _KINDS[kind](found[0], **found[1])
        return _KINDS[kind](*words)
    return found


def _flat(labels: Any) -> Iterator[str]:
    """The labels of an answer's parts, however deep these lie."""
    if isinstance(labels, list):
        for label in labels:
            yield from _flat(label)
    else:
        yield labels


def _part(label: str, expected: str, got: str) -> Part:
    """A part of an answer, with words of its own where what it should be and is do not make a sentence."""
    source = LEADS if isinstance(label, Leads) else "" if isinstance(label, (Plain, Nodes)) else str(label)
    name = phrase(data(label)) if isinstance(label, Plain) else _(label) if isinstance(label, Nodes) else str(label)
    name = _("the result") if isinstance(label, Result) and not label.startswith("[") else name
    return Part(name, expected, got, _words(label, expected, got), source)


def _words(label: str, expected: str, got: str) -> str:
    if isinstance(label, Raised):
        should, does = (name.strip("'") for name in (expected, got))
        nothing = "no error"
        if should == nothing:
            return _("should raise nothing, raises {error}", error=does)
        if does == nothing:
            return _("should raise {error}, raises nothing", error=should)
        return _("should raise {error}, raises {other}", error=should, other=does)
    if isinstance(label, Parent):
        return _("{name} should be among the parents of the result (`_prev`)", name=label.about)
    if isinstance(label, Strangers):
        return _(
            "the parents of the result (`_prev`) besides {names} should be none, yours are {others}",
            names=label.about, others=got[1:-1],
        )  # fmt: skip
    if isinstance(label, Fresh):
        return _("the result should be a new Value, yours is {name} itself", name=label.about)
    if isinstance(label, Leads):
        return _("the graph of the result should lead back to {name}", name=label)
    if isinstance(label, Arrives) and got == "0.0":
        return _("{name} should be {value}, but no gradient comes back to it", name=label, value=expected)
    return ""
