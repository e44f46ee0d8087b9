"""Smaller counterexamples, and the graphs behind them: asked for once verdicts are there, and changing none."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from autograder.exam.paper import Exam
from autograder.grading.asking import Asking
from autograder.grading.besides import simpler
from autograder.grading.judging import judge_answer
from autograder.sandbox.protocol import SandboxError
from autograder.sandbox.worker import Interrupted
from autograder.texts import _


def shrink(asking: Asking, exam: Exam, ids: Iterable[str]) -> None:
    """Have each wrong answer be about the simplest question on the exam's ladder that is answered as wrongly."""
    items, verdicts = exam.course.items, asking.verdicts
    rungs = {
        id: below
        for id in ids
        if verdicts[id].is_wrong and (below := simpler(exam.sheets[id], verdicts[id].question))
    }  # fmt: skip
    asked = {id: [question for question, _answer in below] for id, below in rungs.items()}
    given = {id: found for id in asked if (found := asking.besides.ladder(id, asked[id])) is not None}
    if (rest := [id for id in asked if id not in given]) and not asking.budget.spent():
        with suppress(SandboxError):  # then the exam's own questions have to do
            run = asking.run(rest, questions={id: asked[id] for id in rest}, alone=True, hasty=True)
            given |= {id: found.answers or [] for id, found in run.items.items()}
    for id, answers in given.items():
        for (question, expected), each in zip(rungs[id], answers, strict=False):
            verdict = judge_answer(items[id], exam.sheets[id], question, expected, each)
            if verdict.status == verdicts[id].status:
                verdicts[id] = verdict
                break


def draw_graphs(asking: Asking, exam: Exam, ids: Iterable[str]) -> str:
    """Ask for the graph of each question that a message is about, where it is not there yet. A graph decides nothing:
    returns a remark where one cannot be had."""
    items, verdicts = exam.course.items, asking.verdicts
    questions = {
        id: question
        for id in ids
        if items[id].look and verdicts[id].is_wrong and (question := verdicts[id].question) is not None
    }
    if not questions:
        return ""
    try:
        drawn = exam.course.find("graph")
        asked = {id: drawn.looking(question) for id, question in questions.items()}
        given = {id: found for id in asked if (found := asking.besides.look(id, asked[id]))}
        if (rest := {id: [asked[id]] for id in asked if id not in given}) and not asking.budget.spent():
            given |= asking.run(list(rest), questions=rest, alone=True, hasty=True).items
        for id, question in questions.items():
            graph = drawn.graph(items[id], exam.sheets[id].about(question), given.get(id))
            verdicts[id] = replace(verdicts[id], graph=graph)
    except Interrupted:
        raise
    except Exception as error:
        return _("some graphs are missing, which costs nothing ({error})", error=f"{type(error).__name__}: {error}")
    return ""
