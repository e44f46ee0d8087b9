"""Inside, with the student's code: run one item, say what came out as text.

Everything here runs beside hostile code, in a process that holds no secret and whose word counts for nothing but the
item at hand. What it must keep safe is honest students' answers from their own accidents: the functions that write
an answer are bound before student code can rebind them.
"""

from __future__ import annotations

import json
import os
import random
import types
from collections.abc import Callable, Sequence
from typing import Any

from autograder.exam.items import Item
from autograder.phrase import Phrase, data

seed = random.seed
_quote = json.encoder.encode_basestring_ascii
_digits = float.__repr__
_kind = type
_TOLD = 7  # frames of a traceback: two turns of three calls, and the call in which Python gave up
NOTHING = Phrase("None (is a `return` missing?)")


class WrongKind(Exception):
    """Something came back that is not what the contract says; the text says what, for the student.

    `lacks` is the attribute that it does not have, where that is what is wrong; `absent` tells that what is asked of
    is not there at all.
    """

    def __init__(self, text: str, lacks: str = "", absent: bool = False):
        super().__init__(text)
        self.text = text
        self.lacks = lacks
        self.absent = absent


def describe(thing: Any) -> str:
    """What `thing` is, in a few words."""
    if thing is None:
        return NOTHING
    return Phrase("a {kind}", kind=_kind(thing).__name__)


def plain_number(number: Any) -> Any:
    """The number in a numpy array of one, or in a numpy scalar; anything else as it is."""
    single = getattr(_kind(number), "__module__", "") == "numpy" and getattr(number, "shape", None) == ()
    return number.item() if single else number


def plain(value: Any) -> str:
    """`value` as JSON text; anything but numbers, strings, booleans, None, lists and dicts becomes {"object": what
    it is}."""
    kind = type(value)
    if kind is dict:
        return plain_object(value)
    if kind is float:
        return _digits(value) if value - value == 0.0 else f'{{"object": "{value}"}}'
    if kind is int:
        return int.__repr__(value) if -(2**1024) < value < 2**1024 else '{"object": "a huge int"}'
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is str:
        return _quote(value)
    if kind is list or kind is tuple:
        return "[" + ",".join([_digits(part) if type(part) is float and part - part == 0.0 else plain(part)
                               for part in value]) + "]"  # fmt: skip
    number = plain_number(value)
    if number is not value:
        return plain(number)
    return '{"object": ' + _quote(describe(value)[:200]) + "}"


def raised(error: BaseException, root: str) -> dict[str, Any]:
    """An exception as data: its type, its text, the frames of the traceback that are the student's own, and of an
    import the module that was `wanted`."""
    theirs: list[types.TracebackType] = []  # of a recursion there are a thousand
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename.startswith(root + os.sep):
            theirs.append(step)
        step = step.tb_next
    codes = [(step.tb_frame.f_code, step.tb_lineno) for step in theirs[-_TOLD:]]
    frames = [[os.path.relpath(code.co_filename, root), line, code.co_qualname] for code, line in codes]
    depth = len(theirs)
    if isinstance(error, SyntaxError) and str(error.filename).startswith(root + os.sep):
        frames.append([os.path.relpath(str(error.filename), root), error.lineno or 0, "<module>"])
        depth += 1
    said = ""
    try:
        said = data(error.args[0]) if error.args and isinstance(error.args[0], Phrase) else ""
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        wanted = error.name if isinstance(error, ImportError) else ""
        if isinstance(error, ImportError) and error.path:
            text = text.replace(f" ({error.path})", "")  # which is a place of ours
    except BaseException:
        text = wanted = ""
    kinds = [kind.__name__ for kind in type(error).__mro__[:8]]
    found = {"raised": kinds, "text": text[:500], "frames": frames[-_TOLD:], "depth": depth}
    if isinstance(error, SyntaxError) and isinstance(error.offset, int):
        found["column"] = error.offset
    if said:
        found["said"] = said
    return {**found, "wanted": str(wanted)[:200]} if wanted else found


def _asked_by_us(error: BaseException, root: str) -> bool:
    """Whether the last call, the one that raised, is in no file of the student's."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return step is None or not step.tb_frame.f_code.co_filename.startswith(root + os.sep)


def locate(item: Item, modules: dict[str, types.ModuleType], root: str) -> list[Any] | None:
    """File and line of the function that the item is about, if it can be found."""
    module, _, path = item.target.partition(":")
    try:
        found: Any = modules[module]
        for name in path.split("."):
            found = getattr(found, name)
        code = found.__code__
        return [os.path.relpath(code.co_filename, root), code.co_firstlineno]
    except Exception:
        return None


def sit(item: Item, lab: Any, questions: Sequence[dict[str, Any]], root: str,
        progress: Callable[[int], None] = lambda index: None) -> str:  # fmt: skip
    """Ask an item's questions; returns the answers as JSON text.

    Each is `[answer]`, or an object that says what was raised, or what came instead of what should. All
    questions are asked, whatever happens on one.
    """
    answers = []
    for index, question in enumerate(questions):
        progress(index)
        seed(index)  # whatever is random is so in the same way each time
        try:
            answers.append("[" + plain(item(lab, question)) + "]")
        except WrongKind as odd:
            answers.append(_odd(odd))
        except BaseException as error:
            what = raised(error, root)
            if _asked_by_us(error, root) and (missing := lab.explained(error, item.target)):
                answers.append(_odd(missing))
                continue
            answers.append(plain_object(what))
        finally:
            lab.restore()
    return "[" + ",".join(answers) + "]"


def _odd(odd: WrongKind) -> str:
    """What came instead of what should, as JSON text."""
    nothing = NOTHING in str(odd)
    said = data(odd.text) if isinstance(odd.text, Phrase) else ""
    return plain_object(
        {"odd": str(odd)[:300], "said": said, "lacks": odd.lacks, "absent": odd.absent, "nothing": nothing}
    )


def plain_object(data: dict[str, Any]) -> str:
    """A dictionary as JSON text, by `plain`."""
    return "{" + ",".join(f'"{key}":{plain(value)}' for key, value in data.items()) + "}"
