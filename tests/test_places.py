"""Whatever lies where the command is called, or in and around what is graded, is not run nor taken for the course's.

The traps are as a student would lay them, and the commands as an instructor types them in there, each in a process of
its own. A trap that is run leaves its name in the file `witness`.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, SAMPLES
from courses import grades
from forks import told
from nightly import nightly, only

from autograder import project
from autograder.cli import main
from autograder.errors import UserError
from autograder.exam import seed
from autograder.exam.paper import PRACTICE_SEED, SAMPLE_SEED, Exam, Kept, content_address
from autograder.grading import exams
from autograder.nbgrader import plugins
from autograder.nbgrader.course_folder import Course, course_in_use, passed_over
from autograder.sandbox.layers import NO_SANDBOX

MODULES = {*sys.stdlib_module_names, "torch", "numpy", "click", "rich", "hypothesis", "nbgrader", "alembic", "pip",
           "sqlalchemy", "jinja2", "distributed", "graphviz", "conftest", "setup", "evil", "sitecustomize",
           "usercustomize", "jupyter_config", "jupyter_nbgrader_config", "jupyter_nbconvert_config",
           "ipython_config"}  # fmt: skip
SETTINGS = {
    "pytest.ini": "[pytest]\naddopts = -p evil\npythonpath = .\n",
    "pyproject.toml": "[tool.alembic]\nscript_location = '.'\nprepend_sys_path = ['.']\n"
    "[tool.pytest.ini_options]\naddopts = '-p evil'\npythonpath = '.'\n",
    "alembic.ini": "[alembic]\nscript_location = .\nprepend_sys_path = .\n",
    "matplotlibrc": "backend: module://evil\n",
    ".env": "PYTHONPATH=.\n",
}
LIGHT = str(ROOT / "tests" / "light")  # lets nbgrader start in a second
TRAP = """\
import os
with open({witness!r}, "a") as file:
    file.write({name!r} + "\\n")
"""


def lay_traps(folder: Path, modules: set[str] = MODULES) -> Path:
    """Stubs of micrograd, and around them whatever somebody might run or read. Returns the witness."""
    witness = folder.parent / "witness"
    traps = {*(f"{name}.py" for name in modules if name.isidentifier()), "nbgrader_config.py", "solutions/pitfalls.py",
             "assignments/nbgrader_config.py", "env.py", "versions/1.py"}  # fmt: skip
    traps |= {f"autograder/{name}.py" for name in ("__init__", "__main__", "cli", "exam")}
    for name in traps:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TRAP.format(witness=str(witness), name=name))
    for name, text in SETTINGS.items():
        (folder / name).write_text(text)
    for place in ("micrograd", "solutions/micrograd", "student/micrograd"):
        shutil.copytree(ROOT / "student" / "micrograd", folder / place, ignore=shutil.ignore_patterns("__pycache__"))
    return witness


def run(*command: object, cwd: Path, code: int = 0, **environment: str) -> str:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
    said = done.stdout + done.stderr
    assert done.returncode == code and "Traceback" not in said, said
    return said


@pytest.fixture(scope="module")
def gradschool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command as it is installed: a script, of which the folder and not the current one is on Python's path."""
    script = tmp_path_factory.mktemp("bin") / "gradschool"
    program = "import sys\nfrom autograder.cli import main\nif __name__ == '__main__':\n    sys.exit(main())"
    script.write_text(f"#!{sys.executable}\n{program}\n")
    script.chmod(0o755)
    return script


@pytest.fixture(scope="module")
def exam_file(exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("exam") / "exam.json"
    file.write_text(exam.to_json())
    return file


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Path]:
    """A folder with all traps, none of which may be run."""
    folder = tmp_path / "class" / "mallory"
    witness = lay_traps(folder)
    yield folder
    assert not witness.exists(), witness.read_text()


def score(results: Path, student: str) -> float:
    return float(json.loads((results / student / "report.json").read_text())["score"])


# --- the current folder -------------------------------------------------------------------------------------


def test_a_class_is_graded_from_within_a_submission(hostile: Path, gradschool: Path, exam_file: Path) -> None:
    """By two judges, and into a new gradebook, which nbgrader has other programs make. The submission holds a
    configuration, too, which is not run."""
    out = hostile.parents[1]
    options = ["--exam", exam_file, "--out", out / "results", "--jobs", 2, "--gradebook", out / "book.db"]
    options += ["--assignment", "derivative"]
    said = run(gradschool, "grade", ".", SAMPLES / "ada", *options, cwd=hostile, PYTHONPATH=LIGHT)
    assert {name: score(out / "results", name) for name in ("mallory", "ada")} == {"mallory": 0, "ada": 4}
    assert "was not used" not in said
    assert grades(f"sqlite:///{out / 'book.db'}").keys() == {"mallory", "ada"}


@nightly
def test_a_class_is_exported_from_within_a_submission(hostile: Path, gradschool: Path, exam_file: Path) -> None:
    """Into a gradebook that is made as it is for a class that is graded."""
    out = hostile.parents[1]
    classmates = [SAMPLES / "ada", SAMPLES / "lena"]
    run(gradschool, "grade", ".", *classmates, "--exam", exam_file, "--out", out / "results", cwd=hostile)
    run(gradschool, "export", "nbgrader", out / "results", "--gradebook", out / "other.db", cwd=hostile)
    assert grades(f"sqlite:///{out / 'other.db'}").keys() == {"mallory", "ada", "lena"}


def short(exam: Exam) -> Exam:
    """The same with one question an item, and one package to try tests on for each kind of mistake."""
    sheets = {id: replace(sheet, questions=sheet.questions[:1], answers=sheet.answers[:1], ladder=[])
              for id, sheet in exam.sheets.items()}  # fmt: skip
    kinds = {each.group: each for each in exam.specimens.unpacked}
    made = replace(exam, sheets=sheets, specimens=Kept.of([*kinds.values()]))
    return replace(made, address=content_address(made))


def test_reference_and_pitfalls_of_a_submission_are_not_the_courses(
    hostile: Path, gradschool: Path, exam: Exam
) -> None:
    """An exam made of them would give stubs all points."""
    assert run(gradschool, "exam", "build", "--seed", SAMPLE_SEED, cwd=hostile).strip() == exam.address
    (hostile.parents[1] / "short.json").write_text(short(exam).to_json())
    verify = "import sys; sys.path.insert(0, sys.argv.pop(1)); from autograder.cli import main; main()"
    arguments = ("exam", "verify", hostile.parents[1] / "short.json")
    done = told(verify, gradschool.parent, *arguments, cwd=hostile)  # PyTorch takes seconds to import
    assert done.returncode == 0 and "all confirmed" in done.stdout, done.stderr
    said = run(gradschool, "pitfalls", "root-not-listed", "--jobs", 2, cwd=hostile)
    assert "costs the items that it names" in said
    assert not (hostile / ".cache").exists()


@nightly
def test_a_whole_exam_is_verified_from_within_a_submission(hostile: Path, gradschool: Path) -> None:
    assert "all confirmed" in run(gradschool, "exam", "verify", "--seed", SAMPLE_SEED, cwd=hostile)
    said = run(gradschool, "pitfalls", "overwrites-gradient", "--jobs", 2, cwd=hostile)
    assert "costs the items that it names" in said
    assert not (hostile / ".cache").exists()


# A wheel of nothing, by what says where it was called.
OTHER_PIP = """\
import os, sys
folder = sys.argv[sys.argv.index("--wheel-dir") + 1]
os.mkdir(folder)
with open(folder + "/gradschool-0-py3-none-any.whl", "w") as file:
    file.write(os.getcwd())
"""


@pytest.mark.parametrize("pip", only(["another", "real"], "another".__eq__))
def test_a_kit_is_made_from_within_a_submission(hostile: Path, gradschool: Path, pip: str) -> None:
    """Its wheel is built anew, by pip, which imports nothing from here; by day it is another one, which only looks
    where it is."""
    exams.get(PRACTICE_SEED)  # else the copy would build it
    kit = hostile.parents[1] / "kit"
    home = hostile.parents[1] / "copy" / ROOT.name  # by which an exam is found again, too
    for name in ("autograder", "solutions", "student", "docs", "tests/engines"):
        shutil.copytree(ROOT / name, home / name, ignore=shutil.ignore_patterns("__pycache__", "results", ".venv"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "gradschool.py"):
        shutil.copy(ROOT / name, home)
    (home / ".cache").mkdir()
    kept = {Path(shutil.copy(each, home / ".cache")) for each in (ROOT / ".cache").glob("exam-*.json")}
    if pip == "another":
        (home / "pip.py").write_text(OTHER_PIP)
    run(gradschool, "release", "--kit", kit, cwd=hostile, PYTHONPATH=str(home))
    (wheel,) = kit.glob("wheels/*.whl")
    assert (kit / "micrograd" / "engine.py").is_file()
    if pip == "another":
        assert Path(wheel.read_text()).is_relative_to(home / ".cache")
    assert list((home / ".cache").glob("wheel-*")) and not (hostile / ".cache").exists()
    assert {*(home / ".cache").glob("exam-*.json")} == kept  # nor is that built


def test_a_hook_is_installed_from_within_a_submission(hostile: Path, gradschool: Path, exam_file: Path) -> None:
    server = hostile.parents[1]
    run("git", "init", "-q", "--bare", "-b", "main", server / "jo.git", cwd=server)
    options = ("--exam", exam_file, "--results", server / "results")
    run(gradschool, "hook", "install", server / "jo.git", *options, cwd=hostile)
    kept = json.loads((server / "jo.git" / "gradschool" / "hook.json").read_text())
    handed_out = json.loads((ROOT / "student" / "practice-exam.json").read_text())
    assert json.loads(Path(kept["practice"]).read_text())["address"] == handed_out["address"]


def test_a_check_from_within_a_submission_takes_our_practice_exam(hostile: Path, gradschool: Path) -> None:
    (hostile / "trace.py").unlink()  # beside an untouched micrograd/trace.py it would be taken for that, and graded
    assert "0/100" in run(gradschool, "check", ".", cwd=hostile, code=1)


@pytest.mark.parametrize("module", ["gradschool", "autograder"])
def test_a_module_that_is_run_by_name_imports_nothing_from_the_current_folder(tmp_path: Path, module: str) -> None:
    """But what Python itself imports before it comes to us, which is the reason to call the script."""
    folder = tmp_path / "mallory"
    before = run(sys.executable, "-c", "import pkgutil, runpy, sys; print(*sys.modules)", cwd=ROOT).split()
    witness = lay_traps(folder, MODULES - {*before, "usercustomize"})
    assert not {"json", "torch", "click"} & {*before}
    shutil.rmtree(folder / "autograder")
    assert "grade" in run(sys.executable, "-m", module, "grade", "--help", cwd=folder)
    assert not witness.exists(), witness.read_text()


@pytest.mark.parametrize("named", only(["whole", "by a dot"], "by a dot".__eq__))
def test_the_pytest_of_instructors_takes_its_settings_from_the_rubric(hostile: Path, named: str) -> None:
    pytest_ = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-k", "derivative-central"]
    rubric = ROOT / "autograder/courses/micrograd/rubric"
    arguments = [f"--submission={hostile}", rubric] if named == "whole" else [rubric, "--submission=."]
    said = run(*pytest_, f"--exam-seed={SAMPLE_SEED}", *arguments, cwd=hostile, code=1)
    assert "TODO 0/2" in said and "0 of 2 points" in said


def test_a_submission_is_named_to_pytest_in_one_word(tmp_path: Path) -> None:
    """In two, pytest may take it for a folder of tests, with settings."""
    run_pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "autograder/courses/micrograd/rubric"]
    assert "write --submission=PATH" in run(*run_pytest, "--submission", tmp_path, cwd=ROOT, code=4)


# --- what is graded -----------------------------------------------------------------------------------------


@nightly
def test_a_configuration_in_a_submission_is_not_run(hostile: Path, gradschool: Path, exam_file: Path) -> None:
    out = hostile.parents[1]
    for number, path in enumerate((hostile, hostile.parent)):
        options = ["--exam", exam_file, "--out", out / f"out{number}", "--gradebook", out / f"{number}.db"]
        said = run(gradschool, "grade", path, *options, cwd=Path("/"))
        assert "was not used" not in said
        assert grades(f"sqlite:///{out / f'{number}.db'}").keys() == {"mallory"}


def test_a_course_of_ones_own_is_named(tmp_path: Path, exam_file: Path) -> None:
    """Where it is not, its configuration is not run, and that is said, so that it can be typed: however long it is."""
    course, witness = tmp_path / ("a course " + "of its own " * 10), tmp_path / "witness"
    shutil.copytree(ROOT / "assignments" / "source", course / "source")
    text = (ROOT / "assignments" / "nbgrader_config.py").read_text("utf-8")
    (course / "nbgrader_config.py").write_text(f"open({str(witness)!r}, 'w')\n{text}", "utf-8")
    shutil.copytree(SAMPLES / "lena", course / "submitted" / "lena")

    def grade(*arguments: object) -> str:
        told = CliRunner().invoke(main, ["grade", *options, *map(str, arguments)])
        assert told.exit_code == 0, told.output
        return told.output

    options = [f"--{name}={tmp_path / name}" for name in ("gradebook", "out")]
    options += [f"--exam={exam_file}", "--assignment=derivative", "--sandbox=none"]
    shown = f"{str(course)[:117]}.../nbgrader_config.py"
    remark = f"{shown} was not used: if that course is yours, name it with --course '{course}'"
    assert f"gradschool: {remark}\n" in grade(course / "submitted")
    assert not witness.exists()
    for path in (course / "submitted" / "lena", course):
        assert passed_over([path], course_in_use()) == remark
    for path in (course / "submitted", course):
        assert passed_over([path], Course(course)) == passed_over([tmp_path, course / "source"], None) == ""
    assert "was not used" not in grade(course / "submitted", "--course", course)
    assert witness.exists()


def test_results_do_not_go_through_a_students_link(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "lena", tmp_path / "lena")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "lena" / "results").mkdir()
    (tmp_path / "lena" / "results" / "lena").symlink_to(tmp_path / "elsewhere")
    out = tmp_path / "lena" / "results"
    told = CliRunner().invoke(main, ["grade", str(tmp_path / "lena"), "--out", str(out), "--sandbox", "none"])
    assert told.exit_code == 2 and "is a link, and results would go where it leads" in told.output
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_repository_has_nothing_fetched(tmp_path: Path) -> None:
    """Git would by the program that the repository's configuration names."""
    from autograder.submissions.sources.gittree import Commit, Repository, Unreadable

    witness = tmp_path / "witness"
    run("git", "init", "-q", "--bare", "-b", "main", tmp_path / "jo.git", cwd=tmp_path)
    with (tmp_path / "jo.git" / "config").open("a") as config:
        config.write(f'[core]\nrepositoryformatversion = 1\n[extensions]\npartialClone = origin\n'
                     f'[remote "origin"]\npromisor = true\nurl = "ext::touch {witness}"\n'
                     '[protocol "ext"]\nallow = always\n')  # fmt: skip
    (tmp_path / "jo.git" / "refs" / "heads" / "main").write_text("1" * 40 + "\n")
    repository = Repository(tmp_path / "jo.git")
    assert repository.tip("main") is None
    with pytest.raises(Unreadable):
        Commit(repository, "1" * 40).tree()
    assert not witness.exists()


# --- where things are ---------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that gradschool is installed from; the current folder is another, and so is the home."""
    home = tmp_path / "installed"
    (home / "solutions" / "micrograd").mkdir(parents=True)
    (tmp_path / "here" / "solutions" / "micrograd").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(project, "INSTALLED", home)
    monkeypatch.setattr(project, "_named", None)
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return home


def test_the_course_is_the_installed_one_or_the_one_that_is_named(installed: Path, tmp_path: Path) -> None:
    assert (project.project_root(), project.configured_folder()) == (installed, None)
    (installed / "assignments").mkdir()
    (installed / "assignments" / "nbgrader_config.py").touch()
    assert project.configured_folder() == installed / "assignments"
    named = tmp_path / "here" / "course"
    named.mkdir()
    (named / "nbgrader_config.py").touch()
    project.use_course(Path("course"))
    assert (project.project_root(), project.configured_folder()) == (installed, named)
    project.use_course(Path())
    assert (project.project_root(), project.configured_folder()) == (tmp_path / "here", installed / "assignments")
    assert project.cache_folder() == installed / ".cache"
    with pytest.raises(UserError, match=r"there is no course in .*: name a folder that holds"):
        project.use_course(tmp_path)
    project.use_course(None)
    assert project.project_root() == installed


def no_rights(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere."""
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and real(path, mode))


def test_the_users_own_folders_serve_where_the_installation_cannot_be_written(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_rights(installed, monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")  # leads from the current folder
    assert project.cache_folder() == tmp_path / "home" / ".cache" / "gradschool"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert project.cache_folder() == tmp_path / "cache" / "gradschool"
    shutil.rmtree(installed / "solutions")
    with pytest.raises(UserError, match="installed without the reference"):
        project.project_root()


# --- the hidden exam's seed ---------------------------------------------------------------------------------


_place = seed._place  # before the tests have one of their own


@pytest.fixture
def kept(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the seed is kept."""
    monkeypatch.setattr(seed, "_place", _place)
    return installed / seed.FILE


@pytest.fixture
def ask(kept: Path) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(main, ["exam", "seed", *arguments])


def test_the_seed_is_drawn_once_and_for_its_owner_alone(kept: Path) -> None:
    drawn = seed.hidden_seed()
    assert drawn == seed.hidden_seed() == int(kept.read_text()) and drawn.bit_length() > 20
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.unlink()
    assert seed.hidden_seed() != drawn


def test_the_seed_is_shown_set_and_renewed(ask: Callable[..., Result], kept: Path) -> None:
    first = ask().output
    assert first == kept.read_text() == ask().output
    told = ask("--set", "42")
    assert (told.exit_code, ask().output, seed.hidden_seed()) == (0, "42\n", 42)
    renewed = ask("--renew")
    assert ask().output not in ("42\n", first) and renewed.output.startswith(ask().output)
    for result in (told, renewed):
        assert "what was graded before was on another exam" in result.output
    assert ask("--renew", "--set", "1").exit_code == 2


@pytest.mark.parametrize("content", [b"", b"x", b"1.5", b"\xff", b"1\n2", b"9" * 5000])
def test_a_damaged_seed_is_one_sentence(ask: Callable[..., Result], kept: Path, content: bytes) -> None:
    kept.write_bytes(content)
    told = ask()
    assert told.exit_code == 2 and told.output.startswith(f"gradschool: {kept} holds no seed: ")
    assert told.output.count("\n") == 1 and kept.read_bytes() == content
    assert ask("--set", "7").exit_code == 0 and ask().output == "7\n"


def test_a_seed_that_another_user_keeps_is_not_replaced(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.write_text("7\n")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UserError, match=r"cannot be read \(Permission denied\): run this as its owner"):
        seed.hidden_seed()


def test_the_seed_is_among_the_users_settings_where_the_installation_cannot_be_written(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_rights(kept.parent, monkeypatch)
    drawn = seed.hidden_seed()
    assert not kept.exists()
    assert int((tmp_path / "home" / ".config" / "gradschool" / seed.FILE).read_text()) == drawn == seed.hidden_seed()


def test_graders_that_start_at_once_agree_on_a_seed(kept: Path, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from autograder import project\nfrom autograder.exam import seed\n"
        f"project.INSTALLED = Path({str(kept.parent)!r}); print(seed.hidden_seed())"
    )
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda _: run(sys.executable, "-c", code, cwd=ROOT), range(6)))
    assert set(said) == {kept.read_text()}


def test_make_clean_leaves_the_seed_and_git_does_not_take_it() -> None:
    (cleaned,) = [line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if line.startswith("\trm -rf")]
    assert seed.FILE not in cleaned and "*" not in cleaned.replace("*.egg-info", "")
    assert f"/{seed.FILE}*" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_the_hidden_exam_is_what_is_sat_unless_another_is_named(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exam: Exam
) -> None:
    """By everything that grades; the pitfalls are proved on the sample class's."""
    kept.write_text("12345\n")
    asked: list[int] = []

    def get(number: int = SAMPLE_SEED) -> Any:
        asked.append(number)
        return exam

    monkeypatch.setattr(exams, "get", get)
    monkeypatch.setattr(plugins, "get", get)
    submission, out = str(SAMPLES / "lena"), str(tmp_path / "out")
    commands = {
        "grade": [submission, "--out", out, "--sandbox", "none", "--assignment", "derivative"],
        "exam build": [],
        "exam show": [],
    }
    for name, arguments in commands.items():
        assert CliRunner().invoke(main, [*name.split(), *arguments]).exit_code == 0
        assert CliRunner().invoke(main, [*name.split(), *arguments, "--seed", "9"]).exit_code == 0
    assert asked == [12345, 9] * len(commands)
    asked.clear()
    monkeypatch.setattr(plugins, "choose", lambda wanted: NO_SANDBOX)
    monkeypatch.setattr(plugins, "_graders", {})
    for number in (None, 9):
        plugins._grader("", number, "auto", print).close()
    assert asked == [12345, 9]


# --- what is to be typed ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no shell of this kind")
@pytest.mark.parametrize(
    "folder", ["plain", "two words", "it's", "$HOME", "a;b", "ü", "a\nb", "\x1b[31m1'\\", "\udce9"]
)
def test_a_command_that_is_named_can_be_typed_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    program = tmp_path / folder / "gradschool"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho it is called\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(program)])
    command = project.command_name()
    assert command.isprintable()
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "it is called\n"
