"""The questions of an exam, drawn with Hypothesis: the same for the same seed; and simpler ones for messages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from autograder.course import Course
from autograder.exam.items import Item, Question

_SIMPLE = 20  # questions that are drawn for a ladder
_RUNGS = 18  # that it has at most, no two of one form
_DECIMAL = 2  # that have a decimal besides
_NUMBER = re.compile(r"-?[0-9][0-9.e-]*")
_FRACTION = re.compile(r"\.(?!0\b)(\d+)")
_HIDING = re.compile(r"(?<![\w.\[-])-?[01](?:\.0)?(?![\w.\]])")
_PER_DIGIT, _PER_HIDING = 3, 4  # what these weigh, in characters


def questions_for(course: Course, item: Item, seed: int) -> list[Question]:
    """The item's examples, questions with each special value, and drawn ones. The same for the same seed."""
    special = [(name, value) for name, domain in item.domains.items() for value in getattr(domain, "special", ())]
    wanted = item.questions + len(special) if item.questions else 0
    drawn: list[Question] = []
    if wanted:
        drawn = _draw(course, item, max(wanted, 2), seed)
        del drawn[:-wanted]  # the first is the simplest there is, whatever the seed: never the only one
        for (name, value), place in zip(special, reversed(range(len(drawn))), strict=False):
            drawn[place] = {**drawn[place], name: value}
    # Nobody should be able to tell questions by their places, but special ones come first: they explain most.
    asked: dict[str, Question] = {}
    for question in (*item.examples, *reversed(drawn)):
        asked.setdefault(json.dumps(question, sort_keys=True), question)
    return list(asked.values())


def _draw(course: Course, item: Item, count: int, seed: int) -> list[Question]:
    """Questions as Hypothesis draws them, the simplest there is among them; the same for the same seed."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    from autograder.exam.questions import strategies

    drawn: list[Question] = []

    @seeded(seed)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), backend=strategies.BACKEND,
    )  # fmt: skip
    @given(strategies.questions(course, item.domains))
    def draw(question: Question) -> None:
        drawn.append(question)

    draw()
    return drawn


def others_for(course: Course, item: Item, seed: int) -> list[Question]:
    """More questions, of which the ladder is made; none where the item has no ladder."""
    return _draw(course, item, _SIMPLE, seed + 2**32) if item.questions and item.ladder else []


def ladder_of(course: Course, item: Item, drawn: Sequence[Question], asked: Sequence[Question] = ()) -> list[Question]:
    """Questions that are simple to read, the simplest first: where one of them is answered wrongly, the message is
    about it. They are those that were `drawn` for it, and those that are `asked`, all with round numbers; a few have a
    decimal, for mistakes that whole numbers and halves do not show. None where nothing was drawn."""
    if not drawn:
        return []
    from autograder.exam.questions.rounding import one_decimal, rounded

    simple: dict[str, Question] = {}
    efforts: dict[str, int] = {}
    for question in _in_order(
        course, item, efforts, [rounded(course, item, question) for question in (*drawn, *asked)]
    ):
        simple.setdefault(_form(question), question)
    decimal = _in_order(course, item, efforts, [one_decimal(course, item, question) for question in drawn])
    return _in_order(course, item, efforts, [*[*simple.values()][:_RUNGS], *decimal[:_DECIMAL]])


def _form(question: Question) -> str:
    """What questions have in common that are the same but for the size of numbers."""

    def sign(number: re.Match[str]) -> str:
        return number[0][0] if number[0][0] in "-0" else "+"

    return _NUMBER.sub(sign, json.dumps(question, sort_keys=True))


def _in_order(course: Course, item: Item, efforts: dict[str, int], questions: Sequence[Question]) -> list[Question]:
    """Each once, the simplest first; the `efforts` by the questions' texts are noted, and not found out twice."""
    found = {json.dumps(question, sort_keys=True): question for question in questions}
    for text in found.keys() - efforts.keys():
        efforts[text] = effort(course.find("transcribe")(item, found[text]))
    return [found[text] for text in sorted(found, key=lambda text: (efforts[text], text))]


def effort(transcript: Any) -> int:
    """How hard it is to see through a message that is about the question of this transcript: its characters, more for
    each digit behind a point, and more for each 0 and 1, behind which factors and terms hide."""
    text = transcript.reproduce()
    digits = sum(len(digits) for digits in _FRACTION.findall(text))
    return len(text) + _PER_DIGIT * digits + _PER_HIDING * len(_HIDING.findall(text))
