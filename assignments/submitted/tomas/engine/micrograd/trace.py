import graphviz


def trace(root):
    nodes, edges = set(), set()
    new = {root}
    while new:
        nodes |= new
        steps = {(p, v) for v in new for p in v._prev}
        edges |= steps
        new = {p for p, _ in steps} - nodes
    return nodes, edges


def draw_dot(root, format='svg', rankdir='LR'):
    dot = graphviz.Digraph(format=format)
    dot.attr(rankdir=rankdir)
    nodes, edges = trace(root)
    for v in nodes:
        dot.node(hex(id(v)), '{data %.4f|grad %.4f}' % (v.data, v.grad), shape='record')
        if v._op:
            dot.node('op' + hex(id(v)), v._op)
            dot.edge('op' + hex(id(v)), hex(id(v)))
    for p, v in edges:
        dot.edge(hex(id(p)), 'op' + hex(id(v)))
    return dot
