"""What fits a terminal's window: lines are broken between words, and a long text is cut so that its headline stays."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.text import Text

from autograder.report.text import PASTE
from autograder.texts import _

Draw = Callable[[Console], object]


class _Sheet(io.StringIO):
    """A file that takes no more characters than the terminal does."""

    def __init__(self, encoding: str):
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def drawn(console: Console, *draws: Draw) -> list[Text]:
    """The lines that these print, as wide as the window at most."""
    sheet = _Sheet(console.encoding)
    colours = console.color_system if not console.no_color else None
    paper = Console(file=sheet, force_terminal=True, color_system=colours, width=10_000, legacy_windows=False)  # type: ignore[arg-type]
    for draw in draws:
        draw(paper)
    width = max(console.width, 20)
    lines: list[Text] = []
    pasted = False  # whether it is a line to paste, which is flush left as nothing else is, or in a block of such
    decoder = AnsiDecoder()
    before = ""
    for line in map(decoder.decode_line, sheet.getvalue().split("\n")[:-1]):
        indent = len(line.plain) - len(line.plain.lstrip())
        in_block = before.startswith(" ") or before.endswith(":")
        pasted = before.lstrip().startswith(PASTE) or (pasted and (not indent or in_block))
        lines += _statements(line, width) if pasted else _words(console, line, indent, width)
        before = line.plain
    return lines


def fitted(console: Console, head: Sequence[Text], body: Sequence[Text], foot: Sequence[Text], more: str) -> list[Text]:
    """All of it, but of the body only the beginning where the window, less its last line, has no room for more;
    `more` ends the line that says so."""
    room = console.height - 1 - sum(_rows(console, line) for line in (*head, *foot))
    if sum(_rows(console, line) for line in body) <= room:
        return [*head, *body, *foot]
    kept: list[Text] = []
    for line in body:
        room -= _rows(console, line)
        if room < 1:
            break
        kept.append(line)
    note = Text("    " + _("… {count} more lines", count=len(body) - len(kept)) + more, "dim")
    return [*head, *kept, *drawn(console, lambda paper: paper.print(note)), *foot]


def _rows(console: Console, line: Text) -> int:
    return max(1, -(-line.cell_len // console.width))


def _words(console: Console, line: Text, indent: int, width: int) -> list[Text]:
    """A line broken between its words, each part as far to the right as the first."""
    if line.cell_len <= width:
        return [line]
    indent = min(indent, width // 2)
    return [Text(" " * indent).append_text(part) for part in line[indent:].wrap(console, width - indent)]


def _statements(line: Text, width: int) -> list[Text]:
    """A line of Python broken between its statements."""
    if line.cell_len <= width:
        return [line]
    indent = line.plain[: len(line.plain) - len(line.plain.lstrip())]
    parts: list[str] = []
    for statement in line.plain.strip().split("; "):
        if parts and len(indent) + len(parts[-1]) + 2 + len(statement) <= width:
            parts[-1] += f"; {statement}"
        else:
            parts.append(statement)
    return [Text(indent + part) for part in parts]
