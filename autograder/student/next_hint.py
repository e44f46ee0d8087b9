"""What a student may do next, and the hints for it, of which each call shows one more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from autograder.course import in_use
from autograder.phrase import N_
from autograder.report import ItemResult, Report
from autograder.report.guide import Guide
from autograder.report.text import WRONG
from autograder.student.kit import Kit
from autograder.student.progress import course_hints
from autograder.texts import _

_NONE = {
    "none": N_("Your course gives no hints."),
    "mistakes": N_("Your course gives hints for mistakes that are recognised, and this is none of them."),
}


def with_first_hint(item: ItemResult, guide: Guide) -> ItemResult:
    """A wrong item with its first hint and how to get the others; any other item as it is."""
    if item.status not in WRONG or (item.status != "failed" and item.hint is None):
        return item
    hints = course_hints().ladder(item).hints
    if not hints:
        return replace(item, hint=None)
    if len(hints) == 1:
        return replace(item, hint=hints[0])
    said = {"hint": hints[0], "count": len(hints), "command": guide.hint_call(item.id)}
    return replace(item, hint=_("{hint} (1 of {count}; for more: {command})", **said))


@dataclass(frozen=True)
class Hint:
    """What `gradschool hint` shows: the item, where there is one to mend, and lines under it."""

    item: ItemResult | None
    lines: list[str]
    guide: Guide


def next_hint(kit: Kit, report: Report, id: str | None, every: bool, guide: Guide | None = None) -> Hint:
    """One hint more than last time for the item `id`, or for the next one to do; all of them if `every` is asked for.

    `report` is on all items, or on `id` and all that it needs; the `guide`, if none is given, is the kit's own. A
    blocked item's hints are those of what it waits for.
    """
    guide = guide or kit.guide()
    seen = {item.id: item for item in kit.seen(report, guide).items}
    if id is None:
        left = to_do(seen.values())
        if not left:
            return Hint(None, [_("Everything passes: there is nothing left to hint at.")], guide)
        id = left[0].id
    lines = []
    while seen[id].status == "blocked":
        need = next(need for need in in_use().items[id].needs if seen[need].status != "passed")
        lines.append(_("{item} waits for {need}: begin there.", item=id, need=need))
        id = need
    item = seen[id]
    if item.status == "passed":
        return Hint(None, [_("{item} passes: there is nothing to hint at.", item=id)], guide)
    if item.status == "ungraded":
        return Hint(item, [], guide)
    progress = kit.progress()
    steps = course_hints().ladder(item).hints
    count = len(steps) if every else min(progress.hints_shown(item) + 1, len(steps))
    progress.show_hints([item], count)
    lines += course_hints().hint_lines(item, count)
    if in_use().scheme.withholds(item.diagnosis):
        lines.append(_(_NONE[in_use().scheme.hints]))
    if count < len(steps):
        lines.append(_("For the next one: {command}", command=guide.hint_call(id)))
    return Hint(replace(item, hint=None, reproduce=None), lines, guide)


def to_do(items: Collection[ItemResult]) -> list[ItemResult]:
    """The items that a student can do something about now, in the rubric's order; the bonus once the core is done."""
    left = [item for item in items if item.status not in ("passed", "ungraded")]
    left = [item for item in left if not item.bonus] or left
    return [item for item in left if item.status != "blocked"] or left
