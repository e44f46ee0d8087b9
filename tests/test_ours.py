"""Packages of our own, which share a process: they answer as in one of their own, and harm no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from nightly import WHOLE
from planting import ITEMS
from pytest import param

from autograder.exam.mutants import Mutation, load_mutations, mistaken, written
from autograder.exam.paper import Exam
from autograder.grading import exams
from autograder.grading.exams import HASTY, worker
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.ours.asking import OwnWorker
from autograder.sandbox.worker import Worker

_ASKED = ("engine-add", "engine-sub", "nn-neuron", "derivative-central")


@pytest.fixture(scope="module")
def own(exam: Exam) -> Iterator[OwnWorker]:
    with pytest.MonkeyPatch.context() as patch:
        if not WHOLE:  # what hangs is in both processes by then
            patch.setattr(exams, "HASTY", replace(HASTY, cpu=0.1, wall=0.5))
        with worker(exam) as asking:
            yield asking


def test_mistakes_answer_as_each_would_alone(exam: Exam, own: OwnWorker) -> None:
    """Also those in an operation that may be made of others, which are lent to it alone."""
    chosen = [next(each for each in load_mutations() if each.costs[0] == id) for id in _ASKED]
    with Worker(NO_SANDBOX, exam.course.find("subject"), exam.questions(), HASTY) as alone:
        for mutation in chosen:
            modules = mistaken(mutation)
            with written(modules, inside=alone.folder) as folder:
                wanted = alone.run(folder, mutation.costs).items
            found = own.answers(modules, {id: exam.sheets[id].questions for id in mutation.costs})
            assert found == {id: wanted[id].answers for id in found}, mutation.pitfall
            assert all(found.values()), mutation.pitfall


@pytest.mark.parametrize(
    "instead", [param("while True: pass", id="loops"), param("import os; os._exit(0)", id="ends the process")]
)
def test_one_that_gives_no_answers_costs_the_next_none(exam: Exam, own: OwnWorker, instead: str) -> None:
    id = "derivative-central"
    questions = {id: exam.sheets[id].questions}
    target = ITEMS[id].target
    source = mistaken()["derivative.py"]
    head = next(line for line in source.splitlines() if line.startswith(f"def {target.partition(':')[2]}("))
    broken = Mutation("", (id,), ((target, head, f"{head}\n    {instead}"),))
    right = own.answers(mistaken(), questions)
    assert own.answers(mistaken(broken), questions) == {id: None}
    assert own.answers(mistaken(), questions) == right and right[id]
