"""The operations of a Value, a row each. The labs, random expressions and transcripts read here what they need to know
of one, so that a new operation is a row.

A row computes what an item asks for. So this module is never imported in a process that runs student code: `lending`
brings the functions there when their turn comes. These may therefore use nothing but their operands, `math` and what
Python has built in.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One operation.

    `symbol` is how a graph calls it; where that is no name, it is an operator of Python's. `arity` is the number of its
    operands. `python` computes it on plain numbers, and differences of that confirm its derivative; PyTorch's function
    is the one by the name `torch`, or `python` on tensors where there is no name. `slopes` are its derivatives, one for
    each operand. A random expression has it where it is `sound`: defined, well conditioned, and away from its `kinks`,
    at which it has no derivative. `right` are the plain numbers that may stand on its right, where no Value may. A
    `derived` one may be made of others.
    """

    name: str
    symbol: str
    arity: int
    python: Callable[..., Any]
    slopes: Callable[..., tuple[float, ...]]
    torch: str = ""
    sound: Callable[..., bool] = lambda *operands: True
    kinks: tuple[float, ...] = ()
    right: tuple[float, ...] = ()
    derived: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.python, FunctionType):  # Python's own messages say what it is called
            self.python.__name__ = self.python.__qualname__ = self.name

    @property
    def is_operator(self) -> bool:
        """Whether Python has a sign for it."""
        return not self.symbol.isidentifier()

    @property
    def method(self) -> str:
        """The method of a Value that computes it."""
        return f"__{self.name}__" if self.is_operator else self.name

    @property
    def reflected(self) -> str:
        """The method that Python calls where a plain number stands on the left; empty where there is none."""
        return f"__r{self.name}__" if self.arity == 2 and not self.right else ""

    @property
    def step(self) -> str:
        """What a step of an expression calls it."""
        return self.symbol if self.arity == 2 else self.name

    @property
    def label(self) -> str:
        """What a node that it made says of it in `_op`."""
        return self.name if self.is_operator and self.arity == 1 else self.symbol


OPERATIONS = (
    Operation(
        "add", "+", 2,
        python=operator.add,
        slopes=lambda a, b: (1.0, 1.0),
        sound=lambda a, b: abs(a + b) >= 0.01 * max(abs(a), abs(b)),  # no catastrophic cancellation
    ),
    Operation(
        "sub", "-", 2,
        python=operator.sub,
        slopes=lambda a, b: (1.0, -1.0),
        sound=lambda a, b: abs(a - b) >= 0.01 * max(abs(a), abs(b)),
        derived=True,
    ),
    Operation(
        "mul", "*", 2,
        python=operator.mul,
        slopes=lambda a, b: (b, a),
    ),
    Operation(
        "truediv", "/", 2,
        python=operator.truediv,
        slopes=lambda a, b: (1 / b, -a / b**2),
        sound=lambda a, b: abs(b) >= 0.2,
        derived=True,
    ),
    Operation(
        "pow", "**", 2,
        python=operator.pow,
        slopes=lambda a, n: (n * a ** (n - 1) if n else 0.0, 0.0),
        sound=lambda a, n: abs(a) >= 0.2 and (a > 0 or n == int(n)),
        right=(2, 3, -1, 0.5),
    ),
    Operation(
        "neg", "-", 1,
        python=operator.neg,
        slopes=lambda a: (-1.0,),
        derived=True,
    ),
    Operation(
        "relu", "ReLU", 1,
        python=lambda x: max(x, 0.0),
        slopes=lambda x: (1.0 if x > 0 else 0.0,),
        torch="relu",
        sound=lambda x: abs(x) >= 0.05,
        kinks=(0.0,),
    ),
    Operation(
        "tanh", "tanh", 1,
        python=math.tanh,
        slopes=lambda x: (1 - math.tanh(x) ** 2,),
        torch="tanh",
        sound=lambda x: 0.01 <= abs(x) <= 4,
    ),
    Operation(
        "exp", "exp", 1,
        python=math.exp,
        slopes=lambda x: (math.exp(x),),
        torch="exp",
    ),
    Operation(
        "log", "log", 1,
        python=math.log,
        slopes=lambda x: (1 / x,),
        torch="log",
        sound=lambda x: x >= 0.2 and abs(math.log(x)) >= 0.01,
    ),
)  # fmt: skip

OPERATORS = {row.symbol: row for row in OPERATIONS if row.is_operator and row.arity == 2}  # that stand between operands
FUNCTIONS = {row.name: row for row in OPERATIONS if not row.is_operator}  # that are called by their names
STEPS = {row.step: row for row in OPERATIONS}
METHODS = tuple(name for row in OPERATIONS for name in (row.method, row.reflected) if name)

# What the student's lab lends, by method.
COMPUTE = {row.method: row.python for row in OPERATIONS if not row.derived}
SLOPES = {row.method: row.slopes for row in OPERATIONS}
