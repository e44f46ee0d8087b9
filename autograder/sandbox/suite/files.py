"""The files of a suite: compiled once, and what they define."""

from __future__ import annotations

import ast
import os
import types
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

FOLDER = "tests"


@dataclass(frozen=True)
class SuiteFile:
    """A file of tests: its name, where it lies, its code, and the names of all functions and classes in it."""

    name: str
    path: str
    code: types.CodeType
    defined: frozenset[str]

    @property
    def module(self) -> str:
        return self.name.removesuffix(".py")


def read(root: str, names: Sequence[str]) -> tuple[list[SuiteFile], dict[str, tuple[str, int]]]:
    """The files that are there, and why others are not Python: what is wrong, and the line."""
    found, unreadable = [], {}
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
            unreadable[name] = str(error.msg), error.lineno or 0
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            unreadable[name] = str(error) or type(error).__name__, 0
        else:
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            defined = frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))
            found.append(SuiteFile(name, path, code, defined))
    return found, unreadable
