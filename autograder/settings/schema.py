"""What may stand in a course file: each key with its form, what holds without it, what it means, and an example."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograder.settings import form
from autograder.settings.form import Form


class Key(NamedTuple):
    """A key of the course file. `name` is dotted: "late.per_day" stands in the table [late]. In an `example` ASSIGNMENT
    and ITEM stand for one of the course's."""

    name: str
    form: Form
    default: str
    about: str
    example: str


FEEDBACK = ("scores", "items", "all")
HINTS = ("none", "mistakes", "all")
PUSHES = ("last", "best")

_SECONDS = form.number(0.1, 3600, "seconds")
_PERCENT = form.number(0, 100, "percent")

KEYS = (
    Key("title", form.text, "that of the course", "What pages call the course.", '"Introduction to deep learning"'),
    Key("term", form.text, "none", "Stands behind the title.", '"Spring 2027"'),
    Key("language", form.text, "en", "That of the hints, for those who have pages read to them.", '"de"'),
    Key("hints", form.text, "the course's", "A file beside this one with hints in other words.", '"hints.de.toml"'),
    Key("leave_out", form.names, "nothing", "Items and assignments that nobody is asked. Students get them ready-made.",
        '["ASSIGNMENT", "ITEM"]'),
    Key("bonus", form.names, "as in the rubric", "Items and assignments beyond the maximum; [] makes all count.", "[]"),
    Key("total", form.whole(1), "100", "What all that is no bonus must be worth.", "96"),
    Key("points", form.each(form.whole(1)), "as in the rubric", "Points of items, whole numbers.",
        "{ ITEM = 3 }"),
    Key("time.budget", _SECONDS, "60", "Seconds that one submission may take, a third of it on the processor.", "90"),
    Key("time.item", _SECONDS, "2", "Seconds of the processor that one item may take.", "4"),
    Key("feedback.before", form.one_of(*FEEDBACK), "all",
        "What students read before a due date: scores alone, which items are right, or all there is.", '"items"'),
    Key("feedback.after", form.one_of(*FEEDBACK), "all", "What they read after it.", '"all"'),
    Key("feedback.hints", form.one_of(*HINTS), "all",
        "The hints that they get: none, for recognised mistakes alone, or all.", '"mistakes"'),
    Key("dates.time_zone", form.zone, "UTC", "Where the clock hangs by which things are due.", '"Europe/Berlin"'),
    Key("dates.due", form.either(form.moment, form.each(form.moment)), "never",
        "When all is due, or a table with a date an assignment. A date without a time is its end.", "2027-02-01"),
    Key("dates.grace", form.duration, "none", "How long after it nothing is late yet.", '"15 minutes"'),
    Key("dates.extensions", form.each(form.either(
            lambda value, place: (form.duration if isinstance(value, str) else form.moment)(value, place),
            form.each(lambda value, place: (form.duration if isinstance(value, str) else form.moment)(value, place)))),
        "none", "How much longer a student has, or until when: on everything, or by assignment.",
        '{ ada = "3 days", bela = { ASSIGNMENT = 2027-02-15 } }'),
    Key("late.per_day", _PERCENT, "0", "What each day that was begun costs, in percent of the points earned.", "10"),
    Key("late.at_most", _PERCENT, "100", "What all of them cost at most, in percent.", "50"),
    Key("pushes.counts", form.one_of(*PUSHES), "last",
        "Which push counts at a due date: the last before it, or the best.", '"best"'),
    Key("pages.by_section", form.yes, "false", "Whether each section of the roster gets a page of its own.", "true"),
)  # fmt: skip

NAMES = tuple(key.name for key in KEYS)
TABLES = {name.partition(".")[0] for name in NAMES if "." in name}


def read(data: dict[str, Any], file: str) -> dict[str, Any]:
    """What the keys mean that stand in `data`, by their dotted names. Raises Wrong for what is none of them."""
    found = {}
    forms = {key.name: key.form for key in KEYS}
    top = [name for name in NAMES if "." not in name]
    for name, value in data.items():
        form.known(name, [*top, *sorted(TABLES)] if name not in TABLES else [name], "key", file + _elsewhere(name, ""))
        if name not in TABLES:
            found[name] = forms[name](value, f"{file}, {name}")
            continue
        inner = [each.partition(".")[2] for each in NAMES if each.startswith(f"{name}.")]
        for key, each in form.table(value, f"{file}, {name}").items():
            form.known(key, inner, "key", f"{file}, {name}{_elsewhere(key, name)}")
            found[f"{name}.{key}"] = forms[f"{name}.{key}"](each, f"{file}, {name}.{key}")
    return found


def _elsewhere(key: str, table: str) -> str:
    """Where a key belongs that stands in another table's place."""
    homes = [name.partition(".")[0] if "." in name else "" for name in NAMES if name.rpartition(".")[2] == key]
    if not homes or table in homes:
        return ""
    return f" ({key} belongs {f'into [{homes[0]}]' if homes[0] else 'above all tables'})"
