"""The files of a suite: compiled once, and what they define."""

from __future__ import annotations

import ast
import os
import sys
import types
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from autograder.sandbox.inside.finder import Finder
from autograder.sandbox.suite.depriving import MODULES, NEEDING, words
from autograder.sandbox.suite.packages import imported

FOLDER = "tests"
# Modules that suites may have imported before them, once for all: it takes time, and changes nothing.
HARMLESS = words(
    "abc array ast bisect cmath collections collections.abc contextlib copy csv dataclasses datetime decimal enum",
    "fractions functools gc heapq inspect io itertools json logging math numbers operator os os.path pathlib pickle",
    "pprint queue random re statistics string struct sys tempfile textwrap threading time timeit traceback types",
    "typing unittest unittest.mock warnings weakref",
)


@dataclass(frozen=True)
class SuiteFile:
    """A file of tests: its name, where it lies, its code, and the names of all functions and classes in it, and
    what it imports of modules that it takes no student's code to import once for all."""

    name: str
    path: str
    code: types.CodeType
    defined: frozenset[str]
    imports: frozenset[str]

    @property
    def module(self) -> str:
        return self.name.removesuffix(".py")


@dataclass(frozen=True)
class Unreadable:
    """Why a file is not run. What it says itself is told only where the run is no `secret`.

    The kinds: `syntax` and `raised` (what Python says), `absent` and `refused` (a library), `module` (of the package,
    imported without it), `unittest` (a class of tests), `endless` and `ended` (when it is imported)."""

    kind: str
    what: str = ""
    line: int = 0

    def told(self, secret: bool) -> tuple[str, str, int]:
        return self.kind, "" if secret and self.kind in ("syntax", "raised") else self.what, self.line


def read(
    root: str, names: Sequence[str], package: str, modules: Collection[str]
) -> tuple[list[SuiteFile], dict[str, Unreadable]]:
    """The files that are there, and why others are not run, as far as their text tells. The package has `modules`."""
    found: list[SuiteFile] = []
    unreadable: dict[str, Unreadable] = {}
    here = {package, "pytest", *(name.removesuffix(".py") for name in names)}
    for name in names:
        path = os.path.join(root, FOLDER, name)
        try:
            with open(path, "rb") as file:
                source = file.read()
        except OSError:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source, path)
                code = compile(source, path, "exec", dont_inherit=True, optimize=0)
        except SyntaxError as error:
            unreadable[name] = Unreadable("syntax", str(error.msg), error.lineno or 0)
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            unreadable[name] = Unreadable("syntax", str(error) or type(error).__name__)
        else:
            if odd := _strange(tree, here, modules) or _of_unittest(tree):
                unreadable[name] = odd
                continue
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            defined = frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))
            found.append(SuiteFile(name, path, code, defined, frozenset(imported(tree) & HARMLESS)))
    return found, unreadable


def _strange(tree: ast.Module, here: Collection[str], modules: Collection[str]) -> Unreadable | None:
    """The first import of what tests cannot have; who knows what to do without it may ask for it."""
    for node in _imports(tree):
        for top in sorted({each.partition(".")[0] for each in imported(node)}):
            if top in here:
                continue
            if top in MODULES or top in NEEDING or top in Finder.libraries:
                return Unreadable("refused", top, node.lineno)
            if top not in sys.stdlib_module_names and node in tree.body:
                return Unreadable("module" if top in modules else "absent", top, node.lineno)
    return None


def _imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Those that nothing catches, from the top."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not isinstance(child, ast.Try | ast.With):
            yield from _imports(child)


def _of_unittest(tree: ast.Module) -> Unreadable | None:
    """The first class of unittest's tests, which nobody would run here."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                if ast.unparse(base).rpartition(".")[2].endswith("TestCase"):
                    return Unreadable("unittest", node.name, node.lineno)
    return None
