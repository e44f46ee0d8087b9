"""What is wrong with the indentation of a line, by the lines above it."""

from __future__ import annotations

import re
import sys

from autograder.grading.source.lines import is_code, line_at, width
from autograder.texts import _, ngettext

PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]}"


def misfit(lines: list[str], line: int, kinds: list[str], text: str) -> tuple[str, str] | None:
    """What is wrong with the indentation of a line, by what Python says of it, and what to do."""
    if "TabError" in kinds:
        return _("it is indented by tabs where others have spaces, or the reverse"), _("indent by spaces everywhere")
    if "IndentationError" not in kinds:
        return None
    deep = width(line_at(lines, line))
    above = _above(lines, line)
    if "expected an indented block" in text:
        after = re.search(r"after (.+) on line (\d+)", text)
        advice = _("indent it by four spaces more, or write `pass` where nothing belongs to it")
        if not after:
            return _("what belongs to the line above is not indented (says {python})", python=PYTHON), advice
        what, at = after[1], after[2]
        return _(
            "what belongs to the {what} in line {line} is not indented (says {python})",
            what=what,
            line=at,
            python=PYTHON,
        ), advice
    if "unexpected indent" in text and above:
        at, other = above[0]
        return _("it is indented deeper than line {line}, above it (says {python})", line=at, python=PYTHON), _(
            "one of the two is wrong: this one has {spaces}, line {line} has {other}",
            spaces=_spaces(deep), line=at, other=other,
        )  # fmt: skip
    if "unindent" in text:
        levels: dict[int, int] = {}  # of the blocks that are open: the last line that has this indentation
        for at, here in reversed(above):
            levels = {each: last for each, last in levels.items() if each < here} | {here: at}
        known = _(" or ").join(_("{count} (line {line})", count=each, line=at) for each, at in levels.items())
        return _("its indentation fits none of the lines above (says {python})", python=PYTHON), _(
            "it has {spaces}; above it there are {known}", spaces=_spaces(deep), known=known
        )
    return None


def breaker(lines: list[str], line: int, kinds: list[str]) -> tuple[str, str, int] | None:
    """What is wrong with a line that has ended the block to which another below it belongs, which then fits nowhere:
    what it is, what to do, and its number."""
    if "IndentationError" not in kinds or "TabError" in kinds:
        return None
    deep = width(line_at(lines, line))
    above = _above(lines, line)
    ends = next((place for place, (_at, here) in enumerate(above) if here < deep), len(above))
    before = next((here for _at, here in above[ends + 1 :] if here <= deep), None)
    if before != deep:
        return None
    at, here = above[ends]
    return (
        _("it is indented less than the lines around it (says {python} in line {line})", python=PYTHON, line=line),
        _("it has {spaces}, and line {line} below it {other} again", spaces=_spaces(here), line=line, other=deep),
        at,
    )


def _above(lines: list[str], line: int) -> list[tuple[int, int]]:
    """The lines above one that hold code, the nearest first, each with the columns by which it is indented."""
    numbers = range(min(line - 1, len(lines)), 0, -1)
    return [(at, width(line_at(lines, at))) for at in numbers if is_code(line_at(lines, at))]


def _spaces(count: int) -> str:
    return ngettext("{count} space", "{count} spaces", count)
