"""Gradients on Values that only compute forward: the lab remembers what its operators did, and applies the chain rule.

So a net or a loss must lead back, by its graph, to what it was computed from, and no fault of the engine's `backward`
reaches it. Nothing is attached to the nodes. A node that the student's own code makes has the student's own rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

_SUM: Callable[..., tuple[float, ...]] = lambda a, b: (1.0, 1.0)  # noqa: E731
_PRODUCT: Callable[..., tuple[float, ...]] = lambda a, b: (b, a)  # noqa: E731

# How steep an operator of `values` is at its operands, in each of them.
SLOPES: dict[str, Callable[..., tuple[float, ...]]] = {
    "__add__": _SUM, "__radd__": _SUM, "__mul__": _PRODUCT, "__rmul__": _PRODUCT,
    "__sub__": lambda a, b: (1.0, -1.0), "__rsub__": lambda a, b: (-1.0, 1.0),
    "__truediv__": lambda a, b: (1 / b, -a / b**2), "__rtruediv__": lambda a, b: (-b / a**2, 1 / a),
    "__pow__": lambda a, n: (n * a ** (n - 1) if n else 0.0, 0.0),
    "__neg__": lambda a: (-1.0,),
    "relu": lambda a: (1.0 if a > 0 else 0.0,), "tanh": lambda a: (1 - math.tanh(a) ** 2,),
    "exp": lambda a: (math.exp(a),), "log": lambda a: (1 / a,),
}  # fmt: skip


class Tape:
    """What the operators of a class of the lab's computed; `base` is the class of all Values."""

    def __init__(self, base: Any):
        self._base = base
        self._steps: dict[int, tuple[Any, str, Sequence[Any], Sequence[Any]]] = {}

    def clear(self) -> None:
        self._steps.clear()

    def note(self, out: Any, operator: str, operands: Sequence[Any], numbers: Sequence[Any]) -> None:
        """Remember that an operator made `out` of these operands, which held these numbers."""
        self._steps[id(out)] = out, operator, operands, numbers

    def gradients(self, roots: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        """For each of `values`, the gradient of the sum of `roots`."""
        order = self._parents_first(roots)
        for node in (*order, *values):
            node.grad = 0.0
        for root in roots:
            root.grad += 1.0
        for node in order[::-1]:
            self._send_back(node)
        return [value.grad for value in values]

    def _parents_first(self, roots: Iterable[Any]) -> list[Any]:
        """`roots` and all that they were computed from, each once."""
        order, seen = [], set()
        waiting = [(root, False) for root in roots]
        while waiting:
            node, ready = waiting.pop()
            if ready:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                waiting.append((node, True))
                waiting += [(parent, False) for parent in self._parents(node)]
        return order

    def _parents(self, node: Any) -> list[Any]:
        _, _, operands, _ = self._steps.get(id(node), (None, "", getattr(node, "_prev", ()), ()))
        return [x for x in operands if isinstance(x, self._base)]

    def _send_back(self, node: Any) -> None:
        """Add a node's share to the gradients of its parents."""
        if id(node) not in self._steps:
            if self._parents(node) and hasattr(node, "_backward"):
                node._backward()
            return
        _, operator, operands, numbers = self._steps[id(node)]
        try:
            slopes = SLOPES[operator](*map(float, numbers))  # numpy's floats would print warnings
        except (ArithmeticError, ValueError, TypeError):  # it has none there
            slopes = (math.nan,) * len(operands)
        for x, slope in zip(operands, slopes):  # noqa: B905 - an operator may be handed more than it uses
            if isinstance(x, self._base):
                x.grad += slope * node.grad
