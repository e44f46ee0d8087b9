"""Forms of values in a course file: each checks what stands there and gives what it means, or says in one sentence what
should stand there instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from autograder.errors import UserError

Form = Callable[[Any, str], Any]  # of a value, and of its place: "late.per_day"

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(7)}
_END_OF_DAY = time(23, 59, 59)


class Wrong(UserError):
    """What stands in a course file is wrong. Its text begins with the place, and ends with what to do."""


class Problems:
    """What is wrong in several places, so that it can be told at once."""

    def __init__(self) -> None:
        self._found: list[str] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what is found to be wrong in the block, and go on after it."""
        try:
            yield
        except Wrong as problem:
            self._found.append(str(problem))

    def tell(self) -> None:
        """Raises Wrong with all that was noted, a line each, if anything was."""
        if self._found:
            raise Wrong("\n".join(dict.fromkeys(self._found)))


def text(value: Any, place: str) -> str:
    _must(isinstance(value, str) and bool(value.strip()) and value.isprintable(), place, 'a text, as in "words"', value)
    return str(value)


def yes(value: Any, place: str) -> bool:
    _must(isinstance(value, bool), place, "true or false", value)
    return bool(value)


def whole(least: int) -> Form:
    """A whole number of at least so much."""

    def read(value: Any, place: str) -> int:
        _must(type(value) is int and value >= least, place, f"a whole number, {least} or more", value)
        return int(value)

    return read


def number(least: float, most: float, unit: str) -> Form:
    """A number of these units."""

    def read(value: Any, place: str) -> float:
        right = type(value) in (int, float) and least <= value <= most
        _must(right, place, f"a number of {unit} from {least:g} to {most:g}", value)
        return float(value)

    return read


def one_of(*words: str) -> Form:
    """One of these words."""

    def read(value: Any, place: str) -> str:
        _must(isinstance(value, str), place, f"one of {', '.join(words)}", value)
        known(value, words, "choice", place)
        return str(value)

    return read


def names(value: Any, place: str) -> tuple[str, ...]:
    """A list of names of items and assignments."""
    right = isinstance(value, list) and all(isinstance(each, str) for each in value)
    _must(right, place, 'a list of names, as in ["one", "another"]', value)
    return tuple(value)


def table(value: Any, place: str) -> Mapping[str, Any]:
    _must(isinstance(value, dict), place, "a table", value)
    return dict(value)


def each(form: Form) -> Form:
    """A table whose values all have this form."""

    def read(value: Any, place: str) -> Mapping[str, Any]:
        problems, values = Problems(), {}
        for name, found in table(value, place).items():
            with problems.noted():
                values[name] = form(found, f"{place}.{name}")
        problems.tell()
        return values

    return read


def either(single: Form, several: Form) -> Form:
    """A value, or a table of several."""
    return lambda value, place: (several if isinstance(value, dict) else single)(value, place)


def moment(value: Any, place: str) -> datetime:
    """A date, which stands for its end, or a time on it; without an offset it is one in the course's time zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, _END_OF_DAY)
    _must(
        isinstance(value, datetime), place, "a date such as 2027-02-01, or 2027-02-01T18:00:00, without quotes", value
    )
    return value


def moment_of(words: str, place: str) -> datetime:
    """The same, as it is typed."""
    for read in (date.fromisoformat, datetime.fromisoformat):
        with suppress(ValueError):
            return moment(read(words), place)
    raise Wrong(f"{place}: there must be a date such as 2027-02-01, or 2027-02-01T18:00, and not {words[:40]!r}")


def longer(value: Any, place: str) -> timedelta | datetime:
    """How much longer, or until when."""
    if isinstance(value, str):
        return duration(value, place)
    _must(isinstance(value, date), place, 'a time such as "3 days", or a date such as 2027-02-15 without quotes', value)
    return moment(value, place)


def duration(value: Any, place: str) -> timedelta:
    """A time such as "3 days"."""
    words = value.split() if isinstance(value, str) else []
    _must(len(words) == 2 and words[0].isdecimal(), place, 'a time such as "3 days" or "15 minutes"', value)
    unit = words[1].removesuffix("s")
    known(unit, _UNITS, "unit of time", place)
    return int(words[0]) * _UNITS[unit]


def zone(value: Any, place: str) -> str:
    """The name of a time zone."""
    text(value, place)
    known(value, available_timezones(), "time zone", place)
    ZoneInfo(value)
    return str(value)


def known(name: str, words: Iterable[str], kind: str, place: str) -> None:
    """Raises Wrong with the nearest of the words where `name` is none of them."""
    words = [*words]
    if name not in words:
        raise Wrong(f"{place}: there is no {kind} {name!r}; {nearest(name, words)}")


def nearest(name: str, words: Collection[str]) -> str:
    """The end of a sentence about a name that there is not."""
    lower = {word.casefold(): word for word in sorted(words)}
    near = get_close_matches(name.casefold(), lower, 1, 0.5)
    if near:
        return f"did you mean {lower[near[0]]!r}?"
    some = sorted(words)[:8]
    return f"there are {', '.join(some)}" + (", …" if len(words) > len(some) else "")


def _must(right: bool, place: str, kind: str, value: Any) -> None:
    if not right:
        raise Wrong(f"{place}: there must be {kind}, and not {str(value)[:40]!r}")
