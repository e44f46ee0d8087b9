"""Import the package again when its files have changed, while a notebook goes on.

All of its modules are imported anew, together, so that there is one `Value` in all of them. What the notebook's names
stand for, and what it has made already, is then of the new code.
"""

from __future__ import annotations

import gc
import importlib
import io
import sys
from contextlib import redirect_stderr, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.project import PACKAGE
from autograder.student.watch.saves import state

Modules = dict[str, ModuleType]


class Reimporter:
    """Looks after the package in `folder`, for a notebook whose names are `namespace`."""

    def __init__(self, folder: Path, namespace: dict[str, Any]):
        self._folder = folder / PACKAGE
        self._namespace = namespace
        self._known = state(self._folder)
        self._stale: Modules = {}  # what could not be imported again so far

    def __call__(self, *_: object) -> None:
        """Import anew if a file has changed. What cannot be imported is left to the cell that does, which says why."""
        now = state(self._folder)
        if now == self._known:
            return
        self._known = now
        old = {**self._stale, **_loaded()}
        forget()
        new: Modules = {}
        for name in old:
            # Warnings are the student's to see where they import it, and no fault of the cell that runs now.
            with suppress(Exception, SystemExit), redirect_stderr(io.StringIO()):
                new[name] = importlib.import_module(name)
        self._stale = {name: module for name, module in old.items() if name not in new}
        renewed = {id(one): other for name in new for one, other in _pairs(old[name], new[name])}
        for name, value in list(self._namespace.items()):
            if id(value) in renewed:
                self._namespace[name] = renewed[id(value)]
        for thing in gc.get_objects():
            kind = renewed.get(id(type(thing)))
            if kind is not None:
                with suppress(TypeError):  # of another layout
                    object.__setattr__(thing, "__class__", kind)


def forget() -> None:
    """Let the next import of the package read its files."""
    for name in _loaded():
        del sys.modules[name]
    importlib.invalidate_caches()


def _loaded() -> Modules:
    return {name: module for name, module in sys.modules.items() if f"{name}.".startswith(f"{PACKAGE}.")}


def _pairs(old: ModuleType, new: ModuleType) -> list[tuple[Any, Any]]:
    """The module and what it defines, before and now."""
    own = [(name, value) for name, value in vars(old).items() if getattr(value, "__module__", None) == old.__name__]
    return [(old, new), *((value, vars(new)[name]) for name, value in own if name in vars(new))]
