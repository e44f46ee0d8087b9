"""The language of all that students read: one that is shipped, or one whose sentences an instructor hands in, in a file
of gettext's. Such files are read by Babel, which is needed for nothing else."""

from __future__ import annotations

import io
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from autograder.errors import UserError, some
from autograder.project import installing
from autograder.settings import form
from autograder.settings.form import Problems, Wrong
from autograder.texts import DOMAIN, ENGLISH, LOCALE, kin, packed, shipped

if TYPE_CHECKING:
    from babel.messages import Catalog, Message

TEMPLATE = LOCALE / f"{DOMAIN}.pot"  # all sentences, in English
_SHOWN = 60  # characters of a sentence in a message
_HEAD = """\
# What students read. Write each sentence below its English; what stands in {braces} is filled in, and stays as it is.
# Hints are in another file: see docs/course-file.md."""


class Texts(NamedTuple):
    """A language, its sentences where these were handed in, and how many of them stay English."""

    language: str = ENGLISH
    packed: str = ""
    untranslated: int = 0


def spoken(language: str, texts: str, course: Path) -> Texts:
    """What the course file at `course` says of language and texts. Raises Wrong where there are no such texts."""
    if texts:
        return _handed_in(language, course.parent / texts, course.name)
    if language and not kin(language):
        raise Wrong(
            f"{course.name}, language: {language!r} is not shipped; there are {' and '.join(shipped())}: take one of "
            f"them, or translate what `gradschool course words {language}` writes, and name the file by texts"
        )
    return Texts(language or ENGLISH)


def _handed_in(language: str, path: Path, course: str) -> Texts:
    if not path.is_file():
        raise Wrong(f"{course}, texts: there is no {path.name} in {path.parent}: mend the name")
    if not language:
        raise Wrong(
            f'{course}, texts: nothing says in which language they are: write language, too, as in language = "fr"'
        )
    found = read(path)
    known = check(found, path.name)
    return Texts(language, packed(compiled(found)), known - sum(map(is_whole, _sentences(found))))


def compiled(catalog: Catalog) -> bytes:
    """What gettext reads of texts."""
    _, mofile, _ = _babel()
    made = io.BytesIO()
    mofile.write_mo(made, catalog)
    return made.getvalue()


def is_whole(message: Message) -> bool:
    """Whether a sentence is translated, in all its forms."""
    return all(_strings(message) or [""]) and not message.fuzzy


def read(path: Path) -> Catalog:
    """A file of gettext's. Raises Wrong where it is none."""
    pofile, _, problem = _babel()
    try:
        with path.open("rb") as file:
            return pofile.read_po(file, abort_invalid=True)
    except problem as error:
        raise Wrong(f"{path.name} cannot be read ({error}, line {error.lineno}): mend it") from error
    except (UnicodeDecodeError, LookupError) as error:
        raise Wrong(f"{path.name} cannot be read ({error}): save it as UTF-8") from error
    except (ValueError, OSError) as error:
        raise Wrong(f"{path.name} cannot be read ({error}): mend it") from error


def check(found: Catalog, name: str) -> int:
    """How many sentences there are. Raises Wrong with all that is wrong with these texts: sentences that there are not,
    and places that differ."""
    known = _known()
    problems = Problems()
    for each in _sentences(found):
        with problems.noted():
            if each.id not in known:
                one = _ids(each)[0]
                ids = [_ids(other)[0] for other in known.values()]
                raise Wrong(f"{_place(name, each)}: there is no sentence {one[:_SHOWN]!r}; {form.nearest(one, ids)}")
            for said in filter(None, _strings(each)):
                _check_places(each, said, _place(name, each))
    problems.tell()
    return len(known)


@cache
def _known() -> dict[Any, Message]:
    """All sentences, by their English."""
    return {each.id: each for each in _sentences(read(TEMPLATE))}


def _check_places(message: Message, said: str, place: str) -> None:
    try:
        wanted = set.union(*(places(text) for text in _ids(message)))
    except ValueError:
        wanted = {""}
    if not all(map(str.isidentifier, wanted)):  # braces that are no places: nothing is filled in
        return
    try:
        found = places(said)
    except ValueError as error:
        raise Wrong(f"{place}: braces do not go together in {said[:_SHOWN]!r} ({error}): mend them") from None
    plural = len(_ids(message)) > 1
    if strange := found - wanted:
        there = some(sorted(f"{{{each}}}" for each in wanted), 9) or "none"
        raise Wrong(f"{place}: {said[:_SHOWN]!r} has {{{min(strange)}}}, which is not filled in; there may be: {there}")
    if (missing := wanted - found) and not (plural and missing == {"count"}):
        raise Wrong(f"{place}: {said[:_SHOWN]!r} has no {{{min(missing)}}}: put it where it belongs")


def places(sentence: str) -> set[str]:
    """The named places of a sentence."""
    parts = string.Formatter().parse(sentence)
    return {name for _, name, _, _ in parts if name is not None}


def empty(language: str) -> bytes:
    """A file with all sentences, to be translated; with the translations of a language that is shipped, to be
    changed. Raises UserError where there is no such language."""
    pofile, _, _ = _babel()
    from babel import Locale, UnknownLocaleError
    from babel.messages import Catalog

    shipped_one = LOCALE / kin(language) / "LC_MESSAGES" / f"{DOMAIN}.po"
    there = kin(language) and shipped_one.is_file()
    known = {each.id: each.string for each in _sentences(read(shipped_one))} if there else {}
    try:
        locale = Locale.parse(language, sep="-" if "-" in language else "_")
        made = Catalog(locale=locale, project=DOMAIN, fuzzy=False, header_comment=_HEAD)
    except (ValueError, UnknownLocaleError):
        raise UserError(f"there is no language {language!r}: give its code, such as fr or pt_BR") from None
    for each in _known().values():
        made.add(each.id, known.get(each.id), locations=each.locations, flags=each.flags)
    out = io.BytesIO()
    pofile.write_po(out, made, width=120, include_lineno=False)
    return out.getvalue()


def _babel():  # type: ignore[no-untyped-def]
    try:
        from babel.messages import mofile, pofile
    except ModuleNotFoundError:
        raise UserError(f"files of texts are read by Babel, which is not installed: {installing('grade')}") from None
    return pofile, mofile, pofile.PoFileError


def _sentences(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _place(name: str, message: Message) -> str:
    return f"{name}, line {message.lineno}" if message.lineno else name
