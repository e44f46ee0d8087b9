"""The floor: one submission answers the exam in one plain process: no sandbox, no pipes, no garbage collector.

Run as `python -m benchmarks.floor PACKAGE_ROOT EXAM_FILE`; prints the seconds that importing and answering took.
"""

import gc
import importlib
import json
import sys
import time
from pathlib import Path

import graphviz  # noqa: F401 - what a submission finds imported in the sandbox, too
import numpy  # noqa: F401

from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.student_lab.lab import StudentLab
from autograder.courses.micrograd.subject import SUBJECT


def main(root: str, exam_file: str) -> None:
    """Answer every question once."""
    exam = json.loads(Path(exam_file).read_text())
    items = load_items()
    gc.disable()
    start = time.perf_counter()
    sys.path.append(root)
    modules = {name: importlib.import_module(f"micrograd.{name}") for name in SUBJECT.order[1:]}
    for id, sheet in exam["items"].items():
        lab = StudentLab(modules)
        for question in sheet["questions"]:
            items[id](lab, question)
            lab.restore()
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
