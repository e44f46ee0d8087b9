'''drawing (last minute!)'''


def trace(root):
    nodes, edges, stack = [], [], [root]
    while stack:
        node = stack.pop()
        if node in nodes
            continue
        nodes.append(node)
        for p in node._prev:
            edges.append((p, node))
            stack.append(p)
    return nodes, edges


def draw_dot(root, format='svg', rankdir='LR'):
    from graphviz import Digraph
    dot = Digraph(format=format, graph_attr={'rankdir': rankdir})
    nodes, edges = trace(root)
    number = {node: str(i) for i, node in enumerate(nodes)}
    for node in nodes:
        dot.node(number[node], f'{{ data {node.data:.4f} | grad {node.grad:.4f} }}', shape='record')
        if node._op:
            dot.node('op' + number[node], node._op)
            dot.edge('op' + number[node], number[node])
    for p, node in edges:
        dot.edge(number[p], 'op' + number[node])
    return dot
