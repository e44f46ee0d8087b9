"""The outlines of a results folder: what is read again and what is not, and that every face is the same for it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from nightly import few
from reports import many_reports, rubric
from reports import sample_reports as all_reports
from test_report import WIDE, report, reports, verdict

from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.errors import UserError
from autograder.report import Report, exports
from autograder.report.files import grades, report_json, summary, write_report
from autograder.report.html.class_page import class_page
from autograder.report.kept.outlines import FILE, Outlines
from autograder.report.kept.shelf import Shelf
from autograder.report.needs import needs
from autograder.sandbox.layers import NO_SANDBOX
from autograder.scheme import OWN
from autograder.submissions import submission as submissions_module
from autograder.submissions.submission import Submission

# Whom one grades here, for two assignments, of which one has graphs. How often reports are read: one a student, and one
# more where what was handed in cannot be read.
CLASS = {"ada", "chen", "emil", "marek", "rosa"}
READ = len(CLASS) + 2
opened: Counter[str] | None = None


def _count(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and opened is not None and "r" in str(arguments[1] or "r"):
        opened[os.path.basename(str(arguments[0]))] += 1


sys.addaudithook(_count)  # sees each way to open a file


@cache
def _sample_reports() -> list[Report]:
    found = [each for each in all_reports() if each.student in CLASS]
    return [
        replace(each, items=[item for item in each.items if item.assignment in ("derivative", "backprop")])
        for each in found
    ]


def sample_reports() -> list[Report]:
    return [*_sample_reports()]


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How often files are opened to be read, by their names."""
    global opened
    opened = found = Counter()
    try:
        yield found
    finally:
        opened = None


@dataclass(frozen=True)
class Ready(Job):
    """A job whose reports are ready."""

    found: tuple[Report, ...] = ()

    def grader(self) -> Any:
        return nullcontext()

    def grade(self, grader: Any, submission: Submission) -> Report:
        return next(each for each in self.found if each.student == submission.student)


Grade = Callable[..., list[Report]]


@pytest.fixture
def grade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Grade:
    """Grade a class whose reports are ready, into the folder results; a minute after it was handed in."""
    later = time.time_ns() + 60 * 10**9
    monkeypatch.setattr(submissions_module.time, "time_ns", lambda: later)
    exam: Any = SimpleNamespace(address="sha256", mistakes="", course=SimpleNamespace(scheme=OWN))

    def grade(found: list[Report], **options: Any) -> list[Report]:
        job = Ready(exam, NO_SANDBOX, item_ids(()), found=tuple(found))
        folders = {each.student: tmp_path / "class" / each.student for each in found}
        for student, folder in folders.items():
            if not folder.exists():
                (folder / "micrograd").mkdir(parents=True)
                (folder / "micrograd" / "engine.py").write_text(f"# {student}\n")
        submissions = [Submission(each.student, {"": folders[each.student]}, each.student, each.who) for each in found]
        return [*grade_class(submissions, job, Results(tmp_path / "results", job), **options)]

    return grade


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_class_that_has_not_changed_opens_no_report(grade: Grade, tmp_path: Path) -> None:
    first = grade(sample_reports())
    before = contents(tmp_path / "results")
    with counted() as found:
        assert grade(sample_reports()) == first
    assert found["report.json"] == 0 and found[FILE] == 1
    assert contents(tmp_path / "results") == before


def test_outlines_say_what_reports_say(grade: Grade, tmp_path: Path) -> None:
    """Without them the same is written, byte by byte."""
    grade(sample_reports())
    before = contents(tmp_path / "results")
    (tmp_path / "results" / FILE).unlink()
    with counted() as found:
        grade(sample_reports())
    assert found["report.json"] == READ
    assert contents(tmp_path / "results") == before


@pytest.mark.parametrize("name", ["cut", "same size", "gone", "somebody else's"])
def test_a_report_that_is_not_what_was_written_is_noticed(grade: Grade, tmp_path: Path, name: str) -> None:
    first = grade(sample_reports())
    path = tmp_path / "results" / "emil" / "report.json"
    text, found = path.read_text(), path.stat()
    if name == "cut":
        path.write_text(text[:100])
    elif name == "same size":
        path.write_text(text.replace('"earned": 2', '"earned": 1', 1))
    elif name == "gone":
        path.unlink()
    else:
        shutil.copy2(path.parents[1] / "ada" / "report.json", path)
    if path.exists():
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert grade(sample_reports()) == first
    assert path.read_text() == text  # it was graded again
    with counted() as opened:
        grade(sample_reports())
    assert opened["report.json"] == 0


def test_an_edited_report_is_what_an_export_says(grade: Grade, tmp_path: Path) -> None:
    grade(sample_reports())
    results = tmp_path / "results"
    with counted() as found:
        text = exports.export("csv", results).text
    assert found["report.json"] == 0
    path = results / "emil" / "report.json"
    path.write_text(path.read_text().replace('"message": ""', '"message": "as agreed"', 1))
    with counted() as found:
        edited = exports.export("csv", results).text
    assert found["report.json"] == 1
    assert edited != text and edited.count("as agreed") == 1
    path.write_text("{")
    with pytest.raises(UserError, match=r"emil/report\.json is not a report of this version"):
        exports.export("csv", results)


@pytest.mark.parametrize("damage", few([b"[]\n[]\n[]\n", b"\xff", b"", b"{"]))
def test_damaged_outlines_are_none(grade: Grade, tmp_path: Path, damage: bytes) -> None:
    first = grade(sample_reports())
    file = tmp_path / "results" / FILE
    whole = file.read_bytes()
    for text in (damage, whole[: len(whole) // 2], damage.join(whole.splitlines(keepends=True)[:1]) + damage):
        file.write_bytes(text)
        assert grade(sample_reports()) == first
        assert file.read_bytes() == whole


def test_a_clock_of_whole_seconds_proves_nothing(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat

    class Coarse:
        def __init__(self, found: os.stat_result):
            self._found = found
            self.st_ctime_ns = found.st_ctime_ns // 10**9 * 10**9

        def __getattr__(self, name: str) -> Any:
            return getattr(self._found, name)

    monkeypatch.setattr("autograder.report.kept.outlines.os.fstat", lambda handle: Coarse(real(handle)))
    first = grade(sample_reports())
    with counted() as found:
        assert grade(sample_reports()) == first
    assert found["report.json"] == READ


def test_what_is_newly_known_of_a_student_is_written(grade: Grade, tmp_path: Path) -> None:
    grade(sample_reports())
    named = [replace(each, who={"name": "Emil E."}) if each.student == "emil" else each for each in sample_reports()]
    with counted() as found:
        grade(named)
    assert found["report.json"] == 2  # read, and read back
    assert json.loads((tmp_path / "results" / "emil" / "report.json").read_text())["who"] == {"name": "Emil E."}


def test_who_wants_whole_reports_gets_them(grade: Grade) -> None:
    """Comments of a gradebook say all that there is."""
    grade(sample_reports())
    given: list[Report] = []
    grade(sample_reports(), book=SimpleNamespace(write=lambda submission, report: given.append(report)))
    assert given == sample_reports()


def test_classes_look_alike_by_their_outlines(tmp_path: Path) -> None:
    """Every face of a class is made of outlines as of the reports."""
    found = [*all_reports(), report(verdict(status="ungraded", message="out of memory"), student="zoe")]
    found += [replace(each, student=f"copy of {each.student}") for each in all_reports()]
    known = Outlines(tmp_path)
    outlines = [known.of(each) for each in found]
    assert [known.of(each) for each in outlines] == outlines
    ids = [item.id for item in rubric()]
    for made in (
        lambda these: grades(these, ids), lambda these: summary(these, rubric()), needs,
        lambda these: class_page(these, rubric(), found=needs(these)),
        *(exports._format(name).write for name in ("csv", "canvas", "moodle")),
    ):  # fmt: skip
        assert made(outlines) == made(found)


@WIDE
@given(reports())
def test_outlines_come_back(tmp_path_factory: pytest.TempPathFactory, found: Report) -> None:
    folder = tmp_path_factory.mktemp("results")
    write_report(folder, replace(found, student="a"))
    known = Outlines(folder)
    report, kept = known.read("a")
    assert report_json(report) == report_json(replace(found, student="a"))
    known.save()
    again = Outlines(folder).get("a")
    assert again == kept and grades([again.report], ["engine-0"]) == grades([report], ["engine-0"])


def test_exports_hold_one_report_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in many_reports(9):
        write_report(tmp_path, each)
    Outlines(tmp_path)
    alive = most = 0
    real = Report.from_dict.__func__  # type: ignore[attr-defined]

    class Held(dict[str, Any]):
        """Stands for a report: what was read of it is let go of with it."""

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def read(cls: type[Report], data: dict[str, Any]) -> Report:
        nonlocal alive, most
        made = real(cls, data)
        made.__dict__["held"] = Held()
        alive += 1
        most = max(most, alive)
        return made

    monkeypatch.setattr(Report, "from_dict", classmethod(read))
    for name in exports.formats():
        alive = most = 0
        exports.export(name, tmp_path)
        assert 0 < most <= 3, name


def test_a_shelf_lists_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there are no results"):
        Shelf(tmp_path).outlines()
    for each in sample_reports():
        write_report(tmp_path, each)
    shelf = Shelf(tmp_path)
    assert [each.student for each in shelf.outlines()] == sorted(each.student for each in sample_reports())
    assert [shelf.whole(each) for each in shelf.outlines()] == sample_reports()
    (alone,) = Shelf(tmp_path / "emil").outlines()
    assert alone.student == "emil"


def test_what_is_asked_of_an_outline_takes_no_memory_of_its_own() -> None:
    """A class has ten thousand."""
    found = many_reports(200)
    tracemalloc.start()
    try:
        for each in found:
            assert each.score >= 0 and not each.ungraded
        assert tracemalloc.get_traced_memory()[0] / len(found) < 100
    finally:
        tracemalloc.stop()


def test_a_class_is_held_by_its_lines(tmp_path: Path) -> None:
    """What it has in common is there once, and no report is held that was looked at."""
    found = many_reports(200)
    known = Outlines(tmp_path)
    tracemalloc.start()
    try:
        roll = known.roll({each.student: known.line(each) for each in found})
        before = tracemalloc.get_traced_memory()[0]
        assert sum(each.score for each in roll) == sum(each.score for each in found)
        assert before / len(found) < 2500
        assert tracemalloc.get_traced_memory()[0] - before < 10_000
    finally:
        tracemalloc.stop()
    assert [*roll] == sorted(map(known.of, found), key=lambda report: report.student)
