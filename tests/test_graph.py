"""The graph behind a wrong answer: what is looked at, where it goes wrong first, and how it is drawn."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import math
import os
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from conftest import SAMPLES
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from nightly import WHOLE, examples, one_of_each, only
from planting import REFERENCE, Fault, copy_reference
from rich.console import Console

from autograder.classroom.grade import grade_class
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.cli import app as cli
from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd import graph_diff as look
from autograder.courses.micrograd import strategies as own_strategies
from autograder.courses.micrograd.domains import Program
from autograder.courses.micrograd.oracle.annotation import annotate
from autograder.courses.micrograd.oracle.torch_lab import TorchLab
from autograder.courses.micrograd.student_lab.lab import StudentLab
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.courses.micrograd.transcript.transcript import Transcript
from autograder.errors import UserError
from autograder.exam.equality import same
from autograder.exam.items import Item, Question
from autograder.exam.paper import Exam
from autograder.exam.questions import strategies
from autograder.explanation import Explanation
from autograder.grading import asking, exams
from autograder.grading.grader import Grader
from autograder.report import ItemResult, files, terminal, text
from autograder.report import graph as drawing
from autograder.report.exports.markdown import markdown
from autograder.report.github import annotations
from autograder.report.html import drawings
from autograder.report.message import item_message
from autograder.sandbox.inside.sitting import plain
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.records import Answers
from autograder.sandbox.subject import LOOKS
from autograder.sandbox.worker import Worker
from autograder.submissions.submission import Submission

pytestmark = pytest.mark.xdist_group("graph")

ITEMS = load_items()
DRAWN = [item for item in ITEMS.values() if item.look]
every_drawn_item = pytest.mark.parametrize(
    "item", one_of_each(DRAWN, lambda item: item.assignment, id=lambda item: item.id)
)
needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="graphviz's dot is not installed")
WIDE = settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))

_SCHEMA = files.schema()
GRAPH = jsonschema.Draft202012Validator({**_SCHEMA["$defs"]["graph"], "$defs": _SCHEMA["$defs"]})


JUDGES: list[Grader] = []


@pytest.fixture(scope="module")
def default_exam() -> Iterator[Exam]:
    """With a judge that stays for all who want but the usual one."""
    with Grader(exams.get(), NO_SANDBOX) as judge:
        JUDGES.append(judge)
        yield judge.exam
        JUDGES.remove(judge)


def engine() -> ModuleType:
    """The reference's engine, imported anew under a name of its own."""
    spec = importlib.util.spec_from_file_location("engine_to_look_at", REFERENCE / "engine.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said(value: Any) -> Answers:
    """What the judge takes from a sandbox that answers one question by `value`."""
    return Answers("answered", raw=json.dumps([value]).encode())


def looked(item: Item, question: Question, module: ModuleType) -> dict[str, Any] | None:
    """The graph of a question, as an engine of this process computes it."""
    lab = StudentLab({"engine": module})
    try:
        found = json.loads(plain(item(lab, look.looking(question))))
    finally:
        lab.restore()
    return look.graph(item, annotate(item, question), said([found]))


# --- what is right ------------------------------------------------------------------------------------------


@every_drawn_item
def test_what_is_drawn_as_right_is_what_pytorch_says(item: Item, default_exam: Exam) -> None:
    sheet = default_exam.sheets[item.id]
    for question, _ in sheet.answered():
        lab = TorchLab()
        item.experiment(lab, **question)
        nodes = look.right_nodes(item, sheet.about(question))
        assert nodes or question.get("case") == "60 doublings"
        for ours, theirs in zip(nodes, lab.graph() if nodes else [], strict=True):
            numbers = theirs and {"data": theirs[2], "grad": theirs[3]}
            assert (ours == {}) == (theirs is None)
            assert not ours or ([ours["op"], ours["parents"]] == theirs[:2] and list(ours["expected"]) == [*item.look])
            assert not ours or all(same([n, *_numbers(nodes, kind)], [numbers[kind], *_numbers(nodes, kind)], 1e-11)
                                   for kind, n in ours["expected"].items())  # fmt: skip


def _numbers(nodes: list[dict[str, Any]], kind: str) -> list[float]:
    """What a graph holds of a kind: what is next to nothing beside these is nothing."""
    return [node["expected"][kind] for node in nodes if node]


@every_drawn_item
def test_what_is_drawn_as_right_is_what_is_graded_as_right(item: Item, default_exam: Exam) -> None:
    """Wherever an answer's parts are nodes of the graph."""
    sheet = default_exam.sheets[item.id]
    for question, expected in sheet.answered():
        notes = sheet.about(question)
        right = {f"{node['name']}.{kind}": number for node in look.right_nodes(item, notes) if node
                 for kind, number in node["expected"].items()}  # fmt: skip
        for part in Transcript.read(item, question, notes["transcript"]).right_parts(expected):
            if part.source in right:
                assert same(right[part.source], float(part.expected), 1e-9, 1e3)


@every_drawn_item
def test_nodes_are_called_as_in_the_lines_to_paste(item: Item, default_exam: Exam) -> None:
    for question in default_exam.sheets[item.id].questions:
        transcript = write_down(item, question)
        lines = "; ".join(transcript.lines)
        nodes = [node for node in look.right_nodes(item, annotate(item, question)) if node]
        assert nodes or question.get("case") == "60 doublings"
        for node in nodes:
            assert (node["op"] == "") == (node["formula"] == "") == (not node["parents"])
            made = rf"\b{node['name']} = {re.escape(node['formula'])}" if node["formula"] else rf"\b{node['name']}\b"
            assert re.search(made, lines) or item.id == "backprop-order"  # whose lines give the rules apart
        assert len({node["name"] for node in nodes}) == len(nodes)


@every_drawn_item
def test_a_right_engine_has_no_graph_to_draw(item: Item, default_exam: Exam) -> None:
    if item.uses != ("engine",):
        return
    right = engine()
    for question in default_exam.sheets[item.id].questions:
        assert looked(item, question, right) is None


def test_the_end_of_many_doublings_is_not_drawn() -> None:
    item = ITEMS["backprop-shared"]
    (question,) = [q for q in item.examples if (q["case"], q["order"]) == ("60 doublings", 1)]
    assert look.graph(item, annotate(item, question), said([[[1.5, 0.0], [-2.0, 0.0], [0.0, 0.0]]])) is None


# --- where it goes wrong first ------------------------------------------------------------------------------

_METHODS = {"+": ("__add__", "__radd__"), "*": ("__mul__", "__rmul__"), "**": ("__pow__",), "relu": ("relu",),
            "tanh": ("tanh",), "exp": ("exp",), "log": ("log",)}  # fmt: skip
_PROGRAM = Program(operations=tuple(_METHODS))
# Two operands, an exponent, and one operand.
every_operation = pytest.mark.parametrize("op", only(_METHODS, {"+", "**", "tanh"}.__contains__))


def _made_by(op: str, node: dict[str, Any]) -> bool:
    made = node["op"]
    return made.startswith("**") if op == "**" else op.lower() in made.lower().split()


def _spoil(module: ModuleType, op: str, wrap: Callable[[Any, Any], None]) -> None:
    """Have `wrap(operand, out)` spoil whatever the operation gives."""
    name = _METHODS[op][0]
    right = getattr(module.Value, name)

    def operation(self: Any, *others: Any) -> Any:
        out = right(self, *others)
        wrap(self, out)
        return out

    setattr(module.Value, name, operation)


def _wrong_number(operand: Any, out: Any) -> None:
    out.data += 0.5


def _wrong_rule(operand: Any, out: Any) -> None:
    """Off by as much wherever it is used, for a share of the gradient may vanish; and by more than rounding forgives
    beside the steepest program that can be drawn."""
    rule = out._backward

    def _backward() -> None:
        rule()
        operand.grad += 2.0**40

    out._backward = _backward


@every_operation
@WIDE
@given(program=own_strategies.program(_PROGRAM), order=st.sampled_from((1, -1)))
def test_a_wrong_number_goes_wrong_first_where_it_is_made(op: str, program: Any, order: int) -> None:
    assume(any(step[0] == op for step in program["steps"]))
    module = engine()
    _spoil(module, op, _wrong_number)
    found = looked(ITEMS["backprop-expressions"], {"program": program, "order": order}, module)
    assert found
    GRAPH.validate(found)
    assert _made_by(op, found["nodes"][found["wrong"]])
    assert not any(_made_by(op, node) for node in found["nodes"][: found["wrong"]])


@every_operation
@WIDE
@given(program=own_strategies.program(_PROGRAM), order=st.sampled_from((1, -1)))
def test_a_wrong_rule_goes_wrong_first_at_an_operand(op: str, program: Any, order: int) -> None:
    assume(any(step[0] == op for step in program["steps"]))
    module = engine()
    _spoil(module, op, _wrong_rule)
    found = looked(ITEMS["backprop-expressions"], {"program": program, "order": order}, module)
    assert found
    first, nodes = found["wrong"], found["nodes"]
    dependents = [node for node in nodes if first in node["parents"]]
    assert any(_made_by(op, node) for node in dependents)
    assert all(node["got"] == node["expected"] for node in dependents)
    assert nodes[first]["got"]["data"] == nodes[first]["expected"]["data"]


@every_operation
@pytest.mark.parametrize(
    "instead", [lambda out: 7.0, lambda out: None, lambda out: 1 / 0], ids=["float", "None", "raises"]
)
@settings(WIDE, max_examples=examples(10))
@given(program=own_strategies.program(_PROGRAM))
def test_what_is_no_value_is_missing_from_there_on(op: str, instead: Callable[[Any], Any], program: Any) -> None:
    assume(any(step[0] == op for step in program["steps"]))
    module = engine()
    right = getattr(module.Value, _METHODS[op][0])
    setattr(module.Value, _METHODS[op][0], lambda *operands: instead(right(*operands)))
    found = looked(ITEMS["backprop-expressions"], {"program": program, "order": 1}, module)
    assert found
    first = found["nodes"][found["wrong"]]
    assert _made_by(op, first) and first["got"] is None
    assert all(node["got"] for node in found["nodes"][: found["wrong"]])


def test_a_second_backward_goes_wrong_first_within() -> None:
    """As in micrograd, where only leaves should keep what they have."""
    module = engine()
    source = (REFERENCE / "engine.py").read_text("utf-8")
    assert source.count("                node.grad = 0.0\n") == 1
    exec(
        compile(source.replace("                node.grad = 0.0\n", "                pass\n"), "engine", "exec"),
        vars(module),
    )
    question = {"program": {"leaves": [2.0, -3.0, 5.0], "steps": [["+", 0, 1], ["*", 3, 2]]}, "order": 1}
    found = looked(ITEMS["stretch-twice"], question, module)
    assert found
    first = found["nodes"][found["wrong"]]
    assert (first["name"], first["formula"]) == ("d", "a + b")
    assert (first["expected"], first["got"]) == ({"data": -1.0, "grad": 5.0}, {"data": -1.0, "grad": 10.0})


# --- what a sandbox may say ---------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>", "]]>", "<!-- ", "{a|<b> c}|}{", '"\\N\\G\\"\n\\l', "&amp;&#0;&bogus;", "'",
    "\x1b[31mred\x1b[0m", "::error::pwned", "```", "\ud800\udfff\0\ufffe\uffff\u202e", "9" * 5000, "", " ", "é漢🎉",
    "[bold]x[/bold]",
]  # fmt: skip
scalars = st.sampled_from(
    [None, True, 10**400, -(10**400), 1e308, 5e-324, math.nan, math.inf, -math.inf, 0, -0.0, *HOSTILE]
) | st.floats()  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["object", "raised"]), inner, max_size=2)
    ),
    max_leaves=6,
)
pairs = st.lists(st.lists(anything, min_size=2, max_size=2) | anything, max_size=6)


@WIDE
@given(answers=anything | pairs.map(lambda found: [found]), item=st.sampled_from(DRAWN), data=st.data())
def test_whatever_a_sandbox_says_gives_a_valid_graph_or_none(answers: Any, item: Item, data: st.DataObject) -> None:
    question = item.examples[0] if item.examples else data.draw(strategies.questions(COURSE, item.domains))
    names = [node.get("name") for node in look.right_nodes(item, annotate(item, question))]
    found = look.graph(item, annotate(item, question), said(answers))
    if found is None:
        return
    GRAPH.validate(json.loads(json.dumps(found, allow_nan=False)))
    assert {node["name"] for node in found["nodes"]} <= set(names)
    for node in found["nodes"]:
        for number in (node["got"] or {}).values():
            assert isinstance(number, float) or re.fullmatch(r"[\w -]{3,80}", number)
    drawing.tree(found)


@pytest.mark.parametrize("kind", ["crashed", "timeout", "import"])
def test_no_answer_is_no_graph(kind: str) -> None:
    item = ITEMS["engine-add"]
    question = item.examples[0]
    assert look.graph(item, annotate(item, question), Answers(kind)) is None
    assert look.graph(item, annotate(item, question), None) is None


# --- drawn --------------------------------------------------------------------------------------------------


def node(name: str, *parents: int, formula: str = "", **numbers: tuple[Any, Any] | None) -> dict[str, Any]:
    """A node with (right, given) for each kind of number; None instead is one that is missing."""
    expected = {kind: 1.0 if pair is None else pair[0] for kind, pair in numbers.items()}
    got = None if None in numbers.values() else {kind: pair[1] for kind, pair in numbers.items() if pair}
    return {"name": name, "op": "+" if parents else "", "formula": formula, "parents": list(parents),
            "expected": expected, "got": got}  # fmt: skip


EXAMPLE = {
    "nodes": [
        node("a", data=(2.0, 2.0), grad=(4.0, 5.0)),
        node("b", data=(-3.0, -3.0), grad=(0.1 + 0.2, 0.1 + 0.2)),
        node("c", 0, 1, formula="a + b", data=(-1.0, -1.0), grad=(1.0, 2.0)),
        node("d", 2, 0, formula="c * a", data=(-2.0, -2.0), grad=(1.0, 1.0)),
    ],
    "wrong": 2,
}
words = st.sampled_from(HOSTILE) | st.text(max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False) | words


@st.composite
def graphs(draw: st.DrawFn, name: st.SearchStrategy[str] = words) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = []
    for place in range(draw(st.integers(1, 6))):
        parents = draw(st.lists(st.integers(0, place - 1), max_size=3)) if place else []
        kinds = draw(st.sampled_from((("data",), ("grad",), ("data", "grad"))))
        pairs = {kind: draw(st.tuples(numbers, numbers)) for kind in kinds}
        made = node(draw(name), *parents, formula=draw(words) if parents else "", **pairs)
        nodes.append({**made, "got": draw(st.sampled_from((made["got"], made["expected"], None)))})
    return {"nodes": nodes, "wrong": draw(st.integers(0, len(nodes) - 1))}


def test_the_tree_leads_from_the_result_to_the_leaves() -> None:
    assert drawing.tree(EXAMPLE).split("\n") == [
        "d = c * a         data -2.0  grad 1.0",
        "├─ c = a + b      data -1.0  grad should be 1.0, yours is 2.0  <-- first wrong",
        "│  ├─ a           data 2.0   grad should be 4.0, yours is 5.0",
        "│  └─ b           data -3.0  grad 0.3",
        "└─ a (see above)",
    ]


def test_the_tree_says_what_is_missing_and_shows_every_result() -> None:
    found = {
        "nodes": [
            node("a", data=(2.0, 2.0)),
            node("b", 0, 0, formula="a + a", data=(4.0, "a str")),
            node("c", 0, data=None),
        ],
        "wrong": 1,
    }
    assert drawing.tree(found, "ascii").split("\n") == [
        "c                 data should be 1.0, yours is missing",
        "`- a              data 2.0",
        "b = a + a         data should be 4.0, yours is a str  <-- first wrong",
        "`- a (see above)",
    ]


@WIDE
@given(graphs(st.uuids().map(str)))
def test_the_tree_has_every_node_once_and_one_mark(graph: dict[str, Any]) -> None:
    lines = drawing.tree(graph).split("\n")
    first = graph["nodes"][graph["wrong"]]["name"]
    assert [line for line in lines if line.endswith(text.FIRST_WRONG)] == [
        line for line in lines if first in line and "(see above)" not in line
    ]
    for each in graph["nodes"]:
        assert sum(each["name"] in line and "(see above)" not in line for line in lines) == 1
    assert len(lines) <= len(graph["nodes"]) + sum(len(set(each["parents"])) for each in graph["nodes"])
    assert max(map(len, lines)) < 600 and not re.search(r"[\x00-\x1f\x7f\u202e\ud800-\udfff]", "".join(lines))


def test_the_tree_is_ascii_where_it_must_be() -> None:
    assert drawing.tree(EXAMPLE, "ascii").isascii()
    assert drawing.tree(EXAMPLE, "ascii").split("\n")[2].startswith("|  |- a ")


# --- pictures -----------------------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"


def _picture(svg: str) -> ET.Element:
    """A picture, parsed; it holds nothing but shapes and text."""
    root = ET.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "g", "polygon", "path", "text"}
    assert svg.startswith("<svg ") and "width" not in root.attrib and "height" not in root.attrib
    for element in root.iter():
        assert not [name for name in element.attrib if name == "id" or "href" in name or name.startswith("on")]
    return root


def _texts(root: ET.Element) -> list[str]:
    return [" ".join((e.text or "").split()).replace("\N{WORD JOINER}", "") for e in root.iter(f"{SVG}text")]


@needs_dot
def test_a_picture_says_what_the_tree_says() -> None:
    root = _picture(drawing.svg(EXAMPLE))
    (first,) = [group for group in root.iter(f"{SVG}g") if "wrong" in group.get("class", "").split()]
    assert {"c", "= a + b", "-1.0", "should be 1.0", "yours is 2.0"} <= set(_texts(first))
    assert {"a", "b", "d", "should be 4.0", "yours is 5.0", "0.3"} <= set(_texts(root))
    assert "#c81e1e" in ET.tostring(first, "unicode")
    assert ET.tostring(root, "unicode").count("#c81e1e") == ET.tostring(first, "unicode").count("#c81e1e")
    assert "c is the first node that is wrong" in root.get("aria-label", "")


@needs_dot
@settings(WIDE, max_examples=examples(15))
@given(st.lists(graphs(), min_size=1, max_size=12))
def test_pictures_are_inert_and_mark_one_node(found: list[dict[str, Any]]) -> None:
    for graph, svg in zip(found, drawing.svgs(found), strict=True):
        root = _picture(svg)
        groups = [group.get("class", "").split() for group in root.iter(f"{SVG}g")]
        assert sum("node" in classes for classes in groups) == len(graph["nodes"])
        assert sum("wrong" in classes for classes in groups) == 1
        assert sum("edge" in classes for classes in groups) == sum(len(each["parents"]) for each in graph["nodes"])


@needs_dot
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_only_text(hostile: str) -> None:
    graph = {"nodes": [node(hostile, formula=hostile, data=(1.0, hostile))], "wrong": 0}
    root = _picture(drawing.svg(graph))
    assert f"yours is {drawing._text(hostile) or 'nothing'}" in _texts(root)
    assert "\n" not in drawing.tree(graph)


@needs_dot
def test_many_are_drawn_as_each_alone() -> None:
    other = {"nodes": [node("out", data=(1.0, 2.0))], "wrong": 0}
    assert drawing.svgs([EXAMPLE, other, EXAMPLE]) == [drawing.svg(EXAMPLE), drawing.svg(other), drawing.svg(EXAMPLE)]
    assert drawing.svgs([]) == []


@needs_dot
def test_deep_graphs_are_drawn_downwards() -> None:
    def size(steps: int) -> list[float]:
        chain = [node("v", *([place - 1] if place else []), data=(1.0, 1.0)) for place in range(steps + 1)]
        box = ET.fromstring(drawing.svg({"nodes": chain, "wrong": 0})).get("viewBox", "")
        return [float(number) for number in box.split()[2:]]

    (broad, low), (narrow, high) = size(6), size(7)
    assert broad > low and narrow < high


def _without_dot(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str = "") -> None:
    """A system without graphviz, or with another program of that name."""
    folder.mkdir()
    if program:
        (folder / "dot").write_text(f"#!/bin/sh\n{program}\n")
        (folder / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_without_graphviz_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_dot(monkeypatch, tmp_path / "bin")
    with pytest.raises(UserError, match="install graphviz"):
        drawing.svg(EXAMPLE)


@pytest.mark.parametrize("program", ["echo '<svg></svg>'", "echo no luck >&2; exit 1", "kill -9 $$", "printf '\\377'"])
def test_a_graphviz_that_fails_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    _without_dot(monkeypatch, tmp_path / "bin", program)
    with pytest.raises(UserError, match=r"graphviz's dot drew \d of 2 graphs"):
        drawing.svgs([EXAMPLE, EXAMPLE])


def test_a_graphviz_that_never_ends_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_dot(monkeypatch, tmp_path / "bin", "exec /bin/sleep 60")
    monkeypatch.setattr(drawing, "_SECONDS", 0.2)
    with pytest.raises(UserError, match="dot failed"):
        drawing.svg(EXAMPLE)


# --- in a report --------------------------------------------------------------------------------------------


def verdict(graph: dict[str, Any] | None = EXAMPLE, **changes: Any) -> ItemResult:
    counterexample: dict[str, Any] = {"inputs": {}, "expected": [1], "got": [2]} | ({"graph": graph} if graph else {})
    facts = {"counterexample": counterexample, "reproduce": "lines", "explanation": Explanation("it is wrong")}
    return ItemResult("backprop-mul", "backprop", "The product", 2, 0, "failed", **{**facts, **changes})


def test_a_message_shows_the_tree_before_the_lines_to_paste() -> None:
    message = item_message(verdict())
    assert message.startswith("it is wrong\n" + text.TREE + "\n    d = c * a ")
    assert message.index("(see above)") < message.index("paste this")
    assert text.TREE not in item_message(verdict(None))
    assert item_message(verdict(), encoding="ascii").isascii()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_the_terminal_shows_the_first_wrong_node_in_red(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    terminal.print_item(verdict(), Console(file=stream, force_terminal=True, color_system="standard", width=40))
    stream.flush()
    shown = raw.getvalue().decode(encoding)
    (red,) = [line for line in shown.split("\n") if "\x1b[31m" in line and "c = a + b" in line]
    assert red.rstrip().endswith(f"{text.FIRST_WRONG}\x1b[0m")
    assert shown.count("\x1b[31m") == 2  # and the mark of the verdict
    assert "?" not in shown


def test_markdown_shows_the_tree_in_a_block_of_code() -> None:
    report = _report(verdict())
    blocks = [
        token.content
        for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown(report))
        if token.type == "fence"
    ]
    assert drawing.tree(EXAMPLE) + "\n" in blocks
    assert annotations(report).count("\n") == 1


def _report(*items: ItemResult, student: str = "s01") -> files.Report:
    return files.Report(student, "sha256e", "sha256s", [], list(items))


@WIDE
@given(graphs())
def test_reports_hold_any_graph(graph: dict[str, Any]) -> None:
    report = _report(verdict(graph))
    data = json.loads(files.report_json(report))
    jsonschema.Draft202012Validator(_SCHEMA).validate(data)
    assert files.report_json(files.Report.from_dict(data)) == files.report_json(report)
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", item_message(report.items[0]))


# --- graded -------------------------------------------------------------------------------------------------

_SLIP = Fault("forgets to add", "engine:__mul__._backward", "self.grad +=", "self.grad =", ("backprop-mul",))


@pytest.fixture(scope="module")
def slip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _SLIP.plant(tmp_path_factory.mktemp("slip"))


def graded(exam: Exam, source: Path, *ids: str, **options: Any) -> dict[str, ItemResult]:
    with Grader(exam, NO_SANDBOX, **options) if options else contextlib.nullcontext(JUDGES[-1]) as grader:
        return {item.id: item for item in grader.grade("s01", source, ids or None).items}


def graph_of(result: ItemResult) -> dict[str, Any]:
    assert result.counterexample is not None
    found = result.counterexample["graph"]
    GRAPH.validate(found)
    return dict(found)


def test_the_graph_is_that_of_the_message(default_exam: Exam, slip: Path) -> None:
    (result,) = graded(default_exam, slip, "backprop-mul").values()
    found = graph_of(result)
    first = found["nodes"][found["wrong"]]
    assert (
        f"{first['name']}.grad should be {first['expected']['grad']}, yours is {first['got']['grad']}" in result.message
    )
    assert [each["name"] for each in found["nodes"]][-1] == "out"
    assert f"out = {found['nodes'][-1]['formula']}" in str(result.reproduce)


def test_a_look_in_the_sandbox_is_that_without(default_exam: Exam, slip: Path) -> None:
    with Grader(default_exam, choose("auto")) as grader:
        (inside,) = grader.grade("s01", slip, ["backprop-mul"]).items
    (outside,) = graded(default_exam, slip, "backprop-mul").values()
    (unforked,) = graded(default_exam, slip, "backprop-mul", fork=False).values()
    assert graph_of(inside) == graph_of(outside) == graph_of(unforked)


def test_engine_items_show_no_gradients(default_exam: Exam, tmp_path: Path) -> None:
    fault = Fault("product", "engine:__mul__", "self.data * other.data", "self.data * other.data + 1", ("engine-mul",))
    (result,) = graded(default_exam, fault.plant(tmp_path), "engine-mul").values()
    found = graph_of(result)
    assert {kind for each in found["nodes"] for kind in each["expected"]} == {"data"}
    assert found["nodes"][found["wrong"]]["name"] == "out"


def test_nodes_that_are_not_listed_are_missing(default_exam: Exam, tmp_path: Path) -> None:
    fault = Fault(
        "leaves out",
        "trace:trace",
        "for parent in node._prev:",
        "for parent in list(node._prev)[:1]:",
        ("trace-nodes",),
    )
    (result,) = graded(default_exam, fault.plant(tmp_path), "trace-nodes").values()
    found = graph_of(result)
    assert found["nodes"][found["wrong"]]["got"] is None
    assert any(each["got"] for each in found["nodes"])


def test_what_has_no_wrong_number_has_no_graph(default_exam: Exam, tmp_path: Path) -> None:
    fault = Fault("label", "engine:__mul__", "'*')", "'x')", ("engine-mul",))
    (result,) = graded(default_exam, fault.plant(tmp_path), "engine-mul").values()
    assert "_op" in result.message and result.counterexample is not None and "graph" not in result.counterexample


def test_a_look_is_asked_once_and_only_of_what_failed(
    default_exam: Exam, slip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[list[str]] = []
    run = Worker.run

    def counted(self: Worker, root: Path, items: Any, questions: Any = None, **options: Any) -> Any:
        if questions and any("look" in question for asked in questions.values() for question in asked):
            looks.append([id for id in items if any("look" in question for question in questions.get(id, []))])
        return run(self, root, items, questions, **options)

    monkeypatch.setattr(Worker, "run", counted)
    graded(default_exam, slip, "engine-mul", "backprop-add", "backprop-mul", "backprop-expressions")
    assert looks == [[LOOKS + "backprop-mul"]]
    graded(default_exam, REFERENCE.parent, "engine-mul", "backprop-mul")
    assert looks == [[LOOKS + "backprop-mul"]]


def test_a_sandbox_that_fails_at_a_look_costs_the_graph_alone(
    default_exam: Exam, slip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = graded(default_exam, slip, "backprop-mul").values()
    run = Worker.run

    monkeypatch.setattr(asking, "worth_asking", lambda *_: {})  # so that it is asked afterwards
    asked = []

    def failing(self: Worker, root: Path, items: Any, questions: Any = None, **options: Any) -> Any:
        asked.extend([questions] if questions else [])
        if len(asked) > 1:  # the first ones are simpler questions
            raise SandboxError("the sandbox died")
        return run(self, root, items, questions, **options)

    monkeypatch.setattr(Worker, "run", failing)
    (result,) = graded(default_exam, slip, "backprop-mul").values()
    assert len(asked) > 1
    assert result.counterexample is not None and whole.counterexample is not None
    assert {**result.counterexample, "graph": graph_of(whole)} == whole.counterexample
    assert (result.status, result.message, result.reproduce) == (whole.status, whole.message, whole.reproduce)


_ODD = {
    "a text": ("'<script>'", "a str"),
    "a huge int": ("10**400", "a huge int"),
    "itself": ("self", "a Value"),
    "nothing": ("None", "None"),
    "not a number": ("float('nan')", "nan"),
    "a list": ("[[[1.0]]]", "a list"),
}


@pytest.mark.parametrize("data, shown", only(_ODD.values(), [*_ODD.values()][:3].__contains__), ids=_ODD)
def test_odd_data_is_named(default_exam: Exam, tmp_path: Path, data: str, shown: str) -> None:
    fault = Fault(
        "odd", "engine:relu", "        return out", f"        out.data = {data}\n        return out", ("engine-relu",)
    )
    (result,) = graded(default_exam, fault.plant(tmp_path), "engine-relu").values()
    found = graph_of(result)
    assert found["nodes"][found["wrong"]]["got"] == {"data": shown}


_HARM = """import sys

def _grad(self):
    if sys._getframe(1).f_code.co_name == '_numbers':
        {harm}
    return 0.0

Value.grad = property(_grad, lambda self, grad: None)
"""


@pytest.mark.parametrize("harm", ["import os; os._exit(3)", "raise SystemExit", "while True: pass"])
def test_code_that_fails_when_it_is_looked_at_keeps_its_message(default_exam: Exam, tmp_path: Path, harm: str) -> None:
    """A class whose gradients cannot be read by a look, and by nothing else."""
    copy_reference(tmp_path)
    path = tmp_path / "micrograd" / "engine.py"
    code = path.read_text("utf-8").replace(
        "def relu(self):", "def relu(self):\n        return self.data\n\n    def _(self):"
    )
    path.write_text(f"{code}\n\n{_HARM.format(harm=harm)}", "utf-8")
    (result,) = graded(default_exam, tmp_path, "engine-relu", limits=Limits(cpu=0.5)).values()
    assert result.status == "failed" and "should be a Value" in result.message
    assert result.counterexample is not None and "graph" not in result.counterexample


# --- a class ------------------------------------------------------------------------------------------------

IDS = ("engine-mul", "backprop-mul")


def grade(out: Path, exam: Exam, *students: tuple[str, Path], fresh: bool = False) -> Results:
    job = Job(exam, NO_SANDBOX, IDS)
    results = Results(out, job)
    grade_class([Submission(name, {"": source}, name) for name, source in students], job, results, fresh=fresh)
    return results


def pictures(out: Path) -> list[str]:
    return sorted(str(path.relative_to(out)) for path in out.rglob("*.svg"))


@needs_dot
def test_wrong_answers_are_drawn_beside_the_report(default_exam: Exam, slip: Path, tmp_path: Path) -> None:
    results = grade(tmp_path, default_exam, ("ann", slip), ("bob", REFERENCE.parent), ("cid", slip))
    assert pictures(tmp_path) == ["ann/backprop-mul.svg", "cid/backprop-mul.svg"]
    drawn = (tmp_path / "ann" / "backprop-mul.svg").read_text()
    data = json.loads((tmp_path / "ann" / "report.json").read_text())
    (graph,) = [item["counterexample"]["graph"] for item in data["items"] if item["counterexample"]]
    assert drawn == drawing.svg(graph) == (tmp_path / "cid" / "backprop-mul.svg").read_text()
    assert results.drawings.trouble == ""


@needs_dot
def test_what_looks_alike_is_drawn_once(
    default_exam: Exam, slip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(drawings, "svgs", lambda graphs: drawn.append(len(graphs)) or drawing.svgs(graphs))
    monkeypatch.setattr(drawings, "_BATCH", 2)
    grade(tmp_path, default_exam, *((name, slip) for name in "abcde"))
    assert drawn == [1]
    assert len(pictures(tmp_path)) == 5


@needs_dot
def test_pictures_come_and_go_with_what_they_show(default_exam: Exam, slip: Path, tmp_path: Path) -> None:
    out, work = tmp_path / "out", tmp_path / "work"
    _SLIP.plant(work)
    grade(out, default_exam, ("ann", work))
    picture = out / "ann" / "backprop-mul.svg"
    (out / "ann" / "holiday.svg").write_text("not ours")
    os.utime(picture, (1, 1))

    grade(out, default_exam, ("ann", work))  # nothing has changed
    assert picture.stat().st_mtime == 1

    picture.unlink()
    grade(out, default_exam, ("ann", work))
    assert picture.is_file()

    path = work / "micrograd" / "engine.py"
    path.write_text((REFERENCE / "engine.py").read_text("utf-8"), "utf-8")
    grade(out, default_exam, ("ann", work))
    assert pictures(out) == ["ann/holiday.svg"]


@needs_dot
def test_without_graphviz_a_class_is_graded_all_the_same(
    default_exam: Exam, slip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        _without_dot(patch, tmp_path / "bin")
        results = grade(out, default_exam, ("ann", slip))
    assert "install graphviz" in results.drawings.trouble
    assert not pictures(out) and (out / "ann" / "report.json").is_file() and (out / "grades.csv").is_file()
    assert grade(out, default_exam, ("ann", slip)).drawings.trouble == ""  # what was missing is drawn now
    assert pictures(out) == ["ann/backprop-mul.svg"]


def _command(*arguments: object) -> str:
    """What the command prints."""
    done = CliRunner().invoke(cli.main, [str(argument) for argument in arguments])
    assert done.exit_code in (0, 1) and "Traceback" not in done.output
    return done.output


def test_the_command_says_why_pictures_are_missing(slip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no student is the worse for it."""
    _without_dot(monkeypatch, tmp_path / "bin")
    arguments = ("grade", slip, "--out", tmp_path / "out", "--assignment", "backprop", "--sandbox", "none")
    assert _command(*arguments, "--jobs", 1).count("gradschool: graphs cannot be drawn") == 1
    assert not pictures(tmp_path)


def test_a_check_shows_the_tree_and_writes_nothing(slip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(slip.rglob("*"))
    monkeypatch.chdir(slip)
    for format_ in ("terminal", "markdown", "github") if WHOLE else ("terminal",):
        shown = _command("check", ".", "--item", "backprop-mul", "--format", format_)
        assert text.TREE.split(":")[0] in shown and shown.count(text.FIRST_WRONG) == 1
    report = json.loads(_command("check", ".", "--item", "backprop-mul", "--format", "json"))
    GRAPH.validate(report["items"][0]["counterexample"]["graph"])
    assert sorted(slip.rglob("*")) == before


# --- a drawing decides nothing ----------------------------------------------------------------------------------


BACKPROP = [item.id for item in load_items().values() if item.assignment == "backprop"]


def _broken(*_: object) -> None:
    raise OverflowError("too long a graph")


@pytest.mark.usefixtures("default_exam")
def test_a_graph_that_cannot_be_had_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = JUDGES[-1].grade("emil", SAMPLES / "emil", BACKPROP)
    monkeypatch.setattr("autograder.courses.micrograd.graph_diff.graph", _broken)
    without = JUDGES[-1].grade("emil", SAMPLES / "emil", BACKPROP)
    assert [item.status for item in without.items] == [item.status for item in whole.items]
    assert without.score == whole.score and "graphs are missing" in without.message


@pytest.mark.usefixtures("default_exam")
def test_a_graph_that_cannot_be_drawn_stops_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = JUDGES[-1].grade("emil", SAMPLES / "emil", BACKPROP)
    shown = next(item for item in report.items if (item.counterexample or {}).get("graph"))
    for name in ("tree", "dot"):
        monkeypatch.setattr(f"autograder.report.graph.{name}", _broken)
    monkeypatch.setattr("autograder.report.html.drawings.dot", _broken)
    assert "cannot be drawn" in item_message(shown)
    pictures = drawings.Drawings(tmp_path, load_items())
    pictures.complete(report)
    pictures.draw()
    assert "cannot be drawn" in pictures.trouble and not pictures.waiting
