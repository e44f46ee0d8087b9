"""Leaves hooks for whatever Python calls by itself: traces, audits, collections, deletions, exceptions.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""


class Deleted:
    def __del__(self):
        os._exit(0)


def refuse(*_):
    raise SystemExit


def hooking(name, act):
    def operation(self, *other):
        tried(name)
        act()
        return Value(12345.0, (self,), "hooked")

    return operation


def collect():
    gc.callbacks.append(lambda *_: os._exit(0))
    gc.enable()
    gc.set_threshold(1)


def complain():
    sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *_: os._exit(0)


ATTACKS = [
    hooking("trace", lambda: (sys.settrace(lambda *_: None), sys.setprofile(lambda *_: None))),
    hooking("audit", lambda: sys.addaudithook(refuse)),
    hooking("collections", collect),
    hooking("exceptions", complain),
    hooking("deletion", lambda: setattr(sys, "doomed", Deleted())),
    hooking("breakpoint", breakpoint),
    hooking("switches", lambda: (sys.setswitchinterval(1e-9), sys.setrecursionlimit(30))),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
