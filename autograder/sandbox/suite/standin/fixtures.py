"""`fixture`: what tests ask for by the names of their parameters, as pytest has it for one file."""

from __future__ import annotations

import io
import sys
import types
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from autograder.sandbox.suite.standin.marks import Case, Param, named
from autograder.sandbox.suite.standin.monkeypatch import MonkeyPatch
from autograder.sandbox.suite.standin.outcomes import Missing, Unsupported, fail

SCOPES = ("function", "class", "module", "package", "session")
NamesOf = Callable[[Any], Sequence[str]]  # of a function, the names of the parameters that it must be given


class Fixture:
    """A function that is a fixture."""

    def __init__(self, function: Callable[..., Any], scope: Any = "function", params: Any = None, autouse: bool = False,
                 ids: Any = None, name: str | None = None):  # fmt: skip
        if scope not in SCOPES:
            raise Unsupported(f"This runner has fixtures of the scopes {', '.join(SCOPES)}, not of {scope!r}.")
        self.function, self.scope, self.autouse = function, scope, autouse
        self.name = name or function.__name__
        self.params = [each if isinstance(each, Param) else Param((each,)) for each in params or ()]
        self.ids = named(self.params, [self.name], ids) if params is not None else []
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        fail(f'Fixture "{self.name}" called directly. Fixtures are not meant to be called directly,\n'
             "but are created automatically when test functions request them as parameters.")  # fmt: skip

    def cases(self) -> list[Case]:
        """A case for each of its parameters."""
        return [Case(id, indirect={self.name: (place, each.values[0])}, marks=each.marks)
                for place, (id, each) in enumerate(zip(self.ids, self.params, strict=True))]  # fmt: skip


def fixture(function: Any = None, **options: Any) -> Any:
    """Have tests ask for what this function gives, or yields, by its name."""
    if function is not None:
        return Fixture(function, **options)
    return lambda function: Fixture(function, **options)


# --- what is there without being written ---

Captured = namedtuple("Captured", "out err")


class Capture:
    """`capsys`: what the test prints."""

    def __init__(self) -> None:
        self._kept = sys.stdout, sys.stderr
        self._out, self._err = io.StringIO(), io.StringIO()
        sys.stdout, sys.stderr = self._out, self._err

    def readouterr(self) -> Captured:
        """What was printed since the last time."""
        found = Captured(self._out.getvalue(), self._err.getvalue())
        for stream in (self._out, self._err):
            stream.seek(0)
            stream.truncate()
        return found

    def close(self) -> None:
        sys.stdout, sys.stderr = self._kept


def _monkeypatch() -> Iterator[MonkeyPatch]:
    patch = MonkeyPatch()
    yield patch
    patch.undo()


def _capsys() -> Iterator[Capture]:
    capture = Capture()
    yield capture
    capture.close()


BUILT_IN = {"monkeypatch": _monkeypatch, "capsys": _capsys}


def no_fixture(name: str) -> str:
    """What is said to whoever asks for one that there is not."""
    known = ", ".join(BUILT_IN)
    return f"There is no fixture {name!r}: this runner has those of the file itself, {known} and request."


class Request:
    """`request`: the test that asks, and what a fixture is given."""

    def __init__(self, session: Session, fixture: Fixture | None, param: tuple[Any, ...], finalizers: list[Any]):
        self._session, self._finalizers = session, finalizers
        self.fixturename = fixture.name if fixture else None
        self.scope = fixture.scope if fixture else "function"
        self.function, self.module = session.function, session.module
        self.instance, self.cls = session.instance, type(session.instance) if session.instance is not None else None
        if param:
            self.param = param[0]

    def addfinalizer(self, function: Callable[[], Any]) -> None:
        """Call this in the end."""
        self._finalizers.append(function)

    def getfixturevalue(self, name: str) -> Any:
        """What the fixture of this name gives."""
        return self._session.value(name)

    def __getattr__(self, name: str) -> Any:
        if name == "param" or name.startswith("__"):
            raise AttributeError(name)
        raise Missing(f"This runner has no request.{name}.")


class Table:
    """The fixtures that the tests of a module or class see, each with the names of what it needs."""

    def __init__(self, namespaces: Sequence[dict[str, Any]], names_of: NamesOf):
        self._found: dict[str, tuple[Fixture, tuple[str, ...]]] = {}
        for namespace in namespaces:
            for each in list(namespace.values()):
                if isinstance(each, Fixture):
                    self._found[each.name] = each, tuple(names_of(each.function))

    def get(self, name: str) -> Fixture | None:
        return self._found[name][0] if name in self._found else None

    def needs(self, name: str) -> tuple[str, ...]:
        return self._found[name][1] if name in self._found else ()

    def automatic(self) -> list[str]:
        """Those that nobody has to ask for."""
        return [name for name, (each, _) in self._found.items() if each.autouse]

    def closure(self, names: Sequence[str]) -> list[str]:
        """These and all that they need, what is needed by others behind them."""
        found = list(dict.fromkeys(names))
        for name in found:
            found += [each for each in self.needs(name) if each not in found]
        return found


class Session:
    """What fixtures have given to the test that runs, and to those before it in its class and file."""

    def __init__(self) -> None:
        self.module: Any = None
        self.function: Any = None
        self.instance: Any = None
        self._table: Table
        self._case = Case()
        self._values: dict[str, Any] = {}  # of this test alone
        # Of others too: the fixture, which parameter, what it gave.
        self._kept: dict[str, tuple[Fixture, Any, Any]] = {}
        self._ends: dict[str, list[Callable[[], Any]]] = {scope: [] for scope in SCOPES}

    def begin(self, module: Any, function: Any, instance: Any, table: Table, case: Case) -> None:
        """A test begins."""
        self.module, self.function, self.instance, self._table, self._case = module, function, instance, table, case
        self._values = dict(case.arguments)

    def value(self, name: str) -> Any:
        """What the fixture of this name gives to the test that runs."""
        if name in self._values:
            return self._values[name]
        found = self._table.get(name)
        if name == "request":
            return Request(self, None, (), self._ends["function"])
        if found is None and name not in BUILT_IN:
            raise Unsupported(no_fixture(name))
        if found is None:
            self._values[name] = self._started(BUILT_IN[name], {}, name, "function")
            return self._values[name]
        index, *param = self._case.indirect.get(name, (None,))
        if found.scope != "function":
            kept = self._kept.get(name)
            if kept and kept[0] is found and kept[1] == index:
                return kept[2]
            if kept:  # it is wanted with another parameter: all that came after it ends, too
                self.end(found.scope)
        given = {}
        for need in self._table.needs(name):
            if need == name:
                raise Unsupported(f"This runner has no fixture that asks for itself, as {name!r} does.")
            given[need] = self.value(need) if need != "request" else Request(
                self, found, tuple(param), self._ends[found.scope])  # fmt: skip
        if found.params and not param:
            raise Unsupported(f"This runner has no getfixturevalue of {name!r}, which has parameters.")
        made = self._started(self._bound(found), given, name, found.scope)
        if found.scope == "function":
            self._values[name] = made
        else:
            self._kept[name] = found, index, made
        return made

    def _bound(self, found: Fixture) -> Callable[..., Any]:
        inside = self.instance is not None and any(found in vars(kind).values() for kind in type(self.instance).__mro__)
        return types.MethodType(found.function, self.instance) if inside else found.function

    def _started(self, function: Callable[..., Any], given: dict[str, Any], name: str, scope: str) -> Any:
        made = function(**given)
        if not isinstance(made, types.GeneratorType):
            return made
        value = next(made)
        self._ends[scope].append(lambda: _finish(made, name))
        return value

    def end(self, *scopes: str) -> None:
        """Take back what fixtures of these scopes gave, the last first. Raises what the first of them raised."""
        errors: list[BaseException] = []
        for scope in scopes:
            while self._ends[scope]:
                try:
                    self._ends[scope].pop()()
                except BaseException as error:
                    errors.append(error)
            for name in [name for name, (each, *_) in self._kept.items() if each.scope == scope]:
                del self._kept[name]
        if errors:
            raise errors[0]


def _finish(generator: Iterator[Any], name: str) -> None:
    try:
        next(generator)
    except StopIteration:
        return
    fail(f"fixture function has more than one 'yield': {name}")
