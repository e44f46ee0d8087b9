"""The items of engine, and their points. Each is a test: `pytest -k engine-add` runs one.

engine-add       2  Add
engine-mul       2  Multiply
engine-pow       2  Raise to a constant power
engine-relu      2  Rectify
engine-exp       1  Exponentiate
engine-log       1  Take the natural logarithm
engine-tanh      2  Squash with tanh
engine-neg       1  Negate
engine-sub       1  Subtract
engine-truediv   2  Divide
engine-radd      1  Add to a plain number
engine-rsub      2  Subtract from a plain number
engine-rmul      1  Multiply a plain number
engine-rtruediv  2  Divide a plain number
trace-nodes      2  Collect the nodes and edges of a graph
trace-dot        2  Draw a graph
"""

# Tests of your own go below: plain functions, called test_…, with an assert. They are the work of
# testing, which counts the mistakes that they catch: `gradschool check --item testing-forward`.