"""What a beginner's slips of everyday get to hear: the line that is at fault, and what to do, before anything else."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from kits import make_kit, solve
from nightly import WHOLE, only
from rich.console import Console
from test_check import make_reference, run
from test_pages import Elements

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd.given import LINES as GIVEN_LINES
from autograder.courses.micrograd.source import fault
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.explanation import Explanation, Invalid
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.grading.source.function import Function
from autograder.grading.source.given import is_own
from autograder.grading.source.sources import Sources
from autograder.grading.source.spelling import nearest
from autograder.grading.source.wrong_answers import in_result
from autograder.report import ItemResult, Report
from autograder.report import terminal as face
from autograder.report.guide import Guide, new_lines
from autograder.report.html.student_page import student_page
from autograder.report.text import MEANINGS, left_to_do, next_step, unchecked
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.student.kit import open_kit
from autograder.student.progress import Progress

ITEMS = load_items()
(UPSTREAM,) = COURSE.terms
CORE = [item.id for item in ITEMS.values() if not item.bonus]
SLIPS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "everyday.toml").read_text("utf-8"))["slip"]
_PYTHON = re.compile(r" \(says Python [\d.]+( in line \d+)?\)")


@pytest.fixture(scope="module")
def practice() -> Exam:
    return exams.get(PRACTICE_SEED)


@pytest.fixture(scope="module")
def grader(practice: Exam) -> Iterator[Grader]:
    with Grader(practice, NO_SANDBOX, limits=Limits(cpu=1.0, imports=2.0)) as it:
        yield it


def plant(slip: dict[str, Any], kit: Path) -> None:
    solve(kit, *slip.get("only", [id for id in CORE if id not in slip.get("open", ())]))
    path = kit / "micrograd" / slip["file"]
    text = path.read_text("utf-8")
    assert not slip["old"] or text.count(slip["old"]) == 1
    text = text.replace(slip["old"], slip["new"]) if slip["old"] else text + slip["new"]
    path.write_bytes(text.encode(slip.get("encoding", "utf-8")))
    if also := slip.get("also"):
        with (kit / "micrograd" / also).open("a") as file:
            file.write(slip["new"])


def said_first(report: Report) -> tuple[str, str, str, int]:
    """Of which item, what is said, and the place."""
    if report.invalid:
        broken = report.invalid[0]
        words = ". ".join(filter(None, [_PYTHON.sub("", broken.reason), broken.advice]))
        return "", words, broken.file, broken.line
    item = next(item for item in left_to_do(report) if item.status != "blocked")
    return item.id, item.explanation.advice or item.explanation.sentence, item.file or "", item.line or 0


@pytest.mark.parametrize("slip", only(SLIPS, SLIPS[::12].__contains__, id=lambda slip: slip["name"]))
def test_a_slip_is_told_with_its_line_and_what_to_do(
    slip: dict[str, Any], grader: Grader, practice: Exam, tmp_path: Path
) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    plant(slip, kit)
    report = grader.grade("you", kit)
    item, says, file, line = said_first(report)
    assert (item, says) == (slip["item"], slip["says"])
    assert file == f"micrograd/{slip['in']}"
    assert Sources(kit).line(file, line).strip() == slip["line"]


# --- what is not Python -------------------------------------------------------------------------------------

HEADLINE = re.compile(r"^micrograd/engine\.py, line \d+ is not valid Python$", re.M)


def broken_kit(folder: Path, practice: Exam) -> Path:
    kit = make_kit(folder, practice)
    solve(kit, *CORE)
    path = kit / "micrograd" / "engine.py"
    path.write_text(path.read_text().replace("def __mul__(self, other):", "def __mul__(self, other)"))
    return kit


def test_nothing_is_said_of_items_until_a_file_is_python(tmp_path: Path, practice: Exam) -> None:
    kit = broken_kit(tmp_path / "kit", practice)
    output = run(kit, "check", code=1)
    assert HEADLINE.match(output) and "def __mul__(self, other)\n" in output and re.search(r"^ +\| +\^$", output, re.M)
    assert "Expected ':' (says Python 3." in output and "End the line by a colon." in output
    assert not any(id in output for id in ITEMS) and "/100" not in output
    assert "Until this is mended, nothing of backprop can be checked" in output
    for item in ("backprop-shared", "engine-mul", "training-parity")[: None if WHOLE else 1]:
        output = run(kit, "check", "--item", item, code=1)
        assert HEADLINE.match(output) and output.endswith(f"Until this is mended, {item} cannot be checked.\n")
        output = run(kit, "hint", item)
        assert HEADLINE.search(output) and "Hint 1" not in output and "Read on" not in output
    assert "Python" not in run(kit, "check", "--item", "derivative-central")


def test_what_passed_before_is_not_called_lost(tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    solve(kit, *CORE)
    mse = ("check", "--item", "training-mse")
    run(kit, *mse)
    path = kit / "micrograd" / "train.py"
    right = path.read_text()
    path.write_text(right + "def f(:\n")
    output = run(kit, *mse, code=1)
    assert "train.py, line" in output and "no longer" not in output
    path.write_text(right)
    assert "again" not in run(kit, *mse)


def test_a_file_that_costs_no_item_is_told_before_the_items(tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    make_reference(kit)
    for file in ("data.py", "__init__.py")[: None if WHOLE else 1]:
        path = kit / "micrograd" / file
        right = path.read_text()
        path.write_text(right + "x = (1\n")
        output = run(kit, "check")
        assert output.startswith(f"micrograd/{file}, line") and "'(' was never closed" in output and "100/100" in output
        path.write_text(right)


def test_the_page_says_where_a_file_is_not_python(tmp_path: Path, practice: Exam, grader: Grader) -> None:
    kit = broken_kit(tmp_path / "kit", practice)
    report = grader.grade("you", kit)
    text = Elements(student_page(report, {})).text
    lead = text.partition("What to do next")[2]
    assert "is not valid Python: expected ':'" in lead and "End the line by a colon." in lead
    assert "nothing of backprop can be checked" in lead and lead.index("def __mul__") < lead.index("derivative")
    again = Report.from_dict(report.as_dict())
    assert again == report and again.invalid[0].caret and isinstance(again.invalid[0].source[0], tuple)


def test_the_caret_stands_below_the_fault_behind_tabs_too() -> None:
    broken = Invalid("micrograd/nn.py", 7, "x", source=((6, "a"), (7, "\tb = (")), caret=6)
    assert broken.excerpt() == ["6 | a", "7 | \tb = (", "  | \t    ^"]
    assert Invalid("micrograd/nn.py").excerpt() == [] and Invalid("f").headline == "f is not valid Python"


def test_what_cannot_be_checked_is_told_by_chapters() -> None:
    lost = Explanation(invalid=Invalid("micrograd/nn.py", 1, "x"), unimported=True)
    items = [item(id, "error" if id.startswith("nn") else "passed") for id in CORE]
    items = [replace(each, explanation=lost) if each.status == "error" else each for each in items]
    found = Report("you", "", "", [], items, invalid=[lost.invalid] if lost.invalid else [])
    assert unchecked(found) == "Until this is mended, nothing of nn can be checked."
    assert unchecked(replace(found, items=[item(id, "passed") for id in CORE])) == ""


# --- the bonus, milestones, marks ---------------------------------------------------------------------------


def item(id: str, status: str) -> ItemResult:
    about = ITEMS[id]
    earned = about.points if status == "passed" else 0
    return ItemResult(id, about.assignment, about.title, about.points, earned, status, bonus=about.bonus)


def report_of(core: str, bonus: str) -> Report:
    return Report("you", "", "", [], [item(id, core if id in CORE else bonus) for id in ITEMS])


def printed(report: Report, **options: Any) -> str:
    file = io.StringIO()
    face.print_report(report, Console(file=file, width=200, force_terminal=True, color_system="standard"), **options)
    return file.getvalue()


def test_the_bonus_is_an_invitation() -> None:
    output = printed(report_of("todo", "failed"))
    assert "stretch" not in output
    done = report_of("passed", "failed")
    output = printed(done)
    assert "stretch-deep" in output and "bonus" in output and "The core is complete! For the bonus: stretch-" in output
    assert not re.search(r"\x1b\[(?:\d+;)*31m", output) and "✗" not in output and "Also wrong" not in output
    assert next_step(report_of("failed", "failed")).startswith("Next: derivative-central")
    page = student_page(done, {})
    assert 'class="status failed"' not in page and "✗" not in page.partition("<main")[2]
    assert "For who wants more, the bonus" in Elements(page).text
    todo = Elements(student_page(report_of("todo", "failed"), {})).text.partition("What to do next")[2]
    assert "stretch" not in todo.partition("After that")[2].partition("more.")[0]


def test_a_chapter_that_is_done_is_cheered_once(tmp_path: Path) -> None:
    memory = tmp_path / "memory.json"
    half = [item(id, "passed" if id.startswith("derivative") else "todo") for id in ITEMS]
    news = Progress.load(memory).note(Report("you", "", "", [], half))
    assert news.chapters == ["derivative"]
    assert [line for line in new_lines(news) if line.startswith("Chapter done")]
    assert Progress.load(memory).note(Report("you", "", "", [], half)).chapters == []
    news = Progress.load(memory).note(report_of("passed", "failed"))
    assert list(news.chapters) == [
        name for name in COURSE.assignments if name not in ("derivative", "stretch", "testing")
    ]


def test_a_bonus_that_is_lost_before_the_core_is_done_is_no_news(tmp_path: Path) -> None:
    memory = tmp_path / "memory.json"
    Progress.load(memory).note(report_of("todo", "passed"))
    assert Progress.load(memory).note(report_of("todo", "failed")).lost == []
    assert len(Progress.load(memory).note(report_of("passed", "failed")).lost) == len(ITEMS) - len(CORE)


def test_marks_and_words_are_explained_where_they_first_appear() -> None:
    found = report_of("passed", "passed")
    for place, status in enumerate(["todo", "blocked", "failed", "error", "timeout"]):
        found.items[place] = item(CORE[place], status)
    for place in (10, 11):
        found.items[place] = replace(
            item(CORE[place], "failed"), explanation=Explanation(f"no {place}", asked=f"`a`, {UPSTREAM} 2.0")
        )
    output = re.sub(r"\x1b\[[\d;]*m", "", printed(found))
    for sign, status in zip("○⊘✗!⏱", ["todo", "blocked", "failed", "error", "timeout"], strict=True):
        assert f"{sign} {MEANINGS[status]}" in output
    assert output.count(f"({UPSTREAM}: `out.grad`") == 1
    assert Elements(student_page(found, {})).text.count(f"{UPSTREAM}: out.grad") == 1
    file = io.StringIO()
    face.print_item(found.items[2], Console(file=file, width=200), guide=Guide())
    assert "(wrong answer)" in file.getvalue()


# --- sources -------------------------------------------------------------------------------------------------


def test_the_lines_that_are_given_are_those_of_the_stubs() -> None:
    """Of functions in which something is to be written: docstrings, comments and TODOs left out."""
    given = set()
    for path in (ROOT / "student" / "micrograd").glob("*.py"):
        lines = path.read_text("utf-8").split("\n")
        for number, line in enumerate(lines, 1):
            if not re.match(r"\s*def ", line):
                continue
            function = Function(path.name, lines, number)
            last = function.body[-1] if function.body else number
            if any("# TODO" in each for each in lines[number - 1 : last]):
                given |= {lines[at - 1].strip() for at in function.body if "NotImplementedError" not in lines[at - 1]}
    assert given == GIVEN_LINES


CODE = '''
def outer(self, other):
    """Says
    def nothing(): return
    """
    # TODO engine-mul: Make `out`.
    out = Value(1,
        2)

    def rule():
        self.grad += 1
        other.grad += 2
    out._backward = rule
    return out
'''.splitlines()


def test_a_function_is_read_by_its_indentation() -> None:
    function = Function("engine.py", CODE, 2)
    assert (function.name, function.parameters) == ("outer", ("self", "other"))
    assert function.first("engine-mul") == 7 and function.first("no-such-item") == 7
    assert function.inner and function.inner.start == 10 and function.outer == [7, 8, 10, 13, 14]
    for part, line in (("a.grad", 11), ("b.grad", 12), ("c.grad", 11)):
        assert fault(function, ITEMS["backprop-mul"], [part]) == (line, "")
    assert fault(function, ITEMS["engine-mul"], ["a.grad"]) is None
    assert in_result(function) is None
    assert not is_own("    # no code") and not is_own("        return out") and is_own("    return self")


def test_words_that_are_alike() -> None:
    assert nearest("dfe", ["del", "def"]) == "def" and nearest("tahn", ["tan", "tanh"]) == "tanh"
    assert nearest("othr", ["other", "self"]) == "other" and nearest("nope", ["self"]) == ""


def test_where_an_item_hangs_is_told_in_a_sandbox_too(
    tmp_path: Path, practice: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.grading.asking.overloaded", bool)  # however busy the machine is
    kit = make_kit(tmp_path / "kit", practice)
    plant(next(slip for slip in SLIPS if slip["name"] == "endless loop in op"), kit)
    with Grader(practice, choose("auto"), limits=Limits(wall=0.6, patience=0.6)) as grader:
        (found,) = grader.grade("you", kit, ["engine-mul"]).items
    assert found.status == "timeout" and found.explanation.advice == "this loop does not end"
    assert Sources(kit).line(found.file or "", found.line or 0).strip() == "while True:"


def test_an_item_that_is_not_there_suggests_only_what_is_near(tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    said = run(kit, "hint", "nope", code=2)
    assert "there is no item 'nope'" in said and "did you mean" not in said and "check` lists them all" in said


def test_a_todo_that_was_begun_comes_first_and_points_to_its_raise(tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    plant(next(slip for slip in SLIPS if slip["name"] == "raise left in the rule"), kit)
    output = run(kit, "check", code=1)
    begun = r"Next: backprop-mul, .*engine\.py:(\d+)\)\n    You wrote something, but the raise in line (\d+)"
    line = re.search(begun, output)
    assert line and line[1] == line[2]
    seen = open_kit(kit)
    assert "raise NotImplementedError" in Sources(kit).line("micrograd/engine.py", int(line[1])) and seen.root
