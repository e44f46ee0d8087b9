"""The student's lab: experiments meet the student's own package here, one fault at a time.

Isolation works by giving the student's own class operators of ours, for the time of one question: it holds
wherever their code keeps that class. Nothing is attached to the student's nodes, which may have `__slots__`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from autograder.courses.micrograd.student_lab.contract import ContractLab
from autograder.courses.micrograd.student_lab.dot import read_dot
from autograder.courses.micrograd.student_lab.own_tests import tried
from autograder.courses.micrograd.student_lab.values import DERIVED, BareValue, Missing
from autograder.phrase import N_, Phrase
from autograder.sandbox.inside.lending import Pieces
from autograder.sandbox.inside.sitting import WrongKind, describe, plain_number

_ABSENT = object()
_PIECES = "autograder.courses.micrograd.student_lab.pieces"
_kind = type  # student code may rebind builtins; these were bound before it ran


class StudentLab(ContractLab):
    """`micrograd.lab.Lab` on the student's modules, by name. See there for what each verb means."""

    def __init__(self, modules: dict[str, ModuleType], pieces: Pieces | None = None):
        self._modules = modules
        self._pieces = pieces or Pieces(_PIECES)
        self._base: Any = getattr(modules["engine"], "Value", Missing) if "engine" in modules else BareValue
        self._classes: dict[Any, Any] = {}
        self._ruled: Any = None
        self._rules: dict[int, Callable[[], None]] = {}  # of all nodes that there were: a walk may keep some
        self._hash: Callable[[Any], int] = object.__hash__
        self._hashes: dict[int, Callable[[Any], int]] = {}
        self._visits: list[int] = []
        self._rebound: list[tuple[Any, str, Any]] = []
        self._noted: list[Any] = []
        self._chain: list[Any] = []  # a long graph, taken apart from its end: not every stack is as deep as that

    def operand(self, spec: Sequence[Any], cls: Any = None) -> Any:
        kind, number = spec
        if kind == "np.float64":
            import numpy

            made = numpy.float64(number)
        else:
            made = (cls or self._base)(number) if kind == "Value" else number
        self.note(made)
        return made

    def result(self, out: Any) -> Any:
        if not isinstance(out, self.Value):
            raise WrongKind(Phrase("the result should be a Value, yours is {what}", what=describe(out)))
        self.note(out)
        self._out = out
        return out

    def note(self, *nodes: Any) -> None:
        self._noted += nodes

    def try_suite(self, task: dict[str, Any]) -> Any:
        return tried(task)

    def graph(self) -> list[Any]:
        """For each that was noted `[data, grad]`, or None where there is no Value."""
        return [_numbers(node) if isinstance(node, self._base) else None for node in self._noted]

    def rebind(self, module: str, name: str, value: Any) -> None:
        """Set a global of a student's module, until `restore`."""
        self._set(self._modules[module], name, value)

    def _set(self, where: Any, name: str, value: Any) -> None:
        self._rebound.append((where, name, vars(where).get(name, _ABSENT)))
        setattr(where, name, value)

    def restore(self) -> None:
        """Undo every `rebind`, the last first."""
        while self._rebound:
            where, name, value = self._rebound.pop()
            if value is _ABSENT:
                delattr(where, name)
            else:
                setattr(where, name, value)
        self._forward = self._net = None
        self._noted = []
        while self._chain:
            self._chain.pop()
        self._out = None

    def isolated(self, method: str) -> Any:
        """Of the derived operations, the lab supplies those that are lent, which this one may be made of."""
        derived = [name for name in DERIVED if name != method and self._pieces.has(name)]
        operators = self._lifted(self._base, lambda: self._computed, derived)
        for name, operate in operators.items():
            self._set(self._base, name, operate)
        return self._base

    def _computed(self, number: float, parents: Sequence[Any]) -> Any:
        """A node of the student's class, whatever their constructor takes besides the number."""
        if not self.constructor:
            return self._base(number, parents)
        node = self._base(number)
        node._prev = parents
        return node

    def engine(self, order: int) -> Any:
        for name, member in _ordered(self._base, order).items():
            self._set(self._base, name, member)
        return self._base

    def repeat(self, times: int, step: Callable[[Any], Any], start: Any) -> Any:
        for _ in range(times):
            start = step(start)
            self._chain.append(start)
        return start

    def nodes(self, graph: Sequence[dict[str, Any]], order: int = 1) -> list[Any]:
        if self.constructor:
            raise WrongKind(self.constructor)
        rule = self._pieces["rule"]
        self._visits = []
        self._hash = _ordered(self._base, order).get("__hash__", self._base.__hash__)
        cls = self._ruled = self._ruled or self._subclass()
        nodes: list[Any] = []
        for index, spec in enumerate(graph):
            shares = [(nodes[parent], weight) for parent, weight in spec["parents"]]
            node = cls(spec["data"], tuple(parent for parent, _ in shares), spec["op"])
            node.grad = self.slope(node, spec["grad"])
            nodes.append(node)

            self._rules[id(node)] = rule(index, node, shares, self._visits)
            self._hashes[id(node)] = self._hash
        self.note(*nodes)
        return nodes

    def _subclass(self) -> Any:
        """A class like theirs with rules of ours: they belong to it, so that a student's constructor cannot replace
        them. One for all questions: each that there is makes it slower to give their own class operators."""
        members: dict[str, Any] = {"_backward": property(lambda node: self._rules[id(node)], lambda node, value: None)}
        if self._base.__eq__ is object.__eq__:
            members["__hash__"] = lambda node: self._hashes.get(id(node), self._hash)(node)
        return _kind("Value", (self._base,), members)

    def visits(self, roots: Sequence[int] = (-1,)) -> list[int]:
        return self._visits

    def propagate(self, method: str, out: Any, *operands: Any) -> None:
        rule = out._backward
        before = self.grads(*operands)
        if callable(rule):
            _call(rule)
        after = self.grads(*operands)
        if rule is None or all(_kind(g) is float and g == old for g, old in zip(after, before, strict=True)):
            self._no_rule(method, rule, operands)
        if not callable(rule):
            said = N_("`out._backward` should be a function without arguments, yours is {what}")
            raise WrongKind(Phrase(said, what=_spelled(rule)))

    def parents(self, out: Any, *operands: Any) -> list[bool]:
        self._no_stranger(out)
        return [any(p is x for p in out._prev) for x in self.values(*operands)]

    def strangers(self, out: Any, *operands: Any) -> list[Any]:
        numbers = [x for x in operands if not isinstance(x, self._base)]
        others = [p for p in out._prev if not any(p is x for x in self.values(*operands))]
        nodes = {id(p) for p in others if isinstance(p, self._base)}
        return [
            {"object": f"Value({p.data})"} if id(p) in nodes else p
            for p in others
            if id(p) not in nodes or not any(math.isclose(p.data, x, rel_tol=1e-6) for x in numbers)
        ]

    def fresh(self, out: Any, *operands: Any) -> list[bool]:
        return [out is not x for x in self.values(*operands)]

    def reaches(self, out: Any, *operands: Any) -> list[bool]:
        self._no_stranger(out)

        def check(parent: Any) -> None:
            if not isinstance(parent, (self._base, self.Value)):
                said = N_("{what} is among the parents (`_prev`), where only Values belong")
                raise WrongKind(Phrase(said, what=_spelled(parent)))

        _, _, reached = self._pieces["operators"]()
        seen = reached(out, check)
        return [id(x) in seen for x in self.values(*operands)]

    def data(self, *operands: Any) -> list[Any]:
        return [x.data for x in self.values(*operands)]

    def grads(self, *operands: Any) -> list[Any]:
        return [plain_number(x.grad) for x in self.values(*operands)]

    def outcome(self, action: Callable[[], Any]) -> str:
        try:
            action()
        except NotImplementedError:
            raise  # a TODO, which is no behaviour
        except Exception as error:
            return _kind(error).__name__
        return "no error"

    def central_difference(self, formula: str, x: float, h: float | None) -> Any:
        f = eval(f"lambda x: {formula}", {"math": math})
        estimate = self._find("derivative", "central_difference")
        return estimate(f, x) if h is None else estimate(f, x, h)

    def gradcheck(self, slopes: Sequence[float], xs: Sequence[float], grads: Sequence[float], tol: float | None) -> Any:
        def f(*args: float) -> float:
            if len(args) != len(slopes):
                raise TypeError(f"f takes {len(slopes)} arguments, not {len(args)}")
            return sum(slope * a for slope, a in zip(slopes, args))  # noqa: B905

        def central_difference(f: Callable[[float], float], x: float, h: float = 1e-6) -> float:
            """Exact for a linear function, whatever the step."""
            return (f(x + 1.0) - f(x - 1.0)) / 2.0

        for function in (f, central_difference):  # what Python's own messages call them
            function.__qualname__ = function.__name__
        gradcheck = self._find("derivative", "gradcheck")
        self.rebind("derivative", "central_difference", central_difference)
        options = {} if tol is None else {"tol": tol}
        return gradcheck(f, list(xs), list(grads), **options)

    def trace(self, nodes: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        found = self._find("trace", "trace")(nodes[-1])
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise WrongKind(Phrase("trace should return (nodes, edges), yours gives {what}", what=describe(found)))
        index = {id(node): i for i, node in enumerate(nodes)}
        reached = sorted(index.get(id(node), -1) for node in found[0])
        self._noted = [node if place in reached else None for place, node in enumerate(nodes)]
        edges = sorted((index.get(id(a), -1), index.get(id(b), -1)) for a, b in found[1])
        return reached, [list(edge) for edge in edges]

    def draw_dot(self, nodes: Sequence[Any]) -> tuple[list[str], list[list[str]]]:
        """`trace` is answered here, from what is known of the graph, so that only the drawing is the student's."""
        pairs = [(parent, node) for node in nodes for parent in nodes if any(p is parent for p in node._prev)]

        def trace(root: Any) -> tuple[list[Any], list[Any]]:
            return list(nodes), list(pairs)

        trace.__qualname__ = "trace"
        draw_dot = self._find("trace", "draw_dot")
        self.rebind("trace", "trace", trace)
        drawn = draw_dot(nodes[-1])
        source = getattr(drawn, "source", None)
        if not isinstance(source, str):
            said = N_("draw_dot should return a graphviz Digraph, yours gives {what}")
            raise WrongKind(Phrase(said, what=describe(drawn)))
        return read_dot(source)


def _call(rule: Callable[[], Any]) -> None:
    """Call a rule of the student's."""
    try:
        rule()
    except TypeError as error:
        if error.__traceback__ and error.__traceback__.tb_next:
            raise
        raise WrongKind(Phrase("_backward() takes no arguments, yours wants some: {error}", error=error)) from None


def _spelled(thing: Any) -> str:
    """A plain value as it is written, of anything else what it is."""
    return repr(thing)[:80] if thing is None or _kind(thing) in (int, float, str, bool, tuple) else describe(thing)


def _numbers(node: Any) -> list[Any] | None:
    """A node's data and gradient, as far as it has them."""
    try:
        return [node.data, plain_number(node.grad)]
    except Exception:
        return None


def _ordered(base: Any, order: int) -> dict[str, Any]:
    """Members of a class like `base` whose instances fall into sets in an order of ours, not of memory's.

    An engine that happens to work for one order of its sets would otherwise pass on some runs. Nodes are ranked as they
    are first put into a set, and kept, so that no other gets their place in memory and with it their rank.
    """
    if not order or base.__eq__ is not object.__eq__:
        return {}
    ranks: dict[int, int] = {}
    kept: list[Any] = []

    def __hash__(node: Any) -> int:
        rank = ranks.get(id(node))
        if rank is None:
            kept.append(node)
            rank = ranks[id(node)] = order * len(kept) % 2**32
        return rank

    return {"__hash__": __hash__}
