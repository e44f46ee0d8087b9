"""The smallest counterexample: Hypothesis looks for a simpler question that is answered wrongly, live against the
sandbox."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from autograder.exam import answer
from autograder.rubric import Item, Question

_EXAMPLES = 40  # that are drawn until one fails
_CALLS = 24  # of the sandbox, in all: five times as many make questions half a percent shorter

Wrong = Callable[[Question, Any], bool]


class Enough(Exception):
    """The budget is spent; the best so far will do."""


def smallest(item: Item, wrong: Wrong, seed: int) -> Question | None:
    """The simplest question that Hypothesis finds for which `wrong(question, expected)`; None when it finds none.

    The same for the same seed, as long as `wrong` answers the same. Raises ModuleNotFoundError without Hypothesis or
    PyTorch.
    """
    if not item.questions:
        return None
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import NoSuchExample

    from autograder.strategies import BACKEND, questions

    best: list[Question] = []
    seen: dict[str, bool] = {}

    def fails(question: Question) -> bool:
        key = json.dumps(question, sort_keys=True)
        if key not in seen:
            if len(seen) >= _CALLS:
                raise Enough
            seen[key] = wrong(question, answer(item, question))
        if seen[key]:
            best[:] = [question]
        return seen[key]

    try:
        return find(
            questions(item.domains), fails, random=random.Random(seed),
            settings=settings(
                max_examples=_EXAMPLES, database=None, deadline=None, derandomize=False,
                phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck), backend=BACKEND,
            ),
        )  # fmt: skip
    except (Enough, NoSuchExample):
        return best[0] if best else None
