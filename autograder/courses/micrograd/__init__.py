"""micrograd: a scalar autograd engine, and a small library of neural nets on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.course import Course
from autograder.courses.micrograd.lab import ATTRIBUTES

if TYPE_CHECKING:
    from autograder.exam.items import Item

_HERE = "autograder.courses.micrograd"

COURSE = Course(
    module=_HERE,
    title="micrograd",
    package="micrograd",
    modules=("engine", "derivative", "trace", "nn", "train"),
    given_modules=("data",),
    telling_modules=("engine", "derivative"),
    names={"Value": "engine"},
    lecture="micrograd.md",
    assignments=("derivative", "engine", "backprop", "nn", "training", "stretch", "testing"),
    attributes=ATTRIBUTES,
    given=f"{_HERE}.given",
    rubric=f"{_HERE}.rubric",
    subject=f"{_HERE}.subject:SUBJECT",
    oracle=f"{_HERE}.oracle.torch_lab:by_torch",
    check=f"{_HERE}.oracle.numeric_lab:by_differences",
    domains=f"{_HERE}.strategies",
    notes=f"{_HERE}.oracle.annotation:annotate",
    transcribe=f"{_HERE}.transcript.lab:write_down",
    transcript=f"{_HERE}.transcript.transcript:Transcript",
    graph=f"{_HERE}.graph_diff",
    origin=f"{_HERE}.arithmetic:origin",
    pitfalls=f"{_HERE}.words:catalogue",
    hint_words=f"{_HERE}.words:hint_words",
    hints=f"{_HERE}.hints",
    about="a number that remembers how it was computed and can therefore differentiate itself",
    example="engine-add",
    terms={"upstream gradient": "`out.grad`, what comes back to the result from all that was computed from it"},
    authorities=("PyTorch", "central differences"),
    built_with=("torch",),
    source=f"{_HERE}.source",
    pitfalls_page=f"{_HERE}.pitfalls_page:pitfalls_page",
    expression=f"{_HERE}.commands.expression",
    demo=f"{_HERE}.commands.demo",
    specimens=f"{_HERE}.testing.specimens:specimens",
    tests=("test_engine.py", "test_nn.py"),
)


def load_items() -> dict[str, Item]:
    """All items by id."""
    return COURSE.items
