"""Fills the memory while it is imported.

base: reference
module: trace
points: 96 + 20
costs: trace-nodes, trace-dot
sign: micrograd/trace.py
"""

found = []
while True:
    found.append(bytes(1 << 22))
