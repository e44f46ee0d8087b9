"""Which word may be meant by one that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], alike: float = 0.65) -> str:
    """Which of the known words may be meant: one of the same letters, else one that is much alike, else none."""
    words = sorted(known)
    same = [each for each in words if sorted(each) == sorted(word)]
    return next(iter(same or get_close_matches(word, words, 1, alike)), "")
