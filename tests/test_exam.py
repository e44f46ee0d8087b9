"""An exam is drawn fairly, answered rightly, the same for everybody, and refuses to exist where anything disagrees.

With EXAMS=all in the environment, two more seeds are tried, which takes half a minute.
"""

from __future__ import annotations

import dataclasses
import gc
import importlib
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest
import torch
from nightly import WHOLE, examples, nightly, one_of_each, only

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd.domains import Program
from autograder.courses.micrograd.oracle.lab import Node
from autograder.courses.micrograd.oracle.numeric_lab import Kink, NumericLab
from autograder.courses.micrograd.oracle.torch_lab import _FUNCTIONS, TorchLab, TorchValue
from autograder.courses.micrograd.student_lab.lab import StudentLab
from autograder.courses.micrograd.subject import SUBJECT
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.errors import UserError
from autograder.exam import building, store
from autograder.exam.building import InvalidExam, check_scores, draft
from autograder.exam.equality import agrees, same
from autograder.exam.items import Item
from autograder.exam.mutants import load_mutations, planted
from autograder.exam.paper import PRACTICE_SEED, SAMPLE_SEED, Exam, Notes, Sheet, content_address, load
from autograder.exam.questions import strategies
from autograder.exam.questions.drawing import effort, questions_for
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.kit import stubs as release
from autograder.sandbox.layers import NO_SANDBOX
from autograder.scheme import Scheme

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "solutions" / "micrograd"
SEEDS = (SAMPLE_SEED, PRACTICE_SEED, 7, *((3, 11) if os.environ.get("EXAMS") == "all" else ()))
ITEMS = load_items()

# Those that are kept every time; to draw another takes a quarter of a minute.
every_seed = pytest.mark.parametrize("seed", only(SEEDS, SAMPLE_SEED.__eq__))
# Items that cost much time, or are seen through at once.
_FEWEST = {"stretch-deep": 1, "training-moons": 1, "nn-zero-grad": 2, "training-sgd-zero-grad": 2}
some_items = pytest.mark.parametrize(
    "item", one_of_each(ITEMS.values(), lambda item: item.assignment, id=lambda item: item.id)
)


@cache
def exam_with(seed: int) -> Exam:
    """One that others need is taken from where it is kept, with its pitfalls; another is only drawn and answered."""
    return exams.get(seed) if seed in (SAMPLE_SEED, PRACTICE_SEED) else draft(seed, COURSE)


@pytest.fixture(scope="module")
def default_exam() -> Exam:
    return exams.get()


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stubs")
    release.release(ROOT / "solutions", folder, list(ITEMS))
    return folder


# --- valid ----------------------------------------------------------------------------------------------------


@every_seed
def test_the_reference_gets_everything_and_the_stubs_nothing(seed: int, stubs: Path) -> None:
    with Grader(exam_with(seed), NO_SANDBOX) as grader:
        right = grader.grade("reference", ROOT / "solutions")
        empty = grader.grade("stubs", stubs)
    assert {item.id for item in right.items if item.status != "passed"} == {item.id for item in COURSE.suites}
    assert (right.score, right.max_score, right.bonus) == (100, 100, 20)
    assert {item.id: item.status for item in empty.items if item.status not in ("todo", "blocked")} == {}
    assert (empty.score, empty.max_score, empty.bonus) == (0, 100, 0)


@every_seed
def test_every_item_has_questions_and_every_question_one_finite_answer(seed: int) -> None:
    exam = exam_with(seed)
    assert list(exam.sheets) == list(ITEMS)
    for id, sheet in exam.sheets.items():
        assert len(sheet.questions) == len(sheet.answers) >= _FEWEST.get(id, 0 if ITEMS[id].suite else 3), id
        texts = [json.dumps(question, sort_keys=True) for question in sheet.questions]
        assert len(set(texts)) == len(texts), id
        assert all(_is_finite(answer) for answer in sheet.answers), id


def _is_finite(answer: Any) -> bool:
    if isinstance(answer, list):
        return all(map(_is_finite, answer))
    return not isinstance(answer, float) or math.isfinite(answer)


@every_seed
def test_examples_and_special_values_are_asked(seed: int) -> None:
    for id, sheet in exam_with(seed).sheets.items():
        item = ITEMS[id]
        for example in item.examples:
            assert repr(json.loads(json.dumps(example))) in map(repr, sheet.questions), (id, example)
        for name, domain in item.domains.items():
            asked = [json.dumps(question[name]) for question in sheet.questions]
            for value in getattr(domain, "special", ()) if item.questions else ():
                assert json.dumps(value) in asked, (id, name, value)


@every_seed
def test_upstream_gradients_are_not_all_one_nor_are_gradients_there_before_zero(seed: int) -> None:
    for id, sheet in exam_with(seed).sheets.items():
        for question in sheet.questions:
            if "before" in ITEMS[id].domains:
                assert question["before"] != 0 and question["g"] not in (0, 1), id


@every_seed
def test_ladders_lead_from_simple_questions_up(seed: int) -> None:
    exam = exam_with(seed)
    for id, sheet in exam.sheets.items():
        item, rungs = ITEMS[id], [question for question, _ in sheet.ladder]
        assert bool(rungs) == bool(item.questions and item.ladder), id
        efforts = [effort(write_down(item, question)) for question in rungs]
        assert efforts == sorted(efforts)
        assert all(_is_finite(answer) for _, answer in sheet.ladder), id


@every_seed
def test_the_reference_is_right_on_every_rung(seed: int) -> None:
    """A wrong rung would cost no points, but show students what is not so."""
    exam = exam_with(seed)
    rungs = {
        id: Sheet([question for question, _ in sheet.ladder], [answer for _, answer in sheet.ladder])
        for id, sheet in exam.sheets.items()
    }
    with Grader(dataclasses.replace(exam, sheets=rungs), NO_SANDBOX) as grader:
        report = grader.grade("reference", ROOT / "solutions", [id for id, item in ITEMS.items() if not item.suite])
    assert {item.id: item.message for item in report.items if item.status != "passed"} == {}


# --- the same for everybody -----------------------------------------------------------------------------------


# By day some items are drawn elsewhere, with what they need; at night all of them. Of whole expressions, which need
# most of the others, it is the questions.
_ELSEWHERE = [*ITEMS] if WHOLE else ["backprop-mul", "nn-dropout"]
_BUILD = """
import dataclasses, json, sys
sys.path.insert(0, sys.argv[2])
import distraction
from autograder.exam import building, mutants as mutations, store
from autograder.exam.questions.drawing import questions_for
from autograder.grading import exams
from autograder.sandbox.inside import template
from autograder.courses.micrograd import COURSE
asked = sys.argv[3:]
for id in asked:
    asked += [need for need in COURSE.items[id].needs if need not in asked]
course = dataclasses.replace(COURSE)
vars(course)["items"] = {id: item for id, item in COURSE.items.items() if id in asked}
made = building.draft(int(sys.argv[1]), course)
if asked == [*COURSE.items]:
    building.check_scores(made, exams.grader)
else:
    with exams.grader(made) as judge:
        judge.grade("check", building.project_root() / "solutions")
few = [each for each in mutations.load_mutations() if {*each.costs} <= {*asked}][:2]
mutations.load_mutations = lambda: few
mutations.wrong_answers(made, exams.worker)
loaded = [module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "autograder"]
expressions = [*questions_for(COURSE, COURSE.items["backprop-expressions"], made.seed)]
kept = exams.get(made.seed)
for id in ("training-sgd-step", "training-step", "stretch-momentum"):
    building.answer(COURSE, COURSE.items[id], kept.sheets[id].questions[0])
asks = {id: [sheet.questions, sheet.answers, sheet.ladder] for id, sheet in made.sheets.items()}
print(json.dumps({"asks": asks, "address": made.address, "loaded": loaded, "key": store._key(7, COURSE),
                  "expressions": expressions, "torch": [name for name in sys.modules if name.startswith("torch")]}))
"""


@pytest.fixture(scope="module")
def made_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The sample class's exam as another process makes it, and what that took. With other hashes, on a CI machine, and
    beside modules with constants that Hypothesis would like to draw."""
    exam_with(SAMPLE_SEED)  # is kept from now on: the other process compares, and does not build it
    folder = tmp_path_factory.mktemp("elsewhere")
    constants = f"NUMBERS = {[*range(-300, 300, 7)]}; WORDS = 'tanh', '*', 'int'"
    (folder / "distraction.py").write_text(constants, "utf-8")
    told = subprocess.run(
        [sys.executable, "-c", _BUILD, str(SAMPLE_SEED), str(folder), *_ELSEWHERE], cwd=ROOT,
        capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, "PYTHONHASHSEED": "12345", "CI": "true"},
    ).stdout  # fmt: skip
    made: dict[str, Any] = json.loads(told)
    return made


def test_one_seed_gives_one_exam_in_any_process(made_elsewhere: dict[str, Any]) -> None:
    kept, asks = exam_with(SAMPLE_SEED), made_elsewhere["asks"]
    assert {*_ELSEWHERE} <= {*asks}
    asked = kept.sheets["backprop-expressions"].questions
    assert json.dumps(made_elsewhere["expressions"]) == json.dumps(asked)
    for id, asked in asks.items():
        sheet = kept.sheets[id]
        assert json.dumps(asked) == json.dumps([sheet.questions, sheet.answers, sheet.ladder]), id
    assert (made_elsewhere["address"] == kept.address) == (len(asks) == len(ITEMS))


def test_answering_imports_no_compiler(made_elsewhere: dict[str, Any]) -> None:
    """PyTorch has one, which its optimizers import, and which takes as long as all else of it."""
    assert "torch" in made_elsewhere["torch"] and "torch._dynamo" not in made_elsewhere["torch"]


@some_items
def test_one_seed_draws_the_same_questions_twice(item: Item) -> None:
    assert repr(questions_for(COURSE, item, 5)) == repr(questions_for(COURSE, item, 5))


@some_items
def test_another_seed_draws_other_questions(item: Item) -> None:
    if item.questions:
        assert repr(questions_for(COURSE, item, 5)) != repr(questions_for(COURSE, item, 6))


def test_exams_differ_by_their_seeds() -> None:
    kept = (SAMPLE_SEED, PRACTICE_SEED)
    addresses = {exam_with(seed).address for seed in kept}
    assert len(addresses) == len(kept)
    assert all(address.startswith("sha256:") and len(address) == 71 for address in addresses)


# --- stored -----------------------------------------------------------------------------------------------------


def test_an_exam_survives_its_file(default_exam: Exam, tmp_path: Path) -> None:
    path = tmp_path / "exam.json"
    path.write_text(default_exam.to_json(), "utf-8")
    loaded = load(path)
    assert repr(loaded) == repr(default_exam)  # == would not do: a NaN is asked for
    assert loaded.to_json() == default_exam.to_json()


def test_workers_get_questions_alone(default_exam: Exam) -> None:
    assert set(default_exam.questions()) == set(ITEMS)
    assert all(isinstance(questions, list) for questions in default_exam.questions().values())
    text = json.dumps(default_exam.questions()["engine-mul"])
    assert all(json.dumps(answer) not in text for answer in default_exam.sheets["engine-mul"].answers)


def _answer(data: dict[str, Any]) -> None:
    data["items"]["engine-mul"]["answers"][0][0][0] += 0.001


def _question(data: dict[str, Any]) -> None:
    data["items"]["engine-mul"]["questions"][0]["x"][1] += 1


def _kind(data: dict[str, Any]) -> None:
    data["items"]["engine-mul"]["answers"][0][2] = 1


def _dropped(data: dict[str, Any]) -> None:
    for part in ("questions", "answers"):
        data["items"]["backprop-mul"][part].pop()


def _seed(data: dict[str, Any]) -> None:
    data["seed"] += 1


def _address(data: dict[str, Any]) -> None:
    data["address"] = "sha256:" + 64 * "0"


def _empty(data: dict[str, Any]) -> None:
    data["items"] = {}


def _notes(data: dict[str, Any]) -> None:
    data["items"]["engine-mul"]["notes"] = data["items"]["engine-add"]["notes"]


def _packed(data: dict[str, Any]) -> None:
    data["items"]["engine-mul"]["notes"][0] = data["items"]["engine-add"]["notes"][0]


@pytest.mark.parametrize("change", [_answer, _question, _kind, _dropped, _seed, _address, _empty, _notes, _packed])
def test_a_changed_exam_is_refused(default_exam: Exam, change: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads(default_exam.to_json())
    change(data)
    with pytest.raises(
        UserError, match=r"my exam was changed after it was built; build it again with `gradschool exam"
    ):
        Exam.from_json(json.dumps(data), "my exam")


def test_the_address_depends_on_what_is_asked_and_right_and_on_no_version(default_exam: Exam) -> None:
    """One machine has torch 2.13.0+cpu, another 2.13.0+cu130: their students sit the same exam."""
    versions = {"torch": "2.13.0+cu130", "hypothesis": "7.0", "gradschool": "1.0"}
    other = dataclasses.replace(default_exam, versions=versions)
    assert content_address(other) == default_exam.address
    loaded = Exam.from_json(other.to_json())
    assert loaded.versions == versions and loaded.is_like(default_exam)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "7", '"exam"', "[" * 100_000, '{"schema": 2}', "{", "\0",
                                  '{"schema": 6, "address": "", "seed": 1, "items": [], "versions": {}}'])  # fmt: skip
def test_what_is_no_exam_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UserError, match="is not an exam; build one with") as refusal:
        Exam.from_json(text)
    assert "\n" not in str(refusal.value)


def test_an_exam_of_another_schema_or_rubric_is_refused(default_exam: Exam) -> None:
    data = json.loads(default_exam.to_json())
    with pytest.raises(UserError, match="has schema 99"):
        Exam.from_json(json.dumps({**data, "schema": 99}))
    fewer = dict(list(default_exam.sheets.items())[:-1])
    other = dataclasses.replace(default_exam, sheets=fewer)
    other = dataclasses.replace(other, address=content_address(other))
    with pytest.raises(UserError, match="fits another version of the rubric"):
        Exam.from_json(other.to_json())


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\0")
    for name in ("missing", "binary", "."):
        with pytest.raises(UserError, match="cannot read the exam"):
            load(tmp_path / name)


def test_an_exam_is_built_once_and_again_when_its_file_is_damaged(
    default_exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []
    monkeypatch.setattr(store, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(exams, "build", lambda seed: built.append(seed) or default_exam)
    assert repr(exams.get(5)) == repr(exams.get(5)) == repr(default_exam)
    assert built == [5]
    (file,) = tmp_path.glob("*.json")
    file.write_text(file.read_text("utf-8").replace("1", "2", 1), "utf-8")
    assert repr(exams.get(5)) == repr(default_exam)
    assert built == [5, 5]
    exams.get(6)
    assert built == [5, 5, 6]


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, whose exams are asked for."""
    shutil.copytree(ROOT / "autograder", tmp_path / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("solutions", "tests/engines"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(store, "__file__", str(tmp_path / "autograder" / "exam" / "store.py"))
    monkeypatch.setattr(store, "project_root", lambda: tmp_path)
    return tmp_path


def _reworded(path: Path) -> None:
    """Another text in one place of a file: in its first docstring, as all are texts to Python."""
    text = path.read_text("utf-8")
    path.write_text(text.replace('"""', '"""Reworded. ', 1) if '"""' in text else text + "# reworded\n", "utf-8")


def test_an_exam_is_kept_for_the_sources_that_it_depends_on(sources: Path) -> None:
    """What asks, what answers for the oracle and for the mistakes, what compares, and what is edited."""
    before = store._key(7, COURSE)
    machine, micrograd = sources / "autograder", sources / "autograder" / "courses" / "micrograd"
    makers = [path for path in (machine / "sandbox").rglob("*.py") if path.stem != "launcher"]
    makers += (sources / "solutions").rglob("*.py")
    makers += [
        path for name in ("rubric", "oracle", "student_lab", "transcript") for path in (micrograd / name).glob("*.py")
    ]
    makers += [machine / "exam" / f"{name}.py" for name in ("building", "domains", "equality", "fingerprints", "items",
                                                            "mutants", "paper", "store")]  # fmt: skip
    makers += [*(machine / "exam" / "questions").glob("*.py")]
    assert len(makers) > 35 and {str(path) for path in makers} <= {str(path) for path in store._sources(COURSE)}
    seen: set[Path] = set()
    for path in [path for path in makers if WHOLE or (path.parent not in seen and not seen.add(path.parent))]:
        text = path.read_text("utf-8")
        _reworded(path)
        assert store._key(7, COURSE) != before, path
        path.write_text(text, "utf-8")
    assert store._key(7, COURSE) == before != store._key(8, COURSE)


def test_what_depends_on_no_seed_is_proved_once(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same sources; and what cannot be proved is tried again."""
    monkeypatch.setattr(store, "cache_folder", lambda: sources)
    proved: list[str] = []

    def fails() -> None:
        raise InvalidExam("no")

    for _ in range(2):
        with pytest.raises(InvalidExam, match="no"):
            store.proved("suites", COURSE, fails)
    for _ in range(3):
        store.proved("suites", COURSE, lambda: proved.append("first"))
    assert proved == ["first"]
    store.proved("others", COURSE, lambda: proved.append("others"))
    (sources / "solutions" / "suite" / "test_engine.py").write_text("def test_nothing(): pass\n")
    store.proved("suites", COURSE, lambda: proved.append("changed"))
    assert proved == ["first", "others", "changed"]


def test_an_exam_is_kept_wherever_the_project_lies(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store._key(7, COURSE)
    moved = sources.rename(sources.with_name("elsewhere"))
    monkeypatch.setattr(store, "__file__", str(moved / "autograder" / "exam" / "store.py"))
    monkeypatch.setattr(store, "project_root", lambda: moved)
    assert store._key(7, COURSE) == before


def test_an_exam_is_kept_whatever_else_changes(sources: Path) -> None:
    before = store._key(7, COURSE)
    for name in (
        "report/html/student_page.py",
        "report/html/pages.py",
        "cli/app.py",
        "sandbox/launcher.py",  # which only chooses how students are shut in
        "student/watch/loop.py",
        "nbgrader/gradebook.py",
        "classroom/cluster.py",
        "courses/micrograd/hints.py",
    ):
        _reworded(sources / "autograder" / name)
    assert store._key(7, COURSE) == before


def test_whatever_takes_part_in_making_an_exam_is_among_its_sources(made_elsewhere: dict[str, Any]) -> None:
    """Asked of a process that drew an exam, graded with it, and found out what mistakes answer."""
    kept = {str(path) for path in store._sources(COURSE)}
    assert len(made_elsewhere["loaded"]) > 40
    assert set(made_elsewhere["loaded"]) <= kept
    assert store._key(7, COURSE) == made_elsewhere["key"]


# --- invalid ------------------------------------------------------------------------------------------------------


def _wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    right = TorchValue.partials
    monkeypatch.setattr(TorchValue, "partials", lambda node: [1.001 * share for share in right(node)])


def _wrong_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    right = TorchValue.sensitivities
    monkeypatch.setattr(TorchValue, "sensitivities", lambda root, nodes: [-g for g in right(root, nodes)])


def _wrong_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "tanh", torch.sigmoid)


def _wrong_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_FUNCTIONS, "exp", torch.exp2)
    monkeypatch.setattr(_FUNCTIONS, "tanh", torch.sigmoid)


def _leaves_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """In PyTorch's lab alone: leaves forget what they had."""

    def backward(root: Any) -> None:
        for node in (node for node in _ancestors(root) if not node._prev):
            node.grad = 0.0
        Node.backward(root)

    monkeypatch.setattr(TorchValue, "backward", backward, raising=False)


def _ancestors(root: Node) -> list[Node]:
    return [root, *(node for parent in root._prev for node in _ancestors(parent))]


@pytest.mark.parametrize(
    ("id", "spoil"),
    [
        ("derivative-central", _wrong_slope), ("engine-tanh", _wrong_function), ("backprop-mul", _wrong_rule),
        *only([
            ("backprop-order", _wrong_gradients), ("backprop-order", _leaves_overwritten),
            ("backprop-relu", _wrong_rule), ("backprop-shared", _wrong_gradients), ("stretch-deep", _wrong_gradients),
            ("backprop-expressions", _wrong_gradients), ("stretch-twice", _leaves_overwritten),
        ], lambda case: False),
    ],
)  # fmt: skip
def test_central_differences_catch_a_wrong_oracle(id: str, spoil: Callable[[pytest.MonkeyPatch], None]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        alone = dataclasses.replace(COURSE)
        vars(alone)["items"] = {id: ITEMS[id]}
        monkeypatch.setattr(exams, "in_use", lambda: alone)
        assert list(draft(7, alone).sheets) == [id]
        spoil(monkeypatch)
        with pytest.raises(InvalidExam, match=rf"^{id}: PyTorch answers .*, central differences .*: mend"):
            exams.build(7)


def _alone(exam: Exam, id: str) -> Exam:
    """The exam of a course that has but this item: what refuses an exam needs no other."""
    return exam.under(COURSE.under(Scheme(left_out=tuple(each for each in ITEMS if each != id))))


def _answered(exam: Exam, id: str, change: Callable[[Any], Any]) -> Exam:
    """The exam with one of its answers changed."""
    sheet = exam.sheets[id]
    wrong = dataclasses.replace(sheet, answers=[change(sheet.answers[0]), *sheet.answers[1:]])
    return dataclasses.replace(exam, sheets={**exam.sheets, id: wrong})


def test_the_reference_catches_what_both_labs_get_wrong(default_exam: Exam) -> None:
    """The name of an operation, say, which they share."""
    alone = _alone(default_exam, "engine-relu")
    check_scores(alone, exams.grader)
    spoiled = _answered(alone, "engine-relu", lambda answer: [answer[0], "relu", *answer[2:]])
    with pytest.raises(InvalidExam, match=r"the reference: engine-relu is failed .*: mend it"):
        check_scores(spoiled, exams.grader)


def test_a_reference_that_is_wrong_makes_no_exam(
    default_exam: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(REFERENCE, tmp_path / "solutions" / "micrograd")
    path = tmp_path / "solutions" / "micrograd" / "engine.py"
    text = path.read_text("utf-8")
    assert text.count("self.grad += other.data * out.grad") == 1
    path.write_text(text.replace("self.grad += other.data * out.grad", "self.grad = other.data * out.grad"), "utf-8")
    monkeypatch.setattr(building, "project_root", lambda: tmp_path)
    with pytest.raises(InvalidExam, match=r"the reference: backprop-mul is failed \(.*should be"):
        check_scores(_alone(default_exam, "backprop-mul"), exams.grader)


@nightly
def test_a_wrong_reference_builds_no_exam(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is graded before there are words for what is wrong, and the complaint has them all the same."""
    mistake = next(each for each in load_mutations() if each.costs == ("engine-mul",))
    monkeypatch.setattr(building, "_reference", lambda: planted(mistake))
    with pytest.raises(InvalidExam, match=r"the reference: engine-mul is failed \(`Value"):
        exams.build(77)
    assert gc.isenabled()


def test_stubs_that_score_make_no_exam(default_exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    def leaky(source: str, path: str, ids: Collection[str], **given: Any) -> str:
        return source if path.endswith("/derivative.py") else real(source, path, ids, **given)

    real = building.stub
    monkeypatch.setattr(building, "stub", leaky)
    with pytest.raises(InvalidExam, match="the stubs: derivative-central is passed"):
        check_scores(_alone(default_exam, "derivative-central"), exams.grader)


@nightly
def test_an_exam_is_verified_by_answering_anew(default_exam: Exam) -> None:
    exams.verify(default_exam)
    with pytest.raises(InvalidExam, match="engine-exp: PyTorch no longer answers"):
        exams.verify(_answered(default_exam, "engine-exp", lambda answer: [[2.5, *answer[0][1:]], *answer[1:]]))


def test_an_exam_is_verified_by_writing_its_questions_down_anew(default_exam: Exam) -> None:
    sheet = default_exam.sheets["engine-exp"]
    first, *others = json.loads(json.dumps(sheet.notes.unpacked[0]))
    first["transcript"]["lines"].append("# and more")
    notes = Notes.of([first, *others], sheet.notes.unpacked[1])
    assert notes.print != sheet.notes.print
    sheets = {**default_exam.sheets, "engine-exp": dataclasses.replace(sheet, notes=notes)}
    with pytest.raises(InvalidExam, match=r"engine-exp: .* is written in other words: build the exam again"):
        exams.verify(dataclasses.replace(default_exam, sheets=sheets))


def test_an_invalid_exam_is_no_bad_usage() -> None:
    assert InvalidExam("mend it").code == 1 and UserError("say what").code == 2


# --- well conditioned -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference() -> Iterator[Mapping[str, ModuleType]]:
    """The reference's modules, imported here and nowhere else."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(str(REFERENCE.parent))
        yield {name: importlib.import_module(f"micrograd.{name}") for name in SUBJECT.order[1:]}
        for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd"]:
            del sys.modules[name]


# Items whose inputs are drawn, and whose answers are numbers that rounding could spoil.
_LONG = ("stretch-deep", "training-moons", "training-parity")  # each of their questions is thousands of steps
_DRAWN = [item for item in ITEMS.values() if item.questions and not item.id.startswith(("derivative", "trace"))]
_DRAWN.sort(key=lambda item: item.id in _LONG)


@pytest.mark.parametrize("item", one_of_each(_DRAWN, lambda item: item.assignment, id=lambda item: item.id))
def test_drawn_questions_are_well_conditioned(item: Item, reference: Mapping[str, ModuleType]) -> None:
    """A hundred to one: what rounding does stays far below what the comparison forgives."""

    @hypothesis.settings(
        max_examples=examples(5 if item.id in _LONG else 60), deadline=None, database=None, derandomize=True
    )
    @hypothesis.given(strategies.questions(COURSE, item.domains))
    def check(question: dict[str, Any]) -> None:
        lab = StudentLab(dict(reference))
        try:
            got = json.loads(json.dumps(item(lab, question)))
        finally:
            lab.restore()
        expected = json.loads(json.dumps(item(TorchLab(), question)))
        assert _is_finite(expected)
        assert agrees(item, question, expected, got, 1e-11)

    check()


@pytest.mark.parametrize("id", ["backprop-expressions", "stretch-twice"])
def test_drawn_programs_stay_away_from_kinks(id: str) -> None:
    """So that central differences confirm every one."""
    item = ITEMS[id]

    @hypothesis.settings(max_examples=examples(60), deadline=None, database=None, derandomize=True)
    @hypothesis.given(strategies.questions(COURSE, item.domains))
    def check(question: dict[str, Any]) -> None:
        try:
            got = item(NumericLab(), question)
        except Kink:
            pytest.fail(f"a kink in {question}")
        assert same(json.loads(json.dumps(item(TorchLab(), question))), got, 2e-6)

    check()


@every_seed
def test_every_step_of_a_program_counts(seed: int) -> None:
    """A step that nothing uses asks nothing."""
    steps = used = 0
    for id in ("backprop-expressions", "stretch-twice"):
        for question in exam_with(seed).sheets[id].questions:
            program = question["program"]
            leaves = len(program["leaves"])
            needed = {leaves + len(program["steps"]) - 1}
            for index, (_, *operands) in reversed(list(enumerate(program["steps"], leaves))):
                if index in needed:
                    needed |= {operand for operand in operands if isinstance(operand, int)}
                    used += 1
            steps += len(program["steps"])
    assert used > 0.9 * steps


@every_seed
def test_whole_expressions_use_every_operation_on_both_sides_of_numbers(seed: int) -> None:
    seen = set()
    for question in exam_with(seed).sheets["backprop-expressions"].questions:
        for op, *operands in question["program"]["steps"]:
            sides = "".join("v" if isinstance(operand, int) else "n" for operand in operands)
            seen.add(op + sides if op in "+-*/" else op)
    infix = {op + sides for op in "+-*/" for sides in ("vv", "vn", "nv")}
    missing = (infix | set(Program().operations) - set("+-*/")) - seen
    assert not missing


class _Deep(TorchValue):
    """A node that knows how deep its graph is."""

    deepest = 0

    def __init__(self, data: Any, _children: Any = (), _op: str = "", function: Any = None):
        super().__init__(data, _children, _op, function)
        self.depth = 1 + max((parent.depth for parent in self._prev), default=0)
        _Deep.deepest = max(_Deep.deepest, self.depth)


class _DeepLab(TorchLab):
    Value = _Deep


@every_seed
def test_core_questions_stay_within_the_depth_of_a_recursive_engine(seed: int) -> None:
    """500 nodes, where an operation may take three: a - b as a + (b * -1)."""
    for id, sheet in exam_with(seed).sheets.items():
        if not ITEMS[id].bonus:
            for question in sheet.questions:
                ITEMS[id](_DeepLab(), question)
    assert 60 < _Deep.deepest <= 500 / 3
