"""Raises the exceptions that the grader raises itself, to be taken for the grader's trouble and be graded again.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""


def raising(name, make):
    def operation(self, *other):
        tried(name)
        raise make()

    return operation


def hostile_text():
    return type("E", (harness("courses.micrograd.student_lab.values").WrongKind,), {"__str__": lambda self: os._exit(0)})()


ATTACKS = [
    raising("SandboxError", lambda: harness("sandbox.protocol").SandboxError("the sandbox died")),
    raising("WrongKind", lambda: harness("courses.micrograd.student_lab.values").WrongKind("x" * 10**6)),
    raising("a hostile WrongKind", hostile_text),
    raising("OSError", lambda: OSError(28, "No space left on device")),
    raising("MemoryError", MemoryError),
    raising("EOFError", EOFError),
    raising("a group", lambda: BaseExceptionGroup("x", [SystemExit(0), MemoryError()])),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
