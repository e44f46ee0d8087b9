"""Gathers all sentences that students read, in autograder/locale/gradschool.pot, brings the translations beside it up
to date, and compiles them: `make words`. What is new in a translation is empty then, and what is old is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.pofile import write_po

from autograder.course import taught
from autograder.project import INSTALLED
from autograder.settings.language import TEMPLATE, compiled, is_whole, read
from autograder.texts import DOMAIN, LOCALE

_PACKAGE = Path(INSTALLED) / "autograder"
_READERS = [("**.py", f"{__name__}:in_module"), ("**/student.html", "jinja2"), ("**/page.html", "jinja2")]
# What takes a sentence: see autograder/texts.py and autograder/phrase.py.
_KEYWORDS = dict.fromkeys(("_", "N_", "Phrase", "Plain", "Layers", "Nodes", "Raised")) | {"ngettext": (1, 2)}
_TAKING = re.compile(rf"\b({'|'.join(_KEYWORDS)})\s*\(".encode())
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # no date of today, which would make each file another one


def gathered() -> Catalog:
    """All sentences, in English."""
    found = Catalog(project=DOMAIN, creation_date=_SINCE, charset="utf-8")
    for file, _, sentence, comments, _ in extract_from_dir(_PACKAGE, _READERS, keywords=_KEYWORDS):
        found.add(sentence, locations=[(f"autograder/{file}", 0)], auto_comments=comments)
    course = taught()
    for item in course.items.values():
        found.add(item.title, locations=[(_place(f"{course.rubric}.{item.assignment}"), 0)])
    for word, meaning in course.terms.items():
        found.add(word, locations=[(_place(course.module), 0)])
        found.add(meaning, locations=[(_place(course.module), 0)])
    if course.specimens:
        # They complete "your tests miss an engine …", or, of one that is right, "fails on a right engine that …".
        origin = f"{_place(course.specimens.partition(':')[0].rpartition('.')[0])}/mistakes.toml"
        for specimen in (each for practice in (True, False) for each in course.find("specimens")(practice)):
            found.add(specimen.words, locations=[(origin, 0)])
    return found


def in_module(file: BinaryIO, *how: Any, options: Any) -> Iterator[Any]:
    """What Babel finds in a module; it is slow, and most take no sentence."""
    if _TAKING.search(file.read()):
        file.seek(0)
        yield from extract_python(file, *how, options)


def _place(module: str) -> str:
    return module.replace(".", "/")


def translations() -> Iterator[Path]:
    """The files of translations."""
    yield from sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def _write(path: Path, catalog: Catalog) -> None:
    with path.open("wb") as file:
        write_po(file, catalog, width=120, include_lineno=False, sort_by_file=True, ignore_obsolete=True)


def main() -> None:
    found = gathered()
    LOCALE.mkdir(exist_ok=True)
    _write(TEMPLATE, found)
    for path in translations():
        catalog = read(path)
        catalog.update(found, no_fuzzy_matching=True, update_creation_date=False)
        _write(path, catalog)
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        lacking = [each for each in catalog if each.id and not is_whole(each)]
        print(f"{path.relative_to(INSTALLED)}: {len(found)} sentences, {len(lacking)} to translate")


if __name__ == "__main__":
    main()
