"""What tests share: the default exam, and the sample class, graded once a session for each way to shut students in.

The fixtures that grade the sample class take seconds. Each is used in one file alone, so that with `--dist loadfile`
one process pays for each.
"""

from __future__ import annotations

import gc
import importlib.util
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import nightly
import pytest
import shared
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from kept import _close as closed
from kept import keeping
from nightly import WHOLE, asked

from autograder.classroom import worker_pool
from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.courses.micrograd import COURSE
from autograder.errors import UserError
from autograder.exam import seed
from autograder.exam.paper import SAMPLE_SEED, Exam
from autograder.exam.questions import strategies
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.project import SETTINGS
from autograder.report import Report
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX, Sandbox
from autograder.sandbox.protocol import Limits
from autograder.sandbox.worker import Worker
from autograder.settings import in_force
from autograder.submissions.discovery import find_submissions
from autograder.submissions.submission import Submission

Request = pytest.FixtureRequest
ROOT = Path(__file__).parents[1]
AS_IT_COMES = Path(__file__).parent / "as_it_comes"
# Files by the time that they take, so that the last ones to begin are short; those that are not named take less. The
# first to begin need nothing that another of these makes once for all.
LONGEST_FIRST = [
    "test_course", "test_pages", "test_cli", "test_red_team", "test_exam", "test_gradebook", "test_kit", "test_check",
    "test_harmless", "test_hook", "test_graph", "test_browser_desk", "test_attacks", "test_sandbox", "test_browser",
    "test_watch", "test_notebooks", "test_formgrader", "test_pushes", "test_faults", "test_scribe", "test_demo",
    "test_faults_nets", "test_fuzz", "test_hint", "test_mutants", "test_machines", "test_pitfalls", "test_adding",
    "test_trying", "test_samples_again", "test_endings", "test_engines", "test_containers", "test_cluster",
    "test_pytest_plugin",
]  # fmt: skip
SAMPLES = ROOT / "assignments" / "submitted"
SCRIPT = Path(sys.executable).with_name("gradschool")  # it may be installed without scripts
collect_ignore = ["suites"]  # what students might hand in
# Files about how workers are started, and about by what an exam is known: in these nothing of the kind is kept.
WORKERS = {
    "test_ahead", "test_asked_again", "test_attacks", "test_batches", "test_cluster", "test_confine",
    "test_containers", "test_endings", "test_faulty_runs", "test_formgrader", "test_imports", "test_interrupting",
    "test_machines", "test_nobody_vanishes", "test_red_team", "test_sandbox",
}  # fmt: skip
EXAMS = {"test_exam", "test_words"}
# Students whose code does harm where nothing shuts it in: it fills the memory, or kills whomever it can.
HOSTILE = ("ivan", "karl")
# Students whose reports are asked for at night alone: the forms of their mistakes are in test_pitfalls and test_faults,
# and that prints are cut and cost nothing is in test_sandbox.
AT_NIGHT = ("bela", "farah", "nadia")
# Students whose code does not come to an end, so that the clock has to run out.
ENDLESS = ("hana",)


# Before all else, here and in processes that are told this path.
sys.path.insert(0, str(Path(__file__).parent / "light"))

# Hypothesis draws the same in every run, whatever else is loaded; with DRAWN=anew in the environment it draws anew,
# and more. A slow machine is no fault.
if not WHOLE:  # by day nothing that draws looks at the constants of whatever is loaded, and to find these takes long
    providers._get_local_constants = lambda: providers._local_constants
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "steady", _PATIENT, derandomize=True, database=None, backend=strategies.BACKEND, max_examples=12
)
settings.register_profile("anew", _PATIENT, derandomize=False)
settings.load_profile("anew" if os.environ.get("DRAWN") == "anew" else "steady")


def pytest_configure(config: pytest.Config) -> None:
    """What tests start can be interrupted, even where the whole run is in the background and ignores that, and teaches
    the course as it comes, even where an instructor has a course file in this checkout."""
    config.pluginmanager.register(nightly)
    config.pluginmanager.register(shared)
    spec = importlib.util.spec_from_file_location("as_it_comes", AS_IT_COMES / "sitecustomize.py")
    assert spec and spec.loader
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    module.as_it_comes(in_force)
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if (
        any(os.path.lexists(folder / SETTINGS) for folder in (ROOT, ROOT / "assignments"))
        and str(AS_IT_COMES) not in paths
    ):
        os.environ["PYTHONPATH"] = os.pathsep.join([str(AS_IT_COMES), *filter(None, paths)])
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays, and is not looked through again and again for what could be let go."""
    gc.disable()
    yield
    gc.enable()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; within a file the order stays."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session", autouse=True)
def no_hidden_exam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Here the hidden exam is the sample class's. Commands in processes of their own are told a seed or an exam: none
    may draw a seed of this checkout's, or take one that is there."""
    kept = tmp_path_factory.mktemp("seed") / seed.FILE
    kept.write_text(f"{SAMPLE_SEED}\n")
    hidden = ROOT / seed.FILE
    before = hidden.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seed, "_place", lambda: kept)
        yield
    assert hidden.exists() == before, "a command was started without a seed or an exam"


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every user can reach. Each pytest that begins closes those of pytest's own to others."""
    with tempfile.TemporaryDirectory(prefix="reachable-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        yield Path(folder).resolve()


@pytest.fixture(scope="module", autouse=True)
def left_by_others(request: Request) -> Iterator[None]:
    """By day one command after the other asks the same worker; by night each has its own."""
    name = request.path.stem
    with nullcontext() if WHOLE else keeping(name not in WORKERS, name not in EXAMS):
        yield


@contextmanager
def forked_judges() -> Iterator[None]:
    """By day judge processes begin as forks, which have imported all, and leave no worker to others."""
    with pytest.MonkeyPatch.context() as patch:
        if not WHOLE:
            patch.setattr(worker_pool, "_CONTEXT", multiprocessing.get_context("fork"))
            patch.setattr(Worker, "close", closed)
        yield


def readable_by_others(path: Path) -> bool:
    """Whether other users may read what lies there; a checkout may be in a folder that only its owner enters."""
    return all(part.stat().st_mode & 0o005 == 0o005 for part in (path, *path.parents))


@pytest.fixture
def nothing_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process knows nothing of any package of students', whatever tests before have imported."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd"]:
        monkeypatch.delitem(sys.modules, name)


@dataclass(frozen=True)
class Graded:
    """A class that was graded: the results folder, and the reports by student as they were returned."""

    folder: Path
    reports: dict[str, Report]

    def text(self, student: str) -> str:
        return (self.folder / student / "report.json").read_text("ascii")


@dataclass(frozen=True)
class Hasty(Job):
    """A job that waits for endless loops less long. What its timeouts say differs, the verdicts do not."""

    def grader(self) -> Grader:
        return Grader(self.exam, self.sandbox, limits=Limits(cpu=1.0))


@pytest.fixture(scope="session")
def exam() -> Exam:
    """The default exam, from the cache where it is there."""
    return exams.get()


@pytest.fixture(scope="session")
def sample_class() -> list[Submission]:
    return find_submissions([SAMPLES], COURSE.assignments)


Grade = Callable[..., Graded]


@pytest.fixture(scope="session")
def grade_into(tmp_path_factory: pytest.TempPathFactory) -> Grade:
    """Grade submissions in the order in which they are given, into a new folder of that name: in this process, or in as
    many others as there are `jobs`."""

    def grade(name: str, submissions: Sequence[Submission], job: Job, jobs: int = 1) -> Graded:
        folder = tmp_path_factory.mktemp("results") / name
        reports: dict[str, Report] = {}
        grade_class(submissions, job, Results(folder, job), jobs=jobs, progress=reports.__setitem__)
        return Graded(folder, reports)

    return grade


@pytest.fixture(scope="session")
def graded(request: Request, grade_into: Grade, sample_class: list[Submission], exam: Exam) -> Graded:
    """The sample class as `gradschool grade` grades it, but that it waits for endless loops less long."""
    left = {*AT_NIGHT} - asked(request, "student")
    present = [each for each in sample_class if each.student not in left]
    return grade_into("auto", present, Hasty(exam, choose("auto"), item_ids(())))


@pytest.fixture(scope="session")
def graded_again(request: Request, grade_into: Grade, sample_class: list[Submission], exam: Exam) -> Graded:
    """The same in the opposite order, by two judges as the command has them, which by day begin as forks: those whom
    tests ask about."""
    backwards = [each for each in sample_class[::-1] if each.student in asked(request, "student")]
    with forked_judges():
        return grade_into("again", backwards, Job(exam, choose("auto"), item_ids(())), jobs=2)


@pytest.fixture(scope="session")
def graded_by_landlock(request: Request, grade_into: Grade, sample_class: list[Submission], exam: Exam) -> Graded:
    """Those whose code comes to an end: how others are stopped in each sandbox is tested in test_sandbox."""
    ending = [each for each in sample_class if each.student in asked(request, "student") | {"karl", "lena", "nadia"}]
    return grade_into("landlock", ending, Job(exam, sandbox("landlock"), item_ids(())))


@pytest.fixture(scope="session")
def graded_unprotected(request: Request, grade_into: Grade, sample_class: list[Submission], exam: Exam) -> Graded:
    """The same without the hostile ones, as `gradschool check` runs them."""
    harmless = [each for each in sample_class if each.student in asked(request, "student")]
    return grade_into("none", harmless, Job(exam, NO_SANDBOX, item_ids(())))


def sandbox(kind: str) -> Sandbox:
    """That kind of sandbox; skips the test where it cannot be had."""
    try:
        return choose(kind)
    except UserError as error:
        pytest.skip(str(error))
