"""Sentences that students read, in the language of the course in force: by gettext, from `locale/`, or from what an
instructor hands in. A sentence stands where it is needed, in English, with named places for what differs:
`_("{id} waits for {need}", id=id, need=need)`. What instructors alone read is no business of this."""

from __future__ import annotations

import base64
import gettext
import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from autograder.course import scheme_in_use
from autograder.phrase import parts

ENGLISH = "en"  # that of the sentences in the source
DOMAIN = "gradschool"
LOCALE = Path(__file__).with_name("locale")
_DEEPEST = 5  # phrases within phrases
_LONGEST = 600  # characters of what others may say

# Language and texts that are not those of the course.
_apart: ContextVar[tuple[str, str] | None] = ContextVar("apart", default=None)


def _(sentence: str, /, **values: object) -> str:
    """A sentence in the language in force, with these values in their places."""
    said = _said(sentence)
    return said.format(**values) if values else said


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """The same for a number of things, which is the value `count`."""
    found = _catalogue()
    said = found.ngettext(one, many, count) if found else one if count == 1 else many
    return said.format(count=count, **values)


def joined(names: Sequence[str]) -> str:
    """Names for a sentence: all of them."""
    *first, last = names
    return _("{names} and {last}", names=", ".join(first), last=last) if first else last


def some(names: Sequence[str], most: int) -> str:
    """Names for a sentence: of many the first, and how many more there are."""
    listed = ", ".join(names[:most])
    return listed if len(names) <= most else _("{names} and {count:,} more", names=listed, count=len(names) - most)


def phrase(data: Any) -> str:
    """A phrase of an exam's, by its plain data (see `phrase.data`), in the language in force."""
    found = parts(data)
    if not found:
        return str(data)
    template, values = found
    return _(template, **{name: phrase(value) for name, value in values.items()})


def known_phrase(data: Any, depth: int = 0) -> str | None:
    """The same of what comes from where it is not to be trusted; None for what is no phrase that there is a
    translation of, so that nobody else's words are ever a template."""
    if isinstance(data, str) and depth:
        return data
    found = parts(data)
    said = _said(found[0]) if found else ""
    if not found or said == found[0] or depth > _DEEPEST:
        return None
    values = {str(name): known_phrase(value, depth + 1) for name, value in found[1].items()}
    try:
        return None if None in values.values() else said.format(**values)[:_LONGEST]
    except (KeyError, IndexError, ValueError):
        return None


@contextmanager
def in_language(language: str, texts: str = "") -> Iterator[None]:
    """Have sentences be in a language of their own in this block, whatever the course's is."""
    before = _apart.set((language, texts))
    try:
        yield
    finally:
        _apart.reset(before)


@contextmanager
def in_english() -> Iterator[None]:
    """Have them be English: what is made there is an instructor's."""
    with in_language(ENGLISH):
        yield


def in_force() -> tuple[str, str]:
    """The language in force, and its texts where these were handed in."""
    scheme = scheme_in_use()
    return _apart.get() or (scheme.language, scheme.texts)


def language() -> str:
    """The language in force."""
    return in_force()[0]


@cache
def shipped() -> list[str]:
    """The languages that are there without anybody's doing."""
    return sorted({ENGLISH, *(file.parents[1].name for file in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))})


@cache
def kin(language: str) -> str:
    """The shipped language that is meant, as `de` by `de-AT`; empty where there is none."""
    names = (language.replace("_", "-"), language.replace("_", "-").partition("-")[0])
    return next((name for name in names if name in shipped()), "")


def packed(compiled: bytes) -> str:
    """Compiled texts, for a marking scheme to take along."""
    return base64.b64encode(zlib.compress(compiled, 9)).decode()


def _said(sentence: str) -> str:
    found = _catalogue() if sentence else None
    return found.gettext(sentence) if found else sentence


def _catalogue() -> gettext.NullTranslations | None:
    """The texts in force; none where these are English."""
    language, texts = in_force()
    if language == ENGLISH:
        return None
    return opened(texts) if texts else _shipped(kin(language))


@lru_cache(8)
def opened(texts: str) -> gettext.NullTranslations:
    """Texts that were `packed`; ours, which are none, where nothing was. Raises ValueError where these are no texts."""
    if not texts:
        return gettext.NullTranslations()
    try:
        return gettext.GNUTranslations(io.BytesIO(zlib.decompress(base64.b64decode(texts, validate=True))))
    except (OSError, zlib.error, struct.error, UnicodeDecodeError) as error:
        raise ValueError("these are no texts") from error


@cache
def _shipped(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
