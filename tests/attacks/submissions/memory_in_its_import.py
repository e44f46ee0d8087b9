"""Fills the memory while it is imported.

base: reference
module: trace
points: 100 + 20
sign: micrograd/trace.py stops at line
"""

found = []
while True:
    found.append(bytes(1 << 22))
