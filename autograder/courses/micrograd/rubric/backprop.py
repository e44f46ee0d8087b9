"""The backward half of the engine: each local rule on its own, then the order of the walk, then all of it.

A rule runs as `out.grad = g; out._backward()`, without `backward()`; gradients that are there already must survive.
"""

from autograder.courses.micrograd.domains import Graph, Operand, Program, execute
from autograder.courses.micrograd.rubric import item
from autograder.courses.micrograd.rubric.engine import ALL_OPERATIONS
from autograder.courses.micrograd.rubric.expressions import (
    ALONE,
    BOUND_ANEW,
    CROSS,
    EVERYTHING,
    README,
    SHARED,
    SKIP,
    SKIP_MIRRORED,
    STRAYS,
    TWO,
    TWO_DIAMONDS,
    USED_AGAIN,
)
from autograder.exam.domains import Choice, Real
from autograder.exam.items import Item

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
        {"graph": ALONE, "order": 1, "roots": [-1]},
        *(
            {"graph": graph, "order": order, "roots": [-1]}
            for graph in (SKIP, SKIP_MIRRORED, CROSS, STRAYS)
            for order in (1, -1)
        ),
        {"graph": TWO, "order": 1, "roots": [1, 2]},
        *({"graph": TWO_DIAMONDS, "order": order, "roots": [3, 5]} for order in (1, -1)),
    ),
    domains={"graph": Graph(8, interior_grads=False), "order": _ORDER, "roots": Choice(([-1],))},
)
def order(m, graph, order, roots):
    """Walk the graph in topological order, from a root of gradient 1."""
    nodes = m.nodes(graph, order)
    for root in roots:
        nodes[root].backward()
    return [[node.grad for node in nodes], m.visits(roots)]


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
        out = execute(SHARED[case], (a, b), m.note)
        out.backward()
    return [out.data, a.grad, b.grad]


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


@item(
    "backprop-expressions",
    points=3,
    target="engine:Value.backward",
    look=_BOTH,
    needs=(*ALL_OPERATIONS, *ALL_RULES, "backprop-order"),
    end_to_end=True,
    telling=_runs_one_way,
    examples=(
        *({"program": EVERYTHING, "order": order} for order in (1, -1)),
        *USED_AGAIN,
        *({"program": program, "order": 1} for program in (README, *BOUND_ANEW)),
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
