"""What right graphs look like: every gradient of every node, exact, on plain Python alone.

Students' machines have no PyTorch, and the exam holds no more of a graph than is graded. Nothing is graded by what
comes from here: it is drawn.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from autograder.courses.micrograd.oracle.numeric_lab import NumericLab, NumericValue

_STEP = 1e-200  # so small that its square vanishes


def _either(real: Callable[[float], float], complex_: Callable[[complex], complex]) -> Callable[[Any], Any]:
    return lambda x: complex_(x) if isinstance(x, complex) else real(x)


def _slope(f: Callable[[Any], Any], x: float) -> float:
    """The derivative of `f` at `x` by a step into the imaginary: no difference is taken, so that no digit is lost."""
    return complex(f(complex(x, _STEP))).imag / _STEP


class ExactValue(NumericValue):
    """A Value that is a float, or a complex number while it is differentiated."""

    math = SimpleNamespace(
        relu=lambda x: x if x.real > 0 else 0.0,
        tanh=_either(math.tanh, cmath.tanh), exp=_either(math.exp, cmath.exp), log=_either(math.log, cmath.log),
    )  # fmt: skip

    slope = staticmethod(_slope)


class ExactLab(NumericLab):
    """Experiments run here to be drawn."""

    Value = ExactValue

    def _operand(self, kind: str, number: Any) -> Any:
        return super()._operand("float" if kind == "np.float64" else kind, number)
