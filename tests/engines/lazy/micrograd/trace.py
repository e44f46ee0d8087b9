from .engine import upwards


def trace(root):
    nodes = upwards(root, lambda node: True)
    return set(nodes), {(parent, node) for node in nodes for parent in node._prev}


class Picture:
    def __init__(self, **options):
        from graphviz import Digraph

        self.dot = Digraph(**options)
        self.names = {}

    def name(self, node):
        return self.names.setdefault(node, f"v{len(self.names)}")

    def add(self, node):
        self.dot.node(self.name(node), f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")
        if node._prev:
            self.dot.node(f"{self.name(node)}_op", node._op)
            self.dot.edge(f"{self.name(node)}_op", self.name(node))

    def join(self, operand, result):
        self.dot.edge(self.name(operand), f"{self.name(result)}_op")


def draw_dot(root, format="svg", rankdir="LR"):
    picture = Picture(format=format, graph_attr={"rankdir": rankdir})
    nodes, edges = trace(root)
    for node in nodes:
        picture.add(node)
    for edge in edges:
        picture.join(*edge)
    return picture.dot
