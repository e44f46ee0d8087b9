"""Patches writing and exiting, so that its runner falls silent.

base: stubs
module: engine
points: 0 + 0
sign: engine
"""

tried("os.write")
os.write = lambda fd, data: len(data)
os._exit = lambda code: None
