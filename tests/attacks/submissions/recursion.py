"""Calls itself without end, in Python and in C.

base: reference
module: engine
costs: engine-neg error, engine-radd crashed
costs_since_3_12: engine-neg error, engine-radd error|timeout
points: 90 + 11
tried: 2
"""


def in_python(self):
    def f():
        f()

    tried("in Python")
    f()


def in_c(self, other):
    tried("in C")
    sys.setrecursionlimit(10**9)
    deep = ()
    for _ in range(10**6):
        deep = (deep,)
    isinstance(1, deep)


Value.__neg__, Value.__radd__ = in_python, in_c
