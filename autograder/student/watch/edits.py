"""Which functions a student has edited, told by their text: code that Python cannot read counts, too."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.project import PACKAGE

_NAMED = re.compile(r"( *)(?:async +)?(?:def|class) +(\w+)")


def functions(root: Path) -> dict[str, str]:
    """The text of each function and class in the package below `root`, by names like `engine:Value.tanh`."""
    found: dict[str, str] = {}
    for path in sorted((root / PACKAGE).glob("*.py")):
        try:
            lines = path.read_text("utf-8", "replace").expandtabs().splitlines()
        except OSError:  # it is being replaced
            continue
        around: list[tuple[int, str]] = []  # indentation and name
        for line in lines:
            if not line.strip():
                continue
            named = _NAMED.match(line)
            indent = len(line) - len(line.lstrip())
            while around and indent <= around[-1][0]:
                around.pop()
            if named:
                around.append((indent, named[2]))
            for depth in range(1, len(around) + 1):
                name = f"{path.stem}:{'.'.join(each for _, each in around[:depth])}"
                found[name] = found.get(name, "") + line + "\n"
    return found


def edited(before: dict[str, str], now: dict[str, str]) -> set[str]:
    """The names of what is there now and was not, or not so."""
    return {name for name, text in now.items() if before.get(name) != text}
