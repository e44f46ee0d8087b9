"""Pushes by the dates of a course file: when the server received them counts, and what pushers are told follows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from autograder.cli import main
from autograder.exam.paper import Exam
from autograder.push.grader import drain
from autograder.push.hook import load_hook
from autograder.settings.in_force import drop

COURSE_FILE = """
leave_out = ["stretch", "nn", "training"]
[points]
engine-add = 4
engine-mul = 1
backprop-add = 2
[dates]
due = 2027-02-01T18:00:00Z
[late]
per_day = 10
[feedback]
before = "scores"
after = "scores"
"""


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    drop()


def git(*arguments: str, cwd: Path) -> str:
    who = {f"GIT_{role}_{what}": "ada@x.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    stamps = {"GIT_AUTHOR_DATE": "2027-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2027-01-01T00:00:00Z"}
    environment = {**os.environ, **who, **stamps}
    done = subprocess.run(["git", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_pushes_count_by_when_they_came_and_not_by_what_they_say(tmp_path: Path, exam: Exam) -> None:
    course, bare, clone = tmp_path / "course", tmp_path / "ada.git", tmp_path / "clone"
    course.mkdir()
    (course / "course.toml").write_text(COURSE_FILE)
    (tmp_path / "exam.json").write_text(exam.to_json())
    git("init", "--quiet", "--bare", "--initial-branch=main", str(bare), cwd=tmp_path)
    results = tmp_path / "results"
    installing = ("--results", results, "--exam", tmp_path / "exam.json", "--course", course, "--sandbox", "none")
    run("hook", "install", bare, *installing)
    (bare / "hooks" / "post-receive").unlink()
    git("clone", "--quiet", str(bare), str(clone), cwd=tmp_path)
    git("checkout", "--quiet", "-b", "main", cwd=clone)
    engine = clone / "micrograd" / "engine.py"
    commits = []
    for broken in (False, True, False):
        shutil.copytree(ROOT / "solutions" / "micrograd", clone / "micrograd", dirs_exist_ok=True)
        if broken:
            engine.write_text(engine.read_text().replace("math.tanh(self.data)", "math.tan(self.data)"))
        git("add", "--all", cwd=clone)
        git("commit", "--quiet", "--allow-empty", "-m", "work", cwd=clone)
        commits.append(git("rev-parse", "HEAD", cwd=clone))
    git("push", "--quiet", "origin", "main", cwd=clone)
    hook = load_hook(bare)
    stamps = ("20270201T170000Z-1", "20270201T175959Z-2", "20270202T190000Z-3")  # two before the date, one a day later
    for name, commit in zip(stamps, commits, strict=True):
        (hook.queue / name).write_text(f"{'0' * 40} {commit} refs/heads/main\n")
    said: list[str] = []
    assert drain(hook, said.append), said

    lines = sorted(map(json.loads, hook.history.read_text().splitlines()), key=lambda line: line["pushed"])
    whole = lines[0]["score"]
    assert whole == 60
    assert [(line["score"] == whole, line["penalty"]) for line in lines] == [(True, 0), (False, 0), (True, 12)]
    assert lines[2]["final_score"] == 48
    assert lines[0]["earned"]["engine"] == 27
    report = json.loads((hook.history.parent / "report.json").read_text())
    assert (report["score"], report["penalty"], report["final_score"]) == (60, 12, 48)
    answer = (hook.answers / stamps[2]).read_text()
    assert "score 60, penalty 12, final score 48" in answer
    assert "engine-tanh" not in (hook.answers / stamps[1]).read_text()  # scores alone

    last = run("hook", "export", results, "--course", course).splitlines()
    assert last[1].split(",")[:2] == ["ada", f"{lines[1]['score']:g}"]
    best = run("hook", "export", results, "--course", course, "--counts", "best").splitlines()
    assert best[1].split(",")[:2] == ["ada", "60"]
    late = run("hook", "export", results, "--course", course, "--at", "2027-02-03").splitlines()
    assert late[1].split(",")[1:6] == ["60", "60", "0", "2027-02-02T19:00:00Z", commits[2][:10]]
    refused = CliRunner().invoke(main, ["hook", "export", str(results), "--at", "soon"])
    assert (refused.exit_code, "--at: there must be a date such as 2027-02-01" in refused.output) == (2, True)
