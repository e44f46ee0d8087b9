from graphviz import Digraph

from .topology import parents_first


def trace(root):
    nodes = parents_first(root)
    return nodes, {(parent, node) for node in nodes for parent in node._prev}


def draw_dot(root, format="svg", rankdir="LR"):
    dot = Digraph(format=format)
    dot.attr("graph", rankdir=rankdir)
    nodes, edges = trace(root)
    box = {node: f'"{place}"' for place, node in enumerate(nodes)}
    for node, name in box.items():
        dot.node(name, "{ %s }" % " | ".join((f"data {node.data:.4f}", f"grad {node.grad:.4f}")), shape="Mrecord")  # noqa: UP031
        if node._op:
            dot.node(name + "f", node._op, shape="circle")
            dot.edge(name + "f", name + ":w", penwidth="2")
    for operand, node in sorted(edges, key=lambda pair: nodes.index(pair[0])):
        dot.edge(box[operand] + ":e", box[node] + "f")
    return dot
