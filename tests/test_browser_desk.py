"""The desk in a browser: its verdicts are those of `gradschool check`, here in this process, in a bare Python without
numpy, and in the Python of a browser itself, where Node and Pyodide are.

Students are at their own machines there, so nothing shuts their code in; but no accident of theirs may harm the next
check.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import HOSTILE, ROOT, SAMPLES
from nightly import asked, few, nightly, only
from test_samples import of_any_python

from autograder.course import adopt, in_use
from autograder.courses.micrograd import COURSE, load_items
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.kit.browser import desk as desks
from autograder.kit.browser.clock import Clock
from autograder.kit.browser.desk import Desk
from autograder.kit.browser.sources import python_files
from autograder.kit.browser.worker import HereWorker
from autograder.kit.stubs import regions
from autograder.project import PRACTICE, cache_folder
from autograder.report import Report
from autograder.report.files import report_json
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.scheme import OWN, Scheme
from autograder.student.kit import DESK
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import Own

GOLDEN = ROOT / "tests" / "golden"
ITEMS = load_items()
REFERENCE = ROOT / "solutions" / "micrograd"
STUBS = ROOT / "student" / "micrograd"
HARMLESS = sorted(path.name for path in SAMPLES.iterdir() if path.name.partition(".")[0] not in HOSTILE)
PACKAGES = {
    "reference": REFERENCE,
    "stubs": STUBS,
    **{name: SAMPLES / name / "micrograd" for name in HARMLESS if (SAMPLES / name / "micrograd").is_dir()},
}
ON_NUMPY = {"farah", "priya"}  # import it themselves
# Who is asked every time: wrong in ways that have names.
some_packages = pytest.mark.parametrize("name", only(PACKAGES, "emil".__eq__))


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}


def reference(**changed: tuple[str, str]) -> dict[str, str]:
    """The reference, in which in some modules something is replaced."""
    files = texts(REFERENCE)
    for module, (old, new) in changed.items():
        assert old in files[f"{module}.py"]
        files[f"{module}.py"] = files[f"{module}.py"].replace(old, new, 1)
    return files


def after(statements: str) -> dict[str, str]:
    """The reference, in which a sum is computed after some statements."""
    line = "out = Value(self.data + other.data"
    return reference(engine=(line, f"{statements}\n        {line}"))


def endless_recursion() -> dict[str, str]:
    """The reference, in which a sum is the sum that is asked for: each is two calls, one of them in C."""
    return after("self + other")


@pytest.fixture(scope="module")
def practice() -> Exam:
    return exams.get(PRACTICE_SEED)


@pytest.fixture(scope="module")
def exam_file(tmp_path_factory: pytest.TempPathFactory, practice: Exam) -> Path:
    file = tmp_path_factory.mktemp("exam") / PRACTICE
    file.write_text(practice.to_json(), "utf-8")
    return file


@pytest.fixture(scope="module")
def desk(exam_file: Path) -> Desk:
    return Desk(exam_file, stubs=STUBS.parent, limits=Limits(wall=4.0, imports=0.6, patience=1.0))


@pytest.fixture(scope="module")
def hasty(exam_file: Path) -> Desk:
    """One that waits less long for items that hang."""
    return Desk(exam_file, stubs=STUBS.parent, limits=Limits(wall=1.0, imports=2.0, patience=0.3))


def checked(desk: Desk, files: dict[str, str], **lost: str) -> dict[str, Any]:
    return json.loads(desk.check(json.dumps(files), json.dumps({k.replace("_", "-"): v for k, v in lost.items()})))


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {item["id"]: item["status"] for item in report["items"]}


def wrong(report: dict[str, Any]) -> dict[str, str]:
    """All but the items that ask for tests, of which nobody has handed in any."""
    return {id: status for id, status in statuses(report).items() if status != "passed" and not ITEMS[id].suite}


# --- the same verdicts as elsewhere -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here(exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> Grader:
    """A grader that asks in this process."""
    folder = tmp_path_factory.mktemp("asked")
    limits = Limits(wall=4.0, imports=5.0, patience=1.5)
    worker = HereWorker(COURSE.find("subject"), exam.questions(), limits, folder=folder)
    return Grader(exam, NO_SANDBOX, worker=worker, follow=lambda id, place: None)


def comparable(item: dict[str, Any]) -> dict[str, Any]:
    """A result without what differs from run to run: of an item that hangs the seconds that it was given, of recursion
    without an end the line at which it was ended; and without what numpy's warnings print, which pytest takes."""
    left_out = {"seconds", "stdout"}
    if item["status"] == "timeout":
        left_out |= {"message", "explanation"}
    if "RecursionError" in item["message"]:
        left_out |= {"message", "explanation", "line"}
    return {name: value for name, value in item.items() if name not in left_out}


@pytest.mark.parametrize(
    "student",
    only([name.partition(".")[0] for name in HARMLESS], {"ada", "emil"}.__contains__),
)
def test_in_this_process_everybody_gets_the_report_of_the_sandbox(
    student: str, here: Grader, sample_class: list[Submission]
) -> None:
    (submission,) = (each for each in sample_class if each.student == student)
    report = json.loads(of_any_python(report_json(here.grade_submission(submission))))
    golden = json.loads((GOLDEN / f"{student}.json").read_text("ascii"))
    for have, want in zip(report["items"], golden["items"], strict=True):
        assert comparable(have) == comparable(want)
        if student not in ON_NUMPY:
            assert have["stdout"][:1000] == want["stdout"][:1000]
    assert {**report, "items": [], "sandbox": []} == {**golden, "items": [], "sandbox": []}


@pytest.fixture(scope="module")
def as_checked(request: pytest.FixtureRequest, practice: Exam) -> dict[str, Report]:
    """What `gradschool check` says of each package."""
    with Grader(practice, NO_SANDBOX, limits=DESK, follow=lambda id, place: None) as grader:
        return {name: grader.grade("you", Own(PACKAGES[name])) for name in asked(request, "name")}


@pytest.fixture(scope="module")
def course_files() -> dict[str, bytes]:
    return python_files(COURSE)


@pytest.fixture(scope="module")
def course_folder(tmp_path_factory: pytest.TempPathFactory, course_files: dict[str, bytes]) -> Path:
    folder = tmp_path_factory.mktemp("course")
    for name, content in course_files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def told(command: list[str], names: set[str], **more: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What a program says of these packages, and of some more."""
    files = {name: texts(PACKAGES[name]) for name in sorted(names)} | more
    done = subprocess.run(
        command, input=json.dumps(files), capture_output=True, text=True, encoding="utf-8", timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.fixture(scope="module")
def without_numpy(request: pytest.FixtureRequest, course_folder: Path) -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-I", "-S", "-B", str(ROOT / "tests" / "browser_desk.py"), str(course_folder)]
    return told(command, asked(request, "name"))


@pytest.fixture(scope="module")
def in_a_browser(request: pytest.FixtureRequest, course_folder: Path) -> dict[str, dict[str, Any]]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node here")
    found = sorted(cache_folder().glob("browser/npm-*/node_modules/pyodide"), key=lambda path: path.stat().st_mtime)
    if not found:
        pytest.skip("there is no Pyodide here: `make html` gets it from npm")
    more = {"recursing": endless_recursion(), **{name: after(ACCIDENTS[name]) for name in ACCIDENTS}}
    program = str(ROOT / "tests" / "browser_desk.mjs")
    command = [node, program, str(found[-1]), str(course_folder)]
    return told(command, asked(request, "name"), **more, afterwards=reference())


def same_verdicts(name: str, said: dict[str, Any], as_checked: dict[str, Report]) -> None:
    want = {item.id: item.status for item in as_checked[name].items if item.id in statuses(said)}
    assert {*ITEMS} - {*want} <= {id for id, item in ITEMS.items() if item.suite}  # which a browser is not given
    if name in ON_NUMPY:
        assert re.search(r"\w+\.py imports it|\.py, \w+\.py import it", " ".join(said["notes"]))
        odd = {id for id, status in statuses(said).items() if status != want[id]}
        messages = {item["id"]: item["message"] for item in said["report"]["items"]}
        assert all("numpy is not here" in messages[id] or "waits for" in messages[id] for id in odd)
    else:
        assert statuses(said) == want
        assert (said["report"]["score"], said["report"]["bonus"]) == (as_checked[name].score, as_checked[name].bonus)


@some_packages
def test_without_numpy_the_verdicts_are_those_of_check(
    name: str, without_numpy: dict[str, dict[str, Any]], as_checked: dict[str, Report]
) -> None:
    """But for code that imports numpy itself, which is said."""
    same_verdicts(name, without_numpy[name], as_checked)
    assert any("numpy is not here" in note for note in without_numpy[name]["notes"])


@nightly
@some_packages
def test_in_the_python_of_a_browser_the_verdicts_are_those_of_check(
    name: str, in_a_browser: dict[str, dict[str, Any]], as_checked: dict[str, Report]
) -> None:
    same_verdicts(name, in_a_browser[name], as_checked)


@nightly
def test_in_the_python_of_a_browser_recursion_without_an_end_is_an_error(in_a_browser: dict[str, Any]) -> None:
    assert statuses(in_a_browser["recursing"])["engine-add"] == "error"
    assert statuses(in_a_browser["recursing"])["engine-mul"] == "passed"


@nightly
def test_in_the_python_of_a_browser_no_accident_harms_a_later_check(in_a_browser: dict[str, Any]) -> None:
    for accident in ACCIDENTS:
        assert not in_a_browser[accident]["broken"]
        assert {id for id, item in ITEMS.items() if not item.suite} == {*statuses(in_a_browser[accident])}
        assert statuses(in_a_browser[accident])["derivative-central"] == "passed"
    assert wrong(in_a_browser["afterwards"]) == {}


# --- what the page gets -------------------------------------------------------------------------------------


def test_the_reference_passes_and_the_stubs_are_all_to_do(desk: Desk) -> None:
    said = checked(desk, reference())
    assert (said["report"]["score"], said["report"]["bonus"], wrong(said), said["marks"]) == (100, 20, {}, [])
    assert said["notes"] == [] and not said["broken"]
    nothing = "engine-add passes: there is nothing to hint at."
    assert json.loads(desk.hint("engine-add", 0)) == {"lines": [nothing], "more": False}
    said = checked(desk, json.loads(desk.stubs()))
    assert said["report"]["score"] == 0 and set(statuses(said).values()) == {"todo", "blocked"}
    stubs = json.loads(desk.stubs())
    for mark in said["marks"]:
        if statuses(said)[mark["item"]] == "todo":
            assert f"TODO {mark['item']}" in stubs[mark["file"]].split("\n")[mark["line"] - 1]
            assert mark["severity"] == "todo"
    todo = {id for id, each in statuses(said).items() if each == "todo" and not ITEMS[id].suite}
    assert {mark["item"] for mark in said["marks"]} >= todo


def test_a_wrong_answer_is_marked_printed_drawn_and_can_be_pasted(desk: Desk) -> None:
    files = reference(engine=("self.data * other.data", "(print('times', self.data) or self.data) * -other.data"))
    said = checked(desk, files)
    (mark,) = (mark for mark in said["marks"] if mark["item"] == "engine-mul")
    assert mark["severity"] == "error" and mark["file"] == "engine.py" and "yours is" in mark["text"]
    assert "* -other.data" in files["engine.py"].split("\n")[mark["line"] - 1]
    (item,) = (item for item in said["items"] if item["id"] == "engine-mul")
    assert item["status"] == "failed" and item["prints"].startswith("times ") and item["points"] == 0
    assert "Value(" in item["paste"]
    assert json.loads(desk.run(json.dumps(files), item["paste"]))["error"] == ""
    assert said["graphs"] and all(text.startswith("digraph") for text in said["graphs"].values())
    assert "<html" in said["html"] and "engine-mul" in said["html"]
    drawn = next(iter(said["graphs"]))
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="8pt" height="8pt"><g id="a"><title>x</title></g></svg>'
    page = desk.page(json.dumps({drawn: picture, "no-such-item": picture}))
    assert page.count("<svg") == said["html"].count("<svg") + 1 and "max-width:8pt" in page


def test_hints_come_one_by_one_and_for_what_an_item_waits_for(desk: Desk) -> None:
    checked(desk, json.loads(desk.stubs()))
    first, second = (json.loads(desk.hint("engine-add", seen)) for seen in (0, 1))
    assert first["more"] and first["lines"] == second["lines"][:1]
    while second["more"]:
        second = json.loads(desk.hint("engine-add", len(second["lines"])))
    assert second["lines"][-1].startswith("Read on in the lecture: docs/micrograd.md#")
    waits = json.loads(desk.hint("backprop-shared", 0))["lines"]
    assert waits == ["backprop-shared waits for engine-add: begin there.", *first["lines"]]
    unread = json.loads(desk.stubs())
    unread["engine.py"] += "def (\n"
    checked(desk, unread)
    assert json.loads(desk.hint("engine-add", 0)) == {
        "lines": ["Python cannot read this file, so nothing in it was checked: begin at the line that is shown."],
        "more": False,
    }


def test_what_an_instructor_leaves_out_is_not_asked_in_a_browser_either(tmp_path: Path) -> None:
    adopt(Scheme(left_out=("backprop-tanh", "stretch-twice"), points={"engine-mul": 5}))
    try:
        files = python_files(in_use())
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
        desk = Desk(tmp_path / PRACTICE, stubs=tmp_path / "stubs")
        points = {item["id"]: item["points"] for item in json.loads(desk.items())}
        assert points["engine-mul"] == 5 and not {"backprop-tanh", "stretch-twice"} & {*points}
        todo = {*re.findall(r"TODO ([\w-]+)", desk.stubs())}
        assert "backprop-mul" in todo and not {"backprop-tanh", "stretch-twice"} & todo
        told = json.loads(desk.check(desk.stubs()))["report"]
        assert {item["status"] for item in told["items"]} == {"todo", "blocked"} and len(told["items"]) == len(points)
    finally:
        adopt(OWN)


def test_items_and_stubs_are_in_the_order_in_which_they_are_met(desk: Desk) -> None:
    items = json.loads(desk.items())
    assert [(item["id"], item["points"], item["bonus"]) for item in items] == [
        (item.id, item.points, item.bonus) for item in ITEMS.values()
    ]
    stubs = json.loads(desk.stubs())
    assert list(stubs) == ["derivative.py", "engine.py", "trace.py", "nn.py", "train.py", "data.py", "__init__.py"]
    assert all(ITEMS[item["id"]].end_to_end or item["bonus"] for item in items if "line" not in item)
    for item in items:
        if "line" in item:
            assert f"TODO {item['id']}" in stubs[item["module"]].split("\n")[item["line"] - 1]


# --- what does not come to an end ---------------------------------------------------------------------------


LOOP = "i = 0\n        while i < 1:\n            i = i - 1\n        "


def test_an_endless_loop_costs_its_item_and_what_needs_it(hasty: Desk) -> None:
    files = reference(engine=("out = Value(self.data * other.data", f"{LOOP}out = Value(self.data * other.data"))
    said = checked(hasty, files)
    assert statuses(said)["engine-mul"] == "timeout" and statuses(said)["engine-add"] == "passed"
    assert set(wrong(said).values()) == {"timeout", "blocked"}
    (item,) = (item for item in said["report"]["items"] if item["id"] == "engine-mul")
    assert "while i < 1" in files["engine.py"].split("\n")[item["line"] - 1]


@pytest.mark.parametrize(
    "handler", few(["except BaseException:\n                pass", "except:\n                i = i - 1"], 1)
)
def test_whoever_handles_all_exceptions_is_ended_too(hasty: Desk, handler: str) -> None:
    loop = f"i = 0\n        while i < 1:\n            try:\n                i = i - 1\n            {handler}\n        "
    files = reference(engine=("out = Value(math.exp", f"{loop}out = Value(math.exp"))
    assert statuses(checked(hasty, files))["engine-exp"] == "timeout"


def test_a_module_that_trains_while_it_is_imported_keeps_what_stands_above(desk: Desk) -> None:
    files = reference()
    files["engine.py"] += "\nk = 0\nwhile k < 1:\n    k -= 1\n"
    said = checked(desk, files)
    assert wrong(said) == {} and "did not come to an end" in said["report"]["message"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python tells of calls since 3.12; the browser's does")
def test_recursion_without_an_end_is_an_error_where_the_stack_ends_early(exam_file: Path) -> None:
    """A browser's stack ends where Python does not see it coming."""
    asked = []

    def room() -> bool:
        frame, depth = sys._getframe(), 0
        while frame.f_back:
            frame, depth = frame.f_back, depth + 1
        asked.append(depth)
        return depth < 300

    desk = Desk(exam_file)
    desk.attach(lambda what: None, room)
    assert statuses(checked(desk, endless_recursion()))["engine-add"] == "error"
    assert 300 <= max(asked) < 400


def test_the_stack_is_looked_at_where_it_is_deep() -> None:
    asked = []
    clock = Clock()
    clock.room = lambda: bool(asked.append(1))

    def call(depth: int) -> None:
        if depth:
            call(depth - 1)
        else:
            clock._look(sys._getframe())

    call(1)
    assert asked == []
    with pytest.raises(RecursionError):
        call(200)


def test_what_was_given_up_is_not_begun_again(desk: Desk) -> None:
    """The page gives up what hangs in C, or takes Python along."""
    said: list[str] = []
    desk.attach(said.append, lambda: True)
    report = checked(desk, reference(), engine_mul="timeout", backprop_add="crashed")
    assert {id: status for id, status in wrong(report).items() if status != "blocked"} == {
        "engine-mul": "timeout",
        "backprop-add": "crashed",
    }
    assert {"engine-mul", "backprop-add"} & {*said} == set()
    assert said.index("import:engine") < said.index("engine-add") < said.index("engine-sub")
    said.clear()
    report = json.loads(desk.check(json.dumps(reference()), json.dumps({"import:nn": "timeout"})))
    assert statuses(report)["nn-mlp"] == "timeout" and statuses(report)["engine-mul"] == "passed"
    desk.attach(lambda what: None, lambda: True)


# --- the next check -----------------------------------------------------------------------------------------


ACCIDENTS = {
    "builtins": "import builtins\n        del builtins.len\n        builtins.sum = 3",
    "modules": "import sys\n        sys.modules.clear()",
    "path": "import sys\n        sys.path.clear(); sys.meta_path.clear()",
    "recursion": "import sys\n        sys.setrecursionlimit(120)",
    "streams": "import sys\n        sys.stdout.close(); sys.stdout = sys.stderr = None",
    "math": "math.exp = math.tanh = None\n        import random, operator\n        random.seed = None",
    "collector": "import gc\n        gc.enable(); gc.freeze()",
    "environment": "import os\n        os.environ.clear(); os.chdir('/')",
    "flood": "print('x' * 10_000)",
    "exit": "import os\n        os._exit(3)",
    "sys.exit": "import sys\n        sys.exit('bye')",
    "kill": "import os\n        os.kill(os.getpid(), 9)",
    "abort": "import os\n        os.abort()",
    "fork": "import os\n        os.fork()",
    "warnings": "import warnings\n        warnings.simplefilter('error')",
    "time": "import time\n        time.monotonic = lambda: 0.0",
    "trace": "import sys\n        sys.settrace(None)",
    "random": "import random\n        random.seed(1)",
}


@pytest.mark.parametrize("accident", only(ACCIDENTS, {"environment"}.__contains__))
def test_an_accident_harms_no_later_check(accident: str, desk: Desk) -> None:
    before = dict(os.environ), os.getcwd(), sys.getrecursionlimit(), sys.stdout, list(sys.path)
    said = checked(desk, after(ACCIDENTS[accident]))
    assert not said["broken"] and len(said["items"]) == len(ITEMS)
    assert (dict(os.environ), os.getcwd(), sys.getrecursionlimit(), sys.stdout, list(sys.path)) == before
    said = checked(desk, reference())
    assert (said["report"]["score"], said["report"]["bonus"]) == (100, 20)


@pytest.mark.parametrize(
    ("accident", "status"),
    only([("exit", "crashed"), ("kill", "crashed"), ("sys.exit", "error")], lambda case: case[0] == "exit"),
)
def test_an_item_that_ends_python_has_crashed_as_elsewhere(accident: str, status: str, desk: Desk) -> None:
    said = checked(desk, after(ACCIDENTS[accident]))
    assert statuses(said)["engine-add"] == status and statuses(said)["engine-mul"] == "passed"


def test_nothing_of_a_check_is_left_behind(desk: Desk) -> None:
    checked(desk, reference())
    assert "micrograd.engine" not in sys.modules or "gradschool-" not in str(sys.modules["micrograd.engine"].__file__)
    names = set(sys.modules)
    checked(desk, {**reference(), "helpers.py": "x = 1\n"})
    assert {name for name in sys.modules if name not in names} == set()


def test_files_that_make_no_sense_are_told_like_everywhere(desk: Desk) -> None:
    assert "holds no Python file" in checked(desk, {})["report"]["message"]
    said = checked(desk, {**reference(), "engine.py": "def f(:\n", "odd.py": "\x00", "sub/deep.py": "y = 2\n"})
    assert said["report"]["invalid"][0]["file"] == "micrograd/engine.py"
    assert statuses(said)["engine-add"] == "error" and statuses(said)["derivative-central"] == "passed"
    assert checked(desk, {**reference(), "engine.py": "\ud800"})["report"]["score"] < 100


def test_a_check_that_breaks_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(desks.Grader, "grade", broken)
    said = checked(desk, reference())
    assert said["broken"] and set(statuses(said).values()) == {"ungraded"} and len(said["notes"]) == 1
    assert "changed Python itself" in said["html"]


# --- lines of one's own -------------------------------------------------------------------------------------


def ran(desk: Desk, code: str, files: dict[str, str] | None = None) -> dict[str, Any]:
    return json.loads(desk.run(json.dumps(files or reference()), code))


def test_own_lines_print_and_show_the_value_of_the_last_one(desk: Desk) -> None:
    assert ran(desk, "from micrograd.engine import Value\nprint('hi')\nValue(2) * 3") == {
        "out": "hi\nValue(data=6, grad=0.0)\n", "error": "", "line": None, "pictures": [],
    }  # fmt: skip
    assert ran(desk, "x = 1\nNone")["out"] == ""
    assert ran(desk, "print(1,\n      2)\nfor i in range(2):\n    print(i)")["out"] == "1 2\n0\n1\n"


def test_own_lines_draw_graphs(desk: Desk) -> None:
    said = ran(
        desk,
        "from micrograd.engine import Value\nfrom micrograd.trace import draw_dot\n"
        "display(draw_dot(Value(1.0) + 2))\ndisplay('text')\ndraw_dot(Value(3.0) * 4)",
    )
    assert [text.partition(" ")[0] for text in said["pictures"]] == ["digraph", "digraph"]
    assert "data 3.0000" in said["pictures"][0] and "data 12.0000" in said["pictures"][1]
    assert said["out"] == "'text'\n"


@pytest.mark.parametrize(
    ("code", "error", "line"),
    [
        ("x = 1\n1 / 0", "ZeroDivisionError: division by zero", 2),
        ("x = 1\ndef f(:", "SyntaxError: invalid syntax", 2),
        ("from micrograd.engine import Value\n\nValue(2) ** Value(3)", "TypeError: an exponent is a plain number", 3),
        ("raise SystemExit(3)", "the program ended itself, with exit code 3", 1),
        ("import os\nos._exit(4)", "the program ended itself, with exit code 4", 2),
        ("from micrograd import nothing", "ImportError: cannot import name 'nothing'", 1),
        ("import builtins\nbuiltins.isinstance = lambda *a: 1 / 0\n3", "ZeroDivisionError", 2),
        ("input()", "EOFError: nobody answers input() here: write the value in its place", 1),
    ],
)
def test_own_lines_that_fail_say_where(desk: Desk, code: str, error: str, line: int) -> None:
    said = ran(desk, code)
    assert said["error"].startswith(error) and said["line"] == line


def test_own_lines_are_told_where_the_package_fails(desk: Desk) -> None:
    said = ran(desk, "from micrograd.engine import Value\nValue(2) * 3", json.loads(desk.stubs()))
    assert re.fullmatch(r"engine-mul is still to be written \(engine.py, line \d+\)", said["error"])
    assert said["line"] == 2
    said = ran(desk, "from micrograd.engine import Value", {**reference(), "engine.py": "\n\ndef f(:"})
    assert said["error"] == "SyntaxError: invalid syntax (engine.py, line 3)" and said["line"] == 1


def test_own_lines_without_an_end_are_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.kit.browser import playing

    monkeypatch.setattr(playing, "_SECONDS", 0.7)
    said = ran(desk, "i = 0\nwhile True:\n    i += 1")
    assert said["error"] == "stopped after 0.7 s: is there an endless loop?" and said["line"] == 2
    assert ran(desk, "1 + 1")["out"] == "2\n"


# --- what the page is given ---------------------------------------------------------------------------------


def test_nothing_of_a_solution_is_among_the_files(course_files: dict[str, bytes]) -> None:
    secret: set[str] = set()
    public: set[str] = set()
    for path in sorted(REFERENCE.rglob("*.py")):
        source = path.read_text("utf-8")
        lines = dict(enumerate(map(str.strip, source.split("\n")), 1))
        for region in regions(source, path.name, list(ITEMS)):
            secret |= {lines.pop(at, "") for at in range(region.begin, region.end + 1)}  # a bonus lies within
        public |= set(lines.values())
    telling = {line for line in secret - public if re.search(r"\w.*\W.*\w", line) and len(line) > 30}
    assert len(telling) > 50
    for name, content in course_files.items():
        if not name.startswith(("graphviz/", "jinja2/", "markupsafe/")):
            assert not telling & set(map(str.strip, content.decode().split("\n"))), name
    assert not any("solutions" in name or "oracle" in name or "pitfalls.py" in name for name in course_files)
    assert {"practice-exam.json", "stubs/micrograd/engine.py", "docs/micrograd.md"} <= set(course_files)
    assert any(name.startswith("jinja2-") and "LICENSE" in name for name in map(str.lower, course_files)) or any(
        "license" in name.lower() for name in course_files
    )


def test_a_clock_that_is_stopped_leaves_nothing_behind() -> None:
    before = signal.getsignal(signal.SIGALRM), sys.gettrace()
    clock = Clock()
    clock.start("/nowhere")
    clock.stop()
    assert (signal.getsignal(signal.SIGALRM), sys.gettrace()) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.fixture(autouse=True, scope="module")
def thawed() -> Iterator[None]:
    """A desk freezes what is there when it is made, which in a process of its own is a good thing."""
    import gc

    yield
    gc.unfreeze()
