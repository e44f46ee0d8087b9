"""Bonus: tests of an engine, scored by the mistakes that they catch."""

from autograder.courses.micrograd.rubric import item
from autograder.exam.domains import Choice

_HANDED = {"task": Choice(())}  # it comes with the exam, and is not drawn


def _group(name: str, points: int):
    return item(
        f"testing-{name}", points=points, bonus=True, suite=name, target="", uses=(), questions=0, ladder=False,
        domains=_HANDED,
    )  # fmt: skip


@_group("forward", 2)
def forward(m, task):
    """Catch wrong results."""
    return m.try_suite(task)


@_group("rules", 2)
def rules(m, task):
    """Catch wrong rules."""
    return m.try_suite(task)


@_group("walk", 2)
def walk(m, task):
    """Catch a backward() that walks the wrong way."""
    return m.try_suite(task)


@_group("accumulation", 1)
def accumulation(m, task):
    """Catch gradients that do not add up."""
    return m.try_suite(task)


@_group("nets", 1)
def nets(m, task):
    """Catch nets that are put together wrongly."""
    return m.try_suite(task)


@_group("training", 2)
def training(m, task):
    """Catch what goes wrong in training."""
    return m.try_suite(task)
