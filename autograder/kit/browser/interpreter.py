"""What student code may change of the process that it runs in, put back: the next check, and the grader itself, run in
the same one. It guards against accidents alone, such as a builtin that is called as a variable is."""

from __future__ import annotations

import builtins
import errno
import gc
import importlib
import io
import itertools
import linecache
import logging
import math
import operator
import os
import random
import signal
import sys
import time
import types
import warnings
from typing import Any, NoReturn

from autograder.sandbox.inside.absent import Absent
from autograder.sandbox.inside.finder import Finder
from autograder.sandbox.protocol import Limits

_MODULES = (builtins, sys, math, operator, random, itertools, os, os.path, io, time, gc, types, signal, importlib)


_BUILTINS = dict(vars(builtins))


class Ended(BaseException):
    """Code has asked that its process end, with this exit `code`."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


class Kept:
    """The process as it is now: `restore` makes it so again.

    Meanwhile what is printed is kept, up to so many bytes, and whoever would end the process, or make another, gets an
    exception.
    """

    def __init__(self, most: int = Limits().output) -> None:
        self._names = [(module, dict(vars(module))) for module in _MODULES]
        self._modules = dict(sys.modules)
        lists: tuple[list[Any], ...] = (sys.path, sys.meta_path, sys.path_hooks, sys.argv)
        self._lists = [(each, list(each)) for each in lists]
        self._filters = list(warnings.filters)
        self._log = logging.root.handlers[:], logging.root.level, dict(logging.root.manager.loggerDict)
        logging.root.handlers[:] = []  # one of theirs writes into the prints of its own run
        self._environment = dict(os.environ)
        self._folder = os.getcwd()
        self._recursion = sys.getrecursionlimit()
        self._random = random.getstate()
        self._collects = gc.isenabled()
        self._importer, self._note = Finder.importer, Absent.note
        self.prints = Prints(most)
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = self.prints  # type: ignore[misc]
        sys.dont_write_bytecode = False  # modules of one package are imported again and again
        sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BytesIO())  # type: ignore[misc]
        self.ended: int | None = None  # the exit code with which code would have ended the process
        os._exit = self._exit  # type: ignore[assignment]
        os.abort = lambda: self._exit(-signal.SIGABRT)
        os.kill = self._kill
        os.fork = _no_fork
        signal.raise_signal = lambda number: self._exit(-number)

    def restore(self, package: str) -> None:
        """Undo what was changed since; of what was imported since, only the `package` and what stands in for libraries
        is forgotten."""
        for module, names in self._names:
            _put_back(vars(module), names)
        sys.setrecursionlimit(self._recursion)
        for each, content in self._lists:
            each[:] = content
        for name, found in list(sys.modules.items()):
            if name not in self._modules and (_is_below(name, package) or not _is_library(name, found)):
                del sys.modules[name]
        sys.modules.update(self._modules)
        if dict(os.environ) != self._environment:
            _put_back(os.environ, self._environment)
        os.chdir(self._folder)
        warnings.filters[:] = self._filters  # type: ignore[index]
        logging.root.handlers[:], logging.root.level = self._log[:2]
        _put_back(logging.root.manager.loggerDict, self._log[2])
        random.setstate(self._random)
        Finder.importer, Absent.note = self._importer, self._note
        sys.path_importer_cache.clear()
        linecache.clearcache()
        if self._collects:
            gc.enable()

    def _exit(self, code: int = 0) -> NoReturn:
        self.ended = code if isinstance(code, int) else 1
        raise Ended(self.ended)

    def _kill(self, pid: int, number: int) -> None:
        if pid in (0, os.getpid()):
            self._exit(-number)
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))


def mend() -> None:
    """Put back the builtins, which whoever holds the clock uses, too."""
    _put_back(vars(builtins), _BUILTINS)


def forget(package: str) -> None:
    """Have the next import of the package read its files."""
    for name in [name for name in sys.modules if _is_below(name, package)]:
        del sys.modules[name]


def _is_below(name: str, package: str) -> bool:
    return name.partition(".")[0] == package


def _is_library(name: str, module: Any) -> bool:
    spec = getattr(module, "__spec__", None)
    return type(module) is types.ModuleType and getattr(spec, "name", None) == name


def _no_fork() -> NoReturn:
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def _put_back(names: Any, before: dict[str, Any]) -> None:
    for name in [name for name in names if name not in before]:
        del names[name]
    for name, value in before.items():
        if name not in names or names[name] is not value:
            names[name] = value


class Prints(io.TextIOWrapper):
    """A stream that keeps the beginning of what is printed."""

    def __init__(self, most: int) -> None:
        self._kept = _Beginning(most)
        super().__init__(io.BufferedWriter(self._kept), encoding="utf-8", errors="backslashreplace", write_through=True)

    def take(self) -> bytes:
        """What was printed since the last time."""
        self.flush()
        printed = bytes(self._kept.content)
        self._kept.content.clear()
        return printed

    def close(self) -> None:
        """Stay open: the next item prints, too."""


class _Beginning(io.RawIOBase):
    def __init__(self, most: int) -> None:
        self._most = most
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, some: Any) -> int:
        self.content += bytes(some)[: self._most - len(self.content)]
        return len(some)
