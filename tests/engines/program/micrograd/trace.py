from graphviz import Digraph


def trace(root):
    by_id = {}

    def collect(node):
        by_id[id(node)] = node
        for parent in node._prev:
            if id(parent) not in by_id:
                collect(parent)

    collect(root)
    edges = [(by_id[id(parent)], node) for node in by_id.values() for parent in node._prev]
    return [*by_id.values()], edges


def draw_dot(root, format="svg", rankdir="LR"):
    nodes, edges = trace(root)
    dot = Digraph("graph", format=format, node_attr={"shape": "record"}, graph_attr={"rankdir": rankdir})
    for node in sorted(nodes, key=id):
        dot.node(hex(id(node)), f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}")
    for node in sorted({node for _, node in edges}, key=id):
        dot.node(f"{id(node):x}", node._op, shape="box")
        dot.edge(f"{id(node):x}", hex(id(node)))
    dot.edges((hex(id(operand)), f"{id(node):x}") for operand, node in edges)
    return dot
