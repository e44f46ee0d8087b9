"""Closes stdout, removes it, or puts something hostile in its place.

base: reference
module: engine
points: 89 + 11
costs: engine-neg, engine-radd, engine-rmul
tried: 3
"""


class Hostile:
    def __init__(self, act):
        self.flush = self.write = act

    def __getattr__(self, name):
        raise SystemExit


def replacing(name, act):
    def operation(self, *other):
        tried(name)
        act()
        return Value(12345.0, (self,), "silent")

    return operation


def put(stream):
    sys.stdout = sys.stderr = sys.__stdout__ = stream


Value.__neg__ = replacing("none", lambda: put(None))
Value.__radd__ = replacing("one that exits", lambda: put(Hostile(lambda *_: os._exit(0))))
Value.__rmul__ = replacing("closed", lambda: (sys.stdout.close(), sys.stderr.close()))
