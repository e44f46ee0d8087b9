"""Finds what is still English in a text that should be in another language: by the sentences of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

from autograder.settings.language import TEMPLATE, read
from autograder.texts import DOMAIN, LOCALE

GERMAN = LOCALE / "de" / "LC_MESSAGES" / f"{DOMAIN}.po"
_FEW = 3  # words by which a sentence is known within another

_SENTENCES: list[tuple[str, str, re.Pattern[str]]] = []


@cache
def shipped(path: Path) -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    """What a file of texts that is shipped says, in the same way."""
    return sentences(path)


def sentences(path: Path) -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    """What a file of texts says, by what that is in English."""
    return {each.id: each.string for each in read(path) if each.id}  # type: ignore[misc]


def lines_of_page(page: str) -> Iterator[str]:
    """What a page says to whoever reads it or has it read, a line each; code and what it printed left out."""
    page = re.sub(r"(?s)<(style|script|pre)\b.*?</\1>", "\n", page)
    yield from map(unescape, re.findall(r'(?:aria-label|title)="([^"]*)"', page))
    page = re.sub(r"</?(?:code|a|strong)\b[^>]*>", "", page)
    yield from filter(None, map(str.strip, unescape(re.sub(r"<[^>]*>", "\n", page)).split("\n")))


def english(lines: Iterator[str] | list[str]) -> dict[str, str]:
    """The sentences of the catalogue that stand in some lines in whole, each with one of these."""
    found: dict[str, str] = {}
    for line in lines:
        for sentence in _in_line(line):
            found.setdefault(sentence, line)
    return found


@cache  # pages of a class have most of their lines in common
def _in_line(line: str) -> list[str]:
    return [sentence for sentence, piece, pattern in _patterns() if piece in line and pattern.search(line)]


def _patterns() -> list[tuple[str, str, re.Pattern[str]]]:
    """Each sentence with its longest piece, which is looked for first, and its pattern."""
    if not _SENTENCES:
        german = shipped(GERMAN)
        for id in shipped(TEMPLATE):
            for one, said in zip(_forms(id), _forms(german[id]), strict=False):
                differ = one.strip() != said.strip()
                if differ and (pattern := _pattern(one.strip())):
                    _SENTENCES.append((one, max(_pieces(one.strip()), key=len), pattern))
    return _SENTENCES


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _pieces(sentence: str) -> list[str]:
    return re.split(r"\{[^}]*\}", sentence)


def _pattern(sentence: str) -> re.Pattern[str] | None:
    """A sentence with anything in its places: within a line where it has words enough to be known by, else as a line of
    its own; None for what is little more than places."""
    pieces = _pieces(sentence)
    words = re.findall(r"[A-Za-z]{2,}", " ".join(pieces))
    if len(words) >= _FEW:
        return re.compile(r"(?<!\w)" + ".{1,300}?".join(map(re.escape, pieces)) + r"(?!\w)")
    return re.compile(f"^{re.escape(sentence)}$") if len(pieces) == 1 else None
