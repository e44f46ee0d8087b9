"""The first run of a suite, on a right package: which tests there are, which hang, and what those say that fail.

It writes lines of JSON. Whoever reads them takes them for what the students' code says of itself.
"""

from __future__ import annotations

import json
import linecache
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.sandbox.suite.files import SuiteFile, Unreadable
from autograder.sandbox.suite.inside import Key, collected
from autograder.sandbox.suite.standin.collecting import Reader
from autograder.sandbox.suite.standin.performing import Performer

MOST = 200  # tests
TEXT = 1 << 20  # bytes of lines
_LONG = 300  # characters of what is told


@dataclass
class Rehearsal:
    """What is known of a suite once it has run: by file its tests, each with its id, or why it cannot be imported."""

    files: Sequence[SuiteFile]
    tests: list[list[tuple[Key, str]] | None] = field(default_factory=list)
    unreadable: dict[str, Unreadable] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    hung: set[tuple[int, Key]] = field(default_factory=set)
    done: set[tuple[int, Key]] = field(default_factory=set)
    begun: tuple[int, Key] | None = None  # the test that runs; a file that is imported is no test
    importing: int = -1

    def __post_init__(self) -> None:
        self.tests = [None] * len(self.files)

    def take(self, line: bytes) -> None:
        """Note what a line says, if it says anything."""
        try:
            record = json.loads(line)
            kind, place = record["kind"], int(record["file"])
            if not 0 <= place < len(self.files):
                return
            if kind == "import":
                self.importing, self.begun = place, None
            elif kind == "unreadable":
                self._lose(place, Unreadable("raised", str(record["text"])[: 2 * _LONG]))
            elif kind == "tests":
                self.importing = -1
                if self.tests[place] is None:
                    self.tests[place] = [((str(n), int(i)), str(id)[:_LONG]) for n, i, id in record["tests"]]
            elif kind == "begin":
                self.begun = place, (str(record["name"]), int(record["number"]))
            elif kind == "end" and self.begun:
                self.done.add(self.begun)
                if record["said"]:
                    self.said[record["id"]] = str(record["said"])[: 2 * _LONG]
                self.begun = None
        except (ValueError, KeyError, TypeError, RecursionError):
            return

    def ended(self, hung: bool) -> None:
        """The process has ended before it was through."""
        if self.importing >= 0:
            self._lose(self.importing, Unreadable("endless" if hung else "ended"))
            self.importing = -1
        elif self.begun:
            self.done.add(self.begun)
            if hung:
                self.hung.add(self.begun)
            self.begun = None

    def _lose(self, place: int, why: Unreadable) -> None:
        self.unreadable[self.files[place].name] = why
        self.tests[place] = []
        self.importing = -1


def rehearse(
    files: Sequence[SuiteFile], known: Rehearsal,
    reader: Reader, write: Callable[[bytes], Any], begin: Callable[[], Any],
) -> None:  # fmt: skip
    """Import the files and run their tests, but not those that are done, and write lines about all of that."""
    dumps = json.dumps

    def tell(kind: str, place: int, **more: Any) -> None:
        write(dumps({"kind": kind, "file": place, **more}).encode() + b"\n")

    errors: list[BaseException] = []
    performer = Performer(lambda test, error: errors.append(error))
    left = MOST
    for place, file in enumerate(files):
        if file.name in known.unreadable:
            continue
        tell("import", place)
        begin()
        try:
            tests = collected(file, reader)
        except BaseException as error:
            tell("unreadable", place, text=_said(error, files))
            continue
        tell("tests", place, tests=[[*key, test.id] for key, test in tests.items()])
        for key, test in list(tests.items())[: max(left, 0)]:
            left -= 1
            if (place, key) in known.done:
                continue
            tell("begin", place, name=key[0], number=key[1])
            begin()
            performer.perform(test)
            said = _said(errors.pop(), files) if errors else ""
            tell("end", place, id=f"{file.name}::{test.id}", said=said)
    performer.leave()


def _said(error: BaseException, files: Iterable[SuiteFile]) -> str:
    """What was raised, and at which line of the suite."""
    try:
        kind, text = type(error).__name__, str(error).split("\n")[0][:_LONG]
        place = code = ""
        step = error.__traceback__
        while step is not None:
            for file in files:
                if step.tb_frame.f_code.co_filename == file.path:
                    place = f"{file.name}:{step.tb_lineno}"
                    code = linecache.getline(file.path, step.tb_lineno).strip()[:_LONG]
            step = step.tb_next
        if isinstance(error, AssertionError) and not text:
            text = code
        kind = "" if kind in ("Failed", "Unsupported") else kind
        return ": ".join(filter(None, (kind, text))) + (f" ({place})" if place else "")
    except BaseException:
        return type(error).__name__


def chosen(rehearsal: Rehearsal) -> tuple[list[list[tuple[Key, str]]], int]:
    """The tests that are run, by file, and how many there are beyond them."""
    found: list[list[tuple[Key, str]]] = []
    left, more = MOST, 0
    for tests in rehearsal.tests:
        found.append((tests or [])[:left])
        more += len((tests or [])[left:])
        left -= len(found[-1])
    return found, more


def names(file: SuiteFile, tests: Collection[tuple[Key, str]], secret: bool) -> list[str]:
    """What tests are called: by their own ids, or where these might tell what nobody is to know, by their functions
    and numbers."""
    if not secret:
        return [f"{file.name}::{id}" for _, id in tests]
    several = {name for (name, number), _ in tests if number}
    found = []
    for (name, number), _ in tests:
        known = all(part in file.defined for part in name.split("::"))
        found.append(f"{file.name}::{name if known else 'test'}" + (f"[{number}]" if name in several else ""))
    return found
