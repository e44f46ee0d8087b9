"""The sample class once more, in other circumstances: nothing about the reports may change that should not."""

from __future__ import annotations

import json

import pytest
from conftest import ENDLESS, HOSTILE, Graded
from nightly import only
from test_samples import LOST, comparable, golden_text, statuses


def golden_statuses(student: str) -> dict[str, str]:
    return {item["id"]: item["status"] for item in json.loads(golden_text(student))["items"]}


@pytest.mark.parametrize("student", only(sorted(LOST.keys() - {*ENDLESS}), {"emil", "tomas"}.__contains__))
def test_two_judges_and_the_opposite_order_give_the_same_reports(student: str, graded_again: Graded) -> None:
    assert comparable(graded_again.text(student)) == golden_text(student)


@pytest.mark.parametrize("student", only(sorted(LOST.keys() - set(ENDLESS)), {"emil", "karl"}.__contains__))
def test_landlock_gives_the_same_verdicts(student: str, graded_by_landlock: Graded) -> None:
    report = graded_by_landlock.reports[student]
    assert statuses(report) == golden_statuses(student)
    assert report.submission == json.loads(golden_text(student))["submission"]
    assert "landlock" in report.sandbox and "bwrap" not in report.sandbox


def test_cheating_earns_nothing_by_landlock(graded_by_landlock: Graded) -> None:
    report = graded_by_landlock.reports["karl"]
    assert (report.score, report.bonus) == (0, 0)
    assert [graded_by_landlock.reports[other].score for other in ("lena", "nadia")] == [0, 100]


@pytest.mark.parametrize("student", only(sorted(LOST.keys() - {*ENDLESS, *HOSTILE}), {"emil", "priya"}.__contains__))
def test_no_sandbox_gives_the_same_verdicts(student: str, graded_unprotected: Graded) -> None:
    report = graded_unprotected.reports[student]
    assert statuses(report) == golden_statuses(student)
    assert report.sandbox == []
