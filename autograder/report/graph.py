"""The graph behind a wrong answer, as a text tree and as a picture: every node with its data and gradient, what they
should be beside what they are, and where it goes wrong first.

A graph is what stands in a report as a counterexample's "graph"; `wrong` is None where nothing is. Pictures are drawn
by graphviz's `dot`, many in one process.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from autograder.errors import UserError
from autograder.explanation import Part
from autograder.report.text import FIRST_WRONG, plain
from autograder.texts import _

Graph = Mapping[str, Any]
Node = Mapping[str, Any]

_BRANCHES = {True: ("├─ ", "└─ ", "│  "), False: ("|- ", "`- ", "|  ")}
_LONGEST = 60  # characters of a text
_DEEPEST = 6  # steps that a page is wide enough for
_SECONDS = 120.0  # that dot may take

# Cards that are white on any page; between them a grey that is seen on light and on dark ones.
_STYLE = """
graph [bgcolor=transparent, nodesep=0.2, ranksep=0.4]
node [shape=plain, fontname="Helvetica,Arial,sans-serif", fontsize=11]
edge [color="#808080", arrowsize=0.7]
"""
_TABLE = (
    '<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="4" COLOR="{line}" BGCOLOR="#ffffff">{rows}</TABLE>'
)
_LINE, _RED, _YELLOW = "#808080", "#c81e1e", "#fff0b3"
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_NAMESPACE = "http://www.w3.org/2000/svg"


def tree(graph: Graph, encoding: str = "utf-8") -> str:
    """The graph as lines of text, from the last result to the leaves. What stands above is only named again."""
    nodes: list[Node] = graph["nodes"]
    branch, last, through = _BRANCHES[encoding.startswith("utf")]
    rows: list[tuple[list[str], str]] = []
    shown: set[int] = set()

    def show(place: int, lead: str, under: str) -> None:
        node = nodes[place]
        if place in shown:
            rows.append(([f"{lead}{_text(node['name'])} " + _("(see above)")], ""))
            return
        shown.add(place)
        numbers = [
            str(Part(kind, right, yours)) if yours else f"{kind} {right}" for kind, right, yours in _numbers(node)
        ]
        rows.append(([lead + _title(node), *numbers], f"  {_(FIRST_WRONG)}" if place == graph["wrong"] else ""))
        parents = list(dict.fromkeys(node["parents"]))
        for parent in parents:
            end = parent == parents[-1]
            show(parent, under + (last if end else branch), under + ("   " if end else through))

    for place in _results(nodes):
        show(place, "", "")
    widths: dict[int, int] = {}
    for cells, _mark in rows:
        for column, cell in enumerate(cells):
            widths[column] = max(widths.get(column, 0), len(cell))
    return "\n".join(
        "  ".join(cell.ljust(widths[column]) for column, cell in enumerate(cells)).rstrip() + mark
        for cells, mark in rows
    )


def can_draw() -> bool:
    """Whether pictures can be made here: by graphviz's `dot`."""
    return shutil.which("dot") is not None


def svg(graph: Graph) -> str:
    """The graph as a picture; see `svgs`."""
    return svgs([graph])[0]


def svgs(graphs: Sequence[Graph]) -> list[str]:
    """The graphs as SVG elements, which can stand in a page or in a file of their own.

    They have neither ids nor a size, and are as wide as there is room, up to their natural width; the node that goes
    wrong first is of class "wrong". Raises UserError where graphviz is missing, or fails.
    """
    program = shutil.which("dot")
    if program is None:
        raise UserError(_("graphs cannot be drawn without graphviz's dot: install graphviz (`apt install graphviz`)"))
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input="\n".join(map(dot, graphs)), capture_output=True, encoding="utf-8",
            errors="replace", timeout=_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"graphs cannot be drawn: graphviz's dot failed ({error})", code=1) from error
    drawn = _SVG.findall(done.stdout)
    if len(drawn) != len(graphs):
        said = _text(done.stderr.strip().split("\n")[0])
        raise UserError(f"graphviz's dot drew {len(drawn)} of {len(graphs)} graphs ({said})", code=1)
    return [bare(text, graph) for text, graph in zip(drawn, graphs, strict=True)]


def dot(graph: Graph) -> str:
    """The graph in graphviz's language; equal for graphs that look alike. All text is escaped."""
    depths: list[int] = []
    for node in graph["nodes"]:
        depths.append(1 + max((depths[parent] for parent in node["parents"]), default=-1))
    lines = ["digraph {\n", f"rankdir={'LR' if max(depths) <= _DEEPEST else 'TB'}", _STYLE]
    for place, node in enumerate(graph["nodes"]):
        first = place == graph["wrong"]
        table = _TABLE.format(line=_RED if first else _LINE, rows="".join(_rows(node, first)))
        lines.append(f"n{place} [label=<{table}>{', class=wrong' if first else ''}]\n")
        lines += [f"n{parent} -> n{place}\n" for parent in node["parents"]]
    return "".join([*lines, "}\n"])


def _rows(node: Node, first: bool) -> Iterator[str]:
    """The rows of a node's card."""
    title = f"<B>{_html(node['name'])}</B>" + (f"&#160;= {_html(node['formula'])}" if node["formula"] else "")
    if first:
        title = f'<FONT COLOR="#ffffff">{title}</FONT>'
    yield _row(_cell(title, columns=3, fill=_RED if first else ""))
    for kind, right, yours in _numbers(node):
        if yours:
            said = _cell(_filled(_("should be {value}"), right))
            said += _cell(_filled(_("yours is {value}"), yours), fill=_YELLOW)
        else:
            said = _cell(_html(right), columns=2)
        yield _row(_cell(kind) + said)


def _row(cells: str) -> str:
    return f"<TR>{cells}</TR>"


def _cell(text: str, columns: int = 1, fill: str = "") -> str:
    return f'<TD COLSPAN="{columns}"' + (f' BGCOLOR="{fill}"' if fill else "") + f">{text}</TD>"


def bare(text: str, graph: Graph) -> str:
    """A picture of dot's, as a whole SVG document or element, without what hinders it in a page."""
    ET.register_namespace("", _NAMESPACE)
    root = ET.fromstring(text)
    width = root.get("width", "").removesuffix("pt")
    for element in list(root.iter()):
        for title in element.findall(f"{{{_NAMESPACE}}}title"):
            element.remove(title)
        element.attrib.pop("id", None)
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    root.set("style", f"max-width:{width}pt")
    root.set("role", "img")
    about = _("The graph of an expression.")
    if graph["wrong"] is not None:
        first = _text(graph["nodes"][graph["wrong"]]["name"])
        about = _("The graph of the counterexample. {name} is the first node that is wrong.", name=first)
    root.set("aria-label", about)
    return ET.tostring(root, encoding="unicode") + "\n"


def _results(nodes: Sequence[Node]) -> list[int]:
    """The nodes of which nothing else is computed, the last first."""
    used = {parent for node in nodes for parent in node["parents"]}
    return [place for place in reversed(range(len(nodes))) if place not in used]


def _title(node: Node) -> str:
    """What a node is called, and how it is computed."""
    name, formula = _text(node["name"]), _text(node["formula"])
    return f"{name} = {formula}" if formula else name


def _numbers(node: Node) -> Iterator[tuple[str, str, str]]:
    """For each of a node's numbers what it is of, what it should be, and what it is where that is wrong."""
    for kind, right in node["expected"].items():
        if node["got"] is None:
            yield kind, _number(right), _("missing")
        else:
            yours = node["got"][kind]
            yield kind, _number(right), "" if yours == right else _number(yours)


def _number(value: Any) -> str:
    return repr(float(f"{value:.10g}") + 0.0) if isinstance(value, float) else _text(str(value)) or _("nothing")


def _text(text: str) -> str:
    """A text on one line, harmless and short."""
    text = "".join(c if c.isprintable() else "?" for c in " ".join(plain(text).split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _filled(words: str, value: str) -> str:
    """Words of ours with a value in them, for a label."""
    return escape(words).encode("ascii", "xmlcharrefreplace").decode().format(value=_html(value))


def _html(text: str) -> str:
    """A text for a label in graphviz's HTML, which wants it not to be empty, and takes a backslash and a letter for a
    name to fill in."""
    text = escape(_text(text)).replace("\\", "\\\N{WORD JOINER}")
    return text.encode("ascii", "xmlcharrefreplace").decode() or "&#160;"
