"""Reads exceptions as they come out of a sandbox, whose bytes may say anything."""

from __future__ import annotations

import re
from typing import Any

from autograder.report.explanation import Frame


def exception(given: dict[str, Any]) -> tuple[list[str], str, tuple[Frame, ...]]:
    """Types, text and the student's own frames, the last call first, of an exception that came from the sandbox;
    whatever is not of the right form is left out."""
    kinds = [kind[:80] for kind in _list(given.get("raised")) if isinstance(kind, str)] or ["an exception"]
    text = given.get("text")
    frames = []
    for frame in _list(given.get("frames"))[-6:]:
        if isinstance(frame, list) and len(frame) == 3 and is_place(frame[0], frame[1]) and isinstance(frame[2], str):
            frames.append((frame[0], frame[1], frame[2][:80]))
    return kinds, text[:500] if isinstance(text, str) else "", tuple(reversed(frames))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def is_place(file: Any, line: Any) -> bool:
    """Whether this is a line of a file in the submission."""
    inside = isinstance(file, str) and re.fullmatch(r"micrograd/[\w./ -]{1,200}", file) and ".." not in file
    return bool(inside) and type(line) is int and line > 0
