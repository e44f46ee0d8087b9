"""The files of a student's package, as text."""

from __future__ import annotations

from pathlib import Path

from autograder.grading.source.function import DEFINITION, Function
from autograder.grading.source.lines import bytes_of, line_at, lines_of, width


class Sources:
    """The files of the package below `root`."""

    def __init__(self, root: Path):
        self.root = root
        self._read: dict[str, list[str]] = {}

    def lines(self, file: str) -> list[str]:
        """The lines of a file; none that holds anything where it cannot be read."""
        if file not in self._read:
            self._read[file] = lines_of(bytes_of(self.root / file))
        return self._read[file]

    def line(self, file: str, number: int) -> str:
        return line_at(self.lines(file), number)

    def function(self, file: str, number: int) -> Function:
        """The function whose `def` is in a line."""
        return Function(file, self.lines(file), number)

    def around(self, file: str, number: int) -> Function | None:
        """The innermost function that a line is in."""
        for start in range(min(number, len(self.lines(file))), 0, -1):  # it may be any number that students like
            line = self.line(file, start)
            if DEFINITION.match(line) and (start == number or width(line) < width(self.line(file, number))):
                return self.function(file, start)
        return None
