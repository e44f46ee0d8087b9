from .engine import Value


def trace(root):
    assert isinstance(root, Value)
    edges = []
    nodes = {root: None}            # a dict keeps the order, a set does not
    queue = [root]
    while queue:
        v = queue.pop(0)
        for p in v._prev:
            edges.append((p, v))
            if p not in nodes:
                nodes[p] = None
                queue.append(p)
    return list(nodes), edges


def draw_dot(root, format='svg', rankdir='LR'):
    from graphviz import Digraph
    nodes, edges = trace(root)
    dot = Digraph(format=format, graph_attr={'rankdir': rankdir}, node_attr={'fontname': 'monospace'})
    name = lambda v: f'value{nodes.index(v)}'
    for v in nodes:
        dot.node(name(v), f'{{ data {v.data:.4f} | grad {v.grad:.4f} }}', shape='record', color='gray')
        if v._op:
            dot.node(name(v) + 'op', v._op, shape='circle')
            dot.edge(name(v) + 'op', name(v))
    for p, v in edges:
        dot.edge(name(p), name(v) + 'op')
    return dot
