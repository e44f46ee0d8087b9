def upstream(root):
    """All that a node was computed from, and itself, each once."""
    seen, waiting = {id(root)}, [root]
    while waiting:
        node = waiting.pop()
        yield node
        for parent in node._prev:
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)


def trace(root):
    nodes = list(upstream(root))
    return nodes, [(parent, node) for node in nodes for parent in node._prev]


def lines(root):
    nodes, edges = trace(root)
    for node in nodes:
        yield "node", str(id(node)), "{{ data {:.4f} | grad {:.4f} }}".format(node.data, node.grad), "record"  # noqa: UP032
        if node._op:
            yield "node", f"{id(node)} op", node._op, "oval"
            yield "edge", f"{id(node)} op", str(id(node)), None
    for operand, result in edges:
        yield "edge", str(id(operand)), f"{id(result)} op", None


def draw_dot(root, format="svg", rankdir="LR"):
    from graphviz import Digraph

    dot = Digraph(format=format, graph_attr={"rankdir": rankdir})
    for kind, name, text, shape in lines(root):
        if kind == "node":
            dot.node(name, text, shape=shape)
        else:
            dot.edge(name, text)
    return dot
