"""What students' own tests are tried on: packages that are right, and packages with a mistake.

Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Specimen:
    """A package on which tests are tried.

    It is right where it belongs to no `group` of mistakes. `words` then say what is peculiar to it, and complete "fails
    on a right engine that …"; of a mistake they complete "your tests miss an engine …". `files` are the sources of its
    modules by the names of their files. Without any it is the student's own package, in which the function at the place
    `patch`, if there is one, plants a mistake: so a kit needs no package that is right.
    """

    id: str
    group: str = ""
    words: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    patch: str = ""


def packed(specimens: Sequence[Specimen]) -> dict[str, Any]:
    """Specimens as plain data in which each source stands once: most mistakes are in one module of several."""
    texts: dict[str, int] = {}
    told = [
        {**vars(each), "files": {name: texts.setdefault(text, len(texts)) for name, text in each.files.items()}}
        for each in specimens
    ]
    return {"texts": list(texts), "specimens": told}


def unpacked(data: Mapping[str, Any]) -> list[Specimen]:
    """The inverse of `packed`."""
    texts = data["texts"]
    return [
        Specimen(**{**each, "files": {name: texts[place] for name, place in each["files"].items()}})
        for each in data["specimens"]
    ]
