"""The outlines of the reports in a results folder: what tables, statistics and the page of the class take from each, so
that for these no report is read again.

They are one file. An outline stands for its report as long as that file looks from outside as it did when it was read:
whoever changes a file changes its time of change, which no program can set. It is left alone where a file system's
clock has whole seconds, in which a file may change twice and look the same. A report that is damaged, edited, missing
or another process's is read, as it is without any outlines.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from autograder.explanation import Explanation
from autograder.files import written
from autograder.report import ItemResult, Report
from autograder.report.files import answer
from autograder.report.text import WRONG

FILE = ".outlines.json"
_PASSED = Explanation()
_NEEDED = ("id", "assignment", "title", "points", "earned", "status")
_SECOND = 10**9
_DIGEST = 16
_SOURCES = (
    "../__init__.py",
    "../late.py",
    "../files.py",
    "outlines.py",
    "../../explanation.py",
)  # what an outline is made by


class Outline(NamedTuple):
    """An outline, what the file looked like, the digest of its bytes, and which items have a graph to draw."""

    report: Report
    looks: str
    digest: str
    drawn: tuple[str, ...]


class Outlines:
    """The outlines of a results folder: those found there, and those of what was read or written since."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._file = folder / FILE
        self._shared: dict[Any, Any] = {}  # what a class has in common is there once
        self._new: set[str] = set()
        self._kept = self._read_file()

    def get(self, student: str) -> Outline | None:
        """The outline of a report, if that is still the file that it was made of."""
        kept = self._kept.get(student)
        with contextlib.suppress(OSError):
            if kept and kept.looks and kept.looks == _looks(os.stat(f"{self._folder}/{student}/report.json")):
                return kept
        return None

    def read(self, student: str) -> tuple[Report, Outline]:
        """A report, and its outline, which is kept. Raises OSError, ValueError, TypeError, KeyError or AttributeError
        for what is none."""
        text, looks = self._bytes(student)
        report = Report.from_dict(json.loads(text))
        return report, self._keep(student, report, text, looks)

    def just_written(self, report: Report) -> Outline:
        """The outline of a report that has just been written, which is kept. Raises OSError."""
        return self._keep(report.student, report, *self._bytes(report.student))

    def _bytes(self, student: str) -> tuple[bytes, str]:
        """What is in the file of a report, and how that looked before it was read."""
        with open(f"{self._folder}/{student}/report.json", "rb") as file:
            looks = _looks(os.fstat(file.fileno()))
            return file.read(), looks

    def _keep(self, student: str, report: Report, text: bytes, looks: str) -> Outline:
        drawn = tuple(item.id for item in report.items if (item.counterexample or {}).get("graph"))
        kept = self._kept[student] = Outline(self.of(report), looks, hashlib.sha256(text).hexdigest(), drawn)
        self._new.add(student)
        return kept

    def of(self, report: Report) -> Report:
        """The outline of any report; of an outline itself."""
        return self._sharing(report, map(self._item, report.items))

    def forget(self, student: str) -> None:
        """Know nothing of a student's report any more."""
        self._kept.pop(student, None)
        self._new.add(student)

    def save(self) -> None:
        """Write the file, with what other processes have written of other students. The caller holds the lock of the
        folder."""
        if self._new:
            theirs = {student: each for student, each in self._read_file().items() if student not in self._new}
            with written(self._file) as file:
                file.writelines(line.encode("ascii") + b"\n" for line in _lines({**theirs, **self._kept}))
            self._new.clear()

    def _read_file(self) -> dict[str, Outline]:
        items: list[ItemResult] = []
        found = {}
        share = self._shared.setdefault
        damage = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError)
        with contextlib.suppress(*damage), self._file.open("rb") as file:
            if file.readline().decode().strip() != _version():
                return {}
            for line in file:
                data = json.loads(line)
                if isinstance(data, dict):
                    items.append(_verdict(data))
                else:
                    student, looks, digest, drawn, numbers, about = data
                    about.update(items=(), exam=share(about["exam"], about["exam"]))
                    about["sandbox"] = share(tuple(about["sandbox"]), about["sandbox"])
                    report = Report.from_dict(about)
                    report.items.extend([items[number] for number in numbers])
                    found[student] = Outline(report, looks, digest, tuple(drawn))
            return found
        return {}  # there is none, or it is damaged: reports are read

    def _sharing(self, report: Report, items: Iterable[ItemResult]) -> Report:
        share = self._shared.setdefault
        return replace(
            report, items=[*items], exam=share(report.exam, report.exam),
            sandbox=share(tuple(report.sandbox), report.sandbox),
        )  # fmt: skip

    def _item(self, item: ItemResult) -> ItemResult:
        """A verdict without what only the student's own files need. Where wrong answers have no name, a digest stands
        for what alike ones have in common."""
        why = _reason(item)
        alike = (item.status in WRONG and not item.diagnosis and answer(item)) or ""
        if len(alike) > _DIGEST and alike != why.sentence:
            alike = hashlib.sha256(alike.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGEST]
        example = {"alike": alike} if alike and alike != why.sentence else None
        place = (None, None) if item.status == "passed" else (item.file or None, item.line)
        mistake = item.diagnosis or None
        facts = (item.id, item.assignment, item.title, item.points, item.earned, item.status, mistake, *place)
        key = (*facts, item.bonus, why, alike)
        if key not in self._shared:
            id, assignment, title, points, earned, status, diagnosis, file, line = facts
            self._shared[key] = ItemResult(
                id, assignment, title, points, earned, status, counterexample=example, diagnosis=diagnosis, file=file,
                line=line, explanation=why, bonus=item.bonus,
            )  # fmt: skip
        return self._shared[key]


def _reason(item: ItemResult) -> Explanation:
    """What the class's faces say of an explanation: its sentence in one piece, without frames and parts."""
    why = item.explanation
    if why == _PASSED or item.status == "ungraded" or why.waits or why.invalid or why.unimported:
        return why
    return Explanation(why.sentence, mistake=why.mistake, advice=why.advice, whole=why.whole, absent=why.absent)


def _lines(outlines: dict[str, Outline]) -> Iterator[str]:
    """The file: what it was made by, and a line a report, which gives verdicts by number. Before it stand those that no
    line above has, each on a line of its own."""
    numbers: dict[int, int] = {}  # by identity: alike ones are one
    yield _version()
    for student, (report, looks, digest, drawn) in sorted(outlines.items()):
        for item in report.items:
            if id(item) not in numbers:
                numbers[id(item)] = len(numbers)
                yield json.dumps(_data(item))
        about = replace(report, items=[]).as_dict()
        del about["items"]
        yield json.dumps([student, looks, digest, drawn, [numbers[id(item)] for item in report.items], about])


def _data(item: ItemResult) -> dict[str, Any]:
    """A verdict as plain data, without what is as it is where nothing is said."""
    facts = {**vars(item), "explanation": item.explanation.as_dict()}
    return {name: value for name, value in facts.items() if value or name in _NEEDED}


def _verdict(data: dict[str, Any]) -> ItemResult:
    """The inverse."""
    return ItemResult(**{**data, "explanation": Explanation.from_dict(data.get("explanation", {}))})


def _looks(found: os.stat_result) -> str:
    """How a file looks from outside; empty where that does not tell whether it is the same."""
    if found.st_ctime_ns % _SECOND == 0:
        return ""
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


@cache
def _version() -> str:
    """The content address of the code that makes outlines."""
    here = Path(__file__).parent
    return hashlib.sha256(b"\0".join((here / name).read_bytes() for name in _SOURCES)).hexdigest()
