"""What is asked along with items that are asked again: should they be as wrong as before, then what their messages show
is there, and no process has to be started for it."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.exam.items import Question
from autograder.exam.paper import Exam, Sheet
from autograder.grading.judging import Verdict
from autograder.sandbox.records import Answers, Run
from autograder.sandbox.subject import EXTRA, LADDER, LOOKS

Rung = tuple[Question, Any]  # a question, and the right answer
_LOOKED_AT = 3  # rungs of a ladder whose graphs are drawn at once: most often the simplest is wrong


@dataclass
class Besides:
    """The questions that were asked so, and what was answered, by item: those of the ladder, and looks at the graphs
    of some of them."""

    _questions: dict[str, list[Question]] = field(default_factory=dict)
    _found: dict[str, Answers] = field(default_factory=dict)

    def add(self, questions: Mapping[str, list[Question]], run: Run) -> None:
        """Keep what was asked besides, and what came of it."""
        self._questions |= {id: asked for id, asked in questions.items() if id.startswith(EXTRA)}
        self._found |= {id: found for id, found in run.items.items() if id.startswith(EXTRA)}

    def ladder(self, id: str, rungs: Sequence[Question]) -> list[Any] | None:
        """The answers to these rungs of an item's ladder, as far as there are any; None if others were asked."""
        if self._questions.get(LADDER + id) != rungs:
            return None
        found = self._found.get(LADDER + id)
        return (found.answers if found else None) or []

    def look(self, id: str, question: Question) -> Answers | None:
        """What a look at the graph of a question gave; None if it was not asked for."""
        asked, found = self._questions.get(LOOKS + id, []), self._found.get(LOOKS + id)
        if question not in asked or found is None:
            return None
        answer = (found.answers or [])[asked.index(question) :][:1]
        return Answers(found.kind, raw=json.dumps(answer).encode())


def needed(ids: Sequence[str]) -> list[str]:
    """What decides, of all that is asked."""
    return [id for id in ids if not id.startswith(EXTRA)]


def worth_asking(
    exam: Exam, verdicts: Mapping[str, Verdict], ids: Sequence[str], looking: Callable[[Question], Question] | None
) -> dict[str, list[Question]]:
    """The questions to ask besides, under the names that the sandbox has for that."""
    more: dict[str, list[Question]] = {}
    for id in ids:
        verdict = verdicts[id]
        if not verdict.is_wrong or verdict.question is None:
            continue
        if rungs := [question for question, _expected in simpler(exam.sheets[id], verdict.question)]:
            more[LADDER + id] = rungs
        if looking and exam.course.items[id].look:
            more[LOOKS + id] = [looking(each) for each in (*rungs[:_LOOKED_AT], verdict.question)]
    return more


def simpler(sheet: Sheet, question: Question | None) -> list[Rung]:
    """What stands on an item's ladder below a question."""
    return [] if question is None else sheet.ladder[: bisect_left(sheet.efforts, sheet.effort(question))]
