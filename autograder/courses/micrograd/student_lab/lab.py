"""The student's lab: experiments meet the student's own package here, one fault at a time.

Isolation works by giving the student's own class operators of ours, for the time of one question: it holds
wherever their code keeps that class. Nothing is attached to the student's nodes, which may have `__slots__`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import cached_property
from types import ModuleType
from typing import Any

from autograder.courses.micrograd.student_lab.lending import Pieces
from autograder.courses.micrograd.student_lab.nets import NetLab
from autograder.courses.micrograd.student_lab.values import (
    DERIVED,
    BareValue,
    Missing,
    WrongKind,
    describe,
    plain_number,
)
from autograder.exam.items import ATTRIBUTES

_ABSENT = object()
_kind = type  # student code may rebind builtins; these were bound before it ran


class StudentLab(NetLab):
    """`rubric.Lab` on the student's modules, by name. See there for what each verb means."""

    def __init__(self, modules: dict[str, ModuleType], pieces: Pieces | None = None):
        self._modules = modules
        self._pieces = pieces or Pieces()
        self._base: Any = getattr(modules["engine"], "Value", Missing) if "engine" in modules else BareValue
        self._classes: dict[Any, Any] = {}
        self._visits: list[int] = []
        self._rebound: list[tuple[Any, str, Any]] = []
        self._noted: list[Any] = []
        self._out: Any = None  # the result, once there is one

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
            raise WrongKind(f"the result should be a Value, yours is {describe(out)}")
        self.note(out)
        self._out = out
        return out

    def note(self, *nodes: Any) -> None:
        self._noted += nodes

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

    @cached_property
    def constructor(self) -> str:
        """What is wrong with the student's constructor, as a sentence; empty where nothing is."""
        expected = "`Value(data, _children=(), _op='')` is expected, as the given constructor has it"
        try:
            parent = self._base(1.5)
            node = self._base(2.5, (parent,), "+")
            if node.data == 2.5 and [p is parent for p in node._prev] == [True]:
                return ""
        except WrongKind as odd:
            return str(odd)
        except TypeError:  # the sentence tells why
            pass
        except Exception:  # that is said of the node, where it is made
            return ""
        return f"{expected}: yours {_takes(self._base.__init__)}"

    def engine(self, order: int) -> Any:
        for name, member in _ordered(self._base, order).items():
            self._set(self._base, name, member)
        return self._base

    def repeat(self, times: int, step: Callable[[Any], Any], start: Any) -> Any:
        for _ in range(times):
            start = step(start)
        return start

    def nodes(self, graph: Sequence[dict[str, Any]], order: int = 1) -> list[Any]:
        if self.constructor:
            raise WrongKind(self.constructor)
        rule = self._pieces["rule"]
        rules: dict[int, Callable[[], None]] = {}
        visits: list[int] = []
        self._visits = visits
        # The rules belong to the class, so that a student's constructor cannot replace them.
        handed = property(lambda node: rules[id(node)], lambda node, value: None)
        cls = _kind("Value", (self._base,), {**_ordered(self._base, order), "_backward": handed})
        nodes: list[Any] = []
        for index, spec in enumerate(graph):
            shares = [(nodes[parent], weight) for parent, weight in spec["parents"]]
            node = cls(spec["data"], tuple(parent for parent, _ in shares), spec["op"])
            node.grad = self.slope(node, spec["grad"])
            nodes.append(node)

            rules[id(node)] = rule(index, node, shares, visits)
        self.note(*nodes)
        return nodes

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
            raise WrongKind(f"`out._backward` should be a function without arguments, yours is {_spelled(rule)}")

    def _no_rule(self, method: str, rule: Any, operands: Sequence[Any]) -> None:
        """Tell of a rule that is written, and yet never given to the result."""
        first = self._base(0.0)._backward  # what a node has that no operation made
        names = getattr(_code(getattr(self._base, method)), "co_names", ())
        if _code(rule) is not _code(first) or "_backward" not in names:
            return
        if any(_code(x._backward) is not _code(first) for x in self.values(*operands)):
            raise WrongKind(f"`{method}` gives its rule to an operand: it should be `out._backward = _backward`")
        raise WrongKind(f"`{method}` returns before `out._backward = _backward`")

    def parents(self, out: Any, *operands: Any) -> list[bool]:
        self._no_stranger(out)
        return [any(p is x for p in out._prev) for x in self.values(*operands)]

    def _no_stranger(self, out: Any) -> None:
        """An engine that calls everything a parent has recorded nothing."""
        stranger = self._base(0.0)
        if any(p is stranger for p in out._prev):
            raise WrongKind("a value that had no part in it is among the parents of the result")

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
                raise WrongKind(f"{_spelled(parent)} is among the parents (`_prev`), where only Values belong")

        _, _, reached = self._pieces["operators"]()
        seen = reached(out, check)
        return [id(x) in seen for x in self.values(*operands)]

    def explained(self, error: BaseException, target: str) -> WrongKind | None:
        """What an exception says of the student's class that no line of the student's raised: the lab did, when it
        looked for something that is not there, which may be the method that an item is about, its `target`."""
        kind = _kind(error)
        if kind in (AttributeError, TypeError) and (lacking := self._lacking(error, target)):
            return WrongKind(lacking, absent=True)
        if kind is AttributeError and isinstance(error.obj, self._base) and error.name in ATTRIBUTES:  # type: ignore[attr-defined]
            who = "the result" if error.obj is self._out else "a Value"  # type: ignore[attr-defined]
            return WrongKind(f"{who} has no attribute {error.name}", lacks=error.name)  # type: ignore[attr-defined]
        if unwritten := self.unwritten(error):
            return unwritten
        made = kind is TypeError and "__init__()" in str(error)
        return WrongKind(self.constructor) if made and self.constructor else None

    def _lacking(self, error: BaseException, target: str) -> str:
        """That a class of the student's has no such method, as a sentence; empty where it has."""
        module, _, path = target.partition(":")
        name, _, method = path.partition(".")
        cls = getattr(self._modules.get(module), name, None)
        if not method or not isinstance(cls, _kind) or any(method in vars(each) for each in cls.__mro__):
            return ""
        infix = method.startswith("__")
        if not (_kind(error) is TypeError if infix else getattr(error, "name", "") == method):
            return ""
        near = _near(method, [each for each in dir(cls) if callable(getattr(cls, each, None))])
        return f"{name} has no method {method}" + f" (it has {near})" * bool(near)

    def values(self, *operands: Any) -> list[Any]:
        return [x for x in operands if isinstance(x, self._base)]

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
            raise WrongKind(f"trace should return (nodes, edges), yours gives {describe(found)}")
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
            raise WrongKind(f"draw_dot should return a graphviz Digraph, yours gives {describe(drawn)}")
        return read_dot(source)


def _call(rule: Callable[[], Any]) -> None:
    """Call a rule of the student's."""
    try:
        rule()
    except TypeError as error:
        if error.__traceback__ and error.__traceback__.tb_next:
            raise
        raise WrongKind(f"_backward() takes no arguments, yours wants some: {error}") from None


def _code(function: Any) -> Any:
    """What tells one function of the student's from another, however often it is made."""
    return getattr(function, "__code__", function)


def _takes(constructor: Any) -> str:
    """What a constructor takes, in words."""
    code = getattr(constructor, "__code__", None)
    if code is None:
        return "takes something else"
    names = list(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])
    if code.co_kwonlyargcount:
        names.insert(code.co_argcount - 1, "*")
    return f"takes ({', '.join(names)})"


def _spelled(thing: Any) -> str:
    """A plain value as it is written, of anything else what it is."""
    return repr(thing)[:80] if thing is None or _kind(thing) in (int, float, str, bool, tuple) else describe(thing)


def _near(method: str, others: Sequence[str]) -> str:
    """Which of the methods of a class somebody may have written for another, if one; Python's own are none."""
    usual = {*dir(float), *dir(list)}
    words = {each.strip("_").lower(): each for each in others if each not in usual}
    close = get_close_matches(method.strip("_"), list(words), 1, 0.6)
    return words[close[0]] if close else ""


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
    ranks: dict[int, tuple[int, Any]] = {}

    def __hash__(node: Any) -> int:
        rank, _ = ranks.setdefault(id(node), (order * (len(ranks) + 1) % 2**32, node))
        return rank

    return {"__hash__": __hash__}


_NAME = r'("(?:[^"\\]|\\.)*"|[\w.\-]+?)(?::\w+)*'
_EDGE = re.compile(rf"^\s*{_NAME} -> {_NAME}(?:\s*\[.*\])?;?\s*$")
_NODE = re.compile(rf"^\s*{_NAME}(?:\s*\[(.*)\])?;?\s*$")
_LABEL = re.compile(r'\blabel=("(?:[^"\\]|\\.)*"|[^\s\]]+)')
_VALUE = re.compile(r"data\s*[=:]?\s*(\S+)\s*\|\s*(?:<\w+>\s*)?grad\s*[=:]?\s*([^\s}|]+)")


def read_dot(source: str) -> tuple[list[str], list[list[str]]]:
    """What a drawing says, whatever its node names are: labels of Values, and edges (operand, op, result) by label."""
    labels: dict[str, str] = {}
    arrows: list[tuple[str, str]] = []
    for line in source.split("\n")[1:-1]:
        if edge := _EDGE.match(line):
            arrows.append((edge[1].strip('"'), edge[2].strip('"')))
        elif (node := _NODE.match(line)) and node[1] not in ("node", "edge", "graph"):
            given = _LABEL.search(node[2] or "")
            labels[node[1].strip('"')] = (given or node)[1].strip('"')

    values: dict[str, str] = {}
    for name, label in labels.items():
        if (numbers := _VALUE.search(label)) and label.strip().startswith("{") and label.strip().endswith("}"):
            values[name] = f"data {numbers[1]} | grad {numbers[2]}"
    into: dict[str, list[str]] = {}
    for start, end in arrows:
        into.setdefault(end, []).append(start)
    edges = set()
    for op, result in arrows:
        if result in values:
            sources = [op] if op in values else into.get(op, [""])
            edges |= {(start, "" if op in values else op, result) for start in sources}
    named = [
        [values.get(a, labels.get(a, a)), labels.get(op, "a node without label") if op else "", values[result]]
        for a, op, result in edges
    ]
    return sorted(values.values()), sorted(named)
