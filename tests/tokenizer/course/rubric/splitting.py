"""Two items."""

from autograder.exam.domains import Choice
from autograder.exam.items import item

_TEXTS = Choice(("a b a", "", "  one  two ", "tab\tand\nline", "x"))
_LISTS = Choice((["b", "a", "b"], []))


@item("splitting-split", points=3, target="words:split", domains={"text": _TEXTS})
def split(m, text):
    """Split a text."""
    return list(m.words.split(text))


@item("splitting-count", points=2, target="words:count", domains={"words": _LISTS})
def count(m, words):
    """Count words."""
    return sorted(map(list, m.words.count(words).items()))
