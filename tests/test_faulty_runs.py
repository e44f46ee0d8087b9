"""Runs that are killed, interrupted, doubled or robbed of their disk: each leaves a results folder in which every
report is whole, and the same command completes it without grading again what was done."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from forks import python, told
from nightly import WHOLE, only

from autograder.classroom import worker_pool
from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.exam.paper import SAMPLE_SEED, Exam
from autograder.files import write_atomically, written
from autograder.grading.grader import Grader
from autograder.report import Report
from autograder.sandbox.layers import NO_SANDBOX
from autograder.submissions import submission as submissions_module
from autograder.submissions.discovery import find_submissions
from autograder.submissions.submission import Submission, looks

REFERENCE = ROOT / "solutions" / "micrograd"
NAMES = ("ann", "bob", "cid", "dan")
ITEMS = item_ids(["derivative"])
needs_processes = pytest.mark.skipif(sys.platform == "win32", reason="signals and mounts are POSIX's")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A class in which everybody handed in something else that is right."""
    for name in NAMES:
        shutil.copytree(REFERENCE, tmp_path / "class" / name / "micrograd")
        edit(tmp_path / "class", name, f"# by {name}\n")
    return tmp_path / "class"


@dataclass(frozen=True)
class Again(Job):
    """A job at which one judge grades every class: to start another takes longer than to grade a class."""

    def grader(self) -> Grader:
        return JUDGES[-1]


class Kept(Grader):
    """A judge that stays."""

    def __exit__(self, *raised: object) -> None: ...


JUDGES: list[Kept] = []


@pytest.fixture(scope="module")
def judge(exam: Exam) -> Iterator[None]:
    JUDGES.append(Kept(exam, NO_SANDBOX))
    yield
    JUDGES.pop().close()


@pytest.fixture
def job(exam: Exam, judge: None) -> Job:
    return Again(exam, NO_SANDBOX, ITEMS)


def edit(folder: Path, name: str, text: str) -> None:
    with (folder / name / "micrograd" / "derivative.py").open("a") as file:
        file.write(text)


def contents(results: Path) -> dict[str, str]:
    """All that is in a results folder, but for the seconds and the index."""
    index = (".graded.json", ".outlines.json")
    paths = [path for path in results.rglob("*") if path.is_file() and path.name not in index]
    return {
        str(path.relative_to(results)): re.sub(r'"seconds": [\d.e-]+', "", path.read_text("utf-8")) for path in paths
    }


def whole(results: Path) -> set[str]:
    """Who has a report, all of which can be read."""
    paths = list(results.glob("*/report.json"))
    return {Report.from_dict(json.loads(path.read_text("ascii"))).student for path in paths}


def complete(folder: Path, job: Job, results: Path) -> set[str]:
    """Grade what is left, and hold the folder against that of a run without trouble; who was left."""
    before = {name: (results / name / "report.json").stat().st_mtime_ns for name in whole(results)}
    grade(folder, job, results)
    grade(folder, job, results.with_name("untroubled"))
    assert contents(results) == contents(results.with_name("untroubled"))
    assert set(json.loads((results / ".graded.json").read_text())) == whole(results)
    return {name for name in whole(results) if (results / name / "report.json").stat().st_mtime_ns != before.get(name)}


def grade(folder: Path, job: Job, results: Path, **options: object) -> dict[str, Report]:
    found: dict[str, Report] = {}
    grade_class(
        find_submissions([folder], ["derivative"]), job, Results(results, job), progress=found.__setitem__, **options
    )  # type: ignore[arg-type]
    return found


# --- judges -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deadly(Job):
    """A job at which judges are killed by one student, as often as there are lives in a file. They find out only what
    is not known of students."""

    lives: str = ""
    known: Mapping[str, Report] = field(default_factory=dict)

    def grade(self, grader: Grader, submission: Submission) -> Report:
        if submission.student == "bob" and (left := int(Path(self.lives).read_text())):
            Path(self.lives).write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return self.known.get(submission.student) or super().grade(grader, submission)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judges need not import anything, where it is not how they start but how they end that matters."""
    monkeypatch.setattr(worker_pool, "_CONTEXT", multiprocessing.get_context("fork"))


@pytest.fixture
def known(folder: Path, job: Job) -> dict[str, Report]:
    """What judges need not find out by day: each would start a worker for it."""
    submissions = [] if WHOLE else find_submissions([folder], ["derivative"])
    return {each.student: job.grade(job.grader(), each) for each in submissions}


@needs_processes
@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(("deaths", "crashed"), [(1, set()), (2, {"bob"})])
def test_a_judge_that_is_killed_costs_nobody_elses_result(
    folder: Path, job: Job, known: dict[str, Report], tmp_path: Path, deaths: int, crashed: set[str]
) -> None:
    """Where judges die of one submission and live without it, that one has crashed, and is graded."""
    (tmp_path / "lives").write_text(str(deaths))
    deadly = Deadly(job.exam, job.sandbox, job.only, lives=str(tmp_path / "lives"), known=known)
    found = grade(folder, deadly, tmp_path / "results", jobs=2)
    assert not any(report.ungraded for report in found.values())
    assert {name for name in NAMES if found[name].items[0].status == "crashed"} == crashed
    assert whole(tmp_path / "results") == set(NAMES)
    grade(folder, job, tmp_path / "results", fresh=bool(crashed))  # which is how to try again
    assert complete(folder, job, tmp_path / "results") == set()


@dataclass(frozen=True)
class Doomed(Job):
    """Its judges die of everything."""

    def grade(self, grader: Grader, submission: Submission) -> Report:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@needs_processes
@pytest.mark.usefixtures("forked")
def test_where_every_judge_dies_nobody_has_crashed(folder: Path, job: Job, tmp_path: Path) -> None:
    for name in NAMES[2:]:
        shutil.rmtree(folder / name)
    found = grade(folder, Doomed(job.exam, job.sandbox, job.only), tmp_path / "results", jobs=2)
    assert all(report.ungraded for report in found.values())


def test_what_is_ungraded_twice_is_not_tried_again_unless_one_says_so(
    folder: Path, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def fail(grader: Grader, submission: Submission, only: object) -> Report:
        tries.append(submission.student)
        raise ValueError("a fault of ours")

    monkeypatch.setattr(Grader, "grade_submission", fail)
    one = folder / "ann"
    for run, (tried, said) in enumerate([(1, False), (2, True), (2, True)]):
        report = grade(one, job, tmp_path / "results")["ann"]
        assert report.ungraded and len(tries) == tried, run
        assert ("ungraded twice" in report.message and "--fresh" in report.message) == said
    edit(folder, "ann", "# changed\n")
    assert "twice" not in grade(one, job, tmp_path / "results")["ann"].message and len(tries) == 3
    grade(one, job, tmp_path / "results")
    grade(one, job, tmp_path / "results", fresh=True)
    assert len(tries) == 5
    monkeypatch.undo()
    assert not grade(one, job, tmp_path / "results", fresh=True)["ann"].ungraded


# --- the main process ---------------------------------------------------------------------------------------


def start(folder: Path, results: Path, jobs: int = 2, before: str = "") -> Any:
    """A process that grades, and does something `before`; what it says comes into a file beside the results."""
    code = "import sys; sys.stderr = sys.stdout = open(sys.argv.pop(1), 'a'); from autograder.cli import main; "
    code = f"{code}{before}\nmain()"
    options = ["--sandbox", "none", "--assignment", "derivative", "--jobs", jobs, "--seed", SAMPLE_SEED]
    return python(code, said_in(results), "grade", folder, "--out", results, *options, cwd=ROOT)


def said_in(results: Path) -> Path:
    return results.with_name("said")


def until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not met():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def alive(session: int) -> list[int]:
    """The processes of a session."""
    listed = subprocess.run(["ps", "-eo", "sess=,pid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(pid) for sess, pid, stat in rows if int(sess) == session and not stat.startswith("Z")]


@needs_processes
@pytest.mark.parametrize("how", only([signal.SIGKILL, signal.SIGTERM, signal.SIGINT], signal.SIGKILL.__eq__))
def test_a_run_that_is_ended_keeps_what_is_done(folder: Path, job: Job, exam: Exam, tmp_path: Path, how: int) -> None:
    for number in range(20 if WHOLE else 10):
        shutil.copytree(folder / "ann", folder / f"more{number}")
        edit(folder, f"more{number}", f"# number {number}\n")
    results = tmp_path / "results"
    process = start(folder, results)
    until(lambda: (results / ".graded.lines").exists() or process.poll() is not None)
    process.send_signal(how)
    assert process.wait(60) in (-how, 128 + how) and "Traceback" not in said_in(results).read_text()
    until(lambda: not alive(process.pid))
    done = whole(results)
    assert done and len(done) < len([*folder.iterdir()])
    entered = set(json.loads((results / ".graded.json").read_text())) if how == signal.SIGINT else set()
    left = complete(folder, job, results)
    assert len(left & done) <= 1 and not left & entered  # one may have been written, and not yet entered


_DYING = """
import os, signal
left, replace = {left}, os.replace
def dying(*names):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*names)
os.replace = dying
"""


@needs_processes
def test_whichever_file_a_run_is_killed_at_the_next_one_leaves_no_draft(folder: Path, job: Job, tmp_path: Path) -> None:
    for name in NAMES[2:]:
        shutil.rmtree(folder / name)
    for left in count() if WHOLE else (0, 3, 4):  # a report, a page, what is about all
        results = tmp_path / f"results{left}"
        if not start(folder, results, 1, _DYING.format(left=left)).wait(60):
            break
        assert [*results.rglob(".*.tmp")], said_in(results).read_text()
        complete(folder, job, results)
    assert left > 3


@needs_processes
def test_what_has_a_drafts_name_and_is_none_ends_no_write(tmp_path: Path) -> None:
    """Nobody waits for a pipe, and what a link points to stays, and so does what another program left."""
    (tmp_path / f".{0:016x}.tmp").write_text("theirs")
    for number, make in enumerate([os.mkfifo, os.mkdir, lambda name: os.symlink(tmp_path / "theirs", name)]):
        make(tmp_path / f".gradschool-{number:016x}.tmp")
    (tmp_path / "theirs").write_text("theirs")
    write_atomically(tmp_path / "ours", "ours")
    assert (tmp_path / "theirs").read_text() == "theirs" and (tmp_path / "ours").read_text() == "ours"
    assert (tmp_path / f".{0:016x}.tmp").read_text() == "theirs"


def test_what_a_killed_writer_left_is_swept_away(folder: Path, job: Job, tmp_path: Path) -> None:
    """And a draft that somebody is writing is left to them."""
    results = tmp_path / "results"
    for place in (results, results / "ann"):
        place.mkdir()
        (place / ".gradschool-0123456789abcdef.tmp").write_text('{"stu')
    with written(results / "ann" / "report.json") as theirs:
        grade(folder, job, results)
        theirs.write(b"{}")
    assert (results / "ann" / "report.json").read_text() == "{}"
    assert not list(results.rglob("*.tmp"))


@needs_processes
def test_two_runs_at_once(folder: Path, job: Job, tmp_path: Path) -> None:
    results = tmp_path / "results"
    both = [start(folder, results, jobs=1) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0] and said_in(results).read_text()
    assert complete(folder, job, results) == set()


# --- the disk -----------------------------------------------------------------------------------------------

_ON_ITS_OWN_DISK = """
import ctypes, os, subprocess, sys
from pathlib import Path
if ctypes.CDLL(None).unshare(0x00020000):  # its own mounts
    sys.exit("unshare")
subprocess.run(["mount", "--make-rprivate", "/"], check=True)
sys.path[:0] = [{tests!r}]
from test_faulty_runs import *
from autograder.grading import exams
from autograder.errors import UserError

def disk(*options):
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", "{disk}"], check=True)

results = Path("{disk}") / "results"
job = Job(exams.get(), NO_SANDBOX, ITEMS)
disk("-o", "size={size}")

def trouble(student, report):
    if {readonly}:
        disk("-o", "remount,ro")

try:
    grade_class(find_submissions([Path({folder!r})], []), job, Results(results, job), progress=trouble)
except UserError as error:
    print(error.code, error)
done = whole(results)
print(len(done))
disk("-o", "remount,rw,size=20m")
left = complete(Path({folder!r}), job, results)
assert not left & done, (left, done)
print("completed", len(left))
"""


@needs_processes
@pytest.mark.parametrize(
    ("size", "readonly", "why"),
    only([("56k", False, "No space left"), ("20m", True, "Read-only")], lambda case: case[0] == "56k"),
)
def test_a_disk_that_takes_no_more(
    folder: Path, exam: Exam, tmp_path: Path, size: str, readonly: bool, why: str
) -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting takes rights that are not there")
    (tmp_path / "disk").mkdir()
    script = _ON_ITS_OWN_DISK.format(
        tests=str(ROOT / "tests"), disk=tmp_path / "disk", size=size, readonly=readonly, folder=str(folder)
    )
    done = told(script, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    said, count, completed = done.stdout.splitlines()
    assert said.startswith("1 ") and why in said and "run the same command again" in said
    assert 0 < int(count) < len(NAMES) and completed == f"completed {len(NAMES) - int(count)}"


@needs_processes
def test_a_bad_report_does_not_hold(folder: Path, job: Job, tmp_path: Path) -> None:
    """Whatever a crash left: half a report, or somebody else's."""
    results = tmp_path / "results"
    grade(folder, job, results)
    text = (results / "ann" / "report.json").read_text()
    (results / "ann" / "report.json").write_text(text[: len(text) // 2])
    (results / "bob" / "report.json").write_text(text)
    (results / ".graded.lines").write_text('{"cid": ["what')
    assert grade(folder, job, results).keys() == set(NAMES)
    assert complete(folder, job, results) == set()


# --- the clock and the submissions --------------------------------------------------------------------------


def test_a_clock_that_jumps(folder: Path, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    jumps = iter(range(10**9))
    jumping = lambda: now + (-1) ** next(jumps) * 10**8  # noqa: E731
    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr(time, "time_ns", lambda: int(jumping() * 10**9))
    found = grade(folder, job, tmp_path / "results")
    assert {report.score for report in found.values()} == {4.0}
    monkeypatch.undo()
    assert complete(folder, job, tmp_path / "results") == set()


@dataclass(frozen=True)
class Meddled(Job):
    """A job during which ann goes on working."""

    folder: str = ""

    def grade(self, grader: Grader, submission: Submission) -> Report:
        if submission.student == "ann":
            edit(Path(self.folder), "ann", "changed while it is graded\n")
        return super().grade(grader, submission)


def test_a_submission_that_changes_while_it_is_graded(folder: Path, job: Job, tmp_path: Path) -> None:
    results = tmp_path / "results"
    meddled = Meddled(job.exam, job.sandbox, job.only, folder=str(folder))
    first = grade(folder, meddled, results)["ann"]
    assert first.score == 4
    assert complete(folder, job, results) == {"ann"}
    again = Report.from_dict(json.loads((results / "ann" / "report.json").read_text()))
    assert again.score == 0 and again.submission != first.submission


def test_a_quick_edit_of_the_same_size_shows(folder: Path, job: Job, tmp_path: Path) -> None:
    results, path = tmp_path / "results", folder / "ann" / "micrograd" / "derivative.py"
    grade(folder, job, results)
    before, text = path.stat(), path.read_text()
    path.write_text(text.replace("# by ann", "# by AN!"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert complete(folder, job, results) == {"ann"}


def test_looks_prove_something_only_when_they_are_old(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Submission("ann", {"": folder / "ann"}, "ann")
    path, now = folder / "ann" / "micrograd" / "derivative.py", time.time_ns()
    assert looks(ann) is None
    monkeypatch.setattr(submissions_module.time, "time_ns", lambda: now + 60 * 10**9)
    first = looks(ann)
    assert first is not None and looks(ann) == first
    os.utime(path, ns=(0, 0))
    assert looks(ann) not in (None, first)
    os.utime(path, ns=(0, now + 3600 * 10**9))
    assert looks(ann) is None


def test_what_looks_unchanged_is_not_even_copied(
    folder: Path, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time_ns() + 60 * 10**9
    monkeypatch.setattr(submissions_module.time, "time_ns", lambda: later)
    grade(folder, job, tmp_path / "results")
    before = contents(tmp_path / "results")
    monkeypatch.setattr("autograder.classroom.grade.packed", lambda submission: pytest.fail("it was copied"))
    assert grade(folder, job, tmp_path / "results").keys() == set(NAMES)
    assert contents(tmp_path / "results") == before


def test_identical_submissions_are_graded_once(
    folder: Path, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(folder / "cid")
    shutil.copytree(folder / "ann", folder / "cid")
    graded: list[str] = []
    real = Grader.grade_submission
    monkeypatch.setattr(
        Grader, "grade_submission", lambda self, each, only: graded.append(each.student) or real(self, each, only)
    )
    found = grade(folder, job, tmp_path / "results")
    shutil.copytree(folder / "bob", folder / "eve")
    found |= grade(folder, job, tmp_path / "results")
    assert graded == ["ann", "bob", "dan"]
    assert replace(found["cid"], student="ann") == found["ann"]
    summary = json.loads((tmp_path / "results" / "summary.json").read_text())
    assert summary["identical"] == [["ann", "cid"], ["bob", "eve"]]
    texts = {name: (tmp_path / "results" / name / "report.json").read_text() for name in ("bob", "eve")}
    assert texts["bob"].replace('"bob"', '"eve"') == texts["eve"]


def test_a_report_does_not_outlive_the_names_of_mistakes(folder: Path, job: Job) -> None:
    """The same exam that calls a mistake something else makes another report."""
    ann = Submission("ann", {"": folder / "ann"}, "ann")
    sheets = {id: replace(sheet, pitfalls={"0" * 20: "overwrites-gradient"}) for id, sheet in job.exam.sheets.items()}
    renamed = replace(job, exam=replace(job.exam, sheets=sheets))
    assert renamed.exam.address == job.exam.address
    assert renamed.key(ann) != job.key(ann)
