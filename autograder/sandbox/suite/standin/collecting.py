"""Which tests a module has, as pytest finds them: functions `test…`, and such methods of classes `Test…`."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from autograder.sandbox.suite.standin.fixtures import BUILT_IN, SCOPES, Fixture, Table, no_fixture
from autograder.sandbox.suite.standin.marks import Case, Mark, cases, marks_of
from autograder.sandbox.suite.standin.outcomes import Unsupported


@dataclass(frozen=True)
class Test:
    """A test, with what it takes to run it: the `wanted` fixtures in order, `needs` the names of its own parameters,
    and hooks around it, each with the names that it takes."""

    __test__ = False

    name: str  # of the function, behind that of its class and "::"
    case: Case
    function: Any
    module: types.ModuleType
    kind: type | None
    table: Table
    wanted: tuple[str, ...]
    needs: tuple[str, ...]
    marks: tuple[Mark, ...]
    hooks: dict[str, tuple[Any, bool]] = field(default_factory=dict)  # by name: the hook, and whether it takes one
    odd: str = ""  # why it fails without being run

    @property
    def id(self) -> str:
        return f"{self.name}[{self.case.id}]" if self.case.id else self.name


class Reader:
    """The names of the parameters that a function must be given, read from its code."""

    def __init__(self, code_of: Callable[[types.FunctionType], types.CodeType]):
        self._code_of = code_of

    def __call__(self, function: Any) -> tuple[str, ...]:
        return self._names(function)[0]

    def is_plain(self, function: Any) -> bool:
        """Whether a function is called to run it: it is no generator, and no coroutine."""
        return not self._names(function)[1]

    def _names(self, function: Any) -> tuple[tuple[str, ...], bool]:
        function = unwrapped(function)
        if type(function) is not types.FunctionType:
            return (), False
        code = self._code_of(function)
        positional = code.co_varnames[: code.co_argcount]
        positional = positional[: len(positional) - len(function.__defaults__ or ())]
        keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        others = function.__kwdefaults__ or {}
        return (*positional, *(name for name in keywords if name not in others)), bool(code.co_flags & 0x2A0)


def code_of(function: types.FunctionType) -> types.CodeType:
    """The code of a function."""
    return function.__code__


def unwrapped(function: Any) -> Any:
    """The function beneath its decorators, as far as they say so."""
    for _ in range(100):
        if isinstance(function, (staticmethod, classmethod, types.MethodType)):
            function = function.__func__
        elif isinstance(
            vars(function).get("__wrapped__") if hasattr(function, "__dict__") else None, types.FunctionType
        ):
            function = function.__wrapped__
        else:
            return function
    return function


def collect(module: types.ModuleType, reader: Reader) -> list[Test]:
    """The tests of a module, in the order in which they stand there."""
    found: list[Test] = []
    table = Table([vars(module)], reader)
    for name, thing in list(vars(module).items()):
        if isinstance(thing, type) and name.startswith("Test"):
            found += _of_class(module, name, thing, reader)
        elif name.startswith("test") and _is_function(thing):
            hooks = _hooks(module, ("setup_module", "teardown_module", "setup_function", "teardown_function"), reader)
            found += _of_function(module, None, name, thing, table, hooks, reader)
    return found


def _is_function(thing: Any) -> bool:
    return not isinstance(thing, Fixture) and type(unwrapped(thing)) is types.FunctionType


def _of_class(module: types.ModuleType, name: str, kind: type, reader: Reader) -> Iterator[Test]:
    if any(base.__name__ == "TestCase" and base.__module__.startswith("unittest") for base in kind.__mro__):
        raise Unsupported(
            f"This runner has no tests of unittest, as those of {name}: write functions, or plain classes."
        )
    own = [vars(base) for base in kind.__mro__ if base is not object]
    if not getattr(kind, "__test__", True) or any("__init__" in space or "__new__" in space for space in own):
        return
    spaces: list[dict[str, Any]] = [dict(space) for space in reversed(own)]
    table = Table([vars(module), *spaces], _Methods(reader))
    hooks = _hooks(module, ("setup_module", "teardown_module"), reader)
    hooks |= _hooks(kind, ("setup_class", "teardown_class", "setup_method", "teardown_method"), reader)
    for each in dict.fromkeys(key for space in spaces for key in space):
        static = next(vars(base)[each] for base in kind.__mro__ if each in vars(base))
        if each.startswith("test") and _is_function(static):
            yield from _of_function(module, kind, each, static, table, hooks, reader)


class _Methods(Reader):
    """The same, of methods among functions: what stands first and is called self is given already."""

    def __init__(self, reader: Reader):
        self._reader = reader

    def __call__(self, function: Any) -> tuple[str, ...]:
        names = self._reader(function)
        return names[1:] if names[:1] == ("self",) else names


_ALSO = {"setup_module": "setUpModule", "teardown_module": "tearDownModule"}
_OF_METHODS = ("setup_method", "teardown_method")


def _hooks(place: Any, names: tuple[str, ...], reader: Reader) -> dict[str, tuple[Any, bool]]:
    found = {}
    for name in names:
        hook = getattr(place, name, None)
        if hook is None and name in _ALSO:
            hook = getattr(place, _ALSO[name], None)
        if _is_function(hook):
            kinds = getattr(place, "__mro__", ()) if name in _OF_METHODS else ()
            bound = bool(kinds) and not any(type(vars(each).get(name)) is staticmethod for each in kinds)
            found[name] = hook if name in _OF_METHODS else unwrapped(hook), len(reader(hook)) > bound
    return found


def _of_function(module: types.ModuleType, kind: type | None, name: str, function: Any, table: Table,
                 hooks: dict[str, tuple[Any, bool]], reader: Reader) -> Iterator[Test]:  # fmt: skip
    whole = f"{kind.__name__}::{name}" if kind else name
    needs = reader(function)
    if kind and not isinstance(function, staticmethod):
        needs = needs[1:]
    marks = [*marks_of(unwrapped(function)), *marks_of(*((kind,) if kind else ()), module)]
    asked = [each for mark in marks if mark.name == "usefixtures" for each in mark.args]
    given = cases(marks)
    direct = {each for case in given for each in case.arguments}
    missing = direct - {*needs}
    wanted = table.closure([each for each in (*table.automatic(), *asked, *needs) if each not in direct])
    for each in reversed(wanted):
        if (found := table.get(each)) and found.params and not any(each in case.indirect for case in given):
            given = [own.joined(case) for own in found.cases() for case in given]
    unknown = [each for each in wanted if table.get(each) is None and each not in (*BUILT_IN, "request")]
    unknown = [each for each in unknown if each not in direct]
    odd = ""
    if missing:
        raise Unsupported(f"In {whole}: function uses no argument '{min(missing)}'")
    if unknown:
        odd = no_fixture(unknown[0])
    elif not reader.is_plain(function):
        odd = "A test is a plain function: this runner has none with yield, and none with async."
    first = sorted(wanted, key=lambda each: -_rank(table.get(each)))
    for case in given:
        yield Test(whole, case, function, module, kind, table, tuple(first), needs, (*case.marks, *marks), hooks, odd)


def _rank(fixture: Fixture | None) -> int:
    """How wide the scope of a fixture is."""
    return SCOPES.index(fixture.scope) if fixture else 0
