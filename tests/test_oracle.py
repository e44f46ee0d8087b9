"""How an exam's answers are found: the steps of PyTorch's optimizer, and differences of what depends on a number."""

from __future__ import annotations

import random
import sys
from types import ModuleType
from typing import Any

import pytest
from nightly import WHOLE

from autograder.courses.micrograd.oracle.numeric_lab import Kink, NumericLab


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """By day PyTorch's optimizers do without its compiler, which they import and do not use."""
    if not WHOLE and "torch._dynamo" not in sys.modules:
        absent: Any = ModuleType("torch._dynamo")
        absent.disable, absent.graph_break = (lambda function, recursive=True, **more: function), lambda: None
        monkeypatch.setitem(sys.modules, "torch._dynamo", absent)
        monkeypatch.setattr("torch._dynamo", absent, raising=False)


@pytest.mark.usefixtures("no_compiler")
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_step_is_that_of_the_optimizer(momentum: float) -> None:
    import torch

    from autograder.courses.micrograd.oracle.torch_nets import Optimizer
    from autograder.courses.micrograd.oracle.torch_value import TorchValue

    chance = random.Random(1)
    values = [TorchValue(chance.uniform(-2, 2)) for _ in range(4)]
    tensors = [torch.tensor(value.data, dtype=torch.float64, requires_grad=True) for value in values]
    ours, its = Optimizer(values, 0.3, momentum), torch.optim.SGD(tensors, 0.3, momentum)
    for rate in (0.3, 0.1, 0.05):
        ours.lr = its.param_groups[0]["lr"] = rate
        for value, tensor in zip(values, tensors, strict=True):
            value.grad = chance.uniform(-1, 1)
            tensor.grad = torch.tensor(value.grad, dtype=torch.float64)
        ours.step()
        its.step()
        assert [value.data for value in values] == [tensor.item() for tensor in tensors]
    ours.zero_grad()
    assert [value.grad for value in values] == [0.0] * 4


def test_a_difference_is_of_all_that_depends_on_a_number() -> None:
    m = NumericLab()
    a, b, stranger = m.Value(3.0), m.Value(-2.0), m.Value(1.0)
    shared = a * b
    out = (shared + a).tanh() * 0.0 + shared * shared + 2 / b
    found = out.sensitivities([a, b, shared, out, stranger])
    assert found == pytest.approx([2 * -6.0 * -2.0, 2 * -6.0 * 3.0 - 0.5, 2 * -6.0, 1.0, 0.0], rel=1e-6)


def test_near_a_kink_differences_say_nothing_wherever_it_is() -> None:
    m = NumericLab()
    a, b = m.Value(1e-5), m.Value(2.0)
    out = a.relu() + b
    for node in (a, b):
        with pytest.raises(Kink):
            out.sensitivities([node])
    assert (b.relu() + a).sensitivities([a, b]) == pytest.approx([1.0, 1.0])


def test_a_number_that_was_changed_since_counts_as_it_is() -> None:
    m = NumericLab()
    a, b = m.Value(3.0), m.Value(2.0)
    out = a * b * b
    a.data = 5.0
    assert out.sensitivities([b]) == pytest.approx([20.0])
