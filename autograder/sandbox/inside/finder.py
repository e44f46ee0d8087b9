"""Inside, with the student's code: what an `import` finds, and what it does not.

The student's package, under other names too, Python's library and a few more; anything else is absent, though it may
be installed here.
"""

from __future__ import annotations

import ast
import importlib
import linecache
import marshal
import os
import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder, SourceFileLoader
from typing import Any, ClassVar, Protocol

from autograder.sandbox.inside.absent import Absent
from autograder.sandbox.subject import ZONES

_BOOTSTRAP = ("<frozen importlib._bootstrap", importlib.__file__)


class Imports(Protocol):
    """What is known of the student's package: its name, those of its modules, and its folder; and what runs and notes
    its imports."""

    package: str
    names: set[str]
    root: str

    def execute(self, name: str, module: types.ModuleType, code: Callable[[], Any]) -> None: ...

    def note(self, kind: str, file: str, line: int, *more: str) -> None: ...


_OURS = __name__.partition(".")[0]


class Finder(PathFinder):
    """A meta path finder for the student's package, Python's library and what else there is; anything else is absent,
    as it is in the sandbox, although it may be installed here."""

    importer: Imports | None = None
    libraries: Collection[str] = ()
    absent: ClassVar[list[str]] = []  # what something stands in for, by the names under which that can be found

    @classmethod
    def find_spec(cls, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        above, _, last = name.rpartition(".")
        top = name.partition(".")[0]
        package, names = (cls.importer.package, cls.importer.names) if cls.importer else ("", set())
        spec = None
        if cls.importer and top == package:
            spec = super().find_spec(name, path if above else [cls.importer.root], target)
            if spec and type(spec.loader) is SourceFileLoader:
                spec.loader = Loader(spec.loader.name, spec.loader.path)
        elif name not in names and (top in cls.libraries or _is_pythons(top)):
            spec = super().find_spec(name, path, target)
        frame = None if spec else _importing(cls.importer)
        if frame and _is_tried(frame.f_code.co_filename, frame.f_lineno):
            frame = None
        if frame and cls.importer and (own := _sibling(cls.importer.root, package, above, last)):
            cls.importer.note("sibling", frame.f_code.co_filename, frame.f_lineno)
            return ModuleSpec(name, _Alias(own))  # type: ignore[arg-type]
        if _is_pythons(name):  # though a module of the course is called so, as `trace` may be
            spec = spec or super().find_spec(name, path, target)
        if spec or not frame:
            return spec
        unknown = isinstance(sys.modules.get(above), Absent) if above else top not in names
        return ModuleSpec(name, _Nothing(), is_package=True) if unknown else None  # type: ignore[arg-type]


class Loader(SourceFileLoader):
    """Loads a module of the student's as far as it goes, where it is known by its path from what it was compiled to."""

    compiled: ClassVar[Mapping[str, types.CodeType | bytes]] = {}

    def get_code(self, fullname: str) -> types.CodeType | None:
        known = self.compiled.get(self.path) or super().get_code(fullname)
        return marshal.loads(known) if isinstance(known, bytes) else known

    def exec_module(self, module: types.ModuleType) -> None:
        assert Finder.importer
        Finder.importer.execute(self.name, module, lambda: self.get_code(self.name))


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
        Finder.absent.append(spec.name)
        return Absent.of(spec.name.partition(".")[0])

    def exec_module(self, module: Absent) -> None:
        pass


def _is_pythons(name: str) -> bool:
    """Whether Python's own library has a module of this name. One is called after the machine, and is not listed."""
    return name in sys.stdlib_module_names or name.startswith("_sysconfigdata_")


def _importing(importer: Imports | None) -> types.FrameType | None:
    """The frame of the student's that asks for an import, if one does: not a library's, and not `find_spec`'s."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame and frame.f_code.co_filename.startswith(_BOOTSTRAP):
        frame = frame.f_back
    inside = frame and importer and frame.f_code.co_filename.startswith(importer.root + os.sep)
    return frame if inside else None


def _sibling(root: str, package: str, above: str, last: str) -> str:
    """The full name of the module of the student's that is meant where its package is left out, or case is another."""
    around = getattr(sys.modules.get(above), "__name__", "") if above else package
    if not above and last.casefold() == package.casefold():
        return package
    if around.partition(".")[0] != package:
        return ""
    folder = os.path.join(root, *around.split("."))
    with suppress(OSError):
        names = {name.removesuffix(".py") for name in os.listdir(folder) if name.endswith(".py") or "." not in name}
        alike = [last] if last in names else [name for name in names if name.casefold() == last.casefold()]
        if len(alike) == 1:
            return f"{around}.{alike[0]}"
    return ""


@cache
def _is_tried(file: str, line: int) -> bool:
    """Whether a line stands in a `try` that knows what to do without a library."""
    with suppress(Exception):
        tree = ast.parse("".join(linecache.getlines(file)))
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


def guard(libraries: Collection[str]) -> None:
    """Make packages that students may not use absent, all but these, and debuggers stop at once."""
    Finder.libraries = {*libraries, ZONES}
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, Finder]
    sys.breakpointhook = _stop


def forget_absent() -> None:
    """Have the next module that asks for a library which is not here ask anew: it may do so in a `try`."""
    for name in Finder.absent:
        if isinstance(sys.modules.get(name), Absent):
            del sys.modules[name]
    Finder.absent.clear()


def hide() -> None:
    """Have nobody find what students may not use and this process has imported for itself, as one that builds exams has
    PyTorch. Whoever wants it back keeps it."""
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if not (top in {*Finder.libraries, _OURS} or top.startswith("__") or _is_pythons(top)):
            del sys.modules[name]
