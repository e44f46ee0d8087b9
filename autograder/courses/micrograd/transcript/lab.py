"""A lab that computes nothing and writes everything down, as a transcript."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from autograder.courses.micrograd.transcript.functions import FunctionTranscripts
from autograder.courses.micrograd.transcript.layout import laid_out
from autograder.courses.micrograd.transcript.nets import NetTranscripts
from autograder.courses.micrograd.transcript.text import (
    About,
    Arrives,
    Attribute,
    Fresh,
    Leads,
    Nodes,
    Parent,
    Plain,
    Raised,
    Result,
    Returned,
    Root,
    Strangers,
    Text,
    inner,
    source,
)
from autograder.courses.micrograd.transcript.transcript import Transcript
from autograder.exam.equality import agrees
from autograder.exam.items import Item, Question
from autograder.phrase import Phrase

_TICKED = "`{code}`"
_LONGEST = 120  # expression that a message spells out: the lines to paste have it anyway


@dataclass
class TranscriptLab(FunctionTranscripts, NetTranscripts):
    """`micrograd.lab.Lab`, writing down what is done with it. See there for what each verb means."""

    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names = itertools.chain(
            (letter for letter in string.ascii_lowercase[:14]), (f"v{n}" for n in itertools.count(1))
        )
        self._imports: dict[str, None] = {}
        self._leaves: list[tuple[str, str]] = []
        self._statements: list[str] = []
        self._last = ""
        self._whole = False
        self._augmented = False
        self._ask = ""
        self._graph: list[Text] = []
        self._formulas: dict[str, str] = {}
        self._noted: list[str] = []
        self._walked: list[str] = []

    # what Text calls

    def do(self, statement: str) -> None:
        self._statements.append(statement)
        self._last = ""

    def compute(self, text: str, spelled: str) -> Text:
        name = next(self._names) if self._whole else "out"
        self.do(f"{name} = {text}")
        self._last = "" if self._whole else name
        self._formulas[name] = text
        self._ask = spelled
        return Text(self, name, f"({spelled})")

    def walk(self, root: Text) -> None:
        self.do(f"{source(root)}.backward()")
        spelled = inner(root)
        self._walked.append(spelled[1:-1] if spelled.startswith("(") else spelled)

    def augment(self, left: Text, op: str, right: Any) -> Text:
        name = next(self._names)
        self._augmented = True
        self._formulas[name] = f"{source(left)}; {name} {op}= {source(right)}"
        self.do(f"{name} = {self._formulas[name]}")
        return Text(self, name)

    # the verbs

    def Value(self, number: Any) -> Text:
        self._imports["from micrograd.engine import Value"] = None
        name = next(self._names)
        self._leaves.append((name, f"Value({source(number)})"))
        return Text(self, name, name if self._whole else f"Value({source(number)})")

    def operand(self, spec: Sequence[Any], cls: Any = None) -> Any:
        made = self._operand(*spec)
        self.note(made)
        return made

    def _operand(self, kind: str, number: Any) -> Text:
        if kind == "np.float64":
            self._imports["import numpy as np"] = None
            return Text(self, f"np.float64({number!r})")
        return self.Value(number) if kind == "Value" else Text(self, repr(number))

    def result(self, out: Any) -> Any:
        self.note(out)
        return out

    def note(self, *nodes: Any) -> None:
        self._noted += map(source, nodes)

    def graph(self) -> list[tuple[str, str]]:
        """Name and formula of each that was noted."""
        return [(name, self._formulas.get(name, "")) for name in self._noted]

    def isolated(self, method: str) -> Any:
        return self.Value

    def engine(self, order: int) -> Any:
        self._whole = True
        return self.Value

    def repeat(self, times: int, step: Callable[[Any], Any], start: Any) -> Text:
        self.do(f"out = {source(start)}")
        before = len(self._statements)
        last = step(Text(self, "out"))
        *body, end = self._statements[before:]
        del self._statements[before:]
        body.append("out" + end.removeprefix(source(last)))
        self.do(f"for _ in range({times}): {'; '.join(body)}")
        line = self._statements[-1]
        self._ask = Phrase("`{line}` from out = {start}", line=line, start=self._spelled(inner(start)))
        return Text(self, "out")

    def nodes(self, graph: Sequence[dict[str, Any]], order: int = 1) -> list[Text]:
        self._imports["from micrograd.engine import Value"] = None
        self._graph = []
        for spec in graph:
            name = next(self._names)
            parents = tuple(self._graph[index] for index, _ in spec["parents"])
            made = f", {source(parents)}, {spec['op']!r}" if parents else ""
            self.do(f"{name} = Value({source(spec['data'])}{made})")
            if parents:
                self._formulas[name] = f"Value({source(spec['data'])}{made})"
            if spec["grad"]:
                self.do(f"{name}.grad = {source(spec['grad'])}")
            self._graph.append(Text(self, name))
        self._spec: Sequence[dict[str, Any]] = graph
        self._given = [spec["grad"] for spec in graph]
        self._ask = Phrase("a graph of 1 hand-built node")
        if len(graph) > 1:
            self._ask = Phrase("a graph of {count} hand-built nodes", count=len(graph))
        self.note(*self._graph)
        return [Root(self, node, self._rules) for node in self._graph]

    def _rules(self) -> None:
        """Give the hand-built nodes their rules, once."""
        if not self._spec:
            return
        give = "lambda: [setattr(p, 'grad', p.grad + w * out.grad) for p, w in shares]"
        self._imports[f"rule = lambda out, *shares: setattr(out, '_backward', {give})"] = None
        for node, spec in zip(self._graph, self._spec, strict=True):
            shares = "".join(f", ({source(self._graph[i])}, {w!r})" for i, w in spec["parents"])
            if shares:
                self.do(f"rule({source(node)}{shares})")
                terms = (f"{w!r}*{source(self._graph[i])}" for i, w in spec["parents"])
                self._formulas[source(node)] = " + ".join(terms).replace("+ -", "- ")
        self._spec = ()

    def visits(self, roots: Sequence[int] = (-1,)) -> Any:
        there = zip(self._graph, self._given, strict=True)
        already = [(f"{source(node)}.grad", source(grad)) for node, grad in there if grad]
        said = [Phrase("{name} already {value}", name=name, value=value) for name, value in already]
        self._ask = Phrase.row(", ", [self._ask, *said])
        return Nodes("the order in which `_backward` was called")

    def propagate(self, method: str, out: Any, *operands: Any) -> None:
        out._backward()

    def parents(self, out: Any, *operands: Any) -> list[Any]:
        return [Parent(f"any(p is {x} for p in out._prev)", x) for x in map(source, self.values(*operands))]

    def strangers(self, out: Any, *operands: Any) -> Any:
        nodes = [source(x) for x in self.values(*operands)]
        known = [f"p is {x}" for x in nodes]
        known += [f"getattr(p, 'data', None) == {source(x)}" for x in operands if source(x) not in nodes]
        return Strangers(f"[p for p in out._prev if not ({' or '.join(known)})]", " and ".join(nodes))

    def fresh(self, out: Any, *operands: Any) -> list[Any]:
        return [Fresh(f"out is not {x}", x) for x in map(source, self.values(*operands))]

    def reaches(self, out: Any, *operands: Any) -> list[Any]:
        return [Leads(source(x)) for x in self.values(*operands)]

    def data(self, *operands: Any) -> list[Any]:
        return [x.data for x in self.values(*operands)]

    def grads(self, *operands: Any) -> list[Any]:
        return [x.grad for x in self.values(*operands)]

    def values(self, *operands: Any) -> list[Any]:
        leaves = {name for name, _ in self._leaves}
        return [x for x in operands if isinstance(x, Text) and x._source in leaves]

    def outcome(self, action: Callable[[], Any]) -> Any:
        before = len(self._statements)
        returned = source(action())
        if "(" in returned:  # a call that no statement holds yet
            self.do(f"print({returned})")
        made = self._statements[before:]
        if made:
            self._ask = self._ask or made[-1].removeprefix("out = ")
        return Raised("what is raised")

    def ask_also(self, words: str) -> None:
        """Add to what is asked."""
        self._ask = Phrase.row("; ", [self._ask, words])

    # the result

    def lines(self) -> list[str]:
        """What was written down, in few lines."""
        return laid_out(self._imports, self._leaves, self._statements)

    def ask(self) -> str:
        whole = "hand-built" in self._ask or "`" in self._ask
        roots = list(dict.fromkeys(self._walked))
        notes = list(self.notes)
        if len(roots) > 1:
            calls: list[str] = [f"{root}.backward()" for root in roots]
            notes.append(Phrase.row(Phrase(" then "), calls) if whole else Phrase("`backward()` of each"))
        elif len(self._walked) > 1:
            notes.append(Phrase("`backward()` called twice"))
        if self._augmented:  # no single expression says what happens to a name
            roots = ["; ".join(statement for statement in self._statements if not statement.endswith(".backward()"))]
        elif len(roots) < 2:
            roots = [self._ask]
        return Phrase.row(", ", [self._ask if whole else self._expressed(roots), *notes])

    def _expressed(self, roots: Sequence[str]) -> str:
        """Expressions in backticks: with their leaves spelled out, or by name where one is used more than once."""
        quoted = [Phrase(_TICKED, code=root) if isinstance(root, Phrase) else f"`{root}`" for root in roots]
        together = Phrase.row(Phrase(" and "), quoted)
        leaves = [leaf for leaf in self._leaves if re.search(rf"\b{leaf[0]}\b", together)] if self._whole else []
        named = ", ".join(f"{name} = {value}" for name, value in leaves)
        if leaves and len(together) > _LONGEST:
            return Phrase("an expression of {count} operations on {leaves}", count=len(self._formulas), leaves=named)
        if all(len(re.findall(rf"\b{name}\b", together)) == 1 for name, _ in leaves):
            return self._spelled(together)
        return Phrase("{expression} where {leaves}", expression=together, leaves=named)

    def _spelled(self, text: str) -> str:
        """An expression with its leaves spelled out."""
        for name, value in self._leaves:
            text = re.sub(rf"\b{name}\b", value, text)  # which is no phrase any more, and need not be one
        return text


def write_down(item: Item, question: Question) -> Transcript:
    """The transcript of one question."""
    lab = TranscriptLab()

    def label(part: Any) -> Any:
        if isinstance(part, (list, tuple)):
            return [label(each) for each in part]
        if isinstance(part, (Plain, Nodes, About, Arrives)):
            return part
        text = source(part)
        if isinstance(part, Text) and part._owner:
            return Attribute(text, part._owner)
        return Result(text) if isinstance(part, Returned) else text

    labels = label(item(lab, question))
    return Transcript(
        lab.lines(), labels, lab.ask(), [source(node) for node in lab._graph], lab.graph(),
        partial(agrees, item, question), lab._last,
    )  # fmt: skip
