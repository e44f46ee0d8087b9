"""The oracle: micrograd's API on PyTorch tensors in float64. It answers the exam."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import torch

from autograder.courses.micrograd.oracle.lab import OracleLab
from autograder.courses.micrograd.oracle.torch_nets import TorchNets
from autograder.courses.micrograd.oracle.torch_value import TorchValue
from autograder.exam.items import Item, Question

_FUNCTIONS = SimpleNamespace(
    **{name: getattr(torch, name) for name in ("exp", "log", "sin", "cos", "tanh", "sqrt")}, pi=math.pi
)


class TorchLab(TorchNets, OracleLab):
    """Experiments run here to learn the right answers."""

    Value = TorchValue

    def derivative(self, formula: str, x: float) -> float:
        at = TorchValue.wrap(x)
        y: Any = eval(formula, {"math": _FUNCTIONS, "x": at})
        (slope,) = torch.autograd.grad(y, at)
        return float(slope)


def by_torch(item: Item, question: Question) -> Any:
    """PyTorch's answer, which is the right one."""
    return item(TorchLab(), question)
