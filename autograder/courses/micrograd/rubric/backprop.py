"""The backward half of the engine: each local rule on its own, then the order of the walk, then all of it.

A rule runs as `out.grad = g; out._backward()`, without `backward()`; gradients that are there already must survive.
"""

from autograder.courses.micrograd.rubric.engine import ALL_OPERATIONS
from autograder.exam.domains import Choice, Graph, Operand, Program, Real, execute
from autograder.exam.items import Item, item

_BOTH = ("data", "grad")
_NODE = ("Value",)
_UPSTREAM = Real(-3, 3, special=(-1.0, 2.0), avoid=(0.0, 1.0), gap=0.1)
# More digits than a share has, so that no sum cancels to nothing; as round numbers do not give -10 either.
_BEFORE = Choice((0.296875, -1.390625), round=(10.0, 10.0))
_NODES = Operand(Real(-4, 4, special=(0.0, 1.0, -1.0, 3.0)), kinds=_NODE)
_EITHER = Operand(Real(-4, 4, special=(0.0, 1.0, -1.0, 3.0)))
_ORDER = Choice((1, -1))


def _rule(m, method, operate, before, g, *specs):
    """What the rule of the operation that `method` computes gives to operands that have a gradient already."""
    operands = [m.operand(spec) for spec in specs]
    for value in m.values(*operands):
        value.grad = m.slope(value, before)
    out = m.result(operate(*operands))
    out.grad = m.slope(out, g)
    m.propagate(method, out, *operands)
    return m.grads(*operands)


@item("backprop-add", points=3, target="engine:Value.__add__", look=_BOTH, needs=("engine-add",),
      domains={"x": _NODES, "y": _EITHER, "before": _BEFORE, "g": _UPSTREAM})  # fmt: skip
def add(m, x, y, before, g):
    """The rule of addition."""
    return _rule(m, "__add__", lambda a, b: a + b, before, g, x, y)


@item("backprop-mul", points=4, target="engine:Value.__mul__", look=_BOTH, needs=("engine-mul",),
      domains={"x": _NODES, "y": _EITHER, "before": _BEFORE, "g": _UPSTREAM})  # fmt: skip
def mul(m, x, y, before, g):
    """The rule of multiplication."""
    return _rule(m, "__mul__", lambda a, b: a * b, before, g, x, y)


@item(
    "backprop-pow",
    points=4,
    target="engine:Value.__pow__",
    look=_BOTH,
    needs=("engine-pow",),
    examples=(
        *(
            {"x": ["Value", x], "exponent": n, "before": 0.296875, "g": 2.0}
            for x in (-2.0, -0.5)
            for n in (2, 3, -1, -2)
        ),
        {"x": ["Value", 0.0], "exponent": 2, "before": 0.296875, "g": -1.5},
        {"x": ["Value", 0.0], "exponent": 1, "before": 0.296875, "g": -1.5},
    ),
    questions=6,
    domains={
        "x": Operand(Real(0.25, 3, special=(1.0, 2.0)), kinds=_NODE),
        "exponent": Choice((2, 3, 1, 0, -1, -2, 0.5, -1.5, 2.0)),
        "before": _BEFORE,
        "g": _UPSTREAM,
    },
)
def power(m, x, exponent, before, g):
    """The rule of powers."""
    return _rule(m, "__pow__", lambda a: a**exponent, before, g, x)


@item("backprop-relu", points=3, target="engine:Value.relu", look=_BOTH, needs=("engine-relu",),
      domains={"x": _NODES, "before": _BEFORE, "g": _UPSTREAM})  # fmt: skip
def relu(m, x, before, g):
    """The rule of relu."""
    return _rule(m, "relu", lambda a: a.relu(), before, g, x)


@item("backprop-exp", points=2, target="engine:Value.exp", look=_BOTH, needs=("engine-exp",),
      domains={"x": _NODES, "before": _BEFORE, "g": _UPSTREAM})  # fmt: skip
def exp(m, x, before, g):
    """The rule of exp."""
    return _rule(m, "exp", lambda a: a.exp(), before, g, x)


@item("backprop-log", points=2, target="engine:Value.log", look=_BOTH, needs=("engine-log",),
      domains={"x": Operand(Real(0.1, 20, special=(1.0, 2.0, 0.5)), kinds=_NODE),
               "before": _BEFORE, "g": _UPSTREAM})  # fmt: skip
def log(m, x, before, g):
    """The rule of log."""
    return _rule(m, "log", lambda a: a.log(), before, g, x)


@item("backprop-tanh", points=2, target="engine:Value.tanh", look=_BOTH, needs=("engine-tanh",),
      domains={"x": _NODES, "before": _BEFORE, "g": _UPSTREAM})  # fmt: skip
def tanh(m, x, before, g):
    """The rule of tanh."""
    return _rule(m, "tanh", lambda a: a.tanh(), before, g, x)


ALL_RULES = tuple(each.id for each in vars().values() if isinstance(each, Item))  # of an operation


def _node(*parents, grad=0.0):
    return {"data": 1.0, "grad": grad, "op": "+" if parents else "", "parents": [list(p) for p in parents]}


# A short path and a long one from the same node: pre-order and breadth-first walks both come too early on one of them.
_SKIP = [
    _node(grad=0.25),
    _node((0, 2.0)),
    _node((1, 3.0)),
    _node((2, -1.0)),
    _node((1, 0.5), (3, 4.0), grad=9.0),
]
_SKIP_MIRRORED = [*_SKIP[:-1], _node((3, 4.0), (1, 0.5), grad=9.0)]
_CROSS = [
    _node(), _node(grad=-1.5),
    _node((0, 1.0), (1, 1.0)), _node((0, 2.0), (1, 3.0)),
    _node((2, 1.0), (3, 1.0)), _node((2, 5.0), (3, 7.0)),
    _node((4, 1.0), (5, 1.0), grad=-3.0),
]  # fmt: skip


def _visited_in_order(question, expected, got, same):
    """Gradients agree, and every interior node was visited once, after all that depend on it."""
    graph = question["graph"]
    if not (isinstance(got, list) and len(got) == 2 and same(expected[0], got[0])):
        return False
    visits = got[1]
    if not isinstance(visits, list) or not all(type(index) is int for index in visits):
        return False
    if sorted(visits) != sorted(expected[1]):
        return False
    rank = {index: place for place, index in enumerate(visits)}
    return all(
        rank[parent] > rank[index] for index in visits for parent, _ in graph[index]["parents"] if parent in rank
    )


def _whom_it_visits(question, expected, got):
    """Of a walk: its visits, whatever their order, where they are not the right ones; else its gradients.

    Who is left out, or visited too often, is the mistake; what gradients come of it depends on the order as well.
    """
    if not (isinstance(got, list) and len(got) == 2 and isinstance(got[1], list)):
        return got
    visits = sorted(index for index in got[1] if type(index) is int)
    return ["gradients", got[0]] if visits == sorted(expected[1]) else ["visits", visits]


# The fourth node has no part in the last: it is not visited, and what it would give does not count.
_STRAYS = [
    _node(grad=0.25),
    _node((0, 2.0)),
    _node((1, 3.0)),
    _node((1, 2.0), (0, -1.0), grad=5.0),
    _node((1, 0.5), (2, 4.0), grad=9.0),
]


# Two results that share a leaf, each with its own `backward()`: the second visits nothing of the first.
_TWO = [_node(grad=0.25), _node((0, 2.0)), _node((0, 3.0))]
_TWO_DIAMONDS = [
    _node(grad=-1.5), _node(),
    _node((0, 1.0), (1, 2.0)), _node((0, -3.0), (2, 0.5)),
    _node((1, 4.0), (0, 2.0)), _node((4, -1.0), (1, 0.5)),
]  # fmt: skip


@item(
    "backprop-order",
    points=4,
    lent="rule",
    target="engine:Value.backward",
    look=("grad",),
    judge=_visited_in_order,
    essence=_whom_it_visits,
    questions=6,
    examples=(
        {"graph": [_node(grad=3.0)], "order": 1, "roots": [-1]},
        *(
            {"graph": graph, "order": order, "roots": [-1]}
            for graph in (_SKIP, _SKIP_MIRRORED, _CROSS, _STRAYS)
            for order in (1, -1)
        ),
        {"graph": _TWO, "order": 1, "roots": [1, 2]},
        *({"graph": _TWO_DIAMONDS, "order": order, "roots": [3, 5]} for order in (1, -1)),
    ),
    domains={"graph": Graph(8, interior_grads=False), "order": _ORDER, "roots": Choice(([-1],))},
)
def order(m, graph, order, roots):
    """Walk the graph in topological order, from a root of gradient 1."""
    nodes = m.nodes(graph, order)
    for root in roots:
        nodes[root].backward()
    return [[node.grad for node in nodes], m.visits(roots)]


_SHARED = {
    "diamond": [["+", 0, 1], ["*", 0, 1], ["+", 2, 3], ["*", 2, 3], ["+", 4, 5]],
    "same operand": [["+", 0, 0], ["*", 1, 1], ["*", 2, 3]],
}


@item(
    "backprop-shared",
    points=3,
    target="engine:Value.backward",
    look=_BOTH,
    needs=("engine-add", "engine-mul", "backprop-add", "backprop-mul", "backprop-order"),
    end_to_end=True,
    questions=4,
    examples=tuple(
        {"case": case, "x": 1.5, "y": -2.0, "order": order}
        for case in ("diamond", "same operand", "two results", "60 doublings")
        for order in (1, -1)
    ),
    domains={
        "case": Choice(("diamond", "same operand", "two results")),
        "x": Real(0.5, 2),
        "y": Real(-3, -0.5),
        "order": _ORDER,
    },
)
def shared(m, case, x, y, order):
    """Use a value more than once: diamonds, a + a, two results, many doublings."""
    Value = m.engine(order)
    a, b = Value(x), Value(y)
    m.note(a, b)
    if case == "two results":
        out, other = a * b, a + b
        m.note(out, other)
        out.backward()
        other.backward()  # on top of what the first call left in the leaves
    elif case == "60 doublings":
        out = m.repeat(60, lambda total: total + total, a * b)
        m.note(out)
        out.backward()
    else:
        out = execute(_SHARED[case], (a, b), m.note)
        out.backward()
    return [out.data, a.grad, b.grad]


# Every operation, and plain numbers on either side of the infix ones; every step counts.
_EVERYTHING = {
    "leaves": [1.5, -0.8],
    "steps": [
        ["+", [2], 0], ["*", 2, [0.5]], ["-", 3, [0.25]], ["-", [4], 4], ["/", 5, [2.0]], ["/", [3], 6],
        ["*", [1.5], 7], ["+", 8, [-1]], ["*", 9, 1], ["neg", 10], ["log", 11], ["exp", 12],
        ["tanh", 12], ["/", 13, 14], ["-", 15, 0], ["**", 16, [2]], ["relu", 17], ["+", 18, 11],
    ],
}  # fmt: skip


# A value that is used again beside what was computed from it, once for each derived operation and operand: a rule that
# overwrites what its operand has already shows here, and differs from a rule that does nothing.
_USED_AGAIN = tuple(
    {"program": {"leaves": [3.0, -1.25], "steps": steps}, "order": 1}
    for steps in (
        [["neg", 0], ["exp", 2], ["*", 3, 0]],
        [["-", 0, [1.0]], ["*", 2, 0]], [["-", 1, 0], ["*", 2, 0]],
        [["/", 0, 1], ["+", 2, 0]], [["/", 1, 0], ["+", 2, 0]],
        [["+", [1.0], 0], ["*", 2, 0]], [["-", [1.0], 0], ["*", 2, 0]],
        [["*", [2.0], 0], ["+", 2, 0]], [["/", [2.0], 0], ["+", 2, 0]],
    )
)  # fmt: skip


def _runs_one_way(question):
    """Whether the rules of a program can run in one order alone, however differences and quotients are made.

    Every step takes the result of the one before it; and a difference or a quotient, which may be several nodes, takes
    a plain number besides, unless it comes first.
    """
    program = question["program"]
    newest = len(program["leaves"]) - 1
    for place, (op, *operands) in enumerate(program["steps"]):
        nodes = [operand for operand in operands if isinstance(operand, int)]
        if place and (newest not in nodes or (op[0] in "-/" and len(nodes) > 1)):
            return False
        newest += 1
    return True


# The example in the README of micrograd, in which a name is bound anew by `+=` and the node that it had is used on.
_README = {
    "leaves": [-4.0, 2.0],
    "steps": [
        ["+", 0, 1], ["*", 0, 1], ["**", 1, [3]], ["+", 3, 4], ["+", 2, [1]], ["+=", 2, 6], ["+", [1], 7], ["neg", 0],
        ["+", 8, 9], ["+=", 7, 10], ["*", 5, [2]], ["+", 1, 0], ["relu", 13], ["+", 12, 14], ["+=", 5, 15],
        ["*", [3], 16], ["-", 1, 0], ["relu", 18], ["+", 17, 19], ["+=", 16, 20], ["-", 11, 21], ["**", 22, [2]],
        ["/", 23, [2.0]], ["/", [10.0], 23], ["+=", 24, 25],
    ],
}  # fmt: skip

# What an operator that assigns makes is a new node: the value that the name had is used once more.
_BOUND_ANEW = tuple(
    {"leaves": leaves, "steps": [[op, 0, operand], ["*", len(leaves), 0]]}
    for leaves, operand, ops in (
        ([3.0], [2], ("+=", "-=", "*=", "/=", "**=")),
        ([3.0, 2.0], 1, ("+=", "-=", "*=", "/=")),
    )
    for op in ops
)


@item(
    "backprop-expressions",
    points=3,
    target="engine:Value.backward",
    look=_BOTH,
    needs=(*ALL_OPERATIONS, *ALL_RULES, "backprop-order"),
    end_to_end=True,
    telling=_runs_one_way,
    examples=(
        *({"program": _EVERYTHING, "order": order} for order in (1, -1)),
        *_USED_AGAIN,
        *({"program": program, "order": 1} for program in (_README, *_BOUND_ANEW)),
    ),
    questions=12,
    domains={"program": Program(), "order": _ORDER},
)
def expressions(m, program, order):
    """Differentiate whole expressions."""
    Value = m.engine(order)
    leaves = [Value(x) for x in program["leaves"]]
    m.note(*leaves)
    root = execute(program["steps"], leaves, m.note)
    root.backward()
    return [root.data, *(leaf.grad for leaf in leaves)]
