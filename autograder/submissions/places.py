"""Files and folders as layouts look at them, on disk or in the list of an archive."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from operator import attrgetter
from pathlib import Path

from autograder.submissions.sources.limits import Parts, is_clutter


class Place:
    """A file or a folder, on disk or in the list of an archive; `inside` looks into a folder, None is a file's."""

    __slots__ = ("_entries", "_inside", "is_folder", "name", "path")

    def __init__(self, path: Path, inside: Callable[[], Sequence[Place]] | None):
        self.path = path
        self.name = path.name
        self.is_folder = inside is not None
        self._inside = inside
        self._entries: Sequence[Place] | None = None

    @property
    def entries(self) -> Sequence[Place]:
        """What lies in it, but for clutter and hidden names; looked at once."""
        if self._entries is None:
            self._entries = self._inside() if self._inside else ()
        return self._entries


def on_disk(path: Path) -> Place:
    """A folder or file as it is. What cannot be listed is empty; whoever unpacks it will hear of it."""
    return Place(path, partial(_listed, path) if path.is_dir() else None)


def _listed(folder: Path) -> list[Place]:
    with suppress(OSError), os.scandir(folder) as entries:
        seen = [each for each in entries if not (_is_hidden(each.name) or is_clutter(each.name))]
        return [_listed_as(each, folder / each.name) for each in sorted(seen, key=attrgetter("name"))]
    return []


def _listed_as(entry: os.DirEntry[str], path: Path) -> Place:
    is_folder = os.path.isdir(path) if entry.is_symlink() else entry.is_dir()
    return Place(path, partial(_listed, path) if is_folder else None)


def hidden_in(folder: Path) -> list[str]:
    """The hidden names in a folder that are no clutter: somebody made them so."""
    with suppress(OSError):
        return sorted(each.name for each in folder.iterdir() if _is_hidden(each.name) and not is_clutter(each.name))
    return []


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def in_list(files: Mapping[Parts, Collection[str]], name: str) -> Place:
    """What an archive lists, by folder, as a folder of this name."""
    folders: dict[Parts, list[Parts]] = {}
    for parts in files:
        if parts:
            folders.setdefault(parts[:-1], []).append(parts)

    def folder(parts: Parts) -> Place:
        path = Path(name, *parts)
        return Place(path, lambda: [*map(folder, sorted(folders.get(parts, ()))),
                                    *(Place(path / file, None) for file in sorted(files[parts]))])  # fmt: skip

    return folder(())
