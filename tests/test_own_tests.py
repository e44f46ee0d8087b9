"""Students' own tests: handed in, tried on right packages and wrong ones, scored by the mistakes that they catch."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from brief import shortened
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from kits import make_kit
from nightly import WHOLE, only
from test_check import run

from autograder.course import in_use
from autograder.exam.paper import PRACTICE_SEED, Exam, Kept
from autograder.exam.specimens import Specimen, packed, unpacked
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.grading.suites import Trial, _scored
from autograder.kit.bundle import kit_files
from autograder.report import ItemResult, Report
from autograder.report.html.student_page import student_page
from autograder.sandbox.launcher import choose
from autograder.scheme import Scheme
from autograder.submissions import unpacking

pytestmark = pytest.mark.xdist_group("own tests")

SUITES = ROOT / "tests" / "suites"
REFERENCE = ROOT / "solutions" / "micrograd"
TESTING = [item.id for item in in_use().suites]


# Right packages of which each has its own way: together they fail each test that asks for more than is promised.
RIGHT = ("reference", "arena", "sets", "slots")


@pytest.fixture(scope="module")
def brief(exam: Exam) -> Iterator[Grader]:
    """A grader by an exam with few packages to try tests on: at night all that there are, as by day in a kit. There are
    more mistakes of the first kind than a message names, and one of each other."""
    specimens = exam.specimens.unpacked
    kinds = {each.group: [one for one in specimens if one.group == each.group][:1] for each in specimens}
    kinds["forward"] = [each for each in specimens if each.group == "forward"][:5]
    kinds[""] = [each for each in specimens if each.id in RIGHT]
    some = [each for each in specimens if WHOLE or each in kinds[each.group]]
    with Grader(replace(exam, specimens=Kept.of(some)), choose("auto")) as grader:
        yield grader


def handed_in(folder: Path, **files: str) -> Path:
    """The reference with these tests beside it, each by its name without .py."""
    shutil.copytree(REFERENCE, folder / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests").mkdir()
    for name, text in files.items():
        (folder / "tests" / f"{name}.py").write_text(text, "utf-8")
    return folder


def suite(folder: Path, name: str) -> Path:
    """The reference with one of the suites beside it."""
    source = ROOT / "solutions" / "suite" if name == "strong" else SUITES / name
    return handed_in(folder, **{path.stem: path.read_text("utf-8") for path in source.glob("test_*.py")})


def of_testing(report: Report) -> dict[str, ItemResult]:
    return {item.id: item for item in report.items if item.assignment == "testing"}


def points(report: Report) -> int:
    return sum(item.earned for item in of_testing(report).values())


TEST_RELU = """
from micrograd.engine import Value


def test_relu_below_0():
    assert Value(-2.0).relu().data == 0
"""


# --- what suites are worth ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "least", "most"),
    only([("strong", 10, 10), ("micrograd_own", 2, 8), ("naive", 0, 4), ("silent", 0, 0), ("always_fails", 0, 0),
          ("overspecified", 0, 0), ("reader", 0, 0)], lambda case: case[0] != "naive"),
)  # fmt: skip
def test_a_suite_earns_by_the_mistakes_that_it_catches(
    brief: Grader, name: str, least: int, most: int, tmp_path: Path
) -> None:
    report = brief.grade(name, suite(tmp_path, name), TESTING)
    assert least <= points(report) <= most, [item.message for item in report.items]
    assert {item.status for item in report.items} <= {"passed", "failed"}
    assert all(item.stdout == "" and item.counterexample is None for item in report.items)


def test_one_test_catches_its_mistake_and_the_message_tells_others(brief: Grader, tmp_path: Path) -> None:
    report = brief.grade("one", handed_in(tmp_path, test_engine=TEST_RELU))
    assert (report.score, report.max_score) == (100, 100)
    forward = of_testing(report)["testing-forward"]
    assert (forward.status, forward.earned) == ("failed", 0)
    assert forward.message.startswith("your tests catch 1 of ")
    assert "they miss an engine " in forward.message and "no test " in forward.message and " more" in forward.message
    assert forward.explanation.caught == 1 < forward.explanation.of
    page = student_page(report, {})
    assert "mistakes caught" in page and "Catch wrong results" in page


def test_without_tests_they_are_to_do(brief: Grader, tmp_path: Path) -> None:
    for place, source in enumerate((None, '"""The items of engine."""\n# def test_nothing(): ...\n')):
        folder = handed_in(tmp_path / str(place), **({"test_engine": source} if source else {}))
        found = of_testing(brief.grade("none", folder, TESTING))
        assert {item.status for item in found.values()} == {"todo"}
        said = ("no test of your own yet: write some in tests/test_engine.py and tests/test_nn.py, "
                "as functions whose names begin with test")  # fmt: skip
        assert {item.message for item in found.values()} == {said}


def test_a_false_alarm_is_left_out_and_named(brief: Grader, tmp_path: Path) -> None:
    alarm = "\n\ndef test_parents():\n    assert isinstance((Value(1) + Value(2))._prev, set)\n"
    report = brief.grade("alarm", handed_in(tmp_path, test_engine=TEST_RELU + alarm), TESTING)
    first = report.items[0]
    assert first.explanation.caught == 1
    assert "Tests that do not count: test_engine.py::test_parents fails on a right engine that " in first.message
    assert not any("do not count" in item.message for item in report.items[1:])
    assert report.message == ""  # nothing for the instructor to look at


def test_a_test_that_hangs_on_chance_proves_nothing(brief: Grader, tmp_path: Path) -> None:
    chance = "\n\nimport os\n\n\ndef test_luck():\n    assert os.urandom(1)[0] % 2\n"
    report = brief.grade("luck", handed_in(tmp_path, test_engine=TEST_RELU + chance), TESTING)
    assert report.items[0].explanation.caught == 1
    assert "test_luck" in report.items[0].message


@pytest.mark.parametrize(
    ("text", "said"),
    [("def test_a(:\n    pass\n", "tests/test_engine.py cannot be run: "),
     ("import torch\n\n\ndef test_a():\n    torch.ones(2)\n", "it imports torch, which is not here: write down"),
     ("import numpy\n\n\ndef test_a():\n    pass\n", "it imports numpy, which tests cannot use: do without it"),
     ("from engine import Value\n\n\ndef test_a():\n    pass\n", "it imports engine, which is a module of micrograd"),
     ("import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n", "A is a TestCase"),
     ("def test_a():\n    while True:\n        pass\n", "test_a does not come to an end on a right engine"),
     ("def add():\n    pass\n", "as functions whose names begin with test"),
     ("raise RuntimeError('no')\n\n\ndef test_a():\n    pass\n", "tests/test_engine.py cannot be run: ")],
)  # fmt: skip
def test_tests_that_cannot_be_run_get_a_sentence(brief: Grader, text: str, said: str, tmp_path: Path) -> None:
    report = brief.grade("broken", handed_in(tmp_path, test_engine=text), TESTING)
    assert points(report) == 0 and said in report.items[0].message
    assert "Traceback" not in report.items[0].message


# --- how they come ------------------------------------------------------------------------------------------


def test_tests_are_found_wherever_an_upload_leaves_them(tmp_path: Path) -> None:
    folder = handed_in(tmp_path / "s", test_engine=TEST_RELU)
    places = {
        "micrograd": "tests",
        "s01/micrograd": "s01/tests",
        "s/work/micrograd": "s/work",
        "a/micrograd": "a/micrograd",
    }
    digests = set()
    for number, (package, tests) in enumerate(places.items()):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for each in (folder / "micrograd").glob("*.py"):
                archive.write(each, f"{package}/{each.name}")
            archive.writestr(f"{tests}/test_engine.py", TEST_RELU)
        found = unpacking.pack(path)
        assert dict(found.tests) == {"test_engine.py": TEST_RELU.encode()}, (package, tests)
        digests.add(found.digest)
        with unpacking.unpacked(found) as package_:
            assert package_.root and (package_.root / "tests" / "test_engine.py").is_file()
    assert len(digests) == 2  # in the last one it is a file of the package too
    assert unpacking.pack(folder).digest in digests


def test_another_test_makes_another_submission(tmp_path: Path) -> None:
    one, other, none = (
        unpacking.pack(handed_in(tmp_path / name, test_nn=text)).digest
        for name, text in (("one", "def test_a(): pass\n"), ("other", "def test_b(): pass\n"), ("none", ""))
    )
    assert len({one, other, none}) == 3
    alone = tmp_path / "alone"
    shutil.copytree(tmp_path / "none" / "micrograd", alone / "micrograd")
    assert unpacking.pack(alone).digest == none


def test_a_link_is_no_test(tmp_path: Path) -> None:
    folder = handed_in(tmp_path / "s")
    secret = tmp_path / "secret.py"
    secret.write_text("def test_a(): pass\n")
    (folder / "tests" / "test_engine.py").symlink_to(secret)
    assert unpacking.pack(folder).tests == ()
    assert unpacking.pack(unpacking.Own(folder / "micrograd")).tests == ()


# --- left out -----------------------------------------------------------------------------------------------


def test_one_line_of_the_course_file_leaves_them_out(exam: Exam) -> None:
    course = in_use().under(Scheme(left_out=tuple(TESTING)))
    assert "testing" not in course.assignments and course.suites == []
    made = exam.under(course)
    assert made.specimens == Kept() and made.address != exam.address
    assert "specimens" not in made.content()
    assert Exam.from_json(made.to_json(), course=course).address == made.address


# --- the exam -----------------------------------------------------------------------------------------------


def test_the_practice_exam_holds_nothing_of_the_reference(exam: Exam) -> None:
    practice = exams.get(PRACTICE_SEED)
    assert practice.specimens.unpacked and not any(each.files for each in practice.specimens.unpacked)
    assert all(each.files for each in exam.specimens.unpacked)
    groups = {item.suite for item in in_use().suites}
    for one in (practice, exam):
        assert {each.group for each in one.specimens.unpacked} == {"", *groups}


def test_an_exam_whose_specimens_were_changed_is_refused(exam: Exam) -> None:
    data = json.loads(exam.to_json())
    other = Kept.of([replace(exam.specimens.unpacked[0], words="is another one")])
    for changed in (
        [other.packed, data["specimens"][1]],
        [data["specimens"][0], other.print],
        [other.packed, other.print],
    ):
        with pytest.raises(Exception, match="was changed after it was built"):
            Exam.from_json(json.dumps({**data, "specimens": changed}))


def test_each_source_is_packed_once(exam: Exam) -> None:
    specimens = exam.specimens.unpacked
    data = packed(specimens)
    assert unpacked(json.loads(json.dumps(data))) == specimens
    assert len(data["texts"]) == len({*data["texts"]}) < sum(len(each.files) for each in specimens) / 2


# --- scores -------------------------------------------------------------------------------------------------

GROUPS = [item.suite for item in in_use().suites]
specimens = st.lists(st.sampled_from(["", *GROUPS]), max_size=12).map(
    lambda groups: [Specimen(f"s{place}", group, "that is odd") for place, group in enumerate(groups)]
)


@given(specimens, st.integers(0, 4), st.data())
def test_only_fair_and_steady_tests_catch_anything(made: list[Specimen], tests: int, data: st.DataObject) -> None:
    letters = st.text("..FH", min_size=tests, max_size=tests)
    outcomes = {str(place): [data.draw(letters), data.draw(letters)] for place in range(len(made))}
    names = [f"test_engine.py::test_{number}" for number in range(tests)]
    trial = Trial.read(made, 2, {"tests": names, "outcomes": outcomes, "unreadable": {}})

    def got(test: int, place: int) -> str:
        return "".join(letters[test] for letters in outcomes[str(place)])

    places = range(len(made))
    counts = [
        test
        for test in range(tests)
        if all(got(test, place)[0] == got(test, place)[1] for place in places)
        and all(got(test, place) == ".." for place in places if not made[place].group)
    ]
    for item in in_use().suites:
        group = [place for place in places if made[place].group == item.suite]
        caught, missed = trial.caught(item.suite)
        assert caught + len(missed) == len(group)
        assert caught == sum(any(got(test, place) != ".." for test in counts) for place in group)
    for result in _scored(in_use().suites, trial).values():
        said = result.explanation
        assert result.earned == (result.points * said.caught // said.of if said.of else 0)
        assert (result.status == "passed") == (0 < said.of == said.caught)


_KEYS = st.sampled_from(["tests", "outcomes", "unreadable", "said", "more", "0", "1"])
_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=9)


@given(st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=7)))
def test_whatever_the_sandbox_sends_is_read_with_care(data: object) -> None:
    two = [Specimen("right"), Specimen("wrong", "rules", "that is wrong")]
    try:
        trial = Trial.read(two, 2, data)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError):
        return
    for result in _scored(in_use().suites, trial).values():
        assert 0 <= result.earned <= result.points and isinstance(result.message, str)


# --- in a kit -----------------------------------------------------------------------------------------------


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """One in which everything is built but tests."""
    kit = make_kit(tmp_path / "kit", shortened(exams.get(PRACTICE_SEED)))
    shutil.copytree(REFERENCE, kit / "micrograd", dirs_exist_ok=True)
    for name, content in kit_files().items():
        if name.startswith("tests/"):
            (kit / name).parent.mkdir(exist_ok=True)
            (kit / name).write_bytes(content)
    return kit


def test_in_a_kit_they_are_tried_on_the_students_own_package(kit: Path) -> None:
    said = run(kit, "check", "--item", "testing-forward", code=1)
    assert "no test of your own yet" in said
    (kit / "tests" / "test_engine.py").write_text(TEST_RELU)
    said = run(kit, "check", "--item", "testing-forward", code=1)
    assert "your tests catch " in said and "they miss an engine " in said


def test_in_a_kit_a_false_alarm_says_what_it_raised(kit: Path) -> None:
    (kit / "tests" / "test_engine.py").write_text(
        "from micrograd.engine import Value\n\n\ndef test_sum():\n    assert (Value(1.0) + 1).data == 3\n"
    )
    said = run(kit, "check", "--item", "testing-forward", code=1)
    assert "test_sum fails on a right engine that is your own" in said and "AssertionError" in said


def test_the_model_suite_catches_all_in_a_kit(kit: Path) -> None:
    for path in (ROOT / "solutions" / "suite").glob("test_*.py"):
        shutil.copy(path, kit / "tests")
    said = run(kit, "check", "--all")
    assert "testing  10/10" in said


def test_they_are_handed_in(kit: Path) -> None:
    assert "Tests of your own" not in run(kit, "hand-in")
    (kit / "tests" / "test_engine.py").write_text(TEST_RELU)
    said = run(kit, "hand-in")
    assert "micrograd/ with 7 files." in said and "Tests of your own are in it: tests/test_engine.py." in said
    with zipfile.ZipFile(kit / "micrograd.zip") as archive:
        assert "tests/test_engine.py" in archive.namelist() and "tests/test_nn.py" not in archive.namelist()


def test_a_kit_says_where_tests_go(kit: Path) -> None:
    assert "# Tests of your own go below" in (kit / "tests" / "test_nn.py").read_text()
    assert "# Tests" not in (kit / "tests" / "test_backprop.py").read_text()
