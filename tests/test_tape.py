"""Gradients that the lab finds on Values that only compute forward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.courses.micrograd.oracle.numeric_lab import slope
from autograder.courses.micrograd.student_lab import pieces
from autograder.courses.micrograd.student_lab.lab import StudentLab
from autograder.courses.micrograd.student_lab.values import DERIVED

_, SLOPES = pieces.tape()
OPERATORS = pieces.operators()[0] | {name: getattr(pieces, name) for name in DERIVED}


@pytest.fixture
def lab() -> StudentLab:
    lab = StudentLab({})
    lab.forward()
    return lab


@pytest.fixture
def Value(lab: StudentLab) -> Any:
    return lab.Value


def test_every_operator_has_its_slopes() -> None:
    assert set(SLOPES) == set(OPERATORS)


@pytest.mark.parametrize("numbers", [(1.5, 2.0), (0.25, -3.0), (2.5, 0.5)])
@pytest.mark.parametrize("name", OPERATORS)
def test_slopes_are_those_of_the_operator(name: str, numbers: tuple[float, float]) -> None:
    operands = list(numbers[: 1 if name in ("__neg__", "relu", "tanh", "exp", "log") else 2])
    found = SLOPES[name](*operands)
    assert len(found) == len(operands)
    for place in range(1 if name == "__pow__" else len(operands)):  # an exponent is a number

        def along(x: float, place: int = place) -> float:
            return OPERATORS[name](*operands[:place], x, *operands[place + 1 :])

        assert found[place] == pytest.approx(slope(along, operands[place]), rel=1e-8)


def test_gradients_come_back_on_all_paths(lab: StudentLab, Value: Any) -> None:
    a, b, stranger = Value(3.0), Value(-2.0), Value(1.0)
    stranger.grad = a.grad = 5.0  # left from before
    shared = a * b
    out = (shared + a).tanh() * 0.0 + shared * shared + 2 / b
    assert lab.gradients([out], [a, b, stranger]) == [2 * -6.0 * -2.0, 2 * -6.0 * 3.0 - 0.5, 0.0]
    assert lab.gradients([out, shared, shared], [a]) == [24.0 - 2.0 - 2.0]


def test_where_a_graph_is_cut_no_gradient_comes_back(lab: StudentLab, Value: Any) -> None:
    a, b = Value(3.0), Value(-2.0)
    assert lab.gradients([Value((a * b).data) + b], [a, b]) == [0.0, 1.0]


def test_a_node_of_the_students_own_has_the_students_own_rule(lab: StudentLab, Value: Any) -> None:
    a, b = Value(3.0), Value(-2.0)
    own = Value(7.0, (a, b, 5), "own")  # a number among the parents gets nothing

    def rule() -> None:
        a.grad += 0.5 * own.grad
        b.grad += 0.25 * own.grad

    assert lab.gradients([own * 4], [a, b]) == [0.0, 0.0]
    own._backward = rule
    assert lab.gradients([own * 4], [a, b]) == [2.0, 1.0]


def test_where_an_operator_has_no_slope_there_is_no_number(lab: StudentLab, Value: Any) -> None:
    a = Value(0.0)
    (gradient,) = lab.gradients([a**0.5], [a])
    assert gradient != gradient
    assert lab.gradients([a**0], [a]) == [0.0]


def test_numpy_prints_no_warning(lab: StudentLab, Value: Any) -> None:
    a, b = Value(np.float64(1.0)), Value(np.float64(0.0))
    with np.errstate(divide="ignore"):
        out = a / b
    with np.errstate(all="raise"):
        (gradient,) = lab.gradients([out], [b])
    assert gradient != gradient


def test_a_long_chain_is_no_trouble(lab: StudentLab, Value: Any) -> None:
    a = out = Value(1.0)
    for _ in range(5_000):
        out = out + 1.0
    assert lab.gradients([out], [a]) == [1.0]
    lab.forward()
    assert lab.gradients([out], [a]) == [0.0]  # which had no rule but the lab's
