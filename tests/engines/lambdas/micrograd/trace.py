from graphviz import Digraph


def trace(root):
    nodes = set(root.sorted(set())) if hasattr(root, "sorted") else {root}
    return nodes, {(p, n) for n in nodes for p in n._prev}


def draw_dot(root, format="svg", rankdir="LR"):
    d = Digraph(format=format, graph_attr={"rankdir": rankdir})
    nodes, edges = trace(root)
    [d.node(f"{id(n)}", f"{{ data {n.data:.4f} | grad {n.grad:.4f} }}", shape="record") for n in nodes]
    [(d.node(f"{id(n)}~", n._op), d.edge(f"{id(n)}~", f"{id(n)}")) for n in nodes if n._op]
    [d.edge(f"{id(a)}", f"{id(b)}~") for a, b in edges]
    return d
