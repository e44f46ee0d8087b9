"""What the labs of the judge share: nodes that remember how they were computed, and the lab's verbs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from numbers import Real
from typing import Any

from autograder.courses.micrograd.operations import FUNCTIONS, OPERATORS, STEPS, Operation
from autograder.courses.micrograd.oracle.nets import NetLab


class Node:
    """A micrograd `Value` of ours. A subclass says what its numbers are and how they are differentiated.

    `number` is what the lab computes with; `function` maps the parents' numbers to this one's.
    """

    constant = False  # whether it was made from a plain number on one side of an operator

    def __init__(self, data: Any, _children: Sequence[Node] = (), _op: str = "", function: Any = None):
        self.number = data if _children else self.wrap(data)
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op
        self.function = function

    @staticmethod
    def wrap(data: float) -> Any:
        """A leaf's number."""
        return float(data)

    @property
    def data(self) -> float:
        return self.unwrap(self.number)

    @data.setter
    def data(self, data: float) -> None:
        self.number = self.wrap(data)

    @staticmethod
    def unwrap(number: Any) -> float:
        """The inverse of `wrap`."""
        return float(number)

    @classmethod
    def compute(cls, operation: Operation) -> Callable[..., Any]:
        """What an operation does to such numbers."""
        raise NotImplementedError

    def partials(self) -> list[float]:
        """The gradients that `grad` gives to each parent, by position."""
        raise NotImplementedError

    def sensitivities(self, nodes: Sequence[Node]) -> list[float]:
        """d(self)/d(node) for each of `nodes`, all paths included."""
        raise NotImplementedError

    def _backward(self) -> None:
        for parent, share in zip(self._prev, self.partials(), strict=True):
            parent.grad += share

    def backward(self) -> None:
        nodes = [node for node in ancestors(self) if not node.constant]
        for node, gradient in zip(nodes, self.sensitivities(nodes), strict=True):
            node.grad = gradient if node._prev or node is self else node.grad + gradient

    def _constant(self, number: float) -> Node:
        node = type(self)(number)
        node.constant = True
        return node

    def _make(self, op: str, function: Callable[..., Any], *operands: Any) -> Node:
        if not all(isinstance(x, (Node, Real)) for x in operands):
            raise TypeError(f"{op} takes numbers")
        parents = [x if isinstance(x, Node) else self._constant(x) for x in operands]
        return type(self)(function(*(p.number for p in parents)), parents, op, function)

    def __pow__(self, power: Any) -> Node:
        if not isinstance(power, Real):
            raise TypeError("a power is a number")
        if self.data < 0 and not float(power).is_integer():
            raise ValueError("not a real number")
        return self._make(f"**{power}", lambda x: x**power, self)

    def __neg__(self) -> Node:
        return self._apply(STEPS["neg"], self)

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(name)
        return lambda: self._apply(FUNCTIONS[name], self)

    def _apply(self, row: Operation, *operands: Any) -> Node:
        return self._make(row.label, self.compute(row), *operands)


def _between(row: Operation, swapped: bool) -> Callable[[Node, Any], Node]:
    """The method of an operator, or of the one that Python calls where a plain number stands on the left."""
    return lambda node, other: node._apply(row, other, node) if swapped else node._apply(row, node, other)


for _row in OPERATORS.values():
    if _row.reflected:
        setattr(Node, _row.method, _between(_row, swapped=False))
        setattr(Node, _row.reflected, _between(_row, swapped=True))


def ancestors(root: Node) -> list[Node]:
    """`root` and all that it was computed from, each once."""
    found, seen = [root], {id(root)}
    for node in found:
        for parent in node._prev:
            if id(parent) not in seen:
                seen.add(id(parent))
                found.append(parent)
    return found


def _spelled(node: Node) -> str:
    """The op of a node, with the plain number that takes part: "+", "* 3", "1.5 -"."""
    sides = [f"{p.data:.10g}" if p.constant else "" for p in node._prev]
    return f"{sides[0]} {node._op} {sides[1]}".strip() if any(sides) else node._op


def trace_triples(nodes: Sequence[Node]) -> tuple[list[str], list[list[str]]]:
    """What a drawing of the last node's graph shows: labels of Values, and edges (operand, op, result)."""

    def label(node: Node) -> str:
        return f"data {node.data:.4f} | grad {node.grad:.4f}"

    reached = ancestors(nodes[-1])
    edges = [[label(parent), node._op, label(node)] for node in reached for parent in node._prev]
    return sorted(map(label, reached)), sorted(edges)


@cache
def _quadrature() -> list[tuple[float, float]]:
    """Places in [-1, 1] and weights of the Gauss-Legendre quadrature."""
    import numpy as np

    places, weights = np.polynomial.legendre.leggauss(24)
    return [*zip(places, weights, strict=True)]


class OracleLab(NetLab):
    """The verbs of `micrograd.lab.Lab` on `Node`s; see there for what each means."""

    Value: type[Node]

    def __init__(self) -> None:
        self._walked: list[Node] = []
        self._noted: list[Any] = []

    def operand(self, spec: Sequence[Any], cls: Any = None) -> Any:
        made = self._operand(*spec)
        self.note(made)
        return made

    def _operand(self, kind: str, number: Any) -> Any:
        if kind == "np.float64":
            import numpy as np  # slow to import, and where students draw graphs there need be none

            return np.float64(number)
        return self.Value(number) if kind == "Value" else number

    def result(self, out: Node) -> Node:
        self.note(out)
        return out

    def note(self, *nodes: Any) -> None:
        self._noted += nodes

    def graph(self) -> list[Any]:
        """For each that was noted `[op, parents, data, grad]`; None for a plain number, as for a node that does not
        belong.

        Parents are places in this list, None for one that was not noted. Plain numbers are spelled in the op.
        """
        places = {id(node): place for place, node in enumerate(self._noted)}
        return [
            [_spelled(node), [places.get(id(p)) for p in node._prev if not p.constant], node.data, node.grad]
            if isinstance(node, Node) else None
            for node in self._noted
        ]  # fmt: skip

    def isolated(self, method: str) -> type[Node]:
        return self.Value

    def engine(self, order: int) -> type[Node]:
        return self.Value

    def repeat(self, times: int, step: Callable[[Any], Any], start: Any) -> Any:
        for _ in range(times):
            start = step(start)
        return start

    def nodes(self, graph: Sequence[dict[str, Any]], order: int = 1) -> list[Node]:
        nodes: list[Node] = []
        self._walked = nodes
        for spec in graph:
            parents = [nodes[index] for index, _ in spec["parents"]]
            weights = [weight for _, weight in spec["parents"]]

            def weighted(*xs: Any, weights: list[float] = weights, offset: float = 0.0) -> Any:
                return sum((w * x for w, x in zip(weights, xs, strict=True)), offset)

            # The data of a hand-built node is free: an offset makes up what its parents do not give.
            offset = spec["data"] - weighted(*(p.data for p in parents))
            function = lambda *xs, f=weighted, c=offset: f(*xs, offset=c)  # noqa: E731
            number = function(*(p.number for p in parents)) if parents else spec["data"]
            node = self.Value(number, parents, spec["op"], function)
            node.grad = spec["grad"]
            nodes.append(node)
        self.note(*nodes)
        return nodes

    def visits(self, roots: Sequence[int] = (-1,)) -> list[int]:
        places = {id(node): place for place, node in enumerate(self._walked)}
        reached = ([places[id(node)] for node in ancestors(self._walked[root]) if node._prev] for root in roots)
        return [place for interior in reached for place in sorted(interior, reverse=True)]

    def propagate(self, method: str, out: Node, *operands: Any) -> None:
        out._backward()

    def parents(self, out: Node, *operands: Any) -> list[bool]:
        return [any(p is x for p in out._prev) for x in self.values(*operands)]

    def strangers(self, out: Node, *operands: Any) -> list[Any]:
        return [p.data for p in out._prev if not p.constant and not any(p is x for x in operands)]

    def fresh(self, out: Node, *operands: Any) -> list[bool]:
        return [out is not x for x in self.values(*operands)]

    def reaches(self, out: Node, *operands: Any) -> list[bool]:
        found = {id(node) for node in ancestors(out)}
        return [id(x) in found for x in self.values(*operands)]

    def values(self, *operands: Any) -> list[Any]:
        return [x for x in operands if isinstance(x, Node)]

    def data(self, *operands: Any) -> list[float]:
        return [x.data for x in self.values(*operands)]

    def grads(self, *operands: Any) -> list[float]:
        return [x.grad for x in self.values(*operands)]

    def outcome(self, action: Callable[[], Any]) -> str:
        try:
            action()
        except Exception as error:
            return type(error).__name__
        return "no error"

    def derivative(self, formula: str, x: float) -> float:
        """The derivative at `x` of the function of x that `formula` spells."""
        raise NotImplementedError

    def central_difference(self, formula: str, x: float, h: float | None) -> float:
        """A difference over [x - h, x + h] is the mean of the derivative there, which Gauss-Legendre quadrature
        gives."""
        width = 1e-6 if h is None else h
        return float(sum(w * self.derivative(formula, x + width * t) for t, w in _quadrature()) / 2)

    def gradcheck(
        self, slopes: Sequence[float], xs: Sequence[float], grads: Sequence[float], tol: float | None
    ) -> bool:
        import numpy as np

        if len(grads) != len(slopes):
            raise ValueError("unequal lengths")
        slopes_, grads_ = np.asarray(slopes), np.asarray(grads)
        allowed = (1e-6 if tol is None else tol) * np.maximum(1.0, np.abs(slopes_))
        return bool(np.all(np.abs(slopes_ - grads_) <= allowed))

    def trace(self, nodes: Sequence[Node]) -> tuple[list[int], list[list[int]]]:
        index = {id(node): i for i, node in enumerate(nodes)}
        reached = ancestors(nodes[-1])
        self._noted = [node if node in reached else None for node in nodes]
        edges = [[index[id(p)], index[id(node)]] for node in reached for p in node._prev]
        return sorted(index[id(node)] for node in reached), sorted(edges)

    def draw_dot(self, nodes: Sequence[Node]) -> tuple[list[str], list[list[str]]]:
        return trace_triples(nodes)
