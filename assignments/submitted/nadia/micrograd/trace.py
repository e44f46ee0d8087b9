from pprint import pprint


def trace(root):
    nodes, edges = set(), set()

    def visit(v):
        if v in nodes:
            return
        nodes.add(v)
        edges.update((c, v) for c in v._prev)
        for c in v._prev:
            visit(c)
    visit(root)
    pprint(sorted(v.data for v in nodes))
    return nodes, edges


def draw_dot(root, format='svg', rankdir='LR'):
    from graphviz import Digraph
    g = Digraph(format=format, graph_attr={'rankdir': rankdir})
    nodes, edges = trace(root)
    for v in nodes:
        g.node(str(id(v)), "{ data %.4f | grad %.4f }" % (v.data, v.grad), {'shape': 'record'})
        if v._op:
            g.node('%d%s' % (id(v), v._op), v._op)
            g.edge('%d%s' % (id(v), v._op), str(id(v)))
    for c, v in edges:
        g.edge(str(id(c)), '%d%s' % (id(v), v._op))
    print(g.source.count("\n"), "lines of dot")
    return g
