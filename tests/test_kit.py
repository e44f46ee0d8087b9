"""The kit as a new student meets it: exported, cloned, set up from the package index alone, checked, tested, pushed."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT
from markdown_it import MarkdownIt
from nightly import WHOLE, nightly, only
from ruamel.yaml import YAML

from autograder.cli import main
from autograder.courses.micrograd import COURSE, load_items
from autograder.exam.mutants import load_mutations
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.exam.regions import regions, stub
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.kit.bundle import kit_files
from autograder.sandbox.layers import NO_SANDBOX

ITEMS = load_items()
REFERENCE = ROOT / "solutions" / "micrograd"
SOURCES = {path.name: path.read_text("utf-8") for path in sorted(REFERENCE.glob("*.py"))}
CODED = {id for id, item in ITEMS.items() if not item.suite}
TODOS = [id for id in ITEMS if any(f"### BEGIN SOLUTION {id}\n" in s or f"N {id} (" in s for s in SOURCES.values())]
GITHUB = ".github/workflows/grade.yml"
GITLAB = ".gitlab-ci.yml"

pytestmark = pytest.mark.skipif(not all(map(shutil.which, ("make", "git"))), reason="make or git is not installed")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a student's shell knows, with the environment of the kit in `folder` switched on."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not re.match("PYTHON|PYTEST|VIRTUAL_ENV|GITHUB|MAKE|MFLAGS", name)
    }
    return {**kept, "PATH": f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}", **more}


def shell(command: str, kit: Path, code: int = 0, cwd: Path | None = None, **more: str) -> str:
    """What a command prints in the kit; it must exit with `code`."""
    done = subprocess.run(
        ["bash", "-e", "-c", command], cwd=cwd or kit, env=environment(kit, **more), capture_output=True,
        encoding="utf-8", timeout=300,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback (most recent call last)" not in done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def practice() -> Exam:
    return exams.get(PRACTICE_SEED)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, practice: Exam) -> Path:
    """A kit, exported into a folder that is not there yet."""
    kit = tmp_path_factory.mktemp("course") / "kit"
    done = CliRunner().invoke(main, ["release", "--kit", str(kit)])
    assert done.exit_code == 0, done.output
    return kit


@pytest.fixture(scope="session")
def cloned(tmp_path_factory: pytest.TempPathFactory, exported: Path) -> Path:
    """A student's clone of it, where `make check` has set everything up."""
    folder = tmp_path_factory.mktemp("student")
    git = "git -c user.name=teacher -c user.email=teacher@example.org"
    shell(f"git init -q && git add . && {git} commit -qm Kit", exported)
    kit = folder / "kit"
    shell(f"git clone -q '{exported}' '{kit}'", kit, cwd=folder)
    python = sys.executable if WHOLE else f"{sys.executable} {ROOT / 'tests' / 'quick_venv.py'}"
    told = shell(f"make PYTHON='{python}' check", kit)
    assert told.startswith("setting up .venv") and "0/100" in told
    assert "Next: derivative-central, Estimate a slope from both sides (micrograd/derivative.py:" in told
    return kit


@pytest.fixture
def clone(cloned: Path) -> Iterator[Path]:
    """The clone as it was, however the test before left it."""
    yield cloned
    shell("git checkout -q . && git clean -qfdx -e .venv", cloned)


def filled(done: Collection[str]) -> dict[str, str]:
    """The modules of the kit in which these TODOs are done as the reference does them."""
    modules = {}
    for name, source in SOURCES.items():
        lines = source.split("\n")
        markers = {n for r in regions(source, name, list(ITEMS)) if r.id in done for n in (r.begin, r.end)}
        rest = "\n".join(line for number, line in enumerate(lines, 1) if number not in markers)
        modules[name] = stub(rest, name, list(ITEMS))
    return modules


def fill(kit: Path, done: Collection[str]) -> None:
    for name, text in filled(done).items():
        (kit / "micrograd" / name).write_text(text, "utf-8")


# --- what is in it ------------------------------------------------------------------------------------------


def texts(kit: Path, folder: Path) -> dict[str, str]:
    """All files of a kit, and those in its wheel, by name."""
    (wheel,) = (kit / "wheels").iterdir()
    zipfile.ZipFile(wheel).extractall(folder)
    found = {f"{root.name}/{path.relative_to(root)}": path.read_text("utf-8", "replace")
             for root in (kit, folder) for path in root.rglob("*")
             if path.is_file() and ".git/" not in f"{path.relative_to(root)}"}  # fmt: skip
    assert {"kit/Makefile", "kit/.github/workflows/grade.yml", f"{folder.name}/autograder/cli/app.py"} <= set(found)
    return found


def telling(line: str) -> bool:
    return len(line) > 20 and bool(re.search(r"\w+.*[=(+*/-].*\w", line))


def test_nothing_in_a_kit_or_its_wheel_gives_an_answer(exported: Path, tmp_path: Path, practice: Exam) -> None:
    found = texts(exported, tmp_path)
    assert not [name for name in found if re.search(r"solutions|submitted|exam-|\.orig$", name)]
    public = {line.strip() for text in filled(()).values() for line in text.split("\n")}
    secret = {line.strip() for source in SOURCES.values() for line in source.split("\n")}
    solutions = {line for line in secret - public if telling(line) and "SOLUTION" not in line}
    planted = {line.strip() for m in load_mutations() for _, _, new in m.changes for line in new.split("\n")}
    mutated = {line for line in planted - public if telling(line)}
    assert len(solutions) > 30 and len(mutated) > 30
    for name, text in found.items():
        lines = {line.strip() for line in text.split("\n")}
        # The stub of draw_dot names this call itself.
        assert lines & solutions <= {"nodes, edges = trace(root)"}, name
        assert not lines & mutated, name

    hidden = exams.get()
    known = set(re.findall(r"[\d.]+", practice.to_json()))
    answers = {number for sheet in hidden.sheets.values()
               for number in re.findall(r"\d+\.\d+", json.dumps(sheet.answers)) if len(number) > 9} - known  # fmt: skip
    assert len(answers) > 100
    for name, text in found.items():
        assert hidden.address not in text
        assert not answers & set(re.findall(r"\d+\.\d+", text)), name


def test_files_of_the_kit_survive_packaging(exported: Path, tmp_path: Path) -> None:
    """An installed gradschool has them all, the hidden ones too."""
    (wheel,) = (exported / "wheels").iterdir()
    inside = set(zipfile.ZipFile(wheel).namelist())
    paths = [path for path in (ROOT / "autograder" / "kit" / "files").rglob("*") if path.is_file()]
    assert len(paths) >= 7 and {path.relative_to(ROOT).as_posix() for path in paths} <= inside
    assert {"gradschool.py", *(f"autograder/courses/micrograd/{name}.toml" for name in ("hints", "pitfalls"))} <= inside
    for name, content in kit_files().items():
        if name != "requirements.txt":
            assert (exported / name).read_bytes() == content
    assert {GITHUB, GITLAB, ".gitignore"} <= set(kit_files())


@nightly
def test_a_wheel_can_be_built_with_what_the_index_has(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where setuptools is not installed. Which setuptools it was stands in what says of the wheel how it was built."""
    monkeypatch.setattr("autograder.kit.bundle.cache_folder", lambda: tmp_path)
    monkeypatch.setattr("autograder.kit.bundle._has_setuptools", lambda: False)
    from autograder.kit.bundle import exported_files

    (wheel,) = (exported / "wheels").iterdir()
    made = zipfile.ZipFile(io.BytesIO(exported_files()[f"wheels/{wheel.name}"]))
    kept = zipfile.ZipFile(wheel)
    assert made.namelist() == kept.namelist()
    for name in kept.namelist():
        assert re.search(r"dist-info/(WHEEL|RECORD)$", name) or made.read(name) == kept.read(name), name


@nightly
def test_the_same_sources_make_the_same_kit(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.kit.bundle.cache_folder", lambda: tmp_path)
    from autograder.kit.bundle import exported_files

    before = os.umask(0o077)
    try:
        files = exported_files()
    finally:
        os.umask(before)
    for name, content in files.items():
        assert (exported / name).read_bytes() == content, name


def test_the_lists_for_pytest_name_every_item() -> None:
    files = kit_files()
    for assignment in COURSE.assignments:
        lines = files[f"tests/test_{assignment}.py"].decode().split("\n")
        listed = {line.split()[0]: int(line.split()[1]) for line in lines[2 : lines.index('"""')]}
        assert listed == {item.id: item.points for item in ITEMS.values() if item.assignment == assignment}


# --- setting up ---------------------------------------------------------------------------------------------


def test_it_is_set_up_once_and_small(clone: Path) -> None:
    ready = (clone / ".venv" / ".ready").stat().st_mtime_ns
    assert "setting up" not in shell("make check" if WHOLE else "make .venv/.ready", clone)
    assert (clone / ".venv" / ".ready").stat().st_mtime_ns == ready
    found = clone.glob(".venv/lib/python*/site-packages/*.dist-info")
    installed = {path.name.partition("-")[0].lower() for path in found} - {"pip", "setuptools"}
    assert not installed & {"torch", "hypothesis", "nbgrader", "jsonschema", "mypy", "matplotlib"}
    assert any(line.startswith("gradschool") for line in installed) and len(installed) < 20
    assert shell("git status --porcelain", clone) == ""  # what is made is ignored


def test_make_says_what_there_is(clone: Path) -> None:
    told = shell("make", clone)
    assert all(re.search(rf"^{target} +\w", told, re.M) for target in ("check", "watch", "test"))


def test_without_make(clone: Path) -> None:
    told = shell("python -m gradschool check", clone, code=1)
    assert "0/100" in told and "Next: derivative-central" in told
    readme = (clone / "README.md").read_text("utf-8")
    assert "-m venv .venv\n" in readme and "-m pip install -r requirements.txt\n" in readme
    assert "-m gradschool check\n" in readme


WITHOUT_FORK = "import os; del os.fork; from autograder.cli import main; main(['check', '--format', 'json'])"


@nightly
def test_without_fork(clone: Path) -> None:
    """As on Windows, where processes cannot be forked."""
    fill(clone, ["engine-add"])
    report = json.loads(shell(f'python -c "{WITHOUT_FORK}" 2>/dev/null', clone, code=1))
    assert [item["id"] for item in report["items"] if item["status"] == "passed"] == ["engine-add"]


def test_without_fork_no_item_waits_for_numpy(clone: Path) -> None:
    """What takes a second to import would look like an endless loop of the first item that is given numpy's numbers."""
    fill(clone, ["engine-add"])
    engine = clone / "micrograd" / "engine.py"
    engine.write_text(
        engine.read_text("utf-8") + "\nimport sys\nif 'numpy' not in sys.modules:\n    del Value.__add__\n"
    )
    report = json.loads(shell(f'python -c "{WITHOUT_FORK}" 2>/dev/null', clone, code=1))
    assert [item["id"] for item in report["items"] if item["status"] == "passed"] == ["engine-add"]


@nightly
def test_micrograd_can_be_installed(clone: Path, tmp_path: Path) -> None:
    fill(clone, TODOS)
    shell("python -m pip install --quiet --disable-pip-version-check -e .", clone)
    program = "from micrograd.engine import Value; a = Value(3.0); (a * a).backward(); print(a.grad)"
    assert shell(f'python -c "{program}"', clone, cwd=tmp_path) == "6.0\n"
    shell("python -m pip uninstall --quiet --yes micrograd", clone)


@nightly
def test_the_folder_of_the_course_needs_no_wheel(tmp_path: Path) -> None:
    """`make check` in student/ takes gradschool from the checkout above."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "gradschool.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("autograder", "student"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    kit = tmp_path / "student"
    assert "0/100" in shell(f"make PYTHON='{sys.executable}' check", kit)
    where = shell('python -c "import autograder; print(autograder.__file__)"', kit, cwd=Path("/"))
    assert Path(where.strip()) == (tmp_path / "autograder" / "__init__.py").resolve()


def test_a_gradschool_without_sources_says_where_to_export(clone: Path, tmp_path: Path) -> None:
    told = shell(f"gradschool release --kit '{tmp_path / 'kit'}'", clone, code=2, cwd=ROOT)
    assert told.startswith("gradschool: ") and told.count("\n") == 1
    assert "in the folder of the course's repository" in told
    assert not (tmp_path / "kit").exists()


# --- the way from 0 to 120 ----------------------------------------------------------------------------------


@nightly
def test_each_todo_earns_its_own_points(clone: Path, practice: Exam) -> None:
    """Fill in one after the other: the score rises by that item, and by what waited for it alone."""
    assert len(TODOS) == 48
    assert json.loads(shell("gradschool check --format json", clone, code=1))["score"] == 0
    passed: set[str] = set()
    done: list[str] = []
    with Grader(practice, NO_SANDBOX) as grader:
        report = grader.grade("student", clone)
        assert {item.status for item in report.items} == {"todo", "blocked"}
        for id in TODOS:
            done.append(id)
            fill(clone, done)
            before, report = report, grader.grade("student", clone)
            now = {item.id for item in report.items if item.status == "passed"}
            waiting = {x for x in CODED if x not in TODOS and {*ITEMS[x].needs} <= passed | {id}}
            assert now == passed | {id} | waiting, id
            for old, new in zip(before.items, report.items, strict=True):
                if new.id not in now and not new.bonus:  # bonus stubs work, so their verdicts change
                    assert (old.status, old.stdout) == (new.status, new.stdout), (id, new)
            passed = now
            if id == "backprop-order":
                told: dict[str, Any] = json.loads(shell("gradschool check --format json", clone, code=1))
                assert {item["id"] for item in told["items"] if item["status"] == "passed"} == passed
    assert passed == CODED
    assert (report.score, report.bonus) == (100, 20)
    told = json.loads(shell("gradschool check --format json", clone))
    assert (told["score"], told["bonus"]) == (100, 20)


# --- pytest -------------------------------------------------------------------------------------------------


def cases(file: Path) -> dict[str, ET.Element]:
    return {f"{case.get('classname')}::{case.get('name')}": case for case in ET.parse(file).iter("testcase")}


def test_items_are_tests_by_assignment(clone: Path) -> None:
    fill(clone, ["derivative-central", "engine-add"])
    told = shell("pytest --junitxml=results/pytest.xml -p no:cacheprovider", clone, code=1)
    assert "56 failed, 2 passed" in told and "\n4 of 130 points\n" in told
    assert re.search(
        r"^is still to be written, at micrograd/engine.py:\d+\nMake `out`, the product: its parents are self",
        told,
        re.M,
    )
    found = cases(clone / "results" / "pytest.xml")
    assert set(found) == {f"tests.test_{item.assignment}::{item.id}" for item in ITEMS.values()}
    for name, case in found.items():
        item = ITEMS[name.partition("::")[2]]
        earned = item.points if item.id in ("derivative-central", "engine-add") else 0
        properties = {each.get("name"): each.get("value") for each in case.iter("property")}
        assert (properties["points"], properties["earned"]) == (str(item.points), str(earned))
        assert (case.find("failure") is None) == bool(earned)
        assert case.find("skipped") is None


@nightly
def test_items_can_be_chosen(clone: Path) -> None:
    assert "1 failed" in shell("pytest tests/test_backprop.py::backprop-mul", clone, code=1)
    assert "1 failed, 57 deselected" in shell("pytest -k backprop-mul", clone, code=1)
    assert "2 failed" in shell("pytest tests/test_derivative.py", clone, code=1)
    fill(clone, ["derivative-central"])
    assert "1 failed, 1 passed" in shell("pytest tests/test_derivative.py", clone, code=1)
    told = shell("pytest --lf tests/test_derivative.py", clone, code=1)
    assert "1 failed" in told and "passed" not in told and "derivative-gradcheck" in told
    fill(clone, ["derivative-central", "derivative-gradcheck"])
    assert "\n4 of 4 points\n" in shell("pytest tests/test_derivative.py", clone)
    assert "58 failed" not in shell("make test", clone)


@nightly
def test_editors_find_the_line_of_each_item(clone: Path) -> None:
    program = """
import pytest

class Editor:
    def pytest_collection_finish(self, session):
        for item in session.items:
            file, line, _ = item.location
            assert open(file).read().split("\\n")[line].startswith(item.name + " "), item
        print("found", len(session.items))

raise SystemExit(pytest.main(["--collect-only", "-q"], plugins=[Editor()]))
"""
    (clone / "editor.py").write_text(program)
    assert "found 58" in shell("python editor.py", clone)


@nightly
def test_wrong_code_says_what_check_says_and_is_graded_once(clone: Path, practice: Exam) -> None:
    fill(clone, TODOS)
    engine = clone / "micrograd" / "engine.py"
    right = engine.read_text("utf-8")
    wrong = right.replace("self.data * other.data", "self.data + other.data")
    assert wrong != right
    imports = clone / "imports.txt"
    engine.write_text(wrong + f"\nopen({str(imports)!r}, 'a').write('x')\n")
    told = shell("pytest -k engine", clone, code=1)
    assert "1 failed, 15 passed" in told and "out.data should be" in told
    imported = len(imports.read_text())
    with Grader(practice, NO_SANDBOX) as grader:
        (item,) = grader.grade("student", clone, ["engine-mul"]).items
    assert item.message.split("\n")[0] in told
    imports.unlink()
    shell("pytest -k engine-mul", clone, code=1)
    assert len(imports.read_text()) == imported  # more tests import the engine no more often


@pytest.mark.parametrize("damage", ["exit", *only(["deleted", "broken", "pass"], lambda damage: False)])
def test_nothing_missing_is_a_pass(clone: Path, damage: str) -> None:
    trace = clone / "micrograd" / "trace.py"
    text = {"broken": "def :", "exit": "import os; os._exit(0)", "pass": "pass\n"}
    trace.unlink() if damage == "deleted" else trace.write_text(text[damage])
    told = shell("pytest -k trace", clone, code=1)
    assert "2 failed" in told and "passed" not in told


@nightly
def test_two_workers_share_the_tests(clone: Path) -> None:
    fill(clone, ["engine-add"])
    command = [sys.executable, "-m", "pytest", "-n", "2", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=clone, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1 and "57 failed, 1 passed" in done.stdout, done.stdout + done.stderr


def test_pytest_elsewhere_knows_nothing_of_it(cloned: Path, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_nn.py").write_text(
        "import sys\n\n\ndef test_nothing_is_loaded(pytestconfig):\n"
        "    assert not [name for name in sys.modules if name.startswith(('autograder', 'gradschool', 'numpy'))]\n"
        "    assert not [name for name in vars(pytestconfig.option) if 'submission' in name]\n"
    )
    (tmp_path / "practice-exam.json").write_text("{}")
    told = shell("pytest -v", cloned, cwd=tmp_path)
    assert "1 passed" in told and "gradschool" not in told and "autograder" not in told


def test_tests_of_ones_own_stand_beside_them(clone: Path) -> None:
    (clone / "tests" / "test_mine.py").write_text(
        "from micrograd.engine import Value\n\n\ndef test_data():\n    assert Value(2).data == 2\n"
    )
    assert "1 passed" in shell("pytest -k test_data", clone)


# --- workflows ----------------------------------------------------------------------------------------------


def workflow(kit: Path, name: str) -> Any:
    return YAML(typ="safe").load((kit / name).read_text("utf-8"))


def validate(path: Path, *schema: str) -> str:
    import check_jsonschema

    done = CliRunner().invoke(check_jsonschema.main, [*schema, str(path)])
    assert (done.exit_code == 0) == ("ok" in done.output), done.output
    return "" if done.exit_code == 0 else done.output


GITHUB_SCHEMA = ("--builtin-schema", "vendor.github-workflows")
GITLAB_SCHEMA = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")


OURS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_workflows_are_valid(exported: Path, tmp_path: Path) -> None:
    assert validate(exported / GITHUB, *GITHUB_SCHEMA) == ""
    for path in OURS:
        assert validate(path, *GITHUB_SCHEMA) == ""
    assert validate(exported / GITLAB, *GITLAB_SCHEMA) == ""
    for name, schema, old in ((GITHUB, GITHUB_SCHEMA, "runs-on:"), (GITLAB, GITLAB_SCHEMA, "script:")):
        (tmp_path / "bad.yml").write_text((exported / name).read_text("utf-8").replace(old, "x-y:"), "utf-8")
        assert validate(tmp_path / "bad.yml", *schema) != ""


def test_workflows_ask_for_little(exported: Path) -> None:
    for path in (exported / GITHUB, *OURS):
        found = workflow(path.parent, path.name)
        assert found["permissions"] == {"contents": "read"}
        for job in found["jobs"].values():
            assert (
                0 < job["timeout-minutes"] <= (180 if path.name == "nightly.yml" else 30) and "permissions" not in job
            )
            for step in job["steps"]:
                assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])


def github_job(kit: Path, code: int, tmp_path: Path, **more: str) -> tuple[str, str]:
    """What the steps of the workflow print, and the summary; the one that grades must exit with `code`."""
    found = workflow(kit, GITHUB)
    summary = tmp_path / "summary.md"
    summary.unlink(missing_ok=True)
    variables = {**found["env"], "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true", "CI": "true", **more}
    steps = [step for step in found["jobs"]["grade"]["steps"] if "run" in step]
    assert [step["name"] for step in steps] == ["Install", "Grade"]
    shell(steps[0]["run"], kit, **variables)
    told = shell(steps[1]["run"], kit, code, **variables)
    (upload,) = [step for step in found["jobs"]["grade"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "always()"
    kept = sorted(path.name for path in (kit / upload["with"]["path"]).iterdir())
    assert kept == ["junit.xml", "report.json", "summary.md"]
    return told, summary.read_text("utf-8")


@nightly
def test_the_first_and_the_last_push_to_github(clone: Path, tmp_path: Path) -> None:
    told, summary = github_job(clone, 1, tmp_path)
    assert len(told.splitlines()) == len([line for line in told.splitlines() if line.startswith("::notice ")]) > 40
    assert "**0/100 points**" in summary and re.search(r"todo \| backprop.{0,2}mul \| 0/4", summary)
    assert "**0/100 points**" in github_job(clone, 0, tmp_path, MIN_SCORE="0")[1]

    fill(clone, TODOS)
    shutil.copytree(ROOT / "solutions" / "suite", clone / "tests", dirs_exist_ok=True)
    told, summary = github_job(clone, 0, tmp_path)
    assert told == "" and "**100/100 points**, 30 bonus" in summary


def test_a_push_to_github(clone: Path, tmp_path: Path) -> None:
    fill(clone, TODOS)
    engine = clone / "micrograd" / "engine.py"
    hostile = "print('::error::pwned\\n::set-output name=a::b\\n<script>x</script>\\n```\\n# Big');"
    engine.write_text(
        engine.read_text("utf-8").replace("self.grad += other.data * out.grad", f"{hostile} self.grad = 0.0")
    )
    assert hostile in engine.read_text("utf-8")
    told, summary = github_job(clone, 1, tmp_path)
    (line,) = [line for line in told.splitlines() if "backprop-mul 0/4" in line]
    assert re.match(r"::error file=micrograd/engine.py,line=\d+,title=backprop-mul 0/4 ", line)
    number = int(re.findall(r"line=(\d+)", line)[0])
    assert f"{hostile} self.grad = 0.0" in engine.read_text("utf-8").split("\n")[number - 1]
    for line in told.splitlines():
        assert line.startswith(("::error file=", "::notice ")), line
    assert "should be" in summary and "└─ " in summary and "<-- first wrong" in summary
    assert not re.search(r"^ *::", summary, re.M)
    tokens = MarkdownIt("commonmark").enable("table").parse(summary)
    assert not [token for token in tokens if token.type.startswith("html") or token.tag == "h1"]
    fences = [token.content for token in tokens if token.type == "fence"]
    assert [text for text in fences if "# Big" in text and "<script>" in text]
    assert [text for text in fences if "<-- first wrong" in text]


def test_a_push_to_gitlab(clone: Path) -> None:
    """What it fails at is what a push to GitHub fails at; the night tries that, and all points."""
    job = workflow(clone, GITLAB)["grade"]
    *before, grade = job["script"]
    for command in before:
        shell(command, clone, **job["variables"])
    fill(clone, done := ["derivative-central"])
    assert "**2/100 points**" in shell(grade, clone, 0, **{**job["variables"], "MIN_SCORE": "2"})
    assert job["variables"]["MIN_SCORE"] == workflow(clone, GITHUB)["env"]["MIN_SCORE"]
    junit = clone / job["artifacts"]["reports"]["junit"]
    assert job["artifacts"]["paths"] == ["results"] and job["artifacts"]["when"] == "always"
    found = cases(junit)
    assert set(found) == {f"{item.assignment}::{item.id}" for item in ITEMS.values()}
    assert [name.partition("::")[2] for name, case in found.items() if case.find("failure") is None] == done
    if not WHOLE:
        return
    assert "**2/100 points**" in shell(grade, clone, 1, **job["variables"])
    (clone / "results").rename(clone / "old")
    fill(clone, TODOS)
    shutil.copytree(ROOT / "solutions" / "suite", clone / "tests", dirs_exist_ok=True)
    assert "**100/100 points**" in shell(grade, clone, 0, **job["variables"])
    assert not list(ET.parse(junit).iter("failure"))
