"""Scores and comments in nbgrader's gradebook, on SQLite and on PostgreSQL."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT, SAMPLES
from courses import auto_scores, empty_gradebook, golden_report, golden_submission, grades, hand_in, released_course
from nbgrader.api import Gradebook as Book
from nightly import WHOLE, nightly
from sqlalchemy import create_engine, text
from test_samples import LOST, UNREAD

from autograder.cli import main
from autograder.courses.micrograd import load_items
from autograder.errors import UserError
from autograder.exam.paper import SAMPLE_SEED
from autograder.explanation import Explanation
from autograder.nbgrader.course_folder import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.report import Report
from autograder.report.files import write_report
from autograder.report.message import item_message
from autograder.submissions.submission import Submission

ITEMS = load_items()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own; the URL of a database on it, to be finished with a name."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    assert programs, "PostgreSQL is not installed: apt-get install postgresql"
    folder = Path(tempfile.mkdtemp(prefix="gradschool-postgres-"))  # pytest's own folders are closed to other users
    user: dict[str, Any] = {}
    if os.getuid() == 0:  # it refuses to run as root
        entry = pwd.getpwnam("postgres")
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [f"{programs[-1]}/{program}", *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "teacher", "--auth=trust", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://teacher@127.0.0.1:{port}/"
    finally:
        run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new gradebook, to be copied."""
    return empty_gradebook(tmp_path_factory.mktemp("gradebook"))


def create_database(server: str, name: str, template: str) -> str:
    engine = create_engine(f"{server}postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return f"{server}{name}"


@pytest.fixture(scope="session")
def empty_on_server(postgres: str) -> str:
    """The name of a new gradebook on the server, to be copied."""
    Book(create_database(postgres, "empty", "template0")).close()
    return "empty"


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> Path:
    """A gradebook that knows ada and emil, to be copied."""
    path = Path(shutil.copy(empty, tmp_path_factory.mktemp("begun")))
    assert write(f"sqlite:///{path}", "ada", "emil") == {}
    return path


@pytest.fixture(scope="session")
def begun_on_server(postgres: str, empty_on_server: str) -> str:
    """The name of one on the server."""
    assert write(create_database(postgres, "begun", empty_on_server), "ada", "emil") == {}
    return "begun"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=nightly)])
def url_begun(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A gradebook that knows ada and emil, in a database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('begun'), tmp_path)}"
    template = request.getfixturevalue("begun_on_server")
    return create_database(request.getfixturevalue("postgres"), f"test_{time.monotonic_ns()}", template)


@pytest.fixture(scope="session")
def without_students(tmp_path_factory: pytest.TempPathFactory, begun: Path) -> Path:
    """A gradebook that knows our cells and nobody: to save the cells takes longest."""
    path = Path(shutil.copy(begun, tmp_path_factory.mktemp("without")))
    with Book(f"sqlite:///{path}") as book:
        for student in ("ada", "emil"):
            book.remove_student(student)
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=nightly)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A gradebook with nobody in it, in a database of each kind: by night a new one. So it is where notebooks of a
    course are saved in it."""
    new = WHOLE or "course" in request.fixturenames
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('empty' if new else 'without_students'), tmp_path)}"
    template = request.getfixturevalue("empty_on_server") if WHOLE else "template0"  # in which we make the tables
    return create_database(request.getfixturevalue("postgres"), f"test_{time.monotonic_ns()}", template)


def write(url: str, *students: str, course: Course | None = None, only: str = "") -> dict[str, list[str]]:
    with Gradebook(url, course) as book:
        for student in students:
            book.write(golden_submission(student), report_of(student, only))
    return book.failures


def report_of(student: str, only: str = "") -> Report:
    """A student's report, or the part of it that is about one assignment."""
    report = golden_report(student)
    return replace(report, items=[item for item in report.items if item.assignment == (only or item.assignment)])


def test_every_verdict_of_the_sample_class_arrives(url: str) -> None:
    students = LOST.keys() if WHOLE else {"emil", "marek", "tomas"}
    assert write(url, *sorted(students)) == {}
    found = grades(url)
    assert found.keys() == students - UNREAD.keys()  # of whom there is nothing to write
    for student in found:
        report = golden_report(student)
        handed_in = golden_submission(student).folders
        items = [item for item in report.items if "" in handed_in or item.assignment in handed_in]
        assert auto_scores(found[student]) == {item.id: item.earned for item in items}
        for item in items:
            row = found[student][item.assignment, item.id]
            assert row["max_score"] == item.points
            assert not row["needs_manual_grade"]
            assert row["comment"] == ("" if item.status == "passed" else item_message(item, hint=True))
    assert sum(bool(row["comment"]) for row in found["emil"].values()) > 15


def test_writing_again_changes_nothing(url: str) -> None:
    write(url, "tomas")
    before = grades(url)
    write(url, "tomas")
    assert grades(url) == before


def ids_of_testing() -> set[str]:
    """Nobody in the sample class has handed in tests."""
    return {id for id, item in ITEMS.items() if item.suite}


def test_an_old_comment_goes_when_the_item_passes(url_begun: str) -> None:
    with Gradebook(url_begun, None) as book:
        book.write(golden_submission("emil"), replace(golden_report("ada"), student="emil"))
    rows = grades(url_begun)["emil"]
    assert {cell for (_, cell), row in rows.items() if row["comment"]} == {"stretch-edges", *ids_of_testing()}


def test_a_manual_score_survives_and_is_up_for_review_when_ours_has_changed(url_begun: str) -> None:
    with Book(url_begun) as book:
        book.find_grade("backprop-mul", "backprop", "backprop", "emil").manual_score = 3.5
        book.find_grade("backprop-add", "backprop", "backprop", "emil").manual_score = 1
        book.find_grade("engine-add", "engine", "engine", "emil").extra_credit = 0.5
        book.db.commit()
    write(url_begun, "emil")
    rows = grades(url_begun)["emil"]
    assert rows["backprop", "backprop-mul"]["score"] == 3.5
    assert not rows["backprop", "backprop-mul"]["needs_manual_grade"]
    assert rows["engine", "engine-add"]["score"] == 2.5
    with Gradebook(url_begun, None) as mine:
        mine.write(golden_submission("emil"), replace(golden_report("ada"), student="emil"))
    rows = grades(url_begun)["emil"]
    assert (rows["backprop", "backprop-mul"]["auto_score"], rows["backprop", "backprop-mul"]["score"]) == (4, 3.5)
    assert rows["backprop", "backprop-mul"]["needs_manual_grade"]
    assert not rows["backprop", "backprop-add"]["needs_manual_grade"]


def with_status(report: Report, status: str, *ids: str) -> Report:
    items = [replace(item, status=status, earned=0) if item.id in ids else item for item in report.items]
    return replace(report, items=items)


def test_what_is_ungraded_is_no_zero(url: str) -> None:
    with Gradebook(url, None) as book:
        book.write(golden_submission("ada"), with_status(golden_report("ada"), "ungraded", "engine-mul"))
        book.write(golden_submission("bela"), with_status(golden_report("bela"), "ungraded", *ITEMS))
    found = grades(url)
    assert "bela" not in found
    row = found["ada"]["engine", "engine-mul"]
    assert row["auto_score"] is None and row["needs_manual_grade"]
    assert found["ada"]["engine", "engine-add"]["auto_score"] == 2
    write(url, "ada")
    with Gradebook(url, None) as book:
        book.write(golden_submission("ada"), with_status(golden_report("ada"), "ungraded", "engine-mul"))
    assert grades(url)["ada"]["engine", "engine-mul"]["auto_score"] == 2


def test_what_can_no_longer_be_graded_keeps_no_score_in_silence(url: str) -> None:
    """Our scores go, and are told with the reason; what a human gave stays, and is up for review."""
    lost = replace(golden_report("marek"), student="ada", message="ada.zip is <b>broken</b>")
    folder = golden_submission("ada")
    with Gradebook(url, None) as book:
        book.write(golden_submission("marek"), golden_report("marek"))
        assert grades(url) == {} and book.withdrawn == []  # who had none is not in it
        book.write(folder, golden_report("ada"))
    with Book(url) as theirs:
        grade = theirs.find_grade("engine-add", "engine", "engine", "ada")
        grade.manual_score = 1
        theirs.db.commit()
    with Gradebook(url, None, ["engine"]) as book:
        book.write(folder, lost)
        book.write(folder, replace(lost, message="ada.zip is empty"))  # again, and for another reason
        assert book.failures == {} and book.withdrawn == ["ada"]
    rows = grades(url)["ada"]
    for (assignment, cell), row in rows.items():
        assert row["needs_manual_grade"] == (assignment == "engine")
        if assignment == "engine":
            assert row["auto_score"] is None
            assert row["comment"].startswith("Not graded: ada.zip is empty\nBefore, it had ")
        else:
            assert row["auto_score"] == ITEMS[cell].points or assignment in ("stretch", "testing")
    with Book(url) as theirs:
        assert theirs.find_grade("engine-add", "engine", "engine", "ada").score == 1
        assert theirs.find_grade("engine-mul", "engine", "engine", "ada").score == 0
    write(url, "ada")  # a hand-in that can be graded again
    rows = grades(url)["ada"]
    assert rows["engine", "engine-mul"]["auto_score"] == ITEMS["engine-mul"].points
    assert {cell for (_, cell), row in rows.items() if row["needs_manual_grade"]} == {"engine-add"}
    assert rows["engine", "engine-mul"]["comment"] == ""


@nightly
def test_results_that_can_no_longer_be_graded_are_exported(url: str, tmp_path: Path) -> None:
    write(url, "ada", "lena")
    write_report(tmp_path, golden_report("lena"))
    write_report(tmp_path, replace(golden_report("marek"), student="ada"))
    run = [sys.executable, "-m", "autograder", "export", "nbgrader", str(tmp_path), "--gradebook", url]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr.endswith("each waits for you: ada\n") and done.stderr.count("\n") == 1
    assert {*auto_scores(grades(url)["ada"]).values()} == {None}
    assert None not in auto_scores(grades(url)["lena"]).values()


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_a_submission_is_written_as_a_whole_or_not_at_all(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    only = "" if WHOLE else "backprop"
    write(url, "ada", only=only)
    from autograder.nbgrader import gradebook

    marked: list[str] = []
    real = gradebook.mark

    def breaks(grade: Any, cell: Any, result: Any) -> None:
        real(grade, cell, result)
        marked.append(cell.name)
        if len(marked) == (30 if WHOLE else 9):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(gradebook, "mark", breaks)
    failures = write(url, "bela", "chen", only=only)
    assert list(failures.values()) == [["bela"]]
    assert "No space left on device" in next(iter(failures))
    assert grades(url).keys() == {"ada", "chen"}
    monkeypatch.undo()
    assert write(url, "bela", only=only) == {}
    assert auto_scores(grades(url)["bela"]) == {item.id: item.earned for item in report_of("bela", only).items}


def test_strange_names_and_prints_are_stored(url: str) -> None:
    report = golden_report("emil")
    nasty = "NUL \0, half \ud800, \x1b[31mred, '); DROP TABLE grade; --" + "x" * 100_000
    report = replace(
        report, items=[replace(item, explanation=Explanation(nasty), stdout=nasty) for item in report.items]
    )
    submission = Submission("emil", {"backprop": Path("/nowhere") / ("é'); DROP--" * 20) / "backprop"}, "emil")
    plain = Submission("o", {"backprop": Path("/nowhere/o'; DROP TABLE student/backprop")}, "o")
    with Gradebook(url, None) as book:
        book.write(submission, report)
        book.write(plain, report)
        assert book.failures == {}
    assert grades(url).keys() == {"emil", "o'; DROP TABLE student"}


def test_finished_results_are_exported(url: str, tmp_path: Path) -> None:
    students = ("emil", "tomas")
    for student in students:
        write_report(tmp_path, golden_report(student))
    done = CliRunner().invoke(main, ["export", "nbgrader", str(tmp_path), "--gradebook", url])
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    exported = grades(url)
    assert exported.keys() == set(students)
    assert {row["assignment"] for row in exported["tomas"].values()} == {"derivative", "engine", "nn"}
    for student in students:
        scores = auto_scores(exported[student])
        items = [item for item in golden_report(student).items if not item.explanation.absent]
        assert {item.id: scores.pop(item.id) for item in items} == {item.id: item.earned for item in items}
        waiting = {cell for (_, cell), row in exported[student].items() if row["needs_manual_grade"]}
        assert scores == dict.fromkeys(waiting), "what a human grades waits"
    for wrong in (["canvas", "--gradebook", url], ["nbgrader"], ["nbgrader", "--gradebook", url, "--out", "x"]):
        done = CliRunner().invoke(main, ["export", *wrong])
        assert done.exit_code == 2 and "goes with --gradebook alone" in done.stderr


# --- a course with questions that a human grades


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A released course in which what is late earns nothing."""
    course = released_course(tmp_path_factory.mktemp("course"), "c.LateSubmissionPlugin.penalty_method = 'zero'")
    return course


@pytest.fixture
def handed_in(course: Course, tmp_path: Path) -> Iterator[Callable[..., tuple[Submission, Report]]]:
    """Hand in for `backprop`, and get what there is to be written about it."""

    def submit(student: str, **answers: str) -> tuple[Submission, Report]:
        folder = hand_in(course, student, "backprop", None, {id.replace("_", "-"): x for id, x in answers.items()})
        report = replace(golden_report("ada"), student=student)
        items = [item for item in report.items if item.assignment == "backprop"]
        return Submission(student, {"backprop": folder}, student), replace(report, items=items)

    yield submit
    shutil.rmtree(course.root / "submitted", ignore_errors=True)


def written_question(course: Course) -> str:
    """The id of a question in `backprop` that a human grades."""
    cells = [cell.metadata.get("nbgrader", {}) for cell in course.notebook("backprop").cells]
    return next(cell["grade_id"] for cell in cells if cell.get("grade") and cell.get("solution"))


def test_answers_wait_for_a_human(url: str, course: Course, handed_in: Callable[..., Any]) -> None:
    id = written_question(course)
    answered = handed_in("anna", **{id.replace("-", "_"): "Because a value may be used twice."})
    silent = handed_in("bert")
    broken, missing = handed_in("cleo"), handed_in("dora")
    (broken[0].folders["backprop"] / "backprop.ipynb").write_text('{"cells": [')
    (missing[0].folders["backprop"] / "backprop.ipynb").unlink()
    linked = handed_in("egon")
    (linked[0].folders["backprop"] / "backprop.ipynb").unlink()
    (linked[0].folders["backprop"] / "backprop.ipynb").symlink_to("/dev/zero")
    with Gradebook(url, course) as book:
        for each in (answered, silent, broken, missing, linked):
            book.write(*each)
        assert book.failures == {}
    found = {student: rows["backprop", id] for student, rows in grades(url).items()}
    states = {student: (row["auto_score"], row["needs_manual_grade"], row["comment"]) for student, row in found.items()}
    nothing, waits = (0, False, "No response."), (None, True, "")
    assert states == {"anna": waits, "bert": nothing, "cleo": waits, "dora": nothing, "egon": waits}
    assert all(rows["backprop", "backprop-mul"]["auto_score"] == 4 for rows in grades(url).values())

    with Book(url) as book:
        book.find_grade(id, "backprop", "backprop", "anna").manual_score = 1.5
        book.find_grade(id, "backprop", "backprop", "anna").needs_manual_grade = False
        book.find_comment(id, "backprop", "backprop", "anna").manual_comment = "Well said."
        book.db.commit()
    with Gradebook(url, course) as book:
        book.write(*answered)
    row = grades(url)["anna"]["backprop", id]
    assert (row["manual_score"], row["score"], row["needs_manual_grade"]) == (1.5, 1.5, False)
    with Book(url) as book:
        assert book.find_comment(id, "backprop", "backprop", "anna").comment == "Well said."


def test_a_new_version_of_a_graded_answer_is_up_for_review(
    url: str, course: Course, handed_in: Callable[..., Any]
) -> None:
    id = written_question(course)
    submission, report = handed_in("anna", **{id.replace("-", "_"): "Because."})
    stamp = submission.folders["backprop"] / "timestamp.txt"
    stamp.write_text("2026-11-01 12:00:00 UTC")
    with Gradebook(url, course) as book:
        book.write(submission, report)
    with Book(url) as book:
        grade = book.find_grade(id, "backprop", "backprop", "anna")
        grade.manual_score, grade.needs_manual_grade = 2, False
        book.db.commit()
    for when, review in (("2026-11-01 12:00:00 UTC", False), ("2026-11-02 12:00:00 UTC", True)):
        stamp.write_text(when)
        with Gradebook(url, course) as book:
            book.write(submission, report)
        row = grades(url)["anna"]["backprop", id]
        assert (row["score"], row["needs_manual_grade"]) == (2, review)


def test_what_is_late_is_penalised_by_the_rule_of_the_course(
    url: str, course: Course, handed_in: Callable[..., Any]
) -> None:
    due = datetime(2026, 11, 1, 12)
    with Gradebook(url, course) as book:
        book.write(*handed_in("early"))
    with Book(url) as mine:
        mine.update_or_create_assignment("backprop", duedate=due)
    with Gradebook(url, course) as book:
        for student, hours in (("punctual", -1), ("late", 1), ("excused", 2), ("odd", None)):
            submission, report = handed_in(student)
            stamp = submission.folders["backprop"] / "timestamp.txt"
            stamp.write_text("next week" if hours is None else f"{due + timedelta(hours=hours)} UTC")
            book.write(submission, report)
            if student == "excused":
                with Book(url) as mine:
                    mine.grant_extension("backprop", "excused", hours=3)
                book.write(submission, report)
        assert book.failures == {}
    with Book(url) as mine:
        found = {
            s.student.id: (s.late_submission_penalty, s.score) for s in mine.find_assignment("backprop").submissions
        }
    assert {student: penalty or 0 for student, (penalty, _) in found.items()} == {
        "early": 0, "punctual": 0, "late": 30, "excused": 0, "odd": 0,
    }  # fmt: skip
    assert {score for _, score in found.values()} == {30}


def test_it_has_the_cells_that_nbgrader_itself_saves(tmp_path: Path, course: Course) -> None:
    """Made by us for an empty gradebook, or by `nbgrader generate_assignment`: the same."""
    mine = f"sqlite:///{tmp_path / 'mine.db'}"
    write(mine, "ada", course=course)

    def structure(url: str) -> Any:
        found = []
        with Book(url) as book:
            for assignment in book.assignments:
                for notebook in assignment.notebooks:
                    for cells in (notebook.grade_cells, notebook.solution_cells, notebook.source_cells):
                        found += [(type(cell).__name__, cell.to_dict() | {"id": ""}) for cell in cells]
        return sorted(found, key=lambda cell: (cell[0], cell[1]["assignment"], cell[1]["name"]))

    theirs = course.root / "gradebook.db"
    assert structure(mine) == structure(f"sqlite:///{theirs}")
    versions = {sqlite3.connect(file).execute("SELECT * FROM alembic_version").fetchall()[0]
                for file in (tmp_path / "mine.db", theirs)}  # fmt: skip
    assert len(versions) == 1
    assert len(structure(mine)) > 2 * len(ITEMS)


# --- gradebooks that cannot be used


def sentence(url: str) -> str:
    with pytest.raises(UserError) as caught, Gradebook(url, None):
        pass
    return str(caught.value)


def test_a_url_that_is_none() -> None:
    assert "is no URL of a database: write sqlite:///" in sentence("sqlite:://x")
    assert "is no URL of a database" in sentence("")


def test_a_driver_that_is_missing() -> None:
    assert "needs a driver that is not installed" in sentence("nonsense://host/db")
    assert "needs a driver that is not installed" in sentence("postgresql+pg8000://host/db")


def test_a_server_that_cannot_be_reached() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = sentence(f"postgresql+psycopg://teacher:secret@127.0.0.1:{port}/grades")
    assert "cannot be reached" in said and "start the server" in said
    assert "secret" not in said


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert "cannot be opened" in sentence(f"sqlite:///{tmp_path}/nowhere/gradebook.db")


def test_a_database_of_something_else(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE songs (title TEXT)")
    assert "holds other tables than a gradebook" in sentence(f"sqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "text.db").write_text("This is no database at all, but long enough to be taken for one." * 50)
    assert "cannot be used" in sentence(f"sqlite:///{tmp_path / 'text.db'}")


def test_a_gradebook_of_an_older_nbgrader(tmp_path: Path, begun: Path) -> None:
    url = f"sqlite:///{shutil.copy(begun, tmp_path)}"
    with sqlite3.connect(tmp_path / "gradebook.db") as db:
        db.execute("ALTER TABLE student DROP COLUMN lms_user_id")
    before = (tmp_path / "gradebook.db").read_bytes()
    said = sentence(url)
    assert "older nbgrader (no student.lms_user_id)" in said and "nbgrader db upgrade" in said
    assert (tmp_path / "gradebook.db").read_bytes() == before


def test_a_gradebook_that_is_read_only(tmp_path: Path, without_students: Path) -> None:
    shutil.copy(without_students, tmp_path)
    write(f"sqlite:///{tmp_path / 'gradebook.db'}", "ada")
    failures = write(
        f"sqlite:///file:{tmp_path / 'gradebook.db'}?mode=ro&uri=true", "ada", "bela", "chen", "dara", "emil"
    )
    (said,) = failures
    assert "cannot be written" in said
    assert failures[said] == ["bela", "chen", "dara", "emil"]
    assert grades(f"sqlite:///{tmp_path / 'gradebook.db'}").keys() == {"ada"}


def grade(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", "grade", "--seed", str(SAMPLE_SEED), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, **options)


@nightly
def test_a_class_is_graded_while_formgrader_holds_the_gradebook(tmp_path: Path) -> None:
    book, out = tmp_path / "gradebook.db", tmp_path / "results"
    write(f"sqlite:///{book}", "lena")
    students = [SAMPLES / student for student in ("ada", "chen", "lena")]
    with sqlite3.connect(book) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        done = grade(*students, "--out", out, "--gradebook", f"sqlite:///{book}?timeout=0.1")
        holder.rollback()
    assert done.returncode == 1
    assert done.stderr.count("is locked by another program") == 1 and "Traceback" not in done.stderr
    assert {path.parent.name for path in out.glob("*/report.json")} == {"ada", "chen", "lena"}
    assert grades(f"sqlite:///{book}").keys() == {"lena"}
    done = grade(*students, "--out", out, "--gradebook", book)
    assert (done.returncode, done.stderr) == (0, "")
    assert grades(f"sqlite:///{book}").keys() == {"ada", "chen", "lena"}


def test_bad_usage_of_the_option(tmp_path: Path) -> None:
    wrong = ["--seed", str(SAMPLE_SEED), "--out", str(tmp_path), "--gradebook", "sqlite:://x"]
    done = CliRunner().invoke(main, ["grade", str(SAMPLES / "lena"), *wrong])
    assert done.exit_code == 2
    assert done.stderr.startswith("gradschool: 'sqlite:://x' is no URL") and done.stderr.count("\n") == 1


@nightly
def test_a_killed_run_leaves_whole_submissions_and_the_next_completes_them(tmp_path: Path) -> None:
    book = tmp_path / "gradebook.db"
    submitted = tmp_path / "submitted"
    for number in range(20):
        shutil.copytree(ROOT / "student" / "micrograd", submitted / f"s{number:02}" / "micrograd",
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    command = [sys.executable, "-m", "autograder", "grade", str(submitted), "--out", str(tmp_path / "results"),
               "--gradebook", str(book), "--jobs", "1", "--seed", str(SAMPLE_SEED)]  # fmt: skip
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while len(list((tmp_path / "results").glob("*/report.json"))) < 6:
            assert run.poll() is None
            time.sleep(0.005)
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    partial = grades(f"sqlite:///{book}")
    assert 2 < len(partial) < 20
    assert {len(rows) for rows in partial.values()} == {len(ITEMS) + len(partial["s00"]) - len(ITEMS)}
    assert all(ITEMS.keys() <= auto_scores(rows).keys() for rows in partial.values())
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    whole = grades(f"sqlite:///{book}")
    assert len(whole) == 20
    assert len({tuple(sorted(auto_scores(rows).items())) for rows in whole.values()}) == 1
