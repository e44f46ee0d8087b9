"""Try a suite of tests on packages, of which some are right and others have a mistake each."""

from __future__ import annotations

import functools
import gc
import random
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from autograder.sandbox.suite import files as suite_files
from autograder.sandbox.suite import inside
from autograder.sandbox.suite.children import Child
from autograder.sandbox.suite.guard import Guard, junk
from autograder.sandbox.suite.inside import Key
from autograder.sandbox.suite.packages import Package, modules, packages, preload
from autograder.sandbox.suite.rehearsing import TEXT, Rehearsal, chosen, rehearse
from autograder.sandbox.suite.rehearsing import names as called
from autograder.sandbox.suite.standin.collecting import Reader, code_of
from autograder.sandbox.suite.standin.performing import FAILED, HUNG, PASSED, SKIPPED

Work = Callable[..., None]  # is given what reads parameters, what writes, and what begins a step
_LETTERS = frozenset(f"{PASSED}{FAILED}{HUNG}{SKIPPED}".encode())
_HANGS = 2  # tests that hang on a wrong package, after which the package is to blame
_AGAIN = 2  # right packages on which a test hangs or dies, after which it is not run again
_STARTS = 12  # processes that a rehearsal may cost


def try_suite(
    root: str, names: Sequence[str], package: str, specimens: Sequence[Mapping[str, Any]], *,
    secret: bool, fork: bool, rounds: int = 2,
) -> dict[str, Any]:  # fmt: skip
    """Run the tests in the files `names` of the folder `tests` below `root` on each of the specimens, in several
    rounds; how each test ended on each is told in letters: . passed, F failed, H hung, S skipped.

    A specimen has a `group` ("" is right), the `files` of a package by name, or none for the student's own below
    `root`, and then the place of a function, `patch`, that is called with it. All are installed as `package`.

    With `fork`, each run is in a process of its own, in an order that nobody can foresee; and where the specimens are
    `secret`, the tests cannot read them there. Without, nothing is kept from them, and nothing ends those that hang.
    """
    if secret and fork and any(name.partition(".")[0] == package for name in sys.modules):
        raise RuntimeError(f"{package} is imported already, in the process that knows what nobody is to read")
    found, broken = suite_files.read(root, names, package, modules(package, root, specimens))
    trials = packages(package, root, specimens)
    right = [not each.get("group") for each in specimens]
    preload({each for file in found for each in file.imports})
    suite = _Suite(found, package, trials, right, secret, fork)
    rehearsal = suite.rehearsed(right.index(True) if True in right else 0)
    tests, more = chosen(rehearsal)
    outcomes: dict[str, list[str]] = {str(index): [""] * rounds for index in range(len(trials))}
    jobs = [(index, turn) for turn in range(rounds) for index in range(len(trials))]
    random.SystemRandom().shuffle(jobs)
    for index, turn in jobs:
        outcomes[str(index)][turn] = suite.run(index, tests, rehearsal.hung)
    unreadable = {name: each.told(secret) for name, each in (broken | rehearsal.unreadable).items()}
    ids = [id for file, each in zip(found, tests, strict=True) for id in called(file, each, secret)]
    result = {"tests": ids, "outcomes": outcomes, "unreadable": unreadable,
              "said": {} if secret else {id: text for id, text in rehearsal.said.items() if id in ids}}  # fmt: skip
    return {**result, "more": more} if more else result


class _Suite:
    """A suite, the packages that it is tried on, and which of these are right."""

    def __init__(self, files: Sequence[suite_files.SuiteFile], package: str, trials: Sequence[Package],
                 right: Sequence[bool], secret: bool, fork: bool):  # fmt: skip
        self._files, self._trials, self._right = files, trials, right
        self._fork = fork
        self._own = {package, "pytest", *(file.module for file in files)}
        self._hung: list[set[tuple[int, Key]]] = [set() for _ in trials]  # of each package, the tests that hung on it
        self._lost: dict[tuple[int, Key], set[int]] = {}  # by test, the right packages on which it hung or died
        self._guard = Guard() if secret and fork else None
        if fork:
            gc.collect()
            gc.freeze()

    def rehearsed(self, index: int) -> Rehearsal:
        """What the tests say of themselves on one package."""
        rehearsal = Rehearsal(self._files)
        if not self._files or not self._trials:
            return rehearsal
        work = functools.partial(rehearse, self._files, rehearsal)
        if not self._fork:
            self._here(index, work, rehearsal.take)
            return rehearsal
        for _ in range(_STARTS):
            child = self._child(index, work)
            text = bytearray()
            while (part := child.read()) and len(text) < TEXT:
                text += part
            child.end()
            for line in bytes(text).split(b"\n"):
                rehearsal.take(line)
            if rehearsal.importing < 0 and rehearsal.begun is None:
                break
            rehearsal.ended(child.hung)
        return rehearsal

    def run(self, index: int, tests: Sequence[Sequence[tuple[Key, str]]], hung: Collection[tuple[int, Key]]) -> str:
        """A letter for each test on one package."""
        order = [(place, key) for place, each in enumerate(tests) for key, _ in each]
        letters = bytearray()
        hung = {*hung, *(test for test, where in self._lost.items() if len(where) >= _AGAIN), *self._hung[index]}
        hangs = 0
        while len(letters) < len(order):
            begin = len(letters)
            wanted = [[key for key, _ in each] for each in tests]
            first, key = order[begin]
            wanted[:first] = [[]] * first
            wanted[first] = wanted[first][wanted[first].index(key) :]
            work = functools.partial(inside.perform, self._files, wanted, hung)
            if not self._fork:
                self._here(index, work, letters.extend)
                letters = bytearray(byte for byte in letters if byte in _LETTERS)
                break
            imported, ended = self._letters(index, work, letters, len(order))
            if len(letters) >= len(order):
                break
            place = order[len(letters)][0]
            lost = [order[len(letters)]]
            if place not in {order[begin][0] + number for number in range(imported)} and len(letters) >= begin:
                lost = [each for each in order[len(letters) :] if each[0] == place]
            letters += (HUNG if ended else FAILED).encode() * len(lost)
            if ended:
                hangs += 1
                self._hung[index].update(lost)
            if self._right[index]:
                for test in lost:
                    self._lost.setdefault(test, set()).add(index)
            if hangs >= _HANGS and not self._right[index]:
                letters += HUNG.encode() * (len(order) - len(letters))
        return letters[: len(order)].decode()

    def _letters(self, index: int, work: Work, letters: bytearray, most: int) -> tuple[int, bool]:
        """Add the letters that a process writes. How many files it has imported, and whether it hung."""
        child = self._child(index, work)
        imported = 0
        while len(letters) < most and (part := child.read()):
            imported += part.count(b"+")
            letters += bytes(byte for byte in part if byte in _LETTERS)
        child.end()
        return imported, child.hung

    def _child(self, index: int, work: Work) -> Child:
        def whole(write: Any, begin: Any) -> None:
            rest = junk() if self._guard else []  # where there is something to hide
            inside.prepare(self._files)
            self._trials[index].install(self._guard is not None)
            read = self._guard.shut(self._trials[index].uses | self._own) if self._guard else code_of
            work(Reader(read), write, begin)
            del rest

        return Child(whole, self._guard is not None)

    def _here(self, index: int, work: Work, take: Any) -> None:
        with inside.borrowed(self._own):
            inside.prepare(self._files)
            self._trials[index].install(False)
            work(Reader(code_of), take, lambda: None)
