"""The usual way: pytest, Hypothesis and PyTorch in the process that imports the student's code.

Run as `SUBMISSION=PACKAGE_ROOT python -m pytest benchmarks/peer.py`: the same experiments, as many questions an item as
the exam has, drawn from the same strategies.
"""

import importlib
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from autograder.exam import agrees
from autograder.oracle.torch_lab import TorchLab
from autograder.rubric import load_items
from autograder.sandbox.lab import StudentLab
from autograder.sandbox.supervise import MODULES
from autograder.strategies import questions

ITEMS = load_items()
SHEETS = json.loads(Path(os.environ["EXAM"]).read_text())["items"]


@pytest.fixture(scope="session")
def modules():
    sys.path.append(os.environ["SUBMISSION"])
    return {name: importlib.import_module(f"micrograd.{name}") for name in MODULES[1:]}


def check(item, modules, question):
    lab = StudentLab(modules)
    got = json.loads(json.dumps(item(lab, question)))
    lab.restore()
    assert agrees(item, question, json.loads(json.dumps(item(TorchLab(), question))), got)


@pytest.mark.parametrize("id", ITEMS)
def test_item(id, modules):
    item = ITEMS[id]
    for question in item.examples:
        check(item, modules, question)
    drawn = len(SHEETS[id]["questions"]) - len(item.examples)
    if drawn > 0:

        @settings(max_examples=drawn, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(questions(item.domains))
        def holds(question):
            check(item, modules, question)

        holds()
