"""Says without end that it is imported.

base: reference
module: trace
points: 96 + 20
costs: trace-nodes
sign: ended the Python process
"""

while True:
    say(harness("sandbox.supervise").IMPORTED, b"{}" + b" " * 900_000)
