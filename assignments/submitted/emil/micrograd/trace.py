def trace(root):
    nodes, edges = set(), set()
    def build(v):
        for p in v._prev:
            nodes.add(p)
            edges.add((v, p))
            build(p)
    build(root)
    return nodes, edges


def draw_dot(root, format='svg', rankdir='LR'):
    from graphviz import Digraph
    dot = Digraph(format=format, graph_attr={'rankdir': rankdir})
    nodes, edges = trace(root)
    for n in nodes:
        dot.node(str(id(n)), f'{{ data {n.data:.2f} | grad {n.grad:.2f} }}', shape='record')
        if n._op:
            dot.node(str(id(n)) + n._op, n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for a, b in edges:
        dot.edge(str(id(a)), str(id(b)) + b._op)
    return dot
