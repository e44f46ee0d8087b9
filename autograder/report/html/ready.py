"""What is written of a report, made ready by whoever graded it, which may be another process or another machine.

Pictures are drawn later, many at a time, by whoever writes; in a page that is ready a mark stands where each belongs.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from autograder.report import Report
from autograder.report.files import report_json
from autograder.report.html.pages import drawn_in, stamp_of


@dataclass(frozen=True)
class Ready:
    """A report, the text of its report.json, and its page. `stamp` names what the page was made of, and `mark` is in
    front of an item's id where its picture belongs. Texts are empty where whoever writes has to make them."""

    report: Report
    text: str = ""
    page: str = ""
    stamp: str = ""
    mark: str = ""

    def whole_page(self, pictures: Mapping[str, str]) -> str:
        """The page with all its pictures."""
        page = self.page
        for id, picture in pictures.items():
            page = page.replace(f"{self.mark}{id} ", picture)
        return page


def ready(report: Report, key: str) -> Ready:
    """The same as whoever writes would make of it, with all pictures. `key` names all that the report depends on."""
    text = page = stamp = ""
    mark = f"{secrets.token_hex(16)} "  # drawn now, so it cannot stand in what a student has written
    with suppress(Exception):  # whoever writes has the same trouble, and says so
        text = report_json(report)
        from autograder.report.html.student_page import student_page  # slow to import, and needs Jinja

        drawn = drawn_in(report)
        stamp = stamp_of(report, drawn, key)
        page = student_page(report, {id: f"{mark}{id} " for id in drawn}, stamp)
    return Ready(report, text, page, stamp, mark)
