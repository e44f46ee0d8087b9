"""Reads exceptions as they come out of a sandbox, whose bytes may say anything."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from autograder.explanation import Frame
from autograder.grading.source.given import is_given
from autograder.project import PACKAGE
from autograder.texts import known_phrase

_SHOWN = 6  # calls of an exception; and one is read besides, which a turn made when Python gave up


def exception(given: dict[str, Any]) -> tuple[list[str], str, tuple[Frame, ...]]:
    """Types, text and the student's own frames, the last call first and functions by their qualified names, of an
    exception that came from the sandbox; whatever is not of the right form is left out, and of calls without end all
    but one turn."""
    kinds = [kind[:80] for kind in _list(given.get("raised")) if isinstance(kind, str)] or ["an exception"]
    text = given.get("text")
    frames: list[Frame] = []
    for frame in _list(given.get("frames"))[-_SHOWN - 1 :]:
        if isinstance(frame, list) and len(frame) == 3 and is_place(frame[0], frame[1]) and isinstance(frame[2], str):
            frames.append((frame[0], frame[1], frame[2][:200]))
    text = known_phrase(given.get("said")) or (text[:500] if isinstance(text, str) else "")
    frames.reverse()
    return kinds, text, tuple(_one_turn(frames) if "RecursionError" in kinds else frames)[:_SHOWN]


def _one_turn(frames: list[Frame]) -> list[Frame]:
    """Of calls that repeat, those of one turn, in an order that does not depend on where in it Python gave up."""
    for length in range(1, len(frames) // 2 + 1):
        turn = frames[-length:]
        if frames[-2 * length : -length] == turn:
            return min(turn[at:] + turn[:at] for at in range(length))
    return frames


def shown(kinds: list[str], text: str) -> str:
    """An exception as Python shows it."""
    return kinds[0] + (f": {text}" if text else "")


def short(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Frames as messages show them: functions by their names alone, and a call that calls itself once."""
    named = [(file, line, function.rpartition(".")[2][:80]) for file, line, function in frames]
    return tuple(frame for frame, _ in groupby(named))


def given_first(frames: tuple[Frame, ...]) -> int:
    """How many of the frames that messages show, the first ones, are in given code and were called by what is not."""
    first = next((at for at, frame in enumerate(frames) if not is_given(frame)), 0)
    return len(short(frames[:first]))


def at_fault(frames: tuple[Frame, ...]) -> Frame:
    """The first of some frames that is not in given code; the first of all where there is none."""
    return next((frame for frame in frames if not is_given(frame)), frames[0])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def is_place(file: Any, line: Any) -> bool:
    """Whether this is a line of a file in the submission."""
    inside = (
        isinstance(file, str) and re.fullmatch(rf"{re.escape(PACKAGE)}/[\w./ -]{{1,200}}", file) and ".." not in file
    )
    return bool(inside) and type(line) is int and line > 0
