"""The solutions in the reference: where each begins and ends, and what students get in its place.

The reference stays hidden, so this module would rather refuse than publish: whatever looks like a marker but is none is
an error.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UserError

WIDTH = 120

_BEGIN = re.compile(r"(\s*)### BEGIN SOLUTION(?: ([^\s()]+))?( \(bonus\))?\s*")
_END = re.compile(r"(\s*)### END SOLUTION\s*")
# What somebody may have meant as a marker. A false alarm costs a rewording, a miss would publish a solution.
_ALIKE = re.compile(r"\s*##|.*#.*(\b(?i:begin|end)[\W_]*(?i:solution)|\b(BEGIN|END|SOLUTION)\b)")
_LIST_ITEM = re.compile(r"\s|$|[-*+] |\(?\d+[.)] ")


class RegionError(UserError):
    """A mistake in the reference. Its text starts with file and line, and ends with what to do."""


@dataclass(frozen=True)
class Region:
    """A solution region; `begin` and `end` are the line numbers of its markers, counted from 1.

    A `bonus` region improves code that works without it, so its stub has nothing to raise. It may stand within another
    one: then that reads, and works, as if it were not there.
    """

    id: str
    bonus: bool
    begin: int
    end: int


def read(path: Path, name: str) -> str:
    """A file of the reference, which mistakes call by this name."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise RegionError(f"{name}:1: the file is not UTF-8; save it as UTF-8") from None


def regions(source: str, path: str, known_ids: Collection[str]) -> list[Region]:
    """Find the solution regions of one file; RegionError for whatever is wrong with them."""
    found: list[Region] = []
    opened: list[tuple[int, re.Match[str]]] = []
    lines = source.split("\n")
    for number, line in enumerate(lines, 1):
        at = f"{path}:{number}"
        first, begin = opened[-1] if opened else (0, None)
        if match := _BEGIN.fullmatch(line):
            if begin and (begin[3] or not match[3]):
                raise RegionError(f"{at}: a region inside the one of line {first}; end that one first")
            opened.append((number, match))
            if not match[2]:
                raise RegionError(f"{at}: a region without an id; write `### BEGIN SOLUTION <id>`")
            if match[2] not in known_ids:
                near = difflib.get_close_matches(match[2], known_ids, 1, 0.5)
                advice = f"did you mean {near[0]}?" if near else "use the id of an item in the rubric"
                raise RegionError(f"{at}: no item has the id {match[2]}; {advice}")
            if not any(asked(lines, number)):
                raise RegionError(f"{at}: a region without a comment; say above it what there is to do")
        elif match := _END.fullmatch(line):
            if not begin:
                raise RegionError(f"{at}: an end without a beginning; add `### BEGIN SOLUTION <id>`")
            if match[1] != begin[1]:
                raise RegionError(f"{at}: not indented like the beginning in line {first}; align the two")
            if all(text.strip()[:1] in ("", "#") for text in lines[first : number - 1]):
                raise RegionError(f"{path}:{first}: an empty region; add the solution or delete the markers")
            found.append(Region(begin[2], bool(begin[3]), first, number))
            opened.pop()
        elif _ALIKE.match(line):
            raise RegionError(
                f"{at}: this looks like a marker but is none; write `### BEGIN SOLUTION <id>`, "
                "`### BEGIN SOLUTION <id> (bonus)` or `### END SOLUTION`, or reword the comment"
            )
    if opened:
        raise RegionError(f"{path}:{opened[-1][0]}: a region without an end; add `### END SOLUTION` after it")
    return sorted(found, key=lambda region: region.begin)


def stub(source: str, path: str, known_ids: Collection[str], given: Collection[str] = ()) -> str:
    """Rewrite one file of the reference as students get it: a TODO in the place of each solution, but for those of the
    items that are `given`. What only a bonus adds is left out with its item."""
    lines = source.replace("\r\n", "\n").split("\n")
    numbered = list(enumerate(lines, 1))
    made: list[tuple[int, str]] = []  # each line with the number of the one that it comes from
    copied = 0
    indent = ""
    ends = set()  # of what is given
    for region in regions("\n".join(lines), path, known_ids):
        words = asked(lines, region.begin)
        if region.id in given and not region.bonus:
            made += numbered[copied : region.begin - 1]
            copied = region.begin
            ends.add(region.end)
            continue
        if region.begin > copied:
            made += numbered[copied : region.begin - 1 - len(words)]
            indent = lines[region.begin - 1].partition("#")[0]
            copied = region.end
        if region.id not in given:
            made += [(region.begin, line) for line in _todo(region, words, indent)]
    made = [(number, line) for number, line in [*made, *numbered[copied:]] if number not in ends]
    text = "\n".join(line for _, line in made)
    try:
        compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        number = made[min(getattr(error, "lineno", None) or 1, len(made)) - 1][0]
        problem = f"not valid Python without the solutions ({getattr(error, 'msg', error)}); move the markers"
        raise RegionError(f"{path}:{number}: {problem}") from None
    return text


def asked(lines: list[str], begin: int) -> list[str]:
    """The words above the marker in line `begin`: what to do, a string for each line."""
    head = lines[begin - 1].partition("#")[0] + "#"
    start = begin - 1
    while start and lines[start - 1].startswith(head) and not lines[start - 1].startswith(head + "##"):
        start -= 1
    return [line[len(head) :].removeprefix(" ").rstrip() for line in lines[start : begin - 1]]


def _todo(region: Region, words: list[str], indent: str) -> list[str]:
    """What replaces a region: its comment as a TODO, and an exception that names it.

    Only lines that are too long now are broken; what falls off goes to the front of the next line of prose.
    """
    width = WIDTH - len(indent) - 2
    rest = [f"TODO {region.id}{' (bonus)' * region.bonus}: {words[0]}", *words[1:]]
    lines = []
    while rest:
        text = rest.pop(0)
        if len(text) > width:
            text, *more = textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False)
            if more and rest and not _LIST_ITEM.match(rest[0]):
                more.append(rest.pop(0))
            rest[:0] = [" ".join(more)] if more else []
        lines.append(f"{indent}# {text}".rstrip())
    return lines if region.bonus else [*lines, f'{indent}raise NotImplementedError("{region.id}")']
