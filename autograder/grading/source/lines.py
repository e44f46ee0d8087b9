"""The lines of a student's file, as Python counts them, and a place among them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LONG = 200  # characters of a line that messages show
_MOST = 10**6  # bytes of a file that are looked at
_WIDEST = 1000  # characters of a line that are
_ENDS = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Place:
    """A line of a file, and what to do about it as a sentence without its end, where that is known; whether it `stops`
    for somebody, or ends everything."""

    file: str
    line: int
    advice: str = ""
    stops: bool = False


def bytes_of(path: Path) -> bytes:
    """What a file holds; nothing where it cannot be read."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(_MOST)
    return b""


def lines_of(data: bytes) -> list[str]:
    """The lines of what a file holds."""
    return [line[:_WIDEST] for line in _ENDS.split(data.decode("utf-8", "replace"))]


def line_at(lines: list[str], number: int) -> str:
    """The line with a number, counted from 1; empty where there is none."""
    return lines[number - 1] if 0 < number <= len(lines) else ""


def width(line: str) -> int:
    """By how many columns a line is indented."""
    line = line.expandtabs()
    return len(line) - len(line.lstrip())


def is_code(line: str) -> bool:
    bare = line.strip()
    return bool(bare) and not bare.startswith("#")
