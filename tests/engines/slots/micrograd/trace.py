"""Boxes are named n0, n1, …; operations are circles."""

import graphviz


def trace(root):
    nodes, edges, queue = [], [], [root]
    while queue:
        node = queue.pop()
        if any(node is other for other in nodes):
            continue
        nodes.append(node)
        for parent in node._prev:
            edges.append((parent, node))
            queue.append(parent)
    return nodes, edges


def draw_dot(root, format="svg", rankdir="LR"):
    nodes, edges = trace(root)
    names = {id(node): f"n{i}" for i, node in enumerate(nodes)}
    dot = graphviz.Digraph("expression", comment="drawn by hand", format=format)
    dot.attr(rankdir=rankdir)
    dot.attr("node", fontsize="10")
    for operand, result in reversed(edges):
        dot.edge(names[id(operand)], "op_" + names[id(result)])
    for node in nodes:
        name = names[id(node)]
        label = f"{{ {name} | data {node.data:.4f} | grad {node.grad:.4f} }}"
        dot.node(name, label=label, shape="record", color="blue")
        if node._op:
            dot.edge("op_" + name, name, arrowhead="vee")
            dot.node("op_" + name, label=node._op, shape="circle", style="filled")
    return dot
