def trace(root):
    nodes = [root]
    edges = []
    for n in nodes:
        for p in n._prev:
            edges.append([p, n])
            nodes.append(p)
    return nodes, edges


def draw_dot(root, format='svg', rankdir='LR'):
    nodes, edges = trace(root)
    lines = ['digraph {']
    for n in nodes:
        lines.append(f'  {id(n)} [label="{n.data:.4f}"]')
    for a, b in edges:
        lines.append(f'  {id(a)} -> {id(b)}')
    return '\n'.join(lines + ['}'])
