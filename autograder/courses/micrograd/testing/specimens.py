"""What students' tests are tried on: packages that are right, and packages with a mistake.

A hidden exam has whole packages: the reference, engines of other makes, and the reference with one mistake each. Who
practises has a package already: their own is taken for right, and mistakes are planted in it while it runs
(`patches`), so that nothing of the reference is handed out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autograder.courses.micrograd.testing.words import GROUPS, Mistake, words
from autograder.errors import UserError
from autograder.exam.mutants import Mutation, load_mutations, mistaken
from autograder.exam.specimens import Specimen
from autograder.project import PACKAGE, project_root

PATCHES = "autograder.courses.micrograd.testing.patches"
_GIVEN = "data.py"  # which engines of another make do without, and tests may use


def specimens(practice: bool) -> list[Specimen]:
    """All that tests are tried on, in an exam that is handed out for practice or in a hidden one; first what is right.
    Raises UserError where the words, the engines or the pitfalls do not fit each other."""
    return list(_practice() if practice else _hidden())


def _practice() -> Iterator[Specimen]:
    told = words()
    yield Specimen("own", words="is your own")
    for id, odd in told.own.items():
        yield Specimen(id, words=odd, patch=_patch(id))
    for group in GROUPS:
        for id, missed in getattr(told.practice, group).items():
            yield Specimen(id, group, missed, patch=_patch(id))


def _patch(id: str) -> str:
    return f"{PATCHES}:{id.replace('-', '_')}"


def _hidden() -> Iterator[Specimen]:
    told = words()
    reference = mistaken()
    yield Specimen("reference", words=told.right["reference"], files=reference)
    engines = {path.name: path / PACKAGE for path in sorted((project_root() / "tests" / "engines").iterdir())}
    if strange := {*told.right, *engines} - {"reference"} - ({*told.right} & {*engines}):
        raise UserError(
            f"mistakes.toml and tests/engines do not agree about {min(strange)}: write what is odd about it in the "
            "one, or add it to the other"
        )
    for id, folder in engines.items():
        yield Specimen(id, words=told.right[id], files={_GIVEN: reference[_GIVEN], **_sources(folder)})
    mutations = load_mutations()
    for group in GROUPS:
        for mistake in getattr(told, group).values():
            yield Specimen(mistake.id, group, mistake.missed, mistaken(_form(mistake, mutations), of=reference))


def _sources(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}


def _form(mistake: Mistake, mutations: list[Mutation]) -> Mutation:
    """The form of a pitfall that a mistake names, as "engine-relu" where that item has one, else as "2 of
    engine-log"."""
    named = re.fullmatch(r"(?:(\d+) of )?([\w-]+)", mistake.form)
    place, item = (int(named[1] or 1), named[2]) if named else (0, mistake.form)
    forms = [each for each in mutations if (each.pitfall, each.costs[0]) == (mistake.pitfall, item)]
    if not 1 <= place <= len(forms) or (len(forms) > 1 and not (named and named[1])):
        raise UserError(
            f"mistakes.toml, {mistake.id}: of the pitfall {mistake.pitfall} solutions/pitfalls.py has {len(forms)} "
            f"forms that cost {item}, and none is meant by {mistake.form!r}: mend it"
        )
    return forms[place - 1]
