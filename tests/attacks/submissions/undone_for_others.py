"""Makes everybody else's items look undone, and its own.

base: reference
module: engine
points: 91 + 15
costs: engine-neg todo
tried: 1
"""


def neg(self):
    def later(self, *a, **k):
        raise NotImplementedError

    tried("todo")
    lab = harness("courses.micrograd.student_lab.lab").StudentLab
    lab.operand = lab.nodes = lab.engine = lab.isolated = lab.trace = lab.draw_dot = later
    raise NotImplementedError


Value.__neg__ = neg
