"""Pieces of Python source that stand for the values of an experiment while it is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from autograder.courses.micrograd.operations import FUNCTIONS, OPERATORS
from autograder.phrase import Phrase
from autograder.texts import _, joined


class Pen(Protocol):
    """What a `Text` needs of the lab that writes it."""

    notes: list[str]

    def do(self, statement: str) -> None:
        """Write a statement down."""

    def walk(self, root: Text) -> None:
        """Write down that `backward()` of `root` is called."""

    def ask_also(self, words: str) -> None:
        """Add to what is asked."""

    def compute(self, text: str, spelled: str) -> Text:
        """Write down that a name is given to the result of `text`; `spelled` is the same with its leaves spelled
        out."""

    def augment(self, left: Text, op: str, right: Any) -> Text:
        """Write down that a name for `left` is bound anew by an augmented operator."""


class Text:
    """A piece of Python source that stands for a value in an experiment. `inner` is the same with its leaves spelled
    out; of an attribute, `_owner` is what has it."""

    _owner = ""

    def __init__(self, pen: Pen, source: str, inner: str = ""):
        object.__setattr__(self, "_pen", pen)
        object.__setattr__(self, "_source", source)
        object.__setattr__(self, "_inner", inner or source)

    def __getattr__(self, name: str) -> Any:
        if name == "backward":
            return lambda: self._pen.walk(self)
        if name == "_backward":
            return lambda: self._pen.do(f"{self._source}._backward()")
        if name in FUNCTIONS:
            return lambda: self._pen.compute(f"{self._source}.{name}()", f"{self._inner}.{name}()")
        part = Text(self._pen, f"{self._source}.{name}")
        object.__setattr__(part, "_owner", self._source)
        return part

    def __getitem__(self, place: int) -> Text:
        return Text(self._pen, f"{self._source}[{place}]")

    def __setattr__(self, name: str, value: Any) -> None:
        self._pen.do(f"{self._source}.{name} = {source(value)}")
        if name == "grad":
            there = Phrase("{name} already {value}", name=f"{self._source}.grad", value=source(value))
            given = Phrase("upstream gradient {value}", value=source(value))
            self._pen.notes.append(given if self._source == "out" else there)

    def _infix(self, op: str, left: Any, right: Any) -> Text:
        return self._pen.compute(f"{source(left)} {op} {source(right)}", f"{inner(left)} {op} {inner(right)}")

    def __neg__(self) -> Text:
        return self._pen.compute(f"-{self._source}", f"-{self._inner}")


class Root(Text):
    """A hand-built node: its `backward()` needs the rules written down first."""

    def __init__(self, pen: Pen, node: Text, rules: Callable[[], None]):
        super().__init__(pen, node._source)
        object.__setattr__(self, "_rules", rules)

    def __getattr__(self, name: str) -> Any:
        if name == "backward":
            self._rules()
        return super().__getattr__(name)


class Returned(Text):
    """A call whose result is the answer itself."""


def _operator(op: str, swapped: bool) -> Callable[[Text, Any], Text]:
    def operate(self: Text, other: Any) -> Text:
        return self._infix(op, other, self) if swapped else self._infix(op, self, other)

    return operate


def _augmented(op: str) -> Callable[[Text, Any], Text]:
    return lambda self, other: self._pen.augment(self, op, other)


for _op, _row in OPERATORS.items():
    setattr(Text, f"__i{_row.name}__", _augmented(_op))
    setattr(Text, f"__{_row.name}__", _operator(_op, swapped=False))
    setattr(Text, f"__r{_row.name}__", _operator(_op, swapped=True))


def source(value: Any) -> str:
    """Python source for a value of an experiment."""
    if isinstance(value, Text):
        return str(value._source)
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(source, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, float) and value != value:
        return "float('nan')"
    return repr(value)


def inner(value: Any) -> str:
    """As `source`, with the leaves spelled out."""
    if isinstance(value, list):
        return f"[{', '.join(map(inner, value))}]"
    return str(value._inner) if isinstance(value, Text) else source(value)


class Plain(Phrase):
    """A label that is no Python source, but words."""


class Result(str):
    """A label that is the call in question itself."""


class Leads(Plain):
    """A label of whether a result's graph leads back to this operand."""


class About(str):
    """A label that is Python source, with what it is about."""

    def __new__(cls, source: str, about: str) -> About:
        label = super().__new__(cls, source)
        label.about = about
        return label

    about: str


class Output(About):
    """A label of the numbers in the result that it is about, which should be a Value or a list of them."""


class Attribute(str):
    """A label that is an attribute of `owner`."""

    owner: str

    def __new__(cls, source: str, owner: str) -> Attribute:
        label = super().__new__(cls, source)
        label.owner = owner
        return label


class Parent(About):
    """A label of whether an operand is among the parents of a result."""


class Strangers(About):
    """A label of what else is among the parents of a result."""


class Fresh(About):
    """A label of whether a result is another node than an operand."""


class Arrives(str):
    """A label of a gradient, which is there once the statement `sent` has been executed."""

    sent: str

    def __new__(cls, label: str, sent: str) -> Arrives:
        made = super().__new__(cls, label)
        made.sent = sent
        return made


class Resettable(Arrives):
    """A label of the classes that have no `zero_grad`."""

    @staticmethod
    def words(expected: Any, got: Any) -> str:
        """What is wrong, as a sentence."""
        if not (isinstance(got, list) and all(isinstance(name, str) for name in got)):
            return ""
        *first, last = got or [""]
        if not first:
            return _("{name} has no zero_grad: should it be a Module?", name=last)
        names = joined([*first, last])
        return _("{names} have no zero_grad: should they be Modules?", names=names)


class Layers(Plain):
    """A label of a net's layers: for each its neurons, their inputs, whether they are nonlinear, their dropout."""

    @staticmethod
    def words(expected: Any, got: Any) -> str:
        """What is wrong, as a sentence, where it is the last layer's activation alone."""
        if isinstance(got, list) and got and isinstance(got[-1], list) and got[-1][2:3] == [True]:
            linear = [*got[:-1], [*got[-1][:2], False, *got[-1][3:]]]
            return _("the last layer should be linear (nonlin=False)") if linear == expected else ""
        return ""


class Raised(Plain):
    """A label of an answer that names an exception."""


class Nodes(str):
    """A label of an answer that names hand-built nodes by their indices."""
