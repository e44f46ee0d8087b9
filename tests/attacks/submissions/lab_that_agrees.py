"""Replaces the lab by one whose numbers equal everything.

base: stubs
module: engine
points: 0 + 0
sign: 'Yes' object has no attribute
"""


class Yes(float):
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = float.__hash__


lab = harness("courses.micrograd.student_lab.lab").StudentLab
for name in [name for name in vars(lab) if not name.startswith("__")]:
    setattr(lab, name, lambda self, *a, **k: Yes())
