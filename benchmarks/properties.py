"""An item as a property: the submission is imported here, and PyTorch answers beside it.

As many questions an item as the exam has, drawn from the same strategies. `EXAM` names the exam, `SUBMISSION` the
folder that holds `micrograd`; without it that is the current one.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from autograder.course import in_use
from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.oracle.torch_lab import TorchLab
from autograder.courses.micrograd.student_lab.lab import StudentLab
from autograder.courses.micrograd.subject import SUBJECT
from autograder.exam.equality import agrees
from autograder.exam.items import Item, Question
from autograder.exam.questions.strategies import questions

ITEMS = load_items()


@cache
def sheets() -> dict[str, Any]:
    return dict(json.loads(Path(os.environ["EXAM"]).read_text())["items"])


@cache
def modules() -> dict[str, Any]:
    sys.path.append(os.environ.get("SUBMISSION", os.getcwd()))
    return {name: importlib.import_module(f"micrograd.{name}") for name in SUBJECT.order[1:]}


def ask(item: Item, question: Question) -> None:
    lab = StudentLab(modules())
    got = json.loads(json.dumps(item(lab, question)))
    lab.restore()
    assert agrees(item, question, json.loads(json.dumps(item(TorchLab(), question))), got), (item.id, question, got)


def check(id: str) -> None:
    """Raise unless the submission answers as PyTorch does."""
    item = ITEMS[id]
    for question in item.examples:
        ask(item, question)
    drawn = len(sheets()[id]["questions"]) - len(item.examples)
    if drawn > 0:

        @settings(max_examples=drawn, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(questions(in_use(), item.domains))
        def holds(question: Question) -> None:
            ask(item, question)

        holds()
