def trace(root):
    """Depth first, with a list as the stack."""
    found = {}
    edges = set()
    stack = [root]
    while stack:
        v = stack.pop()
        if id(v) in found:
            continue
        found[id(v)] = v
        for p in v._prev:
            edges.add((p, v))
            stack.append(p)
    return list(found.values()), edges


def draw_dot(root, format='svg', rankdir='LR'):
    from graphviz import Digraph

    picture = Digraph(format=format, graph_attr={'rankdir': rankdir})
    nodes, edges = trace(root)
    key = {id(v): f'v{i}' for i, v in enumerate(nodes)}
    for v in nodes:
        k = key[id(v)]
        text = '{ data %.4f | grad %.4f }' % (v.data, v.grad)
        picture.node(k, label=text, shape='record')
        if v._op != '':
            picture.node('op_' + k, label=v._op)
            picture.edge('op_' + k, k)
    for p, v in edges:
        picture.edge(key[id(p)], 'op_' + key[id(v)])
    return picture
