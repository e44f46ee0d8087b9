"""The files of a suite: compiled once, and what they define."""

from __future__ import annotations

import ast
import os
import sys
import types
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from autograder.sandbox.inside.finder import Finder
from autograder.sandbox.suite.depriving import words
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
    """Why a file is not run."""

    name: str
    text: str
    line: int
    syntax: bool = False

    def told(self, secret: bool) -> str:
        """The same as text; of a secret run, without what the file itself says."""
        if secret and self.syntax:
            return f"syntax, line {self.line}" if self.line else "syntax"
        return f"{self.text} ({self.name}:{self.line})" if self.line else self.text


def read(root: str, names: Sequence[str], package: str) -> tuple[list[SuiteFile], dict[str, Unreadable]]:
    """The files that are there, and why others are not Python: what is wrong, and the line."""
    found: list[SuiteFile] = []
    unreadable: dict[str, Unreadable] = {}
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
            unreadable[name] = Unreadable(name, str(error.msg), error.lineno or 0, syntax=True)
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            unreadable[name] = Unreadable(name, str(error) or type(error).__name__, 0, syntax=True)
        else:
            if strange := _strange(tree, {package, *Finder.libraries, *(name.removesuffix(".py") for name in names)}):
                text = f"it imports {strange[0]}, which is not here: write down the numbers that are right"
                unreadable[name] = Unreadable(name, text, strange[1])
                continue
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            defined = frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))
            found.append(SuiteFile(name, path, code, defined, frozenset(imported(tree) & HARMLESS)))
    return found, unreadable


def _strange(tree: ast.Module, here: Collection[str]) -> tuple[str, int] | None:
    """The first import of a library that is not here, and its line; who knows what to do without it may ask for it."""
    for node in tree.body:
        for each in imported(node) if isinstance(node, ast.Import | ast.ImportFrom) else ():
            top = each.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in {"pytest", *here}:
                return top, node.lineno
    return None
