"""Where it is known from when something was handed in, what that costs, and what students are told by then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reports import sample_reports

from autograder.classroom.job import as_theirs
from autograder.classroom.lateness import reckoned, strangers, with_times
from autograder.course import taught
from autograder.errors import UserError
from autograder.push.deadline import as_of
from autograder.report import Report
from autograder.report.exports.markdown import markdown
from autograder.report.feedback import told
from autograder.report.files import assignment_points, grades, report_json
from autograder.report.needs import briefly, needs
from autograder.report.text import late_words, next_step
from autograder.scheme import OWN
from autograder.settings.dates import ALL, Dates, Penalty
from autograder.settings.in_force import drop, hold
from autograder.settings.reading import Settings
from autograder.submissions.discovery import find_submissions
from autograder.submissions.roster_file import read_roster
from autograder.submissions.submission import Submission
from autograder.submissions.times import stamped, time_of

ASSIGNMENTS = taught().assignments
DUE = datetime(2027, 2, 8, 18)
DATES = Dates("Europe/Berlin", {ALL: DUE}, timedelta(minutes=15), penalty=Penalty(10, 50))
AT_18 = datetime(2027, 2, 8, 17, tzinfo=UTC)  # in Berlin


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    drop()


def go_by(dates: Dates = DATES, **more: Any) -> None:
    hold(Settings(scheme=OWN, dates=dates, **more))


def report(student: str = "ada") -> Report:
    return next(each for each in sample_reports() if each.student == student)


def submitted(*times: tuple[str, datetime], student: str = "ada", **who: str) -> Submission:
    return Submission(student, {"": Path("nowhere")}, student, who, times=dict(times))


# --- where the times come from -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-02-08 17:00:00.250000 UTC", AT_18.replace(microsecond=250000)),  # nbgrader
        ("20270208170000000", AT_18),  # Sakai
        ("2027-02-08 09:00:00 -0800", AT_18),  # Gradescope's scores
        ("Monday, 8 February 2027, 6:00 PM", DUE),  # Moodle's worksheet
        ("8 February 2027, 18:00", DUE),
        ("Feb 8, 2027 6:00 PM", DUE),
        ("2027-02-08T18:00", DUE),
        ("-", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_as_systems_write_them(written: str, meant: datetime | None) -> None:
    assert time_of(written) == meant


def package(folder: Path) -> Path:
    (folder / "micrograd").mkdir(parents=True)
    (folder / "micrograd" / "engine.py").write_text("pass\n")
    return folder


def found(path: Path) -> dict[str, dict[str, datetime]]:
    return {each.student: dict(each.times) for each in find_submissions([path], ASSIGNMENTS)}


def test_blackboard_and_brightspace_say_when_in_names(tmp_path: Path) -> None:
    for name in ("HW1_ada_attempt_2027-02-07-18-00-00", "HW1_ada_attempt_2027-02-08-18-00-00"):
        package(tmp_path / "hw1" / f"{name}_kit")
        (tmp_path / "hw1" / f"{name}.txt").write_text("Name: Ada (ada)\n")
    assert found(tmp_path / "hw1") == {"Ada": {"": DUE}}  # the latest attempt
    package(tmp_path / "b" / "12-90 - Bela - Feb 8, 2027 600 PM")
    package(tmp_path / "b" / "13-90 - Cy - Feb 8, 2027 600 PM")
    assert found(tmp_path / "b") == {"Bela": {"": DUE}, "Cy": {"": DUE}}
    assert found(tmp_path / "b" / "12-90 - Bela - Feb 8, 2027 600 PM") == {"Bela": {"": DUE}}


def test_canvas_says_no_time(tmp_path: Path) -> None:
    package(tmp_path / "ada_12_345_kit")
    package(tmp_path / "bela_LATE_13_346_kit")
    late = {each.student: (each.times, each.who.get("late")) for each in find_submissions([tmp_path], ASSIGNMENTS)}
    assert late == {"ada": ({}, None), "bela": ({}, "yes")}


def test_nbgrader_says_when_for_each_assignment(tmp_path: Path) -> None:
    for assignment, stamp in (("engine", "2027-02-08 17:00:00 UTC"), ("nn", "2027-02-09 17:00:00")):
        package(tmp_path / "submitted" / "ada" / assignment)
        (tmp_path / "submitted" / "ada" / assignment / "timestamp.txt").write_text(stamp)
    package(tmp_path / "submitted" / "ada" / "training")
    assert found(tmp_path / "submitted") == {"ada": {"engine": AT_18, "nn": AT_18 + timedelta(days=1)}}


def test_a_stamp_of_the_students_own_says_nothing(tmp_path: Path) -> None:
    (package(tmp_path / "class" / "ada") / "timestamp.txt").write_text("2027-02-08 17:00:00 UTC")
    package(tmp_path / "class" / "bela")
    assert found(tmp_path / "class") == {"ada": {}, "bela": {}}
    link = tmp_path / "link"
    link.mkdir()
    (link / "timestamp.txt").symlink_to(tmp_path / "class" / "ada" / "timestamp.txt")
    assert stamped(link) is None


def test_gradescope_says_when_in_its_metadata(tmp_path: Path) -> None:
    (tmp_path / "submission_metadata.yml").write_text(
        "submission_1:\n  :submitters:\n  - :name: Ada\n  :created_at: 2027-02-08 09:00:00 -08:00\n"
        "submission_2:\n  :submitters:\n  - :name: Bela\n"
    )
    package(tmp_path / "submission_1")
    package(tmp_path / "submission_2")
    assert found(tmp_path) == {"Ada": {"": AT_18}, "Bela": {}}


def test_a_roster_says_when_for_whom_the_system_does_not(tmp_path: Path) -> None:
    go_by()
    worksheet = tmp_path / "worksheet.csv"
    worksheet.write_text(
        "Identifier,Full name,Last modified (submission)\n"
        'Participant 7,ada,"Monday, 8 February 2027, 6:00 PM"\nParticipant 8,bela,soon\nParticipant 9,cy,-\n'
    )
    said: list[str] = []
    there = datetime(2027, 2, 1)
    class_ = [submitted(), submitted(student="bela"), submitted(student="cy"), submitted(("", there), student="ada")]
    times = [dict(each.times) for each in with_times(class_[:3], read_roster(worksheet), said)]
    assert times == [{"": DUE}, {}, {}]
    assert said == ["no times, so nothing is known of when these were handed in: soon"]
    assert dict(with_times([class_[3]], read_roster(worksheet), said)[0].times) == {"": there}
    drop()
    assert [dict(each.times) for each in with_times(class_[:3], read_roster(worksheet), [])] == [{}, {}, {}]


# --- what it costs -----------------------------------------------------------------------------------------------


def test_without_dates_a_report_is_what_it_was() -> None:
    plain = report()
    assert reckoned(submitted(("", DUE + timedelta(9))), plain) is plain
    assert "final_score" not in report_json(plain)


def test_raw_score_penalty_and_final_score_add_up() -> None:
    go_by()
    late = reckoned(submitted(("", DUE + timedelta(hours=25))), report())
    assert [each.days for each in late.late] == [2] * len(ASSIGNMENTS)
    assert late.penalty == pytest.approx(0.2 * late.score, abs=0.02)
    assert late.final_score == pytest.approx(late.score - late.penalty)
    assert late.final_bonus == pytest.approx(0.8 * late.bonus)
    assert Report.from_dict(json.loads(report_json(late))) == late
    _, earned = assignment_points([late])
    assert sum(earned["ada"].values()) == pytest.approx(late.final_score + late.final_bonus)
    head, row = grades([late], []).splitlines()
    assert head == "student,score,penalty,final_score,final_bonus,max_score,bonus,status,remark"
    assert row.startswith(f"ada,{late.score:g},{late.penalty:g},{late.final_score:g},{late.final_bonus:g},100,")


def test_each_assignment_has_its_own_time_and_date() -> None:
    go_by(replace(DATES, due={"engine": DUE, "nn": DUE}))
    times = ("engine", DUE + timedelta(hours=1)), ("nn", DUE), ("training", DUE + timedelta(9))
    assert [each.assignment for each in reckoned(submitted(*times), report()).late] == ["engine"]


def test_what_is_late_alike_is_told_together() -> None:
    go_by(replace(DATES, due={"engine": DUE, "nn": DUE, "training": DUE - timedelta(1)}))
    told_of = late_words(reckoned(submitted(("", DUE + timedelta(hours=1))), report()))
    assert told_of[:2] == ["engine, nn 1 day late", "training 2 days late"]
    go_by()
    assert late_words(reckoned(submitted(("", DUE + timedelta(hours=1))), report()))[0] == "1 day late"


def test_an_extension_is_longer_and_never_shorter() -> None:
    go_by(replace(DATES, extensions={"ada": {ALL: timedelta(2)}, "bela": {"nn": datetime(2027, 1, 1)}}))
    after = ("", DUE + timedelta(hours=30))
    assert reckoned(submitted(after), report()).late == []
    assert {each.days for each in reckoned(submitted(after, student="bela"), report("bela")).late} == {2}


def test_an_extension_may_name_a_student_by_what_is_known_of_them() -> None:
    go_by(replace(DATES, extensions={"Ada@x.org": {ALL: timedelta(2)}}))
    late = submitted(("", DUE + timedelta(hours=30)), email="ada@x.org")
    assert reckoned(late, report()).late == []
    assert strangers([late]) == []


def test_late_by_a_systems_word_is_one_day_unless_there_is_an_extension() -> None:
    go_by()
    late = reckoned(submitted(late="yes"), report())
    assert {(each.days, each.handed_in) for each in late.late} == {(1, "")}
    assert not late.untimed
    go_by(replace(DATES, extensions={"ada": {ALL: timedelta(2)}}))
    in_time = reckoned(submitted(late="yes"), replace(report(), who={"late": "yes"}))
    assert in_time.late == []
    said = [need.why for need in needs([in_time]) if need.kind == "late"]
    assert said == ["handed in late, as the course's system says, and in time by the course file"]


def test_where_nothing_says_when_it_counts_as_in_time_and_is_told() -> None:
    go_by()
    reports = [reckoned(submitted(student=name), report(name)) for name in ("ada", "bela", "chen")]
    assert [(each.penalty, each.untimed) for each in reports] == [(0, True)] * 3
    told_of = [need for need in briefly(needs(reports)) if need.kind == "untimed"]
    assert [need.why for need in told_of] == [
        "nothing says when these were handed in, which counts as in time: ada, bela, chen"
    ]


def test_what_was_not_handed_in_is_not_late() -> None:
    go_by()
    tomas = report("tomas")
    absent = {item.assignment for item in tomas.items if item.explanation.absent}
    late = reckoned(submitted(("", DUE + timedelta(2)), student="tomas"), tomas)
    assert absent
    assert not absent & {each.assignment for each in late.late}


def test_a_report_of_somebody_elses_like_it_has_their_own_time() -> None:
    go_by()
    late = as_theirs(submitted(("", DUE + timedelta(1)), student="bela"), report())
    assert (late.student, late.late[0].days) == ("bela", 1)
    assert as_theirs(submitted(("", DUE), student="cy"), late).late == []
    drop()
    assert not as_theirs(submitted(("", DUE), student="cy"), late).dated


def test_who_has_an_extension_and_handed_in_nothing_is_named() -> None:
    go_by(replace(DATES, extensions={"adda": {ALL: timedelta(1)}}))
    assert strangers([submitted()]) == [
        "adda has more time by the course file, and handed in nothing; did you mean 'ada'?"
    ]


# --- what students are told --------------------------------------------------------------------------------------

BEFORE, AFTER = AT_18 - timedelta(days=1), AT_18 + timedelta(days=1)


def test_feedback_waits_for_the_due_date() -> None:
    whole = report("emil")
    go_by(before="scores", after="all")
    sums = told(whole, BEFORE)
    assert [item.id for item in sums.items] == [*ASSIGNMENTS]
    assert (sums.score, sums.bonus, sums.max_score) == (whole.score, whole.bonus, whole.max_score)
    assert "Next" not in messages(sums) and "Details" not in messages(sums)
    assert told(whole, AFTER) is whole
    assert "Next" in messages(whole) and "Details" in messages(whole)
    go_by(before="items", after="scores")
    items = told(whole, BEFORE)
    assert [(item.id, item.status) for item in items.items] == [(item.id, item.status) for item in whole.items]
    assert not any(item.message or item.hint or item.counterexample or item.file or item.stdout for item in items.items)
    assert "Next" in messages(items) and "Details" not in messages(items)
    assert len(told(whole, AFTER).items) == len(ASSIGNMENTS)


def messages(report: Report) -> str:
    return f"{markdown(report)}\n{next_step(report)}"


def test_who_has_an_extension_waits_longer() -> None:
    go_by(replace(DATES, extensions={"emil": {ALL: timedelta(3)}}), before="scores", after="all")
    assert len(told(report("emil"), AFTER).items) == len(ASSIGNMENTS)
    assert told(report("ada"), AFTER) == report("ada")


# --- pushes as of a deadline -------------------------------------------------------------------------------------


def history(folder: Path, student: str, *pushes: tuple[str, int, int]) -> None:
    (folder / student).mkdir(parents=True)
    lines = []
    for number, (when, engine, nn) in enumerate(pushes):
        earned = {"engine": engine, "nn": nn}
        lines.append(json.dumps({"pushed": when, "commit": f"c{number}" * 8, "score": float(engine + nn), "bonus": 0.0,
                                 "max_score": 100.0, "earned": earned, "extra": {}}))  # fmt: skip
    (folder / student / "history.jsonl").write_text("\n".join([*lines, '{"torn']) + "\n")


@pytest.fixture
def pushed(tmp_path: Path) -> Path:
    history(tmp_path, "ada", ("2027-02-07T10:00:00Z", 20, 1), ("2027-02-08T16:59:00Z", 10, 2),
            ("2027-02-09T10:00:00Z", 26, 9))  # fmt: skip
    history(tmp_path, "bela", ("2027-02-09T10:00:00Z", 26, 9))
    return tmp_path


def test_the_last_push_before_a_deadline_counts_or_the_best(pushed: Path) -> None:
    assert as_of(pushed, Dates(), AT_18, "last").splitlines() == [
        "student,score,max_score,bonus,pushed,commit,pushes,later",
        "ada,12,100,0,2027-02-08T16:59:00Z,c1c1c1c1c1,2,1",
        "bela,,,,,,0,1",
    ]
    assert as_of(pushed, Dates(), AT_18, "best").splitlines()[1] == "ada,21,100,0,2027-02-07T10:00:00Z,c0c0c0c0c0,2,1"


def test_each_assignment_counts_by_its_own_date(pushed: Path) -> None:
    dates = Dates("Europe/Berlin", {"engine": DUE, "nn": DUE + timedelta(2)}, extensions={"bela": {ALL: timedelta(1)}})
    ada, bela = as_of(pushed, dates, None, "best").splitlines()[1:]
    assert ada.startswith("ada,29,100,0,2027-02-07T10:00:00Z 2027-02-09T10:00:00Z,")  # 20 of engine, 9 of nn
    assert bela.startswith("bela,35,100,0,2027-02-09T10:00:00Z,")


def test_without_a_deadline_or_pushes_there_is_a_sentence(pushed: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing has a due date: say as of when with --at"):
        as_of(pushed, Dates(), None, "last")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="there is no push in"):
        as_of(tmp_path / "empty", DATES, None, "last")
    line = json.dumps({"pushed": "2027-02-07T10:00:00Z", "commit": "c", "score": 1.0, "bonus": 0.0, "max_score": 100.0})
    (pushed / "bela" / "history.jsonl").write_text(line + "\n")
    with pytest.raises(UserError, match="pushes of bela were graded before the course had due dates"):
        as_of(pushed, DATES, None, "last")
