"""How outlines are held: a line a report, and a table of what a class has in common, so that a class of any size takes
little memory. A line is read again each time that its report is looked at.

A line has a character a verdict: its sign in the table. What is said of a wrong answer without a name may be nobody
else's: it stands in the line, and in the table once it comes a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from autograder.explanation import Explanation, Invalid
from autograder.report import ItemResult, Report
from autograder.report.files import answer
from autograder.report.late import Late
from autograder.report.text import WRONG

_PASSED = Explanation()
_parsed = json.JSONDecoder().raw_decode
_DIGEST = 16
_FIRST, _SURROGATES, _SURROGATES_THERE = 0x5D, 0xD800, 0x800  # of signs, which are characters
_NEEDED = ("id", "assignment", "title", "points", "earned", "status")
_FACTS = attrgetter(*_NEEDED, "bonus")
_SHARED = ("exam", "sandbox", "unread", "out_of", "dated", "untimed", "language")  # by a class, of what a report says


class _Own(NamedTuple):
    """A wrong answer without a name: the sign of the rest of its verdict, what it has in common with others like it,
    and what is said of it."""

    rest: str
    alike: str
    said: str


class Shorthand:
    """Writes outlines as lines, and reads them. Lines are to be read with the table that they were written with."""

    def __init__(self) -> None:
        self._table: dict[str, Any] = {}  # by sign: verdicts, and reports that say what a class has in common
        self._signs: dict[Any, str] = {}
        self._texts: dict[str, _Own] = {}  # which of the verdicts are these
        self._once: set[int] = set()  # the hashes of what came once

    # --- lines ------------------------------------------------------------------------------------------------

    def line(self, report: Report) -> bytes:
        """The outline of a report, or of an outline."""
        own = {
            "submission": report.submission, "message": report.message, "who": report.who,
            "invalid": [each.as_dict() for each in report.invalid], "late": [vars(each) for each in report.late],
        }  # fmt: skip
        said = {name: value for name, value in own.items() if value}
        signs, owns = _parted(map(self._verdict, report.items))
        sign = self._class(_shared(report))
        return _dumped([sign, report.student, said, signs, owns, report.score, report.ungraded])

    def report(self, line: bytes) -> Report:
        """The outline that a line holds. Raises what `json` raises, and other errors, for what is none."""
        (sign, student, own, signs, owns, score, ungraded), _ = _parsed(line.decode("utf-8", "surrogatepass"))
        items = [*map(self._table.__getitem__, signs)]
        for place, alike, said in owns:
            items[place] = _spelled(items[place], alike, said)
        if "invalid" in own:
            own["invalid"] = [Invalid.from_dict(each) for each in own["invalid"]]
        if "late" in own:
            own["late"] = [Late(**each) for each in own["late"]]
        made: Report = _with(
            self._table[sign], student=student, items=items, _score=score, _ungraded=ungraded, **own
        )  # fmt: skip
        return made

    def dated(self, lines: Iterable[bytes]) -> bool:
        """Whether any of these outlines is of a course with due dates."""
        return any(
            self._table[_parsed(sign.decode())[0]].dated for sign in {line[1 : line.index(b",")] for line in lines}
        )

    def moved(self, to: Shorthand) -> Callable[[bytes], bytes]:
        """Writes lines as another writes them."""
        known: dict[str, str] = {}

        def sign(old: str) -> str:
            if old not in known:
                entry = self._table[old]
                known[old] = to._class(_shared(entry)) if isinstance(entry, Report) else to._rest(entry)
            return known[old]

        def line(line: bytes) -> bytes:
            (shared, student, own, signs, owns, *rest), _ = _parsed(line.decode("utf-8", "surrogatepass"))
            told = {place: (alike, said) for place, alike, said in owns}
            each = (self._texts.get(old) or _Own(old, *told.get(place, ("", ""))) for place, old in enumerate(signs))
            moved = (to._own(sign(one.rest), one.alike, one.said) for one in each)
            return _dumped([sign(shared), student, own, *_parted(moved), *rest])

        return line

    # --- the table --------------------------------------------------------------------------------------------

    def entries(self, since: int) -> Iterator[bytes]:
        """The table's lines from this one on."""
        for sign, entry in islice(self._table.items(), since, None):
            yield _dumped(self._texts.get(sign) or (_shared(entry) if isinstance(entry, Report) else _data(entry)))

    def __len__(self) -> int:
        return len(self._table)

    def enter(self, line: bytes) -> None:
        """Read a line of the table. Raises errors for what is none."""
        entry = json.loads(line)
        if isinstance(entry, list):
            self._enter(_Own(*entry))
        elif "id" in entry:
            self._rest(ItemResult(**{**entry, "explanation": Explanation.from_dict(entry.get("explanation", {}))}))
        else:
            self._class(entry)

    def _sign(self, key: Any, entry: Any) -> str:
        number = len(self._table) + _FIRST
        sign = self._signs[key] = chr(number if number < _SURROGATES else number + _SURROGATES_THERE)
        self._table[sign] = entry
        return sign

    def _class(self, shared: dict[str, Any]) -> str:
        key = json.dumps(shared)
        return self._signs.get(key) or self._sign(key, Report("", submission="", **shared))

    def _verdict(self, item: ItemResult) -> _Own:
        """A verdict without what only the student's own files need. Where wrong answers have no name, a digest stands
        for what alike ones have in common."""
        why = _reason(item)
        if item.status not in WRONG or item.diagnosis:
            return _Own(self._rest(item, why), "", "")
        alike = answer(item)
        if alike == why.sentence:
            alike = ""
        elif len(alike) > _DIGEST:
            alike = hashlib.sha256(alike.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGEST]
        return self._own(self._rest(item, _with(why, problem="")), alike, why.problem)

    def _rest(self, item: ItemResult, why: Explanation | None = None) -> str:
        why = why or _reason(item)
        place = (None, None) if item.status == "passed" else (item.file or None, item.line)
        key = (*_FACTS(item), item.diagnosis or None, *place, None if why is _PASSED else why)
        return self._signs.get(key) or self._sign(key, _bare(item, place, why))

    def _own(self, rest: str, alike: str, said: str) -> _Own:
        """A sign for all of it, where it was there before."""
        own = _Own(rest, alike, said)
        if not (alike or said) or not (own in self._signs or hash(own) in self._once):
            self._once.add(hash(own))
            return own
        return _Own(self._enter(own), "", "")

    def _enter(self, own: _Own) -> str:
        if own not in self._signs:
            self._texts[self._sign(own, _spelled(self._table[own.rest], own.alike, own.said))] = own
        return self._signs[own]


def _parted(verdicts: Iterable[_Own]) -> tuple[str, list[tuple[int, str, str]]]:
    """The signs of verdicts, and what else is said of some, by their places."""
    every = [*verdicts]
    owns = [(place, each.alike, each.said) for place, each in enumerate(every) if each.alike or each.said]
    return "".join(each.rest for each in every), owns


def _bare(item: ItemResult, place: tuple[str | None, int | None], why: Explanation) -> ItemResult:
    file, line = place
    return ItemResult(
        item.id, item.assignment, item.title, item.points, item.earned, item.status, diagnosis=item.diagnosis or None,
        file=file, line=line, explanation=why, bonus=item.bonus,
    )  # fmt: skip


def _spelled(rest: ItemResult, alike: str, said: str) -> ItemResult:
    why = _with(rest.explanation, problem=said)
    made: ItemResult = _with(rest, counterexample={"alike": alike} if alike else None, explanation=why)
    return made


def _shared(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in _SHARED}


def _reason(item: ItemResult) -> Explanation:
    """What the class's faces say of an explanation: its sentence in one piece, without frames and parts. Of a mistake
    that has a name they say that."""
    why = item.explanation
    if why == _PASSED:
        return _PASSED
    if item.status == "ungraded" or why.waits or why.invalid or why.unimported:
        return why
    said = "" if item.status in WRONG and item.diagnosis else why.sentence
    return Explanation(said, mistake=why.mistake, advice=why.advice, whole=why.whole, absent=why.absent)


def _with(record: Any, **changes: Any) -> Any:
    """As `replace` does, in a tenth of the time."""
    made = object.__new__(type(record))
    made.__dict__.update(vars(record), **changes)
    return made


def _data(item: ItemResult) -> dict[str, Any]:
    """A verdict as plain data, without what is as it is where nothing is said."""
    facts = {**vars(item), "explanation": item.explanation.as_dict()}
    return {name: value for name, value in facts.items() if value or name in _NEEDED}


def _dumped(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
