"""What may stand in a course file: each key with its form, what holds without it, what it means, and an example."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograder.settings import form
from autograder.settings.form import Form, Problems, Wrong


class Key(NamedTuple):
    """A key of the course file. `name` is dotted: "late.per_day" stands in the table [late]. In an `example` ASSIGNMENT
    and ITEM stand for one of the course's."""

    name: str
    form: Form
    default: str
    about: str
    example: str


FEEDBACK = ("scores", "items", "all")

_SECONDS = form.number(0.1, 3600, "seconds")
_PERCENT = form.number(0, 100, "percent")

KEYS = (
    Key("title", form.text, "that of the course", "What pages call the course.", '"Introduction to deep learning"'),
    Key("term", form.text, "none", "Stands behind the title.", '"Spring 2027"'),
    Key("language", form.text, "en", "That of all that students read, one that is shipped or that of texts.", '"de"'),
    Key("texts", form.text, "those shipped", "A file beside this one with the sentences in another language.",
        '"gradschool.fr.po"'),
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
    Key("feedback.hints", form.one_of("none", "mistakes", "all"), "all",
        "The hints that they get: none, for recognised mistakes alone, or all.", '"mistakes"'),
    Key("dates.time_zone", form.zone, "UTC", "Where the clock hangs by which things are due.", '"Europe/Berlin"'),
    Key("dates.due", form.either(form.moment, form.each(form.moment)), "never",
        "When all is due, or a table with a date an assignment. A date without a time is its end.", "2027-02-01"),
    Key("dates.grace", form.duration, "none", "How long after it nothing is late yet.", '"15 minutes"'),
    Key("dates.extensions", form.each(form.either(form.longer, form.each(form.longer))),
        "none", "How much longer a student has, or until when: on everything, or by assignment.",
        '{ ada = "3 days", bela = { ASSIGNMENT = 2027-02-15 } }'),
    Key("late.per_day", _PERCENT, "0", "What each day that was begun costs, in percent of the points earned.", "10"),
    Key("late.at_most", _PERCENT, "100", "What all of them cost at most, in percent.", "50"),
    Key("pushes.counts", form.one_of("last", "best"), "last",
        "Which push counts at a due date: the last before it, or the best.", '"best"'),
    Key("pages.by_section", form.yes, "false", "Whether each section of the roster gets a page of its own.", "true"),
)  # fmt: skip

NAMES = tuple(key.name for key in KEYS)
TABLES = {name.partition(".")[0] for name in NAMES if "." in name}


def read(data: dict[str, Any], file: str, problems: Problems) -> dict[str, Any]:
    """What the keys mean that stand in `data`, by their dotted names, but for those that are noted as problems."""
    found = {}
    forms = {key.name: key.form for key in KEYS}
    for name, (value, table) in _flat(data, file, problems).items():
        with problems.noted():
            if name not in forms:
                _refuse(name, table, file)
            found[name] = forms[name](value, f"{file}, {name}")
    return found


def _flat(data: dict[str, Any], file: str, problems: Problems) -> dict[str, tuple[Any, str]]:
    """The values by their dotted names, each with the table in which it stands."""
    found = {}
    for name, value in data.items():
        if name not in TABLES:
            found[name] = value, ""
            continue
        with problems.noted():
            found |= {f"{name}.{key}": (each, name) for key, each in form.table(value, f"{file}, {name}").items()}
    return found


def _refuse(name: str, table: str, file: str) -> None:
    """Raises Wrong for a key that there is not: with its home, where that is elsewhere, or else the nearest one."""
    key = name.removeprefix(f"{table}.") if table else name
    place = f"{file}, {table}" if table else file
    if home := misplaced(key, table):
        raise Wrong(f"{place}: {home}")
    form.known(key, [_key(each) for each in NAMES if _table(each) == table] + ([] if table else sorted(TABLES)),
               "key", place)  # fmt: skip


def misplaced(key: str, table: str) -> str:
    """A sentence on where a key belongs that stands in another table's place; empty where it belongs nowhere else."""
    homes = [_table(name) for name in NAMES if _key(name) == key and _table(name) != table]
    if not homes:
        return ""
    return f"{key} belongs {f'into [{homes[0]}]' if homes[0] else 'above all tables, at the top of the file'}"


def _table(name: str) -> str:
    return name.rpartition(".")[0]


def _key(name: str) -> str:
    return name.rpartition(".")[2]
