"""Where somebody waits, half of the items are asked while the other half is, and nobody is told anything else."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from brief import shortened
from conftest import ROOT
from nightly import few
from test_loops import put

from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.sandbox import worker
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.sandbox.records import Answers, Run, together
from autograder.sandbox.supervise import halved

REFERENCE = ROOT / "solutions" / "micrograd"
WAIT = "__import__('time').sleep(9)"
EARLY = "engine.py", "tanh"
OS, TODO = "__import__('os')", "raise NotImplementedError('nn-zero-grad')"
FAULTS: dict[str, list[tuple[str, str, str]]] = {  # lines at the beginning of functions
    "none": [],
    "what ends the process": [(*EARLY, f"{OS}._exit(3)"), ("nn.py", "zero_grad", f"{OS}._exit(4)")],
    "a loop in the first half": [(*EARLY, WAIT)],
    "a loop in each half": [(*EARLY, WAIT), ("train.py", "mse_loss", WAIT)],
    "a loop in the second half": [("nn.py", "zero_grad", WAIT)],
    "wrong, and still to do": [("engine.py", "__mul__", "return self"), ("nn.py", "zero_grad", TODO)],
    "what is left to others": [("engine.py", "exp", "import builtins\nbuiltins.abs = None")],
}  # fmt: skip


@pytest.fixture(scope="module")
def exam() -> Exam:
    return shortened(exams.get(PRACTICE_SEED))


def graded(exam: Exam, root: Path, count: int, patch: pytest.MonkeyPatch) -> tuple[Any, list[Any], list[int]]:
    """The report but for its times, what hung, and how many were asked at the same time, each time."""
    hung: list[Any] = []
    asked: list[int] = []
    patch.setattr(worker, "processors", lambda: count)
    patch.setattr(worker, "together", lambda runs: asked.append(len(runs)) or together(runs))
    limits = Limits(patience=1.5, wall=2.0)
    with Grader(exam, NO_SANDBOX, limits=limits, follow=lambda *told: hung.append(told)) as grader:
        report = asdict(grader.grade("ada", root))
    for item in report["items"]:
        del item["seconds"]
    return report, hung, asked


@pytest.mark.parametrize("name", few(FAULTS, 2))
def test_two_processors_find_what_one_does(
    exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shutil.copytree(REFERENCE, tmp_path / "micrograd")
    for file, function, lines in FAULTS[name]:
        put(tmp_path, lines, file, function)
    one, hung, alone = graded(exam, tmp_path, 1, monkeypatch)
    both, too, halves = graded(exam, tmp_path, 2, monkeypatch)
    assert both == one and too == hung
    assert set(alone) == {1} and halves[0] == 2
    assert bool(hung) == any(lines == WAIT for _, _, lines in FAULTS[name])


def test_halves_take_about_as_long() -> None:
    ids = [*"abcdef"]
    assert halved(ids, {}) == [["a", "b", "c"], ["d", "e", "f"]]
    assert halved(ids, {"a": 9.0, "b": 1.0, "c": 1.0}) == [["a", "b", "c"], ["d", "e", "f"]]
    assert halved(ids, {**dict.fromkeys(ids, 1.0), "f": 9.0}) == [["a", "b", "c", "d", "e"], ["f"]]
    assert halved(["a"], {}) == [["a"]] and halved([], {}) == []
    assert halved(ids, dict.fromkeys(ids, 0.0)) == [["a"], ["b", "c", "d", "e", "f"]]


def test_what_comes_after_what_hung_is_asked_again() -> None:
    """As one process would, that had not come to it by then."""
    first = Run({"a": Answers("answered"), "b": Answers("timeout")}, notes=[("absent", "x.py", 1, "")], cpu=1.0)
    second = Run({"c": Answers("timeout"), "d": Answers("answered")}, lost={"nn": "slow"}, notes=first.notes, cpu=2.0)
    whole = together([first, second])
    assert [*whole.items] == ["a", "b"] and whole.lost == {"nn": "slow"}
    assert whole.notes == first.notes and whole.cpu == 3.0
    assert [*together([Run({"a": Answers("crashed")}), second]).items] == ["a", "c", "d"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="asked in processes of their own")
def test_where_two_are_too_many_one_is_asked(exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be a limit on processes: all is asked once more, in one, from then on."""
    shutil.copytree(REFERENCE, tmp_path / "micrograd")
    real, asked = worker.Worker._exchange, []

    def one_alone(self: worker.Worker, request: bytes, seconds: float, replies: int = 1) -> list[bytes]:
        asked.append(replies)
        if replies == 1:
            return real(self, request, seconds)
        real(self, request, seconds, 1)  # the other reply is left unread
        self._stop()
        raise worker.SandboxError("the sandbox died")

    monkeypatch.setattr(worker.Worker, "_exchange", one_alone)
    report, hung, _ = graded(exam, tmp_path, 2, monkeypatch)
    assert asked == [2, 1] and not hung
    assert {item["status"] for item in report["items"] if item["assignment"] != "testing"} == {"passed"}
