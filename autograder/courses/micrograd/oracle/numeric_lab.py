"""The cross-check: micrograd's API on plain floats, differentiated by changing inputs and looking at outputs."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from autograder.courses.micrograd.operations import OPERATIONS, Operation
from autograder.courses.micrograd.oracle.lab import Node, OracleLab, ancestors
from autograder.courses.micrograd.oracle.nets import Weights, checked
from autograder.exam.items import Item, Question, Undecided

_NEAR = 1e-4  # how near a kink differences say nothing
_ROUNDED = 1e-9  # how near rounding may decide on which side a number lies
_GRID = 2.0**20  # where each number on the way is a multiple of 1/_GRID, none was rounded, in whatever order
_KINKED = {row.python: row.kinks for row in OPERATIONS if row.kinks}
TOLERANCE = 2e-6  # what central differences are good for


class Kink(Exception):
    """A question is asked where a function has no derivative, or too near: differences say nothing there."""


def slope(f: Callable[[float], float], x: float) -> float:
    """The derivative of `f` at `x` by the central difference of fourth order, whose error shrinks with h**4."""
    h = 1e-5 * min(1.0, abs(x) or 1.0)
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def _with_operand(function: Callable[..., float], operands: Sequence[float], place: int, value: float) -> float:
    """`function` of `operands`, with the one at `place` replaced."""
    return function(*operands[:place], value, *operands[place + 1 :])


def _is_near(function: Callable[..., float], operands: Sequence[float], near: float = _NEAR) -> bool:
    """Whether these operands are too near to one of the function's kinks."""
    return function in _KINKED and any(abs(operands[0] - kink) < near for kink in _KINKED[function])


class NumericValue(Node):
    """A Value that is a float."""

    @classmethod
    def compute(cls, operation: Operation) -> Callable[..., Any]:
        return operation.python

    def partials(self) -> list[float]:
        operands = [parent.number for parent in self._prev]
        if _is_near(self.function, operands):
            raise Kink
        return [
            self.grad * slope(partial(_with_operand, self.function, operands, i), operands[i])
            for i in range(len(operands))
        ]

    def sensitivities(self, nodes: Sequence[Node]) -> list[float]:
        whole = _Computation(self)
        large = len(whole.nodes) > 200  # then interior gradients are left out, for time
        return [1.0 if node is self else 0.0 if large and node._prev else whole.slope(node) for node in nodes]


class _Computation:
    """How a root was computed, to compute it once more with one number changed: of that, only what depends on it.
    Raises Undecided where rounding decides on which side of a kink a number lies."""

    def __init__(self, root: Node):
        self.nodes = _parents_first(root)
        self._places = {id(node): place for place, node in enumerate(self.nodes)}
        self._root = self._places[id(root)]
        self._functions = [node.function for node in self.nodes]
        self._parents = [tuple(self._places[id(parent)] for parent in node._prev) for node in self.nodes]
        self._numbers: list[float] = []
        self._kinked: set[int] = set()  # places that are too near to a kink as it is
        exact: list[bool] = []
        for node, parents, function in zip(self.nodes, self._parents, self._functions, strict=True):
            operands = [self._numbers[parent] for parent in parents]
            if parents and _is_near(function, operands):
                self._kinked.add(len(self._numbers))
                if _is_near(function, operands, _ROUNDED) and not exact[parents[0]] and self._parents[parents[0]]:
                    raise Undecided
            number = function(*operands) if parents else node.number
            self._numbers.append(number)
            exact.append((number * _GRID).is_integer() and all(exact[parent] for parent in parents))

    def slope(self, node: Node) -> float:
        """The root's derivative by one node. Raises Kink where any other node is too near to one."""
        changed = self._places.get(id(node))
        if changed is None:
            later: list[int] = []
        else:
            reached = {changed}
            later = [at for at in range(changed + 1, len(self.nodes)) if self._depends(at, reached)]
        if self._kinked - {changed, *later}:
            raise Kink
        return 0.0 if changed is None else slope(partial(self._recomputed, changed, later), node.number)

    def _depends(self, place: int, reached: set[int]) -> bool:
        """Whether a node has a parent among those reached, to which it is added."""
        if found := not reached.isdisjoint(self._parents[place]):
            reached.add(place)
        return found

    def _recomputed(self, changed: int, later: Sequence[int], value: float) -> float:
        """The root's number with another value at the place `changed`; `later` depends on it, parents first."""
        numbers = self._numbers.copy()
        numbers[changed] = value
        functions, parents = self._functions, self._parents
        for place in later:
            function, operands = functions[place], [numbers[parent] for parent in parents[place]]
            if function in _KINKED and _is_near(function, operands):
                raise Kink
            numbers[place] = function(*operands)
        return numbers[self._root]


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

    def _make_net(self, layers: Weights, nonlin: Sequence[bool], dropout: Sequence[float]) -> NumericNet:
        return NumericNet(layers, nonlin, dropout)

    def seed(self, seed: int) -> None:
        random.seed(seed)

    def mse_loss(self, predictions: Sequence[Node], targets: Sequence[float]) -> Node:
        checked(predictions, targets)
        return _function(lambda *xs: sum((x - t) ** 2 for x, t in zip(xs, targets, strict=True)) / len(xs), predictions)

    def hinge_loss(self, scores: Sequence[Node], labels: Sequence[float]) -> Node:
        checked(scores, labels)

        margins = [_function(partial(_lack, float(y)), [score]).relu() for score, y in zip(scores, labels, strict=True)]
        return _function(lambda *xs: sum(xs) / len(xs), margins)

    def l2_penalty(self, parameters: Sequence[Node], alpha: float = 1e-4) -> Node:
        return _function(lambda *xs: alpha * sum(x * x for x in xs), parameters)

    def cross_entropy(self, logits: Sequence[Node], target: int) -> Node:
        def loss(*xs: float) -> float:
            return math.log(math.fsum(math.exp(x - max(xs)) for x in xs)) + max(xs) - xs[target]

        return _function(loss, logits)

    def accuracy(self, scores: Sequence[Node], labels: Sequence[float]) -> float:
        return sum((1 if score.data > 0 else -1) == y for score, y in zip(scores, labels, strict=True)) / len(scores)

    def linear_decay(self, k: int, steps: int, start: float = 1.0, end: float = 0.1) -> float:
        return start * (1 - k / steps) + end * (k / steps)

    def SGD(self, parameters: Sequence[Node], lr: float = 0.01, momentum: float = 0.0) -> Descent:
        return Descent(parameters, lr, momentum)

    def gradients(self, out: Any, values: Sequence[Node]) -> list[float]:
        outs = out if isinstance(out, list) else [out]
        return [sum(shares) for shares in zip(*(each.sensitivities(values) for each in outs), strict=True)]

    def differentiate(self, value: Node, net: NumericNet) -> None:
        value.backward()

    def rehearse(
        self, weights: Sequence[float], inputs: Sequence[Sequence[float]], targets: Sequence[float], lr: float
    ) -> list[Any]:
        def loss(*ws: float) -> float:
            outputs = [sum(w * x for w, x in zip(ws, row, strict=True)) for row in inputs]
            return sum((out - t) ** 2 for out, t in zip(outputs, targets, strict=True)) / len(inputs)

        slopes = [slope(partial(_with_operand, loss, weights, i), w) for i, w in enumerate(weights)]
        after = [w - lr * s for w, s in zip(weights, slopes, strict=True)]
        return [loss(*weights), after, self.rehearsal(inputs)]


def _lack(label: float, score: float) -> float:
    """What a score lacks to a margin of 1."""
    return 1 - label * score


def _function(function: Callable[..., float], parents: Sequence[Node]) -> NumericValue:
    """A node with any function of its parents."""
    return NumericValue(function(*(p.number for p in parents)), parents, "f", function)


class NumericNet:
    """Neurons as sums of products, each one node."""

    training = True

    def __init__(self, layers: Weights, nonlin: Sequence[bool], dropout: Sequence[float]):
        self._layers = [[[NumericValue(x) for x in weights] for weights in neurons] for neurons in layers]
        self._nonlin, self._dropout = nonlin, dropout

    def __call__(self, row: Sequence[Any]) -> Any:
        xs = [x if isinstance(x, Node) else NumericValue(float(x)) for x in row]
        if len(xs) != len(self._layers[0][0]) - 1:
            raise ValueError("an input of the wrong length")
        for neurons, relu, p in zip(self._layers, self._nonlin, self._dropout, strict=True):
            xs = [self._out(weights, xs, relu, p) for weights in neurons]
        return xs if len(xs) > 1 else xs[0]

    def _out(self, weights: Sequence[Node], xs: Sequence[Node], relu: bool, p: float) -> Any:
        def weighted(*numbers: float) -> float:
            ws, inputs = numbers[: len(weights)], numbers[len(weights) :]
            return math.fsum([*map(float.__mul__, ws, inputs), ws[-1]])

        out: Any = _function(weighted, [*weights, *xs])
        out = out.relu() if relu else out
        if self.training and p:
            return NumericValue(0.0) if random.random() < p else out / (1 - p)
        return out

    def parameters(self) -> list[NumericValue]:
        return [p for neurons in self._layers for weights in neurons for p in weights]

    @property
    def w(self) -> list[NumericValue]:
        return self.parameters()[:-1]

    @property
    def b(self) -> NumericValue:
        return self.parameters()[-1]

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0.0

    def plan(self) -> Iterator[tuple[int, int, bool, float]]:
        for neurons, relu, p in zip(self._layers, self._nonlin, self._dropout, strict=True):
            yield len(neurons), len(neurons[0]) - 1, relu, p


class Descent:
    """Gradient descent with momentum."""

    def __init__(self, parameters: Sequence[Node], lr: float, momentum: float):
        self._parameters, self.lr, self._momentum = list(parameters), lr, momentum
        self._velocities = [0.0] * len(self._parameters)

    def step(self) -> None:
        for i, p in enumerate(self._parameters):
            self._velocities[i] = self._momentum * self._velocities[i] + p.grad
            p.data -= self.lr * self._velocities[i]

    def zero_grad(self) -> None:
        for p in self._parameters:
            p.grad = 0.0


def by_differences(item: Item, question: Question) -> tuple[Any, float] | None:
    """The answer of central differences, which must agree with PyTorch's, and how far it may be trusted; nothing near a
    kink, where there is no derivative."""
    try:
        return item(NumericLab(), question), max(TOLERANCE, item.tolerance)
    except Kink:
        return None
