"""`gradschool watch` in a pseudo-terminal: saves, keys, code that hangs or breaks, and how it leaves the terminal."""

from __future__ import annotations

import dataclasses
import io
import os
import random
import shutil
import signal
import subprocess
import termios
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from brief import shortened
from conftest import ROOT
from kits import Terminal, command, make_kit, solve, until
from nightly import WHOLE, few, nightly
from reports import sample_reports
from rich.console import Console
from test_check import make_reference, run

from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.report import ItemResult, Report
from autograder.report import terminal as face
from autograder.report.guide import Guide
from autograder.sandbox.kernel.watch import Family
from autograder.student.kit import open_kit
from autograder.student.watch.edits import edited, functions
from autograder.student.watch.saves import counts, noticing_saves
from autograder.student.watch.window import drawn, fitted

FOOTER = "q quit +checked in"
HANG = "while True: pass" if WHOLE else "while True: __import__('time').sleep(9)"


@pytest.fixture(scope="module")
def practice() -> Exam:
    return shortened(exams.get(PRACTICE_SEED))


@pytest.fixture
def kit(tmp_path: Path, practice: Exam) -> Path:
    return make_kit(tmp_path / "kit", practice)


@pytest.fixture(params=[True, pytest.param(False, marks=nightly)], ids=["fork", "no fork"])
def watching(kit: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """`watch` on the stubs, once it has shown what comes first."""
    with Terminal(kit, "watch", fork=request.param) as terminal:
        terminal.wait("derivative-central  0/2", FOOTER)
        yield terminal


@pytest.fixture
def forking(kit: Path) -> Iterator[Terminal]:
    with Terminal(kit, "watch") as terminal:
        terminal.wait("derivative-central  0/2", FOOTER)
        yield terminal


def replace(path: Path, text: str) -> None:
    """Save as careful editors do: a new file takes the place of the old one."""
    draft = path.with_name(f".{path.name}.swp")
    draft.write_text(text)
    os.replace(draft, path)


def hang(path: Path) -> str:
    """Let tanh run for ever; the text as it was."""
    text = path.read_text()
    path.write_text(text.replace("def tanh(self):", f"def tanh(self):\n        {HANG}"))
    return text


# --- saves --------------------------------------------------------------------------------------------------


def test_each_save_shows_what_comes_next(kit: Path, watching: Terminal) -> None:
    solve(kit, "derivative-central")
    shown = watching.wait("derivative-gradcheck  0/2", " 2/100", FOOTER)
    assert "derivative-central passes: 2 points." in shown
    assert "Compare each claim with" in shown and "micrograd/derivative.py:" in shown
    solve(kit, "derivative-gradcheck")
    watching.wait("engine-add  0/2", " 4/100", FOOTER)
    path = kit / "micrograd" / "engine.py"
    path.write_text(
        path.read_text().replace('raise NotImplementedError("engine-add")', "out = Value(1.0, (self, other), '+')")
    )
    shown = watching.wait("✗ engine-add  0/2", "To see it, paste this", "Hint 1 of", FOOTER)
    assert "out.data should be" in shown and "The graph, from the result to the leaves" in shown
    watching.type("q")
    assert watching.end() == 0 and watching.restored()


@nightly
def test_own_tests_are_told_of_when_all_else_is(kit: Path, forking: Terminal) -> None:
    """They take seconds, and nobody waits for them to hear of an operation."""
    (kit / "tests").mkdir(exist_ok=True)
    for path in (ROOT / "solutions" / "suite").glob("test_*.py"):
        (kit / "tests" / path.name).write_bytes(path.read_bytes())
    make_reference(kit)
    forking.wait("100 points of the core", FOOTER)
    forking.wait("All 130 points", r"100/100  \+30 bonus", FOOTER)
    assert forking.raw.index("All 100 points of the core") < forking.raw.index("All 130 points")
    assert "?/100" not in forking.raw and "no longer" not in forking.raw
    forking.type("l")
    forking.wait(r"testing  10/10", "training-moons", FOOTER)
    forking.type("q")
    assert forking.end() == 0 and forking.restored()


def test_what_took_long_is_told_of_when_all_else_is(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a training run to hear of an operation; and in the end all is as if it had been told at once."""
    clocked(monkeypatch, {"training-moons", "stretch-deep"}, {"training-moons", "stretch-deep"})
    told: list[tuple[Report, Collection[str]]] = []
    make_reference(kit)
    engine = kit / "micrograd" / "engine.py"
    opened = dataclasses.replace(open_kit(kit), exam=exams.get(PRACTICE_SEED))
    chosen = None if WHOLE else ["engine-tanh", "backprop-tanh", "training-moons", "stretch-deep"]
    right = engine.read_text()
    wrong = right.replace("Value(math.tanh(self.data)", "Value(math.tanh(self.data) + 1")
    with opened.grader(lambda id, place: None, lambda report, waiting: told.append((report, waiting))) as grader:
        for _ in range(2):
            grader.grade("kit", opened.source, chosen)
        assert not told, "nothing is known yet of how long anything takes"
        engine.write_text(wrong)
        last = grader.grade("kit", opened.source, chosen)
    ((first, waiting),) = told
    with opened.grader(lambda id, place: None) as grader:
        at_once = grader.grade("kit", opened.source, chosen)
    assert {"training-moons", "stretch-deep"} <= {*waiting} and "engine-tanh" not in waiting
    assert [timeless(item) for item in last.items] == [timeless(item) for item in at_once.items]
    assert [item.id for item in first.items] == [item.id for item in last.items]
    for early, late in zip(first.items, last.items, strict=True):
        assert early.status == "ungraded" != late.status if early.id in waiting else early == late
    assert {item.id: item.status for item in first.items}["engine-tanh"] == "failed"


def clocked(monkeypatch: pytest.MonkeyPatch, *long: set[str]) -> None:
    """Let the items of `long`, a set for each time, take long, whatever they take here."""
    note, times = Grader._note_long, iter(long)

    def told(self: Grader, results: Collection[ItemResult]) -> None:
        late = next(times, set())
        note(self, [dataclasses.replace(each, seconds=2.0 if each.id in late else 0.002) for each in results])

    monkeypatch.setattr(Grader, "_note_long", told)


def test_what_took_long_once_is_asked_with_all_others(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine any item may take long for once."""
    clocked(monkeypatch, {"engine-tanh"}, set(), {"engine-tanh"}, {"engine-tanh"})
    make_reference(kit)
    opened, chosen, told = open_kit(kit), ["engine-tanh", "backprop-tanh"], []
    with opened.grader(lambda id, place: None, lambda report, waiting: told.append(waiting)) as grader:
        for _ in range(4):
            grader.grade("kit", opened.source, chosen)
        assert not told
        grader.grade("kit", opened.source, chosen)
    assert told == [["engine-tanh"]]


def timeless(item: ItemResult) -> ItemResult:
    """An item as it is however long it took."""
    return dataclasses.replace(item, seconds=0.0)


def test_a_save_ends_own_tests_too(kit: Path, forking: Terminal) -> None:
    (kit / "tests").mkdir(exist_ok=True)
    slow = "import time\n\n\ndef test_slow():\n    time.sleep(600)\n"
    (kit / "tests" / "test_engine.py").write_text(slow)
    solve(kit, "derivative-central")
    forking.wait("derivative-gradcheck  0/2", FOOTER)
    solve(kit, "derivative-gradcheck")
    forking.wait("engine-add  0/2", FOOTER)
    solve(kit, "engine-add")
    forking.wait("backprop-add  0/3", FOOTER)
    forking.type("q")
    assert forking.end() == 0 and forking.restored()


@nightly
def test_a_save_by_renaming_counts(kit: Path, forking: Terminal) -> None:
    path = kit / "micrograd" / "derivative.py"
    text = path.read_text()
    for _ in range(2):  # the second time, what is watched is another file
        solve(kit, "derivative-central")
        solved = path.read_text()
        replace(path, solved)
        forking.wait("derivative-gradcheck  0/2", FOOTER)
        replace(path, text)
        forking.wait("derivative-central no longer passes", "derivative-central  0/2", FOOTER)


def test_what_is_no_save_of_python_counts_not() -> None:
    assert counts("/kit/micrograd/engine.py")
    for name in (
        "engine.pyc",
        ".engine.py.swp",
        ".#engine.py",
        "#engine.py#",
        "engine.py~",
        "4913",
        "notes.txt",
        ".x.py",
    ):
        assert not counts(f"/kit/micrograd/{name}")


def test_saves_are_noticed_once_each(tmp_path: Path) -> None:
    folder = tmp_path / "micrograd"
    folder.mkdir()
    saves: list[int] = []
    with noticing_saves(folder, lambda: saves.append(1)):
        for count in range(1, 4):
            for name in ("engine.py.swp", "engine.pyc", ".#engine.py"):
                (folder / name).write_text("x" * count)
            (folder / "__pycache__").mkdir(exist_ok=True)
            (folder / "__pycache__" / "engine.py").write_text("x" * count)
            (folder / "engine.py").write_text("y" * count)
            until(lambda count=count: len(saves) >= count)  # type: ignore[misc]
        assert len(saves) == 3
        shutil.rmtree(folder)
        until(lambda: len(saves) >= 4)
        folder.mkdir()
        (folder / "nn.py").write_text("z")
        until(lambda: len(saves) >= 5)
        (folder / "nn.py").write_text("zz")
        until(lambda: len(saves) >= 6)


@nightly
def test_deleted_files_and_folders_come_back(kit: Path, forking: Terminal) -> None:
    package, aside = kit / "micrograd", kit / "aside"
    (package / "derivative.py").unlink()
    forking.wait("derivative.py was not handed in|No module named 'micrograd.derivative'", FOOTER)
    package.rename(aside)
    forking.wait("no micrograd/ folder", FOOTER)
    aside.rename(package)
    make_reference(kit)
    shown = forking.wait("47 more pass: 120 points", FOOTER)
    assert "no micrograd/ folder" not in shown.split("points.")[-1]


# --- keys ---------------------------------------------------------------------------------------------------


def test_keys(kit: Path, watching: Terminal) -> None:
    watching.type("h")
    assert "Hint 2" not in watching.wait("Hint 1 of 2: A derivative", FOOTER)
    watching.type("h")
    watching.wait("Hint 1 of 2", "Hint 2 of 2", "micrograd.md#measuring", FOOTER)
    watching.type("l")
    shown = watching.wait("training-moons", FOOTER)
    assert "engine  0/26" in shown and "Hint" not in shown
    watching.type("l")
    assert "engine  0/26" not in watching.wait("Hint 2 of 2", FOOTER)
    watching.type("n")
    watching.wait("derivative-gradcheck  0/2", FOOTER)
    watching.type("\x1b[A")  # an arrow is no key of ours, not even its A
    watching.type("n")
    assert "checked in" in watching.wait("engine-add  0/2", FOOTER)
    solve(kit, "derivative-central")  # the chosen item stays
    watching.wait("derivative-central passes", "engine-add  0/2", FOOTER)
    for key in "a\n":
        watching.type(key)
        assert "passes" not in watching.wait("engine-add  0/2", FOOTER)
    watching.type("q")
    assert watching.end() == 0 and watching.restored()


@nightly
def test_hints_are_remembered_across_commands(kit: Path, forking: Terminal) -> None:
    forking.type("h")
    forking.wait("Hint 1 of 2", FOOTER)
    assert "Hint 2 of 2" in run(kit, "hint")
    forking.type("a")
    forking.wait("Hint 2 of 2", FOOTER)


@nightly
def test_next_turns_round(kit: Path) -> None:
    make_reference(kit)
    path = kit / "micrograd" / "derivative.py"
    path.write_text(path.read_text() + "\n\ndef gradcheck(f, xs, grads, tol=1e-6):\n    return True\n")
    with Terminal(kit, "watch") as terminal:
        assert "98/100" in terminal.wait("derivative-gradcheck  0/2", FOOTER)
        for _ in range(2):
            terminal.type("n")
            terminal.wait("derivative-gradcheck  0/2", FOOTER)


@nightly
def test_check_watch_begins_with_the_item(kit: Path) -> None:
    with Terminal(kit, "check", "--watch", "--item", "nn-layer") as terminal:
        terminal.wait("nn-layer  0/3", FOOTER)
        terminal.type("q")
        assert terminal.end() == 0


# --- code that hangs or breaks ------------------------------------------------------------------------------


def test_a_check_that_hangs_ends_at_the_next_save_and_at_sigterm(kit: Path, watching: Terminal) -> None:
    path = kit / "micrograd" / "engine.py"
    text = hang(path)
    watching.wait("checking for .* endless loop")
    path.write_text(text)
    solve(kit, "derivative-central")
    watching.wait("derivative-gradcheck  0/2", FOOTER)
    hang(path)
    watching.wait("checking for")
    watching.process.terminate()
    assert watching.end() == 143 and watching.restored()


@nightly
def test_a_check_that_hangs_ends_at_a_key(kit: Path, watching: Terminal) -> None:
    path = kit / "micrograd" / "engine.py"
    path.write_text("import time\ntime.sleep(3600)\n" + path.read_text())
    watching.wait("checking for .* endless loop")
    watching.type("x")
    watching.wait("stopped; save to check again")
    watching.type("a")
    watching.wait("checking for .* endless loop")
    watching.type("q")
    assert watching.end() == 0 and watching.restored()


@nightly
def test_a_check_that_hangs_comes_to_an_end_by_itself(kit: Path, forking: Terminal) -> None:
    make_reference(kit)
    forking.wait("47 more pass: 120 points", FOOTER)
    with (kit / "micrograd" / "derivative.py").open("a") as file:  # a loop in one item alone
        file.write("\n\ndef gradcheck(f, xs, grads, tol=1e-6):\n    while True: pass\n")
    forking.wait("derivative-gradcheck  0/2", "is there an endless loop", FOOTER)


def test_broken_code_never_ends_the_loop(kit: Path, watching: Terminal) -> None:
    path = kit / "micrograd" / "derivative.py"
    text = path.read_text()
    endless = text.replace('raise NotImplementedError("derivative-central")', "return central_difference(f, x, h)")
    ways = [
        (text + "(", "is not valid Python"),
        ("import os\nos._exit(3)\n" + text, "ended the Python process"),
        (endless, "Recursion"),
        ("raise SystemExit(3)\n" + text, "SystemExit"),
        ("\0", "NUL byte"),
    ]
    for broken, said in ways[: None if WHOLE else 3]:
        path.write_text(broken)
        watching.wait(said, FOOTER)
    path.write_text(text)
    solve(kit, "derivative-central")
    watching.wait("derivative-gradcheck  0/2", FOOTER)
    shown = watching.raw
    watching.type("\x03")  # after all of that as ever
    assert watching.end() == 0 and watching.restored()
    assert "Traceback" not in watching.raw.removeprefix(shown)


@nightly
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")
def test_nothing_is_left_running(kit: Path) -> None:
    def spinning() -> set[str]:
        """Processes that hold a file which the student's code opens."""
        found = set()
        for place in Path("/proc").glob("[0-9]*"):
            try:
                links = [os.readlink(link) for link in (place / "fd").iterdir()]
            except OSError:
                continue
            if str(kit / "held") in links:
                found.add(place.name)
        return found

    path = kit / "micrograd" / "engine.py"
    (kit / "held").touch()
    text = f"held = open({str(kit / 'held')!r})\nwhile True: pass\n"
    with Terminal(kit, "watch") as terminal:
        terminal.wait(FOOTER)
        path.write_text(text + path.read_text())
        terminal.wait("checking for")
        assert spinning()
        terminal.type("x")
        terminal.wait("stopped")
        until(lambda: not spinning())
        terminal.type("a")
        until(lambda: bool(spinning()))
        terminal.type("q")
        assert terminal.end() == 0
        until(lambda: not spinning())


# --- what is shown first, and in which window ---------------------------------------------------------------


def edit(kit: Path, old: str, new: str, file: str = "engine.py") -> None:
    path = kit / "micrograd" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@nightly
def test_what_just_broke_comes_before_what_is_still_to_do(kit: Path, forking: Terminal) -> None:
    solve(kit, "engine-add", "engine-mul")
    forking.wait("4/100", FOOTER)
    edit(kit, "self.data + other.data", "self.data - other.data")
    forking.wait("engine-add no longer passes", "✗ engine-add  0/2", FOOTER)
    forking.type("n")
    forking.wait("○ backprop-add  0/3", FOOTER)  # which was edited as well: it is in the same function
    edit(kit, "self.data * other.data", "self.data - other.data")  # of two wrong ones, the one that was edited last
    forking.wait("engine-mul no longer pass", "✗ engine-mul  0/2", FOOTER)
    forking.type("a")  # and it stays
    forking.wait("✗ engine-mul  0/2", FOOTER)
    edit(kit, "self.data - other.data, (self, other), '*'", "self.data * other.data, (self, other), '*'")
    forking.wait("engine-mul passes again", "✗ engine-add  0/2", FOOTER)


def test_the_function_that_was_edited_counts(kit: Path) -> None:
    before = functions(kit)
    edit(kit, "def tanh(self):", "def tanh(self):\n        x = (")  # which Python cannot read
    assert edited(before, functions(kit)) == {"engine:Value", "engine:Value.tanh"}
    (kit / "micrograd" / "nn.py").unlink()
    assert edited(before, functions(kit)) == {"engine:Value", "engine:Value.tanh"}
    assert edited(before, before) == set()


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (12, 60), (40, 120)])
def test_the_headline_stays_and_no_word_is_broken(rows: int, columns: int) -> None:
    console = Console(width=columns, height=rows, file=io.StringIO(), force_terminal=True)
    words = [f"word{'x' * (at % 9)}{at}" for at in range(300)]
    code = "; ".join(f"a{at} = Value({at})" for at in range(40))

    def draw(paper: Console) -> None:
        for line in (
            "    " + " ".join(words),
            "    To see it, paste this into Python, or type `gradschool try engine-mul`:",
            code,
            "for a in (a0, a1):",
            "    print(a)",
            "    the end",
        ):
            paper.print(line, soft_wrap=True, highlight=False)

    body = [line.plain for line in drawn(console, draw)]
    assert all(len(line) <= columns for line in body)
    heading = body.index(next(line for line in body if line.startswith("    To see it, paste this into Python")))
    assert " ".join(body[:heading]).split() == words and all(line.startswith("    w") for line in body[:heading])
    begin = body.index(next(line for line in body if line.startswith("a0 = ")))
    program = "\n".join(line.removeprefix("        ") for line in body[begin:-3])
    assert program.replace("\n", "; ") == code
    assert body[-3:] == ["for a in (a0, a1):", "    print(a)", "    the end"]
    head, foot = drawn(console, lambda paper: paper.print("head")), drawn(console, lambda paper: paper.print("foot"))
    shown = [line.plain for line in fitted(console, head, drawn(console, draw), foot, ": more")]
    assert shown[0] == "head" and shown[-1] == "foot" and len(shown) < rows
    assert ("more lines: more" in " ".join(shown)) == (len(body) + 3 > rows)


@pytest.mark.parametrize("columns", few([50, 80], 1))
def test_lines_to_paste_can_be_pasted_whatever_the_window(columns: int) -> None:
    """Each item of the sample class that has some, as it is really shown."""
    console = Console(width=columns, height=24, file=io.StringIO(), force_terminal=True)
    guide = Guide({"engine.py": Path(__file__)}, command="gradschool")
    split = 0
    for item in (item for report in sample_reports() for item in report.items if item.reproduce):
        body = [line.plain for line in drawn(console, partial(face.print_item, item, guide=guide))]
        lines = (item.reproduce or "").strip("\n").split("\n")
        statements = [statement for line in lines for statement in line.split("; ")]
        shown = [statement for line in body for statement in line.split("; ")]
        assert any(shown[at : at + len(statements)] == statements for at in range(len(shown))), "\n".join(body)
        split += any(line not in body for line in lines)
    assert split > 10


# --- any moment ---------------------------------------------------------------------------------------------


@nightly
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["saves and keys", "kills"])
def test_it_lives_through_saves_keys_and_kills_at_any_moment(kit: Path, seed: int, kind: str) -> None:
    if kind == "kills" and not Path("/proc/self/stat").exists():
        pytest.skip("processes are found in /proc")
    chance = random.Random(seed)
    path = kit / "micrograd" / "derivative.py"
    stub = path.read_text()
    solve(kit, "derivative-central")
    right = path.read_text()
    endless = stub.replace("h=1e-6):", "h=1e-6):\n    while True: pass", 1)
    forms = [stub, right, right + "(", "import os\nos._exit(3)\n" + stub, endless]
    assert len(set(forms)) == 5
    with Terminal(kit, "watch") as terminal:
        terminal.wait("derivative-gradcheck  0/2", FOOTER)
        family = Family(terminal.process.pid)
        for number in range(120):
            what = chance.random()
            if what < 0.6:
                save = replace if chance.random() < 0.3 else Path.write_text
                save(path, f"{chance.choice(forms)}\n# {number}\n")
            elif what < 0.9 or kind != "kills":
                terminal.type(chance.choice("hlnaax\r"))
            elif found := family.descendants():
                with suppress(OSError):
                    os.kill(chance.choice(found).pid, signal.SIGKILL)
            time.sleep(chance.choice((0, 0, 0.005, 0.02, 0.1, 0.4)) * chance.random())
            assert terminal.process.poll() is None
        path.write_text(right)
        solve(kit, "derivative-gradcheck")
        terminal.type("a")  # for an x that was typed before may come after the save
        terminal.wait("  4/100", FOOTER)
        terminal.type("q")
        assert terminal.end() == 0 and terminal.restored()


# --- leaving ------------------------------------------------------------------------------------------------


@nightly
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_leave_the_terminal_as_it_was(kit: Path, forking: Terminal, number: signal.Signals) -> None:
    assert not forking.restored()
    forking.process.send_signal(number)
    assert forking.end() == (0 if number == signal.SIGINT else 128 + number)
    assert forking.restored()


@nightly
def test_control_c_typed(forking: Terminal) -> None:
    forking.type("\x03")
    assert forking.end() == 0 and forking.restored()
    assert "Traceback" not in forking.raw


@nightly
def test_the_terminal_is_set_again_after_a_pause(forking: Terminal) -> None:
    forking.process.send_signal(signal.SIGSTOP)
    termios.tcsetattr(forking.theirs, termios.TCSANOW, forking.before)  # as a shell does
    forking.process.send_signal(signal.SIGCONT)
    until(lambda: not forking.restored())
    forking.wait("derivative-central", FOOTER)
    forking.type("h")
    forking.wait("Hint 1 of 2", FOOTER)


# --- without a terminal -------------------------------------------------------------------------------------


def test_plain_lines_where_there_is_no_terminal(kit: Path, tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    with said.open("wb") as file, subprocess.Popen(
        command("watch"), cwd=kit, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "TERM": "xterm"},
    ) as process:  # fmt: skip
        try:
            until(lambda: "0/100" in said.read_text("utf-8"))
            solve(kit, "derivative-central")
            until(lambda: "2/100" in said.read_text("utf-8"))
            text = hang(kit / "micrograd" / "engine.py")
            until(lambda: "endless loop" in said.read_text("utf-8"))
            (kit / "micrograd" / "engine.py").write_text(text)
            until(lambda: said.read_text("utf-8").count("2/100") == 2)
        finally:
            process.terminate()
    output = said.read_text("utf-8")
    assert process.returncode == 143
    assert "\x1b" not in output and "\r" not in output and "q quit" not in output and "press" not in output
    assert output.count("derivative-central passes: 2 points.") == 1
    assert output.count("endless loop") <= output.count("--- ") + 1  # once a check, of which one was ended
    assert output.startswith("--- checked in ")


@nightly
def test_keys_work_where_only_the_output_goes_elsewhere(kit: Path, tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    with said.open("wb") as file, Terminal(kit, "watch", stdout=file.fileno()) as terminal:
        until(lambda: "0/100" in said.read_text("utf-8"))
        terminal.type("h")
        until(lambda: "Hint 1 of 2" in said.read_text("utf-8"))
        terminal.type("q")
        assert terminal.end() == 0 and terminal.restored()
    assert "\x1b" not in said.read_text("utf-8")
