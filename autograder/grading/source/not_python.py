"""What is not Python in a file that cannot be imported, and at which line."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.explanation import Invalid
from autograder.grading.source.encoding import no_source, not_utf8
from autograder.grading.source.indentation import PYTHON, breaker, misfit
from autograder.grading.source.lines import LONG, bytes_of, line_at, lines_of
from autograder.grading.source.syntax import advised, foreign
from autograder.texts import _

_ABOVE = 2  # lines that are shown above the one that is at fault
_MARKER = re.compile(r"(<{7}|>{7}|\|{7})( |$)")


def invalid(path: Path, name: str, line: int, caret: int, kinds: list[str], text: str) -> Invalid | None:
    """What is not Python in the file at `path`, called `name`, whose import raised an exception of these `kinds` at
    `line` and column `caret`; None where that is not what is wrong with it."""
    data = bytes_of(path)
    if found := no_source(data):
        reason, advice, at = found
        return Invalid(name, at, reason, advice)
    if "SyntaxError" not in kinds:
        return None
    lines = lines_of(data)
    said = line_at(lines, line)[:LONG]
    apart = not_utf8(data) or _merge_marker(lines)
    if "IndentationError" in kinds and not apart:
        caret = len(said) - len(said.lstrip()) + 1
    slip = foreign(said) or misfit(lines, line, kinds, text)
    slip = slip or (_("{what} (says {python})", what=text or kinds[0], python=PYTHON), advised(said, text))
    reason, advice, at = breaker(lines, line, kinds) or apart or (*slip, line)
    if start := _runaway(lines) if "unterminated triple-quoted" in text else 0:
        advice = _('the text that begins in line {line} does not end where it should: close it by """', line=start)
        at = start
    shown = tuple((number, line_at(lines, number)[:LONG]) for number in range(max(1, at - _ABOVE), at + 1))
    fits = 0 < at == line and 0 < caret <= len(said) + 1
    return Invalid(name, at, reason, advice, shown if at else (), caret if fits else 0)


def _merge_marker(lines: list[str]) -> tuple[str, str, int] | None:
    for number, each in enumerate(lines, 1):
        if _MARKER.match(each):
            what = _("it is a merge marker of git's (`{marker}`)", marker=each[:20])
            return what, _("keep one of the versions, and delete the markers"), number
    return None


def _runaway(lines: list[str]) -> int:
    """The line in which a text in triple quotes begins that goes on over a definition, or 0."""
    opened, quotes = 0, ""
    for number, each in enumerate(lines, 1):
        if opened and re.match(r"\s*(def|class) \w+.*:\s*$", each):
            return opened
        for found in re.finditer("\"{3}|'{3}", each):
            if not opened:
                opened, quotes = number, found[0]
            elif found[0] == quotes:
                opened = 0
    return 0
