"""Runs lines of a student's own on their package: what is printed, what went wrong, and what was drawn."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any

from autograder.kit.browser.clock import Clock, Over
from autograder.kit.browser.interpreter import Ended, Kept, forget, mend
from autograder.kit.browser.numbers import StandIn, has_numpy
from autograder.sandbox.records import loads
from autograder.sandbox.stacks import hanging
from autograder.texts import _

_NAME = "your lines"
_SECONDS = 10.0
_MOST = 64 << 10  # bytes of what is printed
_PICTURES = 20


def play(root: Path, package: str, code: str, clock: Clock) -> dict[str, Any]:
    """Run `code` with the package below `root`: `out` is what it printed, and the value of its last line where that is
    an expression; `error` a sentence, with the `line` of the code that was under way; `pictures` the sources of
    drawings that were displayed, or are that value."""
    pictures: list[str] = []
    file = os.path.join(root, _NAME)

    def display(*things: object) -> None:
        for thing in things:
            source = getattr(thing, "source", None)
            if isinstance(source, str) and source.lstrip().startswith(("digraph", "graph", "strict", "//")):
                pictures.extend([source] if len(pictures) < _PICTURES else [])
            elif thing is not None:
                print(repr(thing))

    kept = Kept(_MOST)
    error, line = "", None
    try:
        Path(file).write_text(code, "utf-8", "surrogatepass")  # where it can be looked into, should it hang
        forget(package)
        sys.path.insert(0, str(root))
        if not has_numpy():
            sys.modules["numpy"] = StandIn(plain=False)
        names = {"__name__": "__main__", "__builtins__": __builtins__, "display": display}
        clock.start(str(root))
        clock.until(monotonic() + _SECONDS)
        clock.begin()
        try:
            _execute(code, file, names, display)
        finally:
            mend()
        late = clock.over
    except Over:
        late = True
    except BaseException as raised:
        late = clock.over
        error, line = _said(raised, root / package, file)
    finally:
        clock.stop()
        out = kept.prints.take().decode("utf-8", "replace")
        kept.restore(package)
    if late:
        place, line = loads(hanging(bytes(clock.stacks), str(root)), [_NAME, None])
        where = "" if place == _NAME else _placed(place.removeprefix(f"{package}/"), line)
        error = _("stopped after {seconds:g} s: is there an endless loop{where}?", seconds=_SECONDS, where=where)
        line = line if place == _NAME else None
    return {"out": out, "error": error, "line": line, "pictures": pictures}


def _execute(code: str, file: str, names: dict[str, Any], display: Callable[..., None]) -> None:
    """Run some lines, and display the value of the last one."""
    tree = ast.parse(code, file)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, file, "exec"), names)
    if isinstance(last, ast.Expr):
        display(eval(compile(ast.Expression(last.value), file, "eval"), names))


def _said(error: BaseException, folder: Path, file: str) -> tuple[str, int | None]:
    """What there is to say of an exception, by the package's `folder`, and the line of the code that was under way."""
    steps = list(_steps(error.__traceback__, str(folder.parent) + os.sep))
    line = next((at for name, at in reversed(steps) if name == file), None)
    if isinstance(error, SyntaxError) and error.filename == file:
        return f"{type(error).__name__}: {error.msg}", error.lineno
    last, at = steps[-1] if steps else (file, 0)
    if isinstance(error, SyntaxError) and str(error.filename).startswith(str(folder.parent)):
        last, at = str(error.filename), error.lineno or 0
    where = "" if last == file else _placed(os.path.relpath(last, folder), at)
    if isinstance(error, NotImplementedError):
        return _("{item} is still to be written", item=_text(error) or _("something")) + where, line
    if isinstance(error, (SystemExit, Ended)):
        return _("the program ended itself, with exit code {code}", code=_text(error) or 0) + where, line
    silence = _("nobody answers input() here: write the value in its place")
    text = silence if isinstance(error, EOFError) else _text(error)
    return f"{type(error).__name__}{': ' if text else ''}{text}{where}", line


def _placed(file: str, line: object) -> str:
    return _(" ({file}, line {line})", file=file, line=line)


def _steps(step: TracebackType | None, below: str) -> Any:
    """The files and lines of a traceback that are below a folder."""
    while step is not None:
        if step.tb_frame.f_code.co_filename.startswith(below):
            yield step.tb_frame.f_code.co_filename, step.tb_lineno
        step = step.tb_next


def _text(error: BaseException) -> str:
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)[:1000]
    except BaseException:  # it is theirs
        return ""
