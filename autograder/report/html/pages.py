"""The pages beside the reports of a class: STUDENT/index.html, and index.html for all.

A page is written anew only when it has to: its first lines name what it was made of.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course import in_use
from autograder.files import write_atomically
from autograder.ids import safe_id
from autograder.project import installing
from autograder.report import Report
from autograder.report.needs import Need
from autograder.report.text import RubricItem
from autograder.settings.in_force import in_force

if TYPE_CHECKING:
    from autograder.report.html.ready import Ready

_HEAD = 200  # bytes of a page in which its stamp stands


class Pages:
    """Writes pages when it is told that all their pictures are there. `trouble` says why some are missing, or is
    empty: no page is worth a report."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._waiting: list[tuple[Report, str, Ready | None]] = []
        self.trouble = ""

    def replace(self, report: Report, key: str, made: Ready | None = None) -> None:
        """Have the page of a new report written, and remove that of the old one. `key` names all that the report
        depends on, and `made` may hold the page already."""
        (self._folder / report.student / "index.html").unlink(missing_ok=True)
        self._waiting.append((report, key, made))

    def complete(self, report: Report, key: str) -> None:
        """Have the page of a report written if it is not there, or was made of something else."""
        self._waiting.append((report, key, None))

    def holds(self, report: Report, drawn: Sequence[str], key: str) -> bool:
        """Whether the page of a report, or of its outline, is there, and was made of what there is now: `drawn` are the
        items that have a graph."""
        return bool(key) and _holds(f"{self._folder}/{report.student}/index.html", self._stamp(report, drawn, key))

    def _stamp(self, report: Report, drawn: Sequence[str], key: str) -> str:
        return stamp_of(report, self._pictures(report.student, drawn), key)

    def _pictures(self, student: str, drawn: Sequence[str]) -> dict[str, str]:
        """The pictures that are there of these items."""
        paths = {id: f"{self._folder}/{student}/{id}.svg" for id in drawn}
        return {id: path for id, path in paths.items() if os.path.isfile(path)}

    def write(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        for report, key, made in waiting:
            drawn = drawn_in(report)
            try:
                if self.holds(report, drawn, key):
                    continue
                paths = self._pictures(report.student, drawn)
                pictures = {id: Path(path).read_text("utf-8") for id, path in paths.items()}
                page = self._page(report, pictures, stamp_of(report, paths, key), made)
                write_atomically(self._folder / report.student / "index.html", page)
            except Exception as error:  # whatever a report holds, it must not end the grading of a class
                self._note(f"the page of {report.student}", error)

    def _page(self, report: Report, pictures: Mapping[str, str], stamp: str, made: Ready | None) -> str:
        """The page, which may be `made` already, of the same report and with these pictures."""
        if made and made.page and made.stamp == stamp:
            return made.whole_page(pictures)
        from autograder.report.html.student_page import student_page  # slow to import, and needs Jinja

        return student_page(report, pictures, stamp)

    def write_class(
        self, reports: Sequence[Report], items: Sequence[RubricItem], keys: Sequence[str] | None, weaker: str = "",
        found: Sequence[Need] = (), summary: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Write the page of the class, and one for each section where the instructor wants that. `keys` belong to the
        reports; without them the page is always written. `weaker` says what is missing of the sandbox, `found` what
        to look at, and `summary` how the class did, where that is known."""
        sections = sections_of(reports) if in_force().by_section else {}
        pages = {name: f"section-{safe_id(name)}.html" for name in sections}
        for stale in {path.name for path in self._folder.glob("section-*.html")} - {*pages.values()}:
            (self._folder / stale).unlink(missing_ok=True)
        self._write_class("index.html", reports, items, keys, weaker, found, sections=[*pages.items()], summary=summary)
        for name, theirs in sections.items():
            students = {report.student for report in theirs}
            some = [need for need in found if need.student in students]
            self._write_class(pages[name], theirs, items, None, weaker, some, section=name)

    def _write_class(
        self, file: str, reports: Sequence[Report], items: Sequence[RubricItem], keys: Sequence[str] | None,
        weaker: str, found: Sequence[Need], section: str = "", sections: Sequence[tuple[str, str]] = (),
        summary: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        students = (
            f"{report.student} {report.message} {sorted(report.who.items())}{_reckoned(report)}" for report in reports
        )
        said = [weaker, *map(repr, found), *(map(repr, sections))]
        stamp = _stamp(chain((item.id for item in items), students, said, keys or ()))
        path = self._folder / file
        try:
            if keys is not None and all(keys) and _holds(path, stamp):
                return
            from autograder.report.html.class_page import class_page

            path.unlink(missing_ok=True)
            write_atomically(path, class_page(reports, items, stamp, weaker, found, section, sections, summary))
        except Exception as error:
            self._note("the page of the class", error)

    def _note(self, page: str, error: Exception) -> None:
        if isinstance(error, ModuleNotFoundError) and error.name in ("jinja2", "markupsafe"):
            self.trouble = f"pages are not written, for Jinja2 is not installed: {installing('grade')}"
        else:
            self.trouble = self.trouble or f"{page} cannot be written ({type(error).__name__}: {error})"


def sections_of(reports: Sequence[Report]) -> dict[str, list[Report]]:
    """The reports of each section that a roster names. Who is in several, as Canvas writes it, is in each."""
    found: dict[str, list[Report]] = {}
    for report in reports:
        for name in filter(None, map(str.strip, re.split(r" and |[,;]", report.who.get("section", "")))):
            found.setdefault(name, []).append(report)
    return dict(sorted(found.items()))


def drawn_in(report: Report) -> list[str]:
    """The items that have a graph."""
    return [item.id for item in report.items if (item.counterexample or {}).get("graph")]


def stamp_of(report: Report, pictures: Iterable[str], key: str) -> str:
    """Names what the page of a report is made of: the items of its pictures, and all that `key` names."""
    return _stamp([key + _reckoned(report), *pictures])


def _reckoned(report: Report) -> str:
    """What a page says of what is late."""
    return f" {report.late} {report.untimed}" if report.dated else ""


def _holds(path: str | Path, stamp: str) -> bool:
    """Whether the page is there and was made of what the stamp stands for."""
    try:
        with open(path, "rb", buffering=0) as page:
            return stamp.encode() in (page.read(_HEAD) or b"")
    except FileNotFoundError:
        return False


def _stamp(parts: Iterable[str]) -> str:
    settings = in_force()
    digest = hashlib.sha256(_templates().encode())
    for part in chain([in_use().title, settings.term, settings.language], parts):
        digest.update(b"\0" + part.encode("utf-8", "backslashreplace"))
    return digest.hexdigest()[:32]


@cache
def _templates() -> str:
    """The content address of the templates. What the code makes of them is in the keys of reports."""
    digest = hashlib.sha256()
    folder = resources.files("autograder.report.html") / "templates"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
