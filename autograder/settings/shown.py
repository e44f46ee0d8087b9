"""A course file explained: what it says, what follows from it, and a first one to begin with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from textwrap import wrap

from autograder.course import Course
from autograder.settings.dates import Dates
from autograder.settings.reading import Settings, past
from autograder.settings.schema import KEYS, Key
from autograder.texts import ENGLISH, kin

_WIDTH = 100
_HEAD = """\
# What differs from one instructor to the next. All of it may be left out: what is not said is as in the second column
# of `gradschool course show --keys`. Take the # away in front of what you want, and look at it with
# `gradschool course show`.
"""
_FEEDBACK = {
    "scores": "scores alone", "items": "which items are right", "all": "all there is to say",
}  # fmt: skip


def first_file(course: Course) -> str:
    """A course file in which everything is still to be decided, with the points of all items as they are."""
    lines = [_HEAD]
    table = ""
    for key in KEYS:
        home, _, name = key.name.rpartition(".")
        if key.name == "points":
            continue  # tables stand below what is in none
        if home != table:
            table = home
            lines.append(f"\n[{table}]")
        lines += [f"# {line}" for line in wrap(f"{key.about} Without it: {key.default}.", _WIDTH)]
        lines.append(f"#{name} = {_example(key, course)}")
    lines += ["\n[points]", "# Points of items, whole numbers: these are the rubric's."]
    for assignment in course.assignments:
        lines.append(f"# {assignment}")
        lines += [f"#{id} = {item.points}" for id, item in course.items.items() if item.assignment == assignment]
    return "\n".join(lines) + "\n"


def keys(course: Course) -> Iterator[str]:
    """All that may stand in a course file, with what holds without it."""
    for key in KEYS:
        yield f"{key.name}  (without it: {key.default})"
        yield from (f"    {line}" for line in wrap(key.about, _WIDTH))
        yield f"    {key.name.rpartition('.')[2]} = {_example(key, course)}"


def _example(key: Key, course: Course) -> str:
    item = list(course.items)[-1]
    return key.example.replace("ASSIGNMENT", course.assignments[0]).replace("ITEM", item)


def shown(settings: Settings, course: Course, now: datetime | None = None) -> Iterator[str]:
    """What the settings make of the course, and what there is to remark."""
    if settings.file:
        yield f"{settings.file} says: {', '.join(settings.said) or 'nothing yet'}"
    else:
        yield "there is no course.toml: this is the course as it comes; `gradschool course init` begins one"
    yield f"{course.title}{f', {settings.term}' if settings.term else ''}"
    yield ""
    yield from _assignments(settings, course)
    yield ""
    yield from _rules(settings)
    names = [name for name in course.assignments if settings.dates.due_at(name)]
    remarks = [*settings.remarks, *past(settings, names, now or datetime.now(UTC))]
    yield from ["", *(f"! {remark}" for remark in remarks)] if remarks else []


def _assignments(settings: Settings, course: Course) -> Iterator[str]:
    whole = course.whole
    core = bonus = 0
    width = max(map(len, whole.assignments)) + 2
    for name in whole.assignments:
        asked = [item for item in course.items.values() if item.assignment == name]
        there = [item for item in whole.items.values() if item.assignment == name]
        points = sum(item.points for item in asked if not item.bonus)
        extra = sum(item.points for item in asked if item.bonus)
        core, bonus = core + points, bonus + extra
        if not asked:
            yield f"  {name:<{width}}left out: students get it ready-made"
            continue
        worth = " and ".join(filter(None, [f"{points} points" if points else "", f"{extra} bonus" if extra else ""]))
        due = settings.dates.due_at(name)
        when = f", due {settings.dates.local(due)}" if due else ""
        yield f"  {name:<{width}}{len(asked)} items, {worth}{when}"
        changed = [f"{item.id} {item.points}" for item in asked if item.points != whole.items[item.id].points]
        moved = [item.id for item in asked if item.bonus != whole.items[item.id].bonus]
        out = [item.id for item in there if item.id not in course.items]
        for what, ids in (("other points", changed), ("bonus or not", moved), ("left out", out)):
            for line in wrap(f"{what}: {', '.join(ids)}", _WIDTH - width, break_on_hyphens=False) if ids else ():
                yield f"  {'':<{width}}{line}"
    yield f"  {'in all':<{width}}{core} points, and {bonus} bonus"


def _rules(settings: Settings) -> Iterator[str]:
    dates = settings.dates
    if not dates:
        yield "nothing has a due date, so nothing is late"
    else:
        grace = f"; {_time(dates.grace)} later is not late yet" if dates.grace else ""
        unsaid = "" if "dates.time_zone" in settings.said else ", for no time_zone is said"
        yield f"dates are those of {dates.zone}{unsaid}{grace}"
        rate = dates.penalty
        cost = f"each day begun costs {rate.per_day:g} % of the points earned, {rate.at_most:g} % at most"
        yield f"late: {cost}" if rate.per_day else "late: costs nothing, and is told"
        yield f"of several pushes the {settings.pushes} one by its due date counts"
        yield from _extensions(dates)
    before, after = _FEEDBACK[settings.before], _FEEDBACK[settings.after]
    yield (
        f"students read {after}" if before == after else f"students read {before} before a due date, and {after} after"
    )
    hints = {"all": "all hints", "mistakes": "hints for recognised mistakes alone", "none": "no hints"}
    yield f"they get {hints[settings.scheme.hints]}" + (f", in the words of {settings.hints}" if settings.hints else "")
    if settings.language != ENGLISH:
        where = f", as {settings.texts} has it" if settings.texts else ""
        rest = f"; {settings.untranslated} sentences have no translation and stay English"
        yield f"what students read is in the language {settings.language}{where}{rest if settings.untranslated else ''}"
        if not (kin(settings.language) or settings.hints):
            yield "hints, and what is said of mistakes, stay English: name a file with other ones by hints"
    if settings.budget or settings.scheme.seconds:
        item = f"{settings.scheme.seconds or 2:g} s of the processor an item"
        yield f"time: {settings.budget or 60:g} s a submission, {item}"
    if settings.by_section:
        yield "each section of the roster has a page"


def _extensions(dates: Dates) -> Iterator[str]:
    for student, longer in sorted(dates.extensions.items()):
        yield f"  {student}: {', '.join(_longer(dates, name, more) for name, more in longer.items())}"


def _longer(dates: Dates, assignment: str, more: timedelta | datetime) -> str:
    said = f"{_time(more)} more" if isinstance(more, timedelta) else f"until {dates.local(more)}"
    return f"{assignment} {said}".strip()


def _time(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    units = {"day": 24 * 60, "hour": 60, "minute": 1}
    unit = next(unit for unit, size in units.items() if minutes % size == 0)
    count = minutes // units[unit]
    return f"{count} {unit}{'s' * (count != 1)}"
