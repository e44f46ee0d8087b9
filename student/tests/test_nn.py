"""The items of nn, and their points. Each is a test: `pytest -k nn-neuron` runs one.

nn-neuron             4  A neuron: relu(w·x + b)
nn-neuron-parameters  2  The parameters of a neuron
nn-layer              3  A layer: neurons side by side
nn-layer-parameters   1  The parameters of a layer
nn-mlp                4  A net: layers one after the other, the last one linear
nn-mlp-parameters     1  The parameters of a net
nn-zero-grad          2  Forget the gradients
nn-dropout            3  Dropout: left out at random in training, never in use
"""

# Tests of your own go below: plain functions, called test_…, with an assert. They are the work of
# testing, which counts the mistakes that they catch: `gradschool check --item testing-forward`.