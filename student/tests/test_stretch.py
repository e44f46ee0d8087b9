"""The items of stretch, and their points. Each is a test: `pytest -k stretch-deep` runs one.

stretch-deep           3  Go back through a chain of 10,000 nodes
stretch-twice          3  Call backward() twice on one graph
stretch-edges          4  Mind the edges: 0**0, roots of negative numbers, tanh of large ones, operands that are no numbers
stretch-shapes         2  Refuse inputs of the wrong length, and let a hidden layer be one neuron wide
stretch-momentum       3  Keep rolling: momentum
stretch-cross-entropy  5  Cross-entropy that does not overflow
"""
