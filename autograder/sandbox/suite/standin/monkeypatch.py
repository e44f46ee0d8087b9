"""`monkeypatch`: what a test changes for itself alone, as pytest has it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

_NOTHING: Any = object()


class MonkeyPatch:
    """Changes attributes, entries and variables, and changes them back in the end."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    @classmethod
    @contextmanager
    def context(cls) -> Iterator[MonkeyPatch]:
        """One that changes all back where a block ends."""
        patch = cls()
        try:
            yield patch
        finally:
            patch.undo()

    def setattr(self, target: Any, name: Any, value: Any = _NOTHING, raising: bool = True) -> None:
        """Set an attribute: of an object, by name; or by a whole dotted path."""
        if value is _NOTHING:
            target, name, value = *_place(target), name
        old = getattr(target, name, _NOTHING)
        if raising and old is _NOTHING:
            raise AttributeError(f"{target!r} has no attribute {name!r}")
        if isinstance(target, type):
            old = vars(target).get(name, _NOTHING)
        self._undo.append(lambda: delattr(target, name) if old is _NOTHING else setattr(target, name, old))
        setattr(target, name, value)

    def delattr(self, target: Any, name: Any = _NOTHING, raising: bool = True) -> None:
        """Delete an attribute: of an object, by name; or by a whole dotted path."""
        if name is _NOTHING:
            target, name = _place(target)
        if not hasattr(target, name):
            if raising:
                raise AttributeError(name)
            return
        old = vars(target).get(name, _NOTHING) if isinstance(target, type) else getattr(target, name)
        self._undo.append(lambda: None if old is _NOTHING else setattr(target, name, old))
        delattr(target, name)

    def setitem(self, dic: MutableMapping[Any, Any], name: Any, value: Any) -> None:
        """Set the entry of a dictionary."""
        self._keep(dic, name)
        dic[name] = value

    def delitem(self, dic: MutableMapping[Any, Any], name: Any, raising: bool = True) -> None:
        """Delete the entry of a dictionary."""
        if name not in dic:
            if raising:
                raise KeyError(name)
            return
        self._keep(dic, name)
        del dic[name]

    def _keep(self, dic: MutableMapping[Any, Any], name: Any) -> None:
        old = dic.get(name, _NOTHING)
        self._undo.append(lambda: dic.pop(name, None) if old is _NOTHING else dic.update({name: old}))

    def setenv(self, name: str, value: Any, prepend: str | None = None) -> None:
        """Set a variable of the environment."""
        if prepend and name in os.environ:
            value = f"{value}{prepend}{os.environ[name]}"
        self.setitem(os.environ, name, str(value))

    def delenv(self, name: str, raising: bool = True) -> None:
        """Delete a variable of the environment."""
        self.delitem(os.environ, name, raising)

    def syspath_prepend(self, path: Any) -> None:
        """Have imports look here first."""
        old = list(sys.path)
        self._undo.append(lambda: sys.path.__setitem__(slice(None), old))
        sys.path.insert(0, str(path))

    def chdir(self, path: Any) -> None:
        """Work in another folder."""
        old = os.getcwd()
        self._undo.append(lambda: os.chdir(old))
        os.chdir(path)

    def undo(self) -> None:
        """Change all back."""
        while self._undo:
            self._undo.pop()()


def _place(path: str) -> tuple[Any, str]:
    """The object and the attribute that a dotted path names."""
    if not isinstance(path, str) or "." not in path:
        raise TypeError(f"must be absolute import path string, not {path!r}")
    above, _, name = path.rpartition(".")
    parts = above.split(".")
    found: Any = importlib.import_module(parts[0])
    for place, part in enumerate(parts[1:], 2):
        found = getattr(found, part, _NOTHING)
        if found is _NOTHING:
            found = importlib.import_module(".".join(parts[:place]))
    return found, name
