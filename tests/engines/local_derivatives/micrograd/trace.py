def trace(root):
    edges = {}
    nodes = {root: None}
    stack = [root]
    while stack:
        node = stack.pop()
        for parent in node._prev:
            edges[parent, node] = None
            if parent not in nodes:
                nodes[parent] = None
                stack.append(parent)
    return nodes.keys(), edges.keys()


def draw_dot(root, format="svg", rankdir="LR"):
    import graphviz as gv

    nodes, edges = trace(root)
    dot = gv.Digraph(format=format, graph_attr={"rankdir": rankdir, "label": "data 1.0 | grad 1.0 of a graph"})
    for n in nodes:
        dot.node(hex(id(n)), label="{{ data {:.4f} | grad {:.4f} }}".format(n.data, n.grad), shape="record")  # noqa: UP032
    for n in [n for n in nodes if len(n._prev) > 0]:
        dot.node(hex(id(n)) + "_", label=f"{n._op}", shape="diamond")
        dot.edge(hex(id(n)) + "_", hex(id(n)), weight="3", label="= out")
    for a, b in edges:
        dot.edge(hex(id(a)), hex(id(b)) + "_", headport="w")
    return dot
