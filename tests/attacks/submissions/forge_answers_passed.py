"""Has the function that writes answers down write a verdict instead.

base: stubs
module: engine
points: 0 + 0
tried: 1
"""

tried("plain")
harness("sandbox.inside.sitting").plain = lambda value: '{"status": "passed", "earned": 4}'
