"""Tells the supervisor that imports failed in ways that no import fails, with escape sequences and commands in it.

base: stubs
module: engine
points: 0 + 0
sign: ended the Python process (killed by SIGKILL)
"""

supervise = harness("sandbox.supervise")
evil = b"\x1b[31m\n::error::"
say(supervise.IMPORTED, b'{"engine": {"raised": 5, "text": [], "frames": "x"}, "derivative": {}, "trace": 1}')
for index in range(60):
    say(supervise.BEGIN, index.to_bytes(2, "big"))
    kind = supervise.NO_IMPORT if index % 2 else supervise.TIMEOUT
    say(supervise.DONE, supervise.DONE_HEAD.pack(index, kind, -(2**31), 2**32 - 1, 4, 4) + b"[[]]" + evil[:4] + evil)
os._exit(0)
