"""What an experiment's inputs may be, besides numbers: operands, expressions, graphs. Descriptions only, and how an
expression is computed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.exam.domains import Real

_ANY = Real()


@dataclass(frozen=True)
class Operand:
    """One side of an operation: `[kind, number]`, where kind is "Value" or the type of a plain number."""

    number: Real = _ANY
    kinds: tuple[str, ...] = ("Value", "int", "float", "np.float64")

    @property
    def special(self) -> tuple[list[Any], ...]:
        whole = [x for x in self.number.special if float(x).is_integer()]
        plain = [[kind, int(x) if kind == "int" else float(x)] for kind in self.kinds[1:] for x in whole[-1:]]
        return (*([self.kinds[0], x] for x in self.number.special), *plain)


@dataclass(frozen=True)
class Program:
    """A straight-line expression: `{"leaves": [...], "steps": [...]}`; see `execute`.

    Drawn so that every intermediate result is finite, well conditioned and away from kinks; `operations` are those that
    may occur, all where there are none, `numbers` whether plain numbers may. No step has one value on both sides.
    """

    operations: tuple[str, ...] = ()
    leaves: int = 3
    steps: int = 8
    numbers: bool = True
    special: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Nodes without operations: a list, parents before children, of `{"data", "grad", "op", "parents": [[index,
    weight]]}`.

    The last node is the root, and all others are its ancestors. The parents of one node differ from each other. With
    `interior_grads` every node starts with some gradient, else only leaves and the root do.
    """

    size: int = 7
    interior_grads: bool = True
    special: tuple[Any, ...] = ()


Number = Any  # a float, a Value, a tensor: whatever the lab computes with

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow,
    "+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv, "**=": operator.ipow,
}  # fmt: skip


def apply(op: str, *operands: Any) -> Any:
    """Apply the operation that a step names: an infix operator, also an augmented one, "neg", or a method."""
    if op in _BINARY:
        return _BINARY[op](*operands)
    if op == "neg":
        return -operands[0]
    return getattr(operands[0], op)()


def execute(
    steps: Sequence[Sequence[Any]], leaves: Sequence[Number], note: Callable[[Number], None] = lambda result: None
) -> Number:
    """Compute a program's steps from `leaves` and return the last result; `note` gets each as it is there.

    A step is `[op, operand...]`; an operand is the index of an earlier value (leaves first, then steps), or
    `[number]` for a plain number.
    """
    values = list(leaves)
    for op, *operands in steps:
        values.append(apply(op, *(values[o] if isinstance(o, int) else o[0] for o in operands)))
        note(values[-1])
    return values[-1]
