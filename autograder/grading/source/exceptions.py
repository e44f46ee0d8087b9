"""Which line of a student's file an exception is the fault of, and what to do about it."""

from __future__ import annotations

import builtins
import math
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from autograder.course import in_use
from autograder.explanation import Frame
from autograder.grading.source.function import DEFINITION
from autograder.grading.source.given import is_given, is_own
from autograder.grading.source.lines import Place, line_at
from autograder.grading.source.sources import Sources
from autograder.grading.source.spelling import nearest
from autograder.phrase import N_
from autograder.texts import _

# What stops or asks for somebody who is not there, by the exceptions that it ends in.
_STOPS = {
    "BdbQuit": re.compile(r"\bbreakpoint\(|\bset_trace\("),
    "EOFError": re.compile(r"(?<![\w.])input\(|\bstdin\b"),
    "SystemExit": re.compile(r"(?<!\w)(?:sys\.|os\._)?(?:exit|quit)\("),
    "NameError": re.compile(r"(?<![\w.])(?:exit|quit)\("),
}
_CALLED = re.compile(r"[\w.]*\b(?:breakpoint|set_trace|input|exit|quit|_exit)\(.*?\)")
# What became of code that stops, in words.
STOPPED = {
    "BdbQuit": N_("stops in a debugger"),
    "EOFError": N_("waits for an answer that nobody gives"),
    "SystemExit": N_("ends the Python process"),
    "NameError": N_("wants to end the Python process"),
}
_DEBUG = N_("; `gradschool try {id}` runs the example in your own Python, where it stops")
_BACK = 5  # lines above the one at which a debugger gave up
_GIVES_A_NAME = re.compile(r"(?:\b(?:def|class|for|import|as)\s+(?=\w))?\b(\w+)\b(?=\s*=(?!=)|\s*\(|\s+in\b|\s*$)")


def fault(sources: Sources, id: str, kind: str, text: str, frames: Sequence[Frame], target: str) -> Place:
    """The line that an exception is the fault of, by its frames, the last call first: not what is given, and of a
    recursion without end the step in the function that the item is about, `target`."""
    for file, number, _function in frames:
        if found := stop(sources, kind, file, number):
            return replace(found, advice=f"{found.advice}{_(_DEBUG, id=id) if kind == 'BdbQuit' else ''}")
    own = [frame for frame in frames if not is_given(frame)]
    written = [frame for frame in own if is_own(sources.line(*frame[:2]))]
    if kind == "RecursionError":
        written = [frame for frame in written if frame[2].partition(".<locals>")[0] == target] or written
        written = [frame for frame, _count in Counter(written).most_common(1)]
    file, number = next(iter(written or own or frames))[:2]
    lines = sources.lines(file)
    name = next(iter(re.findall(r"'(\w+)'", text)), "")
    if kind in ("NameError", "UnboundLocalError") and own and own[0] not in written:
        uses = own[0][1]
        function = sources.around(*own[0][:2])
        if function and function.first(id) == function.start:
            say = _("nothing is called `{name}` above this line: that is what the TODO asks for", name=name)
            return Place(file, uses, say)
        number = function.first(id) if function else number
        return Place(file, number, _("line {line} uses `{name}`: call your result so", line=uses, name=name))
    if kind == "NameError":
        number = number if own else _imports_begin(lines)
        return _misspelled_import(file, lines, name) or Place(file, number, _missing(file, lines, name))
    if kind == "AttributeError":
        return Place(file, number if own else _imports_begin(lines), _no_attribute(lines, text))
    if kind == "TypeError":
        advice = _mistyped(sources.line(file, number), text, is_given(frames[0]))
        return _shadowed(file, lines, number, text) or Place(file, number, advice)
    if kind == "RecursionError":
        say = _("line {line} leads back to itself: does it ever come to an end?", line=number)
        return Place(file, number, say)
    if kind == "RuntimeError" and text.startswith("No active exception"):
        return Place(file, number, _("delete this `raise`, and write in its place what the TODO asks for"))
    return Place(file, number)


def stop(sources: Sources, kind: str, file: str, number: int) -> Place | None:
    """What waits for somebody, or ends everything, at a line or, for a debugger, just above it."""
    pattern = _STOPS.get(kind)
    for at in range(number, max(0, number - _BACK) if kind == "BdbQuit" else number - 1, -1):
        if pattern and pattern.search(sources.line(file, at)):
            found = _CALLED.search(sources.line(file, at))
            what = found[0] if found else "it"
            return Place(file, at, _("remove `{what}` in line {line}", what=what, line=at), stops=True)
    return None


def _imports_begin(lines: list[str]) -> int:
    """The line of a file in which its imports begin, or the first."""
    return next((at for at, line in enumerate(lines, 1) if re.match(r"(import|from)\s", line)), 1)


def _misspelled_import(file: str, lines: list[str], name: str) -> Place | None:
    """An import of a module whose name is nearly that of a module of Python's."""
    for at, line in enumerate(lines, 1):
        found = re.match(r"import\s+(\w+)\s*(?:#|$)", line)
        if name in sys.stdlib_module_names and found and found[1] != name and nearest(name, [found[1]], 0.8):
            return Place(file, at, _("the module is called `{name}`, not `{other}`", name=name, other=found[1]))
    return None


def _missing(file: str, lines: list[str], name: str) -> str:
    """What may be meant by a name that Python does not know; empty where nothing is known."""
    if not name:
        return ""
    if re.search(rf"\bself\.{name}\b", "\n".join(lines)):
        return _("write `{what}`", what=f"self.{name}")
    if name in sys.stdlib_module_names:
        return _("write `{what}` at the top of the file", what=f"import {name}")
    course = in_use()
    if (module := course.names.get(name)) and not file.endswith(f"{module}.py"):
        line = f"from {course.package}.{module} import {name}"
        return _("write `{what}` at the top of the file", what=line)
    words = {word for line in lines for word in _GIVES_A_NAME.findall(line)}
    words |= {word for line in lines if (made := DEFINITION.match(line)) for word in re.findall(r"\w+", made[2])}
    return _did_you_mean(nearest(name, words - {name}, 0.75) or nearest(name, dir(builtins), 0.8))


def _no_attribute(lines: list[str], text: str) -> str:
    """What may be meant by an attribute that something does not have, by the names that follow a dot elsewhere."""
    quoted = re.findall(r"'(\w+)'", text)
    if not quoted:
        return ""
    known = {word for line in lines for word in re.findall(r"\.(\w+)", line)} - {quoted[-1]}
    return _did_you_mean(nearest(quoted[-1], dir(math) if quoted[0] == "math" else known))


def _did_you_mean(word: str) -> str:
    return _("did you mean `{word}`?", word=word) if word else ""


def _shadowed(file: str, lines: list[str], number: int, text: str) -> Place | None:
    """What took the name of a function of Python's that a line calls."""
    if "object is not callable" not in text:
        return None
    named = [(found[1], at) for at, line in enumerate(lines, 1) if (found := re.match(r"\s*(\w+)\s*=(?!=)", line))]
    first = dict(reversed(named))
    for name in re.findall(r"(?<![\w.])(\w+)\(", line_at(lines, number)):
        if name in first and hasattr(builtins, name):
            say = _(
                "`{name}` is a function of Python's, which line {line} calls: find another name for this",
                name=name, line=number,
            )  # fmt: skip
            return Place(file, first[name], say)
    return None


def _mistyped(line: str, text: str, given: bool) -> str:
    """What is meant where something is of another type; empty where that is not known."""
    if given and "is not iterable" in text and (alone := re.search(r"\((\w+)\)", line)):
        return _("({name}) is not a tuple: write ({name},), with a comma", name=alone[1])
    if "'method' object is not" in text:
        return _("brackets are missing: a method is called by `()`")
    course = in_use()
    if (known := course.find("source")) and (advice := known.mistyped(text)):
        return str(advice)
    thing = re.match(r"'(\w+)' object is not callable", text)
    if thing and thing[1] in ("float", "int", *course.names):
        return _("a {kind} is no function: leave the brackets behind it out", kind=thing[1])
    return ""
