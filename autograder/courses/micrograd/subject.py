"""micrograd, as far as the sandbox has to know it."""

from __future__ import annotations

from autograder.courses.micrograd.lab import PIECES
from autograder.sandbox.subject import Module, Subject

_LAB = "autograder.courses.micrograd.student_lab"
_VALUES = f"{_LAB}.values"

SUBJECT = Subject(
    package="micrograd",
    modules=(
        Module("engine", stand_ins={"Value": f"{_VALUES}:BareValue"}, classes={"Value": f"{_VALUES}:Missing"}),
        Module("derivative"),
        Module("trace", beneath=("engine",)),
        Module("nn", beneath=("engine",), stand_ins=dict.fromkeys(("Module", "Neuron", "Layer", "MLP"), "")),
        Module("train", beneath=("engine", "nn"), beside=("data",)),
    ),
    libraries=("numpy", "graphviz"),
    items="autograder.courses.micrograd:load_items",
    lab=f"{_LAB}.lab:StudentLab",
    pieces=f"{_LAB}.pieces",
    lent=PIECES,
    tables=("COMPUTE", "SLOPES"),
    tools=("math", "_operator", "autograder.sandbox.inside.sitting:WrongKind", "autograder.phrase:Phrase"),
    shown=(
        "courses/__init__.py",
        *(f"courses/micrograd/{name}" for name in ("__init__.py", "domains.py", "lab.py", "operations.py")),
        *(f"courses/micrograd/{name}" for name in ("rubric", "student_lab")),
    ),
)  # fmt: skip
