"""What students see of `check`: what is new, what comes next and where, a few wrong items in full. And its memory."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from brief import shortened
from click.testing import CliRunner
from conftest import ROOT, SAMPLES
from kits import Terminal, command, make_kit, solve
from nightly import WHOLE, few, nightly, only

from autograder.cli import main
from autograder.courses.micrograd import load_items
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.kit.stubs import release
from autograder.report import ItemResult, Report
from autograder.student.progress import Progress
from autograder.todos import find_todos

ITEMS = load_items()


@pytest.fixture(scope="module")
def practice() -> Exam:
    return shortened(exams.get(PRACTICE_SEED))


@pytest.fixture
def kit(tmp_path: Path, practice: Exam) -> Path:
    return make_kit(tmp_path / "kit", practice)


def run(kit: Path, *arguments: object, code: int = 0, fork: bool = True, program: object = "gradschool") -> str:
    """What the command says; it must exit with `code`, and show no traceback. Without `fork` in a process of its own,
    as on a system that has none, and else in this one, as if `program` had been called."""
    if fork:
        with contextlib.chdir(kit), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [str(program), *arguments])
            here = CliRunner().invoke(main, [*map(str, arguments)], prog_name="gradschool")
        if here.exception is not None and not isinstance(here.exception, SystemExit):
            raise here.exception
        assert here.exit_code == code, here.output
        return here.stdout + here.stderr
    done = subprocess.run(
        command(*arguments, fork=fork), cwd=kit, capture_output=True, text=True, timeout=120, encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def todo_line(kit: Path, file: str, id: str) -> int:
    lines = (kit / "micrograd" / file).read_text().split("\n")
    return next(at for at, line in enumerate(lines, 1) if f"# TODO {id}:" in line)


def copy_sample(student: str, kit: Path) -> None:
    for path in (SAMPLES / student / "micrograd").glob("*.py"):
        (kit / "micrograd" / path.name).write_bytes(path.read_bytes())


# --- what comes next ----------------------------------------------------------------------------------------


def test_the_next_todo_is_shown_with_its_place_and_what_it_asks_for(kit: Path) -> None:
    place = f"micrograd/derivative.py:{todo_line(kit, 'derivative.py', 'derivative-central')}"
    output = run(kit, "check", code=1)
    assert f"Next: derivative-central, Estimate a slope from both sides ({place})\n" in output
    assert "\n    Return the slope of the line through the two points" in output
    assert "gradschool hint derivative-central" in output
    assert "for the first time" not in output and "pass" not in output.split("derivative")[0]


@pytest.mark.parametrize("inside", [True, False], ids=["in the package", "elsewhere"])
def test_places_are_named_from_where_the_student_stands(kit: Path, inside: bool) -> None:
    line = todo_line(kit, "derivative.py", "derivative-central")
    if inside:
        assert f"(derivative.py:{line})" in run(kit / "micrograd", "check", code=1)
    else:
        assert f"(kit/micrograd/derivative.py:{line})" in run(kit.parent, "check", "kit", code=1)
        path = kit / "micrograd" / "derivative.py"
        path.write_text(path.read_text().replace('raise NotImplementedError("derivative-central")', "return f(None)"))
        said = run(kit.parent, "check", "kit", "--item", "derivative-central", code=1)
        assert re.search(r"^ *at kit/micrograd/derivative\.py:\d+ in central", said, re.M)


@nightly
def test_places_are_links_in_a_terminal(kit: Path) -> None:
    line = todo_line(kit, "derivative.py", "derivative-central")
    address = f"{(kit / 'micrograd' / 'derivative.py').resolve().as_uri()}#{line}"
    with Terminal(kit, "check") as terminal:
        assert terminal.end() == 1
        assert re.search(rf"\x1b\]8;[^;]*;{re.escape(address)}\x1b\\", terminal.raw)
    assert "\x1b" not in run(kit, "check", code=1)


def test_one_item_that_is_to_do(kit: Path) -> None:
    output = run(kit, "check", "--item", "engine-mul", code=1)
    assert f"micrograd/engine.py:{todo_line(kit, 'engine.py', 'engine-mul')}\n" in output
    assert "Make `out`, the product" in output


def test_todos_are_those_of_the_release(kit: Path) -> None:
    todos = find_todos(kit, ITEMS)
    assert len(todos) > 40
    for todo in todos.values():
        line = (kit / todo.file).read_text().split("\n")[todo.line - 1]
        assert f"# TODO {todo.id}" in line and todo.asks.split("\n")[0] in line
        assert "raise NotImplementedError" not in todo.asks and "TODO" not in todo.asks
    assert todos["stretch-edges"].bonus and not todos["engine-add"].bonus
    assert todos["backprop-add"].asks.endswith("of each\noperand.") or "operand" in todos["backprop-add"].asks


def test_files_that_are_no_text_have_no_todos(tmp_path: Path) -> None:
    (tmp_path / "micrograd").mkdir()
    (tmp_path / "micrograd" / "engine.py").write_bytes(b"\xff\xfe# TODO engine-add: x\n    # TODO engine-mul: \xff y\n")
    assert list(find_todos(tmp_path, ITEMS)) == ["engine-mul"]
    assert find_todos(tmp_path / "nowhere", ITEMS) == {}


# --- what is wrong ------------------------------------------------------------------------------------------


def test_a_few_wrong_items_are_shown_and_the_others_named(kit: Path) -> None:
    copy_sample("emil", kit)
    output = run(kit, "check", "micrograd/engine.py", code=1)
    assert len(re.findall("^    To see it, paste", output, re.M)) == 3
    rest = re.search(r"^Also wrong: (.*)\.$", output, re.M)
    assert rest
    others = rest[1].split(", ")
    wrong = re.findall(r"^  [✗!⏱] (\S+)", output.split("\n\n  ✗")[0], re.M)
    assert others == wrong[3:]
    assert f"`gradschool check --item {others[0]}`" in output and "`gradschool check --all`" in output
    every = run(kit, "check", "micrograd/engine.py", "--all", code=1)
    assert "Also wrong" not in every
    assert len(re.findall("^    To see it, paste", every, re.M)) == len(wrong)


def test_a_wrong_item_has_a_first_hint(kit: Path) -> None:
    copy_sample("emil", kit)
    output = run(kit, "check", "--item", "backprop-mul", code=1)
    assert "All your answers are those of code in which a rule overwrites" in output
    assert re.search(r"Hint: .* \(1 of 3; for more: gradschool hint backprop-mul\)\n", output)
    assert re.search(r"Hint: Begin with the root.*\(1 of 3", run(kit, "check", "--item", "trace-nodes", code=1))


def test_an_exception_shows_the_students_own_frames_only(kit: Path) -> None:
    path = kit / "micrograd" / "derivative.py"
    text = path.read_text().replace(
        'raise NotImplementedError("derivative-central")', "return _helper()"
    ) + "\n\ndef _helper():\n    return {}['slope']\n"  # fmt: skip
    path.write_text(text)
    output = run(kit, "check", "--item", "derivative-central", code=1)
    frames = re.findall(r"^ *at (\S+) in (\w+)$", output, re.M)
    assert frames[0][1] == "_helper" and {name for _, name in frames} <= {"_helper", "central_difference"}
    assert all(place.startswith("micrograd/derivative.py:") for place, _ in frames)
    assert "autograder" not in output and "raised KeyError: 'slope'" in output


# --- what is new --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fork", only([True, False], True.__eq__))
def test_what_passes_is_told_once(kit: Path, fork: bool) -> None:
    run(kit, "check", code=1, fork=fork)
    solve(kit, "engine-mul")
    assert run(kit, "check", code=1, fork=fork).startswith("engine-mul passes: 2 points.\n")
    assert not run(kit, "check", code=1, fork=fork).startswith("engine-mul")
    solve(kit, "engine-pow", "engine-exp")
    assert run(kit, "check", code=1, fork=fork).startswith("engine-pow and engine-exp pass: 3 points.\n")


@nightly
def test_what_no_longer_passes_comes_first(kit: Path) -> None:
    solve(kit, "engine-add", "engine-mul")
    run(kit, "check", code=1)
    path = kit / "micrograd" / "engine.py"
    right = path.read_text()
    path.write_text(right.replace("self.data * other.data", "self.data + other.data"))
    solve(kit, "derivative-central")
    for new in ("derivative-central passes: 2 points.\n", ""):
        assert run(kit, "check", code=1).startswith(f"engine-mul no longer passes.\n{new}\n")
    path.write_text(right)
    assert run(kit, "check", "--item", "engine-mul").startswith("engine-mul passes again.\n")
    assert not run(kit, "check", code=1).startswith("engine-mul")


def test_many_new_ones_take_one_line(kit: Path) -> None:
    copy_sample("chen", kit)
    output = run(kit, "check", code=1)
    assert re.match(r"derivative-central, (\S+, ){3}\S+ and \d+ more pass: 70 points\.\n", output)


@nightly
def test_the_core_and_everything_are_celebrated(kit: Path) -> None:
    copy_sample("ada", kit)
    output = run(kit, "check")
    assert "All 100 points of the core" in output and "For the bonus: stretch-edges" in output
    make_reference(kit)
    assert "All 1" not in run(kit, "check").replace("All 100 points of the core", "")
    shutil.copytree(ROOT / "solutions" / "suite", kit / "tests", dirs_exist_ok=True)
    output = run(kit, "check")
    assert "All 130 points" in output and "Well done" in output and "of the core" not in output
    assert "All 1" not in run(make_stubs(kit), "check", code=1)


def make_reference(kit: Path) -> Path:
    for path in (ROOT / "solutions" / "micrograd").glob("*.py"):
        (kit / "micrograd" / path.name).write_bytes(path.read_bytes())
    return kit


def make_stubs(kit: Path) -> Path:
    release(ROOT / "solutions", kit, list(ITEMS), {"practice-exam.json": (kit / "practice-exam.json").read_bytes()})
    return kit


def test_a_bonus_that_raises_nothing_shows_what_it_asks_for(kit: Path) -> None:
    copy_sample("ada", kit)
    path = kit / "micrograd" / "engine.py"
    path.write_text("# TODO stretch-edges (bonus): Refuse what is no number.\n" + path.read_text())
    output = run(kit, "check", "--item", "stretch-edges", code=1)
    assert "should raise TypeError" in output and "Refuse what is no number." in output


# --- memory -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    few(
        ["{", '{"hints": {"a": 1}}', "", "[]", "null", '{"passed": 3}', '{"hints": {"a": ["", 1e999]}}', "[" * 9999], 1
    ),
)
def test_a_damaged_memory_does_no_harm(kit: Path, text: str) -> None:
    (kit / ".gradschool.json").write_text(text)
    solve(kit, "engine-add")
    assert run(kit, "check", code=1).startswith("engine-add passes: 2 points.\n")
    assert json.loads((kit / ".gradschool.json").read_text())["passed"] == ["engine-add"]


@nightly
def test_a_memory_that_cannot_be_written_does_no_harm(kit: Path) -> None:
    (kit / ".gradschool.json").mkdir()
    solve(kit, "engine-add")
    for _ in range(2):  # what cannot be remembered is not called new
        assert "passes" not in run(kit, "check", code=1)
    names = {".gradschool", ".gradschool.json", "micrograd", "practice-exam.json"}
    assert {path.name for path in kit.iterdir()} == names  # no draft is left


def test_no_memory_without_an_exam_beside_the_work(practice: Exam, kit: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "micrograd").mkdir(parents=True)
    run(kit, "check", other, code=1)  # on the kit's exam
    assert not (other / ".gradschool.json").exists() and not (kit / ".gradschool.json").exists()


@pytest.mark.parametrize("format_", few(["json", "markdown", "github"], 1))
def test_only_what_students_read_is_remembered(kit: Path, format_: str) -> None:
    solve(kit, "engine-add")
    run(kit, "check", "--format", format_, code=1)
    assert not (kit / ".gradschool.json").exists()


def test_items_without_a_verdict_are_no_news(tmp_path: Path) -> None:
    def report(status: str) -> Report:
        return Report("s", "", "", [], [ItemResult("engine-add", "engine", "Add", 2, 0, status)])

    progress = Progress(tmp_path / "memory.json")
    assert [item.id for item in progress.note(report("passed")).passed] == ["engine-add"]
    news = progress.note(report("ungraded"))
    assert not (news.lost or news.passed or news.again)
    assert [item.id for item in progress.note(report("todo")).lost] == ["engine-add"]
    assert [item.id for item in Progress.load(tmp_path / "memory.json").note(report("passed")).again] == ["engine-add"]


# --- which folder -------------------------------------------------------------------------------------------


@pytest.fixture
def blank(tmp_path: Path, practice: Exam) -> Path:
    """A kit in a folder with blanks, in which one item is done."""
    kit = make_kit(tmp_path / "my kits" / "a kit", practice)
    (kit / "tests" / "mine").mkdir(parents=True)
    solve(kit, "engine-add")
    return kit


@pytest.mark.parametrize("inside", few(["tests/mine", "tests", "micrograd", "."], 1))
def test_the_kit_is_found_from_any_folder_in_it(blank: Path, inside: str) -> None:
    output = run(blank / inside, "check", code=1)
    assert "2/100" in output
    assert ("\ngradschool: checking .." in output) == inside.startswith("tests")
    assert "engine-add" not in run(blank / inside, "hint").split("\n")[0]


def test_the_first_kit_upwards_counts(blank: Path, practice: Exam) -> None:
    inner = make_kit(blank / "tests" / "mine" / "another", practice)
    (inner / "docs").mkdir()
    assert "0/100" in run(inner / "docs", "check", code=1)


@nightly
def test_one_kit_below_is_taken_and_of_several_one_is_asked_for(blank: Path, practice: Exam) -> None:
    output = run(blank.parent, "check", code=1)
    assert "\ngradschool: checking a kit\n" in output and "2/100" in output
    make_kit(blank.parent / "b kit", practice)
    said = run(blank.parent, "check", code=2)
    assert re.fullmatch(r"gradschool: there are several kits in .*\(a kit, b kit\)\n", said)
    assert "2/100" in run(blank.parent, "check", "a kit", code=1)


@nightly
def test_a_file_stands_for_its_items(blank: Path) -> None:
    for path in ("micrograd/engine.py", "engine.py", blank / "micrograd" / "engine.py"):
        report = json.loads(run(blank, "check", path, "--format", "json", code=1))
        ids = {item["id"] for item in report["items"]}
        assert ids == {id for id, item in ITEMS.items() if item.target.startswith("engine:")}
    (blank / "tests" / "test_nn.py").touch()
    shown = run(blank / "tests", "check", "test_nn.py", code=1)
    assert "nn-neuron" in shown and "engine" not in shown.split("Next")[0]
    assert "nn-mlp" in run(blank / "tests", "check", "micrograd/nn.py", code=1)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere", "nowhere does not exist"),
        ("nowhere.py", "nowhere.py does not exist"),
        ("engine-mul", "check --item engine-mul"),
        ("micrograd/data.py", "has no items of its own"),
    ],
)
def test_what_is_no_kit_is_one_sentence(blank: Path, path: str, said: str) -> None:
    output = run(blank, "check", path, code=2)
    assert output.startswith("gradschool: ") and output.count("\n") == 1 and said in output


@pytest.mark.parametrize("fork", only([True, False], True.__eq__))
def test_no_other_package_is_graded(blank: Path, tmp_path: Path, fork: bool) -> None:
    """Whatever is installed, lies around, or comes first on any path."""
    reference = ROOT / "solutions" / "micrograd"
    site = tmp_path / "site"
    for other in (site, blank / "build" / "lib", blank / "lib", blank / "micrograd" / "old", blank / "env" / "other"):
        shutil.copytree(reference, other / "micrograd")
    shutil.copytree(reference, blank / "backup")
    for name in ("trace.py", "train.py"):
        shutil.copy(reference / name, blank / name)
    (site / "there.pth").write_text(f"{site}\n")
    program = (
        f"import sys, site; sys.path.insert(0, {str(site)!r}); site.addsitedir({str(site)!r}); "
        f"import micrograd.engine; assert micrograd.__file__.startswith({str(site)!r}); " + command(fork=fork)[2]
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check"], cwd=blank, capture_output=True, encoding="utf-8", timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(site)},
    )  # fmt: skip
    assert done.returncode == 1 and "2/100" in done.stdout and done.stderr == ""


@nightly
def test_a_watch_looks_at_the_kit_too(blank: Path) -> None:
    with Terminal(blank / "tests", "watch") as terminal:
        terminal.wait("checking ..", "2/100", "q quit +checked in")
        solve(blank, "engine-mul")
        terminal.wait("4/100", "q quit +checked in")


# --- usage --------------------------------------------------------------------------------------------------


def test_without_an_exam_there_is_one_sentence(kit: Path, tmp_path: Path) -> None:
    """As it is where the kit stands alone: no course above it, no torch to draw an exam with."""
    (kit / "practice-exam.json").unlink()
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'hypothesis'])); "
        f"sys.path.insert(0, {str(ROOT)!r}); import importlib.metadata as metadata; "
        "metadata.version = lambda name: (_ for _ in ()).throw(ModuleNotFoundError(name)); "
        "from autograder.cli import main; main(prog_name='gradschool')"
    )
    for arguments in (["check"], ["watch"], ["hint"])[: None if WHOLE else 1]:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=kit, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 2 and done.stdout == ""
        assert re.fullmatch(r"gradschool: there is no practice-exam\.json beside micrograd/: take it .*\n", done.stderr)


@pytest.mark.parametrize("name", ["watch", "hint"])
def test_without_work_there_is_one_sentence(kit: Path, tmp_path: Path, name: str) -> None:
    arguments = [name] if name == "watch" else [name, "engine-add"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert re.fullmatch(r"gradschool: there is no micrograd/ in .*empty.*\n", run(empty, *arguments, code=2))
    assert re.fullmatch(r"gradschool: nowhere does not exist.*\n", run(empty, *arguments, "nowhere", code=2))
    (kit / "practice-exam.json").write_text("{}")
    assert re.fullmatch(r"gradschool: .*is not an exam.*from the kit again\n", run(kit, *arguments, code=2))


def test_nothing_heavy_is_imported(kit: Path) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from autograder.cli import main
try:
    main(["check"])
finally:
    print(sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=kit, capture_output=True, text=True, timeout=60)
    assert "'autograder'" in done.stderr and "0/100" in done.stdout
    heavy = "'(torch|hypothesis|pytest|_pytest|nbgrader|watchfiles|anyio|numpy|jsonschema|asyncio)'"
    assert not re.search(heavy, done.stderr)


def test_commands_to_type_are_named_as_they_can_be_called(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most have no .venv/bin on their path: what is shown must work when it is pasted. By night in processes."""
    scripts = kit / ".venv" / "bin"
    scripts.mkdir(parents=True)
    script = scripts / "gradschool"
    script.write_text(f"#!{sys.executable}\n{command()[2].replace('; ', chr(10))}\n")
    script.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    module = ROOT / "autograder" / "__main__.py"
    for first, program, start, name in (
        ("/usr/bin", script, [script], ".venv/bin/gradschool"),
        (scripts, script, [script], "gradschool"),
        (Path(sys.executable).parent, module, [sys.executable, "-m", "autograder"], "python -m autograder"),
    ):
        monkeypatch.setenv("PATH", f"{first}:/usr/bin:/bin")
        if WHOLE:
            said = subprocess.run([*start, "check"], cwd=kit, capture_output=True, text=True, timeout=60).stdout
        else:
            said = run(kit, "check", code=1, program=program)
        assert f"    For a hint: {name} hint derivative-central\n" in said
