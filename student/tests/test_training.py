"""The items of training, and their points. Each is a test: `pytest -k training-mse` runs one.

training-mse            2  The mean squared error
training-hinge          2  The hinge loss
training-l2             1  The L2 penalty
training-accuracy       1  The share of right answers
training-sgd-step       2  A step downhill
training-sgd-zero-grad  1  Forget the gradients, through the optimizer
training-decay          2  A learning rate that goes down along a line
training-step           4  One step of training
training-parity         3  The same weights as PyTorch's, after 1, 2 and 10 steps
training-moons          2  Learn to tell two moons apart
"""
