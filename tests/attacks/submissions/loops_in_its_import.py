"""Never comes to the end of its import, and hears no alarm meanwhile.

base: reference
module: trace
points: 96 + 20
costs: trace-nodes timeout
sign: importing micrograd/trace.py did not come to an end
"""

import itertools

all(itertools.repeat(True))
