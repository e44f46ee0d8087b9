"""What `gradschool draw` computes of an expression that a student types, and what it draws of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.exam.items import digits

EXAMPLE = "Value(2) * Value(3) + 1"
HELP = """\
Statements may come before it: 'a = Value(2); b = a * a; b + a'. Gradients are those that its backward() gives."""
LONGEST = 40  # characters of a formula

# Runs with the student's micrograd alone: nothing of gradschool's is needed, or could be in the way.
PROGRAM = r"""
import ast, json, math, os, sys, traceback
root, text, place, most = sys.argv[1:]
sys.path.insert(0, root)

def number(x):
    try:
        x = float(x)
        return x if math.isfinite(x) else str(x)
    except Exception:
        return f"a {type(x).__name__}"

def place_of(error):
    home = os.path.join(root, "micrograd") + os.sep
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(home)]
    return os.path.relpath(frames[-1].filename, root) + f":{frames[-1].lineno}" if frames else ""

def tell(**facts):
    with open(place, "w", encoding="utf-8") as file:
        json.dump(facts, file)
    sys.stdout.flush()
    os._exit(0)  # no handler of whatever kind comes in between

def failed(error):
    if isinstance(error, NotImplementedError):
        tell(error=f"{str(error) or 'something'} is still to be written", at=place_of(error))
    tell(error=f"{type(error).__name__}: {error}", at=place_of(error))

try:
    from micrograd.engine import Value
    names = {"Value": Value, "math": math}
    for module, wanted in (("nn", "Neuron Layer MLP"), ("train", "mse_loss hinge_loss l2_penalty")):
        try:
            made = __import__(f"micrograd.{module}", fromlist=["*"])
            names.update((name, getattr(made, name)) for name in wanted.split() if hasattr(made, name))
        except Exception:
            pass  # it is not needed, or will be missed by name
    tree = ast.parse(text)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        tell(error="the last part should be an expression, such as a * b + 1", at="")
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "<expression>", "exec"), names)
    result = eval(compile(last, "<expression>", "eval"), names)
except (Exception, SystemExit) as error:
    failed(error)
if not hasattr(result, "_prev"):
    tell(error=f"it should give a Value, and gives a {type(result).__name__}", at="")

nodes, places, state, waiting = [], {}, {}, [(result, False)]
while waiting:  # parents first
    node, done = waiting.pop()
    if done:
        state[id(node)] = 2
        places[id(node)] = len(nodes)
        nodes.append(node)
    elif state.get(id(node)) is None:
        state[id(node)] = 1
        waiting.append((node, True))
        for parent in getattr(node, "_prev", ()):
            if state.get(id(parent)) == 1:
                tell(error="its graph goes round in a circle: a node is its own ancestor", at="")
            waiting.append((parent, False))
    if len(state) > int(most):
        tell(error=f"its graph has more than {most} nodes, too many to look at", at="")
note = ""
try:
    result.backward()
except (Exception, SystemExit) as error:
    unwritten = isinstance(error, NotImplementedError)
    said = f"{error or 'something'} is still to be written" if unwritten else f"{type(error).__name__}: {error}"
    note = f"Without gradients, for backward() stops: {said}" + (f", at {at}" if (at := place_of(error)) else "") + "."
called = {id(value): name for name, value in reversed(list(names.items()))}
tell(note=note, nodes=[
    {"name": called.get(id(node), ""), "op": str(getattr(node, "_op", "")), "data": number(getattr(node, "data", None)),
     "grad": number(getattr(node, "grad", None)), "parents": [places[id(p)] for p in getattr(node, "_prev", ())]}
    for node in nodes
])
"""


def graph(nodes: Sequence[Mapping[str, Any]], forward: bool) -> dict[str, Any]:
    """The nodes in the form of a report's graph, in which nothing is wrong; only the data of them, if
    `forward`."""
    called: list[str] = []
    drawn = []
    for node in nodes:
        formula = _formula(node["op"], [called[parent] for parent in node["parents"]])
        name = node["name"] or formula or digits(node["data"])
        called.append(node["name"] or (f"({formula})" if formula else name))
        numbers = {"data": node["data"]} if forward else {"data": node["data"], "grad": node["grad"]}
        drawn.append(
            {"name": name, "op": node["op"], "formula": formula if node["name"] else "", "parents": node["parents"],
             "expected": numbers, "got": numbers}
        )  # fmt: skip
    return {"nodes": drawn, "wrong": None}


def _formula(op: str, operands: list[str]) -> str:
    """How a node was made, short enough to be read; empty for a leaf."""
    if not operands:
        return ""
    if op in ("+", "-", "*", "/") and len(operands) == 2:
        made = f"{operands[0]} {op} {operands[1]}"
    else:
        made = f"{operands[0]}{op}" if op.startswith("**") else f"{op}({', '.join(operands)})"
    return made if len(made) <= LONGEST else f"{op} of {len(operands)}"
