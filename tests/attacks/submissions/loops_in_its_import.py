"""Never comes to the end of its import.

base: reference
module: trace
points: 96 + 20
costs: trace-nodes timeout
sign: importing micrograd/trace.py did not come to an end
"""

while True:
    pass
