"""Hints for an item as it stands, from a question to a near answer: for whoever does not know how to begin, or what is
wrong.

A mistake that is recognised has better ones (`pitfalls`), and so has what can be seen of an answer: an exception of
some kind, parents that are missing. At the end there is the lecture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.course import in_use
from autograder.courses.micrograd.words import catalogue, hint_words
from autograder.texts import _

if TYPE_CHECKING:
    from autograder.report import ItemResult

LECTURE = "docs/micrograd.md"  # in the kit as well as here


@dataclass(frozen=True)
class Ladder:
    """The hints for an item as it stands, and the heading of docs/micrograd.md, as an anchor, that explains it. `id`
    tells them from other hints for the same item: a mistake's, a symptom's, or empty."""

    hints: tuple[str, ...]
    section: str
    id: str = ""


def ladder(item: ItemResult) -> Ladder:
    """The hints of the mistake that the item's answers show, if one is recognised, else those of what is to be seen,
    else those of the item. There are none for an item of which nothing can be known, nor where the instructor gives
    none."""
    if item.explanation.invalid or in_use().scheme.withholds(item.diagnosis):
        return Ladder((), "")
    if item.diagnosis and (pitfall := catalogue().get(item.diagnosis)):
        return Ladder(pitfall.hints, pitfall.section, pitfall.id)
    words = hint_words()
    own, symptom = words.items[item.id], _symptom(item)
    if hints := own.symptoms.get(symptom) or words.symptoms.get(symptom):
        return Ladder(hints, own.section, symptom)
    return Ladder(own.hints, own.section)


def _symptom(item: ItemResult) -> str:
    """What there is to be seen of an item, as one of `SYMPTOMS` or an exception's name; empty where nothing tells."""
    why = item.explanation
    if item.status == "todo":
        return "begun" if why.advice else ""
    if item.status == "timeout":
        return "endless"
    if why.raised:
        return {"UnboundLocalError": "NameError"}.get(why.raised, why.raised)
    expected = (item.counterexample or {}).get("expected")
    if item.status != "failed" or why.advice:
        return "built" if item.status == "failed" else ""
    if isinstance(expected, list) and len(expected) == 1 and str(expected[0]).endswith("Error"):
        return "refuse"
    source = why.parts[0].source if why.parts else ""
    return "parents" if "._prev" in source else "name" if source.endswith("._op") else ""


def hint_lines(item: ItemResult, count: int) -> list[str]:
    """The first `count` hints for an item as it stands, numbered; after the last one, where to read on."""
    steps = ladder(item)
    lines = [
        _("Hint {place} of {count}: {hint}", place=at, count=len(steps.hints), hint=hint)
        for at, hint in enumerate(steps.hints[:count], 1)
    ]
    if steps.section and count >= len(steps.hints):
        lines.append(_("Read on in the lecture: {place}", place=f"{LECTURE}#{steps.section}"))
    return lines
