"""The oracle: micrograd's API on PyTorch tensors in float64. It answers the exam."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch

from autograder.oracle.lab import Node, OracleLab


class TorchValue(Node):
    """A Value that is a tensor; autograd differentiates it."""

    math = torch
    number: torch.Tensor

    @staticmethod
    def wrap(data: float) -> torch.Tensor:
        return torch.tensor(float(data), dtype=torch.float64, requires_grad=True)

    @staticmethod
    def unwrap(number: torch.Tensor) -> float:
        return number.item()

    def partials(self) -> list[float]:
        if not self._prev:
            return []
        operands = [parent.number.detach().clone().requires_grad_() for parent in self._prev]
        upstream = torch.tensor(self.grad, dtype=torch.float64)
        shares = torch.autograd.grad(self.function(*operands), operands, upstream)
        return [float(share) for share in shares]

    def sensitivities(self, nodes: Sequence[Node]) -> list[float]:
        gradients = torch.autograd.grad(self.number, [n.number for n in nodes], allow_unused=True, retain_graph=True)
        return [0.0 if g is None else float(g) for g in gradients]


_FUNCTIONS = SimpleNamespace(
    **{name: getattr(torch, name) for name in ("exp", "log", "sin", "cos", "tanh", "sqrt")}, pi=math.pi
)


class TorchLab(OracleLab):
    """Experiments run here to learn the right answers."""

    Value = TorchValue

    def derivative(self, formula: str, x: float) -> float:
        at = TorchValue.wrap(x)
        y: Any = eval(formula, {"math": _FUNCTIONS, "x": at})
        (slope,) = torch.autograd.grad(y, at)
        return float(slope)
