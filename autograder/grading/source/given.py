"""What students are given: no fault of theirs lies there, though exceptions pass through it."""

from __future__ import annotations

import re

from autograder.course import in_use
from autograder.explanation import Frame
from autograder.grading.source.lines import is_code

_LEFT = re.compile(r"\s*raise NotImplementedError\b")


def is_given(frame: Frame) -> bool:
    """Whether a frame is in a function that students are given."""
    file, _, function = frame
    return function.partition(".<locals>")[0] in in_use().find("given").FUNCTIONS.get(file, ())


def is_left(line: str) -> bool:
    """Whether a line is the `raise` of a TODO."""
    return _LEFT.match(line) is not None


def is_own(line: str) -> bool:
    """Whether a line of code may be a student's."""
    return is_code(line) and line.strip() not in in_use().find("given").LINES and not is_left(line)
