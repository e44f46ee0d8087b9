"""What is right, in plain Python, and what is said of it."""

from collections import Counter
from types import SimpleNamespace

from autograder.courses.words import Chapter, Hints
from autograder.explanation import Part

FUNCTIONS, LINES = {}, frozenset()
_RIGHT = SimpleNamespace(words=SimpleNamespace(split=str.split, count=Counter))


def right(item, question):
    return item(_RIGHT, question)


def other(item, question):
    """There is no other way."""


def noted(item, question):
    return {"transcript": {"ask": Transcript(item, question).ask}}


class Transcript:
    def __init__(self, item, question):
        self.call = f"{item.id.partition('-')[2]}({next(iter(question.values()))!r})"
        self.ask = f"`{self.call}`"

    @classmethod
    def read(cls, item, question, data):
        return cls(item, question)

    def wrong_parts(self, expected, got):
        return [Part("the result", repr(expected), repr(got))]

    def reproduce(self, wrong=(), lacks=""):
        return f"from tokenizer.words import *\nprint({self.call})"


def pitfalls():
    return {}


def hint_words():
    return Hints({"splitting": Chapter("You can split.")}, {}, {})


def ladder(item):
    return SimpleNamespace(hints=("Which method of str does it?",), section="", id="")


def hint_lines(item, count):
    return list(ladder(item).hints[:count])
