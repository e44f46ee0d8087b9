"""The graph behind a wrong answer: every node with what its numbers should be and what the student's code made of
them.

Only numbers are the student's. Names, operations and what belongs to what come from the exam, so that nothing that a
sandbox says can change the form of a graph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.exam.equality import same
from autograder.exam.items import LOOK, Item, Question
from autograder.sandbox.records import Answers
from autograder.texts import _

_KINDS = ("data", "grad")
_SAID = re.compile(r"an? [A-Za-z_][\w ]{0,60}|nan|-?inf")  # of what is no number, by `sandbox.inside.sitting.plain`

Numbers = dict[str, Any]


def looking(question: Question) -> Question:
    """The question that asks for the graph of `question`."""
    return {**question, LOOK: True}


def graph(item: Item, notes: Mapping[str, Any], answers: Answers | None) -> dict[str, Any] | None:
    """The graph of the question of these notes, right numbers beside those that a look at the student's code gave.

    `nodes` have their parents before them, by place; `got` is None for a node that the student's code does not have;
    numbers that agree are the same in `expected` and `got`. `wrong` is the node at which it goes wrong first. None
    where nothing in the graph is wrong, or where it cannot be drawn.
    """
    given = _given(answers)
    nodes = right_nodes(item, notes)
    if not given or not nodes:
        return None
    given += [None] * (len(nodes) - len(given))  # what was never reached
    kept = [place for place, node in enumerate(nodes) if node]
    for kind in item.look:
        scale = max(abs(nodes[place]["expected"][kind]) for place in kept)
        for place in kept:
            expected, numbers = nodes[place]["expected"], given[place]
            if numbers is not None:
                agree = same(expected[kind], numbers[kind], item.tolerance, scale)
                numbers[kind] = expected[kind] if agree else _spelled(numbers[kind])
    for place in kept:
        numbers = given[place]
        nodes[place]["got"] = None if numbers is None else {kind: numbers[kind] for kind in item.look}
    used = {parent for place in kept for parent in nodes[place]["parents"]}
    kept = [place for place in kept if nodes[place]["parents"] or place in used or _is_wrong(nodes[place])]
    places = {place: new for new, place in enumerate(kept)}
    drawn = [{**nodes[place], "parents": [places[p] for p in nodes[place]["parents"]]} for place in kept]
    wrong = first_wrong(drawn)
    return None if wrong is None else {"nodes": drawn, "wrong": wrong}


def first_wrong(nodes: Sequence[Mapping[str, Any]]) -> int | None:
    """Where a graph goes wrong: the first node on the way forward that is missing or has wrong data; where there is
    none, the first on the way back whose gradient is wrong; None where all is right."""
    ranks: list[int] = []
    for node in nodes:
        ranks.append(1 + max((ranks[parent] for parent in node["parents"]), default=-1))
    forward = [place for place, node in enumerate(nodes) if _is_wrong(node, "data")]
    back = [place for place, node in enumerate(nodes) if _is_wrong(node, "grad")]
    return forward[0] if forward else max(back, key=lambda place: ranks[place], default=None)


def _is_wrong(node: Mapping[str, Any], *kinds: str) -> bool:
    """Whether a node is missing, or wrong in one of these kinds of numbers (by default in any)."""
    got, expected = node["got"], node["expected"]
    return got is None or any(kind in expected and got[kind] != expected[kind] for kind in kinds or _KINDS)


def right_nodes(item: Item, notes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nodes as they should be, with their names; empty ones stand for what was noted and is no node. Nothing where
    the graph cannot be drawn."""
    return [
        {"name": name, "op": node[0], "formula": formula, "parents": node[1],
         "expected": dict(zip(item.look, node[2], strict=True))} if node else {}
        for (name, formula), node in zip(notes["transcript"]["noted"], notes.get("graph", ()), strict=False)
    ]  # fmt: skip


def _given(answers: Answers | None) -> list[Numbers | None]:
    """For each node what the sandbox said of its numbers, if it said something of the right form."""
    if answers is None or answers.kind != "answered" or not answers.answers:
        return []
    found = answers.answers[0]
    if not (isinstance(found, list) and len(found) == 1 and isinstance(found[0], list)):
        return []
    pairs = [pair if isinstance(pair, list) and len(pair) == len(_KINDS) else None for pair in found[0]]
    return [None if pair is None else dict(zip(_KINDS, pair, strict=True)) for pair in pairs] if any(pairs) else []


def twelve_digits(number: float) -> float:
    """As many as an exam keeps."""
    return float(f"{number:.12g}") + 0.0  # which turns -0.0 into 0.0


def _spelled(value: Any) -> float | str:
    """A wrong number; of anything else what it is, in words of ours or in few and harmless ones of the sandbox's."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = twelve_digits(value)
        except (OverflowError, ValueError):
            return _("a huge int")
        return number if number - number == 0.0 else str(number)
    if isinstance(value, dict):
        said = value.get("object")
        return said if isinstance(said, str) and _SAID.fullmatch(said) else _("something else")
    return str(value) if value is None or isinstance(value, bool) else _("a {kind}", kind=type(value).__name__)
