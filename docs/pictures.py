"""Draw the pictures of docs/micrograd.md: `python docs/pictures.py [FOLDER]`. Needs graphviz, the package and `dot`."""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from graphviz import Digraph

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "solutions"))

from micrograd.engine import Value
from micrograd.trace import draw_dot

HERE = Path(__file__).resolve().parent
FORWARD, BACKWARD, FAINT = "#1f2933", "#c0392b", "#9aa5b1"
TEXT = {"fontname": "Helvetica", "fontsize": "12"}
GRADIENT = {"color": BACKWARD, "fontcolor": BACKWARD, "style": "dashed"}


def styled(dot: Digraph, **graph: str) -> Digraph:
    """Give a graph the looks that all pictures share; `graph` are attributes of this one."""
    dot.graph_attr.update(TEXT | {"pad": "0.1", "nodesep": "0.3"} | graph)
    dot.node_attr.update(TEXT | {"color": FORWARD, "fontcolor": FORWARD, "height": "0.4", "margin": "0.1,0.05"})
    dot.edge_attr.update(TEXT | {"color": FORWARD, "fontcolor": FORWARD, "arrowsize": "0.7"})
    return dot


def picture(**graph: str) -> Digraph:
    """An empty picture that is read from left to right."""
    return styled(Digraph(), rankdir="LR", **graph)


def back(dot: Digraph, operand: str, result: str, label: str, **attributes: str) -> None:
    """Draw a gradient's way from a result back to its operand."""
    dot.edge(operand, result, label, dir="back", **(GRADIENT | attributes))


def boxes(dot: Digraph, names: Iterable[str], **attributes: str) -> None:
    for name in names:
        dot.node(name, shape="box", style="rounded", **attributes)


def chain_rule() -> Digraph:
    """Two paths from x to z, with the derivative of each step at x = 3."""
    dot = picture(ranksep="1.1")
    for name, label in {"x": "x = 3", "u": "u = x + 1 = 4", "v": "v = x² = 9", "z": "z = u·v = 36"}.items():
        dot.node(name, label, shape="box", style="rounded")
    dot.edge("x", "u", "∂u/∂x = 1")
    dot.edge("x", "v", "∂v/∂x = 2x = 6")
    dot.edge("u", "z", "∂z/∂u = v = 9")
    dot.edge("v", "z", "∂z/∂v = u = 4")
    dot.attr("graph", label="dz/dx  =  9·1 + 4·6  =  33", labelloc="b", fontcolor=BACKWARD)
    return dot


def one_node() -> Digraph:
    """What flows through one node: numbers to the right, gradients to the left. Dotted is what it does not see."""
    dot = picture(ranksep="1.2", nodesep="0.15")
    flows = {
        "backward": (back, "∂L/∂out · ∂out/∂a", "∂L/∂out · ∂out/∂b", "out.grad = ∂L/∂out"),
        "forward": (Digraph.edge, "a.data", "b.data", "out.data"),
    }
    for title, (flow, to_a, to_b, to_out) in flows.items():  # dot stacks from the bottom
        a, b, out, users, rest = (f"{title} {name}" for name in ("a", "b", "out", "users", "rest"))
        with dot.subgraph(name=f"cluster {title}") as side:
            side.attr(label=title, labeljust="l", color=FAINT, fontcolor=FAINT, style="rounded")
            for name, label in {a: "a", b: "b", out: "out = f(a, b)"}.items():
                side.node(name, label, shape="box", style="rounded")
            side.node(users, "others that use a", shape="plaintext", fontcolor=FAINT)
            side.node(rest, "… L", shape="plaintext", fontcolor=FAINT)
            flow(side, a, users, "" if title == "forward" else "their shares", style="dotted")
            flow(side, a, out, to_a)
            flow(side, b, out, to_b)
            flow(side, out, rest, to_out)
    return dot


def order() -> Digraph:
    """A graph in which p must wait for q on the way back. The numbers are a topological order, its only one."""
    dot = picture(ranksep="0.7")
    labels = {"x": "1:  x = 3", "p": "2:  p = x²", "q": "3:  q = 3·p", "z": "4:  z = q + p"}
    for name, label in labels.items():
        dot.node(name, label, shape="box", style="rounded")
    for operand, result, share in (("x", "p", "24"), ("p", "q", "3"), ("q", "z", "1"), ("p", "z", "1")):
        back(dot, operand, result, share)
    return dot


def neuron() -> Digraph:
    """A neuron with two inputs; what training changes is in the colour of the gradients."""
    dot = picture(ranksep="0.5", nodesep="0.15")
    for n in "₂₁":
        boxes(dot, (f"w{n}",), color=BACKWARD, fontcolor=BACKWARD)
        boxes(dot, (f"x{n}",))
        dot.node(f"times{n}", "*")
        dot.edge(f"w{n}", f"times{n}")
        dot.edge(f"x{n}", f"times{n}")
        dot.edge(f"times{n}", "+")
    boxes(dot, "b", color=BACKWARD, fontcolor=BACKWARD)
    dot.edge("b", "+")
    dot.edge("+", "ReLU", "w₁x₁ + w₂x₂ + b")
    dot.node("output", shape="plaintext")
    dot.edge("ReLU", "output")
    return dot


def expression() -> Digraph:
    """The graph of `chain_rule` as students' own `draw_dot` will show it: a real one, after a real `backward()`."""
    x = Value(3.0)
    z = (x + 1) * x**2
    z.backward()
    return styled(draw_dot(z))


PICTURES: dict[str, Callable[[], Digraph]] = {
    "chain-rule": chain_rule,
    "one-node": one_node,
    "order": order,
    "neuron": neuron,
    "expression": expression,
}


def svg(dot: Digraph) -> str:
    """Render, and leave out what differs from one run or graphviz to the next: versions, and the ids of objects."""
    text = dot.pipe(format="svg", encoding="utf-8")
    text = re.sub(r"<!.*?>\n?|<title>.*?</title>\n", "", text, flags=re.DOTALL)
    return text.replace('stroke="transparent"', 'stroke="none"')


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        (folder / f"{name}.svg").write_text(svg(draw()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pictures")
