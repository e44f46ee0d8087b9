"""A Value that is a PyTorch tensor in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from autograder.courses.micrograd.operations import Operation
from autograder.courses.micrograd.oracle.lab import Node


class TorchValue(Node):
    """A Value that is a tensor; autograd differentiates it."""

    number: torch.Tensor

    @staticmethod
    def wrap(data: float) -> torch.Tensor:
        return torch.scalar_tensor(float(data), dtype=torch.float64, requires_grad=True)  # half of what `tensor` takes

    @staticmethod
    def unwrap(number: torch.Tensor) -> float:
        return number.item()

    @classmethod
    def compute(cls, operation: Operation) -> Callable[..., Any]:
        return getattr(torch, operation.torch) if operation.torch else operation.python

    def partials(self) -> list[float]:
        if not self._prev:
            return []
        operands = [parent.number.detach().clone().requires_grad_() for parent in self._prev]
        # Not handed to autograd, which would look at its shape with an algebra system that takes long to import.
        shares = torch.autograd.grad(self.function(*operands) * self.grad, operands)
        return [float(share) for share in shares]

    def sensitivities(self, nodes: Sequence[Node]) -> list[float]:
        gradients = torch.autograd.grad(self.number, [n.number for n in nodes], allow_unused=True, retain_graph=True)
        return [0.0 if g is None else float(g) for g in gradients]
