"""A results folder as exports read it: the outlines of all reports, and one report or page at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from autograder.errors import UserError
from autograder.project import typed
from autograder.report import Report
from autograder.report.feedback import is_cut, told
from autograder.report.kept.outlines import Outlines


class Shelf:
    """Where reports lie: those of a class, or the one in a student's folder, which is then `alone`."""

    def __init__(self, results: Path):
        self.results = results
        self.alone = (results / "report.json").is_file()

    def outlines(self) -> list[Report]:
        """The outline of each report, in the order of the students. Raises UserError where one is no report, or there
        are none."""
        known = Outlines(self.results)
        if self.alone:
            return [known.of(_read(self.results / "report.json"))]
        found = []
        for student in sorted(self._students()):
            kept, path = known.get(student), f"{self.results}/{student}/report.json"
            report = kept.report if kept else known.of(_read(Path(path)))
            if report.student != student:
                raise UserError(
                    f"{path} is the report of somebody else ({report.student!r}): grade the submission again"
                )
            found.append(report)
        if not found:
            command = f"gradschool grade SUBMISSIONS --out {typed(self.results)}"
            raise UserError(f"there are no results in {self.results}: `{command}` makes some")
        return found

    def _students(self) -> Iterator[str]:
        with suppress(OSError):
            for student in os.listdir(self.results):
                if os.path.exists(f"{self.results}/{student}/report.json"):
                    yield student

    def whole(self, outline: Report) -> Report:
        """The report of that outline, with what the outline knows of the student."""
        return replace(_read(self._folder(outline) / "report.json"), who=outline.who)

    def told(self, outline: Report) -> Report:
        """The same as its student gets it."""
        return told(self.whole(outline))

    def page(self, outline: Report) -> bytes:
        """The student's page, as it was written; or made anew, without pictures, where it is not there, or less is told
        than stands in the report."""
        page = self._folder(outline) / "index.html"
        if page.is_file() and not is_cut(outline):
            return page.read_bytes()
        from autograder.report.html.student_page import student_page  # slow to import, and needs Jinja

        return student_page(self.told(outline), {}).encode("utf-8", "backslashreplace")

    def _folder(self, outline: Report) -> Path:
        return self.results if self.alone else self.results / outline.student


def _read(path: Path) -> Report:
    try:
        return Report.from_dict(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path} is not a report of this version ({error}): grade the submission again") from None
