"""A roster: who is in the class, and by which names and numbers other systems know them.

It is read as those systems write it: Canvas' gradebook, Moodle's grading worksheet and list of participants,
Gradescope's roster and submission metadata, GitHub Classroom's roster, or any table with titles like these.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from autograder.ids import safe_id, same

Row = Mapping[str, str]

HANDED_IN = "handed_in"  # a column with times, which is about what was handed in and not about a student

COLUMNS = (
    "name", "canvas_id", "sis_user_id", "sis_login_id", "section", "username", "id_number", "email", "participant",
    "brightspace_id", "github",
)  # fmt: skip


class Match(NamedTuple):
    """Who of a class is who in a roster: the rows of those who are `known`, by student, why it is in `doubt` for some,
    and the rows of those who are `absent`; `alone` says of some that they may be known by the number of one of many."""

    known: Mapping[str, Row]
    doubt: Mapping[str, str]
    absent: Sequence[Row]
    alone: Mapping[str, str]


@dataclass(frozen=True)
class Roster:
    """The rows of a roster, each by column: those of COLUMNS, "student" for gradschool's own ids, and "group" for whom
    a student hands in with. `said` is what there is to say of how it was read. False when there is no roster."""

    name: str = ""
    rows: Sequence[Row] = ()
    said: Sequence[str] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.name)

    @property
    def columns(self) -> set[str]:
        return {column for row in self.rows for column, value in row.items() if value}

    def match(self, people: Mapping[str, Row]) -> Match:
        """Find the students, of whom this is known, by the column `student`, else by numbers, logins and mail
        addresses, else by name."""
        ids = {same(student) for student in people}
        owners = [same(safe_id(row.get("student", ""))) if row.get("student") else "" for row in self.rows]
        owners = [owner if owner in ids else "" for owner in owners]
        stages = [(_places(self.rows, rows), keys) for rows, keys in _STAGES]
        claims: dict[int, list[tuple[int, str]]] = defaultdict(list)
        doubt = {}
        for student, who in people.items():
            own = [place for place, owner in enumerate(owners) if owner == same(student)]
            found, stage = own, 0
            while not found and stage < len(stages):
                places, keys = stages[stage]
                near = {place for key in keys({**who, "student": student}) for place in places.get(key, ())}
                found = [place for place in sorted(near) if not owners[place] and not _differ(self.rows[place], who)]
                stage += 1
            if len(found) == 1:
                claims[found[0]].append((stage, student))
            elif found:
                doubt[student] = f"{len(found)} rows of {self.name} may be theirs: {_labels(self.rows, found)}"
        known: dict[str, Row] = {}
        for place, several in claims.items():
            best = min(stage for stage, _ in several)
            theirs = [student for stage, student in several if stage == best]
            if best == len(stages) and len(theirs) > 1:  # namesakes
                doubt.update(dict.fromkeys(theirs, f"{' and '.join(theirs)} are both like {label(self.rows[place])} in "
                                                   f"{self.name}"))  # fmt: skip
            else:
                known.update(dict.fromkeys(theirs, self.rows[place]))
        alone = {
            student: f"counted for {label(row)} alone, whose number, but not name, the files' names have: "
                     "where a group handed in, a roster with a column group says who is in it"
            for student, row in known.items() if _strange(row, people[student])
        }  # fmt: skip
        there = {id(row) for row in known.values()}
        return Match(known, doubt, [row for row in self.rows if id(row) not in there], alone)

    def members(self, who: Row) -> list[dict[str, str]]:
        """Who handed in together under the name of a group, where it is one's of the column `group` and nobody's own:
        what is known of each, and of what they handed in."""
        name = _letters(who.get("name", ""))
        rows = [row for row in self.rows if name and _letters(row.get("group", "")) == name]
        if any(name in _named(row) | {*map(_letters, _short(row))} for row in self.rows):
            return []
        kept = {key: value for key, value in who.items() if key not in COLUMNS}
        return [{**_known(row), **kept, "group": row["group"]} for row in rows]

    def times(self, people: Mapping[str, Row]) -> dict[str, str]:
        """When these students handed in, as far as the roster says so, as it is written there."""
        if HANDED_IN not in self.columns:
            return {}
        return {student: row[HANDED_IN] for student, row in self.match(people).known.items() if row.get(HANDED_IN)}

    def tell(self, people: Mapping[str, Row]) -> dict[str, dict[str, str]]:
        """What is known of the students with what the roster adds. What the names of their files say of their numbers
        holds, for a number in Moodle is another one in each assignment, unless it is that of a group and somebody
        else's; and so does the name of who may be a group."""
        match = self.match(people)
        told = {student: joined(who, match.known.get(student, {})) for student, who in people.items()}
        for student, who in people.items():
            if student in match.alone:
                told[student]["name"] = who["name"]
            if any(_strange(row, who, "participant") for row in self.rows):
                told[student].pop("participant")
        return told


NO_ROSTER = Roster()


def joined(who: Row, row: Row) -> dict[str, str]:
    """What is known of a student, and what a roster's row adds."""
    numbers = {column: who[column] for column in ("canvas_id", "participant") if who.get(column)}
    added = {column: row[column] for column in COLUMNS if row.get(column)}
    return {**who, **added, **numbers}


def _known(row: Row) -> dict[str, str]:
    """What a row says of somebody, called as gradschool calls them or with the first name first."""
    last, comma, first = label(row).partition(",")
    name = row.get("student") or (f"{first} {last}".strip() if comma else last)
    return {**{column: row[column] for column in COLUMNS if row.get(column)}, "name": name}


def label(row: Row) -> str:
    """What to call somebody of whom there is only a row."""
    columns = ["name", "student", "email", "username", "sis_login_id", *COLUMNS]
    return next((row[column] for column in columns if row.get(column)), "somebody")


def contact(row: Row) -> str:
    """How to reach somebody of whom there is only a row."""
    return next((row[column] for column in ("email", "sis_login_id", "username") if row.get(column)), "")


def _labels(rows: Sequence[Row], places: Sequence[int]) -> str:
    return "; ".join(label(rows[place]) for place in places[:3])


# --- who is who ---------------------------------------------------------------------------------------------

Keys = Callable[[Row], Iterable[str]]


def _numbers(who: Row) -> Iterator[str]:
    return (f"{column} {who[column]}" for column in ("canvas_id", "participant", "brightspace_id") if who.get(column))


def _logins(who: Row) -> Iterator[str]:
    columns = ("username", "sis_login_id", "id_number", "sis_user_id", "email", "github", "brightspace_id")
    return (who[column].casefold() for column in columns if who.get(column))


def _short(who: Row) -> Iterator[str]:
    for login in _logins(who):
        yield login
        yield login.partition("@")[0]


def _as_login(who: Row) -> Iterator[str]:
    yield from _short(who)
    yield who["student"].casefold()
    yield who.get("name", "").casefold()


def _named(row: Row) -> set[str]:
    return _spellings(row.get("name", "")) | _spellings(row.get("student", "").replace("_", " "))


# How a row and a student are compared, the surest first, the names last: the keys of a row, and those of a student.
_STAGES: Sequence[tuple[Keys, Keys]] = (
    (_numbers, _numbers), (_logins, _logins), (_short, _as_login), (_named, _named),
)  # fmt: skip


def _places(rows: Sequence[Row], keys: Keys) -> Mapping[str, Sequence[int]]:
    """The places of rows by their keys."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for key in set(keys(row)) - {""}:
            places[key].append(place)
    return places


def _differ(row: Row, who: Row) -> bool:
    """Whether a number says that these are two; or their names do, where the number may be that of a group, of which
    Moodle has other ones."""
    participant = row.get("participant", "") == who.get("participant", "") != ""
    return _strange(row, who, "participant") if participant else (
        bool(row.get("canvas_id") and who.get("canvas_id") and row["canvas_id"] != who["canvas_id"])
    )  # fmt: skip


def _strange(row: Row, who: Row, number: str = "canvas_id") -> bool:
    """Whether both have this number, and names that are not alike."""
    same_number = row.get(number, "") == who.get(number, "") != ""
    names = row.get("name", ""), who.get("name", "")
    return same_number and all(names) and not _spellings(names[0]) & _spellings(names[1])


def _spellings(name: str) -> set[str]:
    """A name in letters alone, begun with each of its words: Canvas calls Ada Lovelace lovelaceada."""
    last, comma, first = name.partition(",")
    words = [letters for word in (f"{first} {last}" if comma else name).split() if (letters := _letters(word))]
    return {"".join(words[place:] + words[:place]) for place in range(len(words))}


def _letters(text: str) -> str:
    """Small letters and digits, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())
