"""Mistakes planted in the reference, one at a time. Each must cost the item that it is about, and no other.

What else falls must be an end-to-end or a bonus item that waits for the item at fault. The few faults that cost more
say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nightly import nightly
from planting import (
    ITEMS,
    OTHER_SEED,
    SAMPLE_SEED,
    SOME,
    Catalogue,
    Fault,
    asked,
    hasty_grader,
    lost,
    missed,
    named_rightly,
    parameters,
    strangers,
)

from autograder.grading.grader import Grader

FAULTS = Catalogue()
fault, faults = FAULTS.one, FAULTS.several

# fmt: off

# --- derivative ---------------------------------------------------------------------------------------------

_CENTRAL = "derivative-central", "derivative:central_difference"
faults(*_CENTRAL, "(f(x + h) - f(x - h)) / (2 * h)", {
    "h ignored": "(f(x + 1e-6) - f(x - 1e-6)) / 2e-6",
    "half the step": "(f(x + h / 2) - f(x - h / 2)) / h",
    "floor division": "(f(x + h) - f(x - h)) // (2 * h)",
    "missing return": "None",
})
faults(*_CENTRAL, "h=1e-6", {f"default h {h}": f"h={h}" for h in ("1e-12", "1e-4", "1e-2")})

_GRADCHECK = "derivative-gradcheck", "derivative:gradcheck"
_ALONG = """    for i, claim in enumerate(grads):
        def along(x, i=i):
            return f(*xs[:i], x, *xs[i + 1:])

        numeric = central_difference(along, xs[i])
"""
_CLAIM = """        if not abs(claim - numeric) <= tol * max(1.0, abs(numeric)):  # also False for NaN
            return False
    return True
"""
for name, old, new in (
    ("tol ignored", "<= tol *", "<= 1e-6 *"),
    ("default tol 1e-3", "tol=1e-6", "tol=1e-3"),
    ("unequal lengths are False", "raise ValueError(", "return bool(0 and "),
    ("missing return", "return True", "pass"),
    ("always True", "return False", "pass"),
    ("always False", "return True", "return False"),
    ("an input too many", "xs[i + 1:]", "xs[i:]"),
    ("reversed claims", "enumerate(grads)", "enumerate(reversed(grads))"),
):
    fault(*_GRADCHECK[:1], name, *_GRADCHECK[1:], old, new)
faults(*_GRADCHECK, "max(1.0, abs(numeric))", {
    "min for max": "min(1.0, abs(numeric))",
    "sum for max": "(1.0 + abs(numeric))",
    "size of the slope without abs": "max(1.0, numeric)",
    "size of the claim, not of the slope": "max(1.0, abs(claim))",
})
faults(*_GRADCHECK, "abs(claim - numeric)", {
    "compares sizes": "abs(abs(claim) - abs(numeric))",
    "adds for subtracts": "abs(claim + numeric)",
})
faults(*_GRADCHECK, _ALONG + _CLAIM, {"errors that cancel": """    numeric = [central_difference(
        lambda x, i=i: f(*xs[:i], x, *xs[i + 1:]), xs[i]) for i in range(len(xs))]
    return abs(sum(grads) - sum(numeric)) <= tol * max(1.0, *map(abs, numeric))
"""})


# --- the forward half of the engine -------------------------------------------------------------------------

_NO_RESULT = "without a result there is no rule to ask"
_USES_RESULT = "the rule is written with the result, which is wrong"
_LIFT = "other = self._lift(other)"
_FLOAT32 = "float(__import__('numpy').float32({}))"

_ADD = "engine-add", "engine:__add__"
faults(*_ADD, "self.data + other.data, (self, other), '+'", {
    "minus": "self.data - other.data, (self, other), '+'",
    "wrong op": "self.data + other.data, (self, other), 'add'",
    "rounded": "round(self.data + other.data, 6), (self, other), '+'",
    "a number among the parents": "self.data + other.data, (self, other, 5), '+'",
    "a stranger among the parents": "self.data + other.data, (self, other, Value(5.0)), '+'",
})

_MUL = "engine-mul", "engine:__mul__"
faults(*_MUL, "self.data * other.data, (self, other), '*'", {
    "plus": "self.data + other.data, (self, other), '*'",
    "wrong op": "self.data * other.data, (self, other), 'x'",
    "rounded": "round(self.data * other.data, 6), (self, other), '*'",
    "a generator that adds a number": "self.data * other.data, (p for p in (self, other, 1)), '*'",
})
faults(*_MUL, _LIFT, {
    "numbers refused": "if not isinstance(other, Value): return NotImplemented",
    "only ints wrapped": "other = self._lift(other) if isinstance(other, (int, Value)) else other",
}, "backprop-mul", why=_NO_RESULT)

_POW = "engine-pow", "engine:__pow__"
faults(*_POW, "self.data**exponent, (self,), f'**{exponent}'", {
    "sides swapped": "exponent**self.data if exponent > 0 else 1.0, (self,), f'**{exponent}'",
    "whole exponents only": "self.data**int(exponent), (self,), f'**{exponent}'",
    "exponent without sign": "self.data**abs(exponent), (self,), f'**{exponent}'",
    "0 for the power 0": "self.data**exponent if exponent else 0.0, (self,), f'**{exponent}'",
    "op with a caret": "self.data**exponent, (self,), f'^{exponent}'",
    "the exponent among the parents": "self.data**exponent, (self, exponent), f'**{exponent}'",
    "the exponent among the parents as a Value": "self.data**exponent, (self, Value(exponent)), f'**{exponent}'",
    "op with a whole exponent": "self.data**exponent, (self,), f'**{int(exponent)}'",
})

_RELU = "engine-relu", "engine:relu"
faults(*_RELU, "self.data if self.data > 0 else 0.0, (self,), 'ReLU'", {
    "capped at 1": "min(max(self.data, 0.0), 1.0), (self,), 'ReLU'",
    "step": "1.0 if self.data > 0 else 0.0, (self,), 'ReLU'",
})
faults(*_RELU, "self.data if self.data > 0 else 0.0", {
    "upside down": "self.data if self.data < 0 else 0.0",
}, "backprop-relu", why=_USES_RESULT)
fault(*_RELU[:1], "itself where it is positive", "engine:relu",
      "        out = Value(self.data if", "        if self.data > 0: return self\n        out = Value(self.data if",
      "backprop-relu", why=_NO_RESULT)

_EXP = "engine-exp", "engine:exp"
faults(*_EXP, "(self,), 'exp'", {"wrong op": "(self,), 'e'"})
faults(*_EXP, "math.exp(self.data)", {
    "exp of exp": "math.exp(min(math.exp(self.data), 9.0))",
    "expm1": "math.expm1(self.data)",
}, "backprop-exp", why=_USES_RESULT)

_LOG = "engine-log", "engine:log"
faults(*_LOG, "math.log(self.data), (self,), 'log'", {
    "log1p": "math.log1p(self.data), (self,), 'log'",
    "sign": "-math.log(self.data), (self,), 'log'",
    "wrong op": "math.log(self.data), (self,), 'ln'",
})

_TANH = "engine-tanh", "engine:tanh"
faults(*_TANH, "(self,), 'tanh'", {"wrong op": "(self,), 'Tanh'"})
faults(*_TANH, "math.tanh(self.data)", {
    "identity": "self.data",
}, "backprop-tanh", why=_USES_RESULT)

faults("engine-neg", "engine:__neg__", "return self * -1", {
    "size only": "return Value(abs(self.data), (self,))",
    "calls itself": "return -self",
    "in place": "self.data = -self.data\n        return self",
    "in place, and then a new node": "self.data *= -1\n        return Value(self.data, (self,))",
    "a raw number among the parents": "return Value(-self.data, (self, -1), '*')",
})
faults("engine-sub", "engine:__sub__", "return self + (-self._lift(other))", {
    "calls itself": "return self - other",
    "numbers refused": "return self + (-other) if isinstance(other, Value) else NotImplemented",
    "in place": "self.data -= self._lift(other).data\n        return Value(self.data, (self,))",
    "itself": "self.data -= self._lift(other).data\n        return self",
    "in place on the right": "self._lift(other).data *= -1\n        return self + other",
})
faults("engine-truediv", "engine:__truediv__", "return self * self._lift(other)**-1", {
    "wrong exponent": "return self * self._lift(other)**-2",
    "calls itself": "return self / other",
    "itself": "self.data /= self._lift(other).data\n        return self",
    "floor division": "return Value(self.data // self._lift(other).data, (self, self._lift(other)))",
    "numbers refused": "return self * other**-1 if isinstance(other, Value) else NotImplemented",
})
faults("engine-radd", "engine:__radd__", "return self + other", {
    "number forgotten": "return self + 0",
    "left to Python": "return NotImplemented",
    "only for sum()": "return self if other == 0 else NotImplemented",
    "itself": "self.data += other\n        return self",
})
faults("engine-rsub", "engine:__rsub__", "return self._lift(other) - self", {
    "left to Python": "return NotImplemented",
    "both negated": "return -(self + other)",
    "itself": "self.data = other - self.data\n        return self",
})
faults("engine-rmul", "engine:__rmul__", "return self * other", {
    "adds": "return self + other",
    "itself": "self.data *= other\n        return self",
    "left to Python": "return NotImplemented",
    "ints only": "return self * other if type(other) is int else NotImplemented",
})
faults("engine-rtruediv", "engine:__rtruediv__", "return self._lift(other) / self", {
    "swapped": "return self / other if other else self",
    "left to Python": "return NotImplemented",
    "reciprocal only": "return self**-1",
    "itself": "self.data = other / self.data\n        return self",
})


# --- the graph, drawn ---------------------------------------------------------------------------------------

for name, old, new in (
    ("only leaves", "return nodes,", "return [node for node in nodes if not node._prev],"),
    ("first parents only", "in node._prev:", "in list(node._prev)[:1]:"),
    ("parents of the root only", "nodes.append(parent)", "nodes.append(parent) if node is root else None"),
    ("edges first", "return nodes, edges", "return edges, nodes"),
    ("nodes alone", "return nodes, edges", "return nodes"),
):
    fault("trace-nodes", name, "trace:trace", old, new)

_BOXES = """        name = str(id(node))
        dot.node(name, f'{{ data {node.data:.4f} | grad {node.grad:.4f} }}', shape='record')
        if node._op:
            dot.node(name + 'op', node._op)
            dot.edge(name + 'op', name)
    for operand, result in edges:
        dot.edge(str(id(operand)), str(id(result)) + 'op')
"""
for name, old, new in (
    ("op node unlabelled", "dot.node(name + 'op', node._op)", "dot.node(name + 'op', '')"),
    ("label without grad", " | grad {node.grad:.4f}", ""),
    ("label without data", "data {node.data:.4f} | ", ""),
    ("two decimals of data", "{node.data:.4f}", "{node.data:.2f}"),
    ("two decimals of grad", "{node.grad:.4f}", "{node.grad:.2f}"),
    ("unformatted", "data {node.data:.4f}", "data {node.data}"),
    ("whole numbers", "{node.data:.4f}", "{int(node.data)}"),
    ("edges past the op node", "str(id(result)) + 'op'", "str(id(result))"),
    ("edges of operands missing", "        dot.edge(str(id(operand)), str(id(result)) + 'op')", "        pass"),
    ("leaves missing", "for node in nodes:\n", "for node in nodes:\n        if not node._op: continue\n"),
    ("boxes named by their data", _BOXES, _BOXES.replace("id(node)", "node.data").replace("id(operand)", "operand.data")
     .replace("id(result)", "result.data")),
    ("one op node for each kind of op", _BOXES,
     _BOXES.replace("name + 'op'", "node._op").replace("str(id(result)) + 'op'", "result._op")),
):
    fault("trace-dot", name, "trace:draw_dot", old, new)


# --- the rules ----------------------------------------------------------------------------------------------

_ADD = "backprop-add", "engine:__add__"
faults(*_ADD, "self.grad += out.grad", {
    "sign on the left": "self.grad -= out.grad",
    "left times data": "self.grad += self.data * out.grad",
    "float32": f"self.grad += {_FLOAT32.format('out.grad')}",
})
faults(*_ADD, "other.grad += out.grad", {
    "sign on the right": "other.grad -= out.grad",
})

_MUL = "backprop-mul", "engine:__mul__"
faults(*_MUL, "self.grad += other.data * out.grad", {
    "factor forgotten on the left": "self.grad += out.grad",
    "sign on the left": "self.grad -= other.data * out.grad",
    "result for operand on the left": "self.grad += out.data * out.grad",
    "grad for data on the left": "self.grad += other.grad * out.grad",
    "upstream cleared too early": "self.grad += other.data * out.grad\n            out.grad = 0.0",
})
faults(*_MUL, "other.grad += self.data * out.grad", {
    "sign on the right": "other.grad += -self.data * out.grad",
})

faults("backprop-pow", "engine:__pow__", "self.grad += exponent * self.data**(exponent - 1) * out.grad", {
    "exponent raised": "self.grad += exponent * self.data**(exponent + 1) * out.grad",
    "factor off by one": "self.grad += (exponent - 1) * self.data**(exponent - 1) * out.grad",
    "multiplies for raises": "self.grad += exponent * self.data * (exponent - 1) * out.grad",
    "sign": "self.grad -= exponent * self.data**(exponent - 1) * out.grad",
    "base without sign": "self.grad += exponent * abs(self.data)**(exponent - 1) * out.grad",
    "factor without sign": "self.grad += abs(exponent) * self.data**(exponent - 1) * out.grad",
    "from the result, 0 for base 0": "self.grad += exponent * out.data / self.data * out.grad if self.data else 0.0",
    "exponential's rule": "self.grad += out.data * math.log(abs(self.data) or 1.0) * out.grad",
})

faults("backprop-relu", "engine:relu", "            if out.data > 0:\n                self.grad += out.grad", {
    "0 for nothing": "            self.grad = self.grad + out.grad if out.data > 0 else 0.0",
    "slope 1/2 at 0": "            self.grad += ((self.data > 0) + (self.data >= 0)) / 2 * out.grad",
    "leaky": "            self.grad += (1.0 if out.data > 0 else 0.01) * out.grad",
    "upside down": "            if out.data <= 0:\n                self.grad += out.grad",
    "upstream cut": "            if out.data > 0:\n                self.grad += max(out.grad, 0.0)",
    "times data": "            self.grad += out.data * out.grad",
    "sign": "            if out.data > 0:\n                self.grad -= out.grad",
})

faults("backprop-exp", "engine:exp", "self.grad += out.data * out.grad", {
    "exp of the result": "self.grad += math.exp(min(out.data, 50)) * out.grad",
    "sign": "self.grad -= out.data * out.grad",
})

faults("backprop-log", "engine:log", "self.grad += out.grad / self.data", {
    "base 10": "self.grad += out.grad / (self.data * math.log(10))",
    "upside down": "self.grad += self.data / out.grad",
    "squared": "self.grad += out.grad / self.data**2",
    "sign": "self.grad += -out.grad / self.data",
    "zero": "self.grad += out.grad * 0.0",
})

faults("backprop-tanh", "engine:tanh", "self.grad += (1 - out.data**2) * out.grad", {
    "1 + t squared": "self.grad += (1 + out.data**2) * out.grad",
    "t squared - 1": "self.grad += (out.data**2 - 1) * out.grad",
    "precedence": "self.grad += 1 - out.data**2 * out.grad",
    "upstream squared": "self.grad += (1 - out.data**2) * out.grad**2",
})


# --- the walk -----------------------------------------------------------------------------------------------

_ORDER = "backprop-order", "engine:backward"
_WALK = """        order = []
        visited = set()

        def visit(node):
            if node not in visited:
                visited.add(node)
                for parent in node._prev:
                    visit(parent)
                order.append(node)

        # A chain of 10,000 nodes takes a stack of your own: a function that calls itself exhausts the one of Python.
        ### BEGIN SOLUTION stretch-deep (bonus)
        stack = [self]
        while stack:
            for parent in stack[-1]._prev:
                if parent not in visited:
                    stack.append(parent)
                    break
            else:
                visit(stack.pop())  # all its parents are visited, so that this comes no deeper
        ### END SOLUTION
        visit(self)
"""
_SEED = """        for node in order:
            if node._prev:
                node.grad = 0.0
        ### END SOLUTION
        self.grad = 1.0
        for node in reversed(order):
            node._backward()
"""
_CLEAR, _PROPAGATE = _SEED.split("        self.grad = 1.0\n")
faults(*_ORDER, _WALK, {
    "last finished first": _WALK.replace("order.append(node)", "order.insert(0, node)"),
    "parents of the root only": "        order = [*self._prev, self]\n",
    "a lone root forgotten": "        if not self._prev:\n            return\n" + _WALK,
    "a set of nodes": _WALK + "        order = [*({*order} - {self}), self]\n",
})
faults(*_ORDER, _SEED, {
    "root seeded with 2": _CLEAR + "        self.grad = 2.0\n" + _PROPAGATE,
    "root added to": _CLEAR + "        self.grad += 1.0\n" + _PROPAGATE,
    "root's rule twice": _SEED.replace("reversed(order)", "[self, *reversed(order)]"),
})
faults(*_ORDER, "        order = []\n        visited = set()\n", {
    "a list and a set that last": "        order, visited = vars(Value.backward).setdefault('walk', ([], set()))\n",
    "a list and a set of the class's": "        order, visited = Value.__dict__.get('_walk') or ([], set())\n"
                                       "        Value._walk = order, visited\n",
    "a list that lasts": "        order = globals().setdefault('_order', [])\n        visited = set()\n",
})
faults(*_ORDER, "node._backward()", {
    "rules are given the gradient": "node._backward(node.grad)",
    "rules are given an option": "node._backward(keep=True)",
})

_OWN_RULE = """other = self._lift(other)
        out = Value(self.data {0} other.data, (self, other), '{0}')

        def _backward():
            self.grad += {1}
            other.grad += {2}
        out._backward = _backward
        return out"""
fault("backprop-expressions", "own rule for sub, both plus", "engine:__sub__", "return self + (-self._lift(other))",
      _OWN_RULE.format("-", "out.grad", "out.grad"))
fault("backprop-expressions", "own rule for truediv, square forgotten", "engine:__truediv__",
      "return self * self._lift(other)**-1",
      _OWN_RULE.format("/", "out.grad / other.data", "-out.grad * self.data / other.data"))

# Nodes and rules of a derived operation's own, with right numbers; then one operand's gradient is overwritten.
_OWN = {
    "__neg__": ("return self * -1", "-self.data", "-out.grad", "0.0"),
    "__sub__": ("return self + (-self._lift(other))", "self.data - other.data", "out.grad", "-out.grad"),
    "__truediv__": ("return self * self._lift(other)**-1", "self.data / other.data", "out.grad / other.data",
                    "-out.grad * self.data / other.data**2"),
    "__radd__": ("return self + other", "other.data + self.data", "out.grad", "out.grad"),
    "__rsub__": ("return self._lift(other) - self", "other.data - self.data", "-out.grad", "out.grad"),
    "__rmul__": ("return self * other", "other.data * self.data", "other.data * out.grad", "self.data * out.grad"),
    "__rtruediv__": ("return self._lift(other) / self", "other.data / self.data",
                     "-out.grad * other.data / self.data**2", "out.grad / self.data"),
}
for method, (old, number, left, right) in _OWN.items():
    for operand in ("self", "other")[: 2 if method in ("__sub__", "__truediv__") else 1]:
        body = "other = self._lift(other)" if method != "__neg__" else "other = Value(0.0)"
        body += f"""
        out = Value({number}, (self,{' other' if method != '__neg__' else ''}), 'own')

        def _backward():
            self.grad += {left}
            other.grad += {right}
        out._backward = _backward
        return out"""
        fault("backprop-expressions", f"own rule for {method} overwrites {operand}", f"engine:{method}", old,
              body.replace(f"{operand}.grad +=", f"{operand}.grad ="))

for name, op in {"iadd": "+", "isub": "-", "imul": "*", "itruediv": "/", "ipow": "**"}.items():
    fault("backprop-expressions", f"{name} changes its operand", "engine:__repr__", "def __repr__(self):",
          f"def __{name}__(self, other):\n        self.data {op}= getattr(other, 'data', other)\n"
          "        return self\n\n    def __repr__(self):")
fault("backprop-expressions", "iadd changes its operand for numbers alone", "engine:__repr__", "def __repr__(self):",
      "def __iadd__(self, other):\n        if isinstance(other, Value): return self + other\n"
      "        self.data += other\n        return self\n\n    def __repr__(self):")


# --- bonus --------------------------------------------------------------------------------------------------

fault("stretch-deep", "quadratic time", "engine:backward", "visited = set()", "visited = type('Slow', (set,), {\n"
      "            '__contains__': lambda self, node: any(node is one for one in list(self) * 3)})()")
faults("stretch-twice", "engine:backward", "if node._prev:", {
    "only the root starts afresh": "if node is self:",
})

_STRANGE = "        if not isinstance(x, (Value, Real)):\n"
_ROOT = "if self.data < 0 and exponent != int(exponent):"
for name, where, old, new in (
    ("no negative bases", "__pow__", _ROOT, "if self.data < 0 and type(exponent) is float:"),
    ("wrong exception for an exponent", "__pow__", "raise TypeError(f'an exp", "raise ValueError(f'an exp"),
    ("power of a number", "__repr__", "def __repr__", "def __rpow__(self, other): return self\n\n    def __repr__"),
    ("wrong exception for an operand", "_lift", "raise TypeError", "raise ValueError"),
    ("None is 0", "_lift", _STRANGE, "        x = 0.0 if x is None else x\n" + _STRANGE),
    ("lists are numbers", "_lift", _STRANGE, "        x = x[0] if isinstance(x, list) else x\n" + _STRANGE),
    ("strings are numbers", "_lift", _STRANGE, "        x = float(len(x)) if isinstance(x, str) else x\n" + _STRANGE),
):
    fault("stretch-edges", name, f"engine:{where}", old, new)

# fmt: on


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with hasty_grader(SAMPLE_SEED, "stretch-deep") as grader:
        yield grader


@pytest.mark.parametrize("fault", parameters(FAULTS))
def test_a_fault_costs_the_item_that_it_is_about(fault: Fault, grader: Grader, tmp_path: Path) -> None:
    report = grader.grade("faulty", fault.plant(tmp_path), only=asked(fault, FAULTS))
    assert not report.ungraded
    assert set(fault.costs) <= set(lost(report)), "a wrong engine passes"
    assert report.score + report.bonus < sum(item.points for item in ITEMS.values())
    assert not strangers(fault, report), "one fault costs more than its own item"
    assert named_rightly(fault, report)


@nightly
def test_faults_cost_their_items_on_another_exam_too(tmp_path: Path) -> None:
    with hasty_grader(OTHER_SEED) as grader:
        assert missed(FAULTS[::SOME], grader, tmp_path) == []


def test_few_faults_cost_more_than_one_item(record_property: Callable[[str, object], None]) -> None:
    ids = [fault.id for fault in FAULTS]
    assert len(set(ids)) == len(ids) >= 75
    assert all(bool(fault.why) == (len(fault.costs) > 1) for fault in FAULTS)
    justified = [fault.id for fault in FAULTS if fault.why]
    assert len(justified) < len(FAULTS) / 10
    record_property("faults", len(FAULTS))
    record_property("faults that justly cost several items", len(justified))
    print(f"{len(FAULTS)} faults; {len(justified)} of them justly cost several items: {', '.join(justified)}")
