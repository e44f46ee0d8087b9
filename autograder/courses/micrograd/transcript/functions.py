"""The part of the lab that is about functions of a student's own: derivatives, and what draws a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.courses.micrograd.transcript.text import Nodes, Plain, Returned, Text, source
from autograder.phrase import Phrase


class FunctionTranscripts:
    """`micrograd.lab.Lab`'s verbs on these, written down. See there for what each means."""

    notes: list[str]
    _imports: dict[str, None]
    _ask: str
    do: Callable[[str], None]
    walk: Callable[[Text], None]
    ask_also: Callable[[str], None]
    compute: Callable[[str, str], Text]
    augment: Callable[[Text, str, Any], Text]

    def central_difference(self, formula: str, x: float, h: float | None) -> Text:
        self._imports["from micrograd.derivative import central_difference"] = None
        if "math." in formula:
            self._imports["import math"] = None
        self.do(f"f = lambda x: {formula}")
        step = "" if h is None else f", {h!r}"
        self._ask = f"central_difference(lambda x: {formula}, {x!r}{step})"
        return Returned(self, f"central_difference(f, {x!r}{step})")

    def gradcheck(
        self, slopes: Sequence[float], xs: Sequence[float], grads: Sequence[float], tol: float | None
    ) -> Text:
        self._imports["from micrograd.derivative import gradcheck"] = None
        names = "xyzuvw"[: len(slopes)]
        terms = " + ".join(f"{s!r}*{n}" for s, n in zip(slopes, names, strict=True))
        self.do(f"f = lambda {', '.join(names)}: {terms}")
        tolerance = "" if tol is None else f", tol={tol!r}"
        call = f"gradcheck(f, {source(list(xs))}, {source(list(grads))}{tolerance})"
        self._ask = Phrase("{call} where f is {terms}", call=call, terms=terms)
        return Returned(self, call)

    def trace(self, nodes: Sequence[Any]) -> Any:
        self._imports["from micrograd.trace import trace"] = None
        self.do(f"print(trace({nodes[-1]._source}))")
        return Nodes("the list of nodes"), Nodes("the list of edges (operand, result)")

    def draw_dot(self, nodes: Sequence[Any]) -> Any:
        self._imports["from micrograd.trace import draw_dot"] = None
        self.do(f"print(draw_dot({nodes[-1]._source}).source)")
        return Plain("the list of boxes"), Plain("the list of connections (operand, op, result)")
