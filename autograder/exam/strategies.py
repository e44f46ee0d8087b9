"""The domains as Hypothesis strategies, written so that they shrink towards small, plain counterexamples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from autograder.courses.micrograd.operations import STEPS
from autograder.exam import domains

BACKEND = "gradschool"
_LARGEST = 50.0  # of an intermediate result in a program


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


def operand(domain: domains.Operand) -> st.SearchStrategy[list[Any]]:
    def of(kind: str) -> st.SearchStrategy[list[Any]]:
        if kind != "int":
            return real(domain.number).map(lambda x: [kind, x])
        low, high = math.ceil(domain.number.low), math.floor(domain.number.high)
        allowed = [n for n in range(low, high + 1) if all(abs(n - p) >= domain.number.gap for p in domain.number.avoid)]
        return st.sampled_from(sorted(allowed, key=abs)).map(lambda n: [kind, n])

    return st.sampled_from(domain.kinds).flatmap(of)


def sound_step(op: str, operands: Sequence[float]) -> float | None:
    """What a step of a program gives; None where it is undefined, ill conditioned, or near a kink."""
    operation = STEPS[op]
    if not operation.sound(*operands):
        return None
    try:
        result: float = operation.python(*operands)
    except (ArithmeticError, ValueError):
        return None
    return result if math.isfinite(result) and abs(result) <= _LARGEST else None


@st.composite
def program(draw: st.DrawFn, domain: domains.Program) -> dict[str, Any]:
    plain = st.integers(-300, 300).filter(lambda n: abs(n) >= 25).map(lambda n: n / 100)
    leaves = draw(st.lists(plain, min_size=1 if domain.numbers else 2, max_size=domain.leaves))
    values = list(leaves)
    steps: list[list[Any]] = []
    for _ in range(draw(st.integers(1, domain.steps))):
        op = draw(st.sampled_from(domain.operations or (*STEPS,)))
        step: list[Any] = [op, len(values) - 1]  # what is newest is used, so that most steps count
        if STEPS[op].right:
            step.append([draw(st.sampled_from(STEPS[op].right))])
        elif STEPS[op].arity == 2:
            if (domain.numbers and not draw(st.integers(0, 3))) or len(values) == 1:
                step.append([draw(plain)])
            else:
                step.append(draw(st.integers(0, len(values) - 2)))  # never one value on both sides
            if draw(st.booleans()):
                step[1:] = reversed(step[1:])
        operands = [values[o] if isinstance(o, int) else float(o[0]) for o in step[1:]]
        result = sound_step(op, operands)
        if result is not None:
            steps.append(step)
            values.append(result)
    return {"leaves": leaves, "steps": steps or [["+", 0, len(leaves) - 1 or [1.0]]]}


@st.composite
def graph(draw: st.DrawFn, domain: domains.Graph) -> list[dict[str, Any]]:
    """Every node is an ancestor of the last: what has no child by then becomes its parent."""
    weights = st.integers(-8, 8).filter(bool).map(lambda n: n / 2)
    numbers = st.integers(-1600, 1600).map(lambda n: n / 64)
    count = draw(st.integers(2, domain.size))
    nodes: list[dict[str, Any]] = []
    for index in range(count):
        last = index == count - 1
        least = 1 if last or (index and draw(st.booleans())) else 0
        parents = draw(st.lists(st.integers(0, index - 1), min_size=least, max_size=3, unique=True)) if least else []
        if last:
            used = {parent for node in nodes for parent, _ in node["parents"]}
            parents += [i for i in range(index) if i not in used and i not in parents]
        interior = bool(parents) and not last
        grad = 0.0 if interior and not domain.interior_grads else draw(numbers)
        nodes.append(
            {
                "data": draw(numbers),
                "grad": grad,
                "op": draw(st.sampled_from(("+", "*", "tanh", "**2"))) if parents else "",
                "parents": [[parent, draw(weights)] for parent in parents],
            }
        )
    return nodes


def strategy(domain: domains.Domain) -> st.SearchStrategy[Any]:
    """The strategy that draws from `domain`."""
    if isinstance(domain, domains.Real):
        return real(domain)
    if isinstance(domain, domains.Operand):
        return operand(domain)
    if isinstance(domain, domains.Vector):
        return st.lists(strategy(domain.part), min_size=domain.size, max_size=domain.size)
    if isinstance(domain, domains.Program):
        return program(domain)
    if isinstance(domain, domains.Graph):
        return graph(domain)
    return st.sampled_from(domain.options)


def questions(domain: dict[str, domains.Domain]) -> st.SearchStrategy[dict[str, Any]]:
    """The strategy that draws one question: a value for each argument of an experiment."""
    return st.fixed_dictionaries({name: strategy(value) for name, value in domain.items()})
