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
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from autograder.files import written
from autograder.report import Report, Roll
from autograder.report.kept.shorthand import Shorthand

FILE = ".outlines.json"
DAMAGE = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError)
_SECOND = 10**9
_parsed = json.JSONDecoder().raw_decode
_LOOKS = 16  # digits of a digest
_SOURCES = (
    "../__init__.py",
    "../late.py",
    "../files.py",
    "outlines.py",
    "shorthand.py",
    "../../explanation.py",
)  # what an outline is made by


class Outline(NamedTuple):
    """An outline, the digest of its report's bytes, and which items have a graph to draw."""

    report: Report
    digest: str
    drawn: tuple[str, ...]


class Outlines:
    """The outlines of a results folder: those found there, and those of what was read or written since. Each is held
    as a record: how its file looked, the digest of that, what is drawn, and a line of shorthand, with tabs between."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._file = folder / FILE
        self._hand = Shorthand()
        self._new: set[str] = set()
        self._seen = _seen(self._file)
        self._kept = self._read_file(self._hand)

    def get(self, student: str) -> Outline | None:
        """The outline of a report, if that is still the file that it was made of."""
        kept = self._kept.get(student)
        with contextlib.suppress(*DAMAGE):
            looks = _looks(os.stat(f"{self._folder}/{student}/report.json")) if kept else ""
            if kept and looks and kept.startswith(looks.encode()):
                return self._outline(kept)
        return None

    def read(self, student: str) -> tuple[Report, Outline]:
        """A report, and its outline, which is kept. Raises OSError, ValueError, TypeError, KeyError or AttributeError
        for what is none."""
        text, looks = self._bytes(student)
        report = Report.from_dict(json.loads(text))
        return report, self._keep(student, report, text, looks)

    def just_written(self, report: Report) -> str:
        """Keep the outline of a report that has just been written; gives the digest of its bytes. Raises OSError."""
        return self._keep(report.student, report, *self._bytes(report.student)).digest

    def _bytes(self, student: str) -> tuple[bytes, str]:
        """What is in the file of a report, and how that looked before it was read."""
        with open(f"{self._folder}/{student}/report.json", "rb") as file:
            looks = _looks(os.fstat(file.fileno()))
            return file.read(), looks

    def _keep(self, student: str, report: Report, text: bytes, looks: str) -> Outline:
        drawn = [item.id for item in report.items if (item.counterexample or {}).get("graph")]
        about = f"{looks}\t{hashlib.sha256(text).hexdigest()}\t{json.dumps(drawn)}\t"
        self._kept[student] = about.encode() + self._hand.line(report)
        self._new.add(student)
        return self._outline(self._kept[student])

    def _outline(self, record: bytes) -> Outline:
        _, digest, drawn, line = record.split(b"\t")
        return Outline(self._hand.report(line), digest.decode(), tuple(_parsed(drawn.decode())[0]))

    def of(self, report: Report) -> Report:
        """The outline of any report; of an outline itself."""
        return self._hand.report(self._hand.line(report))

    def line(self, report: Report) -> bytes:
        """The line of a report that was just read from here or written, or of any other."""
        kept = self._kept.get(report.student)
        return kept or self._hand.line(report)

    def roll(self, lines: Mapping[str, bytes]) -> Roll:
        """The outlines of these lines, by student."""
        bare = (record.rpartition(b"\t")[2] for record in lines.values())
        return Roll(lambda record: self._hand.report(record.rpartition(b"\t")[2]), lines, self._hand.dated(bare))

    def forget(self, student: str) -> None:
        """Know nothing of a student's report any more."""
        self._kept.pop(student, None)
        self._new.add(student)

    def save(self) -> None:
        """Write the file, with what other processes have written of other students. The caller holds the lock of the
        folder."""
        if self._new:
            hand, to, done = Shorthand(), Shorthand(), 0
            theirs = {} if self._seen and self._seen == _seen(self._file) else self._read_file(hand)
            ours, others = self._hand.moved(to), hand.moved(to)
            with written(self._file) as file:
                file.write(f"{_version()}\n".encode())
                for student in sorted({*theirs} - self._new | {*self._kept}):
                    kept = self._kept.get(student)
                    about, tab, line = (kept or theirs[student]).rpartition(b"\t")
                    try:
                        line = (ours if kept else others)(line)
                    except DAMAGE:
                        continue
                    file.writelines(entry + b"\n" for entry in to.entries(done))
                    done = len(to)
                    file.write(json.dumps(student).encode() + b"\t" + about + tab + line + b"\n")
            self._seen = _seen(self._file)
            self._new.clear()

    def _read_file(self, hand: Shorthand) -> dict[str, bytes]:
        found = {}
        with contextlib.suppress(*DAMAGE), self._file.open("rb") as file:
            if file.readline().decode().strip() != _version():
                return {}
            for line in file:
                if line.startswith(b'"'):
                    student, _, record = line[:-1].partition(b"\t")
                    found[sys.intern(json.loads(student))] = record
                else:
                    hand.enter(line)
            return found
        return {}  # there is none, or it is damaged: reports are read


def _seen(file: Path) -> str:
    with contextlib.suppress(OSError):
        return _looks(os.stat(file))
    return ""


def _looks(found: os.stat_result) -> str:
    """How a file looks from outside; empty where that does not tell whether it is the same."""
    if found.st_ctime_ns % _SECOND == 0:
        return ""
    seen = f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
    return hashlib.sha256(seen.encode()).hexdigest()[:_LOOKS]


@cache
def _version() -> str:
    """The content address of the code that makes outlines."""
    here = Path(__file__).parent
    return hashlib.sha256(b"\0".join((here / name).read_bytes() for name in _SOURCES)).hexdigest()
