"""Says in its import that the import of another module has begun, and dies: which costs that one too.

base: reference
module: trace
points: 76 + 10
costs: trace-nodes crashed, training-mse crashed, training-hinge crashed, training-l2 crashed, training-accuracy crashed, training-sgd-step crashed, training-sgd-zero-grad crashed, training-decay crashed, training-step crashed, stretch-cross-entropy crashed
sign: importing micrograd/train.py ended
"""

say(harness("sandbox.supervise").IMPORTING, b"train")
os._exit(0)
