"""The classic mistakes as edits of the reference: what each pitfall of the course looks like in code.

They stand here and not beside their descriptions because a wrong version says nearly as much as the right one. An edit
names the pitfall that it is a form of, the items that it must cost, the function, and the text there that it replaces
(which occurs in it exactly once). `autograder.exam.mutants` reads this file.
"""
# fmt: off

EDITS = []


def edit(pitfall, items, where, old, new, *more):
    """In `where` ("engine:__add__") replace `old` by `new`, and so on with `more`; it costs `items`, by spaces."""
    EDITS.append((pitfall, items, where, old, new, *more))


def edits(pitfall, items, where, old, *news):
    """Several forms of one pitfall, each replacing the same text."""
    for new in news:
        edit(pitfall, items, where, old, new)


# --- derivative ---------------------------------------------------------------------------------------------

CENTRAL = "derivative-central", "derivative:central_difference"
SLOPE = "(f(x + h) - f(x - h)) / (2 * h)"
edits("one-sided-difference", *CENTRAL, SLOPE, "(f(x + h) - f(x)) / h", "(f(x) - f(x - h)) / h")
edit("interval-halved", *CENTRAL, SLOPE, "(f(x + h) - f(x - h)) / h")
edit("interval-outside-brackets", *CENTRAL, SLOPE, "(f(x + h) - f(x - h)) / 2 * h")
edit("difference-reversed", *CENTRAL, SLOPE, "(f(x - h) - f(x + h)) / (2 * h)")

GRADCHECK = "derivative-gradcheck", "derivative:gradcheck"
edits("lengths-unchecked", *GRADCHECK, "len(xs) != len(grads)", "False", "len(xs) > len(grads)", "len(xs) < len(grads)")
edit("nan-accepted", *GRADCHECK, "not abs(claim - numeric) <=", "abs(claim - numeric) >")
edit("first-claim-decides", *GRADCHECK, "return False\n    return True", "return False\n        return True")
edits("tolerance-not-scaled", *GRADCHECK, "max(1.0, abs(numeric))", "1.0", "abs(numeric)")
edit("error-without-abs", *GRADCHECK, "abs(claim - numeric)", "(claim - numeric)")
edit("same-input-moved", *GRADCHECK, "*xs[:i], x, *xs[i + 1:]", "x, *xs[1:]")
edit("same-input-moved", *GRADCHECK, """    for i, claim in enumerate(grads):
        def along(x, i=i):
            return f(*xs[:i], x, *xs[i + 1:])

        numeric = central_difference(along, xs[i])
""", """    alongs = [lambda x: f(*xs[:i], x, *xs[i + 1:]) for i in range(len(xs))]
    for i, claim in enumerate(grads):
        numeric = central_difference(alongs[i], xs[i])
""")


# --- operations, forward ------------------------------------------------------------------------------------

# Of each operation: the method, its result, and what is recorded with it.
PRIMITIVE = {
    "add": ("__add__", "self.data + other.data", "(self, other)", "'+'"),
    "mul": ("__mul__", "self.data * other.data", "(self, other)", "'*'"),
    "pow": ("__pow__", "self.data**exponent", "(self,)", "f'**{exponent}'"),
    "relu": ("relu", "self.data if self.data > 0 else 0.0", "(self,)", "'ReLU'"),
    "tanh": ("tanh", "math.tanh(self.data)", "(self,)", "'tanh'"),
    "exp": ("exp", "math.exp(self.data)", "(self,)", "'exp'"),
    "log": ("log", "math.log(self.data)", "(self,)", "'log'"),
}
DERIVED = {
    "neg": ("self * -1", "-self.data", "(self,)"),
    "sub": ("self + (-self._lift(other))", "self.data - self._lift(other).data", "(self, other)"),
    "truediv": ("self * self._lift(other)**-1", "self.data / self._lift(other).data", "(self, other)"),
    "radd": ("self + other", "other + self.data", "(self, other)"),
    "rsub": ("self._lift(other) - self", "other - self.data", "(self, other)"),
    "rmul": ("self * other", "other * self.data", "(self, other)"),
    "rtruediv": ("self._lift(other) / self", "other / self.data", "(self, other)"),
}
FLOAT32 = "float(__import__('numpy').float32({}))"
for op, (method, number, parents, name) in PRIMITIVE.items():
    where = f"engine:{method}"
    edit("parents-not-recorded", f"engine-{op}", where, f"{parents}, {name}", f"(), {name}")
    edit("operation-not-named", f"engine-{op}", where, f"{parents}, {name})", f"{parents})")
    edit("result-not-returned", f"engine-{op} backprop-{op}", where, "        return out", "        out")
    edit("rule-called-at-once", f"backprop-{op}", where, "out._backward = _backward", "out._backward = _backward()")
    if op in ("add", "mul"):
        edit("rounded-to-float32", f"engine-{op}", where, f"Value({number}", f"Value({FLOAT32.format(number)}")
        edits("one-parent-recorded", f"engine-{op}", where, f"{parents}, {name}",
              f"(self,), {name}", f"(other,), {name}")
        edit("number-not-wrapped", f"engine-{op} backprop-{op}", where, "other = self._lift(other)", "pass")
        edit("operand-changed-in-place", "engine-add" if op == "add" else "engine-mul backprop-mul", where,
             f"        out = Value({number},", f"        self.data = {number}\n        out = Value(self.data,")
        edit("value-inside-value", f"engine-{op}", where, f"Value({number},", f"Value(Value({number}),")
        edit("left-operand-twice", f"engine-{op}", where, number, number.replace("other", "self"))
# In every Value, as a scalar of numpy's, with whose functions or Python's; quotients are rounded once, or twice.
NUMPY = "__import__('numpy')"
for more in (
    (),
    ("engine:__truediv__", f"return {DERIVED['truediv'][0]}", "return self * other**-1"),
    ("engine:__truediv__", f"return {DERIVED['truediv'][0]}",
     "other = self._lift(other)\n        return Value(self.data / other.data, (self, other))"),
    tuple(text for f in ("tanh", "exp", "log") for text in (f"engine:{f}", f"math.{f}(", f"{NUMPY}.{f}(")),
):
    edit("rounded-to-float32",
         " ".join((*(f"engine-{op}" for op in (*PRIMITIVE, *DERIVED)),
                   *(f"backprop-{op}" for op in ("mul", "pow", "tanh", "exp", "log")))),
         "engine:__init__", "self.data = data", f"self.data = {NUMPY}.float32(data)", *more)
edit("power-multiplies", "engine-pow", "engine:__pow__", "Value(self.data**exponent,", "Value(self.data * exponent,")
edit("base-loses-its-sign", "engine-pow", "engine:__pow__", "Value(self.data**exponent,",
     "Value(abs(self.data)**exponent,")
edit("name-without-exponent", "engine-pow", "engine:__pow__", "f'**{exponent}'", "'**'")
edits("number-among-parents", "engine-pow", "engine:__pow__", "(self,), f", "(self, exponent), f",
      "(self, Value(exponent)), f")
edit("relu-misspelled", "engine-relu", "engine:relu", "(self,), 'ReLU'", "(self,), 'relu'")
RELU = "self.data if self.data > 0 else 0.0"
edits("relu-leaks", "engine-relu", "engine:relu", RELU, "self.data if self.data > 0 else 0.01 * self.data")
edit("relu-is-abs", "engine-relu backprop-relu", "engine:relu", RELU, "abs(self.data)")
edit("exp-of-exp", "engine-exp backprop-exp", "engine:exp", "math.exp(self.data), (self,)",
     "math.exp(math.exp(self.data)), (self,)")
edits("log-to-another-base", "engine-log", "engine:log", "math.log(self.data),",
      "math.log10(self.data),", "math.log2(self.data),")
edits("log-guarded", "engine-log", "engine:log", "math.log(self.data),",
      "math.log(self.data + 1e-7),", "math.log(self.data + 1e-8),", "math.log(self.data + 1e-6),")
edit("sigmoid-for-tanh", "engine-tanh backprop-tanh", "engine:tanh", "math.tanh(self.data)",
     "1 / (1 + math.exp(-self.data))")
edit("tanh-half-as-steep", "engine-tanh backprop-tanh", "engine:tanh", "math.tanh(self.data)",
     "(math.exp(self.data) - 1) / (math.exp(self.data) + 1)")

# --- operations that are made of others ---------------------------------------------------------------------

for op, (made, number, parents) in DERIVED.items():
    where = f"engine:__{op}__"
    edit("plain-number-returned", f"engine-{op}", where, f"return {made}", f"return {number}")
    edit("result-unconnected", f"engine-{op}", where, f"return {made}", f"return Value({number})")
    edit("result-not-returned", f"engine-{op}", where, f"return {made}", made)
    if op[0] == "r":
        recursion = {"radd": "other + self", "rsub": "other - self", "rmul": "other * self", "rtruediv": "other / self"}
        edit("reflected-calls-itself", f"engine-{op}", where, f"return {made}", f"return {recursion[op]}")
    wrapped = parents.replace("other", "self._lift(other)")
    # What it computes is right, and nothing flows back: only the whole engine shows that.
    edit("rule-missing", "backprop-expressions", where, f"return {made}", f"return Value({number}, {wrapped})")
# The operand becomes the result.
for op, (made, number, _) in DERIVED.items():
    edit("operand-changed-in-place", f"engine-{op}", f"engine:__{op}__", f"return {made}",
         f"self.data = {number}\n        return self")
for op, sign in (("iadd", "+"), ("imul", "*")):
    edit("operand-changed-in-place", "backprop-expressions", "engine:__repr__", "    def __repr__",
         f"    def __{op}__(self, other):\n        self.data {sign}= self._lift(other).data\n        return self\n\n"
         "    def __repr__")
edit("minus-forgotten", "engine-neg", "engine:__neg__", "return self * -1", "return self")
edit("minus-forgotten", "engine-sub", "engine:__sub__", "return self + (-self._lift(other))",
     "return self + self._lift(other)")
edit("minus-forgotten", "engine-rsub", "engine:__rsub__", "return self._lift(other) - self", "return self + other")
edit("operands-swapped", "engine-sub", "engine:__sub__", "return self + (-self._lift(other))",
     "return self._lift(other) + (-self)")
edit("operands-swapped", "engine-truediv", "engine:__truediv__", "return self * self._lift(other)**-1",
     "return self._lift(other) * self**-1")
edit("reflected-swapped", "engine-rsub", "engine:__rsub__", "return self._lift(other) - self", "return self - other")
edit("reflected-swapped", "engine-rtruediv", "engine:__rtruediv__", "return self._lift(other) / self",
     "return self / other")
edit("reflected-swapped", "engine-rtruediv", "engine:__rtruediv__", "return self._lift(other) / self",
     "return self * other**-1")
edit("multiplies-for-divides", "engine-truediv", "engine:__truediv__", "**-1", "")
edit("multiplies-for-divides", "engine-rtruediv", "engine:__rtruediv__", " / self", " * self")
edit("number-not-wrapped", "engine-sub", "engine:__sub__", "return self + (-self._lift(other))",
     "return self + Value(-other.data, (other,))")
edit("number-not-wrapped", "engine-truediv", "engine:__truediv__", "return self * self._lift(other)**-1",
     "return self * Value(1 / other.data, (other,))")

# The same with nodes and rules of their own, of which one overwrites. It may be at fault alone, or with those that are
# made of it. The rules are for self and, where it can be a Value, for other.
OWN = {
    "neg": ("-self.data", "(self,)", "-out.grad"),
    "sub": ("self.data - other.data", "(self, other)", "out.grad", "-out.grad"),
    "truediv": ("self.data / other.data", "(self, other)",
                "out.grad / other.data", "-self.data / other.data**2 * out.grad"),
    "radd": ("other.data + self.data", "(other, self)", "out.grad"),
    "rsub": ("other.data - self.data", "(other, self)", "-out.grad"),
    "rmul": ("other.data * self.data", "(other, self)", "other.data * out.grad"),
    "rtruediv": ("other.data / self.data", "(other, self)", "-other.data / self.data**2 * out.grad"),
}


def own_node(op, *overwritten):
    """The change that gives an operation a node and a rule of its own, which overwrites what some operands have."""
    number, parents, *shares = OWN[op]
    code = "" if op == "neg" else "other = self._lift(other)\n        "
    code += f"out = Value({number}, {parents}, '{op}')\n\n        def _backward():\n"
    for name, share in zip(("self", "other"), shares):
        code += f"            {name}.grad {'=' if name in overwritten else '+='} {share}\n"
    code += "        out._backward = _backward\n        return out"
    return f"engine:__{op}__", f"return {DERIVED[op][0]}", code


def overwriting(*changes):
    edit("overwrites-gradient", "backprop-expressions", *(text for change in changes for text in change))


for op in OWN:
    overwriting(own_node(op, "self"))
for op, reflected in (("sub", "rsub"), ("truediv", "rtruediv")):
    for operands in (("other",), ("self", "other")):
        overwriting(own_node(op, *operands))
        overwriting(own_node(op, *operands), own_node(reflected))
overwriting(own_node("neg", "self"), own_node("sub"))
overwriting(own_node("neg", "self"), own_node("rsub"))
overwriting(own_node("neg", "self"), own_node("sub"), ("engine:__rsub__", "return self._lift(other) - self",
                                                       "return -self + other"))
overwriting(*(own_node(op, "self", "other") for op in OWN))

# --- the graph, drawn ---------------------------------------------------------------------------------------

TRACE = "trace-nodes", "trace:trace"
edit("root-not-listed", *TRACE, "return nodes, edges", "return nodes[1:], edges")
edit("edges-reversed", *TRACE, "edges.append((parent, node))", "edges.append((node, parent))")
edit("node-listed-for-each-path", *TRACE, "seen.add(parent)", "pass")
edit("leaves-not-listed", *TRACE, "return nodes,", "return [node for node in nodes if node._prev],")
edit("edges-of-first-visits-only", *TRACE,
     "            edges.append((parent, node))\n            if parent not in seen:\n",
     "            if parent not in seen:\n                edges.append((parent, node))\n")
edit("equal-numbers-confused", *TRACE, "if parent not in seen:",
     "if parent.data not in [node.data for node in seen]:")

DOT = "trace-dot", "trace:draw_dot"
OP_NODE = "            dot.node(name + 'op', node._op)\n"
TO_OP = "        dot.edge(str(id(operand)), str(id(result)) + 'op')"
edit("op-nodes-missing", *DOT, OP_NODE, "")
edit("op-nodes-missing", *DOT, OP_NODE + "            dot.edge(name + 'op', name)\n", "            pass\n",
     DOT[1], TO_OP, TO_OP.replace(" + 'op'", ""))
edit("operation-not-connected", *DOT, "            dot.edge(name + 'op', name)\n", "")
edit("operation-not-connected", *DOT, "str(id(operand)), str(id(result)) + 'op'",
     "str(id(result)) + 'op', str(id(operand))")
edit("operation-not-connected", *DOT, "dot.edge(name + 'op', name)", "dot.edge(name, name + 'op')")
edit("operation-not-connected", *DOT, "dot.edge(name + 'op', name)", "dot.edge(name, name + 'op')",
     DOT[1], "str(id(operand)), str(id(result)) + 'op'", "str(id(result)) + 'op', str(id(operand))")
edit("data-and-grad-swapped", *DOT, "{node.data:.4f} | grad {node.grad:.4f}", "{node.grad:.4f} | grad {node.data:.4f}")
edit("too-few-decimals", *DOT, "{node.data:.4f} | grad {node.grad:.4f}", "{node.data:.2f} | grad {node.grad:.2f}")

# --- the rules ----------------------------------------------------------------------------------------------

# Of each rule: the method, and a line for each operand.
RULES = {
    "add": ("__add__", "self.grad += out.grad", "other.grad += out.grad"),
    "mul": ("__mul__", "self.grad += other.data * out.grad", "other.grad += self.data * out.grad"),
    "pow": ("__pow__", "self.grad += exponent * self.data**(exponent - 1) * out.grad"),
    "relu": ("relu", "self.grad += out.grad"),
    "tanh": ("tanh", "self.grad += (1 - out.data**2) * out.grad"),
    "exp": ("exp", "self.grad += out.data * out.grad"),
    "log": ("log", "self.grad += out.grad / self.data"),
}


def rule(pitfall, op, change):
    """Change the lines of a rule: all of them, and where there are two also each alone."""
    method, *lines = RULES[op]
    between = "\n            "
    for changed in [lines] if len(lines) == 1 else [lines, lines[:1], lines[1:]]:
        new = between.join(change(line) if line in changed else line for line in lines)
        edit(pitfall, f"backprop-{op}", f"engine:{method}", between.join(lines), new)


def without_upstream(line):
    left, right = line.split(" += ")
    right = {"out.grad": "1.0", "out.grad / self.data": "1 / self.data"}.get(right, right.removesuffix(" * out.grad"))
    return f"{left} += {right}"


for op in RULES:
    rule("overwrites-gradient", op, lambda line: line.replace("+=", "="))
    rule("upstream-forgotten", op, without_upstream)
    if op in ("add", "mul"):
        method, left, right = RULES[op]
        edit("operand-without-gradient", f"backprop-{op}", f"engine:{method}", left, "pass")
        edit("operand-without-gradient", f"backprop-{op}", f"engine:{method}", right, "pass")
        both = f"{left}\n            {right}"
        # Read when the result is made, its gradient is 0.
        edit("rule-does-nothing", f"backprop-{op}", f"engine:{method}", "        def _backward():\n",
             "        g = out.grad\n\n        def _backward(out=type('', (), {'grad': g})):\n")
        edit("one-share-for-twins", "backprop-shared", f"engine:{method}", both,
             f"{left}\n            if self is not other:\n                {right}")
    else:
        both = RULES[op][1]
    edit("rule-does-nothing", f"backprop-{op}", f"engine:{RULES[op][0]}", both, "pass")
# The rule is never stored.
for op in RULES:
    edit("rule-does-nothing", f"backprop-{op}", f"engine:{RULES[op][0]}", "        def _backward():\n",
         "        return out\n\n        def _backward():\n")
edit("rounded-to-float32", "backprop-add", "engine:__add__",
     "self.grad += out.grad\n            other.grad += out.grad",
     f"self.grad += {FLOAT32.format('out.grad')}\n            other.grad += {FLOAT32.format('out.grad')}")
MUL_RULE = "self.grad += other.data * out.grad\n            other.grad += self.data * out.grad"
edits("operand-from-the-wrong-side", "backprop-mul", "engine:__mul__", MUL_RULE,
      "self.grad += self.data * out.grad\n            other.grad += other.data * out.grad",
      "self.grad += self.data * out.grad\n            other.grad += self.data * out.grad",
      "self.grad += other.data * out.grad\n            other.grad += other.data * out.grad")
edit("factor-forgotten", "backprop-mul", "engine:__mul__", MUL_RULE,
     "self.grad += out.grad\n            other.grad += out.grad")
edit("factor-is-the-result", "backprop-mul", "engine:__mul__", MUL_RULE,
     "self.grad += out.data * out.grad\n            other.grad += out.data * out.grad")
edits("gradient-is-a-value", "backprop-add", "engine:__add__", "self.grad += out.grad", "self.grad += Value(out.grad)")
edits("gradient-is-a-value", "backprop-mul", "engine:__mul__", MUL_RULE,
      "self.grad += other * out.grad\n            other.grad += self * out.grad",
      "self.grad += other * out.grad\n            other.grad += self.data * out.grad")
for op, value in {
    "pow": "exponent * self**(exponent - 1) * out.grad", "tanh": "(1 - out**2) * out.grad", "exp": "out * out.grad",
    "log": "out.grad / self",
}.items():
    edit("gradient-is-a-value", f"backprop-{op}", f"engine:{RULES[op][0]}", RULES[op][1], f"self.grad += {value}")

POW = "backprop-pow", "engine:__pow__", RULES["pow"][1]
# The same where the condition is part of the formula, or left out.
edit("overwrites-gradient", POW[0], POW[1],
     "            if exponent != 0:  # x**0 is constant; the formula would divide by zero at x = 0\n"
     "                " + POW[2],
     "            self.grad = exponent * self.data**(exponent - 1) * out.grad")
edit("overwrites-gradient", "backprop-relu", "engine:relu",
     "            if out.data > 0:\n                self.grad += out.grad",
     "            self.grad = (out.data > 0) * out.grad")
edit("exponent-not-lowered", *POW, "self.grad += exponent * self.data**exponent * out.grad")
edit("exponent-lowered-twice", *POW, "self.grad += exponent * self.data**(exponent - 2) * out.grad if self.data else 0")
edit("exponent-not-in-front", *POW, "self.grad += self.data**(exponent - 1) * out.grad")
edit("only-squares", *POW, "self.grad += 2 * self.data * out.grad")
GATE = "backprop-relu", "engine:relu", "            if out.data > 0:\n"
edits("relu-open-at-zero", *GATE, "            if out.data >= 0 and self.data >= 0:\n",
      "            if self.data >= 0:\n")
edit("relu-always-open", *GATE, "            if True:\n")
edit("relu-looks-at-the-gradient", *GATE, "            if out.grad > 0:\n")
edit("exp-rule-of-the-operand", "backprop-exp", "engine:exp", RULES["exp"][1], "self.grad += self.data * out.grad")
edit("exp-rule-as-power", "backprop-exp", "engine:exp", RULES["exp"][1],
     "self.grad += self.data * math.exp(self.data - 1) * out.grad")
edit("log-rule-multiplies", "backprop-log", "engine:log", RULES["log"][1], "self.grad += out.grad * self.data")
edit("log-rule-of-the-result", "backprop-log", "engine:log", RULES["log"][1],
     "self.grad += out.grad / (out.data or 1.0)")
edits("log-guarded", "backprop-log", "engine:log", RULES["log"][1], "self.grad += out.grad / (self.data + 1e-7)",
      "self.grad += out.grad / (self.data + 1e-8)", "self.grad += out.grad / (self.data + 1e-6)")
edit("tanh-rule-without-square", "backprop-tanh", "engine:tanh", RULES["tanh"][1],
     "self.grad += (1 - out.data) * out.grad")
edit("tanh-rule-of-the-operand", "backprop-tanh", "engine:tanh", RULES["tanh"][1],
     "self.grad += (1 - self.data**2) * out.grad")
edit("sigmoid-rule-for-tanh", "backprop-tanh", "engine:tanh", RULES["tanh"][1],
     "self.grad += out.data * (1 - out.data) * out.grad")

# --- the walk -----------------------------------------------------------------------------------------------

ORDER = "backprop-order", "engine:backward"
FIND = """        order = []
        visited = set()

        def visit(node):
            if node not in visited:
                visited.add(node)
                for parent in node._prev:
                    visit(parent)
                order.append(node)
"""
DEEP = """
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
"""
VISIT = "        visit(self)\n"
WALK = FIND + DEEP + VISIT
RECURSION = FIND + VISIT  # without a stack of its own
PRE_ORDER = """        order = []
        visited = set()

        def build(node):
            if node not in visited:
                visited.add(node)
                order.insert(0, node)
                for parent in node._prev:
                    build(parent)
        build(self)
"""
BREADTH_FIRST = """        order = [self]
        visited = {self}
        for node in order:
            for parent in node._prev:
                if parent not in visited:
                    visited.add(parent)
                    order.append(parent)
        order.reverse()
"""
PLAIN_STACK = """        order = []
        visited = set()
        stack = [self]
        while stack:
            node = stack.pop()
            if node not in visited:
                visited.add(node)
                order.append(node)
                stack.extend(node._prev)
        order.reverse()
"""
EAGER_STACK = """        order = []
        visited = {self}
        stack = [self]
        while stack:
            node = stack.pop()
            order.append(node)
            for parent in node._prev:
                if parent not in visited:
                    visited.add(parent)
                    stack.append(parent)
        order.reverse()
"""
NO_VISITED = """        order = []

        def build(node):
            for parent in node._prev:
                build(parent)
            order.append(node)
        build(self)
"""
OWN_VISITED = """        order = []

        def build(node):
            visited = set()
            if node not in visited:
                visited.add(node)
                for parent in node._prev:
                    build(parent)
                order.append(node)
        build(self)
"""
QUEUE = """        order = [self]
        for node in order:
            order.extend(node._prev)
        order.reverse()
"""
RECURSIVE_BACKWARD = """        def walk(node):
            node._backward()
            for parent in node._prev:
                walk(parent)
        self.grad = 1.0
        walk(self)
        return
        order = []
"""
FRESH = """        for node in order:
            if node._prev:
                node.grad = 0.0
"""
SEED = "        self.grad = 1.0\n"
BACK = """        for node in reversed(order):
            node._backward()
"""
# What comes of these depends on which parent comes first: in a set that is another one.
SETS = "engine:__init__", "tuple(_children)", "set(_children)"
for pitfall, walk in (
    ("pre-order", PRE_ORDER), ("pre-order", PLAIN_STACK), ("pre-order", EAGER_STACK), ("breadth-first", BREADTH_FIRST),
    ("first-parent-only", RECURSION.replace("in node._prev", "in list(node._prev)[:1]")),
):
    edit(pitfall, *ORDER, WALK, walk)
    edit(pitfall, *ORDER, WALK, walk, *SETS)
for walk in (NO_VISITED, QUEUE, RECURSIVE_BACKWARD):
    edit("no-visited-set", *ORDER, WALK, walk)
edit("no-visited-set", *ORDER, WALK, OWN_VISITED)
edit("visited-by-value", *ORDER, WALK,
     RECURSION.replace("node not in", "node.data not in").replace("add(node)", "add(node.data)"))
edit("root-alone-visited", *ORDER, WALK, "        order = [self]\n")
SWEEP = FRESH + "        ### END SOLUTION\n" + SEED + BACK
edits("no-rule-called", *ORDER, SWEEP, "", SEED)
edits("root-not-seeded", *ORDER, SWEEP, BACK, FRESH + BACK, SEED + FRESH + BACK, FRESH + BACK + SEED)
edit("root-gradient-added-to", *ORDER, SWEEP, BACK.join([SEED.replace("=", "+="), ""]))
edit("leaves-first", *ORDER, SWEEP, SWEEP.replace("reversed(order)", "order"))
edit("root-rule-left-out", *ORDER, SWEEP, SWEEP.replace("reversed(order)", "reversed(order[:-1])"))
edit("gradients-zeroed-in-backward", *ORDER, SWEEP, SWEEP.replace("if node._prev:", "if True:"))
REMEMBERED = *ORDER, "    def backward(self):", "    def backward(self, order=[], visited=set()):", ORDER[1]
edit("list-outlives-the-walk", *REMEMBERED, "        order = []\n        visited = set()\n", "")
edit("list-outlives-the-walk", *REMEMBERED, "        order = []\n", "")
edit("recursive-walk", "stretch-deep", "engine:backward", DEEP, "")
edit("interior-gradients-kept", "stretch-twice", "engine:backward", "if node._prev:", "if False:")
edit("second-backward-goes-nowhere", "stretch-twice", "engine:backward", "visited = set()\n",
     "visited = Value._visited = getattr(Value, '_visited', set())\n")
edit("second-backward-goes-nowhere", "stretch-twice", "engine:backward", "visited = set()\n",
     "visited = Value._visited = getattr(Value, '_visited', set())\n",
     "engine:backward", VISIT, VISIT + "        order = order or [self]\n")
edit("second-backward-goes-nowhere", "stretch-twice", "engine:backward", "            node._backward()\n",
     "            node._backward()\n            node._prev = ()\n")

# --- the edges of the engine --------------------------------------------------------------------------------

edit("power-zero-at-zero", "stretch-edges", "engine:__pow__", "if exponent != 0:", "if True:")
edit("complex-root", "stretch-edges", "engine:__pow__", "if self.data < 0 and exponent != int(exponent):", "if False:")
edit("value-as-exponent", "stretch-edges", "engine:__pow__", "        if not isinstance(exponent, Real):\n",
     "        exponent = getattr(exponent, 'data', exponent)\n        if not isinstance(exponent, Real):\n")
UNCHECKED = "engine:_lift", "        if not isinstance(x, (Value, Real)):\n", "        if False:\n"
edit("value-as-exponent", "stretch-edges", "engine:__repr__", "    def __repr__",
     "    def __rpow__(self, base):\n        return Value(base**self.data, (self,), 'rpow')\n\n    def __repr__")
edit("operands-unchecked", "stretch-edges", *UNCHECKED)
edit("tanh-overflows", "stretch-edges", "engine:tanh", "math.tanh(self.data)",
     "(math.exp(2 * self.data) - 1) / (math.exp(2 * self.data) + 1)")
for rule_ in (
    (), ("engine:__pow__", "            if exponent != 0:", "            if True:"),
):
    edit("nothing-refused", "stretch-edges", *UNCHECKED,
         "engine:__pow__", "        if not isinstance(exponent, Real):\n", "        if False:\n",
         "engine:__pow__", "if self.data < 0 and exponent != int(exponent):", "if False:", *rule_)

# --- nets ---------------------------------------------------------------------------------------------------

NEURON = "nn-neuron", "nn:Neuron.__call__"
SUM = "sum((w * xi for w, xi in zip(self.w, x)), self.b)"
ACTIVATION = "        if self.nonlin:\n            out = out.relu()\n"
edit("bias-left-out", *NEURON, SUM, "sum(w * xi for w, xi in zip(self.w, x))")
edit("bias-for-every-input", *NEURON, SUM, "sum(w * xi + self.b for w, xi in zip(self.w, x))")
edit("nonlin-ignored", *NEURON, ACTIVATION, "        out = out.relu()\n")
edit("relu-left-out", *NEURON, ACTIVATION, "")
edit("tanh-for-relu", *NEURON, ACTIVATION, ACTIVATION.replace("relu", "tanh"))
edit("relu-before-bias", *NEURON, f"        out = {SUM}\n{ACTIVATION}",
     f"        out = sum(w * xi for w, xi in zip(self.w, x))\n{ACTIVATION}        out = out + self.b\n")
edit("relu-left-out", *NEURON, "out = out.relu()", "out.relu()")

edit("weights-as-numbers", *NEURON, "w * xi", "w.data * xi")
edit("weights-as-numbers", *NEURON, "w * xi", "Value(w.data) * xi")
edit("bias-as-a-number", *NEURON, "self.b)", "self.b.data)")
edit("bias-as-a-number", *NEURON, "self.b)", "Value(self.b.data))")
edit("inputs-as-numbers", *NEURON, "w * xi", "w * (xi.data if isinstance(xi, Value) else xi)")
edit("activation-unconnected", *NEURON, "out.relu()", "Value(max(out.data, 0.0))")
edit("activation-unconnected", *NEURON, ACTIVATION, ACTIVATION + "        out = Value(out.data)\n")

edit("bias-no-parameter", "nn-neuron-parameters", "nn:Neuron.parameters", "self.w + [self.b]", "self.w")
edit("bias-first", "nn-neuron-parameters", "nn:Neuron.parameters", "self.w + [self.b]", "[self.b] + self.w")
edit("parameters-nested", "nn-neuron-parameters", "nn:Neuron.parameters", "self.w + [self.b]", "[self.w, self.b]")
edit("parameters-copied", "nn-neuron-parameters", "nn:Neuron.parameters", "self.w + [self.b]",
     "[Value(p.data) for p in self.w + [self.b]]")
edit("parameters-pile-up", "nn-neuron-parameters", "nn:Neuron.parameters", "return self.w + [self.b]",
     "self.w.append(self.b)\n        return self.w")
PARAMETERS = "[p for {0} in self.{0}s for p in {0}.parameters()]"
for item, where, part, old in (
    ("nn-layer-parameters", "nn:Layer.parameters", "neuron", "[p for n in self.neurons for p in n.parameters()]"),
    ("nn-mlp-parameters", "nn:MLP.parameters", "layer", PARAMETERS.format("layer")),
):
    edit("parameters-nested", item, where, old, f"[{part}.parameters() for {part} in self.{part}s]")
    edit("parameters-of-one-part", item, where, old, f"self.{part}s[0].parameters()")
    edit("parameters-of-one-part", item, where, old, f"self.{part}s[-1].parameters()")
    edit("result-not-returned", item, where, f"return {old}", old)
edit("result-not-returned", "nn-neuron-parameters", "nn:Neuron.parameters", "return self.w", "self.w")
edit("weights-before-biases", "nn-layer-parameters", "nn:Layer.parameters",
     "[p for n in self.neurons for p in n.parameters()]",
     "[w for n in self.neurons for w in n.w] + [n.b for n in self.neurons]")

LAYER = "nn-layer", "nn:Layer.__call__"
edit("list-of-one", *LAYER, "return out[0] if len(out) == 1 else out", "return out")
edit("weights-shared", *LAYER, "[n(x) for n in self.neurons]", "[self.neurons[0](x) for n in self.neurons]")
edit("outputs-rewrapped", *LAYER, "[n(x) for n in self.neurons]", "[Value(n(x).data) for n in self.neurons]")
edit("outputs-rewrapped", *LAYER, "return out[0] if len(out) == 1 else out",
     "return out[0] if len(out) == 1 else [Value(o.data) for o in out]")

MLP = "nn-mlp", "nn:MLP.__init__"
HIDDEN = "[Layer(i, o, **kwargs) for i, o in zip(sizes, sizes[1:-1])]"
LAST = "self.layers.append(Layer(*sizes[-2:], nonlin=False))"
edit("weights-shared", *MLP, HIDDEN, "[Layer(*sizes[:2], **kwargs)] * len(sizes[1:-1])")
edit("last-layer-nonlinear", *MLP, LAST, "self.layers.append(Layer(*sizes[-2:]))")
edit("last-layer-nonlinear", *MLP, LAST, "self.layers.append(Layer(*sizes[-2:], **kwargs))")
edit("dropout-in-the-last-layer", *MLP, LAST, "self.layers.append(Layer(*sizes[-2:], **{**kwargs, 'nonlin': False}))")
edit("dropout-in-the-last-layer", *MLP, LAST,
     "self.layers.append(Layer(*sizes[-2:], nonlin=False, dropout=kwargs.get('dropout', 0.0)))")
edit("options-dropped", *MLP, HIDDEN, HIDDEN.replace(", **kwargs", ""))
edit("every-layer-as-wide-as-the-input", *MLP, HIDDEN, HIDDEN.replace("Layer(i,", "Layer(nin,"))
edit("layer-sizes-swapped", *MLP, HIDDEN, HIDDEN.replace("Layer(i, o", "Layer(o, i"))
edit("raw-input-for-every-layer", "nn-mlp", "nn:MLP.__call__", "            x = layer(x)\n",
     "            out = layer(x)\n        return out\n")

PASSED_ON, RETURNED = "            x = layer(x)\n", "        return x"
LISTS = "x = x if isinstance(x, Value) else [Value(v.data) for v in x]\n"
edits("outputs-rewrapped", "nn-mlp", "nn:MLP.__call__", PASSED_ON, f"{PASSED_ON}            {LISTS}",
      f"{PASSED_ON}            {LISTS.replace('= x if', '= Value(x.data) if')}")
edit("outputs-rewrapped", "nn-mlp", "nn:MLP.__call__", RETURNED, f"        {LISTS}{RETURNED}")

for item, where in (("nn-zero-grad", "nn:Module.zero_grad"), ("training-sgd-zero-grad", "train:SGD.zero_grad")):
    edit("gradient-set-to-none", item, where, "            p.grad = 0.0", "            p.grad = None")
    edit("data-zeroed-too", item, where, "            p.grad = 0.0", "            p.grad = p.data = 0.0")
    edit("gradients-not-cleared", item, where, "            p.grad = 0.0", "            self.grad = 0.0")
    edit("gradients-not-cleared", item, where, "            p.grad = 0.0", "            p = Value(p.data)")

DROPOUT = "nn-dropout", "nn:Neuron.__call__"
KEPT = "return out / (1 - self.dropout)"
edit("dropout-not-inverted", *DROPOUT, KEPT, "return out")
edit("dropout-scaled-by-p", *DROPOUT, KEPT, "return out / self.dropout")
edit("dropout-scaled-down", *DROPOUT, KEPT, "return out * (1 - self.dropout)")
edit("dropout-keeps-p", *DROPOUT, "if random.random() < self.dropout:", "if random.random() > self.dropout:")
edit("dropout-of-inputs", *DROPOUT,
     f"if random.random() < self.dropout:\n            return Value(0.0)\n        {KEPT}",
     "return sum((w * xi for w, xi in zip(self.w, x) if random.random() > self.dropout), self.b)")
edit("result-unconnected", *DROPOUT, KEPT, "return Value(out.data / (1 - self.dropout))")
edit("dropout-in-use-too", *DROPOUT, "if not (self.training and self.dropout):", "if not self.dropout:")
edit("dropout-in-use-only", *DROPOUT, "if not (self.training and self.dropout):",
     "if self.training or not self.dropout:")

# --- losses -------------------------------------------------------------------------------------------------

MSE = "training-mse", "train:mse_loss"
SQUARES = "sum((p - t)**2 for p, t in zip(predictions, targets))"
MEAN = f"{SQUARES} / len(predictions)"
edit("sum-for-mean", *MSE, MEAN, SQUARES)
edit("not-squared", *MSE, MEAN, MEAN.replace("**2", ""))
edit("half-the-square", *MSE, MEAN, f"{SQUARES} / (2 * len(predictions))")
edit("root-of-the-mean", *MSE, MEAN, f"({MEAN})**0.5")
edit("square-of-the-mean", *MSE, MEAN, "(sum(p - t for p, t in zip(predictions, targets)) / len(predictions))**2")
edit("loss-is-a-number", *MSE, MEAN, MEAN.replace("(p - t)", "(p.data - t)"))
HINGE = "training-hinge", "train:hinge_loss"
TERM = "(1 - label * score).relu()"
edit("sum-for-mean", *HINGE, " / len(scores)", "")
edit("hinge-without-relu", *HINGE, TERM, "(1 - label * score)")
edit("hinge-without-margin", *HINGE, TERM, "(-label * score).relu()")
edit("hinge-sign-reversed", *HINGE, TERM, "(1 + label * score).relu()")
edit("hinge-without-label", *HINGE, TERM, "(1 - score).relu()")
edit("loss-is-a-number", *HINGE, TERM, "max(0.0, 1 - label * score.data)")
L2 = "training-l2", "train:l2_penalty"
PENALTY = "alpha * sum((p**2 for p in parameters), Value(0.0))"
edit("alpha-forgotten", *L2, PENALTY, "sum((p**2 for p in parameters), Value(0.0))")
edit("penalty-without-square", *L2, PENALTY, "alpha * sum(parameters, Value(0.0))")
edit("mean-for-sum", *L2, PENALTY, f"{PENALTY} / len(parameters)")
edit("half-the-square", *L2, PENALTY, PENALTY.replace("alpha", "alpha / 2"))
edit("loss-is-a-number", *L2, PENALTY, "alpha * sum(p.data**2 for p in parameters)")
TERMS = f"sum({TERM} for score, label in zip(scores, labels)) / len(scores)"
for loss, old in ((MSE, MEAN), (HINGE, TERMS), (L2, PENALTY)):
    edit("result-unconnected", *loss, old, f"Value(({old}).data)")
for item, function in (("training-mse", "mse_loss"), ("training-hinge", "hinge_loss")):
    edit("result-not-returned", item, f"train:{function}", "return sum", "sum")
edit("result-not-returned", "training-l2", "train:l2_penalty", "return alpha", "alpha")

ACCURACY = "training-accuracy", "train:accuracy"
HIT = "(score.data > 0) == (label > 0)"
edit("zero-counts-as-positive", *ACCURACY, HIT, "(score.data >= 0) == (label > 0)")
edit("zero-counts-as-neither", *ACCURACY, HIT, "score.data * label > 0")
edit("negatives-never-right", *ACCURACY, HIT, "(score.data > 0) == label")
edit("threshold-one-half", *ACCURACY, HIT, "(score.data > 0.5) == (label > 0)")
edit("percent-for-share", *ACCURACY, "sum(hits) / len(hits)", "100 * sum(hits) / len(hits)")
edit("count-for-share", *ACCURACY, "sum(hits) / len(hits)", "sum(hits)")
edit("all-or-nothing", *ACCURACY, "sum(hits) / len(hits)", "sum(hits) // len(hits)")

# --- the optimizer, and the step ----------------------------------------------------------------------------

SGD = "training-sgd-step", "train:SGD.step"
UPDATE = "p.data -= self.lr * slope"
edit("gradient-ascent", *SGD, UPDATE, "p.data += self.lr * slope")
edit("learning-rate-ignored", *SGD, UPDATE, "p.data -= slope")
edit("learning-rate-fixed", *SGD, UPDATE, "p.data -= 0.01 * slope")
edit("learning-rate-remembered", *SGD, UPDATE, "p.data -= self.__dict__.setdefault('_lr', self.lr) * slope")
edit("parameters-not-moved", *SGD, UPDATE, "p = Value(p.data - self.lr * slope)")
edit("gradient-stepped", *SGD, UPDATE, "p.grad -= self.lr * slope")
edit("gradient-zeroed-by-step", *SGD, UPDATE, "p.data -= self.lr * slope; p.grad = 0.0")
edit("data-is-a-value", *SGD, UPDATE, "p.data = Value(p.data - self.lr * slope)")
edit("parameter-overwritten", *SGD, UPDATE, "p.data = -self.lr * slope")

DECAY = "training-decay", "train:linear_decay"
LINE = "start - (start - end) * k / steps"
edit("schedule-off-by-one", *DECAY, LINE, "start - (start - end) * (k + 1) / steps")
edits("schedule-ends-too-early", *DECAY, LINE, "start - (start - end) * k / max(steps - 1, 1)",
      "start - (start - end) * k / (steps - 1)")
edit("schedule-of-the-lecture", *DECAY, LINE, "1.0 - 0.9 * k / 100")
edit("schedule-ignores-the-ends", *DECAY, LINE, "1.0 - 0.9 * k / steps")
edit("schedule-multiplies", *DECAY, LINE, "start * (end / start)**(k / steps)")
edit("schedule-goes-to-zero", *DECAY, LINE, "start - start * k / steps")
edit("whole-division", *DECAY, LINE, "start - (start - end) * (k // steps)")

STEP = "training-step", "train:train_step"
CLEAR = "    optimizer.zero_grad()\n"
FORWARD = "    loss = loss_fn([model(x) for x in inputs], targets)\n"
BACKWARD = "    loss.backward()\n"
MOVE = "    optimizer.step()\n"
RETURN = "    return float(loss.data)\n"
BODY = CLEAR + FORWARD + BACKWARD + MOVE + RETURN
edit("stale-gradients", *STEP, BODY, FORWARD + BACKWARD + MOVE + RETURN)
edit("cleared-too-late", *STEP, BODY, FORWARD + BACKWARD + CLEAR + MOVE + RETURN)
edit("update-before-backward", *STEP, BODY, CLEAR + FORWARD + MOVE + BACKWARD + RETURN)
edit("no-backward", *STEP, BODY, CLEAR + FORWARD + MOVE + RETURN)
edit("no-update", *STEP, BODY, CLEAR + FORWARD + BACKWARD + RETURN)
edit("loss-after-the-update", *STEP, BODY, CLEAR + FORWARD + BACKWARD + MOVE + FORWARD + RETURN)
edit("loss-returned-as-value", *STEP, BODY, CLEAR + FORWARD + BACKWARD + MOVE + "    return loss\n")
edit("result-not-returned", *STEP, BODY, CLEAR + FORWARD + BACKWARD + MOVE)
edit("step-for-each-input", *STEP, BODY, """    total = 0.0
    for x, y in zip(inputs, targets):
        optimizer.zero_grad()
        loss = loss_fn([model(x)], [y])
        loss.backward()
        optimizer.step()
        total += loss.data
    return total / len(inputs)
""")
edit("all-inputs-at-once", *STEP, BODY, BODY.replace("[model(x) for x in inputs]", "model(inputs)"))

# --- bonus --------------------------------------------------------------------------------------------------

edit("inputs-cut-by-zip", "stretch-shapes", "nn:Neuron.__call__", "if len(x) != len(self.w):", "if False:")
edit("targets-cut-by-zip", "stretch-shapes", "train:_check_lengths", "if len(outputs) != len(targets):", "if False:")
BARE = "nn:Neuron.__call__", "x = [x] if isinstance(x, Value) else x", "pass"
edit("shapes-unchecked", "stretch-shapes", "nn:Neuron.__call__", "if len(x) != len(self.w):", "if False:",
     "train:_check_lengths", "if len(outputs) != len(targets):", "if False:", *BARE)
edit("shapes-unchecked", "stretch-shapes", "nn:Neuron.__call__", "if len(x) != len(self.w):", "if False:",
     "train:_check_lengths", "if len(outputs) != len(targets):", "if False:")
edit("bare-value-refused", "stretch-shapes", "nn:Neuron.__call__", "x = [x] if isinstance(x, Value) else x", "pass")
MOMENTUM = "stretch-momentum", "train:SGD.step"
VELOCITIES = "[self.momentum * v + slope for v, slope in zip(self.velocities, slopes)]"
edit("momentum-dampened", *MOMENTUM, VELOCITIES, VELOCITIES.replace("+ slope", "+ (1 - self.momentum) * slope"))
edit("momentum-ignored", *MOMENTUM, "slopes = self.velocities",
     "slopes = self.velocities; self.velocities = [0.0 for _ in slopes]")
edit("rate-in-the-velocity", *MOMENTUM, f"self.velocities = {VELOCITIES}\n        slopes = self.velocities",
     f"self.velocities = {VELOCITIES.replace('+ slope', '+ self.lr * slope')}\n"
     "        slopes = [v / self.lr for v in self.velocities]")
edit("nesterov", *MOMENTUM, "slopes = self.velocities",
     "slopes = [s + self.momentum * v for v, s in zip(self.velocities, slopes)]")
edit("momentum-ignored", *MOMENTUM, VELOCITIES, "slopes")
ENTROPY = "stretch-cross-entropy", "train:cross_entropy"
LARGEST = "max(logit.data for logit in logits)"
LOGS = "sum(s.exp() for s in shifted).log() - shifted[target]"
OF_SOFTMAX = "-(shifted[target].exp() / sum(s.exp() for s in shifted)).log()"
edit("softmax-overflows", *ENTROPY, LARGEST, "0.0")
edit("softmax-overflows", *ENTROPY, LARGEST, "0.0", ENTROPY[1], LOGS, OF_SOFTMAX)
edit("log-of-the-softmax", *ENTROPY, LOGS, OF_SOFTMAX)
edit("target-not-shifted", *ENTROPY, LOGS, LOGS.replace("- shifted", "- logits"))
edit("probability-for-surprise", *ENTROPY, LOGS, "shifted[target].exp() / sum(s.exp() for s in shifted)")
edit("result-unconnected", *ENTROPY, LOGS, f"Value(({LOGS}).data)")
