"""The files of a student's package, as text."""

from __future__ import annotations

import re
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

    def defined(self, file: str, path: str) -> Function | None:
        """The function of that name, as `Class.method` for one of a class: the last one, which counts."""
        number = 0
        for name in path.split("."):
            made = re.compile(rf"\s*(?:async\s+def|def|class)\s+{re.escape(name)}\b")
            found = [at for at, line in enumerate(self.lines(file), 1) if at > number and made.match(line)]
            if not found:
                return None
            number = found[-1]
        return self.function(file, number)

    def around(self, file: str, number: int) -> Function | None:
        """The innermost function that a line is in."""
        for start in range(min(number, len(self.lines(file))), 0, -1):  # it may be any number that students like
            line = self.line(file, start)
            if DEFINITION.match(line) and (start == number or width(line) < width(self.line(file, number))):
                return self.function(file, start)
        return None
