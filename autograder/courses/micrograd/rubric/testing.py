"""Bonus: tests of an engine, scored by the mistakes that they catch.

What is asked is the same each time; which group of mistakes counts for an item is its `suite`."""

from autograder.courses.micrograd.rubric import item
from autograder.exam.domains import Choice

_HANDED = {"task": Choice(())}  # it comes with the exam, and is not drawn


def _group(name, title, points):
    def experiment(m, task):
        return m.try_suite(task)

    experiment.__doc__ = title
    return item(
        f"testing-{name}", points=points, bonus=True, suite=name, target="", uses=(), questions=0, ladder=False,
        domains=_HANDED,
    )(experiment)  # fmt: skip


forward = _group("forward", "Catch wrong results.", points=2)
rules = _group("rules", "Catch wrong rules.", points=2)
walk = _group("walk", "Catch a backward() that walks the wrong way.", points=2)
accumulation = _group("accumulation", "Catch gradients that do not add up.", points=1)
nets = _group("nets", "Catch nets that are put together wrongly.", points=1)
training = _group("training", "Catch what goes wrong in training.", points=2)
