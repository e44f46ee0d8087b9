import collections


def trace(root):
    children = collections.OrderedDict([(root, [])])
    queue = collections.deque(children)
    while queue:
        node = queue.popleft()
        for parent in node._prev:
            if parent not in children:
                children[parent] = []
                queue.append(parent)
            children[parent].append(node)
    return list(children), [(parent, node) for parent, results in children.items() for node in results]


def draw_dot(root, format="svg", rankdir="LR"):
    import graphviz

    picture = graphviz.Digraph(format=format)
    picture.graph_attr["rankdir"] = rankdir
    nodes, edges = trace(root)
    for at, node in enumerate(nodes):
        picture.node(f"{at}", label=f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")
        operands = [str(nodes.index(operand)) for operand, result in edges if result is node]
        if operands:
            picture.node(f"{at} by", label=node._op)
            picture.edge(f"{at} by", f"{at}")
        for operand in operands:
            picture.edge(operand, f"{at} by")
    return picture
