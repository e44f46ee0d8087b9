"""Inside, with the student's code: import its modules, and keep what they define before they stop.

A module that raises, waits or trains while it is imported keeps what it has defined by then, and something stands in
for the rest. A library that is not here becomes a stand-in (see `absent`), which harms nothing that does not need it.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import linecache
import os
import signal
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder, SourceFileLoader
from time import monotonic
from typing import Any

from autograder.courses.micrograd.student_lab.values import BareValue, Missing
from autograder.exam.items import Item
from autograder.sandbox.absent import Absent
from autograder.sandbox.student import raised

PACKAGE = "micrograd"
MODULES = ("engine", "derivative", "trace", "nn", "train", "data")  # of the course
LIBRARIES = {"numpy", "graphviz", "tzdata"}  # besides Python's own, whose zoneinfo needs tzdata
# What a module imports of the others. Each is imported first, and where it fails, something stands in for it.
BENEATH = {"trace": ("engine",), "nn": ("engine",), "train": ("engine", "nn")}
_AGAIN = 0.05  # the share of the limit that such a module gets the next time
_NESTED = 0.9  # the share of the time that is left for a module that another one imports
_STAND_INS: dict[str, dict[str, Any]] = {
    "engine": {"Value": BareValue},
    "nn": {name: type(name, (), {}) for name in ("Module", "Neuron", "Layer", "MLP")},
}
_BUILTINS = dict(vars(builtins))
_BOOTSTRAP = ("<frozen importlib._bootstrap", importlib.__file__)


class _TooLong(BaseException):
    """The time for an import is over."""


class Importer:
    """Imports one student's modules from the folder `root`, each within `seconds`.

    `lost` are modules that did not come to an end before, and why: those that are only "slow" were ended by the alarm,
    and have little time now. `slow(name)` is told of those that it ends this time. `failed` gets what a module raised,
    and `notes` what else there is to tell: `["sibling", file, line]` of an import that works here alone, and
    `["absent", file, line, library]` of a library that was used during an import, in vain.
    """

    def __init__(self, root: str, lost: dict[str, str], seconds: float, slow: Callable[[str], None]):
        self.root = root
        self.failed: dict[str, dict[str, Any]] = {}
        self.notes: list[list[Any]] = []
        self._lost = lost
        self._slow = slow
        self._seconds = seconds
        self._deadline: float | None = None
        _Finder.importer = self
        Absent.note = lambda file, line, library: self.note("absent", file, line, library)
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._ring)

    def load(self, name: str) -> types.ModuleType | None:
        """One of the student's modules, or the package as `__init__`, as far as it can be imported."""
        whole = PACKAGE if name == "__init__" else f"{PACKAGE}.{name}"
        try:
            module = importlib.import_module(whole)
            if not issubclass(type(module), types.ModuleType):
                raise ImportError(f"{whole} is no module once it is imported")
        except BaseException as error:
            self.failed.setdefault(name, raised(error, self.root))
            if name != "__init__" and name not in _STAND_INS:
                return None
            module = sys.modules[whole] = types.ModuleType(whole)
            if name == "__init__":
                module.__path__ = [os.path.join(self.root, PACKAGE)]
        finally:
            vars(builtins).update(_BUILTINS)
            with suppress(Exception):
                for each in [each for each, found in list(sys.modules.items()) if isinstance(found, Absent)]:
                    del sys.modules[each]  # the next module may ask for it in a `try`
        self._complete(name, module)
        return module

    def glance(self, name: str) -> None:
        """Note it where a module that is given, and that nothing here needs, is not Python any more."""
        path = os.path.join(self.root, PACKAGE, f"{name}.py")
        try:
            with open(path, "rb") as file:
                compile(file.read(), path, "exec")
        except OSError:
            pass
        except Exception as error:
            self.failed[name] = raised(error, self.root)

    def execute(self, name: str, module: types.ModuleType, code: Any) -> None:
        """Run the code of a module that is imported; what it raises is noted, and what it defined before stays."""
        short = name.partition(".")[2] or "__init__"
        outer = self._deadline
        try:
            if self._lost.get(short, "slow") != "slow":
                raise ImportError(f"{name} does not come to an end")
            self._allow(self._seconds * (_AGAIN if short in self._lost else 1.0))
            exec(code(), vars(module))
            self._arm(outer)
            if short in MODULES and not any(own_names(module)):
                self.failed[short] = {"empty": True}
        except BaseException as error:
            self._arm(outer)
            if isinstance(error, _TooLong):
                self._slow(short)
            self.failed[short] = {**self._cause(error), "line": _line(error, module)}
            if short not in (*MODULES, "__init__") and not any(own_names(module)):
                raise
        self._complete(short, module)

    def _complete(self, name: str, module: types.ModuleType) -> None:
        """Supply what a module should define and does not, so that what imports it can be."""
        if name in self.failed:
            for each, stand_in in _STAND_INS.get(name, {}).items():
                vars(module).setdefault(each, stand_in)
        if name == "engine" and not issubclass(type(vars(module).get("Value")), type):
            vars(module)["Value"] = Missing

    def _cause(self, error: BaseException) -> dict[str, Any]:
        """What was raised; where a name is missing that another module has lost, why that one has."""
        name = error.name if isinstance(error, ImportError) and isinstance(error.name, str) else ""
        inner = self.failed.get(name.removeprefix(f"{PACKAGE}.")) if name.startswith(f"{PACKAGE}.") else None
        return inner or {**raised(error, self.root), "slow": isinstance(error, _TooLong), **self._circle(error)}

    def _circle(self, error: BaseException) -> dict[str, Any]:
        """Where a module that is being imported has asked for one that asks for it, if an exception comes of that."""
        if not (isinstance(error, (ImportError, AttributeError)) and "partially initialized" in str(error)):
            return {}
        inside = os.path.join(self.root, PACKAGE) + os.sep
        steps: list[list[Any]] = []
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(inside):
                steps.append([os.path.relpath(frame.f_code.co_filename, self.root), frame.f_lineno])
            frame = frame.f_back
        return {"circle": steps[0]} if steps else {}

    # --- the clock ---

    def _allow(self, seconds: float) -> None:
        """Have the alarm end an import after `seconds`, or before the time of the one around it is over."""
        now = monotonic()
        if self._deadline is not None:
            seconds = min(seconds, _NESTED * (self._deadline - now))
        self._arm(now + seconds)

    def _arm(self, deadline: float | None) -> None:
        self._deadline = deadline
        if hasattr(signal, "setitimer"):
            seconds = 0.0 if deadline is None else max(deadline - monotonic(), 0.001)
            signal.setitimer(signal.ITIMER_REAL, seconds, seconds and self._seconds * _AGAIN)

    def _ring(self, *_: object) -> None:
        if self._deadline is not None and monotonic() >= self._deadline:
            raise _TooLong

    def close(self) -> None:
        """Leave the alarm to whoever wants it."""
        self._arm(None)
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    # --- what is told ---

    def note(self, kind: str, file: str, line: int, *more: str) -> None:
        note = [kind, os.path.relpath(file, self.root), line, *more]
        if note not in self.notes and len(self.notes) < 20:
            self.notes.append(note)

    def report(self) -> dict[str, Any]:
        """What there is to tell of all imports."""
        return {**self.failed, "notes": self.notes}


def _line(error: BaseException, module: types.ModuleType) -> int:
    """The line of a module at which it raised, if it was at one."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals is vars(module) and step.tb_frame.f_code.co_name == "<module>":
            return step.tb_lineno
        step = step.tb_next
    return 0


def own_names(module: types.ModuleType) -> Iterator[str]:
    """What a module has beyond what every module has."""
    return (name for name in vars(module) if not name.startswith("__"))


def offers(name: str, module: types.ModuleType) -> bool:
    """Whether a module that failed has defined anything."""
    stand_ins = _STAND_INS.get(name, {})
    return any(vars(module)[each] is not stand_ins.get(each) for each in own_names(module))


def serves(item: Item, name: str, module: types.ModuleType | None) -> bool:
    """Whether a module that failed has nevertheless defined what an item needs of it."""
    if module is None:
        return False
    stand_ins = _STAND_INS.get(name, {})
    target, _, path = item.target.partition(":")
    needed = {path.partition(".")[0]} if target == name else set(stand_ins)
    found = vars(module)
    return all(each in found and found[each] is not stand_ins.get(each) for each in needed)


class _Finder(PathFinder):
    """A meta path finder for the student's package, Python's library and what else there is; anything else is absent,
    as it is in the sandbox, although it may be installed here."""

    importer: Importer | None = None

    @classmethod
    def find_spec(cls, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        above, _, last = name.rpartition(".")
        top = name.partition(".")[0]
        spec = None
        if top == PACKAGE and cls.importer:
            spec = super().find_spec(name, path if above else [cls.importer.root], target)
            if spec and type(spec.loader) is SourceFileLoader:
                spec.loader = _Loader(spec.loader.name, spec.loader.path)
        elif name not in MODULES and (top in LIBRARIES or _is_pythons(top)):
            spec = super().find_spec(name, path, target)
        frame = None if spec else _importing(cls.importer)
        if frame and _is_tried(frame):
            frame = None
        if frame and cls.importer and (own := _sibling(cls.importer.root, above, last)):
            cls.importer.note("sibling", frame.f_code.co_filename, frame.f_lineno)
            return ModuleSpec(name, _Alias(own))  # type: ignore[arg-type]
        if _is_pythons(name):  # trace
            spec = spec or super().find_spec(name, path, target)
        if spec or not frame:
            return spec
        unknown = isinstance(sys.modules.get(above), Absent) if above else top not in MODULES
        return ModuleSpec(name, _Nothing(), is_package=True) if unknown else None  # type: ignore[arg-type]


class _Loader(SourceFileLoader):
    """Loads a module of the student's as far as it goes."""

    def exec_module(self, module: types.ModuleType) -> None:
        assert _Finder.importer
        _Finder.importer.execute(self.name, module, lambda: self.get_code(self.name))


class _Alias:
    """Loads a module of the student's under another name."""

    def __init__(self, own: str):
        self._own = own

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        sys.modules[module.__name__] = importlib.import_module(self._own)


class _Nothing:
    """Loads a library that is not here."""

    def create_module(self, spec: ModuleSpec) -> Absent:
        return Absent.of(spec.name.partition(".")[0])

    def exec_module(self, module: Absent) -> None:
        pass


def _is_pythons(name: str) -> bool:
    """Whether Python's own library has a module of this name. One is called after the machine, and is not listed."""
    return name in sys.stdlib_module_names or name.startswith("_sysconfigdata_")


def _importing(importer: Importer | None) -> types.FrameType | None:
    """The frame of the student's that asks for an import, if one does: not a library's, and not `find_spec`'s."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame and frame.f_code.co_filename.startswith(_BOOTSTRAP):
        frame = frame.f_back
    inside = frame and importer and frame.f_code.co_filename.startswith(importer.root + os.sep)
    return frame if inside else None


def _sibling(root: str, above: str, last: str) -> str:
    """The name of the module of the student's that is meant by `engine`, `micrograd.Engine` or `Micrograd.engine`."""
    package = getattr(sys.modules.get(above), "__name__", "") if above else PACKAGE
    if not above and last.casefold() == PACKAGE:
        return PACKAGE
    if package.partition(".")[0] != PACKAGE:
        return ""
    folder = os.path.join(root, *package.split("."))
    with suppress(OSError):
        names = {name.removesuffix(".py") for name in os.listdir(folder) if name.endswith(".py") or "." not in name}
        alike = [last] if last in names else [name for name in names if name.casefold() == last.casefold()]
        if len(alike) == 1:
            return f"{package}.{alike[0]}"
    return ""


def _is_tried(frame: types.FrameType) -> bool:
    """Whether the line that runs in a frame stands in a `try` that knows what to do without a library."""
    line = frame.f_lineno
    with suppress(Exception):
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
        for node in ast.walk(tree):
            caught: list[ast.expr | None] = []
            if isinstance(node, (ast.Try, ast.TryStar)):
                caught = [handler.type for handler in node.handlers]
            elif isinstance(node, ast.With):
                calls = [each.context_expr for each in node.items if isinstance(each.context_expr, ast.Call)]
                caught = [kind for call in calls if _last_name(call.func) == "suppress" for kind in call.args]
            within = caught and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)  # type: ignore[attr-defined]
            if within and any(map(_is_import_error, caught)):
                return True
    return False


def _is_import_error(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    names = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return any(each is None or _last_name(each) in names for each in kinds)


def _last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


class BdbQuit(Exception):
    """What the debugger raises where nobody answers it."""


def _stop(*_: object, **__: object) -> None:
    """Stands in for `breakpoint()`: nobody is here to debug, and the line that calls it should be known."""
    raise BdbQuit


def guard() -> None:
    """Make packages that students may not use absent, and debuggers stop at once."""
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, _Finder]
    sys.breakpointhook = _stop
