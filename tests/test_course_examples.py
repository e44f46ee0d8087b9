"""The three examples of docs/examples/, each from release to export, as an instructor and a student go through them."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from conftest import ROOT

from autograder.cli import main
from autograder.course import adopt, in_use, taught
from autograder.exam.paper import Exam
from autograder.grading.grader import Grader
from autograder.kit.bundle import kit_files
from autograder.kit.stubs import release
from autograder.project import PRACTICE
from autograder.report.files import schema
from autograder.scheme import Scheme
from autograder.settings.in_force import drop, take

EXAMPLES = ROOT / "docs" / "examples"
SOLUTIONS = ROOT / "solutions"
OURS = ("--sandbox", "none", "--jobs", "1")  # what is handed in here; a judge process is asked in one of the examples
ITEMS = taught().items


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    drop()


def run(*arguments: str | Path, fails: bool = False) -> str:
    done = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    assert (done.exit_code != 0) is fails, done.output
    return done.output


def make_kit(folder: Path, name: str, exam: Exam) -> Path:
    """What `gradschool release --kit` writes, without the wheel."""
    take(EXAMPLES / name)
    extra = {**kit_files(), PRACTICE: exam.under(in_use()).to_json().encode()}
    release(SOLUTIONS, folder, [*ITEMS], extra, given=in_use().scheme.left_out)
    drop()
    return folder


def hand_in(folder: Path, name: str, package: Path = SOLUTIONS / "micrograd") -> None:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path in sorted(package.glob("*.py")):
            archive.write(path, f"micrograd/{path.name}")


def graded(tmp_path: Path, name: str, exam: Exam, *more: str | Path) -> tuple[Path, str]:
    file = tmp_path / "exam.json"
    file.write_text(exam.to_json())
    out = tmp_path / "results"
    shared = ("--exam", file, "--out", out, "--course", EXAMPLES / name, *OURS)
    said = run("grade", tmp_path / "handed-in", *shared, *more)
    for path in out.glob("*/report.json"):
        jsonschema.validate(json.loads(path.read_text()), schema())
    return out, said


def table(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text.lstrip("\ufeff")))]


def by_student(rows: Sequence[dict[str, str]], key: str = "student") -> dict[str, dict[str, str]]:
    return {row[key]: row for row in rows}


def test_a_week_each(tmp_path: Path, exam: Exam) -> None:
    """Brightspace says when: one comes in time, one late by days, and two by the time that they have."""
    kit = make_kit(tmp_path / "kit", "weekly", exam)
    assert "TODO engine-mul:" in (kit / "micrograd" / "engine.py").read_text()
    handed_in = tmp_path / "handed-in"
    when = {
        "cy": "Feb 15, 2099 1159 PM", "dan": "Feb 18, 2099 1000 AM", "ada": "Feb 18, 2099 1000 AM",
        "bela": "Feb 19, 2099 1000 AM",
    }  # fmt: skip
    for number, (student, time) in enumerate(when.items(), 1):
        hand_in(handed_in, f"{number}-90 - {student} - {time} - micrograd.zip")
    roster = tmp_path / "roster.csv"
    roster.write_text("name,email,section\ncy,cy@x.org,Mo\ndan,dan@x.org,Tu\nada,ada@x.org,Mo\nbela,bela@x.org,Tu\n")
    out, said = graded(tmp_path, "weekly", exam, "--assignment", "engine", "--roster", roster)
    rows = by_student(table((out / "grades.csv").read_text("utf-8-sig")))
    told = {student: (row["score"], row["penalty"], row["final_score"]) for student, row in rows.items()}
    assert told == {
        "cy": ("26", "0", "26"), "dan": ("26", "7.8", "18.2"), "ada": ("26", "0", "26"), "bela": ("26", "0", "26"),
    }  # fmt: skip
    assert "dan  late: 3 days late; 7.8 points off, so 18.2 count" in said

    report = json.loads((out / "dan" / "report.json").read_text())
    assert report["late"] == [
        {"assignment": "engine", "due": "2099-02-15 23:59", "handed_in": "2099-02-18 10:00", "days": 3, "share": 0.3,
         "penalty": 7.8, "bonus": 0.0}
    ]  # fmt: skip
    summary = json.loads((out / "summary.json").read_text())
    assert summary["late"] == [
        {"student": "dan", "score": 26.0, "penalty": 7.8, "final_score": 18.2, "final_bonus": 0.0}
    ]
    assert (summary["max"], summary["final"]["min"]) == (26.0, 18.2)
    page = (out / "dan" / "index.html").read_text()
    assert "Score 26, penalty 7.8, final score 18.2." in page
    assert "Introduction to deep learning, Spring 2099" in page
    mondays = (out / "section-Mo.html").read_text()
    assert ('href="./cy/index.html"' in mondays, 'href="./dan/index.html"' in mondays) == (True, False)
    assert '<a href="./section-Mo.html">Mo</a>' in (out / "index.html").read_text()

    course = ("--course", EXAMPLES / "weekly")
    canvas = by_student(table(run("export", "canvas", out, *course)), "Student")
    assert [canvas["dan"][title] for title in ("engine", "Score before Final Score", "Penalty before Final Score",
                                               "Final Score", "Section")] == [
        "18.2", "26", "7.8", "18.2", "Tu",
    ]  # fmt: skip
    moodle = by_student(table(run("export", "moodle", out, *course)), "Email address")
    assert [moodle["dan@x.org"][title] for title in ("engine", "score", "penalty", "final_score")] == [
        "18.2", "26", "7.8", "18.2",
    ]  # fmt: skip
    run("export", "mail", out, *course)
    mail = by_student(table((out / "mail" / "mail.csv").read_text("utf-8-sig")))
    assert (mail["dan"]["final_score"], mail["dan"]["late"], mail["cy"]["late"]) == ("18.2", "yes", "")
    run("export", "gradescope", out, *course)
    assert json.loads((out / "dan" / "results.json").read_text())["score"] == 18.2


def test_one_big_homework(tmp_path: Path, exam: Exam) -> None:
    """What is left out is in nothing, and is given; only scores are told before the date; Canvas says who is late."""
    kit = make_kit(tmp_path / "kit", "one-homework", exam)
    given = (kit / "micrograd" / "derivative.py").read_text()
    assert ("TODO" in given, "SOLUTION" in given) == (False, False)
    assert "stretch" not in (kit / "micrograd" / "engine.py").read_text()
    assert "TODO engine-mul:" in (kit / "micrograd" / "engine.py").read_text()
    assert not (kit / "tests" / "test_derivative.py").exists()
    readme = " ".join((kit / "README.md").read_text("utf-8").split())
    assert "Open `micrograd/engine.py` and find `TODO engine-add`." in readme
    assert ("derivative-central" in readme, "| `micrograd/derivative.py`" in readme) == (False, False)
    assert re.search(r"^backprop-order +6 ", (kit / "tests" / "test_backprop.py").read_text(), re.M)
    said = run("check", kit, "--all", fails=True)
    assert ("0/100" in said, "For a hint" in said) == (True, False)
    assert [id for id in ITEMS if id.startswith(("derivative", "stretch")) and id in said] == []
    assert "there is no item 'derivative-central'" in run("check", kit, "--item", "derivative-central", fails=True)
    assert "Your course gives hints for mistakes that are recognised" in run("hint", "engine-add", kit)

    broken = tmp_path / "broken"
    shutil.copytree(SOLUTIONS / "micrograd", broken)
    engine = (broken / "engine.py").read_text()
    assert engine.count("self.grad += other.data * out.grad") == 1
    (broken / "engine.py").write_text(
        engine.replace("self.grad += other.data * out.grad", "self.grad = other.data * out.grad")
    )
    handed_in = tmp_path / "handed-in"
    hand_in(handed_in, "cy_12_345_micrograd.zip")
    hand_in(handed_in, "dan_LATE_13_346_micrograd.zip", broken)
    out, said = graded(tmp_path, "one-homework", exam)
    rows = by_student(table((out / "grades.csv").read_text("utf-8-sig")))
    assert (rows["cy"]["score"], rows["cy"]["penalty"], rows["cy"]["max_score"]) == ("100", "0", "100")
    assert float(rows["dan"]["penalty"]) == pytest.approx(0.2 * float(rows["dan"]["score"]))
    assert [id for id in ITEMS if id.startswith(("derivative", "stretch")) and id in rows["cy"]] == []
    everything = "".join(path.read_text() for path in out.rglob("*") if path.suffix in (".html", ".json", ".csv"))
    assert [id for id in ITEMS if id.startswith(("derivative-", "stretch-")) and id in everything] == []
    assert "untimed" not in said  # Canvas says of everybody whether they were late

    course = ("--course", EXAMPLES / "one-homework")
    assert "overwrites-gradient" in (out / "dan" / "report.json").read_text()
    run("export", "markdown", out, *course)
    told = (out / "dan" / "summary.md").read_text()
    assert "engine" in told
    assert [word for word in ("overwrites", "engine\\-mul", "backprop-mul", "Hint", "engine.py") if word in told] == []
    run("export", "gradescope", out, *course)
    tests = json.loads((out / "dan" / "results.json").read_text())["tests"]
    assert [test["name"].partition(":")[0] for test in tests] == ["engine", "backprop", "nn", "training"]


def test_the_kits_readme_has_examples_of_what_is_asked() -> None:
    plain = kit_files()
    text = plain["README.md"].decode()
    named = sorted(id for id in ITEMS if f" {id}`" in text or f" {id} " in text)
    assert len(named) >= 3
    adopt(Scheme(left_out=tuple(named)))
    changed = kit_files()["README.md"].decode()
    assert [id for id in named if re.search(rf"\b{id}\b", changed) or id.replace("-", "_") in changed] == []
    assert {name: content for name, content in kit_files().items() if name == "Makefile"}.items() <= plain.items()


def test_dates_take_no_grading_and_points_do(tmp_path: Path, exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    course = tmp_path / "course"
    course.mkdir()
    hand_in(tmp_path / "handed-in", "9-90 - cy - Feb 15, 2027 1159 PM - micrograd.zip")
    (tmp_path / "exam.json").write_text(exam.to_json())

    def final_score(text: str, fails: bool = False) -> str:
        (course / "course.toml").write_text(text)
        shared = ("--exam", tmp_path / "exam.json", "--out", tmp_path / "results", "--course", course, *OURS)
        run("grade", tmp_path / "handed-in", *shared, fails=fails)
        (row,) = table((tmp_path / "results" / "grades.csv").read_text("utf-8-sig"))
        return row.get("final_score", "none")

    assert final_score("title = 'Nets'") == "none"
    monkeypatch.setattr(Grader, "grade_submission", lambda *_: pytest.fail("it is graded again"))
    dates = "[dates]\ndue = 2027-02-14\n[late]\nper_day = "
    assert final_score(f"{dates}10") == "90"
    report = json.loads((tmp_path / "results" / "cy" / "report.json").read_text())
    assert (report["bonus"], report["final_bonus"]) == (20, 18)
    assert "My nets" not in (tmp_path / "results" / "cy" / "index.html").read_text()
    assert final_score(f"title = 'My nets'\n{dates}5") == "95"
    assert "My nets" in (tmp_path / "results" / "cy" / "index.html").read_text()
    assert final_score("") == "none"
    with pytest.raises(pytest.fail.Exception, match="it is graded again"):
        final_score("[points]\nengine-mul = 3")


def test_self_study(tmp_path: Path, exam: Exam) -> None:
    """The bonus counts like all else, and nothing is late."""
    kit = make_kit(tmp_path / "kit", "self-study", exam)
    said = run("check", kit, fails=True)
    assert "0/130" in said
    handed_in = tmp_path / "handed-in"
    hand_in(handed_in, "9-90 - cy - Feb 15, 2001 1159 PM - micrograd.zip")
    out, _ = graded(tmp_path, "self-study", exam, "--jobs", "2")
    (row,) = table((out / "grades.csv").read_text("utf-8-sig"))
    assert (row["score"], row["max_score"], row["bonus"]) == ("120", "130", "0")
    assert "penalty" not in row
    assert "final_score" not in (out / "cy" / "report.json").read_text()
    canvas = table(run("export", "canvas", out, "--course", EXAMPLES / "self-study"))[0]
    assert canvas["stretch"] == "20"  # possible, and no extra credit
    assert "micrograd in your own time" in (out / "cy" / "index.html").read_text()
