"""What a student's notebook imports.

It calls `start()` once, and `check("engine-mul")` for the verdict on an item: that grades the `micrograd/` beside the
notebook against the practice exam, in a worker process of its own, and its result is the points earned, what nbgrader
takes for a partial credit. A wrong answer is shown, never raised.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.course import in_use
from autograder.errors import UserError
from autograder.grading.grader import Grader
from autograder.project import PACKAGE
from autograder.report import Report
from autograder.report.guide import Guide, lost_lines
from autograder.report.notebook import Lines, Verdict, todo_lines
from autograder.report.text import plain
from autograder.student.kit import Kit, known_item, open_kit
from autograder.student.next_hint import next_hint, with_first_hint
from autograder.student.reimport import Reimporter, forget
from autograder.texts import _
from autograder.todos import find_todos

_grader: Grader | None = None
_reimporter: Reimporter | None = None


def start() -> None:
    """Get a notebook ready: `import micrograd` finds the folder beside it, and every edit once it is saved; a TODO that
    a cell runs into is named in one sentence, without a traceback.

    Raises UserError where something is missing.
    """
    global _reimporter
    shell = _shell()
    if shell is None:
        raise UserError("start() is for notebooks: elsewhere type `gradschool check`")
    _kit()
    here = Path.cwd()
    sys.path[:] = [str(here), *(path for path in sys.path if path != str(here))]
    sys.dont_write_bytecode = True  # it would be handed in, and hides an edit that comes quickly after another
    if _reimporter is not None:
        shell.events.unregister("pre_run_cell", _reimporter)
    forget()
    _reimporter = Reimporter(here, shell.user_ns)
    shell.events.register("pre_run_cell", _reimporter)
    shell.set_custom_exc((NotImplementedError,), _show_todo)
    if shutil.which("dot") is None:
        _display(
            Lines(_("graphviz is missing"), [_("Without its program `dot` no graph can be drawn: install graphviz.")])
        )


def check(id: str) -> int:
    """Show the verdict on an item, and return the points that it earns.

    Raises UserError when there is no such item, no micrograd/ or no practice exam, or when the grader itself fails.
    """
    known_item(str(id))
    kit = _kit()
    known_item(str(id))  # this kit may ask for fewer
    report = _graded(kit, [id, *in_use().items[id].needs])
    found = {item.id: item for item in report.items}
    if found[id].status == "ungraded":
        raise UserError(found[id].message, code=1)
    progress = kit.progress()
    news = progress.note(replace(report, items=[found[id]]))
    guide = _guide(kit)
    seen = {item.id: item for item in kit.seen(report, guide).items}
    item = with_first_hint(seen[id], guide)
    if item.hint:
        progress.show_hints([item], 1)
    about = item
    if item.status == "blocked":
        about = next((x for x in seen.values() if x.status not in ("passed", "blocked")), item)
    remarks = lost_lines(news)
    if report.message and not item.explanation.whole:
        remarks.append(report.message)
    _display(Verdict(item, guide.todo(about), remarks))
    return item.earned


def hint(id: str) -> None:
    """Show a hint for an item, and one more at each call."""
    known_item(str(id))
    kit = _kit()
    known_item(str(id))
    found = next_hint(kit, _graded(kit, in_use().items), id, False, _guide(kit))
    if found.item and found.item.status == "ungraded":
        raise UserError(found.item.message, code=1)
    _display(Lines(id, found.lines))


def _kit() -> Kit:
    """The work beside the notebook as it is now, and the practice exam."""
    here = Path.cwd()
    if not (here / PACKAGE).is_dir():
        raise UserError(f"there is no {PACKAGE}/ beside this notebook, in {here}: copy yours there")
    return open_kit(here, needs_work=True)


def _guide(kit: Kit) -> Guide:
    guide = kit.guide()
    return replace(guide, hint=guide.hint and 'hint("{id}")')


def _graded(kit: Kit, ids: Any) -> Report:
    """The report on these items, by a worker that is kept for the next call."""
    global _grader
    if _grader is not None and _grader.exam.address != kit.exam.address:
        _close()
    if _grader is None:
        _grader = kit.grader()
    try:
        return _grader.grade(kit.name, kit.source, ids)
    except BaseException:  # a kernel that was told to stop must not find an old answer the next time
        _close()
        raise


@atexit.register
def _close() -> None:
    global _grader
    if _grader is not None:
        _grader.close()
        _grader = None


def _show_todo(
    shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType | None, tb_offset: Any = None
) -> None:  # fmt: skip
    """What IPython does with a NotImplementedError: one of a TODO becomes a sentence, any other stays a traceback."""
    id = str(error)
    if id not in in_use().items:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return
    todo = find_todos(Path.cwd(), [id]).get(id)
    if todo:
        place, asks = f"{todo.file}:{todo.line}", todo.asks
    else:
        frame = traceback.extract_tb(trace)[-1]
        place, asks = f"{os.path.relpath(frame.filename)}:{frame.lineno}", ""
    _display(todo_lines(id, plain(place), asks))


def _shell() -> Any:
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()


def _display(thing: object) -> None:
    """Show a text, and its HTML where there is a notebook to show it."""
    if _shell() is None:
        print(thing)
        return
    from IPython.display import display

    display(thing)
