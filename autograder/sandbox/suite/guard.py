"""Keep tests from reading the package that they run on: its code, and what else this process knows.

Its source is nowhere, so that what is left are the ways from an object to its code: by attributes and frames, by
modules that look into the interpreter or into memory, and by programs that do so. Python tells a hook of most of them
before they happen, and this one refuses; what it is not told of is taken away. No hook can be removed, and this one is
reached by nothing: it stands in no module, and asks no name that others could give a new meaning.

This holds against Python code. Whoever finds a way to make Python read memory by a fault of its own is not stopped
here, nor who finds numpy, which reads any memory, on a package that needs it; what they could win are the points of
their own suite.
"""

from __future__ import annotations

import gc
import os
import sys
import types
from collections.abc import Callable, Collection
from contextlib import suppress
from importlib.machinery import FrozenImporter, ModuleSpec, PathFinder
from random import Random
from typing import Any

from autograder.sandbox.suite.depriving import MODULES, Deprivation, words
from autograder.sandbox.suite.packages import preload

CodeOf = Callable[[types.FunctionType], types.CodeType]


# Attributes that lead to code, or to frames, which do.
_ATTRIBUTES = words("__code__ f_code tb_frame gi_code gi_frame cr_code cr_frame ag_code ag_frame f_generator")
_TOLD = words("object.__getattr__ object.__setattr__ object.__delattr__")
# What Python tells of and nobody may do.
_EVENTS = words(
    "sys._getframe sys._current_frames sys._current_exceptions sys.settrace sys.setprofile sys.addaudithook",
    "sys.remote_exec sys.set_asyncgen_hooks_firstiter sys.set_asyncgen_hooks_finalizer",
    "gc.get_objects gc.get_referrers gc.get_referents code.__new__ marshal.load marshal.loads marshal.dumps",
    "os.fork os.forkpty os.exec os.posix_spawn os.spawn os.system os.startfile os.kill os.killpg subprocess.Popen",
    "pty.spawn signal.pthread_kill mmap.__new__ _thread.start_new_thread _thread.start_joinable_thread",
)
# Of Python's library what is no file in Python, or needs one that is not, and does no harm: nobody could load it later.
_NATIVE = words(
    "binascii bz2 contextvars grp hashlib lzma pwd pyexpat runpy subprocess unicodedata xml.etree.ElementTree",
    "zipimport zlib",
)
_FAMILIES = ("ctypes.", "sys.monitoring.", "cpython.", "socket.", "fcntl.", "syslog.", "winreg.", "msvcrt.")
_SMALL = range(16, 513, 16)  # bytes of what Python keeps together by size


class Guard:
    """Made before tests run, in the process that starts those in which they do."""

    def __init__(self) -> None:
        preload({"ctypes", *_NATIVE})
        self._folders = tuple({os.path.dirname(path) + os.sep for path in (os.__file__, os.path.realpath(os.__file__))})
        self._deprivation = Deprivation()
        gc.collect()
        with suppress(Exception):
            sys.modules["ctypes"].CDLL(None).malloc_trim(0)  # what is free goes back to the kernel, which wipes it

    def shut(self, uses: Collection[str]) -> CodeOf:
        """From now on refuse; libraries that the package `uses` stay. Returns what still reads the code of a function,
        which must be kept in a frame."""
        self._deprivation.impose(uses)
        sys.meta_path[1:] = [FrozenImporter, _library(self._folders)]
        sys.implementation.cache_tag = None  # type: ignore[assignment]  # source is compiled: no code comes of data
        allowed: list[Any] = [None]
        sys.addaudithook(_hook(allowed, self._folders))
        kind, plain, wrong = type, types.FunctionType, TypeError

        def code_of(function: types.FunctionType) -> types.CodeType:
            if kind(function) is not plain:
                raise wrong
            allowed[0] = function
            try:
                return function.__code__
            finally:
                allowed[0] = None

        return code_of


def _hook(allowed: list[Any], folders: tuple[str, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    told, events, attributes, families, modules = _TOLD, _EVENTS, _ATTRIBUTES, _FAMILIES, MODULES
    kind, text, number, refused, unreadable, absent = type, str, int, ValueError, PermissionError, ModuleNotFoundError
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in told:
            if args[1] in attributes and args[0] is not allowed[0]:
                raise refused("tests do not look into what they test")
        elif event == "open":
            path, _, flags = args
            if kind(path) is not text or ".." in path or not path.startswith(folders):
                raise unreadable(13, "tests open no files")
            if kind(flags) is number and flags & writing:
                raise unreadable(13, "tests write no files")
        elif event == "import":
            if args[0].partition(".")[0] in modules:
                raise absent("tests have no such module")
        elif event in events or event.startswith(families):
            raise refused("tests have no use for " + event)

    return hook


def _library(folders: tuple[str, ...]) -> Any:
    """A finder for Python's own library, as far as it is written in Python."""
    names, banned, found_in = sys.stdlib_module_names, MODULES, [folder.rstrip(os.sep) for folder in folders]

    class Library:
        @classmethod
        def find_spec(cls, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
            top = name.partition(".")[0]
            known = (top in names and top not in banned) or top.startswith("_sysconfigdata_")  # which has a platform's
            return PathFinder.find_spec(name, path or found_in, target) if known else None

    return Library


def junk() -> list[Any]:
    """Things of many sizes, some of which are gone again: where new ones come to lie tells nothing. They
    are made before anything else is, and kept."""
    chance = Random(os.urandom(16))
    made: list[Any] = [bytes(size - 34) for size in _SMALL if size > 34 for _ in range(chance.randrange(4, 40))]
    made += [[None] * chance.randrange(8) for _ in range(chance.randrange(100, 400))]
    made += [kind() for kind in (object, chance.random, dict, list) for _ in range(chance.randrange(200, 900))]
    # Of each size that small objects have, so that the next of any kind lies somewhere else.
    made += [bytes(size - 33) for size in range(48, 513, 16) for _ in range(chance.randrange(300))]
    made += [bytes(chance.randrange(600, 5000)) for _ in range(chance.randrange(10, 40))]
    half, draw = len(made) // 2, chance.random
    for place in range(half):  # a shuffle, of those alone that go: this is done for each run of a suite
        other = place + int(draw() * (len(made) - place))
        made[place], made[other] = made[other], made[place]
    del made[:half]
    return made
