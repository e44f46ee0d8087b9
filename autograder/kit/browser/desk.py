"""A student's desk in a browser: what the page asks of Python, in JSON both ways."""

from __future__ import annotations

import gc
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.exam.paper import load
from autograder.grading.grader import Grader
from autograder.kit.browser.clock import Clock, Room
from autograder.kit.browser.marks import marks
from autograder.kit.browser.worker import HereWorker, Progress
from autograder.report import ItemResult, Report
from autograder.report.files import report_json
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.scratch import Scratch
from autograder.submissions.unpacking import Own

# A browser's Python takes three times as long for the same code.
LIMITS = Limits(wall=5.0, imports=5.0, patience=1.5, budget=60.0)


class Desk:
    """Checks what a student has written on the practice exam in the file `exam`.

    `progress` is told of what comes next, as `HereWorker` has it; `room` tells whether there is room on the stack.
    """

    def __init__(
        self, exam: Path, *, progress: Progress = lambda what: None, room: Room = lambda: True, limits: Limits = LIMITS,
        numpy: bool | None = None,
    ):  # fmt: skip
        self._exam = load(exam)
        self._course = self._exam.course
        self._worker = HereWorker(
            self._course.find("subject"), self._exam.questions(), limits, clock=Clock(room), progress=progress,
            numpy=numpy,
        )  # fmt: skip
        self._report: Report | None = None

    def check(self, files: str, lost: str = "{}") -> str:
        """The report on these files, with all that the page shows of it."""
        self._worker.given_up = json.loads(lost)
        self._worker.stand_ins.clear()
        with Scratch() as name:
            root = Path(name)
            lay(root / self._course.package, json.loads(files))
            grader = Grader(self._exam, NO_SANDBOX, worker=self._worker, follow=lambda id, place: None)
            report = self._report = grader.grade("you", Own(root / self._course.package))
            marked = marks(report, root, self._course.items)
        gc.collect()
        return json.dumps({
            "report": json.loads(report_json(report)), "html": self._page(report, {}), "marks": marked,
            "items": [_item(item) for item in report.items], "notes": self._notes(),
        })  # fmt: skip

    def _page(self, report: Report, pictures: Mapping[str, str]) -> str:
        from autograder.report.html.student_page import student_page  # slow to import

        return student_page(report, pictures)

    def _notes(self) -> list[str]:
        return []


def lay(package: Path, files: Mapping[str, str]) -> None:
    """Write the files of a package."""
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _item(item: ItemResult) -> dict[str, Any]:
    return {
        "id": item.id, "status": item.status, "points": item.earned, "max_points": item.points, "prints": item.stdout,
        "paste": item.reproduce or "",
    }  # fmt: skip
