"""A function in the text of a file, told by its indentation: its lines, and which of them are a student's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from autograder.grading.source.given import is_own
from autograder.grading.source.lines import Place, is_code, line_at, width
from autograder.todos import TODO

DEFINITION = re.compile(r"\s*(?:async\s+)?def\s+(\w+)\s*\((.*)")
_STORED = re.compile(r"\s*\w+\.\w+\s*=(?!=)\s*(\w+)")


class Function:
    """A function in the lines of a file, whose `def` is in the line `start`."""

    def __init__(self, file: str, lines: list[str], start: int):
        while start < len(lines) and lines[start - 1].lstrip().startswith("@"):
            start += 1
        self.start = start
        self._file = file
        self._lines = lines
        self.depth = width(self.text(start))
        found = DEFINITION.match(self.text(start))
        self.name = found[1] if found else ""
        names = re.findall(r"\w+", found[2].partition(")")[0]) if found else []
        self.parameters = tuple(names)

    def text(self, number: int) -> str:
        return line_at(self._lines, number)

    def place(self, number: int, advice: str = "") -> Place:
        return Place(self._file, number, advice)

    @cached_property
    def body(self) -> list[int]:
        """The lines that hold code, the docstring left out."""
        found: list[int] = []
        quoted = ""
        for number in range(self.start + 1, len(self._lines) + 1):
            line = self.text(number)
            bare = line.strip()
            if quoted:
                quoted = "" if quoted in bare else quoted
                continue
            if not is_code(line):
                continue
            if width(line) <= self.depth and not bare.startswith((")", "]", "}")):
                break
            if not found and (mark := re.match(r"[rRuU]?(\"{3}|'{3})", bare)):
                quoted = "" if bare.count(mark[1]) > 1 else mark[1]
                continue
            found.append(number)
        return found

    @cached_property
    def within(self) -> list[Function]:
        """The functions that are defined in the body."""
        numbers = [number for number in self.body if DEFINITION.match(self.text(number))]
        return [Function(self._file, self._lines, number) for number in numbers]

    @cached_property
    def inner(self) -> Function | None:
        """The function within this one that is given to something else, or the first that there is."""
        stored = {match[1] for each in self.body if (match := _STORED.match(self.text(each)))}
        named = [each for each in self.within if each.name in stored]
        return next(iter(named or self.within), None)

    @cached_property
    def outer(self) -> list[int]:
        """The lines of the body that are not within an inner function."""
        inside = {number for each in self.within for number in each.body}
        return [number for number in self.body if number not in inside]

    def own(self, numbers: Iterable[int]) -> list[int]:
        """Those of some lines that are neither given nor a TODO's."""
        return [each for each in numbers if is_own(self.text(each))]

    def marks(self, id: str) -> list[int]:
        """The lines in which the TODO of the item `id` begins."""
        last = self.body[-1] if self.body else self.start
        lines = {number: TODO.match(self.text(number)) for number in range(self.start, last + 1)}
        return [number for number, found in lines.items() if found and found[2] == id]

    def first(self, id: str) -> int:
        """The first line that a student wrote for the item `id`: below its TODO, where that is still there."""
        marks = self.marks(id)
        below = [each for each in self.own(self.body) if marks and each > marks[0]]
        return next(iter(below or self.own(self.outer) or self.own(self.body)), self.start)

    def first_loop(self) -> int:
        """The line of the first loop, one that may have no end before any other; 0 where there is none."""
        loops = [number for number in self.body if re.match(r"\s*(while|for)\b", self.text(number))]
        whiles = [number for number in loops if self.text(number).lstrip().startswith("while")]
        return next(iter(whiles or loops), 0)

    def earlier(self) -> int:
        """The line of another definition of this function, above it in the same class, or 0."""
        for number in range(self.start - 1, 0, -1):
            line = self.text(number)
            if line.strip() and width(line) < self.depth:
                return 0
            found = DEFINITION.match(line)
            if found and found[1] == self.name and width(line) == self.depth:
                return number
        return 0
