"""The cross-check: micrograd's API on plain floats, differentiated by changing inputs and looking at outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace

from autograder.oracle.lab import Node, OracleLab, ancestors

TOLERANCE = 2e-6  # what central differences are good for


class Kink(Exception):
    """A question is asked where a function has no derivative, or too near: differences say nothing there."""


def slope(f: Callable[[float], float], x: float) -> float:
    """The derivative of `f` at `x` by the central difference of fourth order, whose error shrinks with h**4."""
    h = 1e-3 * min(1.0, abs(x) or 1.0)
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def _with_operand(function: Callable[..., float], operands: Sequence[float], place: int, value: float) -> float:
    """`function` of `operands`, with the one at `place` replaced."""
    return function(*operands[:place], value, *operands[place + 1 :])


def _relu(x: float) -> float:
    return max(x, 0.0)


class NumericValue(Node):
    """A Value that is a float."""

    math = SimpleNamespace(relu=_relu, tanh=math.tanh, exp=math.exp, log=math.log)

    def _recompute(self, nodes: Sequence[Node], changed: Node, value: float) -> float:
        """This node's number if `changed` were `value`; `nodes` are its ancestors, parents first."""
        numbers: dict[int, float] = {}
        for node in nodes:
            if node is changed:
                number = value
            elif not node._prev:
                number = node.number
            else:
                operands = [numbers[id(p)] for p in node._prev]
                if node.function is _relu and abs(operands[0]) < 0.01:
                    raise Kink
                number = node.function(*operands)
            numbers[id(node)] = number
        return numbers[id(self)]

    def partials(self) -> list[float]:
        if self.function is _relu and abs(self._prev[0].number) < 0.01:
            raise Kink
        operands = [parent.number for parent in self._prev]
        return [
            self.grad * slope(partial(_with_operand, self.function, operands, i), operands[i])
            for i in range(len(operands))
        ]

    def sensitivities(self, nodes: Sequence[Node]) -> list[float]:
        ordered = _parents_first(self)
        large = len(ordered) > 200  # then interior gradients are left out, for time
        return [
            1.0 if node is self
            else 0.0 if large and node._prev
            else slope(partial(self._recompute, ordered, node), node.number)
            for node in nodes
        ]  # fmt: skip


def _parents_first(root: Node) -> list[Node]:
    """Kahn's algorithm over the ancestors of `root`."""
    nodes = ancestors(root)
    waiting = {id(node): len(node._prev) for node in nodes}
    children: dict[int, list[Node]] = {id(node): [] for node in nodes}
    for node in nodes:
        for parent in node._prev:
            children[id(parent)].append(node)
    ready = [node for node in nodes if not node._prev]
    for node in ready:
        for child in children[id(node)]:
            waiting[id(child)] -= 1
            if not waiting[id(child)]:
                ready.append(child)
    return ready


class NumericLab(OracleLab):
    """Experiments run here to confirm the oracle."""

    Value = NumericValue

    def derivative(self, formula: str, x: float) -> float:
        return slope(lambda at: eval(formula, {"math": math, "x": at}), x)
