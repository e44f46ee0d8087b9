"""`gradschool try`: the example on which an item fails is a program that the student's own Python runs; and
`gradschool draw`: its graph, or that of any expression, is a picture."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from contextlib import suppress
from pathlib import Path

import pytest
from brief import shortened
from click.testing import CliRunner
from conftest import ROOT
from kits import Terminal, command, make_kit, solve
from nightly import WHOLE, asked, one_of_each

from autograder.cli import main
from autograder.courses.micrograd import load_items
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.student.kit import Kit
from autograder.student.trying import trial

pytestmark = pytest.mark.xdist_group("trying")

ITEMS = load_items()
CODED = [id for id, item in ITEMS.items() if not item.suite]
LOUD = 'print("in mul:", out.grad); self.grad = other.data * out.grad'
needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="graphviz's dot is not installed")


@pytest.fixture(scope="module")
def practice() -> Exam:
    return shortened(exams.get(PRACTICE_SEED))


@pytest.fixture
def kit(tmp_path: Path, practice: Exam) -> Path:
    """A kit whose rule of multiplication is wrong, in a folder with blanks in its name."""
    kit = make_kit(tmp_path / "my own kit", practice)
    solve(kit, "engine-add", "engine-mul", "backprop-add", "backprop-order")
    write(kit, "backprop-mul", LOUD)
    return kit


def write(kit: Path, id: str, statement: str) -> None:
    """Put a statement in the place of what an item's TODO raises."""
    for path in (kit / "micrograd").glob("*.py"):
        text = path.read_text()
        path.write_text(text.replace(f'raise NotImplementedError("{id}")', statement))


def gradschool(kit: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command says, and then what a program does that it runs. By day the command runs in this process: in a
    terminal it always has its own."""
    if WHOLE:
        return subprocess.run(command(*arguments), cwd=kit, capture_output=True, text=True, timeout=120)
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        before = [(os.dup(number), number) for number in (1, 2)]
        try:
            for number, file in enumerate((stdout, stderr), 1):
                os.dup2(file.fileno(), number)
            done = here(kit, *arguments)
        finally:
            for kept, number in before:
                os.dup2(kept, number)
                os.close(kept)
        for file in (stdout, stderr):
            file.seek(0)
        said = done.stdout + stdout.read(), done.stderr + stderr.read()
        return subprocess.CompletedProcess(done.args, done.returncode, *said)


def here(kit: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in this process, where no program is run in the end."""
    with contextlib.chdir(kit), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["gradschool", *arguments])
        done = CliRunner(env=environment).invoke(main, arguments, prog_name="gradschool")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a command that did nothing."""
    assert done.returncode != 0 and done.stdout == ""
    assert done.stderr.startswith("gradschool: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


# --- try ----------------------------------------------------------------------------------------------------


def test_the_example_runs_and_prints_appear(kit: Path) -> None:
    done = gradschool(kit, "try", "backprop-mul")
    assert (done.returncode, done.stderr) == (1, "")
    said, _, printed = done.stdout.partition("The example is in try_backprop_mul.py.\n")
    assert "a.grad should be " in said and "Where a.grad comes from: 10 was there, and " in said
    loud, wrong, right = printed.splitlines()
    assert loud.startswith("in mul: ") and right.startswith("should be ") and float(wrong) != float(right.split()[-1])


def test_it_can_be_run_by_hand_from_anywhere_and_beside_another_micrograd(kit: Path, tmp_path: Path) -> None:
    here(kit, "try", "backprop-mul", "--no-run")
    other = tmp_path / "site" / "micrograd"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise SystemExit('another one')")
    for safe in ("", "1"):
        done = subprocess.run(
            [sys.executable, str(kit / "try_backprop_mul.py")], cwd="/", capture_output=True, text=True, timeout=60,
            env=os.environ | {"PYTHONPATH": str(other.parent), "PYTHONSAFEPATH": safe},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "") and "in mul: " in done.stdout


def test_a_program_has_one_statement_a_line(kit: Path) -> None:
    here(kit, "try", "backprop-mul", "--no-run")
    body = ast.parse((kit / "try_backprop_mul.py").read_text()).body
    lines = [statement.lineno for statement in body]
    assert len(set(lines)) == len(lines) >= 8


def test_a_breakpoint_stops_and_ctrl_c_is_the_debuggers(kit: Path) -> None:
    path = kit / "micrograd" / "engine.py"
    path.write_text(path.read_text().replace(LOUD, f"breakpoint()\n            {LOUD}"))
    with Terminal(kit, "try", "backprop-mul") as terminal:
        terminal.wait(r"\(Pdb\) ")
        interrupt(terminal)
        terminal.type("p other.data\n")
        terminal.wait(r"\n-?\d+(\.\d+)?\n", r"\(Pdb\) ")
        terminal.type("c\n")
        terminal.wait("in mul: ")
        assert terminal.end() == 1


def interrupt(terminal: Terminal) -> None:
    """Ctrl-C at the debugger's prompt, which Python forgets where it comes just before it begins to read."""
    for _ in range(5):
        terminal.type("\x03")
        with suppress(AssertionError):
            terminal.wait("KeyboardInterrupt", r"\(Pdb\) ", seconds=5)
            return
    pytest.fail("the debugger did not hear of it")


def test_an_endless_loop_is_shown_on_ctrl_c(kit: Path) -> None:
    here(kit, "try", "backprop-mul", "--no-run")
    program = kit / "try_backprop_mul.py"
    program.write_text(program.read_text() + "\nprint('here')\nwhile True:\n    pass\n")
    with Terminal(kit, "try", "backprop-mul") as terminal:
        terminal.wait(r"\bhere\b")
        terminal.type("\x03")
        said = terminal.wait("KeyboardInterrupt")
        assert "try_backprop_mul.py" in said and "a fault of its own" not in said
        assert terminal.end() != 0


def test_what_the_student_changed_is_run_and_kept(kit: Path) -> None:
    program = kit / "try_backprop_mul.py"
    here(kit, "try", "backprop-mul", "--no-run")
    made = program.read_text()
    assert "was changed" not in here(kit, "try", "backprop-mul", "--no-run").stdout and program.read_text() == made
    changes = (made.replace("out = ", "print('mine'); out = "), "print('mine')\n", made + "print('mine')\n")
    for mine in changes[: None if WHOLE else 1]:
        program.write_text(mine)
        done = gradschool(kit, "try", "backprop-mul")
        assert "try_backprop_mul.py was changed, and is run as it is; --fresh writes it anew." in done.stdout
        assert "\nmine\n" in done.stdout and program.read_text() == mine
    here(kit, "try", "backprop-mul", "--fresh", "--no-run")
    assert program.read_text() == made


def test_another_example_replaces_the_one_before(kit: Path) -> None:
    here(kit, "try", "backprop-mul", "--no-run")
    before = (kit / "try_backprop_mul.py").read_text()
    text = (kit / "micrograd" / "engine.py").read_text()
    (kit / "micrograd" / "engine.py").write_text(text.replace(LOUD, "self.grad += out.grad"))
    here(kit, "try", "backprop-mul", "--no-run")
    assert (kit / "try_backprop_mul.py").read_text() != before


def test_links_and_folders_are_not_written_to(kit: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_text("print('elsewhere')\n")
    (kit / "try_backprop_mul.py").symlink_to(elsewhere)
    assert "elsewhere\n" in gradschool(kit, "try", "backprop-mul").stdout
    assert elsewhere.read_text() == "print('elsewhere')\n"
    (kit / "try_engine_add.py").mkdir()
    assert "is a folder" in refused(here(kit, "try", "engine-add"))


def test_what_passes_has_an_example_too(kit: Path) -> None:
    done = gradschool(kit, "try", "engine-add")
    assert (done.returncode, done.stderr) == (0, "")
    assert "engine-add passes; this is an example of what it is asked." in done.stdout
    *_, printed, right = done.stdout.splitlines()
    assert right == f"should be {printed}"


def test_an_exception_is_raised_again(kit: Path) -> None:
    write(kit, "engine-exp", "out = Value(no_such_name)")
    done = gradschool(kit, "try", "engine-exp")
    assert done.returncode == 1 and "NameError" in done.stdout
    assert "Traceback" in done.stderr and "no_such_name" in done.stderr.splitlines()[-1]


def test_where_there_is_nothing_to_run_a_sentence_says_why(kit: Path) -> None:
    assert "engine-sub is still to be written, at micrograd/engine.py:" in refused(here(kit, "try", "engine-sub"))
    said = refused(here(kit, "try", "backprop-shared"))
    assert "backprop-shared waits for backprop-mul: begin there, with `" in said and "try backprop-mul`" in said
    assert "did you mean 'engine-add'?" in refused(here(kit, "try", "engin-add"))
    (kit / "micrograd" / "engine.py").write_text("def class\n")
    assert "engine.py" in refused(here(kit, "try", "engine-add"))
    assert not list(kit.glob("try_*"))


def test_without_an_item_it_is_the_first_that_is_wrong(kit: Path) -> None:
    done = gradschool(kit, "try")
    assert done.returncode == 1 and "The example is in try_backprop_mul.py." in done.stdout
    write(kit, "engine-neg", "return self + 1")
    assert "The example is in try_engine_neg.py." in here(kit, "try", "--no-run").stdout


def test_nothing_wrong(tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    assert "nothing is wrong" in refused(here(kit, "try"))


@pytest.fixture(scope="module")
def programs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, practice: Exam
) -> dict[str, Path]:
    """The program of each item, beside the reference."""
    folder = tmp_path_factory.mktemp("reference")
    shutil.copytree(ROOT / "solutions" / "micrograd", folder / "micrograd")
    kit = Kit(folder, folder, practice)
    with kit.grader() as grader:
        report = grader.grade("reference", folder, [id for id in CODED if id in asked(request, "id")])
    return {item.id: trial(kit, item).path for item in report.items}


@pytest.mark.parametrize(
    "id",
    one_of_each(
        [id for id in CODED if id not in ("training-moons", "training-parity", "stretch-deep")],
        lambda id: ITEMS[id].assignment,
    ),
)
def test_the_reference_does_what_each_example_says(id: str, programs: dict[str, Path]) -> None:
    """Each is a program that runs, and prints what it should where it promises something."""
    done = subprocess.run([sys.executable, str(programs[id])], capture_output=True, text=True, timeout=120)
    lines = done.stdout.splitlines()
    promised = [line.removeprefix("should be ") for line in lines if line.startswith("should be ")]
    if should := re.search(r"^# .* should raise (\w+)$", programs[id].read_text(), re.M):
        assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith(f"{should[1]}: ") and not promised
    else:
        assert done.returncode == 0 and done.stderr == "", done.stderr
    for right in promised:
        assert _plain(lines[lines.index(f"should be {right}") - 1]) == _plain(right)


def _plain(text: str) -> list[str]:
    return [
        f"{float(word):.6g}" if re.fullmatch(r"-?[\d.]+(e-?\d+)?", word) else word
        for word in re.split(r"[\s,\[\]]+", text)
    ]


# --- draw ---------------------------------------------------------------------------------------------------


def words(picture: Path) -> list[str]:
    return [element.text or "" for element in ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")]


@needs_dot
def test_an_expression_is_drawn_with_its_gradients(kit: Path) -> None:
    solve(kit, "backprop-mul")
    text = (kit / "micrograd" / "engine.py").read_text()
    (kit / "micrograd" / "engine.py").write_text(
        text.replace(LOUD, "self.grad += 3 * out.grad; other.grad += 2 * out.grad")
    )
    done = here(kit, "draw", "--no-open", "a = Value(2.0); b = Value(3.0)\nc = a * b; c + 1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "drawn: drawing.svg\n", "")
    drawn = words(kit / "drawing.svg")
    assert {"a", "b", "c", "c + 1", "2.0", "3.0", "6.0", "7.0"} <= set(drawn)
    assert [drawn.count(kind) for kind in ("data", "grad")] == [5, 5]


@needs_dot
def test_without_backward_there_are_data_alone(tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    solve(kit, "engine-mul")
    done = here(kit, "draw", "--no-open", "Value(2) * Value(3)")
    assert done.returncode == 0 and "Without gradients, for backward() stops: backprop-order is still to" in done.stderr
    assert "grad" not in words(kit / "drawing.svg") and "data" in words(kit / "drawing.svg")


@needs_dot
def test_an_expression_may_begin_with_a_minus(tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    solve(kit, "engine-mul", "engine-neg")
    done = here(kit, "draw", "-Value(2.0)", "--no-open")
    assert (done.returncode, done.stdout) == (0, "drawn: drawing.svg\n") and "-2.0" in words(kit / "drawing.svg")


@needs_dot
def test_the_example_of_an_item_is_drawn(kit: Path) -> None:
    done = here(kit, "draw", "--item", "backprop-mul", "--no-open")
    assert (done.returncode, done.stdout) == (0, "drawn: drawing_backprop_mul.svg\n")
    assert any(word.startswith("should be ") for word in words(kit / "drawing_backprop_mul.svg"))
    assert "engine-add passes" in refused(here(kit, "draw", "--item", "engine-add", "--no-open"))
    assert "is still to be written" in refused(here(kit, "draw", "--item", "engine-exp", "--no-open"))


@needs_dot
def test_a_drawing_replaces_a_drawing_and_nothing_else(kit: Path) -> None:
    (kit / "drawing.svg").write_text("<svg>mine</svg>")
    assert "name another file with --out" in refused(here(kit, "draw", "Value(1)", "--no-open"))
    assert (kit / "drawing.svg").read_text() == "<svg>mine</svg>"
    (kit / "drawing.svg").unlink()
    for number in ("1.0", "2.0"):
        assert here(kit, "draw", f"Value({number})", "--no-open", "--out", "mine.svg").returncode == 0
        assert number in words(kit / "mine.svg")
    assert not (kit / "drawing.svg").exists()


def test_without_dot_the_graph_is_text(kit: Path, tmp_path: Path) -> None:
    done = here(kit, "draw", "a = Value(2.0); a + 3", PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "a + 3" in done.stdout and "apt install graphviz" in done.stdout and not (kit / "drawing.svg").exists()


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("Value(2) * ", "SyntaxError"),
        ("a = Value(2)", "the last part should be an expression"),
        ("", "the last part should be an expression"),
        ("math.pi", "it should give a Value, and gives a float"),
        ("Value(2) - 1", "engine-sub is still to be written, at micrograd/engine.py:"),
        ("nope", "NameError"),
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(3); Value(1)", "SystemExit"),
        ("import os; os._exit(3); Value(1)", "Python ended with exit code 3"),
        ("a = Value(1); a._prev = (a,); a", "its graph goes round in a circle"),
        ("a = Value(0)\nfor _ in range(300): a = a + 1\na", "its graph has more than 200 nodes"),
        ("Value('\\x1b[31mred') + nope", "NameError"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(kit: Path, expression: str, says: str) -> None:
    said = refused(here(kit, "draw", expression, "--no-open"))
    assert says in said and "cannot be drawn" in said and "\x1b" not in said and len(said) < 300
    assert not (kit / "drawing.svg").exists()


def test_strange_numbers_are_drawn_as_what_they_are(kit: Path, tmp_path: Path) -> None:
    expression = "a = Value(float('nan')); a.data = [1]; b = Value(2.0, (a,), '<&\"'); b.data = float('inf'); b"
    done = here(kit, "draw", expression, PATH=str(tmp_path))
    assert done.returncode == 0 and "a list" in done.stdout and "inf" in done.stdout and "should be" not in done.stdout


def test_either_an_expression_or_an_item(kit: Path) -> None:
    for arguments in ((), ("Value(1)", ".", "--item", "engine-add")):
        done = here(kit, "draw", *arguments)
        assert done.returncode == 2 and "give either an expression" in done.stderr
    assert "did you mean 'engine-add'?" in refused(here(kit, "draw", "--item", "engin-add"))


# --- what it takes ------------------------------------------------------------------------------------------


_CHECKED = """
import sys
from pathlib import Path
from autograder.student.kit import open_kit
from autograder.student.trying import trial
kit = open_kit(Path(sys.argv[1]), needs_work=True)
with kit.grader() as grader:
    items = {item.id: item for item in grader.grade("me", kit.source, ["engine-add", "backprop-mul"]).items}
wrong = items["backprop-mul"]
assert wrong.explanation.origin and wrong.counterexample["graph"]
trial(kit, wrong)
trial(kit, items["engine-add"])
print(*sys.modules)
"""


def test_no_lab_of_the_judge_is_needed_to_say_what_is_wrong(kit: Path) -> None:
    """Nor anything else that builds an exam, which holds what there is to say."""
    done = subprocess.run([sys.executable, "-c", _CHECKED, kit], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    loaded = set(done.stdout.split())
    course = "autograder.courses.micrograd"
    assert f"{course}.transcript.transcript" in loaded
    builders = {f"autograder.exam.{name}" for name in ("building", "drawing", "mutants", "rounding", "strategies")}
    builders |= {f"{course}.{name}" for name in ("annotation", "oracle", "transcript.lab", "transcript.nets")}
    assert not loaded & {"torch", "hypothesis", *builders}
