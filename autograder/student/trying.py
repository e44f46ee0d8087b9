"""`gradschool try`: the example on which an item fails, as a small program in the student's kit, run by the student's
own Python. What the code prints appears, `breakpoint()` stops, and an editor can debug it.

The program is made anew each time until the student changes it: then it is theirs, and is run as it is.
"""

from __future__ import annotations

import ast
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from autograder.course import in_use
from autograder.errors import UserError
from autograder.exam.items import Item
from autograder.explanation import MOST_PARTS, Part
from autograder.files import write_atomically
from autograder.phrase import N_, data
from autograder.project import PACKAGE
from autograder.report import ItemResult, Report
from autograder.report.text import WRONG, plain, where
from autograder.student.find_kit import from_here
from autograder.student.kit import Kit
from autograder.texts import _, phrase

_STAMP = N_("# What you change here is yours: gradschool makes it anew only while it is as it was ({digest}).")
_WIDTH = 100
_IMPORTS = """\
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # """


@dataclass(frozen=True)
class Trial:
    """A program to run, what there is to say before it runs, and whether the item passes."""

    path: Path
    said: Sequence[str]
    passes: bool


def program_name(id: str) -> str:
    """What the program of an item is called."""
    return f"try_{id.replace('-', '_')}.py"


def chosen(kit: Kit, report: Report, id: str | None) -> ItemResult:
    """The item `id` of a report, or the first one that is wrong. Raises UserError where there is nothing to run: it is
    still to be written, or waits for another."""
    guide = kit.guide()
    items = kit.seen(report, guide).items
    if id is None:
        wrong = [item for item in items if item.status in WRONG]
        if not wrong:
            raise UserError(_("nothing is wrong with what is written: name an item to see an example of it"), code=1)
        return wrong[0]
    (item,) = items
    if item.status == "todo":
        asks = f": {' '.join(todo.asks.split())}" if (todo := guide.todo(item)) else ""
        place = _(", at {place}", place=where(item)) if where(item) else ""
        raise UserError(_("{item} is still to be written", item=id) + f"{place}{plain(asks)}", code=1)
    if item.status == "blocked":
        need = item.explanation.waits[0]
        what = {"item": id, "need": need, "command": f"{guide.command} try {need}"}
        raise UserError(_("{item} waits for {need}: begin there, with `{command}`", **what), code=1)
    return item


def trial(kit: Kit, result: ItemResult, *, fresh: bool = False) -> Trial:
    """Write the program for an item that was graded just now. What the student changed is left as it is, and said,
    unless `fresh` has it written anew. Raises UserError where there is no example."""
    assert kit.root is not None, "the kit is opened for work"
    path = kit.root / program_name(result.id)
    passes = result.status == "passed"
    if not passes and not result.reproduce:
        why = _sentence(result)
        raise UserError(_("there is no example to run for {item}: {why}", item=result.id, why=why), code=1)
    right = _("{item} passes; this is an example of what it is asked.", item=result.id)
    said = [right] if passes else [plain(result.message)]
    if path.is_dir():
        raise UserError(_("{path} is a folder: move it away, for the example would go there", path=from_here(path)))
    if not fresh and not _is_ours(path):
        said.append(_("{path} was changed, and is run as it is; --fresh writes it anew.", path=from_here(path)))
        return Trial(path, said, passes)
    text = _passing(kit, in_use().items[result.id]) if passes else _failing(result)
    write_atomically(path, _stamped(result, text))
    return Trial(path, [*said, _("The example is in {path}.", path=from_here(path))], passes)


def _sentence(result: ItemResult) -> str:
    return plain(" ".join(result.explanation.sentence.split()))


def _failing(result: ItemResult) -> str:
    return _program(result.message, result.reproduce or "", result.explanation.shown)


def _passing(kit: Kit, item: Item) -> str:
    sheet = kit.exam.sheets[item.id]
    question, expected = next(iter([*sheet.ladder, *sheet.answered()]))
    transcript = in_use().find("transcript").read(item, question, sheet.about(question)["transcript"])
    parts = transcript.right_parts(expected)[:MOST_PARTS]
    ends = expected[0] if isinstance(expected, list) and expected else ""
    ask = phrase(data(transcript.ask))
    about = _("{question} should raise {error}", question=ask, error=ends) if str(ends).endswith("Error") else ask
    return _program(about, transcript.reproduce(parts), parts)


def _program(about: str, lines: str, parts: Sequence[Part]) -> str:
    """The lines of a message as a program, which also prints what its last line should."""
    expected = [part.expected for part in parts if part.source]
    said = _("should be {value}", value=" ".join(expected))
    printed = [f"print({said!r})"] if expected else []
    imports = _IMPORTS + _("your {package}, whatever else is installed", package=PACKAGE) + "\n"
    return "\n".join([_commented(about), imports, _one_a_line(plain(lines)), *printed])


def _commented(text: str) -> str:
    """Words as comments: nothing in them is run."""
    lines = [
        fill(line, _WIDTH - 2, break_long_words=False, break_on_hyphens=False) for line in plain(text).splitlines()
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in "\n".join(lines).splitlines())


def _one_a_line(source: str) -> str:
    """Statements that a message packs, so that a debugger can step from one to the next."""
    lines = [ast.get_source_segment(source, statement) or "" for statement in ast.parse(source).body]
    return "\n".join(lines)


def _stamped(result: ItemResult, text: str) -> str:
    """The program's text between lines that say what it is, and whether it was changed."""
    rest = f"# {result.id}: {result.title}\n{text.rstrip()}\n"
    return f"{rest}\n{_(_STAMP, digest=_digest(rest))}\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _is_ours(path: Path) -> bool:
    """Whether there is nothing of the student's at `path`: no file, or one that is as it was written."""
    if not os.path.lexists(path):
        return True
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    rest, stamp = text.rstrip("\n").rpartition("\n\n")[::2]
    return not path.is_symlink() and stamp == _(_STAMP, digest=_digest(f"{rest}\n"))


def run(trial: Trial) -> int:
    """Run the program where it lies, on this terminal; its exit code.

    Ctrl-C is the program's: a debugger takes it, and an endless loop shows where it is.
    """
    before = signal.signal(
        signal.SIGINT, lambda *about: None
    )  # a function, for a program would inherit that it is ignored
    try:
        done = subprocess.run([sys.executable, str(trial.path)], cwd=trial.path.parent)
    finally:
        signal.signal(signal.SIGINT, before)
    return done.returncode
