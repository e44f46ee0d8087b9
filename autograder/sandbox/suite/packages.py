"""The packages that tests are tried on: compiled once, and put where imports find them, one after the other."""

from __future__ import annotations

import ast
import importlib
import os
import sys
import types
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from typing import Any

from autograder.course import find
from autograder.sandbox.inside.finder import Finder

Codes = Mapping[str, tuple[types.CodeType, bool]]  # by name of a module: its code, and whether it is a package


class CodeFinder:
    """A meta path finder for modules whose code is at hand, and whose source is nowhere."""

    def __init__(self, codes: Codes):
        self._codes = codes

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self._codes:
            return None
        code, is_package = self._codes[name]
        return ModuleSpec(name, _CodeLoader(code), is_package=is_package)  # type: ignore[arg-type]


class _CodeLoader:
    def __init__(self, code: types.CodeType):
        self._code = code

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        exec(self._code, vars(module))


class Compiler:
    """Compiles packages; what is equal in several of them, once."""

    def __init__(self, package: str):
        self._package = package
        self._known: dict[tuple[str, str], tuple[types.CodeType, set[str]]] = {}

    def package(self, files: Mapping[str, str]) -> Package:
        """The package of these sources, by names of files."""
        codes: dict[str, tuple[types.CodeType, bool]] = {}
        imports: set[str] = set()
        for file, source in {"__init__.py": "", **files}.items():
            parts = [self._package, *file.removesuffix(".py").split("/")]
            is_package = parts[-1] == "__init__"
            code, more = self._compiled(file, source)
            codes[".".join(parts[: -1 if is_package else None])] = code, is_package
            imports |= more
        return Package(self._package, codes, {name for name in imports if name.partition(".")[0] != self._package})

    def _compiled(self, file: str, source: str) -> tuple[types.CodeType, set[str]]:
        key = file, source
        if key not in self._known:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source)
                code = compile(tree, f"<{self._package}/{file}>", "exec", dont_inherit=True, optimize=2)
            self._known[key] = code, imported(tree, calls="__import__" in source)
        return self._known[key]


class Package:
    """One of the packages: of `codes`, with what these import; or the student's own below `root`, and `patch` is then
    called with it."""

    def __init__(self, name: str, codes: Codes | None, imports: Collection[str] = (), root: str = "",
                 patch: Callable[[Any], Any] | None = None):  # fmt: skip
        self.imports = imports
        self._name, self._codes, self._root, self._patch = name, codes, root, patch

    @property
    def uses(self) -> set[str]:
        """The libraries that it uses."""
        return {name.partition(".")[0] for name in self.imports}

    def install(self, hidden: bool) -> None:
        """Have imports find it. Where its code is to be `hidden`, all its modules are imported at once, and nothing is
        left that could import them."""
        self.forget()
        if self._codes is None:
            self._install_own()
            return
        finder = CodeFinder(self._codes)
        sys.meta_path.insert(0, finder)
        if hidden:
            for name in self._codes:
                with suppress(Exception):  # the tests will find that it cannot be imported
                    importlib.import_module(name)
            sys.meta_path.remove(finder)
            for module in self._modules().values():
                module.__loader__ = None
                if module.__spec__:
                    module.__spec__.loader = None

    def _install_own(self) -> None:
        if Finder.importer is None or Finder.importer.root != self._root:
            sys.path.insert(0, self._root)
            importlib.invalidate_caches()
        if self._patch is not None:
            self._patch(importlib.import_module(self._name))

    def _modules(self) -> dict[str, types.ModuleType]:
        return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == self._name}

    def forget(self) -> None:
        """Have imports start afresh."""
        for name in self._modules():
            del sys.modules[name]


def packages(name: str, root: str, specimens: Sequence[Mapping[str, Any]]) -> list[Package]:
    """The packages of specimens, none of which has run yet."""
    compiler = Compiler(name)
    found = []
    for each in specimens:
        if each["files"]:
            found.append(compiler.package(each["files"]))
        else:
            patch = each.get("patch") or None
            found.append(Package(name, None, (), root, find(patch) if isinstance(patch, str) else patch))
    preload({name for each in found for name in each.imports})
    return found


def modules(name: str, root: str, specimens: Sequence[Mapping[str, Any]]) -> set[str]:
    """The names of the modules that a package of this name may have."""
    files = {file for each in specimens for file in each["files"]}
    with suppress(OSError):
        files.update(os.listdir(os.path.join(root, name)))
    return {file.removesuffix(".py") for file in files if file.endswith(".py")}


def imported(tree: ast.AST, calls: bool = True) -> set[str]:
    """The modules that a module imports somewhere, without those of its own package; `calls` says whether to look for
    calls of `__import__`, too."""
    found: set[str] = set()
    for node in ast.walk(tree) if calls else _statements(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}  # which may be a module
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            found |= {each.value for each in node.args if isinstance(each, ast.Constant) and type(each.value) is str}
    return found


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """The statements below a node, without their expressions: a tenth of all that `ast.walk` comes to."""
    waiting = [tree]
    for node in waiting:
        yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, name, ())


def preload(names: Collection[str]) -> None:
    """Import these modules once for all, as far as they are here."""
    for name in sorted(names):
        with suppress(ImportError):
            importlib.import_module(name)
