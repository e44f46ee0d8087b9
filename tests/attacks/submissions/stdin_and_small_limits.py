"""Reads from stdin, and sets its own limits so low that nothing works any more.

base: reference
module: engine
points: 90 + 11
costs: engine-neg, engine-radd error
tried: 2
"""

import resource


def small(self):
    tried("small limits")
    for name in ("AS", "NOFILE", "NPROC", "STACK"):
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (1, 1))
    return Value(bytearray(10**6), (self,), "small")


def ask(self, other):
    assert sys.stdin.read() == "" == open(0).read()
    tried("an empty stdin")
    raise EOFError


Value.__neg__, Value.__radd__ = small, ask
