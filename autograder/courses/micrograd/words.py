"""The words of `pitfalls.toml` and `hints.toml`. Who chooses among them is `hints`.

What a classic mistake looks like in code is known where the reference is (`solutions/pitfalls.py`), and nowhere else.
There the mistakes are planted, to prove that the grader sees them (`mutants`); their wrong answers, as fingerprints in
an exam, tell a student's mistake by its answers (`fingerprints`).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from autograder.course import in_use
from autograder.courses.micrograd import load_items
from autograder.courses.words import Hints, Pitfall, read_hints, read_pitfalls
from autograder.texts import kin, language

# What there may be to be seen of an answer, besides exceptions: `hints` says when.
SYMPTOMS = ("begun", "built", "endless", "refuse", "parents", "name")


def catalogue() -> dict[str, Pitfall]:
    """All classic mistakes by their ids: what the code does that makes one, where to read on, and hints that lead
    out. Read where one is asked for, and once."""
    return _catalogue(json.dumps(dict(in_use().scheme.words)), kin(language()))


def hint_words() -> Hints:
    """All hints, read where one is asked for, and once. Raises UserError where an item has none."""
    return _hint_words(json.dumps(dict(in_use().scheme.words)), kin(language()))


@cache
def _catalogue(words: str, language: str) -> dict[str, Pitfall]:
    return read_pitfalls(Path(__file__).with_name("pitfalls.toml"), json.loads(words), language)


@cache
def _hint_words(words: str, language: str) -> Hints:
    return read_hints(Path(__file__).with_name("hints.toml"), load_items(), SYMPTOMS, json.loads(words), language)
