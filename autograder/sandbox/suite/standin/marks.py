"""`mark` and `param`: what is said of a test above it, as pytest has it; and the cases that come of that."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.sandbox.suite.standin.outcomes import Expected, Missing, Skipped, Unsupported

_KNOWN = ("parametrize", "skip", "skipif", "xfail", "usefixtures")
_NEEDED = ("filterwarnings", "tryfirst", "trylast", "hookwrapper")


@dataclass(frozen=True)
class Mark:
    """A mark with its arguments; above a function or class, it is noted there."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        only: Any = args[0] if len(args) == 1 and not kwargs else None
        marked = isinstance(only, type) or (callable(only) and hasattr(only, "__qualname__"))
        if marked and (self.name != "parametrize" or self.args or self.kwargs):
            only.pytestmark = [*_noted(only), self]
            return only
        return Mark(self.name, (*self.args, *args), {**self.kwargs, **kwargs})


def _noted(thing: Any) -> list[Mark]:
    """The marks of a thing's own, not those of what it derives from."""
    return list(vars(thing).get("pytestmark", ()))


class Marks:
    """`pytest.mark`. A mark that means nothing to pytest means nothing here."""

    def __getattr__(self, name: str) -> Mark:
        if name.startswith("_") or name in _NEEDED:
            raise Missing(f"This runner has no pytest.mark.{name}.")
        return Mark(name)


@dataclass(frozen=True)
class Param:
    """A case of `parametrize`, with marks and a name of its own."""

    values: tuple[Any, ...]
    marks: tuple[Mark, ...] = ()
    id: str | None = None


def param(*values: Any, marks: Any = (), id: str | None = None) -> Param:
    """A case of `parametrize`, with marks and a name of its own."""
    return Param(values, (marks,) if isinstance(marks, Mark) else tuple(marks), id)


@dataclass(frozen=True)
class Case:
    """A case of a test: its name in brackets, arguments, those that go to fixtures, and marks."""

    id: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    indirect: dict[str, tuple[int, Any]] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()

    def joined(self, other: Case) -> Case:
        """This case and another one in one."""
        return Case(
            "-".join(filter(None, (self.id, other.id))), {**self.arguments, **other.arguments},
            {**self.indirect, **other.indirect}, (*self.marks, *other.marks),
        )  # fmt: skip


def marks_of(*things: Any) -> list[Mark]:
    """The marks of a function, then those of the class and the module around it."""
    found: list[Mark] = []
    for thing in things:
        if isinstance(thing, type):
            for kind in thing.__mro__:
                found += _listed(vars(kind).get("pytestmark", ()))
        else:
            found += _listed(getattr(thing, "pytestmark", ()))
    return found


def _listed(marks: Any) -> list[Mark]:
    marks = [marks] if isinstance(marks, Mark) else list(marks)
    if not all(isinstance(mark, Mark) for mark in marks):
        raise Unsupported("A pytestmark is a mark, or a list of marks.")
    return marks


def cases(marks: Iterable[Mark]) -> list[Case]:
    """The cases of all marks `parametrize` together, the first of them the slowest to change."""
    found = [Case()]
    for mark in marks:
        if mark.name == "parametrize":
            parts = _cases(*mark.args, **mark.kwargs)
            found = [case.joined(part) for case in found for part in parts]
    return found


def _cases(argnames: Any, argvalues: Iterable[Any], indirect: Any = False, ids: Any = None, scope: Any = None,
           **other: Any) -> list[Case]:  # fmt: skip
    if other or scope is not None:
        raise Unsupported(f"This runner has parametrize without {next(iter(other), 'scope')}.")
    names = [name.strip() for name in argnames.split(",") if name.strip()] if isinstance(argnames, str) else [*argnames]
    single = len(names) == 1
    params = [each if isinstance(each, Param) else Param((each,) if single else tuple(each)) for each in argvalues]
    for each in params:
        if len(each.values) != len(names):
            raise ValueError(f"parametrize names {names}, and gives {len(each.values)} values: {each.values!r}")
    if not params:
        nothing = Mark("skip", (), {"reason": f"got empty parameter set for ({', '.join(names)})"})
        return [Case("NOTSET", dict.fromkeys(names), marks=(nothing,))]
    through = set(names) if indirect is True else set(indirect or ())
    found = []
    for place, (id, each) in enumerate(zip(named(params, names, ids), params, strict=True)):
        given = dict(zip(names, each.values, strict=True))
        direct = {name: value for name, value in given.items() if name not in through}
        found.append(Case(id, direct, {name: (place, given[name]) for name in names if name in through}, each.marks))
    return found


def named(params: Sequence[Param], names: Sequence[str], ids: Any) -> list[str]:
    """The names of cases, as pytest makes them."""
    if ids is not None and not callable(ids):
        ids = list(ids)
        if len(ids) != len(params):
            raise ValueError(f"{len(params)} parameter sets specified, with different number of ids: {len(ids)}")
    found = []
    for place, each in enumerate(params):
        if each.id is not None:
            found.append(each.id)
        elif isinstance(ids, list) and ids[place] is not None:
            found.append(str(ids[place]))
        else:
            make = ids if callable(ids) else None
            parts = zip(each.values, names, strict=True)
            found.append("-".join(_name(value, name, place, make) for value, name in parts))
    return _distinct(found)


def _name(value: Any, name: str, place: int, make: Callable[[Any], Any] | None) -> str:
    if make is not None and (made := make(value)) is not None:
        value = made
    if isinstance(value, (str, bytes)):
        return ascii(value).removeprefix("b")[1:-1] if not isinstance(value, str) else _escaped(value)
    if value is None or isinstance(value, (float, int, bool, complex)):
        return str(value)
    if isinstance(value, re.Pattern):
        return str(value.pattern)
    if isinstance(value, enum.Enum):
        return str(value)
    if isinstance(getattr(value, "__name__", None), str):
        return str(value.__name__)
    return f"{name}{place}"


_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127) if code not in (9, 10, 13)}


def _escaped(text: str) -> str:
    shown = text.translate(_CONTROL)
    shown = shown.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return shown.encode("unicode_escape").decode("ascii").replace("\\\\", "\\") if not shown.isascii() else shown


def _distinct(names: list[str]) -> list[str]:
    """The names, with numbers behind those that occur more than once."""
    if len(set(names)) == len(names):
        return names
    count: dict[str, int] = {}
    taken = set(names)
    found = []
    for name in names:
        if names.count(name) > 1:
            apart = "_" if name and name[-1].isdigit() else ""
            number = count.get(name, 0)
            while f"{name}{apart}{number}" in taken:
                number += 1
            count[name] = number + 1
            name = f"{name}{apart}{number}"
        found.append(name)
    return found


# --- what marks say when a test is to run ---


def heed(marks: Iterable[Mark], names: dict[str, Any]) -> None:
    """Skip the test where a mark says so; conditions that are text are computed with the `names` of its module."""
    for mark in marks:
        if mark.name == "skip":
            raise Skipped(str(mark.args[0] if mark.args else mark.kwargs.get("reason", "unconditional skip")))
        if mark.name == "skipif" and any(_holds(each, names) for each in _conditions(mark)):
            raise Skipped(str(mark.kwargs.get("reason", "")))


@dataclass(frozen=True)
class Expectation:
    """That a test fails: with one of these exceptions, and whether it fails indeed where it does not."""

    raises: Any
    strict: bool


def expectation(marks: Iterable[Mark], names: dict[str, Any]) -> Expectation | None:
    """What marks `xfail` expect, if one applies."""
    for mark in marks:
        if mark.name == "xfail" and (not _conditions(mark) or any(_holds(each, names) for each in _conditions(mark))):
            options = mark.kwargs
            if not options.get("run", True):
                raise Expected(str(options.get("reason", "")))
            return Expectation(options.get("raises"), bool(options.get("strict")))
    return None


def _conditions(mark: Mark) -> tuple[Any, ...]:
    return (*mark.args, *((mark.kwargs["condition"],) if "condition" in mark.kwargs else ()))


def _holds(condition: Any, names: dict[str, Any]) -> bool:
    if isinstance(condition, str):
        import os
        import platform
        import sys

        return bool(eval(condition, {"os": os, "sys": sys, "platform": platform, **names}))
    return bool(condition)
