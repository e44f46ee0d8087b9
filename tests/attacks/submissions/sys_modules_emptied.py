"""Empties sys.modules, the import path and the finders, which costs those that are imported later.

base: reference
module: train
points: 80 + 10
costs: training-mse, training-hinge, training-l2, training-accuracy, training-sgd-step, training-sgd-zero-grad, training-decay, training-step, training-parity, training-moons, stretch-momentum, stretch-cross-entropy, stretch-shapes
sign: micrograd/train.py cannot be imported
"""

sys.path.clear(), sys.meta_path.clear(), sys.path_hooks.clear()
sys.modules.clear()
raise ImportError("all gone")
