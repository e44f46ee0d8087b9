"""What students are given in the modules that they write."""

# Functions, by their qualified names.
FUNCTIONS = {
    "micrograd/engine.py": {"Value.__init__", "Value._lift", "Value.__repr__"},
    "micrograd/nn.py": {
        "Module.parameters", "Module.children", "Module.train", "Module.eval",
        "Neuron.__init__", "Neuron.__repr__", "Layer.__init__", "Layer.children", "Layer.__repr__",
        "MLP.__call__", "MLP.children", "MLP.__repr__",
    },
    "micrograd/train.py": {"_check_lengths", "SGD.__init__", "fit"},
    "micrograd/data.py": {"make_moons"},
}  # fmt: skip
# The lines of the stubs that stand in functions with a TODO.
LINES = frozenset((
    "return x if isinstance(x, Value) else Value(x)", "other = self._lift(other)", "def _backward():",
    "out._backward = _backward", "return out", "if not (self.training and self.dropout):",
    "if rankdir not in ('LR', 'TB'):", """raise ValueError(f"rankdir must be 'LR' or 'TB', not {rankdir!r}")""",
    "from graphviz import Digraph  # only here, so that the engine works without it",
    "dot = Digraph(format=format, graph_attr={'rankdir': rankdir})", "return dot",
    "_check_lengths(predictions, targets)", "_check_lengths(scores, labels)",
    "slopes = [p.grad for p in self.parameters]",
))  # fmt: skip
