"""Where code hangs, by what it wrote of its own stack while it ran: the loop that it does not leave.

A timer's signal has it written between two steps of the interpreter, which is safe: a thread that looks at the stack
of one that runs, as `faulthandler` has it, may crash. So nothing is known of code that never comes back from C.

It runs beside the student's code, whose word it is: whoever reads it makes sure that it names a place at all. Standard
library only.
"""

from __future__ import annotations

import json
import os
import re
import signal
import types
from collections.abc import Iterable
from contextlib import suppress

AFTER = 0.15  # seconds after which, and in which again, one writes
_MOST = 1 << 16  # bytes of the last ones that are looked at
_DEPTH = 100  # calls that are written of a stack
_HEAD = "(most recent call first):"
_FRAME = re.compile(r'  File "(.+)", line (\d+) in (.+)')
_LOOP = re.compile(r"\s*(?:async\s+)?(?:while|for)\b")
_BORDER = re.compile(r"\s*(?:async\s+)?(?:def|class)\b")

Stack = list[tuple[str, int, str]]  # the first call first


def note(pipe: int) -> None:
    """From now on write the stack to a pipe that does not block, now and then. Where there is no such timer, as on
    Windows, nothing is written."""
    if not hasattr(signal, "setitimer"):
        return
    write = os.write

    def ring(number: int, frame: types.FrameType | None) -> None:
        with suppress(BaseException):  # it would come up in the student's code
            write(pipe, written(frame))

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, AFTER, AFTER)


def rest() -> None:
    """Write no more."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def written(frame: types.FrameType | None) -> bytes:
    """The stack of a frame as text."""
    lines = [_HEAD]
    while frame is not None and len(lines) <= _DEPTH:
        code = frame.f_code
        lines.append(f'  File "{code.co_filename}", line {frame.f_lineno} in {code.co_name}')
        frame = frame.f_back
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


def hanging(noted: bytes, root: str) -> bytes:
    """The file below `root` and the line at which code hangs, as JSON; empty where it is not known.

    It is the line of the innermost loop that holds all that was seen running, else the last line that all calls had in
    common.
    """
    stacks = _stacks(noted[-_MOST:].decode("utf-8", "replace"), root)
    common: list[tuple[str, list[int]]] = []
    for calls in zip(*stacks, strict=False):
        if len({(file, function) for file, _, function in calls}) > 1:
            break
        common.append((calls[0][0], [line for _, line, _ in calls]))
    for file, lines in reversed(common):
        if loop := loop_around(os.path.join(root, file), lines):
            return json.dumps([file, loop]).encode()
    return json.dumps([common[-1][0], common[-1][1][-1]]).encode() if common else b""


def _stacks(text: str, root: str) -> list[Stack]:
    """The student's own calls, in each of what was written."""
    found: list[Stack] = []
    for part in text.split(_HEAD)[1:]:
        frames = [match.groups() for line in part.splitlines() if (match := _FRAME.fullmatch(line))]
        own = [(os.path.relpath(file, root), int(line), function) for file, line, function in frames
               if file.startswith(root + os.sep) and len(line) < 8]  # fmt: skip
        if own:
            found.append(own[::-1])
    return found


def loop_around(path: str, lines: Iterable[int]) -> int:
    """The line of the innermost loop around all of these lines of a file, told by indentation; 0 where there is
    none."""
    with suppress(OSError):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(1 << 20).expandtabs().split("\n")  # as Python counts lines
        around = [_headers(text, line) for line in set(lines)]
        return max((line for line in set.intersection(*around) if _LOOP.match(text[line - 1])), default=0)
    return 0


def _headers(text: list[str], line: int) -> set[int]:
    """The lines under which a line stands, with itself, up to the function that it is in."""
    found: set[int] = set()
    inner = 1 << 20
    for at in range(min(line, len(text)), 0, -1):
        body = text[at - 1].lstrip()
        indent = len(text[at - 1]) - len(body)
        if body and not body.startswith("#") and indent < inner:
            if _BORDER.match(text[at - 1]):
                break
            found.add(at)
            inner = indent
    return found
