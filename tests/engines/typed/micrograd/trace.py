from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import graphviz

    from micrograd.engine import Value


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    nodes: set[Value] = set()
    edges: set[tuple[Value, Value]] = set()
    fresh = {root}
    while fresh:
        nodes |= fresh
        between = {(parent, node) for node in fresh for parent in node._prev}
        edges |= between
        fresh = {parent for parent, _ in between} - nodes
    return nodes, edges


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR") -> graphviz.Digraph:
    from graphviz import Digraph

    dot = Digraph(format=format, graph_attr={"rankdir": rankdir}, node_attr={"fontname": "Helvetica"})
    nodes, edges = trace(root)

    def box(node: Value) -> str:
        return f"value_{id(node)}"

    def op(node: Value) -> str:
        return f"op_{id(node)}"

    for operand, result in edges:
        dot.edge(box(operand), op(result))
    for node in nodes:
        shown = f"{{ {node._op or 'leaf'} | data {node.data:.4f} | grad {node.grad:.4f} }}"
        dot.node(box(node), label=shown, shape="record", tooltip="a [tool] tip")
        if node._prev:
            dot.node(op(node), label=node._op)
            dot.edge(op(node), box(node))
    return dot
