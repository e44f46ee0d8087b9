from graphviz import Digraph


def trace(root):
    nodes = root._ancestors() if hasattr(root, "_ancestors") else _walk(root)
    return nodes, [(parent, node) for node in nodes for parent in node._prev]


def _walk(root):
    nodes = [root]
    for node in nodes:
        nodes += [p for p in dict.fromkeys(node._prev) if p not in nodes]
    return nodes


class Names(dict):
    def __missing__(self, key):
        self[key] = f"box-{len(self)}"
        return self[key]


def draw_dot(root, format="svg", rankdir="LR"):
    nodes, edges = trace(root)
    name = Names()
    dot = Digraph(format=format, body=[f"\trankdir={rankdir}\n"])
    for node in nodes:
        here = name[node]
        dot.node(here, f"{{data {node.data:.4f}|grad {node.grad:.4f}}}", {"shape": "record"})
        if node._op != "":
            dot.node(f"{here}.{node._op}", node._op)
            dot.edge(f"{here}.{node._op}", here)
    for operand, result in edges:
        dot.edge(name[operand], f"{name[result]}.{result._op}", label="")
    return dot
