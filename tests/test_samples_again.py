"""The sample class once more, in other circumstances: nothing about the reports may change that should not."""

from __future__ import annotations

import json

import pytest
from conftest import ENDLESS, HOSTILE, Grade, Graded, Request, sandbox
from nightly import asked, only
from test_samples import LOST, comparable, golden_text, statuses

from autograder.classroom.grade import item_ids
from autograder.classroom.job import Job
from autograder.exam.paper import Exam
from autograder.submissions.submission import Submission


def golden_statuses(student: str) -> dict[str, str]:
    return {item["id"]: item["status"] for item in json.loads(golden_text(student))["items"]}


@pytest.mark.parametrize("student", only(sorted(LOST.keys() - {*ENDLESS}), {"goran", "tomas"}.__contains__))
def test_two_judges_and_the_opposite_order_give_the_same_reports(student: str, graded_again: Graded) -> None:
    assert comparable(graded_again.text(student)) == golden_text(student)


@pytest.fixture(scope="module")
def graded_by_landlock(request: Request, grade_into: Grade, sample_class: list[Submission], exam: Exam) -> Graded:
    """Those whose code comes to an end: how others are stopped in each sandbox is tested in test_sandbox."""
    ending = [each for each in sample_class if each.student in asked(request, "student")]
    return grade_into("landlock", ending, Job(exam, sandbox("landlock"), item_ids(())))


@pytest.mark.parametrize("student", only(sorted(LOST.keys() - set(ENDLESS)), {"karl", "priya"}.__contains__))
def test_landlock_gives_the_same_verdicts(student: str, graded_by_landlock: Graded) -> None:
    """Cheating earns nothing, and costs nothing those who are graded after it."""
    report = graded_by_landlock.reports[student]
    assert statuses(report) == golden_statuses(student)
    assert report.score == json.loads(golden_text(student))["score"]
    assert student != "karl" or (report.score, report.bonus) == (0, 0)
    assert report.submission == json.loads(golden_text(student))["submission"]
    assert "landlock" in report.sandbox and "bwrap" not in report.sandbox


@pytest.mark.parametrize("student", only(sorted(LOST.keys() - {*ENDLESS, *HOSTILE}), "goran".__eq__))
def test_no_sandbox_gives_the_same_verdicts(student: str, graded_unprotected: Graded) -> None:
    report = graded_unprotected.reports[student]
    assert statuses(report) == golden_statuses(student)
    assert report.sandbox == []
