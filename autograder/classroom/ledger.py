"""What a results folder knows of its reports: for each student, what the report that is there was made of.

A line is appended for every report as soon as that is written, so a process that is killed loses no more than what it
was at. In the end the lines become one file. Several processes may write at once. An entry names the content of the
report that it speaks of; where a crash, another process or a bad disk has put something else there, it does not hold.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from autograder.files import locked, written


class Entry(NamedTuple):
    """`key` names all that a report depends on, `report` is the digest of its bytes, and `looks` how the submission
    looked from outside when it was copied: empty where that proves nothing. `ungraded` is empty, or in how many runs
    the grader could not grade this, in digits."""

    key: str
    report: str
    looks: str
    ungraded: str = ""

    @property
    def holds(self) -> bool:
        """Whether there is no use in grading this again: it was graded, or could not be more than once."""
        return self.ungraded != "1"


class Ledger:
    """The entries of a results folder, by student: those found there, and those of this process. Each is held as one
    text."""

    def __init__(self, folder: Path):
        self._lock = folder / ".lock"
        self._file = folder / ".graded.json"
        self._lines = folder / ".graded.lines"
        self._entries = {sys.intern(student): "\t".join(entry) for student, entry in self._read()}
        self._owners: dict[str, str] | None = None

    def get(self, student: str) -> Entry | None:
        """The entry of a student."""
        entry = self._entries.get(student)
        return Entry(*entry.split("\t")) if entry else None

    def owner(self, key: str) -> str:
        """Whose report was made of this, if somebody's was."""
        if self._owners is None:
            self._owners = {entry.partition("\t")[0]: student for student, entry in sorted(self._entries.items())}
        return self._owners.get(key, "")

    def forget(self, student: str) -> None:
        """Know nothing of a student's report any more."""
        self._entries.pop(student, None)

    def clear(self) -> None:
        """Know of no report."""
        self._entries.clear()
        self._owners = None

    def _read(self) -> Iterator[tuple[str, Entry]]:
        """What the files hold, line by line; of several entries of one student the last one is the newest."""
        for path in (self._file, self._lines):
            with contextlib.suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
                for line in file:
                    with contextlib.suppress(ValueError):  # a process was killed while it wrote
                        for student, entry in dict(json.loads(f"{{{line.strip().strip(',')}}}")).items():
                            if _is_entry(entry):
                                yield student, Entry(*entry)

    def add(self, student: str, entry: Entry) -> None:
        """Write down a report that has just been written."""
        self._entries[student] = "\t".join(entry)
        if self._owners is not None:
            self._owners[entry.key] = student
        line = f"\n{_line(student, entry)}\n".encode("ascii")
        with locked(self._lock):
            handle = os.open(self._lines, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            try:
                if os.write(handle, line) < len(line):
                    raise OSError("the disk is full")
            finally:
                os.close(handle)

    def save(self) -> None:
        """Make one file of all lines, other processes' too. The caller holds the lock of the folder."""
        if self._lines.exists():
            entries = {student: _line(student, entry) for student, entry in self._read()}
            with written(self._file) as file:
                file.write(b"{\n")
                for place, student in enumerate(sorted(entries)):
                    file.write(f"{',' * (place > 0)}{entries[student]}\n".encode("ascii"))
                file.write(b"}\n")
            self._lines.unlink()


def _is_entry(value: Any) -> bool:
    return isinstance(value, list) and len(value) == len(Entry._fields) and all(isinstance(each, str) for each in value)


def _line(student: str, entry: Entry) -> str:
    """An entry as a line of the ledger, which is as a whole a JSON object."""
    return f"{json.dumps(student)}: {json.dumps(entry)}"
