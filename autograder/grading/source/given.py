"""What students are given: no fault of theirs lies there, though exceptions pass through it."""

from __future__ import annotations

import re

from autograder.explanation import Frame
from autograder.grading.source.lines import is_code

# Functions, by their qualified names.
GIVEN = {
    "micrograd/engine.py": {"Value.__init__", "Value._lift", "Value.__repr__"},
    "micrograd/nn.py": {
        "Module.parameters", "Module.children", "Module.train", "Module.eval",
        "Neuron.__init__", "Neuron.__repr__", "Layer.__init__", "Layer.children", "Layer.__repr__",
        "MLP.__call__", "MLP.children", "MLP.__repr__",
    },
    "micrograd/train.py": {"_check_lengths", "SGD.__init__", "fit"},
    "micrograd/data.py": {"make_moons"},
}  # fmt: skip
# The lines of the stubs that stand in functions with a TODO.
GIVEN_LINES = frozenset((
    "return x if isinstance(x, Value) else Value(x)", "other = self._lift(other)", "def _backward():",
    "out._backward = _backward", "return out", "if not (self.training and self.dropout):",
    "if rankdir not in ('LR', 'TB'):", """raise ValueError(f"rankdir must be 'LR' or 'TB', not {rankdir!r}")""",
    "from graphviz import Digraph  # only here, so that the engine works without it",
    "dot = Digraph(format=format, graph_attr={'rankdir': rankdir})", "return dot",
    "_check_lengths(predictions, targets)", "_check_lengths(scores, labels)",
    "slopes = [p.grad for p in self.parameters]",
))  # fmt: skip
_LEFT = re.compile(r"\s*raise NotImplementedError\b")


def is_given(frame: Frame) -> bool:
    """Whether a frame is in a function that students are given."""
    file, _, function = frame
    return function.partition(".<locals>")[0] in GIVEN.get(file, ())


def is_left(line: str) -> bool:
    """Whether a line is the `raise` of a TODO."""
    return _LEFT.match(line) is not None


def is_own(line: str) -> bool:
    """Whether a line of code may be a student's."""
    return is_code(line) and line.strip() not in GIVEN_LINES and not is_left(line)
