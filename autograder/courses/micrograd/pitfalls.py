"""The catalogue of classic mistakes: what the code does that makes one, where to read on, and hints that lead out.

What each looks like in code is known where the reference is (`solutions/pitfalls.py`), and nowhere else. There the
mistakes are planted, to prove that the grader sees them (`mutants`); their wrong answers, as fingerprints in an exam,
tell a student's mistake by its answers (`fingerprints`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from autograder.courses.words import Pitfall, read_pitfalls


@cache
def catalogue() -> dict[str, Pitfall]:
    """All classic mistakes by their ids, as `pitfalls.toml` has them: read where one is asked for, and once."""
    return read_pitfalls(Path(__file__).with_name("pitfalls.toml"))
