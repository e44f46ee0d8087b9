"""Forges answers with a megabyte of printed text each.

base: reference
module: derivative
points: 96 + 20
costs: derivative-central, derivative-gradcheck
sign: questions were answered
"""

supervise = harness("sandbox.supervise")
say(supervise.IMPORTED, b"{}")
for index in range(60):
    say(supervise.BEGIN, index.to_bytes(2, "big"))
    say(supervise.DONE, supervise.DONE_HEAD.pack(index, supervise.ANSWERED, 0, 0, 0, 900_000) + b"x" * 900_000 + b"[]")
os._exit(0)
