from graphviz import Digraph


def trace(root):
    nodes, edges = [], set()

    def go(v):
        if any(v is n for n in nodes):
            return
        nodes.append(v)
        for p in v._prev:
            edges.add((p, v))
            go(p)

    go(root)
    return nodes, edges


def draw_dot(root, format='svg', rankdir='LR'):
    # one box per Value, the op is inside the box
    dot = Digraph('graph', format=format)
    dot.attr(rankdir=rankdir)
    nodes, edges = trace(root)
    for v in nodes:
        dot.node(str(id(v)), '{ data %.4f | grad %.4f | op %s }' % (v.data, v.grad, v._op), shape='record')
    for p, v in edges:
        dot.edge(str(id(p)), str(id(v)))
    return dot
