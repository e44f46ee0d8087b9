from graphviz import Digraph


def trace(root):
    def above(node):
        yield node
        for parent in node._prev:
            yield from above(parent)

    nodes = {id(node): node for node in above(root)}
    return tuple(nodes.values()), tuple((p, n) for n in nodes.values() for p in n._prev)


def draw_dot(root, format="svg", rankdir="LR"):
    dot = Digraph(name="graph of an expression", format=format, engine="dot")
    dot.graph_attr.update(rankdir=rankdir)
    nodes, edges = trace(root)
    for node in nodes:
        if node._op:
            dot.node(f"op{id(node)}", node._op)
    for operand, result in edges:
        dot.edge(str(id(operand)), f"op{id(result)}")
    for node in nodes:
        if node._op:
            dot.edge(f"op{id(node)}", str(id(node)))
        dot.node(str(id(node)), f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")
    return dot
