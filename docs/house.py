"""Draw the house: the folders of autograder, and which need which. `python docs/house.py [FOLDER]`. Needs graphviz, the
package and `dot`."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from graphviz import Digraph

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "autograder"
# What each folder is for, as the first words of its docstring say; those above need those below.
FLOORS = (
    ("cli",),
    ("student", "nbgrader", "push"),
    ("classroom", "kit"),
    ("grading",),
    ("submissions", "report"),
    ("sandbox", "courses"),
    ("exam",),
)


def needs() -> dict[tuple[str, str], int]:
    """How many imports lead from one folder to another."""
    found: dict[tuple[str, str], int] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0]
        for name in imported(ast.parse(path.read_text("utf-8"))):
            other = name.split(".")[1] if name.startswith("autograder.") else ""
            if other != room and (PACKAGE / other).is_dir() and (PACKAGE / room).is_dir() and other:
                found[room, other] = found.get((room, other), 0) + 1
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "autograder":
            yield from (f"autograder.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def purpose(room: str) -> str:
    """What its docstring says it is for."""
    text = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")


def folded(text: str, width: int = 26) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def house() -> Digraph:
    """A floor is a rank: nobody needs what stands above."""
    dot = Digraph(graph_attr={"rankdir": "TB", "nodesep": "0.25", "ranksep": "0.35", "pad": "0.1"})
    dot.attr("node", shape="box", style="rounded", fontname="Helvetica", fontsize="11", color="#1f2933")
    dot.attr("edge", color="#9aa5b1", arrowsize="0.6")
    for floor in FLOORS:
        with dot.subgraph(graph_attr={"rank": "same"}) as rank:
            for room in floor:
                rank.node(room, f"{room}\n{folded(purpose(room))}")
    for room, other in needs():
        dot.edge(room, other)
    return dot


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "house.svg").write_text(house().pipe("svg", encoding="utf-8"), "utf-8")
