def trace(root):
    edges = []
    found = {id(root): root}
    agenda = [root]
    while agenda:
        node = agenda.pop(0)
        edges.extend((parent, node) for parent in node._prev)
        fresh = {id(p): p for p in node._prev if id(p) not in found}
        found.update(fresh)
        agenda.extend(fresh.values())
    return list(found.values()), edges


def draw_dot(root, format="svg", rankdir="LR"):
    from graphviz import Digraph

    nodes, edges = trace(root)
    dot = Digraph("G", format=format, strict=True)
    dot.graph_attr["rankdir"] = rankdir
    dot.node_attr["shape"] = "record"
    for node in nodes:
        dot.node(f"v {id(node)}", "{ data %.4f | grad %.4f }" % (node.data, node.grad))  # noqa: UP031
    with dot.subgraph(name="operations") as operations:
        for node in nodes:
            if node._prev:
                operations.node(f"o {id(node)}", node._op, shape="ellipse")
    dot.edges((f"o {id(node)}", f"v {id(node)}") for node in nodes if node._prev)
    dot.edges((f"v {id(a)}", f"o {id(b)}") for a, b in edges)
    return dot
