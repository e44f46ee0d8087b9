"""The forward half of the engine, and the pictures of its graphs.

A primitive operation is seen through its result: the number, the name of the operation, the parents. A derived one
runs where the lab supplies all other operators, so that it is right or wrong on its own. Each makes a new node and
leaves its operands alone.
"""

from autograder.courses.micrograd.domains import Graph, Operand
from autograder.courses.micrograd.rubric import item
from autograder.exam.domains import Choice, Real
from autograder.exam.items import Item

_DATA = ("data",)
_NODE = ("Value",)
_EITHER = Operand(Real(-5, 5, special=(0.0, 1.0, -1.0, 3.0)))
_NODES = Operand(Real(-5, 5, special=(0.0, 1.0, -1.0, 3.0)), kinds=_NODE)
_DIVISOR = Operand(Real(-5, 5, special=(1.0, -1.0, 2.0), avoid=(0.0,), gap=0.25))
_PLAIN = ("int", "float", "np.float64")
_LEFT = Operand(Real(-5, 5, special=(0.0, 1.0, -2.0)), kinds=_PLAIN)
_EXPONENTS = Choice((2, 3, 1, 0, -1, -2, 0.5, -1.5, 2.0))


def _intact(m, out, *operands):
    """The number, and that the operation left its operands as they were and made a new node."""
    return [out.data, *m.data(*operands), *m.fresh(out, *operands)]


def _seen(m, out, *operands):
    """What a primitive operation must get right: see `_intact`, and name and parents."""
    out = m.result(out)
    return [_intact(m, out, *operands), out._op, *m.parents(out, *operands), m.strangers(out, *operands)]


def _binary(m, x, y, operate):
    a, b = m.operand(x), m.operand(y)
    return _seen(m, operate(a, b), a, b)


def _derived(m, method, operate, *specs):
    """Run `operate` where only `method` is the student's; the result must be a node that knows where it came from."""
    Value = m.isolated(method)
    operands = [m.operand(spec, Value) for spec in specs]
    out = m.result(operate(*operands))
    return [_intact(m, out, *operands), *m.reaches(out, *operands)]


_DIGITS = ({"x": ["Value", 1.23456789], "y": ["Value", 0.98765432]},)  # more than rounding would leave


@item("engine-add", points=2, basis=True, target="engine:Value.__add__", look=_DATA, examples=_DIGITS,
      domains={"x": _NODES, "y": _EITHER})  # fmt: skip
def add(m, x, y):
    """Add."""
    return _binary(m, x, y, lambda a, b: a + b)


@item("engine-mul", points=2, basis=True, target="engine:Value.__mul__", look=_DATA, examples=_DIGITS,
      domains={"x": _NODES, "y": _EITHER})  # fmt: skip
def mul(m, x, y):
    """Multiply."""
    return _binary(m, x, y, lambda a, b: a * b)


@item(
    "engine-pow",
    points=2,
    target="engine:Value.__pow__",
    basis=True,
    look=_DATA,
    examples=(
        *({"x": ["Value", x], "exponent": n} for x in (-2.0, -0.5, -1.0) for n in (2, 3, -1, -2, 0)),
        {"x": ["Value", 0.0], "exponent": 2},
        {"x": ["Value", 0.0], "exponent": 1},
        {"x": ["Value", 0.0], "exponent": 1.5},
    ),
    questions=6,
    domains={"x": Operand(Real(0.25, 3, special=(1.0, 2.0)), kinds=_NODE), "exponent": _EXPONENTS},
)
def power(m, x, exponent):
    """Raise to a constant power."""
    a = m.operand(x)
    return _seen(m, a**exponent, a)


@item("engine-relu", points=2, basis=True, target="engine:Value.relu", look=_DATA,
      examples=({"x": ["Value", -0.5]}, {"x": ["Value", 0.5]}), domains={"x": _NODES})  # fmt: skip
def relu(m, x):
    """Rectify."""
    a = m.operand(x)
    return _seen(m, a.relu(), a)


@item("engine-exp", points=1, basis=True, target="engine:Value.exp", look=_DATA, domains={"x": _NODES})
def exp(m, x):
    """Exponentiate."""
    a = m.operand(x)
    return _seen(m, a.exp(), a)


@item("engine-log", points=1, basis=True, target="engine:Value.log", look=_DATA,
      domains={"x": Operand(Real(0.1, 20, special=(2.0, 10.0), avoid=(1.0,)), kinds=_NODE)})  # fmt: skip
def log(m, x):
    """Take the natural logarithm."""
    a = m.operand(x)
    return _seen(m, a.log(), a)


@item("engine-tanh", points=2, basis=True, target="engine:Value.tanh", look=_DATA,
      domains={"x": Operand(Real(-5, 5, special=(0.0, 1.0, -1.0), avoid=(0.0,)), kinds=_NODE)})  # fmt: skip
def tanh(m, x):
    """Squash with tanh."""
    a = m.operand(x)
    return _seen(m, a.tanh(), a)


@item("engine-neg", points=1, lent="__rmul__", target="engine:Value.__neg__", look=_DATA, domains={"x": _NODES})
def neg(m, x):
    """Negate."""
    return _derived(m, "__neg__", lambda a: -a, x)


@item(
    "engine-sub",
    points=1,
    lent="__neg__",
    target="engine:Value.__sub__",
    look=_DATA,
    domains={"x": _NODES, "y": _EITHER},
)
def sub(m, x, y):
    """Subtract."""
    return _derived(m, "__sub__", lambda a, b: a - b, x, y)


@item(
    "engine-truediv",
    points=2,
    lent="__rsub__",
    target="engine:Value.__truediv__",
    look=_DATA,
    domains={"x": _NODES, "y": _DIVISOR},
)
def truediv(m, x, y):
    """Divide."""
    return _derived(m, "__truediv__", lambda a, b: a / b, x, y)


@item(
    "engine-radd",
    points=1,
    lent="operators",
    target="engine:Value.__radd__",
    look=_DATA,
    domains={"x": _LEFT, "y": _NODES},
)
def radd(m, x, y):
    """Add to a plain number."""
    return _derived(m, "__radd__", lambda a, b: a + b, x, y)


@item(
    "engine-rsub",
    points=2,
    lent="__sub__",
    target="engine:Value.__rsub__",
    look=_DATA,
    domains={"x": _LEFT, "y": _NODES},
)
def rsub(m, x, y):
    """Subtract from a plain number."""
    return _derived(m, "__rsub__", lambda a, b: a - b, x, y)


@item(
    "engine-rmul",
    points=1,
    lent="__radd__",
    target="engine:Value.__rmul__",
    look=_DATA,
    domains={"x": _LEFT, "y": _NODES},
)
def rmul(m, x, y):
    """Multiply a plain number."""
    return _derived(m, "__rmul__", lambda a, b: a * b, x, y)


@item("engine-rtruediv", points=2, lent="__truediv__", target="engine:Value.__rtruediv__", look=_DATA,
      domains={"x": _LEFT, "y": Operand(_DIVISOR.number, kinds=_NODE)})  # fmt: skip
def rtruediv(m, x, y):
    """Divide a plain number."""
    return _derived(m, "__rtruediv__", lambda a, b: a / b, x, y)


ALL_OPERATIONS = tuple(each.id for each in vars().values() if isinstance(each, Item))


def _node(data, *parents, op="+", grad=0.0):
    return {"data": data, "grad": grad, "op": op if parents else "", "parents": [[p, 1.0] for p in parents]}


_DIAMOND = [_node(2.0), _node(3.0, 0), _node(5.0, 0, op="*"), _node(8.0, 1, 2, grad=1.0)]
_TWINS = [_node(1.0), _node(1.0), _node(1.0, 0, 1)]  # the same numbers, and yet three nodes
_GRAPHS = (
    [_node(1.0)],
    _DIAMOND,
    _TWINS,
    [_node(1.5, grad=-0.25), _node(-2.0), _node(-3.0, 0, 1, op="*", grad=12.34567)],
)
# The second and the fourth node have no part in the last.
_STRAYS = [_node(2.0), _node(7.0), _node(3.0, 0), _node(4.0, 2, 1, op="*"), _node(8.0, 0, 2, grad=1.0)]


@item(
    "trace-nodes",
    points=2,
    lent="rule",
    target="trace:trace",
    look=_DATA,
    uses=("trace",),
    questions=5,
    examples=tuple({"graph": graph} for graph in (*_GRAPHS, _STRAYS)),
    domains={"graph": Graph(7)},
)
def trace(m, graph):
    """Collect the nodes and edges of a graph."""
    nodes, edges = m.trace(m.nodes(graph))
    return [nodes, edges]


@item(
    "trace-dot",
    points=2,
    lent="rule",
    target="trace:draw_dot",
    uses=("trace",),
    needs=("trace-nodes",),
    questions=4,
    examples=tuple({"graph": graph} for graph in _GRAPHS),
    domains={"graph": Graph(6)},
)
def draw_dot(m, graph):
    """Draw a graph."""
    labels, edges = m.draw_dot(m.nodes(graph))
    return [labels, edges]
