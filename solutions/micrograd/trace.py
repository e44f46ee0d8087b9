"""Draw the graph of an expression: what flows forward (data) and what flows back (grad)."""


def trace(root):
    """Collect the graph behind `root`: returns `(nodes, edges)`.

    `nodes` holds every node that `root` was computed from, and `root`, each once; `edges` holds a pair
    (operand, result) for each step of the computation.
    """
    # Start at `root` and follow `_prev`; a node that was seen before is not entered again.
    ### BEGIN SOLUTION trace-nodes
    nodes, edges = [root], []
    seen = {root}
    for node in nodes:  # grows while we walk it
        for parent in node._prev:
            edges.append((parent, node))
            if parent not in seen:
                seen.add(parent)
                nodes.append(parent)
    return nodes, edges
    ### END SOLUTION


def draw_dot(root, format='svg', rankdir='LR'):
    """Draw the graph behind `root` with graphviz and return the `graphviz.Digraph`.

    `format` is a file format that graphviz knows ('svg', 'png', …); `rankdir` is 'LR' (left to right) or 'TB' (top to
    bottom). Every Value is a box with its data and gradient, every operation a small node before its result:
    operand -> operation -> result.
    """
    if rankdir not in ('LR', 'TB'):
        raise ValueError(f"rankdir must be 'LR' or 'TB', not {rankdir!r}")
    from graphviz import Digraph  # only here, so that the engine works without it

    dot = Digraph(format=format, graph_attr={'rankdir': rankdir})
    # For each node of `trace(root)`: a box of shape='record' labelled '{ data 1.0000 | grad 0.0000 }' (four decimals).
    # If it was computed, also a node labelled with its `_op`, with an edge to the box. Then an edge from each
    # operand's box to the op node of its result. Any names do, as long as they differ: str(id(node)) is handy.
    ### BEGIN SOLUTION trace-dot
    nodes, edges = trace(root)
    for node in nodes:
        name = str(id(node))
        dot.node(name, f'{{ data {node.data:.4f} | grad {node.grad:.4f} }}', shape='record')
        if node._op:
            dot.node(name + 'op', node._op)
            dot.edge(name + 'op', name)
    for operand, result in edges:
        dot.edge(str(id(operand)), str(id(result)) + 'op')
    ### END SOLUTION
    return dot
