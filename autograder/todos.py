"""The TODOs in a student's own files: where each stands, and what its comment asks for."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.project import PACKAGE

TODO = re.compile(r"(\s*)# TODO ([a-z0-9-]+)( \(bonus\))?:\s*(.*)")


@dataclass(frozen=True)
class Todo:
    """A TODO of an item: the file, as reports name it, its line, counted from 1, and its words, line by line."""

    id: str
    file: str
    line: int
    asks: str
    bonus: bool


def find_todos(root: Path, ids: Collection[str]) -> dict[str, Todo]:
    """The first TODO of each item in the package below `root`, as `release` writes them. What is unreadable has
    none."""
    found: dict[str, Todo] = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        try:
            lines = path.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        for place, line in enumerate(lines):
            match = TODO.fullmatch(line)
            if match and match[2] in ids and match[2] not in found:
                asks = [match[4], *_continued(lines[place + 1 :], match[1] + "#")]
                file = path.relative_to(root).as_posix()
                found[match[2]] = Todo(match[2], file, place + 1, "\n".join(asks).strip(), bool(match[3]))
    return found


def _continued(lines: list[str], head: str) -> list[str]:
    """The words of the comment lines that `lines` begin with, up to the next TODO."""
    words = []
    for line in lines:
        if not line.startswith(head) or TODO.fullmatch(line):
            break
        words.append(line[len(head) :].removeprefix(" ").rstrip())
    return words
