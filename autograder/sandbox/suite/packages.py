"""The packages that tests are tried on: compiled once, and put where imports find them, one after the other."""

from __future__ import annotations

import importlib
import sys
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
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
        self._known: dict[tuple[str, str], types.CodeType] = {}

    def codes(self, files: Mapping[str, str]) -> Codes:
        """The code of a package, by names of modules, from its sources by names of files."""
        found = {}
        for file, source in {"__init__.py": "", **files}.items():
            parts = [self._package, *file.removesuffix(".py").split("/")]
            is_package = parts[-1] == "__init__"
            found[".".join(parts[: -1 if is_package else None])] = self._compiled(file, source), is_package
        return found

    def _compiled(self, file: str, source: str) -> types.CodeType:
        key = file, source
        if key not in self._known:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._known[key] = compile(source, f"<{self._package}/{file}>", "exec", dont_inherit=True, optimize=2)
        return self._known[key]


class Package:
    """One of the packages: of `codes`, or the student's own below `root`; `patch` is then called with it."""

    def __init__(self, name: str, codes: Codes | None, root: str = "", patch: Callable[[Any], Any] | None = None):
        self._name, self._codes, self._root, self._patch = name, codes, root, patch

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
            found.append(Package(name, compiler.codes(each["files"])))
        else:
            patch = each.get("patch") or None
            found.append(Package(name, None, root, find(patch) if isinstance(patch, str) else patch))
    return found
