"""Mutants: the reference with one small thing changed, made by rule and not by hand.

An operator is a function that takes a node of the syntax tree and gives what could stand in its place. Applied to every
node inside the solution regions they make the mutants, always the same ones in the same order. What the contract does
not speak of is left alone: the texts of exceptions, and the order of operands that commute.
"""

from __future__ import annotations

import ast
import copy
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planting import REFERENCE, copy_reference

from autograder.courses.micrograd import load_items
from autograder.exam.regions import regions

MODULES = ("derivative", "engine", "trace", "nn", "train")


@dataclass(frozen=True)
class Mutant:
    """One changed statement of the reference: in `module`, in the region of `item`, made by `operator`.

    `name` tells it from all others by what was there and what is; `text` is the module with the change. Where the bonus
    of some items stands within that region, it is cut out: nothing there is `without` it.
    """

    module: str
    item: str
    operator: str
    name: str
    text: str
    without: tuple[str, ...] = ()

    def plant(self, folder: Path) -> Path:
        """Write the reference with this change into `folder`."""
        copy_reference(folder)
        (folder / "micrograd" / f"{self.module}.py").write_text(self.text, "utf-8")
        return folder


@dataclass(frozen=True)
class Place:
    """Where a node stands: its statement and the one after that, its function, and the names that mean something."""

    statement: ast.stmt
    following: ast.stmt | None
    function: str
    names: frozenset[str]


Replacement = ast.AST | list[ast.stmt]
Operator = Callable[[Any, Place], Iterator[Replacement]]
OPERATORS: list[Operator] = []


def operator(function: Operator) -> Operator:
    """Count a function among the operators."""
    OPERATORS.append(function)
    return function


def _with(node: Any, **fields: Any) -> Any:
    """A copy of `node` with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _without(parts: Sequence[Any]) -> Iterator[list[Any]]:
    """`parts`, with one left out at a time."""
    for index in range(len(parts)):
        yield [*parts[:index], *parts[index + 1 :]]


# --- numbers ------------------------------------------------------------------------------------------------

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


@operator
def arithmetic(node: Any, place: Place) -> Iterator[Replacement]:
    """+ - * / and ** for each other, also in assignments like `+=`."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in _ARITHMETIC:
        for other in _ARITHMETIC:
            if other is not type(node.op):
                yield _with(node, op=other())


@operator
def operands(node: Any, place: Place) -> Iterator[Replacement]:
    """One operand alone; both in the opposite order, where that matters."""
    if isinstance(node, ast.BinOp):
        yield node.left
        yield node.right
        lists = isinstance(node.left, ast.List) or isinstance(node.right, ast.List)
        if lists or not isinstance(node.op, (ast.Add, ast.Mult)):
            yield _with(node, left=node.right, right=node.left)


@operator
def signs(node: Any, place: Place) -> Iterator[Replacement]:
    """-x to x, and a result to its negative."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    if isinstance(node, ast.Return) and isinstance(node.value, (ast.BinOp, ast.Call)):
        yield _with(node, value=ast.UnaryOp(ast.USub(), node.value))


@operator
def constants(node: Any, place: Place) -> Iterator[Replacement]:
    """Numbers to their neighbours, truth to its opposite, text to none and to more."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, (int, float)):
            for value in (node.value + 1, node.value - 1, node.value / 2 if isinstance(node.value, float) else 10):
                if value != node.value:
                    yield ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))
        elif isinstance(node.value, str):
            yield ast.Constant("")
            yield ast.Constant(node.value + "?")


@operator
def assignments(node: Any, place: Place) -> Iterator[Replacement]:
    """`+=` to `=`; a value to None."""
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)
    if isinstance(node, ast.Assign):
        yield _with(node, value=ast.Constant(None))


# --- conditions ---------------------------------------------------------------------------------------------

_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


@operator
def comparisons(node: Any, place: Place) -> Iterator[Replacement]:
    """< <= > >= == != for each other; `in` for `not in`."""
    if isinstance(node, ast.Compare):
        (op,) = node.ops
        others = _ORDERS if type(op) in _ORDERS else [_OPPOSITES[type(op)]]
        for other in others:
            if other is not type(op):
                yield _with(node, ops=[other()])


@operator
def connections(node: Any, place: Place) -> Iterator[Replacement]:
    """`and` for `or`, one part left out, `not` left out."""
    if isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        for rest in _without(node.values):
            yield rest[0] if len(rest) == 1 else _with(node, values=rest)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


@operator
def conditions(node: Any, place: Place) -> Iterator[Replacement]:
    """A condition always true, always false, or the opposite."""
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        for test in (ast.Constant(True), ast.Constant(False), ast.UnaryOp(ast.Not(), node.test)):
            yield _with(node, test=test)


# --- statements ---------------------------------------------------------------------------------------------


@operator
def deletions(node: Any, place: Place) -> Iterator[Replacement]:
    """A statement left out, or all but what is inside."""
    if isinstance(node, ast.stmt) and not isinstance(node, (ast.Return, ast.Pass)):
        yield ast.Pass()
    if isinstance(node, ast.If):
        yield node.body
    if isinstance(node, (ast.For, ast.While, ast.If)) and node.orelse:
        yield _with(node, orelse=[])
        if isinstance(node, ast.For):
            yield [_with(node, orelse=[]), *node.orelse]


@operator
def repetitions(node: Any, place: Place) -> Iterator[Replacement]:
    """A statement done twice."""
    if isinstance(node, (ast.Expr, ast.AugAssign)):
        yield [node, node]


@operator
def exchanges(node: Any, place: Place) -> Iterator[Replacement]:
    """Two statements in the opposite order."""
    if isinstance(node, ast.stmt) and place.following and not isinstance(place.following, ast.Return):
        yield [place.following, node]


@operator
def results(node: Any, place: Place) -> Iterator[Replacement]:
    """A result that is not returned, or only a part of it."""
    if isinstance(node, ast.Return) and node.value is not None:
        yield _with(node, value=ast.Constant(None))


@operator
def loops(node: Any, place: Place) -> Iterator[Replacement]:
    """`break` for `continue`, a loop that goes round once, a walk without its first or last step or backwards."""
    if isinstance(node, ast.Break):
        yield ast.Continue()
    if isinstance(node, ast.Continue):
        yield ast.Break()
    if isinstance(node, (ast.For, ast.While)) and not isinstance(node.body[-1], (ast.Break, ast.Return)):
        yield _with(node, body=[*node.body, ast.Break()])
    if isinstance(node, (ast.For, ast.comprehension)):
        walked = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
        for steps in ("[1:]", "[:-1]", "[::-1]"):
            part = ast.parse(f"_{steps}", mode="eval").body
            yield _with(node, iter=_with(part, value=walked))


@operator
def exceptions(node: Any, place: Place) -> Iterator[Replacement]:
    """A TypeError for a ValueError, and the other way round."""
    if isinstance(node, ast.Raise):
        kinds = {"TypeError": "ValueError", "ValueError": "TypeError"}
        kind = node.exc.func
        yield _with(node, exc=_with(node.exc, func=_with(kind, id=kinds[kind.id])))


# --- calls, names, parts ------------------------------------------------------------------------------------

_FUNCTIONS = ("tanh", "exp", "log", "relu")
_EXCHANGED = {"min": "max", "max": "min", "sum": "max"}


@operator
def calls(node: Any, place: Place) -> Iterator[Replacement]:
    """A function left out, or another one; arguments left out, or in another order."""
    if not isinstance(node, ast.Call):
        return
    if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    if isinstance(node.func, ast.Attribute):
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "math"):
            yield node.func.value
        if node.func.attr in _FUNCTIONS:
            for other in _FUNCTIONS:
                if other != node.func.attr:
                    yield _with(node, func=_with(node.func, attr=other))
    if isinstance(node.func, ast.Name) and node.func.id in _EXCHANGED:
        yield _with(node, func=_with(node.func, id=_EXCHANGED[node.func.id]))
    for rest in _without(node.args):
        yield _with(node, args=rest)
    for rest in _without(node.keywords):
        yield _with(node, keywords=rest)
    if not (isinstance(node.func, ast.Name) and node.func.id == "zip"):
        for index in range(len(node.args) - 1):
            args = list(node.args)
            args[index : index + 2] = args[index + 1], args[index]
            yield _with(node, args=args)


@operator
def names(node: Any, place: Place) -> Iterator[Replacement]:
    """A name for another one of the same statement, and `self` for `other`."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in place.names:
        near = {each.id for each in _header(place.statement) if isinstance(each, ast.Name)} & place.names
        near |= {"self", "other"} & place.names
        for name in sorted(near - {node.id}):
            yield _with(node, id=name)


@operator
def attributes(node: Any, place: Place) -> Iterator[Replacement]:
    """`data` for `grad`, and an attribute for another one of the same statement."""
    if isinstance(node, ast.Attribute):
        near = {each.attr for each in _header(place.statement) if isinstance(each, ast.Attribute)}
        near |= {"data", "grad"} if node.attr in ("data", "grad") else set()
        for name in sorted(near - {node.attr}):
            yield _with(node, attr=name)


@operator
def parts(node: Any, place: Place) -> Iterator[Replacement]:
    """Elements left out of tuples, lists and texts; bounds of slices left out, and other elements taken."""
    if isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
        for rest in _without(node.elts):
            yield _with(node, elts=rest)
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        yield _with(node, elts=node.elts[::-1])
    if isinstance(node, ast.JoinedStr):
        for rest in _without(node.values):
            yield _with(node, values=rest)
    if isinstance(node, ast.FormattedValue) and node.format_spec:
        yield _with(node, format_spec=None)
    if isinstance(node, ast.Slice):
        for bound in ("lower", "upper"):
            if getattr(node, bound):
                yield _with(node, **{bound: None})
    if isinstance(node, ast.IfExp):
        yield _with(node, body=node.orelse, orelse=node.body)


# --- from operators to mutants ------------------------------------------------------------------------------


def all_mutants() -> list[Mutant]:
    """Every mutant of the reference that compiles, in the order of the modules and their lines."""
    found: list[Mutant] = []
    known = list(load_items())
    taken: Counter[str] = Counter()
    for module, lines, inside, without in _variants(known):
        seen: set[str] = set()
        tree = ast.parse("\n".join(lines))
        around = _around_each_line(tree)
        for path, node, place in _nodes(tree):
            item = inside.get(place.statement.lineno)
            if item is None:
                continue
            for operate in OPERATORS:
                for new in operate(node, place):
                    before = [place.statement]
                    if operate is exchanges and place.following:
                        if inside.get(place.following.lineno) != item:
                            continue
                        before.append(place.following)
                    after = _change(place.statement, path, new)
                    changed = _put(lines, before, after)
                    text = "\n".join(changed)
                    begin, end = around[place.statement.lineno]
                    if text in seen or not _compiles(changed[begin - 1 : end - len(lines) or None]):
                        continue
                    seen.add(text)
                    name = f"{module}:{place.function}: {_named(operate, before, after)}"
                    taken[name] += 1
                    if taken[name] > 1:
                        name += f" ({taken[name]})"
                    found.append(Mutant(module, item, operate.__name__, name, text, without))
    return found


def _variants(known: Sequence[str]) -> Iterator[tuple[str, list[str], dict[int, str], tuple[str, ...]]]:
    """The modules as lists of lines, the items of those lines that are to be changed, and what was cut out of them."""
    for module in MODULES:
        lines = (REFERENCE / f"{module}.py").read_text("utf-8").split("\n")
        found = regions("\n".join(lines), module, known)
        around = {inner: region for region in found for inner in found if region.begin < inner.begin < region.end}
        inside = {line: region for region in found for line in range(region.begin + 1, region.end)}
        yield module, lines, {n: each.id for n, each in inside.items() if each not in around.values()}, ()
        for region in dict.fromkeys(around.values()):
            cut = {n for n, each in inside.items() if around.get(each) == region}
            core = ["" if n in cut else line for n, line in enumerate(lines, 1)]
            without = tuple(inner.id for inner, outer in around.items() if outer == region)
            yield module, core, {n: region.id for n, each in inside.items() if each == region}, without


def sample(mutants: Sequence[Mutant], size: int) -> list[Mutant]:
    """About `size` of them, evenly spread, with each item and each operator among them; the same ones each time."""
    ordered = sorted(mutants, key=lambda mutant: (mutant.item, mutant.operator, mutant.name))
    chosen = {mutant.name for mutant in ordered[:: max(1, len(ordered) // size)]}
    for kind in ("item", "operator"):
        chosen |= {mutant.name for mutant in {getattr(mutant, kind): mutant for mutant in ordered}.values()}
    return [mutant for mutant in mutants if mutant.name in chosen]


# From a node down to one inside it: the fields to go through, and the places in those that are lists.
Way = tuple[tuple[str, int | None], ...]


def _nodes(tree: ast.Module) -> Iterator[tuple[Way, ast.AST, Place]]:
    """All nodes, each with its way down from its statement, and its place."""

    def below(node: ast.AST, path: Way, place: Place) -> Iterator[tuple[Way, ast.AST, Place]]:
        yield path, node, place
        for name, value in ast.iter_fields(node):
            if isinstance(node, ast.Raise) or (isinstance(node, ast.FormattedValue) and name == "conversion"):
                continue  # what an exception says is not graded
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.stmt):
                    following = value[index + 1] if index is not None and index + 1 < len(value) else None
                    yield from inside(child, following, place.function, place.names)
                elif isinstance(child, ast.AST):
                    yield from below(child, (*path, (name, index)), place)

    def inside(
        node: ast.stmt, following: ast.stmt | None, function: str, names: frozenset[str]
    ) -> Iterator[tuple[Way, ast.AST, Place]]:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            function = f"{function}.{node.name}".strip(".")
        if isinstance(node, ast.FunctionDef):
            names |= {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
            names |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and not _loaded(each)}
        if isinstance(node, ast.ClassDef):
            names = frozenset()
        yield from below(node, (), Place(node, following, function, names))

    for statement in tree.body:
        yield from inside(statement, None, "", frozenset())


def _loaded(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _header(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement, those of statements inside it left out."""
    waiting: list[ast.AST] = [statement]
    for node in waiting:
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


def _change(statement: ast.stmt, path: Way, new: Replacement) -> list[ast.stmt]:
    """A copy of `statement` with `new` at the end of `path`."""
    if not path:
        return new if isinstance(new, list) else [new]  # type: ignore[list-item]
    changed: Any = copy.copy(statement)
    node = changed
    for name, index in path[:-1]:
        node = _own(node, name, index)
    name, index = path[-1]
    if index is None:
        setattr(node, name, new)
    else:
        items = list(getattr(node, name))
        items[index] = new
        setattr(node, name, items)
    return [changed]


def _own(node: Any, name: str, index: int | None) -> Any:
    """The child of that name, copied, so that it may be changed."""
    if index is None:
        child = copy.copy(getattr(node, name))
        setattr(node, name, child)
    else:
        items = list(getattr(node, name))
        child = items[index] = copy.copy(items[index])
        setattr(node, name, items)
    return child


def _spelled(statements: Sequence[ast.stmt]) -> str:
    return "\n".join(ast.unparse(ast.fix_missing_locations(statement)) for statement in statements)


def _put(lines: Sequence[str], old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> list[str]:
    """The lines of a module with `new` in the place of `old`."""
    spelled = textwrap.indent(_spelled(new), " " * old[0].col_offset)
    return [*lines[: old[0].lineno - 1], spelled, *lines[old[-1].end_lineno :]]


def _around_each_line(tree: ast.Module) -> dict[int, tuple[int, int]]:
    """By line the first and last of the function that it is in, or of what else stands in the module or its classes."""
    found: dict[int, tuple[int, int]] = {}
    classes = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    for node in [*tree.body, *(each for outer in classes for each in outer.body if isinstance(each, ast.FunctionDef))]:
        assert node.end_lineno
        found.update(dict.fromkeys(range(node.lineno, node.end_lineno + 1), (node.lineno, node.end_lineno)))
    return found


def _compiles(lines: Sequence[str]) -> bool:
    text = "\n".join(lines)
    try:
        compile(f"if True:\n{text}" if text.startswith(" ") else text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _named(operate: Operator, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> str:
    """What changed, in one line."""
    before, after = _spelled(old).split("\n"), _spelled(new).split("\n")
    if operate is repetitions:
        return f"{_shortened(before[0])} => twice"
    if operate is exchanges:
        following = _spelled(old[1:]).split("\n")
        return f"{_shortened(before[0])} => after {_shortened(following[0])}"
    above, below = _alike(before, after), _alike(before[::-1], after[::-1])
    below = min(below, min(len(before), len(after)) - above)
    if above + below == min(len(before), len(after)):  # some lines were only added: tell where
        above = max(0, above - 1)
    cut = ["; ".join(filter(None, map(str.strip, lines[above : len(lines) - below]))) for lines in (before, after)]
    return " => ".join(_around(*cut))


def _around(before: str, after: str) -> list[str]:
    """Two texts; of long ones only what is near the first difference and the last."""
    start = max(0, _alike(before, after) - 12)
    end = max(0, min(_alike(before[::-1], after[::-1]) - 8, min(len(before), len(after)) - start))
    if max(len(before), len(after)) <= 38 or ";" in before or ";" in after:
        start = end = 0
    return [_shortened("…" * (start > 0) + text[start : len(text) - end] + "…" * (end > 0)) for text in (before, after)]


def _shortened(text: str) -> str:
    return text if len(text) <= 38 else f"{text[:18].rstrip()} … {text[-17:].lstrip()}"


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines, or letters, at the beginning are the same."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
