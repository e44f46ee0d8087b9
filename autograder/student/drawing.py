"""`gradschool draw`: a graph as a picture for the browser; as text where graphviz's `dot` is missing."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.files import write_atomically
from autograder.phrase import N_
from autograder.report import ItemResult
from autograder.report import graph as graphs
from autograder.student.kit import Kit
from autograder.texts import _

_MARK = "<!-- drawn by gradschool -->\n"
_GET_DOT = N_(
    "For a picture install graphviz, of which `dot` is a part: `apt install graphviz` on Debian and Ubuntu, "
    "`brew install graphviz` on macOS, `winget install graphviz` on Windows"
)


def draw(graph: Mapping[str, Any], path: Path) -> bool:
    """Draw a graph into the file `path`, which must be none, or a drawing of ours; whether there is a picture: without
    `dot` there is none."""
    claim(path)
    if not graphs.can_draw():
        return False
    write_atomically(path, graphs.svg(graph))
    mark(path)
    return True


def claim(path: Path) -> None:
    """Raise UserError where something else than a drawing of ours is in the way."""
    ours = path.is_file() and not path.is_symlink() and path.read_bytes().endswith(_MARK.encode())
    if os.path.lexists(path) and not ours:
        raise UserError(_("{path} is no drawing of gradschool's: name another file with --out", path=path))


def mark(path: Path) -> None:
    """Have a drawing say that it is ours, so that a later one may replace it."""
    with path.open("a", encoding="utf-8") as file:
        file.write(_MARK)


def as_text(graph: Mapping[str, Any]) -> str:
    """The graph in characters, and what it takes to get a picture."""
    drawn = graphs.tree(graph, (sys.stdout.encoding or "ascii").lower())
    return f"{drawn}\n{_(_GET_DOT)}."


def show(path: Path) -> str:
    """Show a drawing in the browser; what to tell where there is none."""
    address = path.resolve().as_uri()
    return "" if webbrowser.open(address) else _("there is no browser here: open {address}", address=address)


def failing_graph(result: ItemResult) -> dict[str, Any]:
    """The graph of the example on which an item fails. Raises UserError where there is none."""
    found: dict[str, Any] | None = (result.counterexample or {}).get("graph")
    if not found:
        said = _("{item} fails in no graph: there is nothing to draw; give an expression instead", item=result.id)
        if result.status == "passed":
            said = _("{item} passes: there is nothing to draw; give an expression instead", item=result.id)
        raise UserError(said, code=1)
    return found


def default_path(kit: Kit, id: str | None) -> Path:
    """Where a drawing goes."""
    assert kit.root is not None, "the kit is opened for work"
    return kit.root / (f"drawing_{id.replace('-', '_')}.svg" if id else "drawing.svg")
