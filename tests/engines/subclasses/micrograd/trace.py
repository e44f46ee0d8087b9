from collections import deque


def trace(root):
    nodes, edges = [], set()
    queue, seen = deque([root]), {id(root)}
    while queue:
        node = queue.popleft()
        nodes.append(node)
        for parent in node._prev:
            edges.add((parent, node))
            if id(parent) not in seen:
                seen.add(id(parent))
                queue.append(parent)
    return nodes, edges


def draw_dot(root, format="svg", rankdir="LR"):
    from graphviz import Digraph

    class Drawing(Digraph):
        def value(self, node):
            self.node(f"{id(node)}", f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")

        def operation(self, node):
            self.node(f"{id(node)} op", node._op, shape="circle", width="0.3", URL="https://example.org/?a=[b];c")
            self.edge(f"{id(node)} op", f"{id(node)}")

    drawing = Drawing(format=format, graph_attr={"rankdir": rankdir})
    nodes, edges = trace(root)
    for node in nodes:
        drawing.value(node)
        if node._op:
            drawing.operation(node)
    for a, b in edges:
        drawing.edge(f"{id(a)}", f"{id(b)} op")
    return drawing
