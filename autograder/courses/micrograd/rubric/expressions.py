"""Hand-built graphs, and whole expressions, on which mistakes show that random ones may miss."""


def _node(*parents, grad=0.0):
    return {"data": 1.0, "grad": grad, "op": "+" if parents else "", "parents": [list(p) for p in parents]}


ALONE = [_node(grad=3.0)]

# A short path and a long one from the same node: pre-order and breadth-first walks both come too early on one of them.
SKIP = [
    _node(grad=0.25),
    _node((0, 2.0)),
    _node((1, 3.0)),
    _node((2, -1.0)),
    _node((1, 0.5), (3, 4.0), grad=9.0),
]
SKIP_MIRRORED = [*SKIP[:-1], _node((3, 4.0), (1, 0.5), grad=9.0)]
CROSS = [
    _node(), _node(grad=-1.5),
    _node((0, 1.0), (1, 1.0)), _node((0, 2.0), (1, 3.0)),
    _node((2, 1.0), (3, 1.0)), _node((2, 5.0), (3, 7.0)),
    _node((4, 1.0), (5, 1.0), grad=-3.0),
]  # fmt: skip

# The fourth node has no part in the last: it is not visited, and what it would give does not count.
STRAYS = [
    _node(grad=0.25),
    _node((0, 2.0)),
    _node((1, 3.0)),
    _node((1, 2.0), (0, -1.0), grad=5.0),
    _node((1, 0.5), (2, 4.0), grad=9.0),
]

# Two results that share a leaf, each with its own `backward()`: the second visits nothing of the first.
TWO = [_node(grad=0.25), _node((0, 2.0)), _node((0, 3.0))]
TWO_DIAMONDS = [
    _node(grad=-1.5), _node(),
    _node((0, 1.0), (1, 2.0)), _node((0, -3.0), (2, 0.5)),
    _node((1, 4.0), (0, 2.0)), _node((4, -1.0), (1, 0.5)),
]  # fmt: skip

SHARED = {
    "diamond": [["+", 0, 1], ["*", 0, 1], ["+", 2, 3], ["*", 2, 3], ["+", 4, 5]],
    "same operand": [["+", 0, 0], ["*", 1, 1], ["*", 2, 3]],
}

# Every operation, and plain numbers on either side of the infix ones; every step counts.
EVERYTHING = {
    "leaves": [1.5, -0.8],
    "steps": [
        ["+", [2], 0], ["*", 2, [0.5]], ["-", 3, [0.25]], ["-", [4], 4], ["/", 5, [2.0]], ["/", [3], 6],
        ["*", [1.5], 7], ["+", 8, [-1]], ["*", 9, 1], ["neg", 10], ["log", 11], ["exp", 12],
        ["tanh", 12], ["/", 13, 14], ["-", 15, 0], ["**", 16, [2]], ["relu", 17], ["+", 18, 11],
    ],
}  # fmt: skip

# A value that is used again beside what was computed from it, once for each derived operation and operand: a rule that
# overwrites what its operand has already shows here, and differs from a rule that does nothing.
USED_AGAIN = tuple(
    {"program": {"leaves": [3.0, -1.25], "steps": steps}, "order": 1}
    for steps in (
        [["neg", 0], ["exp", 2], ["*", 3, 0]],
        [["-", 0, [1.0]], ["*", 2, 0]], [["-", 1, 0], ["*", 2, 0]],
        [["/", 0, 1], ["+", 2, 0]], [["/", 1, 0], ["+", 2, 0]],
        [["+", [1.0], 0], ["*", 2, 0]], [["-", [1.0], 0], ["*", 2, 0]],
        [["*", [2.0], 0], ["+", 2, 0]], [["/", [2.0], 0], ["+", 2, 0]],
    )
)  # fmt: skip

# The example in the README of micrograd, in which a name is bound anew by `+=` and the node that it had is used on.
README = {
    "leaves": [-4.0, 2.0],
    "steps": [
        ["+", 0, 1], ["*", 0, 1], ["**", 1, [3]], ["+", 3, 4], ["+", 2, [1]], ["+=", 2, 6], ["+", [1], 7], ["neg", 0],
        ["+", 8, 9], ["+=", 7, 10], ["*", 5, [2]], ["+", 1, 0], ["relu", 13], ["+", 12, 14], ["+=", 5, 15],
        ["*", [3], 16], ["-", 1, 0], ["relu", 18], ["+", 17, 19], ["+=", 16, 20], ["-", 11, 21], ["**", 22, [2]],
        ["/", 23, [2.0]], ["/", [10.0], 23], ["+=", 24, 25],
    ],
}  # fmt: skip

# What an operator that assigns makes is a new node: the value that the name had is used once more.
BOUND_ANEW = tuple(
    {"leaves": leaves, "steps": [[op, 0, operand], ["*", len(leaves), 0]]}
    for leaves, operand, ops in (
        ([3.0], [2], ("+=", "-=", "*=", "/=", "**=")),
        ([3.0, 2.0], 1, ("+=", "-=", "*=", "/=")),
    )
    for op in ops
)
