from graphviz import Digraph


def trace(root):
    nodes = {root}
    edges = set()
    for parent in root._prev:
        above, between = trace(parent)
        nodes |= above
        edges |= between | {(parent, root)}
    return nodes, edges


def draw_dot(root, format="svg", rankdir="LR"):
    picture = Digraph(format=format, graph_attr={"rankdir": rankdir}, edge_attr={"color": "gray"})
    nodes, edges = trace(root)
    for at, to in edges:
        picture.edge(str(id(at)), f"{id(to)}{to._op}")
    for node in nodes:
        if node._prev:
            picture.edge(f"{id(node)}{node._op}", str(id(node)))
            picture.node(f"{id(node)}{node._op}", label=str(node._op), shape="plaintext")
        picture.node(str(id(node)), shape="record", label=f"{{ <d> data {node.data:.4f} | <g> grad {node.grad:.4f} }}")
    return picture
