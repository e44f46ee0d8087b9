def trace(root):
    """Parents are asked for their own trace only where they are new: a stack of what is still to be asked."""
    nodes, edges, unasked = {root}, set(), {root}
    while unasked:
        node = unasked.pop()
        edges.update((parent, node) for parent in node._prev)
        unasked.update(set(node._prev) - nodes)
        nodes.update(node._prev)
    return nodes, edges


def draw_dot(root, format="svg", rankdir="LR"):
    from graphviz import Digraph

    nodes, edges = trace(root)
    dot = Digraph(format=format, graph_attr={"rankdir": rankdir})
    for node in nodes:
        box, circle = f"value{id(node)}", f"op{id(node)}"
        dot.node(box, f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")
        if node._prev:
            dot.node(circle, node._op)
            dot.edge(circle, box)
    for parent, node in edges:
        dot.edge(f"value{id(parent)}", f"op{id(node)}")
    return dot
