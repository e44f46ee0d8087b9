"""A verdict in a notebook: as text, and as HTML with the graph drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from textwrap import indent
from typing import Any

from autograder.errors import UserError
from autograder.report import ItemResult
from autograder.report.message import item_message, item_tree
from autograder.report.text import TREE, WRONG, mark, plain, quoted, shortened, tally, where
from autograder.texts import _
from autograder.todos import Todo

_COLOURS = {"passed": "#2e7d32", "todo": "#b26a00", "blocked": "#b26a00"}
_RED = "#c62828"
_TICKED = re.compile("`([^`\n]+)`")
_PROSE = '<div style="white-space: pre-wrap; margin: 4px 0">{}</div>'
_CODE = '<pre style="font-family: monospace; margin: 4px 0 4px 24px">{}</pre>'


@dataclass(frozen=True, repr=False)
class Lines:
    """A few lines of text under a headline."""

    headline: str
    lines: Sequence[str] = ()
    colour: str = _COLOURS["todo"]

    def __repr__(self) -> str:
        return "\n".join([plain(self.headline), *(indent(plain(line), "    ") for line in self.lines)])

    def _repr_html_(self) -> str:
        return _framed(self.colour, f"<b>{_html(self.headline)}</b>", [_PROSE.format(_html(x)) for x in self.lines])


def todo_lines(id: str, place: str, asks: str) -> Lines:
    """What is still to be written, and where."""
    return Lines(f"TODO {id}" + (_(", at {place}", place=place) if place else ""), [asks] if asks else [])


@dataclass(frozen=True, repr=False)
class Verdict:
    """The verdict on one item. `todo` is the one that it is about, its own or that of an item that it waits for;
    `remarks` come first."""

    item: ItemResult
    todo: Todo | None = None
    remarks: Sequence[str] = ()

    def __repr__(self) -> str:
        item = self.item
        lines = [quoted(remark) for remark in self.remarks]
        lines.append(f"{mark(item.status)} {item.id}  {tally([item])}  {item.title}")
        if item.status in WRONG:
            lines.append(item_message(item, hint=True, lead="    "))
        elif said := self._said():
            lines.append(indent(said, "    "))
        if self.todo:
            lines.append(indent(repr(self._todo_lines(self.todo)), "    "))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        item = self.item
        colour = _COLOURS.get(item.status, _RED)
        head = f'<span style="color: {colour}; font-weight: bold">{mark(item.status)} {_html(item.id)}</span>'
        head += f"&emsp;{_html(tally([item]))}&emsp;{_html(item.title)}"
        parts = [_PROSE.format(_html(remark)) for remark in self.remarks]
        if item.status in WRONG:
            parts += self._details()
        elif said := self._said():
            parts.append(_PROSE.format(_html(said)))
        if self.todo:
            parts.append(self._todo_lines(self.todo)._repr_html_())
        return _framed(colour, head, parts)

    def _said(self) -> str:
        """What to say of an item that is not wrong; its own TODO says it better."""
        item = self.item
        if item.status == "passed" or (self.todo and self.todo.id == item.id):
            return ""
        if item.status != "todo":
            return quoted(item.message)
        return f"TODO {item.id}: {quoted(item.message)}" + (_(", at {place}", place=where(item)) if item.file else "")

    def _todo_lines(self, todo: Todo) -> Lines:
        return todo_lines(todo.id, f"{todo.file}:{todo.line}", todo.asks)

    def _details(self) -> list[str]:
        """What there is to say about a wrong answer; the graph stands among it as a picture, or as text."""
        item = self.item
        graph = (item.counterexample or {}).get("graph")
        above = replace(item, counterexample=None, reproduce=None, stdout="")
        parts = [_PROSE.format(_html(item_message(above, hint=True)))]
        if graph:
            parts.append(_picture(graph) or f"<div>{_html(_(TREE))}</div>" + _CODE.format(escape(item_tree(item))))
        if item.reproduce:
            paste = _("To see it, paste this into a new cell:")
            parts += [f"<div>{_html(paste)}</div>", _CODE.format(escape(plain(item.reproduce)))]
        if item.stdout.strip():
            printed = _("Your code printed:")
            parts += [f"<div>{_html(printed)}</div>", _CODE.format(escape(shortened(plain(item.stdout))))]
        return parts


def _picture(graph: Any) -> str:
    """The graph as SVG; empty where it cannot be drawn."""
    from autograder.report.graph import svg

    try:
        return svg(graph)
    except UserError:
        return ""


def _framed(colour: str, head: str, parts: Sequence[str]) -> str:
    style = f"border-left: 4px solid {colour}; padding: 2px 0 2px 12px; margin: 4px 0"
    return f'<div style="{style}"><div>{head}</div>{"".join(parts)}</div>'


def _html(text: str) -> str:
    """Prose, harmless, with its `code` set as such."""
    return _TICKED.sub(r"<code>\1</code>", escape(plain(text)))
