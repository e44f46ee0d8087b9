import graphviz


def trace(root):
    nodes, edges = [], []
    seen = set()
    branches = [iter([root])]
    while branches:
        node = next(branches[-1], None)
        if node is None:
            branches.pop()
        elif node not in seen:
            seen.add(node)
            nodes.append(node)
            edges += [(parent, node) for parent in node._prev]
            branches.append(iter(node._prev))
    return nodes, edges


def draw_dot(root, format="svg", rankdir="LR"):
    dot = graphviz.Digraph(format=format)
    dot.attr(rankdir=rankdir)
    number = {}
    nodes, edges = trace(root)
    for node in nodes:
        number[node] = len(number)
        with dot.subgraph() as part:
            part.attr(rank="same")
            part.node(f"n{number[node]}", shape="record", label=f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}")
            if node._op:
                part.node(f"f{number[node]}", label=node._op)
                part.edge(f"f{number[node]}", f"n{number[node]}")
    for operand, result in edges:
        dot.edge(f"n{number[operand]}", f"f{number[result]}")
    return dot
