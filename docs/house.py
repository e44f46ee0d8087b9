"""Draw the house, what autograder consists of and who needs whom: `python docs/house.py [FOLDER]`. Needs graphviz, the
package and `dot`.

Floors are the layers of the contract in pyproject.toml, by which nobody needs what stands above. Arrows are the
imports, without those that others imply: who needs classroom needs whatever that needs.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from graphviz import Digraph

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "autograder"
WIDTH = 22  # of a line in a box

Arrow = tuple[str, str]


def floors() -> list[list[str]]:
    """What stands side by side, from the top down; last what lies at the top of the package, since all use it."""
    settings = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers")
    return [
        [name for name in layer.replace(":", "|").replace(" ", "").split("|") if name[0] != "_"] for layer in layers
    ]


def needs() -> set[Arrow]:
    """Which folders, or modules at the top of the package, import from which below them."""
    level = {room: number for number, floor in enumerate(floors()[:-1]) for room in floor}
    found = set()
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        others = {name.split(".")[1] for name in imported(path) if name.startswith("autograder.")}
        found |= {(room, other) for other in others if level.get(room, len(level)) < level.get(other, -1)}
    return found


def imported(path: Path) -> Iterator[str]:
    """The names of what a module imports, at its top or within a function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def arrows() -> list[Arrow]:
    """The needs that do not follow from others, in order."""
    every = needs()

    def reached(room: str) -> set[str]:
        return {far for one, other in every if one == room for far in (other, *reached(other))}

    implied = {(room, far) for room, other in every for far in reached(other)}
    return sorted(every - implied)


def purpose(room: str) -> str:
    """The first sentence of its docstring."""
    path = PACKAGE / room / "__init__.py" if (PACKAGE / room).is_dir() else PACKAGE / f"{room}.py"
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".")


def folded(text: str, width: int = WIDTH) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def house() -> Digraph:
    """A box a folder, a rank a floor."""
    *upper, ground = floors()
    dot = Digraph(graph_attr={"rankdir": "TB", "nodesep": "0.25", "ranksep": "0.45", "pad": "0.1"})
    dot.attr("node", shape="box", style="rounded", fontname="Helvetica", fontsize="11", color="#1f2933")
    dot.attr("edge", color="#52606d", arrowsize="0.6")
    for floor in upper:
        with dot.subgraph(graph_attr={"rank": "same"}) as rank:
            for room in floor:
                rank.node(room, f"{room}\n{folded(purpose(room))}")
    dot.node("all", folded(f"what all use: {', '.join(ground)}", 5 * WIDTH), style="rounded,dashed")
    for above, below in zip(upper, [*upper[1:], ["all"]], strict=True):
        dot.edge(above[0], below[0], style="invis")
    for room, other in arrows():
        dot.edge(room, other)
    return dot


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    text = re.sub(r"<!.*?>\n?", "", house().pipe("svg", encoding="utf-8"), flags=re.DOTALL)  # comments and versions
    (folder / "house.svg").write_text(text, "utf-8")
