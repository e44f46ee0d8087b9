"""The sample class: submissions as real classes hand them in, each with the report that it must get.

`tests/golden/STUDENT.json` is a student's whole report.json, but for what depends on the machine: the seconds and the
layers of the sandbox. After a change that is meant to change reports, write them anew and review the difference:

    GOLDEN=1 python -m pytest tests/test_samples.py -k golden && git diff tests/golden

Two students handed in archives, which were made once and are kept as they are. `jun.zip` is what `zip -j jun.zip *`
makes of a folder's files: they lie flat in it, without micrograd/ around them. `marek.tar.gz` is the first two thirds
of what `tar czf marek.tar.gz micrograd` wrote: the upload broke off.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import jsonschema
import numpy
import pytest
from conftest import AT_NIGHT, SAMPLES, Graded
from nightly import WHOLE, nightly, only

from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.student_lab import lab, nets, values
from autograder.exam.paper import Exam
from autograder.grading.explaining import clean
from autograder.report import Report
from autograder.report.files import report_json, schema
from autograder.submissions.submission import Submission

GOLDEN = Path(__file__).parent / "golden"
ITEMS = load_items()
CORE = [id for id, item in ITEMS.items() if not item.bonus]
TRACE = {"trace-nodes", "trace-dot"}
DERIVATIVE = {id for id in CORE if id.startswith("derivative-")}
ENGINE = {id for id in CORE if id.startswith("engine-")}
BACKPROP = {id for id in CORE if id.startswith("backprop-")}
NN = {id for id in CORE if id.startswith("nn-")}
E2E = {"backprop-shared", "backprop-expressions"}
RUNS = {"training-parity", "training-moons"}
TRAINING = {id for id in CORE if id.startswith("training-")}

# What each student handed in, and the core items that must not pass; all others must.
LOST: dict[str, set[str]] = {
    "ada": set(),  # everything, with local derivatives and Kahn's algorithm; iterative, so the deep chain passes too
    "bela": {"training-mse", "training-step", *RUNS},  # a right engine and net; forgets zero_grad, and sums the errors
    "chen": {*BACKPROP, *RUNS},  # forward only: the TODOs of the second week are left; nets and training are perfect
    "dara": {
        "derivative-gradcheck",
        *ENGINE,
        *TRACE,
        *BACKPROP,
        *NN,
        *TRAINING,
    }  # half done, with slips
    - {"engine-add", "engine-neg", "engine-sub", "engine-radd", "engine-rmul", "backprop-add", "backprop-mul"}
    - {"nn-neuron", "nn-layer-parameters", "training-mse"},
    "emil": {"engine-rsub", "engine-rtruediv", *TRACE, *BACKPROP}  # the classic bugs: = for +=, pre-order, relu at 0, …
    - {"backprop-add", "backprop-log", "backprop-tanh"}
    | {"nn-mlp", "nn-dropout", "training-accuracy", "training-sgd-step", "training-sgd-zero-grad", "training-decay"}
    | {"training-step", *RUNS},  # … relu on the last layer, ascent, zero_grad at the wrong time and of the wrong thing
    "farah": {*DERIVATIVE, "engine-pow", "engine-log", "engine-truediv", "engine-radd", *TRACE}  # wrong mathematics
    | {"backprop-pow", "backprop-relu", "backprop-exp", "backprop-tanh", "backprop-order", *E2E}
    | {"nn-neuron-parameters", "nn-mlp", "nn-dropout", *TRAINING} - {"training-sgd-step", "training-sgd-zero-grad"},
    "goran": {*TRACE, *TRAINING},  # syntax errors in trace.py and train.py
    "hana": {"backprop-tanh", "backprop-expressions", *RUNS},  # neither the rule of tanh nor fit ever comes to an end
    "ivan": {
        "derivative-gradcheck",
        "engine-relu",
        "engine-log",
        "engine-neg",
        "engine-rtruediv",
        "trace-dot",
    }  # crashes; no nets
    | {"backprop-relu", "backprop-exp", "backprop-log", "backprop-expressions", *NN, *TRAINING},
    "jun": {"engine-log", "backprop-log", "backprop-expressions", *NN, *TRAINING},  # a flat archive, without `log`
    "karl": set(CORE),  # a cheat
    "lena": set(CORE),  # the untouched stubs
    "marek": set(CORE),  # an archive that is cut off
    "nadia": set(),  # everything right, and 100 kB of prints
    "omar": {*DERIVATIVE, *TRACE, "backprop-order", *E2E}  # walks every path; in a folder of a folder
    | {"nn-neuron", "nn-mlp", "nn-dropout", *TRAINING},  # the net of the video, with tanh everywhere
    "priya": {*DERIVATIVE, *TRACE, *NN, *TRAINING},  # engine.py alone, on numpy, with `__slots__`
    "quinn": {"derivative-gradcheck", *ENGINE, *TRACE, *BACKPROP, *NN}  # a Value of torch's tensors
    | {"training-sgd-zero-grad", "training-decay", "training-step", *RUNS},  # … but for some of train.py
    "rosa": set(CORE),  # something else altogether
    # a folder for each assignment, as nbgrader has them, with what is new in it; nothing for two of them
    "tomas": {*BACKPROP, "nn-dropout", *TRAINING},
}
UNREAD = {"marek": "unreadable", "rosa": "empty"}  # who has no verdicts
BONUS = {"ada": 16, "bela": 10, "chen": 5, "farah": 3, "goran": 3, "omar": 3, "priya": 6, "quinn": 3}


by_student = pytest.mark.parametrize("student", only(LOST, lambda student: student not in AT_NIGHT))


def comparable(report: str) -> str:
    """The text of a report.json without what differs from run to run, machine to machine, and Python to Python."""
    data = json.loads(report)
    del data["sandbox"]
    for item in data["items"]:
        del item["seconds"]
    return of_any_python(json.dumps(data, indent=1) + "\n")


def of_any_python(text: str) -> str:
    """What a report says without what one Python says otherwise than the next."""
    text = text.replace("(says Python {}.{})".format(*sys.version_info), "(says Python 3)")
    return re.sub(r"(maximum recursion depth exceeded)[\w ]*", r"\1", text)


def golden_text(student: str) -> str:
    return (GOLDEN / f"{student}.json").read_text("ascii")


def statuses(report: Report) -> dict[str, str]:
    return {item.id: item.status for item in report.items}


def test_no_message_has_a_name_of_the_graders(graded: Graded) -> None:
    """Nor a place: students know their own code, and the interface that they were given."""
    ours = {
        name
        for module in (lab, nets, values)
        for name, thing in vars(module).items()
        if isinstance(thing, type) and thing.__module__ == module.__name__
    }
    assert {"StudentLab", "NetLab", "BareValue"} <= ours
    for report in graded.reports.values():
        for item in report.items:
            said = f"{item.message} {item.reproduce}"
            assert not ours & set(re.findall(r"\w+", said)), said
            assert "autograder" not in said and "<locals>" not in said


# --- what everybody gets ------------------------------------------------------------------------------------


def test_nobody_vanishes(sample_class: list[Submission], graded: Graded) -> None:
    assert len(LOST) >= 10
    assert [submission.student for submission in sample_class] == sorted(LOST)
    assert {*LOST} - (set() if WHOLE else {*AT_NIGHT}) <= {*graded.reports} <= {*LOST}


@by_student
def test_report_equals_the_golden_one(student: str, graded: Graded) -> None:
    golden = GOLDEN / f"{student}.json"
    report = comparable(graded.text(student))
    if os.environ.get("GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(report, "ascii")
    expected, got = json.loads(golden_text(student)), json.loads(report)
    assert got["exam"] == expected["exam"], "the goldens are of another exam: write them anew (see above)"
    for want, have in zip(expected.pop("items"), got.pop("items"), strict=True):
        assert have == want
    assert got == expected
    assert report == golden_text(student)


def test_every_golden_report_has_its_student() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == [f"{student}.json" for student in sorted(LOST)]


@by_student
def test_faults_cost_what_they_must_and_no_more(student: str, graded: Graded) -> None:
    report = graded.reports[student]
    assert report.unread == UNREAD.get(student, "")
    lost = set(CORE) if report.unread else {item.id for item in report.items if item.status != "passed"} & set(CORE)
    assert lost == LOST[student]
    points = sum(ITEMS[id].points for id in CORE if id not in LOST[student])
    assert (report.score, report.max_score, report.bonus) == (points, 100, BONUS.get(student, 0))
    assert not report.ungraded
    for item in report.items:
        assert item.earned == (item.points if item.status == "passed" else 0)
        assert (item.message == "") == (item.status == "passed")


@by_student
def test_report_is_valid_and_gives_nothing_away(student: str, graded: Graded, exam: Exam) -> None:
    text = graded.text(student)
    jsonschema.Draft202012Validator(schema()).validate(json.loads(text))
    assert text == report_json(graded.reports[student])
    data = json.loads(text)
    assert (data["student"], data["exam"]) == (student, exam.address)
    assert [item["id"] for item in data["items"]] == ([] if student in UNREAD else list(ITEMS))
    # Where the grader keeps things, and where objects lie in memory, is nobody's business and changes every time.
    leak = re.search(r"gradschool-\w+|/tmp/|/work/|/root|/home|\b0x[0-9a-f]{4,}|autograder", text)
    assert leak is None, text[leak.start() - 80 : leak.end() + 80]


def test_class_files_agree_with_the_reports(graded: Graded, exam: Exam) -> None:
    with (graded.folder / "grades.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["student", "score", "max_score", "bonus", "status", "remark", *ITEMS]
    students = sorted(graded.reports)
    reports = [json.loads(graded.text(student)) for student in students]
    for row, report in zip(rows, reports, strict=True):
        assert row[0] == report["student"]
        assert row[4:6] == [UNREAD.get(row[0], "graded"), report["message"]]
        if row[0] in UNREAD:
            assert {*row[1:4], *row[6:]} == {"", "100"}
            continue
        assert [float(cell) for cell in row[1:4]] == [report["score"], report["max_score"], report["bonus"]]
        assert [float(cell) for cell in row[6:]] == [item["earned"] for item in report["items"]]

    summary = json.loads((graded.folder / "summary.json").read_text())
    reports = [report for report in reports if report["student"] not in UNREAD]
    scores = [report["score"] for report in reports]
    assert (summary["exam"], summary["max_score"], summary["ungraded"]) == (exam.address, 100, [])
    assert (summary["submissions"], summary["graded"]) == (len(students), len(students) - len(UNREAD))
    assert summary["unread"] == sorted(UNREAD)
    assert (summary["min"], summary["max"]) == (min(scores), max(scores)) == (0, 100)
    assert summary["mean"] == pytest.approx(sum(scores) / len(scores))
    for place, item in enumerate(summary["items"]):
        found = [report["items"][place] for report in reports]
        assert item["passed"] == sum(each["status"] == "passed" for each in found)
        assert item["todo"] + item["blocked"] + item["failed"] + item["error"] + item["timeout"] + item["crashed"] == (
            len(found) - item["passed"]
        )
        assert item["mean"] == pytest.approx(sum(each["earned"] for each in found) / len(found))
    assert sorted(path.name for path in graded.folder.iterdir() if not path.name.startswith(".")) == sorted(
        [*students, "grades.csv", "index.html", "needs-you.csv", "summary.json"]
    )


# --- what some get ------------------------------------------------------------------------------------------


def verdict(graded: Graded, student: str, id: str) -> tuple[str, str]:
    item = next(item for item in graded.reports[student].items if item.id == id)
    return item.status, item.message


def test_every_kind_of_verdict_occurs(graded: Graded) -> None:
    found = {status for report in graded.reports.values() for status in statuses(report).values()}
    assert found == {"passed", "failed", "todo", "blocked", "error", "timeout", "crashed"}


def test_a_loop_is_a_timeout_of_its_item(graded: Graded) -> None:
    status, message = verdict(graded, "hana", "backprop-tanh")
    assert status == "timeout" and ".tanh()" in message and "endless loop" in message
    assert verdict(graded, "hana", "backprop-expressions") == ("blocked", "waits for backprop-tanh")
    for id in ("training-parity", "training-moons"):  # her `fit` has no end either, which she will hear of next
        assert verdict(graded, "hana", id) == ("blocked", "waits for backprop-expressions")


def test_crashes_say_how_the_process_ended(graded: Graded) -> None:
    for id, how in {"engine-log": "exit code 1", "backprop-exp": "SIGKILL", "engine-relu": "memory"}.items():
        status, message = verdict(graded, "ivan", id)
        assert status == "crashed" and how in message
    status, message = verdict(graded, "ivan", "engine-neg")
    assert status == "error" and "`-Value(" in message and "RecursionError" in message
    assert "micrograd/engine.py:" in message


def test_a_module_that_does_not_import_costs_its_own_items(graded: Graded) -> None:
    status, message = verdict(graded, "goran", "trace-nodes")
    assert status == "error" and re.match(r"micrograd/trace\.py, line \d+ is not valid Python: expected ':'", message)
    item = next(item for item in graded.reports["goran"].items if item.id == "trace-nodes")
    source = (SAMPLES / "goran" / "micrograd" / "trace.py").read_text().split("\n")
    assert item.file == "micrograd/trace.py" and item.line and source[item.line - 1].strip() == "if node in nodes"
    status, message = verdict(graded, "quinn", "engine-add")
    assert status == "error" and "torch is not here" in message and message.endswith("engine.py:8 in __init__")
    assert verdict(graded, "quinn", "training-mse")[0] == "passed"
    item = next(item for item in graded.reports["goran"].items if item.id == "training-hinge")
    source = (SAMPLES / "goran" / "micrograd" / "train.py").read_text().split("\n")
    assert item.status == "error" and "is not valid Python: unmatched ')'" in item.message and item.line
    assert source[item.line - 1].strip() == "result = result + (1 - score * label)).relu()"
    assert verdict(graded, "goran", "nn-mlp")[0] == "passed"


def test_what_was_not_handed_in_is_said(graded: Graded) -> None:
    assert verdict(graded, "priya", "trace-nodes") == ("todo", "micrograd/trace.py was not handed in")
    assert verdict(graded, "tomas", "backprop-add") == ("todo", "was not handed in")
    assert verdict(graded, "tomas", "training-step") == ("todo", "was not handed in")
    assert verdict(graded, "omar", "training-step") == ("todo", "micrograd/train.py was not handed in")
    assert "no micrograd/ folder" in graded.reports["rosa"].message
    assert graded.reports["rosa"].items == []


def test_odd_archives_are_explained(graded: Graded) -> None:
    with zipfile.ZipFile(SAMPLES / "jun.zip") as archive:
        assert {"engine.py", "trace.py"} < set(archive.namelist()) and not any("/" in n for n in archive.namelist())
    assert graded.reports["jun"].message == ""  # loose files are all that there is
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress((SAMPLES / "marek.tar.gz").read_bytes())
    assert graded.reports["marek"].message.startswith("marek.tar.gz is not a readable archive")
    assert graded.reports["marek"].items == []


@nightly
def test_prints_are_cut_and_cost_nothing(graded: Graded) -> None:
    prints = [item.stdout for item in graded.reports["nadia"].items if not ITEMS[item.id].suite]
    assert all(prints) and max(map(len, prints)) <= 4096


def test_a_bad_parent_is_named(graded: Graded) -> None:
    status, message = verdict(graded, "dara", "engine-mul")
    assert status == "failed" and "_prev" in message
    status, message = verdict(graded, "dara", "engine-exp")
    assert status == "failed" and "return" in message


# Whose lines run on other parts that are wrong as well, where the grader asked each on its own.
MORE_THAN_ONE_FAULT = {
    "dara": {"nn-layer", "nn-mlp"},  # a list of one, which has no `.data`
    "emil": {"training-step"},
    "farah": {"training-step"},
    "omar": {"nn-mlp"},
}
# What a message tells and lines of Python cannot print.
_UNPRINTED = ("the order", "the layers", "the calls", "[value")


@pytest.mark.parametrize(
    "student", only(["ada", "bela", "dara", "emil", "farah", "goran", "jun", "omar"], lambda who: who not in AT_NIGHT)
)
def test_reproductions_reproduce(student: str, graded: Graded, tmp_path: Path) -> None:
    """Pasted into Python, beside the student's package alone, the lines show what the message says."""
    wrong = [item for item in graded.reports[student].items if item.status in ("failed", "error") and item.reproduce]
    wrong = [item for item in wrong if item.file != "micrograd/trace.py"]  # those print drawings
    # The parents of these two are sets, whose order in another process is up to chance.
    wrong = [item for item in wrong if item.id != "backprop-order" or student not in ("emil", "omar")]
    wrong = [item for item in wrong if item.id not in MORE_THAN_ONE_FAULT.get(student, ())]
    assert wrong
    package = next(path.parent for path in sorted((SAMPLES / student).rglob("micrograd"))) if student != "jun" else None
    if package is None:
        with zipfile.ZipFile(SAMPLES / "jun.zip") as archive:
            archive.extractall(tmp_path / "micrograd")
        package = tmp_path
    program = (
        "import contextlib, io, json, sys\n"
        "seen = []\n"
        "for lines in json.load(sys.stdin):\n"
        "    out, error = io.StringIO(), ''\n"
        "    with contextlib.redirect_stdout(out):\n"
        "        try: exec(lines, {})\n"
        "        except BaseException as e: error = type(e).__name__\n"
        "    seen.append([out.getvalue(), error])\n"
        "print(json.dumps(seen))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], input=json.dumps([item.reproduce for item in wrong]),
        cwd=package, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    for item, (printed, error) in zip(wrong, json.loads(done.stdout), strict=True):
        assert item.reproduce and len(item.reproduce.split("\n")) <= 10
        raised = re.search(r"raised (\w+)", item.message) if item.status == "error" else None
        if raised:
            assert error == raised[1], item.reproduce
        elif ITEMS[item.id].explain or "should be among" in item.message:  # said in words of their own
            assert printed and not error, item.reproduce
        elif "# should be" in item.reproduce:
            parts = re.findall(r"(?:^|[:;] )([^:;]+) should be (.+?), yours is (.+?)(?=; |$)", item.message, re.M)
            parts = [part for part in parts if not part[0].startswith(_UNPRINTED)]
            shoulds, founds = (tokens(" ".join(part[i] for part in parts)) for i in (1, 2))
            shown = tokens(printed)
            if item.id == "nn-mlp":
                shown = shown[-len(founds) :]  # after the net
            assert not error and len(shown) == len(founds) > 0, item.reproduce
            assert all(map(close, founds, shown)), (item.message, printed)
            assert len(shoulds) != len(shown) or not all(map(close, shoulds, shown)), (item.message, printed)
        else:
            assert error or printed or "result should be a Value" in item.message or "raised" in item.message, (
                f"these lines show nothing:\n{item.reproduce}\nfor: {item.message}"
            )


def tokens(text: str) -> list[str]:
    """The numbers and words in what Python and numpy print of numbers and lists."""
    return re.sub(r"np\.float64\(([^)]*)\)", r"\1", text).translate(str.maketrans("[],", "   ")).split()


def close(one: str, other: str) -> bool:
    try:
        return float(one) == pytest.approx(float(other), rel=1e-8, abs=1e-300)
    except ValueError:
        return one.strip("'") == other.strip("'")


def test_cheating_earns_nothing(graded: Graded) -> None:
    report = graded.reports["karl"]
    assert (report.score, report.bonus) == (0, 0)
    assert not {"passed", "ungraded"} & set(statuses(report).values())
    later = {"lena": 0, "omar": 51, **({"nadia": 100} if WHOLE else {})}  # who were graded in the same worker
    assert {other: graded.reports[other].score for other in later} == later


@pytest.mark.parametrize("printed", [
    "at /tmp/gradschool-x1/q/micrograd/e.py:3", "at /tmp/gradschool-x1/q/mi", "at /tmp/gradschool-x", "at /tmp/g",
    f"at {tempfile.gettempdir()}/gradschool-x1/q/micrograd/e.py", f"in {os.__file__}", f"in {numpy.__file__}",
])  # fmt: skip
def test_no_path_of_the_graders_is_shown_whole_or_cut_off(printed: str) -> None:
    assert not re.search("/work|gradschool|tmp|/root|/lib", clean(printed))
    assert clean(f"{printed} and on").endswith("and on")
