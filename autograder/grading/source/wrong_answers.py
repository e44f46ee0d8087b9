"""Which line of a student's file a wrong answer comes from, or none at all, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from autograder.course import in_use
from autograder.exam.items import Item
from autograder.explanation import Frame
from autograder.grading.source.function import DEFINITION, Function
from autograder.grading.source.given import is_left, is_own
from autograder.grading.source.lines import Place, width
from autograder.grading.source.sources import Sources
from autograder.grading.source.spelling import nearest
from autograder.project import PACKAGE
from autograder.sandbox.stacks import loop_around
from autograder.texts import _
from autograder.todos import TODO

_RETURN = re.compile(r"\s*return\b")


def fault(function: Function, item: Item, parts: Sequence[str], nothing: bool) -> Place:
    """Where an answer comes from that is wrong in these `parts`, or is nothing at all: a line of the function that was
    asked, by what the course knows of it or else the first that a student wrote for the item."""
    if earlier := function.earlier():
        say = _(
            "`{name}` is defined twice, in line {line} and in line {other}: the last one counts",
            name=function.name, line=earlier, other=function.start,
        )  # fmt: skip
        return function.place(function.start, say)
    if nothing:
        return in_result(function) or function.place(function.first(item.id))
    known = in_use().find("source")
    number, advice = (known.fault(function, item, parts) if known else None) or (function.first(item.id), "")
    return function.place(number, advice)


def in_result(function: Function) -> Place | None:
    """Where a function comes to its end without a result; None where it has one."""
    if any(_RETURN.match(function.text(number)) for number in function.outer):
        return None
    if inner := function.inner:
        for number in inner.body:
            if re.match(r"\s*return\s+\w", function.text(number)):
                say = _(
                    "indent this `return` as `def {inner}` in line {line}: it belongs to `{outer}`",
                    inner=inner.name, line=inner.start, outer=function.name,
                )  # fmt: skip
                return function.place(number, say)
    last = function.outer[-1] if function.outer else function.start
    return function.place(last, _("`{name}` ends without a `return`", name=function.name))


def unfinished(sources: Sources, id: str, frames: Sequence[Frame]) -> Place | None:
    """The `raise` of a TODO that was left beside what a student wrote for it."""
    file, line = frames[0][:2]
    function = sources.around(file, line)
    if not function or not is_left(sources.line(file, line)):
        return None
    begin = max((mark for mark in function.marks(id) if mark < line), default=function.start)
    if any(begin < each < line for each in function.own(function.body)) or _goes_on(function, line):
        say = _("you wrote something, but the raise in line {line} is still there: delete it", line=line)
        return function.place(line, say)
    return None


def _goes_on(function: Function, line: int) -> bool:
    """Whether a student wrote something below a line, in the same block and for the same TODO."""
    following = next((number for number in function.body if number > line), line)
    if following == line or not is_own(function.text(following)) or DEFINITION.match(function.text(following)):
        return False
    between = [function.text(number) for number in range(line + 1, following + 1)]
    deep = width(function.text(line))
    return not any(TODO.match(each) or (each.strip() and width(each) < deep) for each in between)


def hang(sources: Sources, item: Item, where: tuple[str, int] | None) -> Place | None:
    """What does not come to an end: the loop or the line at which code was seen to hang, or, where nobody could look or
    `where` is but the function that was asked, the loop in that which may have no end."""
    if where is None:
        file = in_use().file(item)
        asked = sources.defined(file, item.target.partition(":")[2])
        return Place(file, asked.first_loop() or asked.first(item.id)) if asked else None
    file, line = where
    if loop := loop_around(str(sources.root / file), [line]):
        return Place(file, loop, _("this loop does not end"))
    function = sources.around(file, line)
    if function and function.start != line:
        return Place(file, line, _("line {line} waits for something that never comes", line=line))
    function = sources.function(file, line)
    return Place(file, function.first_loop() or function.first(item.id))


def uncallable(function: Function, text: str) -> Place:
    """Where a function could not even be called, by the `text` of the exception."""
    say = _("`{name}` should take the arguments that it has in the kit", name=function.name)
    if "takes 0 positional arguments but 1 was given" in text and "self" not in function.text(function.start):
        say = _("write `self` as its first argument: def {name}(self)", name=function.name)
    return function.place(function.start, say)


def renamed(sources: Sources, target: str, others: Collection[str]) -> Place | None:
    """What may be meant for the function or class of an item's `target` that is not there: none of those of the
    `others`."""
    module, path = target.partition(":")[::2]
    file = f"{PACKAGE}/{module}.py"
    made = {found[1]: at for at, line in enumerate(sources.lines(file), 1)
            if (found := re.match(r"\s*(?:def|class)\s+(\w+)", line))}  # fmt: skip
    for name in path.split("."):
        if name not in made:
            near = nearest(name, [each for each in made if each not in others and not each.startswith("__")], 0.5)
            if not near:
                return None
            say = _(
                "line {line} defines `{near}`: is that the `{name}` that is asked for?",
                line=made[near], near=near, name=name,
            )  # fmt: skip
            return Place(file, made[near], say)
    return None
