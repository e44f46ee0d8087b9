"""The words of `mistakes.toml`: which mistakes students' tests should catch, and what is odd about engines that are
right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.courses.words import read_words

GROUPS = ("forward", "rules", "walk", "accumulation", "nets", "training")


@dataclass(frozen=True)
class Mistake:
    """A mistake that tests should catch: a `form` of a `pitfall`, and what is `missed` where they do not."""

    id: str
    pitfall: str
    form: str
    missed: str


@dataclass(frozen=True)
class Practice:
    """For each group, what is missed where tests do not catch the mistakes that are planted in a student's own
    package."""

    forward: dict[str, str]
    rules: dict[str, str]
    walk: dict[str, str]
    accumulation: dict[str, str]
    nets: dict[str, str]
    training: dict[str, str]


@dataclass(frozen=True)
class Words:
    """What is odd about each engine that is `right`, and about a student's `own` package as it is changed for
    practice; the mistakes of each group; and those of practice."""

    right: dict[str, str]
    own: dict[str, str]
    forward: dict[str, Mistake]
    rules: dict[str, Mistake]
    walk: dict[str, Mistake]
    accumulation: dict[str, Mistake]
    nets: dict[str, Mistake]
    training: dict[str, Mistake]
    practice: Practice


@cache
def words() -> Words:
    """All of it, read where it is asked for, and once. Raises UserError where it does not have its form."""
    found: Words = read_words(Words, Path(__file__).with_name("mistakes.toml"))
    return found
