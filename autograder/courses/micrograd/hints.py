"""Hints for each item, from a question to a near answer: for whoever does not know how to begin, or what is wrong.

A mistake that is recognised has better ones (`pitfalls`), and so has what can be seen of an answer: an exception of
some kind, parents that are missing. None says the answer. At the end there is the lecture.
"""

from dataclasses import dataclass

from autograder.courses.micrograd.pitfalls import PITFALLS
from autograder.report import ItemResult

LECTURE = "docs/micrograd.md"  # in the kit as well as here

# fmt: off

HINTS: dict[str, tuple[str, ...]] = {
    "derivative-central": (
        "A derivative says how far f moves when x moves a little. Which two points of f do you compare?",
        "Divide the difference of the two values by the distance between the two points; mind the brackets.",
    ),
    "derivative-gradcheck": (
        "For one gradient: which function of a single number does `central_difference` need, while the other inputs "
        "stay?",
        "Loop over the inputs; in each turn make a function that moves that input alone and keeps the others.",
        "Compare so that NaN comes out as wrong, and compare the lengths before anything else.",
    ),
    "engine-add": (
        "A Value wraps a number. What are the numbers of the two operands, and how do you wrap their sum?",
        "The constructor takes the number, the parents as a tuple, and the name of the operation.",
    ),
    "engine-mul": (
        "It is built as addition is. What differs: the number, the parents, or the name?",
        "Mind that self and other both took part.",
    ),
    "engine-pow": (
        "The exponent is a plain number. How many parents has the result, then?",
        "An f-string puts the exponent into the name: two stars, then the number.",
    ),
    "engine-relu": (
        "What does relu make of 3, of -3, and of 0?",
        "A conditional expression, or `max`, gives the number; the rest is as for the other operations.",
    ),
    "engine-exp": (
        "Which function of Python's math module computes it, and which number does it take?",
        "Wrap the number as in the other operations; there is one parent.",
    ),
    "engine-log": (
        "Which function of Python's math module inverts exp?",
        "Wrap the number as in the other operations; there is one parent.",
    ),
    "engine-tanh": (
        "Python's math module has it ready-made.",
        "Wrap the number as in the other operations; there is one parent.",
    ),
    "engine-neg": (
        "You can multiply already. By what do you multiply to turn a sign?",
        "Compute with the Value itself, so that the result remembers where it came from.",
    ),
    "engine-sub": (
        "You can add and negate already.",
        "Negate one of the two, then add. Which one? And what if it is a plain number?",
    ),
    "engine-truediv": (
        "You can multiply and raise to a power already. Which power of 2 is one half?",
        "If the divisor may be a plain number, make a Value of it first.",
    ),
    "engine-radd": (
        "`2 + a` arrives here as a.__radd__(2). Does the order matter for a sum?",
        "Turn it into an addition in which the Value stands on the left.",
    ),
    "engine-rsub": (
        "`2 - a` arrives here as a.__rsub__(2). Which of the two is subtracted?",
        "If the number were a Value, you could subtract already.",
    ),
    "engine-rmul": (
        "`2 * a` arrives here as a.__rmul__(2). Does the order matter for a product?",
        "Turn it into a multiplication in which the Value stands on the left.",
    ),
    "engine-rtruediv": (
        "`2 / a` arrives here as a.__rtruediv__(2). Which of the two is divided by?",
        "If the number were a Value, you could divide already.",
    ),
    "trace-nodes": (
        "Begin with the root. Which nodes can you reach in one step, and how do you go on from there?",
        "Remember whom you have seen, and enter nobody twice; yet every use of a node is an edge.",
        "A list that grows while you loop over it will do, and so will a function that calls itself.",
    ),
    "trace-dot": (
        "`trace(root)` gives you the nodes and the edges. What does each become in the picture?",
        "`dot.node(name, label, shape='record')` makes a box and `dot.edge(start, end)` an arrow; equal names are one "
        "node.",
        "A result has two nodes: its box, and its operation, whose name must differ from the box's.",
    ),
    "backprop-add": (
        "If a grows by 1, by how much does a + b grow? So much of out.grad goes to a.",
        "Add to the gradients of both operands; something may be there already.",
    ),
    "backprop-mul": (
        "Let a be 3 and b be 4. If a grows by 1, by how much does a * b grow? Where do you find that number?",
        "Multiply it by out.grad, and add the product to a's gradient. Then the same for b.",
    ),
    "backprop-pow": (
        "What is the derivative of x**3? And of x**n?",
        "The exponent comes in front and goes down by one. Multiply by out.grad, and add.",
    ),
    "backprop-relu": (
        "If a is positive and grows by 1, by how much does relu(a) grow? And if a is negative?",
        "The gradient passes under a condition. Read in the comment what happens at 0.",
    ),
    "backprop-exp": (
        "Which function is its own derivative?",
        "You have computed its value already, on the way forward. Where is it?",
    ),
    "backprop-log": (
        "How steep is the logarithm at 1, and at 100?",
        "Look at the table of derivatives in the lecture; multiply by out.grad, and add.",
    ),
    "backprop-tanh": (
        "The derivative can be written with the value of tanh itself; the table in the lecture has it.",
        "That value is out.data. Multiply by out.grad, and add.",
    ),
    "backprop-order": (
        "Whose gradient must be complete before a node may hand its own on?",
        "List the nodes so that each stands after its parents. A function that calls itself for each parent, and lists "
        "the node afterwards, does that.",
        "Remember whom you have visited; seed the root; then go through the list from its end.",
    ),
    "backprop-shared": (
        "Draw the graph and follow each path. Which node is used twice?",
        "Do rules add to gradients? Does the walk visit each node once, after all that use it?",
        "If it takes for ever, a node is entered once for every path that leads to it.",
    ),
    "backprop-expressions": (
        "All your operations meet here. Paste the lines of the counterexample, and print the gradient of each step.",
        "Compare with `gradcheck`: which operation is the last whose gradient is right?",
        "Operations that make a node of their own need a rule of their own.",
    ),
    "nn-neuron": (
        "Which numbers meet in a neuron: how do weights, inputs and bias come together?",
        "`sum` over `zip(weights, inputs)`; its second argument is what it starts with.",
        "relu comes last, and only if the neuron is nonlinear.",
    ),
    "nn-neuron-parameters": (
        "Which Values should training change?",
        "One flat list, in the order that the comment names; a new one at each call.",
    ),
    "nn-layer": (
        "Every neuron of a layer sees the same inputs. What do they give together?",
        "If there is only one output, hand it out as it is.",
    ),
    "nn-layer-parameters": (
        "Each neuron knows its parameters.",
        "A comprehension with two `for` makes one flat list of them.",
    ),
    "nn-mlp": (
        "Write all sizes in one row, the inputs first. Which two of them belong to the second layer?",
        "`zip(sizes, sizes[1:])` gives neighbours. The last layer is a case of its own.",
        "The keyword arguments go to the hidden layers only.",
    ),
    "nn-mlp-parameters": (
        "Each layer knows its parameters.",
        "A comprehension with two `for` makes one flat list of them.",
    ),
    "nn-zero-grad": (
        "Who knows all the parameters of a module?",
        "Loop over them and set one attribute of each.",
    ),
    "nn-dropout": (
        "`random.random()` is below p with the probability p. What happens then, and what otherwise?",
        "What must an output grow by, so that the average stays the same although some are 0?",
    ),
    "training-mse": (
        "For one pair: how large is the error, and how much does it cost?",
        "Add the costs of all pairs, and divide by how many there are. Keep to Values.",
    ),
    "training-hinge": (
        "What does a score of 2 cost with the label 1? And a score of 0.5? And of -1?",
        "1 minus label times score, cut off below 0: you have built the function that does it.",
    ),
    "training-l2": (
        "Which sum is meant, and what is it multiplied by?",
        "`sum` begins with 0; if there are no parameters the result should be a Value all the same.",
    ),
    "training-accuracy": (
        "Which label does a score predict? When is that right?",
        "Count how often, and divide by how many there are. Scores are Values: compare their data.",
    ),
    "training-sgd-step": (
        "In which direction does the gradient point, and where do you want to go?",
        "Change `data` of each parameter; how far, is the product of the rate and the slope.",
    ),
    "training-sgd-zero-grad": (
        "Which parameters does the optimizer hold?",
        "Loop over them and set one attribute of each.",
    ),
    "training-decay": (
        "What should come out at k = 0, at k = steps, and half way?",
        "k / steps is the share of the way that is behind you.",
    ),
    "training-step": (
        "The comment names four things to do. Which object does each?",
        "The loss takes a list of outputs, one for each input, and the targets.",
        "Return the loss that you had before the step, as a plain float.",
    ),
    "training-parity": (
        "Your weights differ from PyTorch's after some steps. Which weights, and from which step on?",
        "Check that a second step starts from fresh gradients, and that every parameter of the net gets one.",
        "Does anything in neurons or losses compute with `data`, so that no gradient flows back?",
    ),
    "training-moons": (
        "Does the loss fall? Print it at each step.",
        "Is the learning rate of each step the one that the schedule gives?",
        "Does the penalty pull at all parameters?",
    ),
    "stretch-deep": (
        "Python allows some thousand nested calls. How many does a chain of 10,000 nodes need?",
        "Keep a list of your own of what is still to do.",
        "For each node, remember how far you have come with its parents.",
    ),
    "stretch-twice": (
        "What is in the interior nodes when the second `backward()` begins?",
        "Leaves keep what they have. Who should start at 0?",
    ),
    "stretch-edges": (
        "Try 0.0**0 backward, a root of -8, and a string as operand. What happens, and what should?",
        "The comments beside the TODOs name the exceptions. Check before you compute.",
    ),
    "stretch-shapes": (
        "What does `zip` do with lists of unequal length?",
        "Compare lengths first. And what does a layer of a single neuron hand to the next?",
    ),
    "stretch-momentum": (
        "Each parameter has a velocity. What becomes of it at each step?",
        "The comment spells the formula out; the parameters then follow the velocities.",
    ),
    "stretch-cross-entropy": (
        "Write log(exp(s) / sum of exps) as a difference.",
        "Subtract the same number from all logits. Which one makes the largest exp a 1, so that none overflows, and "
        "their sum is never 0?",
    ),
}

# What to say when all items of an assignment pass for the first time.
MILESTONES: dict[str, str] = {
    "derivative": "Chapter done: you can measure a derivative, and with it check every rule to come.",
    "engine": "Chapter done: your Values compute, and remember how. What they remember is all that backward needs.",
    "backprop": "Chapter done: your engine differentiates whatever you build with it. This is the heart of the matter!",
    "nn": "Chapter done: neurons, layers, a net, and every weight in it can be reached.",
    "training": "Chapter done: your net learns, step by step, with nothing in it that you did not write.",
    "stretch": "The whole bonus is done: nothing here is left to ask of you.",
}

# Hints for what an answer looks like, whatever the item: an item's own would lead away from it.
SYMPTOMS: dict[str, tuple[str, ...]] = {
    "begun": (
        "A `raise` ends the function: what stands below it is never reached, and what stands above it is thrown away.",
    ),
    "built": (
        "Your formula may be right: it is not reached, or its result goes nowhere. Read the message once more, and the "
        "line that it names.",
    ),
    "parents": (
        "Print `out._prev`: who took part in the computation, and who stands there?",
        "The second argument of `Value(...)` is a tuple of the parents; a tuple of one has a comma: (self,).",
    ),
    "name": (
        "Print `out._op` and compare it with what the TODO asks for, letter by letter.",
        "The third argument of `Value(...)` is the name of the operation.",
    ),
    "NameError": (
        "Python does not know a name in that line. How is it spelled where it gets its value, and is that above?",
        "What belongs to the object is reached by `self.`, and a module by an `import` at the top of the file.",
    ),
    "AttributeError": (
        "What stands before the dot in that line, and which names has it? `dir(...)` lists them.",
        "Is it a Value where you take it for a number, or a number, a list or None where you take it for a Value?",
    ),
    "TypeError": (
        "Print the type of each thing in that line. Which one is not what you took it for?",
        "Between Value and number: `.data` is the number of a Value. Between function and result: `()` calls it.",
    ),
    "RecursionError": (
        "Which call in that line leads back to the function that it stands in? Follow it by hand for one step.",
        "Something has to be different at each step, and one step has to be the last. An operation is made of numbers "
        "(`.data`), or of other operations that are not made of it.",
    ),
    "IndexError": ("How long is the list in that line, and which index do you ask for? The last is one less.",),
    "KeyError": ("Which keys has the dictionary in that line, and which one do you ask for?",),
    "ZeroDivisionError": (
        "Which number in that line is 0, and for which input?",
        "May it be 0 there? Then the computation needs another form, or a case of its own.",
    ),
    "OverflowError": (
        "Which number grows too large for a float? math.exp(710) does already.",
        "Find a form of the computation in which that number stays small.",
    ),
    "ValueError": (
        "Which function in that line refuses its input? math.log refuses 0 and all below it.",
        "Where does that input come from? math.exp(-750) is 0.0: what is small enough underflows, without an error.",
    ),
    "endless": (
        "What ends the loop, and what in it brings that end nearer? Print it at each turn.",
        "A walk over a graph comes to no end, or to a very late one, if it enters what it has seen before.",
    ),
    "refuse": (
        "Something should be refused there, by an exception. Of which kind, does the docstring or the TODO say?",
        "Look at the input before you compute with it: `if ...: raise ...Error('what is wrong')`.",
    ),
}
# The same for one item.
OF_ITEM: dict[tuple[str, str], tuple[str, ...]] = {
    ("derivative-gradcheck", "refuse"): (
        "What does your function say to two inputs and one gradient? And to one input and two?",
        "Compare the lengths before anything else, and raise what the docstring names.",
    ),
    ("stretch-shapes", "refuse"): (
        "What does `zip` do with lists of unequal length?",
        "Compare the lengths before anything else, and raise a ValueError.",
    ),
}

# The heading of docs/micrograd.md, as an anchor, that explains what the items with this beginning are about.
SECTIONS: dict[str, str] = {
    "derivative": "measuring-a-derivative",
    "engine": "the-expression-graph",
    "trace": "the-expression-graph",
    "backprop": "local-rules",
    "backprop-order": "topological-order",
    "backprop-shared": "why-gradients-accumulate",
    "backprop-expressions": "the-chain-rule",
    "nn": "neuron-layer-mlp",
    "training": "the-training-loop",
    "training-mse": "losses",
    "training-hinge": "losses",
    "training-l2": "losses",
    "training-accuracy": "losses",
    "stretch-deep": "topological-order",
    "stretch-twice": "why-gradients-accumulate",
    "stretch-edges": "errors",
    "stretch-shapes": "errors",
    "stretch-momentum": "the-training-loop",
    "stretch-cross-entropy": "losses",
}

# fmt: on


@dataclass(frozen=True)
class Ladder:
    """The hints for an item as it stands, and the heading of docs/micrograd.md, as an anchor, that explains it. `id`
    tells them from other hints for the same item: a mistake's, a symptom's, or empty."""

    hints: tuple[str, ...]
    section: str
    id: str = ""


def ladder(item: ItemResult) -> Ladder:
    """The hints of the mistake that the item's answers show, if one is recognised, else those of what is to be seen,
    else those of the item. There are none for an item of which nothing can be known."""
    if item.explanation.invalid:
        return Ladder((), "")
    if pitfall := PITFALLS.get(item.diagnosis or ""):
        return Ladder(pitfall.hints, pitfall.section, pitfall.id)
    section = SECTIONS.get(item.id) or SECTIONS[item.id.partition("-")[0]]
    symptom = _symptom(item)
    if hints := OF_ITEM.get((item.id, symptom)) or SYMPTOMS.get(symptom):
        return Ladder(hints, section, symptom)
    return Ladder(HINTS[item.id], section)


def _symptom(item: ItemResult) -> str:
    """What there is to be seen of an item, as one of SYMPTOMS; empty where nothing tells."""
    why = item.explanation
    if item.status == "todo":
        return "begun" if why.advice else ""
    if item.status == "timeout":
        return "endless"
    if why.raised:
        return {"UnboundLocalError": "NameError"}.get(why.raised, why.raised)
    expected = (item.counterexample or {}).get("expected")
    if item.status != "failed" or why.advice:
        return "built" if item.status == "failed" else ""
    if isinstance(expected, list) and len(expected) == 1 and str(expected[0]).endswith("Error"):
        return "refuse"
    source = why.parts[0].source if why.parts else ""
    return "parents" if "._prev" in source else "name" if source.endswith("._op") else ""


def hint_lines(item: ItemResult, count: int) -> list[str]:
    """The first `count` hints for an item as it stands, numbered; after the last one, where to read on."""
    steps = ladder(item)
    lines = [f"Hint {at} of {len(steps.hints)}: {hint}" for at, hint in enumerate(steps.hints[:count], 1)]
    if steps.section and count >= len(steps.hints):
        lines.append(f"Read on in the lecture: {LECTURE}#{steps.section}")
    return lines
