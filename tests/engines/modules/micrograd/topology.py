def parents_first(root):
    """Depth first, with a generator for each node that is being looked at."""
    seen, order, path = {root}, [], [(root, iter(root._prev))]
    while path:
        node, rest = path[-1]
        parent = next((p for p in rest if p not in seen), None)
        if parent is None:
            order.append(node)
            path.pop()
        else:
            seen.add(parent)
            path.append((parent, iter(parent._prev)))
    return order
