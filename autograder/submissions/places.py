"""Files and folders as layouts look at them, on disk or in the list of an archive."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from autograder.submissions.sources.limits import Parts, is_clutter


class Place:
    """A file or a folder, on disk or in the list of an archive; `inside` looks into a folder, None is a file's."""

    def __init__(self, path: Path, inside: Callable[[], Sequence[Place]] | None):
        self.path = path
        self.name = path.name
        self.is_folder = inside is not None
        self._inside = inside

    @cached_property
    def entries(self) -> Sequence[Place]:
        """What lies in it, but for clutter and hidden names."""
        return self._inside() if self._inside else ()


def on_disk(path: Path) -> Place:
    """A folder or file as it is. What cannot be listed is empty; whoever unpacks it will hear of it."""

    def inside() -> list[Place]:
        with suppress(OSError):
            return [on_disk(each) for each in sorted(path.iterdir()) if not (_is_hidden(each) or is_clutter(each.name))]
        return []

    return Place(path, inside if path.is_dir() else None)


def hidden_in(folder: Path) -> list[str]:
    """The hidden names in a folder that are no clutter: somebody made them so."""
    with suppress(OSError):
        return sorted(each.name for each in folder.iterdir() if _is_hidden(each) and not is_clutter(each.name))
    return []


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".")


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
