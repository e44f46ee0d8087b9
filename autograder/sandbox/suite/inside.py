"""The suite on one package: its files are imported anew, and its tests run, here in this process."""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograder.sandbox.suite.files import SuiteFile
from autograder.sandbox.suite.packages import CodeFinder
from autograder.sandbox.suite.standin import pytest_module
from autograder.sandbox.suite.standin.collecting import Reader, Test, collect
from autograder.sandbox.suite.standin.performing import FAILED, HUNG, Performer

Key = tuple[str, int]  # of a test in its file: its name, and which of the cases


def prepare(files: Sequence[SuiteFile]) -> None:
    """Have imports find pytest, or what stands in for it, and the files of the suite."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("pytest", "_pytest")]:
        del sys.modules[name]
    sys.modules["pytest"] = pytest_module.made()
    for each in files:
        sys.modules.pop(each.module, None)
    sys.meta_path.insert(0, CodeFinder({each.module: (each.code, False) for each in files}))


def collected(file: SuiteFile, reader: Reader) -> dict[Key, Test]:
    """The tests of a file, which is imported for them unless another one has imported it."""
    module = sys.modules.get(file.module)
    if module is None:
        module = sys.modules[file.module] = types.ModuleType(file.module)
        module.__file__ = file.path
        exec(file.code, vars(module))
    found: dict[Key, Test] = {}
    count: dict[str, int] = {}
    for test in collect(module, reader):
        number = count[test.name] = count.get(test.name, -1) + 1
        found[test.name, number] = test
    return found


def perform(
    files: Sequence[SuiteFile], wanted: Sequence[Sequence[Key]], hung: Collection[tuple[int, Key]],
    reader: Reader, write: Callable[[bytes], Any], begin: Callable[[], Any],
) -> None:  # fmt: skip
    """Run the wanted tests of each file, but not those that `hung`. A "+" is written when a file has been imported,
    and a letter as each test ends; `begin` is called before each of these."""
    performer = Performer()
    for place, (file, keys) in enumerate(zip(files, wanted, strict=True)):
        if all((place, key) in hung for key in keys):
            write(HUNG.encode() * len(keys))
            continue
        begin()
        try:
            tests = collected(file, reader)
        except BaseException:
            tests = {}
        write(b"+")
        for key in keys:
            begin()
            if (place, key) in hung:
                write(HUNG.encode())
            else:
                write((performer.perform(tests[key]) if key in tests else FAILED).encode())
    performer.leave()


@contextmanager
def borrowed(own: Collection[str]) -> Iterator[None]:
    """Leave builtins, streams and imports as they were; of what is imported meanwhile forget the `own` modules."""
    modules, finders, path = dict(sys.modules), list(sys.meta_path), list(sys.path)
    names, streams = dict(vars(builtins)), (sys.stdout, sys.stderr)
    try:
        yield
    finally:
        vars(builtins).update(names)
        for name in [name for name in sys.modules if name.partition(".")[0] in own]:
            del sys.modules[name]
        sys.modules.update(modules)
        sys.meta_path[:], sys.path[:] = finders, path
        sys.stdout, sys.stderr = streams
