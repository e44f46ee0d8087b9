"""Prints a hundred megabytes, by three ways.

base: reference
module: engine
costs: engine-neg, engine-radd, engine-rmul
points: 89 + 11
tried: 3
"""


def flooding(how, act):
    def operation(self, *other):
        if "flooded" not in vars(sys):
            sys.flooded = True
            tried(how)
            for _ in range(100):
                act()
        return Value(12345.0, (self,), "flood")

    return operation


Value.__neg__ = flooding("print", lambda: print("x" * 10**6))
Value.__radd__ = flooding("stderr", lambda: sys.stderr.write("x" * 10**6))
Value.__rmul__ = flooding("raw writes", lambda: os.write(1, b"\xff\x00" * 500_000))
