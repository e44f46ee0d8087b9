"""What messages tell students to paste does what the experiment did, and prints what it promises."""

from __future__ import annotations

import ast
import code
import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from nightly import WHOLE, examples, few, only

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.courses.micrograd.transcript.text import Result
from autograder.courses.micrograd.transcript.transcript import Transcript
from autograder.exam.building import answer
from autograder.exam.equality import same
from autograder.exam.items import Item, Question
from autograder.exam.paper import Exam
from autograder.exam.questions import strategies
from autograder.exam.questions.drawing import ladder_of, others_for
from autograder.explanation import Explanation, Part
from autograder.grading import exams

pytestmark = pytest.mark.xdist_group("scribe")

SOLUTIONS = Path(__file__).parents[1] / "solutions"
ITEMS = load_items()
ASKED = {id: item for id, item in ITEMS.items() if not item.suite}
# Every time one or two of each assignment, which differ most in what there is to be pasted.
DRAWN = {
    "derivative-central", "engine-rsub", "backprop-order", "backprop-expressions", "nn-dropout", "training-step",
    "stretch-edges",
}  # fmt: skip
every_item = pytest.mark.parametrize(
    "item", only(ASKED.values(), lambda item: item.id in DRAWN, id=lambda item: item.id)
)


@pytest.fixture(scope="module", autouse=True)
def solutions() -> Iterator[None]:
    """`import micrograd` gives the reference, here and nowhere else."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _forget(monkeypatch)
        monkeypatch.syspath_prepend(str(SOLUTIONS))
        yield
        _forget(monkeypatch)


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture(scope="module")
def default_exam() -> Exam:
    return exams.get()


def _questions(item: Item, exam: Exam, drawn: int = 8) -> list[Question]:
    """The examples, the first special questions of the exam, and fresh ones."""
    questions = [*item.examples, *exam.sheets[item.id].questions[: 4 if WHOLE else 2]]
    if item.questions and item.id != "stretch-deep":  # one question of it takes long enough

        @hypothesis.seed(11)
        @hypothesis.settings(
            max_examples=examples(drawn), deadline=None, database=None, phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(strategies.questions(COURSE, item.domains))
        def draw(question: Question) -> None:
            questions.append(question)

        draw()
    return list({text: json.loads(text) for text in map(json.dumps, questions)}.values())


def _spoiled(answer: Any) -> Any:
    """An answer of the same form that is wrong in every part."""
    if isinstance(answer, list):
        return [_spoiled(part) for part in answer]
    if isinstance(answer, bool):
        return not answer
    return answer + "?" if isinstance(answer, str) else answer + 1


def _leaves(answer: Any) -> list[Any]:
    return [leaf for part in answer for leaf in _leaves(part)] if isinstance(answer, list) else [answer]


def _run(source: str) -> list[list[Any]]:
    """Execute pasted lines in a fresh namespace; what they printed, call by call."""
    printed: list[list[Any]] = []
    exec(source, {"print": lambda *values: printed.append(list(values))})
    return printed


def test_what_an_exam_keeps_is_read_as_it_was_written(default_exam: Exam) -> None:
    """Also the kinds of the labels, and what these are about."""
    for id, sheet in default_exam.sheets.items():
        for question, _ in sheet.answered():
            written, kept = write_down(ITEMS[id], question), sheet.about(question)["transcript"]
            read = Transcript.read(ITEMS[id], question, kept)
            ours, theirs = _leaves(read.labels), _leaves(written.labels)
            assert ours == theirs and [*map(type, ours)] == [*map(type, theirs)]
            assert json.dumps(read.data()) == json.dumps(written.data()) == json.dumps(kept)
            assert sheet.asks(question) == written.ask


def _sentence(transcript: Transcript, wrong: Sequence[Part]) -> str:
    """The message about these wrong parts."""
    return Explanation(asked=transcript.ask, parts=tuple(wrong)).text()


def _promised(source: str) -> list[Any]:
    """The values that the comment on the last line promises."""
    _, _, comment = source.splitlines()[-1].partition("  # should be ")
    values, text = [], ""
    for word in comment.split():
        text += word
        if text.count("[") == text.count("]"):
            values.append(ast.literal_eval(text))
            text = ""
    return values


def _raises(answer: Any) -> str:
    """The exception that a right answer tells of, if any."""
    return answer[0] if isinstance(answer, list) and answer and str(answer[0]).endswith("Error") else ""


# --- pasted ---------------------------------------------------------------------------------------------------


@every_item
def test_pasted_lines_print_what_they_promise(item: Item, default_exam: Exam) -> None:
    promises = 0
    for question in _questions(item, default_exam):
        expected = answer(COURSE, item, question)
        transcript = write_down(item, question)
        source = transcript.reproduce(transcript.wrong_parts(expected, _spoiled(expected)))
        if "  # should be " not in source:
            continue
        promises += 1
        *_, last = _run(source)
        assert len(last) == len(_promised(source)), source
        assert same(_promised(source), last, max(item.tolerance, 2e-9)), source
    assert promises or item.assignment != "engine" or item.id.startswith("trace")


@every_item
def test_a_single_wrong_part_is_printed_alone(item: Item, default_exam: Exam) -> None:
    for question in _questions(item, default_exam, 2) if item.id != "stretch-deep" else ():
        expected = answer(COURSE, item, question)
        transcript = write_down(item, question)
        for place in range(len(expected) if isinstance(expected, list) else 0):
            got = [_spoiled(part) if i == place else part for i, part in enumerate(expected)]
            wrong = transcript.wrong_parts(expected, got)
            source = transcript.reproduce(wrong)
            if "  # should be " in source:
                assert same(_promised(source), _run(source)[-1], max(item.tolerance, 2e-9)), source


@every_item
def test_a_pasted_question_that_must_raise_raises(item: Item, default_exam: Exam) -> None:
    for question in _questions(item, default_exam):
        expected = answer(COURSE, item, question)
        if name := _raises(expected):
            transcript = write_down(item, question)
            wrong = transcript.wrong_parts(expected, ["no error"])
            with pytest.raises(Exception) as caught:
                _run(transcript.reproduce(wrong))
            assert type(caught.value).__name__ == name


class Boom(Exception):
    """What a broken function raises here."""


@every_item
def test_pasted_lines_call_what_they_are_about(item: Item, default_exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what a student's function raised is raised again."""

    def broken(*args: Any, **kwargs: Any) -> None:
        raise Boom

    module, _, path = item.target.partition(":")
    *owner, name = path.split(".")
    place: Any = importlib.import_module(f"micrograd.{module}")
    for part in owner:
        place = getattr(place, part)
    sources = [write_down(item, question).reproduce() for question in _questions(item, default_exam, 3)]
    monkeypatch.setattr(place, name, broken)
    some = {"stretch-edges": 5, "stretch-shapes": 3}  # the first questions are about this function, others about more
    for source in sources[: some.get(item.id)]:
        with pytest.raises(Boom):
            _run(source)


@every_item
def test_lines_can_be_pasted_into_a_python_prompt(item: Item, default_exam: Exam) -> None:
    """Where a block ends with an empty line, and nowhere else."""
    for question in _questions(item, default_exam, 3):
        expected = answer(COURSE, item, question)
        if _raises(expected):
            continue
        transcript = write_down(item, question)
        source = transcript.reproduce(transcript.wrong_parts(expected, _spoiled(expected)))
        prompt = _Prompt()
        for line in source.splitlines():
            prompt.push(line)
        assert not prompt.push("") and not prompt.said, (source, prompt.said)
        assert [list(map(str, call)) for call in prompt.printed] == [list(map(str, call)) for call in _run(source)] or (
            item.assignment == "engine" and item.id.startswith("trace")  # prints addresses
        )


class _Prompt(code.InteractiveConsole):
    def __init__(self) -> None:
        self.said = ""
        self.printed: list[list[Any]] = []
        super().__init__({"print": lambda *values: self.printed.append(list(values))})

    def write(self, data: str) -> None:
        self.said += data


# --- short ------------------------------------------------------------------------------------------------------


@every_item
def test_the_simplest_counterexample_is_short(item: Item) -> None:
    for question in ladder_of(COURSE, item, others_for(COURSE, item, 1))[:1] or item.examples:
        transcript, expected = write_down(item, question), answer(COURSE, item, question)
        lines = transcript.reproduce(transcript.wrong_parts(expected, _spoiled(expected))).splitlines()
        assert 2 <= len(lines) <= (8 if {*item.uses} <= {"engine", "derivative", "trace"} else 12)
        assert max(map(len, lines)) <= (300 if item.id == "training-parity" else 200)
        assert len(transcript.ask) <= 200


@every_item
def test_no_question_of_the_exam_takes_a_page(item: Item, default_exam: Exam) -> None:
    sheet = default_exam.sheets[item.id]
    for question, expected in zip(sheet.questions, sheet.answers, strict=True):
        transcript = write_down(item, question)
        wrong = transcript.wrong_parts(expected, _spoiled(expected))
        lines = transcript.reproduce(wrong).splitlines()
        assert len(lines) <= 15 and max(map(len, lines)) <= (300 if item.id == "training-parity" else 240)
        sentence = _sentence(transcript, wrong)
        assert "\n" not in sentence and "0x" not in sentence and "autograder" not in sentence


# --- what messages call things -------------------------------------------------------------------------------------


def _aligned(labels: Any, answer: Any) -> bool:
    if not isinstance(labels, list):
        return isinstance(labels, str) and bool(labels)
    return isinstance(answer, list) and len(labels) == len(answer) and all(map(_aligned, labels, answer))


@every_item
def test_every_part_of_an_answer_has_a_name(item: Item, default_exam: Exam) -> None:
    for question in _questions(item, default_exam):
        expected = answer(COURSE, item, question)
        labels = write_down(item, question).labels
        assert _aligned(labels, expected) or (item.id == "derivative-gradcheck" and _raises(expected))


@every_item
def test_names_of_parts_that_are_printed_are_python(item: Item, default_exam: Exam) -> None:
    for question in _questions(item, default_exam, 3):
        for label in _leaves(write_down(item, question).labels):
            if type(label) is str:
                ast.parse(label, mode="eval")


@every_item
def test_the_wrong_part_is_named_and_the_right_ones_are_not(item: Item, default_exam: Exam) -> None:
    sheet = default_exam.sheets[item.id]
    for question, expected in list(zip(sheet.questions, sheet.answers, strict=True))[:5]:
        transcript = write_down(item, question)
        leaves = _leaves(transcript.labels)
        if not _aligned(transcript.labels, expected) or len(leaves) < 2 or len(leaves) != len(_leaves(expected)):
            continue
        for place in range(len(leaves)):
            got = _spoil_one(expected, place)
            [part] = transcript.wrong_parts(expected, got)
            assert part.name == ("the result" if isinstance(leaves[place], Result) else str(leaves[place]))


def _spoil_one(answer: Any, place: int) -> Any:
    count = iter(range(1000))

    def copy(part: Any) -> Any:
        if isinstance(part, list):
            return [copy(each) for each in part]
        return _spoiled(part) if next(count) == place else part

    return copy(answer)


def _transcript(id: str, **question: Any) -> Transcript:
    return write_down(ITEMS[id], question)


def test_a_message_says_what_was_asked_what_is_right_and_what_was_given() -> None:
    transcript = _transcript("backprop-mul", x=["Value", 3.0], y=["Value", -2.0], before=0.5, g=0.25)
    wrong = transcript.wrong_parts([0.0, -1.0], [-0.5, -1.0])[:1]
    sentence = _sentence(transcript, wrong)
    assert sentence.startswith("`Value(3.0) * Value(-2.0)`, a.grad already 0.5, ")
    assert sentence.endswith("upstream gradient 0.25: a.grad should be 0.0, yours is -0.5")


def test_what_a_value_lacks_is_printed() -> None:
    added = _transcript("engine-add", x=["Value", 3.0], y=["Value", -2.0])
    assert added.reproduce(lacks="_prev").endswith("out = a + b\nprint(out._prev)")
    drawn = _transcript("trace-dot", graph=ITEMS["trace-dot"].examples[0]["graph"])
    assert drawn.reproduce(lacks="_prev").endswith("print(a._prev)")


def test_a_name_that_is_bound_anew_is_shown_with_its_statements() -> None:
    program = {"leaves": [3.0], "steps": [["+=", 0, [1.0]], ["*", 1, 0]]}
    transcript = _transcript("backprop-expressions", program=program, order=1)
    assert transcript.ask == "`b = a; b += 1.0; c = b * a` where a = Value(3.0)"


def test_a_second_graph_is_part_of_what_is_asked() -> None:
    (example, *_) = [each for each in ITEMS["backprop-order"].examples if len(each["roots"]) > 1]
    transcript = _transcript("backprop-order", **example)
    assert transcript.ask.endswith("b.backward() then c.backward()")
    assert transcript.reproduce().count(".backward()") == 2 and transcript.reproduce().count("rule(b,") == 1


def test_a_long_list_of_wrong_parts_is_cut() -> None:
    transcript = _transcript("engine-add", x=["Value", 3.0], y=["Value", -2.0])
    expected = [[1.0, 3.0, -2.0, True, True], "+", True, True, []]
    sentence = _sentence(transcript, transcript.wrong_parts(expected, [[2.0, *"abcd"], "+", True, False, []]))
    assert sentence.endswith("; and 3 more")
    assert sentence.count("should be") == 3


@pytest.mark.parametrize("got", few([[1.0], {"object": "a Value"}, None, [], "text", [[[]]], [None] * 6]))
@every_item
def test_an_answer_of_the_wrong_form_still_gets_a_message(item: Item, default_exam: Exam, got: Any) -> None:
    sheet = default_exam.sheets[item.id]
    transcript = write_down(item, sheet.questions[0])
    wrong = transcript.wrong_parts(sheet.answers[0], got)
    assert wrong
    assert "should " in _sentence(transcript, wrong)
    assert transcript.reproduce(wrong)


@every_item
def test_no_part_is_blamed_that_the_judge_accepts(item: Item, default_exam: Exam) -> None:
    """Neither for what a tolerance forgives, nor for what an item leaves free, beside a part that is wrong."""
    sheet = default_exam.sheets[item.id]
    for question, expected in list(zip(sheet.questions, sheet.answers, strict=True))[:4]:
        transcript = write_down(item, question)
        leaves = len(_leaves(expected))
        if not _aligned(transcript.labels, expected) or leaves != len(_leaves(transcript.labels)):
            continue
        for place in range(leaves):
            got = _spoil_one(_nudged(expected, item.tolerance / 2), place)
            if not transcript.accepts(expected, got):
                assert len(transcript.wrong_parts(expected, got)) == 1, (question, got)


def _nudged(answer: Any, by: float) -> Any:
    """An answer whose numbers are off by a relative `by`."""
    if isinstance(answer, list):
        return [_nudged(part, by) for part in answer]
    return answer * (1 + by) if isinstance(answer, float) else answer


def test_a_right_order_is_not_blamed_beside_a_wrong_gradient() -> None:
    item = ITEMS["backprop-order"]
    graph = [
        {"data": 1.0, "grad": 0.0, "op": "", "parents": []},
        {"data": 1.0, "grad": 0.0, "op": "+", "parents": [[0, 2.0]]},
        {"data": 1.0, "grad": 0.0, "op": "+", "parents": [[0, 3.0]]},
        {"data": 1.0, "grad": 0.0, "op": "+", "parents": [[1, 1.0], [2, 1.0]]},
    ]
    question = {"graph": graph, "order": 1, "roots": [-1]}
    gradients, visits = answer(COURSE, item, question)
    other = [visits[0], *reversed(visits[1:])]
    wrong = write_down(item, question).wrong_parts([gradients, visits], [[9.0, *gradients[1:]], other])
    assert [part.name for part in wrong] == ["a.grad"]


def test_a_second_backward_is_part_of_the_question() -> None:
    program = {"leaves": [2.0, -3.0], "steps": [["+", 0, 1], ["*", 2, 0]]}
    assert _transcript("stretch-twice", program=program, order=1).ask == (
        "`(a + b) * a` where a = Value(2.0), b = Value(-3.0), `backward()` called twice"
    )
    asked = _transcript("backprop-shared", case="two results", x=1.5, y=-2.0, order=1).ask
    assert asked == "`a * b` and `a + b` where a = Value(1.5), b = Value(-2.0), `backward()` of each"


@every_item
def test_a_question_is_short_in_words(item: Item, default_exam: Exam) -> None:
    for question in default_exam.sheets[item.id].questions:
        assert len(write_down(item, question).ask) <= 200


def test_long_lists_are_told_by_what_differs() -> None:
    graph = [
        {"data": float(n), "grad": 0.0, "op": "+" * (n > 0), "parents": [[n - 1, 1.0]] * (n > 0)} for n in range(6)
    ]
    transcript = _transcript("trace-dot", graph=graph)
    labels, edges = answer(COURSE, ITEMS["trace-dot"], {"graph": graph})
    (part,) = transcript.wrong_parts([labels, edges], [labels, edges[1:]])
    assert str(part) == f"{part.name} lacks {list(edges[0])}"


def test_hand_built_nodes_are_named() -> None:
    graph = [
        {"data": 1.0, "grad": 0.0, "op": "", "parents": []},
        {"data": 2.0, "grad": 0.0, "op": "+", "parents": [[0, 1.0]]},
    ]
    transcript = _transcript("trace-nodes", graph=graph)
    assert transcript.nodes == ["a", "b"]
    sentence = _sentence(transcript, transcript.wrong_parts([[0, 1], [[0, 1]]], [[0, -1], [[1, 0]]]))
    assert "should be [a, b], yours is [a, a stranger]" in sentence
    assert "should be [[a, b]], yours is [[b, a]]" in sentence
