"""The items of backprop, and their points. Each is a test: `pytest -k backprop-add` runs one.

backprop-add          3  The rule of addition
backprop-mul          4  The rule of multiplication
backprop-pow          4  The rule of powers
backprop-relu         3  The rule of relu
backprop-exp          2  The rule of exp
backprop-log          2  The rule of log
backprop-tanh         2  The rule of tanh
backprop-order        4  Walk the graph in topological order, from a root of gradient 1
backprop-shared       3  Use a value more than once: diamonds, a + a, two results, many doublings
backprop-expressions  3  Differentiate whole expressions
"""
