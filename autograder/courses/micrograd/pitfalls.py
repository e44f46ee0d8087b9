"""The catalogue of classic mistakes: what the code does that makes one, where to read on, and hints that lead out.

What each looks like in code is known where the reference is (`solutions/pitfalls.py`), and nowhere else. There the
mistakes are planted, to prove that the grader sees them (`mutations`); their wrong answers, as fingerprints in an exam,
tell a student's mistake by its answers (`diagnosis`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pitfall:
    """A classic mistake.

    `does` completes "all your answers are those of code in which …". `hints` lead out of it step by step, from a
    question to a near answer, and never say the answer. `section` is the heading of docs/micrograd.md that explains
    it, as an anchor.
    """

    id: str
    section: str
    does: str
    hints: tuple[str, ...]


PITFALLS: dict[str, Pitfall] = {}


def pitfall(id: str, section: str, does: str, *hints: str) -> None:
    """Enter a mistake into the catalogue."""
    PITFALLS[id] = Pitfall(id, section, does, hints)


# fmt: off

# --- measuring ----------------------------------------------------------------------------------------------

pitfall(
    "one-sided-difference", "measuring-a-derivative",
    "the slope is measured to one side of x only",
    "Your estimates are close, but not close enough. On which side of x do your two points lie?",
    "Put one point before x and one behind it, equally far. How far apart are the two then?",
)
pitfall(
    "interval-halved", "measuring-a-derivative",
    "the difference is divided by h, although its two points lie 2h apart",
    "Try f(x) = x: its slope is 1 everywhere. What do you get?",
    "From x - h to x + h: how long is the way that you divide by?",
)
pitfall(
    "interval-outside-brackets", "measuring-a-derivative",
    "the difference is divided by 2 and multiplied by h, since / and * go from left to right",
    "Your results are tiny. What does Python make of 6 / 2 * 3?",
    "Everything that you divide by belongs into one pair of brackets.",
)
pitfall(
    "difference-reversed", "measuring-a-derivative",
    "the later point is subtracted from the earlier one, which turns the sign",
    "Is the slope of a rising function positive in your code?",
    "Which of the two values comes first, the one at x + h or the one at x - h?",
)
pitfall(
    "lengths-unchecked", "derivative",
    "gradients and inputs of unequal number pass as if the rest were not there",
    "What does your function say to two inputs and one gradient? And to one input and two?",
    "Compare the lengths before you compare anything else; the docstring says what should happen when they differ.",
)
pitfall(
    "nan-accepted", "derivative",
    "a gradient that is NaN passes, since every comparison with NaN is False",
    "Ask Python what float('nan') > 1 is, and float('nan') <= 1.",
    "Which way round must you ask, so that False means wrong?",
)
pitfall(
    "first-claim-decides", "derivative",
    "the first gradient decides, and the others are not looked at",
    "Where does your function return True: inside the loop, or after it?",
    "You may say False as soon as one gradient is wrong. When are you allowed to say True?",
)
pitfall(
    "tolerance-not-scaled", "derivative",
    "the tolerance is not tol * max(1, |slope|): it does not grow with the slope, or has no floor for small ones",
    "May a slope of 1,000 be off by as little as a slope of 1? And what of a slope of 0.001?",
    "The docstring says what the error is compared with. Which of the two numbers in it wins, and when?",
)
pitfall(
    "error-without-abs", "derivative",
    "gradients that are too small pass however wrong they are, since the error has a sign",
    "Try a gradient that is far too small. What is its error in your code?",
    "Is -5 <= 0.001? What should be compared instead?",
)
pitfall(
    "same-input-moved", "derivative",
    "not each gradient's own input moves: the same one does every time",
    "Let f depend on its second argument alone. Which slopes does your code find?",
    "If you make functions in a loop and call them later: which value of the loop's variable do they see by then?",
    "A default argument keeps the value that a variable has now.",
)

# --- operations, forward ------------------------------------------------------------------------------------

pitfall(
    "parents-not-recorded", "the-expression-graph",
    "the result does not know its operands: `_prev` is empty",
    "Look at `(a + b)._prev`. What should it hold?",
    "The second argument of `Value(...)` is for the values that a result was made from.",
)
pitfall(
    "one-parent-recorded", "the-expression-graph",
    "the result knows only one of its two operands",
    "How many operands took part, and how many does `_prev` hold?",
    "Whoever is not in `_prev` gets no gradient later. Who is missing?",
)
pitfall(
    "number-among-parents", "the-expression-graph",
    "a plain number, the exponent, stands among the parents of the result",
    "Look at `(a**3)._prev`. What will a walk over the graph ask of each thing that it finds there?",
    "Parents are what a gradient flows back to. Does any flow to an exponent?",
)
pitfall(
    "operation-not-named", "the-expression-graph",
    "the result does not know by which operation it came about: `_op` is empty",
    "What is `_op` of your result? The comment above the TODO says what it should be.",
    "The third argument of `Value(...)` is for the name of the operation.",
)
pitfall(
    "name-without-exponent", "the-expression-graph",
    "the name of a power lacks its exponent",
    "In a drawing, a**2 and a**3 should differ. What are their names?",
    "An f-string can put the exponent behind the two stars.",
)
pitfall(
    "relu-misspelled", "the-expression-graph",
    "relu's operation is named relu, in small letters",
    "Compare `_op` with the comment above the TODO, letter by letter.",
    "The name is the usual abbreviation of rectified linear unit; which of its letters are capitals?",
)
pitfall(
    "result-not-returned", "engine",
    "the function comes to its end without returning its result, so that it gives None",
    "Print what your function gives. Where does None come from?",
    "A Python function gives what stands behind `return`. Is there one, and is it reached?",
)
pitfall(
    "rule-called-at-once", "one-node-forward-and-backward",
    "the rule is called where it should be stored, so that its result, None, becomes `_backward`",
    "What is the difference between `f` and `f()`?",
    "The rule is to run later, when the gradient of the result is known. What must `_backward` be until then?",
)
pitfall(
    "rounded-to-float32", "engine",
    "numbers are rounded to 32 bits, which leaves about seven digits",
    "Your results are right to seven digits. Where do the others get lost?",
    "Python's floats have 64 bits. Which call, or which array, makes them shorter?",
)
pitfall(
    "number-not-wrapped", "engine",
    "a plain number as operand is treated as if it were a Value",
    "What is `Value(2.0) + 1` in your engine? Which attribute does the 1 lack?",
    "Turn a plain number into a Value before you use it; there is a helper for that at the top of the class.",
)
pitfall(
    "operand-changed-in-place", "engine",
    "an operation changes the number of its own operand",
    "Print a.data before and after `a + b`. May it change?",
    "Compute the new number into the result, and leave the operands alone.",
)
pitfall(
    "value-inside-value", "the-expression-graph",
    "the `data` of the result is itself a Value instead of a number",
    "What is `type(out.data)`?",
    "`Value(...)` wraps a number. How often do you wrap?",
)
pitfall(
    "left-operand-twice", "engine",
    "the left operand is used twice and the right one never",
    "Try two operands that differ. Which one has no influence?",
    "Read the line aloud: self and then, on the other side of the operator, who?",
)
pitfall(
    "power-multiplies", "engine",
    "a power multiplies by its exponent",
    "What is 3 to the power of 2, and what do you get?",
    "Which operator of Python raises to a power?",
)
pitfall(
    "base-loses-its-sign", "engine",
    "a power of a negative number is computed from its absolute value",
    "What is (-2)**3, and what do you get?",
    "Does a power with a whole exponent need any protection from negative numbers?",
)
pitfall(
    "relu-leaks", "local-rules",
    "relu lets a part of negative numbers through",
    "What should relu make of -2.0, exactly?",
    "That is another function, the leaky relu. The plain one is flat on the left.",
)
pitfall(
    "relu-is-abs", "local-rules",
    "relu turns the sign of negative numbers, as the absolute value does",
    "What should relu make of -2.0?",
    "relu keeps what is positive. What does it put in the place of everything else?",
)
pitfall(
    "exp-of-exp", "engine",
    "the exponential is taken twice",
    "What should exp make of 0, and what do you get?",
    "How often does `exp` stand in the line that computes the number?",
)
pitfall(
    "log-to-another-base", "engine",
    "the logarithm has another base than e",
    "Which number has the logarithm 1 in your engine? It should be e.",
    "Python's math module knows several logarithms. Which one inverts exp?",
)
pitfall(
    "log-guarded", "engine",
    "a small number is added to the operand of the logarithm, which changes every result a little",
    "Your results are nearly right. What is added that the mathematics does not know?",
    "The logarithm of 0 may fail; a guard against it must not cost all the others their last digits.",
)
pitfall(
    "sigmoid-for-tanh", "local-rules",
    "tanh is computed as the sigmoid",
    "What should tanh make of 0, and which values should it come near for very large and very small numbers?",
    "The curve that runs from 0 to 1 is another one. Python's math module has the one that you need.",
)
pitfall(
    "tanh-half-as-steep", "local-rules",
    "tanh is computed with e**x where e**(2x) belongs, which makes it half as steep",
    "Compare your tanh(1.0) with math.tanh(1.0), and with math.tanh(0.5).",
    "Look the formula up once more: which power of e stands in it?",
)

# --- operations that are made of others ---------------------------------------------------------------------

pitfall(
    "plain-number-returned", "the-expression-graph",
    "the result is a plain number, which forgets where it came from",
    "What is the type of your result? Can you call `backward()` on it?",
    "Build it from the Values themselves and not from their `data`.",
)
pitfall(
    "result-unconnected", "the-expression-graph",
    "the result is a new Value made of numbers: they are right, and no gradient will find its way back",
    "Look at `_prev` of the result. From where should it lead back to the operands?",
    "If you compute with the Values themselves, the operations that you have already record everything.",
)
pitfall(
    "rule-missing", "one-node-forward-and-backward",
    "an operation makes a node of its own, which has no rule: gradients end there",
    "Which of your operations makes a new `Value(...)` and never sets its `_backward`?",
    "Give it a rule, or build it from operations that have one.",
)
pitfall(
    "reflected-calls-itself", "engine",
    "a reflected operation asks Python the very question that it was asked, and so calls itself without end",
    "Python calls `__radd__` when it cannot do `other + self` any other way. What does your method ask for?",
    "Turn it into a question that another of your methods answers.",
)
pitfall(
    "reflected-swapped", "engine",
    "a reflected operation does self - other (or self / other) where other - self (other / self) was asked for",
    "What should 10 - Value(3.0) be, and what do you get?",
    "In `__rsub__` and `__rtruediv__` the Value stands on the right. Which operand comes first, then?",
)
pitfall(
    "operands-swapped", "engine",
    "the operands change sides: b - a for a - b, or b / a for a / b",
    "Try Value(10.0) with Value(2.0). Is the result what Python says for the numbers?",
    "self stands on the left of the operator. Which operand must change its sign, or go below the line?",
)
pitfall(
    "minus-forgotten", "engine",
    "the minus has no effect",
    "Try 5 - 3, and the negative of 2. What do you get?",
    "A difference is a sum with something negated. With what?",
)
pitfall(
    "multiplies-for-divides", "engine",
    "it multiplies where it should divide",
    "What is 6 / 2 in your engine?",
    "Dividing by b is multiplying by a power of b. Which one?",
)

# --- the graph, drawn ---------------------------------------------------------------------------------------

pitfall(
    "root-not-listed", "trace",
    "the root is missing from its own nodes",
    "What does `trace` say of a single leaf?",
    "Who puts the node on the list from which you start?",
)
pitfall(
    "edges-reversed", "trace",
    "edges run from the result to the operand",
    "The docstring says in which order an edge names its two nodes. Which comes first?",
    "Data flows from operands to results, and so do the edges.",
)
pitfall(
    "node-listed-for-each-path", "trace",
    "a node is listed once for every path that leads to it",
    "Draw c = a + a by hand: how many nodes are there, and how many do you list?",
    "Remember whom you have seen, at the moment when you first see them.",
)
pitfall(
    "leaves-not-listed", "trace",
    "leaves are missing from the nodes",
    "How many nodes has the graph of a + b? Name them.",
    "A node without parents is a node as well. At which point do you lose it?",
)
pitfall(
    "edges-of-first-visits-only", "trace",
    "a node that is used twice gets only one of its two edges",
    "In d = a * b, e = a + d: how many edges begin at a?",
    "You skip nodes that you have seen. Should you skip the edge that led you there, too?",
)
pitfall(
    "equal-numbers-confused", "topological-order",
    "two nodes that hold the same number count as one",
    "Are Value(1.0) and another Value(1.0) the same node?",
    "Remember the nodes themselves and not what they hold.",
)
pitfall(
    "op-nodes-missing", "trace",
    "the drawing does not show the operations: they have no node, or none with a label",
    "In the picture of a * b there should be three boxes, and one thing more. What is it?",
    "Each result needs a second node, labelled with its `_op`.",
)
pitfall(
    "operation-not-connected", "trace",
    "an operation is not connected with its operands and its result: an arrow is missing, or points the wrong way",
    "In which direction does data flow in your drawing? Can you follow it from a leaf to the root?",
    "operand -> operation -> result: which of the two arrows is missing, or turned round?",
)
pitfall(
    "data-and-grad-swapped", "trace",
    "the boxes show the gradient as data and the data as gradient",
    "Before any `backward()` all gradients are 0. What does the box of Value(3.0) say?",
    "Which attribute belongs behind the word data?",
)
pitfall(
    "too-few-decimals", "trace",
    "the boxes show two decimals instead of four",
    "Compare the labels with the comment above the TODO.",
    "In a format such as .2f, what does the digit say?",
)

# --- the rules ----------------------------------------------------------------------------------------------

pitfall(
    "overwrites-gradient", "why-gradients-accumulate",
    "a rule overwrites the gradient that an operand has already, instead of adding to it",
    "Suppose another result has used `a` before and has left 10 in a.grad. What is there after your rule has run?",
    "Each use of a value contributes a share of its gradient. What do you do with shares?",
    "One character is missing.",
)
pitfall(
    "upstream-forgotten", "the-chain-rule",
    "a rule hands on its own derivative alone, without multiplying by the gradient of the result",
    "Set out.grad to 2 instead of 1. Does anything change in what the operands get?",
    "Along a path derivatives multiply. Which two meet here?",
)
pitfall(
    "operand-without-gradient", "one-node-forward-and-backward",
    "only one of the two operands gets a gradient",
    "After the rule has run, which operand still has the gradient that it had before?",
    "If the forgotten operand changes a little, does the result change?",
)
pitfall(
    "one-share-for-twins", "why-gradients-accumulate",
    "a value that is both operands at once, as in a + a, gets the share of only one",
    "What is the derivative of a + a?",
    "Does it need any special treatment if both operands are the same node?",
)
pitfall(
    "rule-does-nothing", "local-rules",
    "a rule hands nothing on",
    "Which gradient does the operand have before the rule runs, and which after it?",
    "Is the rule stored in `_backward` before the function returns? And when does it read out.grad, if not as it runs?",
    "When the operand changes a little, how many times as far does the result move? So much of out.grad is its share.",
)
pitfall(
    "operand-from-the-wrong-side", "local-rules",
    "the rule of the product takes a factor from the wrong side",
    "Let a be 3 and b be 4. By how much does a * b grow when a grows by 1?",
    "Each operand feels the gradient as strongly as the other one is large.",
)
pitfall(
    "factor-forgotten", "local-rules",
    "the rule of the product hands on the gradient as it is, as a sum does",
    "Let a be 3 and b be 4. By how much does a * b grow when a grows by 1?",
    "That is the number that the gradient has to be multiplied by. Which operand holds it?",
)
pitfall(
    "factor-is-the-result", "local-rules",
    "the rule of the product multiplies by the product itself",
    "Let a be 3 and b be 4. Does a * b grow by 12 when a grows by 1?",
    "Which of the three numbers around says how strongly a change of a is felt?",
)
pitfall(
    "gradient-is-a-value", "one-node-forward-and-backward",
    "a gradient becomes a Value instead of a number",
    "What is `type(a.grad)` after your rule has run?",
    "Gradients are plain numbers. Which of the things that you multiply is a Value, and where is its number?",
)
pitfall(
    "exponent-not-lowered", "local-rules",
    "the power rule leaves the exponent as it is",
    "What is the derivative of x**2, and what does your rule say at x = 3?",
    "What happens to the exponent when you differentiate a power?",
)
pitfall(
    "exponent-lowered-twice", "local-rules",
    "the power rule lowers the exponent by two",
    "What is the derivative of x**2, and what does your rule say at x = 3?",
    "By how much does the exponent fall when you differentiate?",
)
pitfall(
    "exponent-not-in-front", "local-rules",
    "the power rule forgets to multiply by the exponent",
    "What is the derivative of x**2, and what does your rule say at x = 3?",
    "Where does the exponent go when you differentiate a power?",
)
pitfall(
    "only-squares", "local-rules",
    "the power rule is the one for squares, whatever the exponent",
    "Try x**3 at x = 2. What should the derivative be?",
    "Where in your rule does the exponent occur?",
)
pitfall(
    "relu-open-at-zero", "local-rules",
    "relu lets the gradient through when its operand is 0",
    "At 0 relu has a kink. Which slope does the comment above the TODO choose there?",
    "Which comparison includes equality, and which does not?",
)
pitfall(
    "relu-always-open", "local-rules",
    "relu lets the gradient through everywhere",
    "If a is -2 and moves a little, does relu(a) move?",
    "The gradient should pass under a condition. Which one?",
)
pitfall(
    "relu-looks-at-the-gradient", "local-rules",
    "relu decides by the sign of the gradient whether it passes, and not by its operand",
    "Let the gradient that comes back be negative, and the operand positive. What should the operand get?",
    "Was it the number or the gradient that relu let through on the way forward?",
)
pitfall(
    "exp-rule-of-the-operand", "local-rules",
    "the rule of exp multiplies by the operand",
    "What is the derivative of exp at 0? What does your rule make of it?",
    "Which function is its own derivative? Then which number is it that you need?",
)
pitfall(
    "exp-rule-as-power", "local-rules",
    "the rule of exp is the power rule, as if the exponent were the constant",
    "In e**x, is x the base or the exponent?",
    "Exp has the simplest derivative of all functions; its value is known already.",
)
pitfall(
    "log-rule-multiplies", "local-rules",
    "the rule of the logarithm multiplies by the operand",
    "Is the logarithm steep or flat at 100?",
    "The larger the operand, the smaller the slope.",
)
pitfall(
    "log-rule-of-the-result", "local-rules",
    "the rule of the logarithm divides by the result instead of the operand",
    "What is the slope of the logarithm at 1? Which numbers are at hand there, and which of them is 1?",
    "The derivative of ln x is written with x. Is that out or self?",
)
pitfall(
    "tanh-rule-without-square", "local-rules",
    "the rule of tanh lacks a square: 1 - t",
    "tanh is symmetric: is its slope at -1 the same as at 1 in your code?",
    "Look at the table of derivatives once more.",
)
pitfall(
    "tanh-rule-of-the-operand", "local-rules",
    "the rule of tanh squares the operand instead of the result",
    "Can the slope of tanh be negative? What does your rule say at 3?",
    "The formula is written with the value of tanh itself. Where is that value?",
)
pitfall(
    "sigmoid-rule-for-tanh", "local-rules",
    "the rule of tanh is that of the sigmoid",
    "At 0 tanh rises with slope 1. What does your rule say there?",
    "t * (1 - t) belongs to another curve. Look at the table of derivatives once more.",
)

# --- the walk -----------------------------------------------------------------------------------------------

pitfall(
    "pre-order", "topological-order",
    "a node is put in line before its parents are done: a walk in pre-order, in which a node may have its turn before "
    "all that depend on it",
    "Take p = x**2, q = 3 * p, z = q + p. In which order does your code call their rules?",
    "When may a node be put on the list: when you come to it, or when something else has happened first?",
    "A node should be listed after all of its parents are.",
)
pitfall(
    "breadth-first", "topological-order",
    "nodes have their turn by their distance from the root, so that a short path overtakes a long one",
    "Take p = x**2, q = 3 * p, z = q + p. p is one step from z, and two. When is its gradient complete?",
    "A node has to wait for all that use it, however near it is to the root.",
)
pitfall(
    "no-visited-set", "topological-order",
    "a node is visited again for every path that leads to it, and with each doubling the paths double",
    "Take b = a + a, c = b + b, d = c + c. How often does your code come to a?",
    "Remember where you have been. The memory must last for the whole walk: one that each call makes is empty.",
    "Ask before you enter a node, and write it down when you do.",
)
pitfall(
    "visited-by-value", "topological-order",
    "of two nodes that hold the same number only one is visited",
    "Are Value(1.0) and another Value(1.0) the same node?",
    "Remember the nodes themselves and not what they hold.",
)
pitfall(
    "first-parent-only", "topological-order",
    "only the first parent of each node is followed",
    "How many parents has a + b? How many of them does your walk enter?",
    "Where does your loop over the parents end?",
)
pitfall(
    "root-alone-visited", "topological-order",
    "only the rule of the root runs",
    "Which gradients arrive in (a * b) + c, and where do they stop?",
    "The root's rule feeds its parents. Who calls theirs?",
)
pitfall(
    "list-outlives-the-walk", "topological-order",
    "the list of nodes outlives the call, so that a second `backward()` runs the rules of an earlier graph once more",
    "Call `backward()` on two results, one after the other. Whose rules run in the second call?",
    "When is a default argument made: anew at each call, or once, when Python comes to the `def`?",
)
pitfall(
    "no-rule-called", "topological-order",
    "`backward()` calls no rule at all",
    "Which lines of your `backward()` run when it is called? A function in it does nothing until it is called.",
    "The list of nodes is only half of the work. Who calls `_backward` of each?",
)
pitfall(
    "root-not-seeded", "topological-order",
    "the root's gradient is not 1 when the walk begins",
    "What is dz/dz? Which gradient has the root when its rule runs?",
    "Set it after everything that might clear it, and before the first rule runs.",
)
pitfall(
    "root-gradient-added-to", "topological-order",
    "1 is added to the root's gradient instead of setting it",
    "Call `backward()` on a root whose gradient is 9 from earlier. What should it be afterwards?",
    "dz/dz is 1, whatever was there before.",
)
pitfall(
    "leaves-first", "topological-order",
    "the rules run from the leaves to the root",
    "Which node knows its gradient at the beginning? Whose rule can run first, then?",
    "The list has the leaves in front. In which direction must you go through it?",
)
pitfall(
    "root-rule-left-out", "topological-order",
    "the rule of the root does not run",
    "The root has its gradient. Do its parents ever get any?",
    "Does your loop start at the root or one step after it?",
)
pitfall(
    "gradients-zeroed-in-backward", "why-gradients-accumulate",
    "`backward()` first clears the gradients of the leaves, so that nothing accumulates over several calls",
    "Send two results that share `a` backward, one after the other. What should a.grad be?",
    "Clearing is what `zero_grad()` is for. Which nodes may `backward()` clear, if any?",
)
pitfall(
    "recursive-walk", "topological-order",
    "the walk calls itself for each node, and a long chain exhausts Python's stack",
    "Python allows some thousand nested calls. How many does a chain of 10,000 nodes need?",
    "What the calls remember for you, a list of your own can remember as well: where you are, and what is left to do.",
)
pitfall(
    "interior-gradients-kept", "why-gradients-accumulate",
    "what an earlier `backward()` left in interior nodes is handed on a second time",
    "Call `backward()` twice on (a + b) * d. The leaves should have twice their gradients. What do they have?",
    "The gradients of leaves are results; those of interior nodes are intermediate. Which should start afresh?",
)
pitfall(
    "second-backward-goes-nowhere", "why-gradients-accumulate",
    "a second `backward()` on the same graph goes nowhere: the first one has used up the graph, or the memory of "
    "visited nodes outlasts it",
    "Call `backward()` twice. What does the second call do?",
    "Each walk needs a fresh memory, and finds the graph as it was. Where is your memory made, and what do you change?",
)

# --- the edges of the engine --------------------------------------------------------------------------------

pitfall(
    "power-zero-at-zero", "errors",
    "the power rule divides by zero for x**0 at x = 0",
    "x**0 is 1 everywhere. What is its derivative?",
    "What is 0 * 0.0**-1 in Python? Which exponent needs no rule at all?",
)
pitfall(
    "complex-root", "errors",
    "a root of a negative number turns into a complex number",
    "What is (-8.0)**0.5 in Python? What type has it?",
    "Which two conditions together make a power no real number? Refuse it before you compute.",
)
pitfall(
    "value-as-exponent", "errors",
    "a Value is accepted as exponent, and gets no gradient",
    "In a**b, with b a Value: would b.grad be right?",
    "Check the exponent's type and say with an exception what is wrong.",
)
pitfall(
    "tanh-overflows", "errors",
    "tanh is made of powers of e, which are too large for a float long before tanh is anything but 1",
    "What is math.exp(2000) in Python? And tanh(1000), on paper?",
    "Python's `math` has a tanh that is right everywhere.",
)
pitfall(
    "operands-unchecked", "errors",
    "an operand that is no number is wrapped as if it were one",
    "What does Value(1.0) + 'two' say in your engine? And to whom?",
    "Check what you are about to wrap. Which exception says that a type is wrong?",
)

pitfall(
    "nothing-refused", "errors",
    "neither operands nor exponents are checked",
    "Try Value(1.0) + 'two', and Value(2.0) ** Value(3.0), and Value(-8.0) ** 0.5. What does your engine say?",
    "Begin with the operands: there is one place through which all of them come.",
)

# --- nets ---------------------------------------------------------------------------------------------------

pitfall(
    "bias-left-out", "neuron-layer-mlp",
    "a neuron forgets its bias",
    "Give a neuron inputs that are all 0. What should come out?",
    "`sum` takes a second argument, the number that it starts with.",
)
pitfall(
    "bias-for-every-input", "neuron-layer-mlp",
    "a neuron adds its bias once for every input",
    "Give a neuron with two inputs zeros only. What should come out, and what does?",
    "There is one bias for a neuron. Does it stand inside the sum or beside it?",
)
pitfall(
    "nonlin-ignored", "neuron-layer-mlp",
    "a neuron always applies relu, also where it should be linear",
    "Make a neuron with nonlin=False, and inputs that give a negative sum. What should come out?",
    "What decides whether relu is applied?",
)
pitfall(
    "relu-left-out", "neuron-layer-mlp",
    "a nonlinear neuron gives its sum as it is, without relu",
    "Can your neuron give a negative number? Should it?",
    "`out.relu()` changes nothing in out; it gives something. What do you do with that?",
)
pitfall(
    "tanh-for-relu", "neuron-layer-mlp",
    "a neuron applies tanh where relu is asked for",
    "What does the comment above the TODO say about the kind of neuron?",
    "The lecture on video uses another function here.",
)
pitfall(
    "relu-before-bias", "neuron-layer-mlp",
    "a neuron adds the bias after relu instead of before it",
    "Let the weighted sum be 1 and the bias be -3. What should come out?",
    "relu has the last word.",
)
pitfall(
    "bias-no-parameter", "neuron-layer-mlp",
    "the bias is missing from the parameters, so that it is never trained",
    "How many parameters has a neuron with three inputs?",
    "Which number of a neuron besides the weights should training change?",
)
pitfall(
    "bias-first", "nn",
    "the bias comes before the weights",
    "In which order does the comment above the TODO list the parameters?",
    "Whoever saves parameters and loads them again relies on their order.",
)
pitfall(
    "parameters-nested", "nn",
    "the parameters are a list of lists instead of one flat list",
    "What is `type(m.parameters()[0])`?",
    "You have a list for each part. A comprehension with two `for` makes one list of them all.",
)
pitfall(
    "parameters-copied", "nn",
    "the parameters are new Values with the same numbers, so that changing them changes nothing",
    "Set the data of each parameter to 0. What does the neuron give then?",
    "Hand out the Values themselves.",
)
pitfall(
    "parameters-pile-up", "nn",
    "each call appends to the neuron's own list, which grows",
    "Call `parameters()` twice and compare the lengths.",
    "Make a new list and leave self.w as it is. Which operator joins two lists without changing either?",
)
pitfall(
    "parameters-of-one-part", "nn",
    "only one of the parts gives its parameters",
    "Count the parameters of a layer with two neurons of three inputs each. How many should there be?",
    "Every neuron (or layer) has parameters. Whose do you collect?",
)
pitfall(
    "weights-before-biases", "nn",
    "all weights come first and then all biases, instead of neuron by neuron",
    "In which order does the comment above the TODO want the parameters?",
    "A neuron knows its own parameters, in the right order. Ask one after the other.",
)
pitfall(
    "list-of-one", "neuron-layer-mlp",
    "a layer of a single neuron gives a list instead of the output itself",
    "What does a net for yes or no give: a Value, or a list that holds one?",
    "One case needs its own treatment. How do you recognise it?",
)
pitfall(
    "weights-shared", "neuron-layer-mlp",
    "parts that should have weights of their own are one and the same",
    "Do two neurons of a layer give different numbers? Are two layers different objects?",
    "`[x] * 3` is a list that holds x three times. Make a new one for each place, and ask each one.",
)
pitfall(
    "last-layer-nonlinear", "neuron-layer-mlp",
    "the last layer ends in relu, so that no output can be negative",
    "Can your net answer -1?",
    "The last layer differs from the others in one argument.",
)
pitfall(
    "dropout-in-the-last-layer", "neuron-layer-mlp",
    "the last layer has dropout, which silences answers at random",
    "What would it mean to drop a net's only output?",
    "The keyword arguments are meant for the hidden layers. What does the last one need?",
)
pitfall(
    "options-dropped", "neuron-layer-mlp",
    "the keyword arguments do not reach the hidden layers",
    "Make an MLP with dropout=0.5. What is `dropout` of its first neuron?",
    "Hand `**kwargs` on.",
)
pitfall(
    "every-layer-as-wide-as-the-input", "neuron-layer-mlp",
    "every hidden layer is made for the inputs of the net, and not for the outputs of the layer before it",
    "An MLP(2, [3, 4, 1]): how many inputs has its second layer?",
    "Write the sizes in one row, the inputs first. Each layer stands between two neighbours of that row.",
)
pitfall(
    "layer-sizes-swapped", "neuron-layer-mlp",
    "inputs and outputs of the hidden layers are swapped",
    "An MLP(2, [3, 1]): how many neurons has its first layer, and how many inputs each of them?",
    "In which order does Layer take its two numbers?",
)
pitfall(
    "raw-input-for-every-layer", "neuron-layer-mlp",
    "every layer is fed the inputs of the net instead of what the layer before it gave",
    "What does the second layer see?",
    "Let the name of the inputs wander from layer to layer.",
)
pitfall(
    "gradient-set-to-none", "the-training-loop",
    "gradients are set to None instead of 0.0, so that the next rule cannot add to them",
    "What does the next `+=` say to None?",
    "To start afresh a sum begins with which number?",
)
pitfall(
    "data-zeroed-too", "the-training-loop",
    "with the gradients the parameters themselves are set to 0",
    "Which number does a parameter hold after your `zero_grad()`?",
    "All that was learned is in `data`. Which attribute is to be cleared?",
)
pitfall(
    "gradients-not-cleared", "the-training-loop",
    "the gradients of the parameters stay as they are: something else is cleared, or nothing",
    "Whose gradients should be 0 afterwards? In your loop, which name stands for them?",
    "In `for p in ps: p = ...`, does anything change in ps? Change an attribute of p.",
)
pitfall(
    "dropout-not-inverted", "neuron-layer-mlp",
    "a neuron that stays gives its output unscaled, so that the average sinks",
    "If half of the outputs are 0, what must the others be for the average to stay?",
    "Divide by the probability that a neuron stays. Is that `dropout`?",
)
pitfall(
    "dropout-scaled-by-p", "neuron-layer-mlp",
    "the output is divided by the probability of being dropped instead of that of staying",
    "With dropout=0.2, by what must an output grow so that the average stays?",
    "If one has the probability p, the other one has ...?",
)
pitfall(
    "dropout-scaled-down", "neuron-layer-mlp",
    "the output is multiplied by the probability of staying where it should be divided by it",
    "Should a neuron that stays give more than before, or less?",
    "It has to make up for those calls in which it gives nothing.",
)
pitfall(
    "dropout-keeps-p", "neuron-layer-mlp",
    "a neuron stays with the probability with which it should be dropped",
    "With dropout=0.2, in how many of 100 calls should the output be 0?",
    "`random.random() < 0.2` is true in a fifth of all cases. Which of the two branches is taken then?",
)
pitfall(
    "dropout-of-inputs", "neuron-layer-mlp",
    "single inputs are dropped instead of the whole neuron",
    "Which values can the neuron give, according to the comment above the TODO?",
    "Draw once for each call, after the output has been computed.",
)
pitfall(
    "dropout-in-use-too", "neuron-layer-mlp",
    "dropout goes on after `eval()`",
    "Call the neuron ten times after eval(). Is the output always the same?",
    "One attribute tells training from use. Who asks for it?",
)
pitfall(
    "dropout-in-use-only", "neuron-layer-mlp",
    "dropout works in use, and not in training",
    "When is `training` True, and when should a neuron be silenced?",
    "The condition is upside down.",
)

# --- losses -------------------------------------------------------------------------------------------------

pitfall(
    "sum-for-mean", "losses",
    "the loss is a sum over all examples instead of their mean",
    "Does the loss double when you show every example twice? Should it?",
    "By what do you divide to get from a sum to a mean?",
)
pitfall(
    "mean-for-sum", "losses",
    "the penalty is a mean over the parameters instead of their sum",
    "The docstring says which of the two is meant.",
    "Two parameters of the same size should be penalised twice as much as one.",
)
pitfall(
    "not-squared", "losses",
    "errors are added up without being squared, so that they cancel",
    "What is the loss of two predictions, one too large by 1 and one too small by 1?",
    "What makes every error count, whichever way it goes?",
)
pitfall(
    "half-the-square", "losses",
    "the result is half of what is asked for",
    "Some books put a factor 1/2 before squares, to make the derivative look nicer. Does the docstring?",
    "Compare one example by hand.",
)
pitfall(
    "root-of-the-mean", "losses",
    "a root is taken of the mean",
    "What is the loss of a single prediction that is off by 2?",
    "The root of the mean squared error is another measure. Leave it out.",
)
pitfall(
    "square-of-the-mean", "losses",
    "the mean of the errors is squared, where the squares should be averaged",
    "What is the loss of two predictions, one too large by 1 and one too small by 1?",
    "What comes first, the square or the sum?",
)
pitfall(
    "loss-is-a-number", "losses",
    "the loss is a plain number and no Value, so that no gradient leads back to what it was computed from",
    "Call `backward()` on your loss. Which gradients arrive?",
    "Compute with the Values and not with their `data`.",
)
pitfall(
    "hinge-without-relu", "losses",
    "scores on the right side count as negative losses",
    "What does a score of 5 with the label 1 cost? Can a loss be negative?",
    "Something should cut off below 0; you have built it yourself.",
)
pitfall(
    "hinge-without-margin", "losses",
    "the margin of 1 is missing",
    "What does a score of 0.5 with the label 1 cost?",
    "It is on the right side, but not by 1. Where does the 1 come in?",
)
pitfall(
    "hinge-sign-reversed", "losses",
    "right answers cost, and wrong ones are free",
    "What does a score of 5 with the label 1 cost?",
    "The further a score lies beyond its label, the less it should cost. Which sign does that need?",
)
pitfall(
    "hinge-without-label", "losses",
    "the labels are not used: every score is treated as if its label were 1",
    "Change a label from 1 to -1. Does the loss change?",
    "Label times score is positive exactly if the two agree.",
)
pitfall(
    "alpha-forgotten", "losses",
    "the penalty is not multiplied by alpha",
    "Does the penalty change when you change alpha?",
    "The docstring has three parts: a square, a sum, and ...?",
)
pitfall(
    "penalty-without-square", "losses",
    "parameters are added up without being squared, so that negative ones are rewarded",
    "What is the penalty of the parameters 3 and -3?",
    "A large parameter should cost, whatever its sign.",
)
pitfall(
    "zero-counts-as-positive", "losses",
    "a score of exactly 0 counts as a prediction of 1",
    "Which label does a score of 0 predict, according to the docstring?",
    "Which comparison includes equality, and which does not?",
)
pitfall(
    "zero-counts-as-neither", "losses",
    "a score of exactly 0 counts as wrong, whatever the label",
    "Which label does a score of 0 predict, according to the docstring?",
    "The product of score and label is 0 then. Compare predictions instead.",
)
pitfall(
    "negatives-never-right", "losses",
    "an example with the label -1 never counts as right, as if labels were 0 and 1",
    "Take a score of -2 with the label -1. Is that right? What is False == -1 in Python?",
    "Ask of the label the same question as of the score.",
)
pitfall(
    "threshold-one-half", "losses",
    "a score must exceed 0.5 to predict 1",
    "A probability is split at one half. Where is a score split whose labels are -1 and 1?",
    "What does a score of 0.25 predict, according to the docstring?",
)
pitfall(
    "percent-for-share", "losses",
    "the accuracy is in percent instead of a share between 0 and 1",
    "If all are right, what should come out?",
    "The docstring names the interval.",
)
pitfall(
    "count-for-share", "losses",
    "right answers are counted, and not divided by how many there are",
    "If all of five are right, what should come out?",
    "From a count to a share there is one step left.",
)
pitfall(
    "all-or-nothing", "losses",
    "the share is cut down to a whole number: 0 unless everything is right",
    "If three of four are right, what should come out? What is 3 // 4 in Python?",
    "One of the two slashes is too many.",
)
pitfall(
    "whole-division", "the-training-loop",
    "// is used, which cuts off everything behind the decimal point",
    "What is 3 // 4 in Python?",
    "One of the two slashes is too many.",
)

# --- training -----------------------------------------------------------------------------------------------

pitfall(
    "gradient-ascent", "the-training-loop",
    "parameters move along their gradients: the loss grows",
    "Does the loss rise or fall in your training?",
    "The gradient points uphill. Where do you want to go?",
)
pitfall(
    "learning-rate-ignored", "the-training-loop",
    "the learning rate has no influence",
    "Train with lr=0 and look whether anything changes.",
    "How long a step is, is the product of two numbers.",
)
pitfall(
    "learning-rate-fixed", "the-training-loop",
    "the learning rate is always 0.01",
    "Make an optimizer with lr=0.5. How far does a parameter with gradient 1 move?",
    "The rate that was asked for is an attribute of the optimizer.",
)
pitfall(
    "learning-rate-remembered", "the-training-loop",
    "the learning rate of the first step is used for ever, although it may be changed between steps",
    "Set optimizer.lr to another number after a step. Does the next step heed it?",
    "Read the rate anew at each step.",
)
pitfall(
    "parameters-not-moved", "the-training-loop",
    "the parameters stay where they are: something else moves, or nothing",
    "Compare the `data` of a parameter before and after the step.",
    "In `for p in ps: p = ...`, does anything change in ps? Change the `data` of p.",
)
pitfall(
    "parameter-overwritten", "the-training-loop",
    "a parameter becomes the step itself instead of moving by it",
    "Where is the parameter after a step with gradient 0?",
    "A step starts from where you are. What is missing before the `=`?",
)
pitfall(
    "gradient-stepped", "the-training-loop",
    "the step changes the gradient of a parameter instead of its number",
    "Compare data and grad of a parameter before and after the step.",
    "Which of the two does a net compute with?",
)
pitfall(
    "gradient-zeroed-by-step", "the-training-loop",
    "the step clears the gradients, which is `zero_grad`'s task",
    "Look at the gradients after `step()`. May they change?",
    "Whoever wants to look at gradients after a step should still find them.",
)
pitfall(
    "data-is-a-value", "the-training-loop",
    "after a step the `data` of a parameter is a Value instead of a number",
    "What is `type(p.data)` after a step?",
    "A step is plain arithmetic with plain numbers.",
)
pitfall(
    "schedule-off-by-one", "the-training-loop",
    "the schedule is one step ahead: step 0 does not have the first rate",
    "What is your rate at step 0? It should be `start`.",
    "How many steps are behind you when you take step k?",
)
pitfall(
    "schedule-ends-too-early", "the-training-loop",
    "the line is divided into steps - 1 parts, so that the end is reached one step too early",
    "The docstring says at which k the rate is `end`. What do you get there?",
    "By what do you divide k?",
)
pitfall(
    "schedule-of-the-lecture", "the-training-loop",
    "the numbers are those of the lecture, 1.0 - 0.9 * k / 100, whatever is asked for",
    "Call it with steps=10 and k=10. Is the rate `end`?",
    "Which of your numbers are arguments of the function?",
)
pitfall(
    "schedule-ignores-the-ends", "the-training-loop",
    "the line goes from 1.0 to 0.1 whatever `start` and `end` are",
    "Call it with start=0.5, end=0.25.",
    "1.0 and 0.1 are only what the arguments are by default.",
)
pitfall(
    "schedule-multiplies", "the-training-loop",
    "the rate falls by the same factor at each step, instead of by the same amount",
    "Half way between 1.0 and 0.1 on a straight line, what is the rate?",
    "A straight line has equal differences and not equal ratios.",
)
pitfall(
    "schedule-goes-to-zero", "the-training-loop",
    "the line ends at 0 instead of at `end`",
    "What is your rate at k = steps?",
    "By how much does the rate fall altogether?",
)
pitfall(
    "stale-gradients", "the-training-loop",
    "old gradients are not cleared, so that each step follows the sum of all that came before",
    "What do the gradients hold when the second step begins?",
    "Gradients add up over calls of `backward()`. Who forgets the old ones, and when?",
)
pitfall(
    "cleared-too-late", "the-training-loop",
    "gradients are cleared between `backward()` and the update, so that the update finds none",
    "Which gradients does the optimizer see?",
    "Clear the old ones before the new ones come.",
)
pitfall(
    "update-before-backward", "the-training-loop",
    "the update comes before `backward()`, and so follows no gradient at all",
    "Which gradients are there when the optimizer steps?",
    "Forward, backward, then the step.",
)
pitfall(
    "no-backward", "the-training-loop",
    "`backward()` is never called, so that there is nothing to follow",
    "Where do the gradients come from?",
    "One of the four steps that the comment names is missing.",
)
pitfall(
    "no-update", "the-training-loop",
    "the optimizer never steps, so that nothing is learned",
    "Compare the weights before and after.",
    "One of the four steps that the comment names is missing.",
)
pitfall(
    "loss-after-the-update", "the-training-loop",
    "the loss is computed again after the update, and that one is returned",
    "Which loss does the docstring ask for: before the step or after it?",
    "You have it already when you call backward().",
)
pitfall(
    "loss-returned-as-value", "the-training-loop",
    "the loss is returned as a Value, which keeps its whole graph alive",
    "What is the type of what you return, and what does the docstring say?",
    "Return the number in it, as a float.",
)
pitfall(
    "step-for-each-input", "the-training-loop",
    "there is an update for each input instead of one for all",
    "How often does the optimizer step in one call?",
    "Collect all outputs first; the loss function takes them together.",
)
pitfall(
    "all-inputs-at-once", "the-training-loop",
    "the model gets the list of all inputs, although it takes one at a time",
    "What does the docstring say that a model maps to what?",
    "Make a list of the outputs, one for each input.",
)
pitfall(
    "weights-as-numbers", "neuron-layer-mlp",
    "a neuron computes with the numbers of its weights and not with the weights, so that they get no gradient",
    "Call backward() on an output of the net. Which weights have a gradient?",
    "Compute with the Values and not with their `data`.",
)
pitfall(
    "bias-as-a-number", "neuron-layer-mlp",
    "a neuron computes with the number of its bias and not with the bias, so that it gets no gradient",
    "Call backward() on an output of the net. Has the bias a gradient?",
    "Compute with the Value and not with its `data`.",
)
pitfall(
    "inputs-as-numbers", "neuron-layer-mlp",
    "a neuron computes with the numbers of its inputs, so that the layers before it get no gradient",
    "The inputs of a second layer are the outputs of the first. What do they get from backward()?",
    "Compute with the inputs themselves, be they Values or numbers.",
)
pitfall(
    "activation-unconnected", "neuron-layer-mlp",
    "a neuron puts its output into a new Value, so that no gradient leads back",
    "Look at `_prev` of a neuron's output.",
    "Let the operations of your engine make the output.",
)
pitfall(
    "outputs-rewrapped", "neuron-layer-mlp",
    "outputs are put into new Values on their way, so that no gradient leads back to what made them",
    "Are the Values that come out the very objects that went in? Look at their `_prev`.",
    "Hand outputs on as they are.",
)

# --- bonus --------------------------------------------------------------------------------------------------

pitfall(
    "inputs-cut-by-zip", "errors",
    "an input too many is quietly dropped, and one too few leaves a weight out",
    "Give a neuron for two inputs three of them. What happens?",
    "`zip` ends with the shorter list. Compare the lengths first.",
)
pitfall(
    "targets-cut-by-zip", "errors",
    "predictions or targets too many are quietly left out of the loss",
    "What is the loss of three predictions and two targets?",
    "`zip` ends with the shorter list. Compare the lengths first.",
)
pitfall(
    "shapes-unchecked", "errors",
    "neither inputs nor targets are counted",
    "Give a neuron for two inputs three of them, and a loss three predictions and two targets. What happens?",
    "`zip` ends with the shorter list. Compare the lengths first, in both places.",
)
pitfall(
    "bare-value-refused", "neuron-layer-mlp",
    "a neuron cannot take the bare Value that a layer of width 1 gives",
    "Build an MLP(2, [1, 1]) and call it.",
    "What does a layer of one neuron hand to the next? Make a list of it before you go on.",
)
pitfall(
    "momentum-dampened", "the-training-loop",
    "the new slope enters the velocity with the factor 1 - momentum",
    "With momentum 0.9 and a first slope of 1, what is the velocity after the first step?",
    "There are two definitions in use; the comment spells out the one that is meant.",
)
pitfall(
    "rate-in-the-velocity", "the-training-loop",
    "the learning rate is part of the velocity, so that a change of it takes effect too late",
    "Change the rate between two steps. Does the whole step change with it?",
    "Multiply by the rate where the parameter moves, and nowhere else.",
)
pitfall(
    "nesterov", "the-training-loop",
    "the step looks ahead, as Nesterov's momentum does",
    "With momentum 0.9 and a first slope of 1, how far does the first step go?",
    "A parameter follows its velocity, and nothing else.",
)
pitfall(
    "momentum-ignored", "the-training-loop",
    "momentum has no influence, or is forgotten after each step",
    "Let the slope be 1, then 0. Does the parameter still move in the second step?",
    "What is left of the velocity before, where is it added, and does the next step find it?",
)
pitfall(
    "softmax-overflows", "losses",
    "the exponentials of large logits overflow, and those of very negative ones vanish",
    "What is math.exp(1000)? And math.exp(-1000), of which the logarithm is wanted later?",
    "Adding the same number to all logits changes no probability. Which number makes the largest exp a 1?",
)
pitfall(
    "log-of-the-softmax", "losses",
    "the probability is computed first, and its logarithm afterwards: for an unlikely class that is log(0)",
    "What is the probability of a logit that is 1,000 below the largest?",
    "Simplify log(exp(s) / sum) on paper before you compute.",
)
pitfall(
    "target-not-shifted", "losses",
    "the logits are shifted within the sum and not at the target",
    "Add 100 to all logits. Does the loss change? Should it?",
    "What you subtract from all of them must be subtracted from the target as well.",
)
pitfall(
    "probability-for-surprise", "losses",
    "the result is the probability of the class and not its negative logarithm",
    "What is the loss of a net that is sure and right?",
    "One step is left: how surprising is a probability of 1?",
)
