"""A course file, read and checked against the course that it is about."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.scheme import OWN, Scheme
from autograder.settings import form, schema
from autograder.settings.dates import ALL, Dates, Penalty
from autograder.settings.form import Wrong
from autograder.settings.language import Texts, spoken

_HUNDRED = 100
_TWICE = ("Cannot overwrite a value", "Cannot declare", "Duplicate")  # how tomllib begins to say so


@dataclass(frozen=True)
class Settings:
    """What an instructor says of the course. `said` are the keys that stand in the `file`, None where there is none."""

    file: Path | None = None
    said: tuple[str, ...] = ()
    scheme: Scheme = OWN
    term: str = ""
    hints: str = ""  # a file, beside the course file
    texts: str = ""  # another
    untranslated: int = 0  # how many of its sentences stay English
    budget: float | None = None
    before: str = "all"
    after: str = "all"
    dates: Dates = field(default_factory=Dates)
    pushes: str = "last"
    by_section: bool = False
    remarks: tuple[str, ...] = field(default=(), compare=False)

    @property
    def language(self) -> str:
        """That of all that students read."""
        return self.scheme.language


NOTHING = Settings()


def read_settings(path: Path, course: Course) -> Settings:
    """The course file at `path`, about this course. Raises Wrong where it does not make sense."""
    course = course.whole
    problems = form.Problems()
    found = schema.read(_read(path), path.name, problems)
    get = found.get
    points = get("points", {})
    for id in points:
        with problems.noted():
            _known(id, course, f"{path.name}, points", assignments=False)
    left_out = _items(course, get("leave_out", ()), f"{path.name}, leave_out", problems)
    bonus = _items(course, found["bonus"], f"{path.name}, bonus", problems) if "bonus" in found else None
    _check_dates(found, path.name, course, problems)
    words = {}
    with problems.noted():
        words = _words(path.parent / found["hints"], path.name) if "hints" in found else {}
    texts = Texts()
    with problems.noted():
        texts = spoken(get("language", ""), get("texts", ""), path)
    for id in points:
        if id in left_out:
            with problems.noted():
                raise Wrong(f"{path.name}: {id} has points and is left out: take it out of one of the two")
    problems.tell()  # what follows is about all of it together
    scheme = Scheme(
        get("title", ""), points, bonus, left_out, get("time.item", 0.0), get("feedback.hints", "all"), words,
        texts.language, texts.packed,
    )  # fmt: skip
    if len(left_out) == len(course.items):
        raise Wrong(f"{path.name}, leave_out: nothing is left to be asked: take something out of the list")
    given = course.under(scheme)
    dates = _dates(found, path.name)
    settings = Settings(
        file=path,
        said=tuple(name for name, value in found.items() if value != {}),
        scheme=scheme,
        term=get("term", ""),
        hints=get("hints", ""),
        texts=get("texts", ""),
        untranslated=texts.untranslated,
        budget=get("time.budget"),
        before=get("feedback.before", "all"),
        after=get("feedback.after", "all"),
        dates=dates,
        pushes=get("pushes.counts", "last"),
        by_section=get("pages.by_section", False),
        remarks=(*_sum(given, found.get("total"), path.name), *_idle(found, given)),
    )
    if settings.before != settings.after and not dates:
        raise Wrong(
            f"{path.name}, feedback: before and after differ, and nothing has a due date: say one with due in [dates]"
        )
    return settings


def _words(path: Path, file: str) -> dict[str, Any]:
    """Hints in other words. Whether they have the form of the course's own is seen when these are asked for."""
    if not path.is_file():
        raise Wrong(f"{file}, hints: there is no {path.name} in {path.parent}: mend the name")
    plain: dict[str, Any] = json.loads(json.dumps(_read(path), default=str))
    return {**plain, "file": path.name}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        said, to_do = "it is not written in UTF-8", "save it as UTF-8 in your editor"
        cause: Exception = error
    except OSError as error:
        said, to_do, cause = error.strerror or str(error), "it must be a file that you may read", error
    except (ValueError, RecursionError) as error:
        said, to_do, cause = str(error), "mend it; `gradschool course show --keys` lists what may stand there", error
        if said.startswith(_TWICE):
            said = f"a name stands there twice{said[said.find(' (at') :]}"
    raise Wrong(f"{path} cannot be read ({said}): {to_do}") from cause


def _items(course: Course, names: Sequence[str], place: str, problems: form.Problems) -> tuple[str, ...]:
    """The items that are named, or whose assignments are."""
    for name in names:
        with problems.noted():
            _known(name, course, place)
    return tuple(id for id, item in course.items.items() if id in names or item.assignment in names)


def _known(name: str, course: Course, place: str, *, assignments: bool = True) -> None:
    words = [*course.items, *(course.assignments if assignments else ())]
    if not assignments and name in course.assignments:
        raise Wrong(f"{place}: {name} is an assignment: give points to its items, such as {_first(course, name)}")
    if name not in words and (home := schema.misplaced(name, place.rpartition(", ")[2])):
        raise Wrong(f"{place}: {home}")
    form.known(name, words, "item or assignment" if assignments else "item", place)


def _first(course: Course, assignment: str) -> str:
    return next(id for id, item in course.items.items() if item.assignment == assignment)


def _check_dates(found: Mapping[str, Any], file: str, course: Course, problems: form.Problems) -> None:
    """Note assignments with dates, and with more time, that there are not."""
    longer = {f"dates.extensions.{name}": each for name, each in found.get("dates.extensions", {}).items()}
    for place, value in {"dates.due": found.get("dates.due"), **longer}.items():
        for name in value if isinstance(value, Mapping) else ():
            with problems.noted():
                form.known(name, course.assignments, "assignment", f"{file}, {place}")


def _dates(found: Mapping[str, Any], file: str) -> Dates:
    due = _by_assignment(found.get("dates.due", {}))
    extensions = {name: _by_assignment(each) for name, each in found.get("dates.extensions", {}).items()}
    penalty = Penalty(found.get("late.per_day", 0.0), found.get("late.at_most", float(_HUNDRED)))
    needy = [name for name in found if name.startswith(("dates.", "late.", "pushes."))]
    if needy and not due:
        raise Wrong(f"{file}, {needy[0]}: nothing is due: write due into [dates], as in due = 2027-02-01")
    if "late.at_most" in found and not penalty.per_day:
        raise Wrong(f"{file}, late.at_most: a day costs nothing: write per_day, too, as in per_day = 10")
    return Dates(found.get("dates.time_zone", "UTC"), due, found.get("dates.grace", timedelta()), extensions, penalty)


def _by_assignment(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {ALL: value}


def _sum(course: Course, total: int | None, file: str) -> tuple[str, ...]:
    """A remark on a sum that is not 100; one that is not what the instructor wants is an error."""
    points = sum(item.points for item in course.items.values() if not item.bonus)
    if total is not None and points != total:
        raise Wrong(f"{file}, total: what is no bonus is worth {points} points, and not {total}: mend points or total")
    if total is None and points != _HUNDRED:
        return (f"what is no bonus is worth {points} points, and not 100: if that is meant, write total = {points}",)
    return ()


def _idle(found: Mapping[str, Any], course: Course) -> tuple[str, ...]:
    """Remarks on what has no effect."""
    due = found.get("dates.due", {})
    named = due if isinstance(due, Mapping) else ()
    idle = [name for name in named if name not in course.assignments]
    return tuple(f"{name} has a due date and is left out" for name in idle)


def past(settings: Settings, names: Collection[str], now: datetime) -> list[str]:
    """Sentences on due dates that lie in the past."""
    over = [name for name in names if settings.dates.is_over(name, "", now)]
    if not over:
        return []
    if len(over) == len(names):
        return [f"all that is due was due in the past, by {settings.dates.local(now)}: is the year right?"]
    dues = {name: due for name in over if (due := settings.dates.due_at(name))}
    return [f"{name} was due at {settings.dates.local(due)}, which has passed" for name, due in dues.items()]
