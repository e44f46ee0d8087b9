"""The domains as Hypothesis strategies, written so that they shrink towards small, plain counterexamples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from autograder.course import Course
from autograder.exam import domains

BACKEND = "gradschool"


class SteadyProvider(HypothesisProvider):
    """Hypothesis's own choices, but for constants that it picks up in the source of whatever modules are loaded.

    With those, one seed would give one exam to the command and another to a test.
    """

    def _maybe_draw_constant(self, *args: Any, **kwargs: Any) -> None:
        return None


AVAILABLE_PROVIDERS[BACKEND] = SteadyProvider


def real(domain: domains.Real) -> st.SearchStrategy[float]:
    """Short decimals, which are easier to reason about than what random bits give."""
    steps = st.integers(math.ceil(domain.low * 100), math.floor(domain.high * 100))
    numbers = steps.map(lambda n: n / 100)
    if domain.avoid:
        numbers = numbers.filter(lambda x: all(abs(x - point) >= domain.gap for point in domain.avoid))
    return numbers


def strategy(course: Course, domain: domains.Domain) -> st.SearchStrategy[Any]:
    """The strategy that draws from `domain`."""
    if isinstance(domain, domains.Real):
        return real(domain)
    if isinstance(domain, domains.Vector):
        return st.lists(strategy(course, domain.part), min_size=domain.size, max_size=domain.size)
    if isinstance(domain, domains.Choice):
        return st.sampled_from(domain.options)
    drawn: st.SearchStrategy[Any] = course.find("domains").strategy(domain)
    return drawn


def questions(course: Course, wanted: Mapping[str, domains.Domain]) -> st.SearchStrategy[dict[str, Any]]:
    """The strategy that draws one question: a value for each argument of an experiment."""
    return st.fixed_dictionaries({name: strategy(course, value) for name, value in wanted.items()})
