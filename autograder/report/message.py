"""All that there is to say of one item, as lines of text."""

from __future__ import annotations

from textwrap import indent

from autograder.report import ItemResult
from autograder.report.text import PASTE, TREE, plain, quoted, shortened, where
from autograder.texts import _


def item_tree(item: ItemResult, encoding: str = "utf-8") -> str:
    """The graph of the item's counterexample as text; empty when there is none."""
    found = (item.counterexample or {}).get("graph")
    if not found:
        return ""
    from autograder.report import graph  # slow to import, and seldom needed

    try:
        return graph.tree(found, encoding)
    except Exception as error:  # a drawing decides nothing
        return _("(cannot be drawn: {error})", error=type(error).__name__)


def item_message(
    item: ItemResult, *, hint: bool = False, encoding: str = "utf-8", lead: str = "", or_type: str = ""
) -> str:  # fmt: skip
    """What there is to say about one item: its message, place, graph, lines to paste, and what the code printed.

    Several lines, harmless to print anywhere, terminals and CI logs included. Each begins with `lead`, but for the
    lines to paste, which Python wants flush left. `or_type` is a command that does as much as these.
    """
    pasted = -1
    parts = [shortened(quoted(item.message), lines=40, width=1000).strip() or _(item.status)]
    if (place := where(item)) and _("at {place} in {function}", place=place, function="") not in parts[0]:
        parts.append(_("at {place}", place=place))
    if drawn := item_tree(item, encoding):
        parts.append(f"{_(TREE)}\n{indent(drawn, '    ')}")
    if hint and item.hint:
        parts.append(_("Hint: {hint}", hint=quoted(item.hint)))
    if item.reproduce:
        typed = _(", or type `{command}`", command=or_type) if or_type else ""
        parts.append(f"{_(PASTE)}{typed}:")
        pasted = len(parts)
        parts.append(plain(item.reproduce).strip("\n"))
    if item.stdout.strip():
        printed = indent(shortened(quoted(item.stdout)), "  | ", lambda line: True)
        parts.append(_("Your code printed:") + f"\n{printed}")
    return "\n".join(part if place == pasted else indent(part, lead) for place, part in enumerate(parts))
