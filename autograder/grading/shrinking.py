"""Smaller counterexamples, and the graphs behind them: asked for once verdicts are there, and changing none."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from autograder.exam.items import Question
from autograder.exam.paper import Exam, Sheet
from autograder.grading.asking import Asking
from autograder.grading.judging import judge_answer
from autograder.sandbox.protocol import SandboxError
from autograder.sandbox.worker import Interrupted
from autograder.texts import _

_WRONG = ("failed", "error")


def shrink(asking: Asking, exam: Exam, ids: Iterable[str]) -> None:
    """Have each wrong answer be about the simplest question on the exam's ladder that is answered as wrongly."""
    items, verdicts = exam.course.items, asking.verdicts
    rungs = {
        id: simpler
        for id in ids
        if verdicts[id].status in _WRONG and (simpler := _simpler(exam.sheets[id], verdicts[id].question))
    }
    if not rungs or asking.budget.spent():
        return
    with suppress(SandboxError):  # then the exam's own questions have to do
        asked = {id: [question for question, _answer in simpler] for id, simpler in rungs.items()}
        run = asking.run(list(asked), questions=asked, alone=True, hasty=True)
        for id, simpler in rungs.items():
            given = run.items[id].answers if id in run.items else None
            for (question, expected), each in zip(simpler, given or (), strict=False):
                found = judge_answer(items[id], exam.sheets[id], question, expected, each)
                if found.status == verdicts[id].status:
                    verdicts[id] = found
                    break


def _simpler(sheet: Sheet, question: Question | None) -> list[tuple[Question, Any]]:
    """What stands on an item's ladder below a question."""
    return [] if question is None else sheet.ladder[: bisect_left(sheet.efforts, sheet.effort(question))]


def draw_graphs(asking: Asking, exam: Exam, ids: Iterable[str]) -> str:
    """Ask once more, for the graph of each question that a message is about. A graph decides nothing: returns a remark
    where one cannot be had."""
    items, verdicts = exam.course.items, asking.verdicts
    questions = {
        id: question
        for id in ids
        if items[id].look and verdicts[id].status in _WRONG and (question := verdicts[id].question) is not None
    }
    if not questions or asking.budget.spent():
        return ""
    try:
        drawn = exam.course.find("graph")
        asked = {id: [drawn.looking(question)] for id, question in questions.items()}
        run = asking.run(list(asked), questions=asked, alone=True, hasty=True)
        for id, question in questions.items():
            graph = drawn.graph(items[id], exam.sheets[id].about(question), run.items.get(id))
            verdicts[id] = replace(verdicts[id], graph=graph)
    except Interrupted:
        raise
    except Exception as error:
        return _("some graphs are missing, which costs nothing ({error})", error=f"{type(error).__name__}: {error}")
    return ""
