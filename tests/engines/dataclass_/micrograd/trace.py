import graphviz


def trace(root, nodes=None, edges=None):
    nodes = [] if nodes is None else nodes
    edges = [] if edges is None else edges
    if root not in nodes:
        nodes.append(root)
        for parent in root._prev:
            edges.append([parent, root])
            trace(parent, nodes, edges)
    return [nodes, edges]


def draw_dot(root, format="svg", rankdir="LR"):
    nodes, edges = trace(root)
    graph = graphviz.Digraph(format=format, graph_attr={"rankdir": rankdir})
    for number, node in enumerate(nodes):
        graph.node(str(number), f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")
        if node._op:
            graph.node(f"{number}{node._op}", node._op)
            graph.edge(f"{number}{node._op}", str(number))
    for operand, result in edges:
        graph.edge(str(nodes.index(operand)), f"{nodes.index(result)}{result._op}")
    return graph
