"""What the lines of an operation tell of a wrong answer: its rule is a function within it, stored in `_backward`.

The function is handed in by who reads students' files: its lines by number, those of its body that lie in no inner
function (`outer`), and the function within it that becomes the rule (`inner`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from autograder.courses.micrograd import COURSE
from autograder.exam.items import Item
from autograder.texts import _

_STORED = re.compile(r"\s*\w+\._backward\s*=(?!=)\s*(.*)")
_RETURN = re.compile(r"\s*return\b")
_OPERANDS = ("a", "b")  # what parts of an answer call them

Found = tuple[int, str]  # the number of a line, and what to do about it where that is not its formula


def fault(function: Any, item: Item, parts: Sequence[str]) -> Found | None:
    """Where the rule is wrong that an item asks for, which has these wrong `parts` ("a.grad"); None where the item asks
    for no rule, or where there is none to be seen."""
    asked = any(need.basis and need.target == item.target for need in map(COURSE.items.__getitem__, item.needs))
    if not asked or not all(name.endswith(".grad") for name in parts):
        return None
    stored = [number for number in function.outer if _STORED.match(function.text(number))]
    left = [number for number in function.outer if _RETURN.match(function.text(number))]
    inner = function.inner
    if left and left[0] < max([*stored, inner.start if inner else 0]):
        return left[0], _(
            "`{name}` ends in line {line}, above its rule: write `out = …` there in place of `return …`",
            name=function.name, line=left[0],
        )  # fmt: skip
    if inner and not stored:
        return _unstored(function, inner)
    if not inner:
        return (stored[0], "") if stored else None
    if re.search(rf"_backward\s*=\s*{inner.name}\(", function.text(stored[0])):
        return stored[0], _("write `{name}` without brackets: it is to be called later", name=inner.name)
    own = inner.own(inner.body)
    called = dict(zip(_OPERANDS, function.parameters, strict=False))
    for name in filter(None, (called.get(part.partition(".")[0]) for part in parts)):
        for number in own:
            if re.search(rf"\b{name}\.grad\s*[-+*/]?=(?!=)", function.text(number)):
                return number, ""
    return next(iter(own), inner.start), ""


def _unstored(function: Any, inner: Any) -> Found:
    """A rule that is never given to the result."""
    for number in inner.body:
        if _STORED.match(function.text(number)):
            return number, _(
                "indent this line as `def {inner}` in line {line}: inside it, the rule would have to run before it is "
                "stored",
                inner=inner.name, line=inner.start,
            )  # fmt: skip
    for number in function.outer:
        if found := re.match(rf"\s*(\w+)\.(\w+)\s*=\s*{inner.name}\b", function.text(number)):
            right, wrong = f"{found[1]}._backward", f"{found[1]}.{found[2]}"
            return number, _("it is called `{right}`, not `{wrong}`", right=right, wrong=wrong)
    return inner.start, _(
        "the rule is never given to the result: write `out._backward = {name}` below it", name=inner.name
    )


def mistyped(text: str) -> str:
    """What is meant where an exception says that something is of another type; empty where that is not known."""
    if "must be real number, not Value" in text:
        return _("functions of `math` take numbers: write `.data`")
    return ""
