"""How micrograd's own domains are drawn, written so that they shrink towards small, plain counterexamples; and what is
drawn from them with small and round numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from autograder.courses.micrograd.domains import Graph, Operand, Program
from autograder.courses.micrograd.operations import STEPS
from autograder.exam.domains import Domain, Real
from autograder.exam.questions.strategies import real

if TYPE_CHECKING:
    from autograder.exam.questions.rounding import Rounding

_LARGEST = 50.0  # of an intermediate result in a program
_LEAF = Real(-9, 9)
_NODE = Real(-20, 20)


def strategy(domain: Domain) -> st.SearchStrategy[Any]:
    """The strategy that draws from a domain of micrograd's own."""
    if isinstance(domain, Operand):
        return operand(domain)
    if isinstance(domain, Program):
        return program(domain)
    assert isinstance(domain, Graph)
    return graph(domain)


def rounded(domain: Domain, value: Any, rounding: Rounding) -> Any:
    """A value of a domain of micrograd's own, with small and round numbers."""
    if isinstance(domain, Operand):
        kind, number = value
        return [kind, number if kind == "int" else rounding.near(domain.number, number)]
    if isinstance(domain, Program):
        return _rounded_program(value, rounding)
    return [_rounded_node(node, rounding) for node in value]


def operand(domain: Operand) -> st.SearchStrategy[list[Any]]:
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
def program(draw: st.DrawFn, domain: Program) -> dict[str, Any]:
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
def graph(draw: st.DrawFn, domain: Graph) -> list[dict[str, Any]]:
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


def _rounded_program(program: dict[str, Any], rounding: Rounding) -> dict[str, Any]:
    """Leaves and plain numbers become round, exponents stay; all stays as it is where a step were then unsound."""
    values = [rounding.near(_LEAF, x) for x in program["leaves"]]
    leaves, steps = [*values], []
    for op, *operands in program["steps"]:
        if not op.startswith("**"):
            operands = [o if isinstance(o, int) else [rounding.near(_LEAF, o[0])] for o in operands]
        result = sound_step(op.removesuffix("="), [values[o] if isinstance(o, int) else o[0] for o in operands])
        if result is None:
            return program
        values.append(result)
        steps.append([op, *operands])
    return {"leaves": leaves, "steps": steps}


def _rounded_node(node: dict[str, Any], rounding: Rounding) -> dict[str, Any]:
    numbers = {name: rounding.near(_NODE, node[name]) if node[name] else 0.0 for name in ("data", "grad")}
    return {**node, **numbers, "parents": [[p, rounding.apart().near(_LEAF, w)] for p, w in node["parents"]]}
