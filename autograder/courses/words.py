"""Words as data: the classic mistakes and the hints of a course, read from TOML files of a strict form.

The form of a table is that of the dataclass that it becomes. Whatever does not have it is told in one sentence that
names the file and the entry.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args, get_origin, get_type_hints

from autograder.errors import UserError
from autograder.exam.items import Item

NO_WORDS: Mapping[str, Any] = MappingProxyType({})
_EXCEPTIONS = {name for name, each in vars(builtins).items() if isinstance(each, type) and issubclass(each, Exception)}


@dataclass(frozen=True)
class Pitfall:
    """A classic mistake.

    `does` completes "all your answers are those of code in which …". `hints` lead out of it step by step, from a
    question to a near answer, and never say the answer. `section` is the heading of the lecture that explains it, as
    an anchor.
    """

    id: str
    section: str
    does: str
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """What is said when all items of an assignment pass for the first time, and the heading of the lecture that
    explains those that name none themselves."""

    milestone: str = ""
    section: str = ""


@dataclass(frozen=True)
class ItemHints:
    """The hints for an item, the heading of the lecture that explains it, and those of its own for a symptom."""

    hints: tuple[str, ...]
    section: str = ""
    symptoms: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Hints:
    """All hints of a course: of its items, and for what an answer looks like, whatever the item; and what is said when
    the core passes, or everything."""

    assignments: dict[str, Chapter]
    items: dict[str, ItemHints]
    symptoms: dict[str, tuple[str, ...]]
    core: str = ""
    everything: str = ""

    def milestone(self, assignment: str) -> str:
        """What to say when all of an assignment passes for the first time; empty where nothing is written."""
        return self.assignments.get(assignment, Chapter()).milestone


def read_pitfalls(path: Path, words: Mapping[str, Any] = NO_WORDS, language: str = "") -> dict[str, Pitfall]:
    """A catalogue of classic mistakes by their ids: a table each, in a language where there is a file beside it in
    that; what is in `words` takes the place of the file's. Raises UserError where it does not have its form."""
    data = _spoken(path, language)
    if changes := words.get("pitfalls"):
        name = str(words.get("file", path.name))
        _known(_checked(changes, isinstance(changes, dict), "a table", name, "pitfalls"), data, "pitfall", name)
        data, path = _merged(data, changes), Path(name)
    return _formed(dict[str, Pitfall], data, path.name)


def read_hints(
    path: Path, items: Mapping[str, Item], symptoms: Collection[str], words: Mapping[str, Any] = NO_WORDS,
    language: str = "",
) -> Hints:  # fmt: skip
    """The hints for these items, each with its section, in a language where there is a file beside it in that; what is
    in `words` takes the place of the file's. Raises UserError where they do not have their form, where an item has
    none, and where some are for an item, an assignment or a symptom that there is not: a symptom is one of those given,
    or an exception of Python's own."""
    data = _spoken(path, language)
    if changes := {name: each for name, each in words.items() if name not in ("file", "pitfalls")}:
        data, path = _merged(data, changes), Path(str(words.get("file", path.name)))
    found: Hints = _formed(Hints, data, path.name)
    _known(found.items, items, "item", path.name, "items")
    _known(found.assignments, {item.assignment for item in items.values()}, "assignment", path.name, "assignments")
    _known(found.symptoms, {*symptoms, *_EXCEPTIONS}, "symptom", path.name, "symptoms")
    for id, item in items.items():
        if id not in found.items:
            raise UserError(f"{path.name}: the item {id} has no hints: write [items.{id}]")
        hints = found.items[id]
        _known(hints.symptoms, {*symptoms, *_EXCEPTIONS}, "symptom", path.name, "items", id, "symptoms")
        section = hints.section or found.assignments.get(item.assignment, Chapter()).section
        if not section:
            raise UserError(f"{path.name}, items.{id}: neither it nor its assignment has a section: write one")
        found.items[id] = replace(hints, section=section)
    return found


def _spoken(path: Path, language: str) -> dict[str, Any]:
    """What a file says, in this language as far as that is written beside it."""
    data, other = _read(path), path.with_suffix(f".{language}{path.suffix}")
    return _merged(data, _read(other)) if language and other.is_file() else data


def read_words(form: Any, path: Path) -> Any:
    """What a file holds, as a dataclass of this form. Raises UserError where it does not have it."""
    return _formed(form, _read(path), path.name)


def _merged(data: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Tables in which each value that the changes have is theirs."""
    made = dict(data)
    for name, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(made.get(name), dict)
        made[name] = _merged(made[name], value) if both else value
    return made


def _read(path: Path) -> dict[str, Any]:
    import tomllib  # not needed where everything passes

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        said = getattr(error, "strerror", None) or error
        raise UserError(f"{path.name} cannot be read ({said}): mend it, or install gradschool again") from error


def _formed(form: Any, value: Any, *place: str) -> Any:
    """`value`, found at this place (a file, then names of tables and keys), as the `form` says: a text, a tuple of
    texts, a dictionary, or a dataclass, whose `id` is the name of its table."""
    if form is str:
        return _checked(value, isinstance(value, str) and value.strip(), "a text", *place)
    if get_origin(form) is tuple:
        _checked(value, isinstance(value, list) and value, "a list of texts", *place)
        return tuple(_formed(str, each, *place) for each in value)
    _checked(value, isinstance(value, dict), "a table", *place)
    if get_origin(form) is dict:
        return {name: _formed(get_args(form)[1], each, *place, name) for name, each in value.items()}
    forms, required = _keys(form)
    given = {"id": place[-1]} if "id" in forms else {}
    keys = [key for key in forms if key not in given]
    _known(value, keys, "key", *place)
    if missing := [key for key in keys if key in required and key not in value]:
        raise UserError(f"{_spelled(*place)}: the key {missing[0]!r} is missing: write it")
    return form(**given, **{key: _formed(forms[key], each, *place, key) for key, each in value.items()})


@cache
def _keys(form: Any) -> tuple[dict[str, Any], set[str]]:
    """The forms of what a dataclass holds, and the names of what it must be given."""
    required = {each.name for each in fields(form) if each.default is each.default_factory is MISSING}
    return get_type_hints(form), required


def _checked(value: Any, right: object, kind: str, *place: str) -> Any:
    if not right:
        raise UserError(f"{_spelled(*place)}: there must be {kind}, and not {str(value)[:40]!r}")
    return value


def _known(names: Iterable[str], known: Collection[str], kind: str, *place: str) -> None:
    for name in names:
        if name not in known:
            near = ", ".join(get_close_matches(name, known, 3, cutoff=0))
            raise UserError(f"{_spelled(*place)}: there is no {kind} {name!r}; the nearest are {near}")


def _spelled(file: str, *names: str) -> str:
    return f"{file}, {'.'.join(names)}" if names else file
