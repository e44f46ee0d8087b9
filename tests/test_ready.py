"""What judges and a cluster's workers make ready of a report is what whoever writes would make of it."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES
from nightly import WHOLE
from reports import sample_reports as all_reports
from test_faulty_runs import contents
from test_report import HOSTILE, report, verdict

from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.courses.micrograd import load_items
from autograder.exam.paper import Exam
from autograder.report import Report
from autograder.report.files import write_report
from autograder.report.html import student_page
from autograder.report.html.drawings import Drawings
from autograder.report.html.pages import Pages, drawn_in
from autograder.report.html.ready import Ready, ready
from autograder.sandbox.layers import NO_SANDBOX
from autograder.settings.dates import ALL, Dates, Penalty
from autograder.settings.in_force import drop, hold
from autograder.settings.reading import Settings
from autograder.submissions.discovery import find_submissions

# By day of some students, of whom one has pictures, one is out of time, and one cannot be read.
SOME = ("ada", "emil", "hana", "marek")
HARD = [report(*(verdict(text, message=text, stdout=text) for text in HOSTILE), student="hard")]


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    yield
    drop()


def sample_reports() -> list[Report]:
    return [each for each in all_reports() if WHOLE or each.student in SOME]


def written(folder: Path, found: list[tuple[Report, Ready | None]], *, drawn: bool = True) -> dict[str, bytes]:
    """All files of these reports, written as grading does."""
    drawings, pages = Drawings(folder, load_items()), Pages(folder)
    for each, made in found:
        write_report(folder, each, made.text if made else "")
        drawings.complete(each)
        pages.replace(each, "key", made)
    if drawn:
        drawings.draw()
    pages.write()
    assert pages.trouble == drawings.trouble == ""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(*_: Any) -> str:
    raise AssertionError("a page was made once more")


def test_what_is_ready_is_written_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = [*sample_reports(), *HARD]
    assert any(drawn_in(each) for each in reports)
    right = written(tmp_path / "right", [(each, None) for each in reports])
    made = [(each, pickle.loads(pickle.dumps(ready(each, "key")))) for each in reports]
    monkeypatch.setattr(student_page, "student_page", refused)
    assert written(tmp_path / "made", made) == right


def test_where_a_picture_is_missing_the_page_is_made_anew(tmp_path: Path) -> None:
    reports = [each for each in sample_reports() if drawn_in(each)]
    right = written(tmp_path / "right", [(each, None) for each in reports], drawn=False)
    assert written(tmp_path / "made", [(each, ready(each, "key")) for each in reports], drawn=False) == right


def test_what_was_made_under_other_settings_is_made_anew(tmp_path: Path) -> None:
    reports = sample_reports()
    made = [(each, ready(each, "key")) for each in reports]
    hold(Settings(term="autumn"))
    right = written(tmp_path / "right", [(each, None) for each in reports])
    assert written(tmp_path / "made", made) == right


def test_what_no_page_can_be_made_of_is_left_to_whoever_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> str:
        raise ModuleNotFoundError("Jinja2")

    monkeypatch.setattr(student_page, "student_page", fail)
    made = ready(sample_reports()[0], "key")
    assert made.text and not made.page


def test_judges_make_the_pages_of_a_course_with_dates(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes makes none, but for the one whose submission is the same as another's."""
    for name in ("ada", "bela", "chen") if WHOLE else ("ada", "bela"):
        shutil.copytree(SAMPLES / name, tmp_path / "class" / name)
    shutil.copytree(SAMPLES / "bela", tmp_path / "class" / "twin")
    due = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=3)
    hold(Settings(term="autumn", dates=Dates("UTC", {ALL: due}, penalty=Penalty(10, 50))))
    late = {"": datetime.now(UTC)}
    found = [replace(each, times=late) for each in find_submissions([tmp_path / "class"], [])]
    job = Job(exam, NO_SANDBOX, item_ids(["engine"]))
    grade_class(found, job, Results(tmp_path / "here", job))
    made: list[str] = []
    real = student_page.student_page

    def page(report: Report, *rest: Any) -> str:
        made.append(report.student)
        return real(report, *rest)

    monkeypatch.setattr(student_page, "student_page", page)
    reports = grade_class(found, job, Results(tmp_path / "judges", job), jobs=2)
    assert made == ["twin"] and all(each.late for each in reports)
    assert contents(tmp_path / "judges") == contents(tmp_path / "here")
