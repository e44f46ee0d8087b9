"""Reports survive whatever students write, and every format says the same."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import random
import re
import statistics
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from nightly import examples
from rich.console import Console

from autograder.classroom import progress
from autograder.explanation import Explanation, Part
from autograder.files import write_atomically, written
from autograder.report import STATUSES, ItemResult, Report, files, github, terminal, text
from autograder.report.exports.gradescope import results
from autograder.report.exports.junit import junit
from autograder.report.exports.markdown import markdown
from autograder.report.files import strict_json
from autograder.report.html.student_page import student_page
from autograder.report.message import item_message
from autograder.report.needs import needs
from autograder.report.notebook import Verdict
from autograder.report.push import push_lines

HOSTILE = [
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://x.org\x1b\\link \x9b2J \x1b",
    "[bold]bold[/bold] [/] [link=http://x.org]x[/link] :smile:",
    '=cmd|" /C calc"!A0',
    "\t@SUM(1)",
    "::error::pwned\n  ::set-output name=a::b\r::stop-commands::x\n##[set-env name=a]b",
    "</script><script>alert(1)</script>",
    "| a | b |\n|---|---|\n``` \n````\n~~~\n# heading\n- [x](http://x.org) ![i](y) @someone #1 www.x.org",
    "lone \ud800 and \udfff surrogates, nul \0, bell \a, bidi \u202e, line \u2028 separators \x85 \x0c",
    "%0A::error::x,y:z%25",
    "`" * 20,
    "",
]
VALIDATOR = jsonschema.Draft202012Validator(files.schema())
WIDE = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])

texts = st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=30)
numbers = st.integers(-9, 9) | st.floats() | texts
answers = st.lists(st.recursive(numbers, lambda inner: st.lists(inner, max_size=3), max_leaves=4), max_size=3)
counterexamples = st.fixed_dictionaries(
    {"inputs": st.dictionaries(texts, numbers, max_size=3), "expected": answers, "got": st.none() | answers}
)


frames = st.tuples(texts, st.integers(1, 999), texts)
explanations = st.builds(
    Explanation,
    problem=texts,
    asked=texts,
    did=texts,
    parts=st.lists(st.builds(Part, texts, texts, texts, texts, texts), max_size=5).map(tuple),
    frames=st.lists(frames, max_size=2).map(tuple),
    mistake=texts,
    whole=st.booleans(),
    absent=st.booleans(),
)


@st.composite
def verdicts(draw: st.DrawFn, item_id: str) -> ItemResult:
    points = draw(st.integers(1, 5))
    status = draw(st.sampled_from(STATUSES))
    return ItemResult(
        id=item_id,
        assignment=draw(st.sampled_from(["engine", "backprop", "stretch"])),
        title=draw(st.text(max_size=20)),
        points=points,
        earned=points if status == "passed" else 0,
        status=status,
        counterexample=draw(st.none() | counterexamples),
        reproduce=draw(st.none() | texts),
        diagnosis=draw(st.none() | texts),
        hint=draw(st.none() | texts),
        file=draw(st.none() | texts),
        line=draw(st.none() | st.integers(1, 999)),
        stdout=draw(texts),
        seconds=draw(st.floats(0, 9)),
        explanation=draw(explanations),
        bonus=draw(st.booleans()),
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    items = [draw(verdicts(f"engine-{index}")) for index in range(draw(st.integers(0, 3)))]
    return Report(draw(texts), "sha256e", "sha256s", draw(st.lists(texts, max_size=2)), items, draw(texts))


def verdict(item_id: str = "engine-mul", status: str = "failed", points: int = 2, **changes: Any) -> ItemResult:
    earned = points if status == "passed" else 0
    message = "" if status == "passed" else "2 * 3 gave 5.0, not 6.0"
    said = Explanation(changes.pop("message", message))
    values = {"explanation": said, "bonus": item_id.startswith("stretch-"), **changes}
    return ItemResult(item_id, item_id.partition("-")[0], "The product", points, earned, status, **values)


def report(*items: ItemResult, student: str = "s01", **changes: Any) -> Report:
    return Report(student, "sha256e", "sha256s", ["bwrap", "landlock"], list(items), **changes)


def classroom(size: int) -> tuple[list[Report], list[ItemResult]]:
    """A class with all kinds of verdicts, and the items of its rubric."""
    rng = random.Random(7)
    names = ["engine-add", "engine-mul", "backprop-add", "backprop-mul", "stretch-deep"]
    graded = [
        report(*(verdict(name, rng.choice(STATUSES[:7] + ("passed",) * 5)) for name in names), student=f"s{n:04}")
        for n in range(size)
    ]
    return graded, [verdict(name) for name in names]


def printed(show: Any, *args: Any, encoding: str = "utf-8", **options: Any) -> str:
    """What `show` prints on a console that is no terminal."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    show(args[0], Console(file=stream, width=60), *args[1:], **options)
    stream.flush()
    return raw.getvalue().decode(encoding)


def commands(output: str) -> list[str]:
    """The lines that GitHub's runner would take for workflow commands."""
    return [line for line in re.split(r"[\r\n]+", output) if line.strip().startswith("::") or "##[" in line]


def assert_harmless(output: str) -> None:
    strange = {c for c in output if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"}
    assert not strange, strange
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029]", output)


# --- report.json


@WIDE
@given(reports())
def test_json_is_valid_and_comes_back(found: Report) -> None:
    output = files.report_json(found)
    data = json.loads(output, parse_constant=pytest.fail)
    VALIDATOR.validate(data)
    assert output.isascii() and output.endswith("}\n")
    again = Report.from_dict(data)
    assert files.report_json(again) == output == files.report_json(found)
    assert [item.status for item in again.items] == [item.status for item in found.items]


def test_json_keeps_everything() -> None:
    example = {"inputs": {"x": [1.5, "é"]}, "expected": [6.0, [1, True]], "got": None}
    found = report(verdict(counterexample=example, stdout="é\ud800\x1b[31m", line=3, file="a.py"), message="hm")
    assert Report.from_dict(json.loads(files.report_json(found))) == found


def test_json_spells_what_it_cannot_hold() -> None:
    values = [float("nan"), [float("inf")], {"a": -float("inf")}]
    found = report(verdict(counterexample={"inputs": {}, "expected": [1.0], "got": values}))
    got = json.loads(files.report_json(found))["items"][0]["counterexample"]["got"]
    assert got == ["nan", ["inf"], {"a": "-inf"}]


@pytest.mark.parametrize("key", [*report().as_dict()])
def test_schema_wants_every_key(key: str) -> None:
    data = report().as_dict()
    del data[key]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(data)


def test_schema_is_a_schema_and_refuses_strangers() -> None:
    jsonschema.Draft202012Validator.check_schema(files.schema())
    item = files.schema()["$defs"]["item"]
    assert item["properties"]["status"]["enum"] == list(STATUSES)
    written = sorted(verdict("stretch-deep").as_dict())
    assert sorted([*item["required"], "explanation", "bonus"]) == sorted(item["properties"]) == written
    for change in ({"status": "fine"}, {"earned": "2"}, {"counterexample": {"inputs": {}}}, {"line": 0}):
        data = report(verdict()).as_dict()
        data["items"][0].update(change)
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(data)


def test_facts_do_not_change_and_the_message_is_made_of_them() -> None:
    found = verdict(explanation=Explanation(asked="`x`", parts=(Part("a", "2.0", "5.0"),)))
    with pytest.raises(FrozenInstanceError):
        found.status = "passed"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        report(found).message = "hm"  # type: ignore[misc]
    data = found.as_dict()
    assert data["message"] == "`x`: a should be 2.0, yours is 5.0"
    assert ItemResult.from_dict({**data, "message": "other"}) == found
    del data["explanation"]  # as an older version wrote it
    assert ItemResult.from_dict({**data, "message": "other"}).message == "other"


def test_every_face_says_the_sentence_of_the_facts() -> None:
    said = Explanation("it is odd", asked="f(2)")
    item = verdict(explanation=said)
    found = report(item)
    for face in (
        printed(terminal.print_report, found), markdown(found), github.annotations(found), junit(found),
        strict_json(results(found)), "\n".join(push_lines(found)), repr(Verdict(item)), Verdict(item)._repr_html_(),
        student_page(found, {}), files.report_json(found), item_message(item),
    ):  # fmt: skip
        assert said.sentence == "f(2): it is odd" and said.sentence in face


# --- files


def test_write_report(tmp_path: Path) -> None:
    path = files.write_report(tmp_path, report(verdict()))
    assert path == tmp_path / "s01" / "report.json"
    assert Report.from_dict(json.loads(path.read_text())) == report(verdict())
    for student in ("", "..", "../s02", "a/b", "a\\b"):
        with pytest.raises(ValueError, match="folder"):
            files.write_report(tmp_path, report(student=student))


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "file.txt"
    write_atomically(path, "old \ud800\n")
    assert path.read_text() == "old \\ud800\n"

    def fails(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old \\ud800\n"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOENT, errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("call", ["open", "replace", "write"])
def test_what_keeps_a_file_from_being_written_is_said_of_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    """And not of the draft, which nobody knows."""

    def fails(*names: Any) -> None:
        raise OSError(code, os.strerror(code), *names[:1])

    path = tmp_path / "file.txt"
    with monkeypatch.context() as patch, pytest.raises(OSError) as raised:
        if call != "write":
            patch.setattr(f"os.{call}", fails)
        with written(path) as new:
            new.write(b"new")
            if call == "write":
                fails()
    assert (raised.value.errno, raised.value.filename, raised.value.filename2) == (code, str(path), None)
    assert list(tmp_path.iterdir()) == []


def test_grades(tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    ids = ["engine-add", "engine-mul", "stretch-deep"]
    graded = report(verdict(ids[0], "passed"), verdict(ids[1]), verdict(ids[2], "passed", 3), student="b,c")
    ungraded = report(verdict(ids[0], "passed"), verdict(ids[1], "ungraded"), student="a")
    files.write_grades(path, [graded, ungraded], ids)
    assert path.read_text() == (
        "student,score,max_score,bonus,status,remark,engine-add,engine-mul,stretch-deep\n"
        'a,,4,,ungraded,"2 * 3 gave 5.0, not 6.0",2,,\n'
        '"b,c",2,4,3,graded,,2,0,3\n'
    )  # fmt: skip


@pytest.mark.parametrize("student", HOSTILE)
def test_grades_hold_no_formulas(student: str, tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    files.write_grades(path, [report(student=student), report(student="zz")], [])
    assert_harmless(path.read_text())
    rows = list(csv.reader(io.StringIO(path.read_text())))
    assert [len(row) for row in rows] == [6, 6, 6]
    assert not rows[1][0].lstrip().startswith(("=", "+", "-", "@"))


def test_numbers_are_short() -> None:
    assert [text.number(x) for x in (87.0, 87.5, 0, 0.1, 1e6)] == ["87", "87.5", "0", "0.1", "1000000"]


def test_summary(tmp_path: Path) -> None:
    graded, items = classroom(30)
    broken = report(verdict("engine-add", "passed"), verdict("engine-mul", "ungraded"), student="zz")
    path = tmp_path / "summary.json"
    files.write_summary(path, [broken, *graded], items)
    found = json.loads(path.read_text())
    scores = [each.score for each in graded]
    assert found["exam"] == "sha256e"
    assert (found["submissions"], found["graded"], found["ungraded"]) == (31, 30, ["zz"])
    assert found["mean"] == pytest.approx(statistics.mean(scores))
    assert found["median"] == statistics.median(scores)
    assert (found["min"], found["max"], found["max_score"]) == (min(scores), max(scores), 8.0)
    assert found["standard_deviation"] == pytest.approx(statistics.pstdev(scores))
    assert found["sandbox"] == [["bwrap", "landlock"]]
    for index, row in enumerate(found["items"]):
        earned = [each.items[index].earned for each in graded]
        core = not row["bonus"]
        rest = [score - points * core for score, points in zip(scores, earned, strict=True)]
        assert row["mean"] == pytest.approx(statistics.mean(earned))
        assert row["discrimination"] == pytest.approx(statistics.correlation(earned, rest))
        assert sum(row[status] for status in STATUSES) == (31 if index < 2 else 30)
    files.write_summary(tmp_path / "again.json", [*reversed(graded), broken], items)
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_summary_of_nobody() -> None:
    found = files.summary([], [verdict()])
    assert (found["submissions"], found["exam"], found["mean"], found["max"]) == (0, None, None, None)
    assert found["items"][0]["mean"] is found["items"][0]["discrimination"] is None
    alone = files.summary([report(verdict())], [verdict()])
    assert (alone["standard_deviation"], alone["items"][0]["discrimination"]) == (0.0, None)


# --- text


@WIDE
@given(texts)
def test_plain_text_is_harmless(dirty: str) -> None:
    clean = text.plain(dirty)
    assert_harmless(clean)
    assert text.plain(clean) == clean
    assert not commands(text.quoted(dirty))


def test_plain_text_stays_itself() -> None:
    for ordinary in ("a = b['c']\n\tif a: ...", "naïve 数字 ∂f/∂x", "[1, 2] [bold]"):
        assert text.plain(ordinary) == ordinary
    assert text.plain("a\x1b[1;31mb\x1b[0m\r\nc\x1b]0;t\x07d") == "ab\ncd"


def test_item_message_has_all_parts_in_order() -> None:
    lines = "from micrograd.engine import Value\nprint((Value(2) * 3).data)"
    item = verdict(file="micrograd/engine.py", line=41, reproduce=lines, stdout="hello\n" * 30, hint="Products.")
    message = item_message(item)
    parts = [
        "2 * 3 gave",
        "at micrograd/engine.py:41",
        "\nfrom micrograd",
        "\nprint(",
        "  | hello",
        "20 more",
    ]
    positions = [message.index(part) for part in parts]
    assert positions == sorted(positions)
    assert "Products" not in message
    led = item_message(item, lead="    ", or_type="gradschool try engine-mul")
    assert f"\n    To see it, paste this into Python, or type `gradschool try engine-mul`:\n{lines}\n    Your" in led
    assert "Hint: Products." in item_message(item, hint=True)
    assert item_message(verdict(status="timeout", message="")) == "timeout"


# --- terminal


@WIDE
@given(reports(), st.sampled_from(["utf-8", "ascii", "cp1252"]))
def test_terminal_prints_any_report(found: Report, encoding: str) -> None:
    output = printed(terminal.print_report, found, encoding=encoding)
    output += printed(terminal.print_class, [found], found.items, encoding=encoding)
    for item in found.items:
        output += printed(terminal.print_item, item, encoding=encoding)
        assert item.id in output
    assert_harmless(output)


@pytest.mark.parametrize("dirty", HOSTILE)
def test_terminal_output_is_no_command(dirty: str) -> None:
    found = report(verdict(message=dirty, stdout=dirty, hint=dirty, file=dirty), message=dirty)
    output = printed(terminal.print_report, found)
    assert not commands(output)
    assert "[bold]" in output or "[bold]" not in dirty


def test_terminal_shows_the_way() -> None:
    lines = f"a = Value({'1' * 100})\nprint(a)"
    found = report(
        verdict("engine-add", "passed"),
        verdict("engine-mul", "failed", file="micrograd/engine.py", line=41, reproduce=lines),
        verdict("backprop-add", "todo", message="not written yet"),
        verdict("backprop-expressions", "blocked", message="needs engine-mul"),
        verdict("stretch-deep", "passed", 3),
    )
    output = printed(terminal.print_report, found)
    assert re.search(r"✓ engine-add +2/2 +The product", output)
    assert re.search(r"✗ engine-mul +0/2", output)
    assert re.search(r"⊘ backprop-expressions +0/2 +The product +needs engine-mul", output)
    assert "engine  2/4" in output and "2/8  +3 bonus" in output
    assert f"\na = Value({'1' * 100})\nprint(a)\n" in output
    assert output.endswith("Next: engine-mul, The product (micrograd/engine.py:41)\n")
    assert "not written yet" not in output
    assert re.search(r"x engine-mul +0/2", printed(terminal.print_report, found, encoding="ascii"))


def test_terminal_says_nothing_twice() -> None:
    broken = "micrograd/engine.py cannot be imported"
    alike = [verdict(f"engine-{op}", "error", message=broken) for op in ("add", "mul", "neg")]
    output = printed(terminal.print_report, report(*alike, verdict("trace-dot", "failed", message="draws nothing")))
    assert output.count(broken) == 1 and "draws nothing" in output
    assert output.index("engine-add", output.index("trace-dot")) < output.index(broken)
    alike = [replace(each, explanation=Explanation(broken, whole=True)) for each in alike]
    output = printed(terminal.print_report, report(*alike, message=broken))
    assert output.count(broken) == 1


def test_terminal_celebrates() -> None:
    everything = report(verdict("engine-add", "passed"), verdict("stretch-deep", "passed"))
    assert "Well done" in printed(terminal.print_report, everything)
    core = report(verdict("engine-add", "passed"), verdict("stretch-deep", "todo"))
    assert "For the bonus: stretch-deep" in printed(terminal.print_report, core)
    for found in (report(), report(verdict("engine-add", "ungraded"))):
        assert "Well done" not in printed(terminal.print_report, found)


def test_class_table() -> None:
    graded, items = classroom(12)
    broken = report(verdict("engine-add", "ungraded"), student="zed", message="The sandbox " + "broke " * 20)
    output = printed(terminal.print_class, [broken, *graded], items)
    for each in graded:
        assert re.search(rf"^{each.student} +{text.score(each)} ", output, re.MULTILINE)
    assert re.search(r"^zed +\?/2 .*see below", output, re.MULTILINE)
    listed = printed(lambda found, console: terminal.print_needs(found, console), needs([broken, *graded]))
    assert f"  zed  ungraded: {broken.message.strip()}" in listed
    assert "12 graded: mean" in output
    hardest = re.findall(r"(\d+)% of the points earned: (\S+),", output)
    assert len(hardest) == 3 and sorted(hardest, key=lambda row: int(row[0])) == hardest
    assert output.rstrip().endswith("grader's own: zed")


def test_class_table_of_thousands() -> None:
    graded, items = classroom(2000)
    output = printed(terminal.print_class, graded, items)
    assert "s0039" in output and "s0040" not in output
    assert "1,960 more in grades.csv" in output
    assert max(map(len, output.splitlines())) < 120
    assert printed(terminal.print_class, [], items)


def test_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = io.StringIO()
    with progress.grading_progress(Console(file=quiet), 2) as advance:
        advance("s01", report())
    assert quiet.getvalue() == ""  # it did not take half a minute
    monkeypatch.setattr(progress, "_PAUSE", 0.0)
    with progress.grading_progress(Console(file=quiet), 3) as advance:
        for student in ("s01", "s02", "s03"):
            advance(student, report())
    first, second = quiet.getvalue().splitlines()  # the third is the last: what comes then says so
    assert re.fullmatch(r"1 of 3 graded, [\d.,]+ a second, 0:00:00 left", first) and second.startswith("2 of 3 graded")
    loud = io.StringIO()
    console = Console(file=loud, force_terminal=True, width=120, _environ={"TERM": "xterm"})
    with progress.grading_progress(console, 2) as advance:
        for student in ("[red]s01[/red]\x1b[2J", "s02"):
            advance(student, report(verdict(status="passed")))
    assert "2/2" in loud.getvalue() and "\x1b[2J" not in loud.getvalue()


# --- Markdown


@WIDE
@given(reports())
def test_markdown_is_inert(found: Report) -> None:
    output = markdown(found)
    assert_harmless(output)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(output)
    allowed = {"heading", "paragraph", "inline", "table", "thead", "tbody", "tr", "th", "td", "fence"}
    assert {re.sub("_(open|close)$", "", token.type) for token in tokens} <= allowed
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special", "strong_open", "strong_close"}
    assert [token.info for token in tokens if token.type == "fence" and token.info not in ("text", "python")] == []
    assert sum(token.type == "tr_open" for token in tokens) == len(found.items) + len(text.by_assignment(found.items))


def test_markdown_tells_all() -> None:
    lines = "a = Value(2)\nprint('```', a)"
    found = report(
        verdict("engine-add", "passed"),
        verdict("engine-mul", file="micrograd/engine.py", line=41, reproduce=lines, stdout="<b>\nhi", hint="So."),
        verdict("stretch-deep", "passed", 3),
    )
    output = markdown(found)
    assert output.startswith("## s01\n\n**2/4 points**, 3 bonus\n\nNext")
    assert "| ✗ failed | engine-mul | 0/2 | The product |" in output
    assert f"````python\n{lines}\n````" in output
    assert "```text\n<b>\nhi\n```" in output
    assert "Hint: So." in output and "Hint" not in markdown(found, details=False)


# --- GitHub annotations


@WIDE
@given(reports())
def test_annotations_are_one_line_each(found: Report) -> None:
    output = github.annotations(found)
    assert_harmless(output)
    loud = [item for item in text.in_view(found) if item.status in (*text.WRONG, "todo", "ungraded")]
    every = output.splitlines()
    assert len(every) == len(loud) + bool(found.message)
    pattern = r"::(error|warning|notice) (file=[^:,]*,)?(line=\d+,)?title=[^:,]*::"
    assert all(re.match(pattern, line) for line in every)


def test_a_summary_is_appended_and_never_too_long_for_github(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("# Before\n")
    found = report(verdict(file="micrograd/engine.py", line=41, hint="So."))
    github.add_summary(found, str(file))
    assert file.read_text("utf-8") == "# Before\n" + markdown(found)
    github.add_summary(found, None)
    wide = "\n".join(["x" * 999] * 39)
    huge = report(*(verdict(f"engine-{n}", message=wide) for n in range(30)))
    assert len(markdown(huge).encode()) > 2**20
    file.write_text("")
    github.add_summary(huge, str(file))
    assert "| engine-29 |" in file.read_text("utf-8").replace("\\", "") and len(file.read_bytes()) < 2**20


def test_annotations() -> None:
    found = report(
        verdict("engine-add", "passed"),
        verdict("engine-mul", message="50%\nof, it: all", file="micrograd/a,b:c.py", line=41, stdout="::error::x"),
        verdict("engine-pow", "todo", message="Still to do"),
        verdict("backprop-all", "blocked"),
    )
    assert github.annotations(found) == (
        "::error file=micrograd/a%2Cb%3Ac.py,line=41,title=engine-mul 0/2 The product::"
        "50%25%0Aof, it: all%0Aat micrograd/a,b:c.py:41%0AYour code printed:%0A  | | ::error::x\n"
        "::notice title=engine-pow 0/2 The product::Still to do\n"
    )
    assert github.annotations(report(verdict(status="passed"))) == ""


# --- JUnit

# What Jenkins' schema lets each element hold: its children, the attributes that it must have, and those that it may.
JUNIT: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors", "disabled"}),
    "testsuite": (
        {"properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"time", "skipped", "timestamp", "hostname", "id", "package", "file"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name", "classname"},
        {"time", "assertions", "status"},
    ),
    "failure": (set(), set(), {"type", "message"}),
    "error": (set(), set(), {"type", "message"}),
}


def valid_junit(output: str) -> ET.Element:
    root = ET.fromstring(output)
    assert root.tag == "testsuites"
    for element in root.iter():
        children, needed, more = JUNIT[element.tag]
        assert {child.tag for child in element} <= children
        assert needed <= set(element.attrib) <= needed | more
        assert re.fullmatch(r"\d*(\.\d{0,3})?", element.get("time", "0"))
        for place in ("tests", "failures", "errors"):
            assert element.get(place, "0").isdecimal()
        if element.tag not in ("failure", "error"):
            assert not (element.text or "").strip()
    return root


@WIDE
@given(reports())
def test_junit_is_valid_and_harmless(found: Report) -> None:
    output = junit(found)
    assert_harmless(output)
    assert commands(output) == []
    root = valid_junit(output)
    assert {case.get("name"): case.get("classname") for case in root.iter("testcase")} == {
        item.id: item.assignment for item in found.items
    }
    assert root.get("tests") == str(len(found.items))
    for case in root.iter("testcase"):
        (item,) = [item for item in found.items if item.id == case.get("name")]
        assert (len(case) == 0) == (item.status == "passed")


def test_junit_tells_all() -> None:
    found = report(
        verdict("engine-add", "passed"),
        verdict("engine-mul", message="<b> & ]]> \0\ufffe\ud800", file="micrograd/engine.py", line=41, seconds=0.25),
        verdict("engine-pow", "todo", message="is still to be written"),
        verdict("backprop-all", "blocked"),
        verdict("backprop-mul", "crashed", message="died"),
        verdict("backprop-add", "ungraded", message="ask again"),
    )
    root = valid_junit(junit(found))
    assert root.attrib == {"name": "s01", "tests": "6", "failures": "3", "errors": "2", "time": "0.250"}
    engine, backprop = root
    assert (engine.get("failures"), backprop.get("failures"), backprop.get("errors")) == ("2", "1", "2")
    told = {each.attrib["name"]: each.attrib["value"] for each in root.iter("property")}
    assert told["engine-add.points"] == told["engine-add.earned"] == "2"
    assert (told["engine-mul.earned"], told["engine-pow.status"]) == ("0", "todo")
    said = {case.attrib["name"]: case[0] for case in root.iter("testcase") if len(case)}
    assert said["engine-mul"].text == "<b> & ]]> \ufffd\ufffd\nat micrograd/engine.py:41"
    assert said["engine-mul"].get("message") == "<b> & ]]> \ufffd\ufffd"
    assert {id: (problem.tag, problem.get("type")) for id, problem in said.items()} == {
        "engine-mul": ("failure", "failed"),
        "engine-pow": ("failure", "todo"),
        "backprop-all": ("failure", "blocked"),
        "backprop-mul": ("error", "crashed"),
        "backprop-add": ("error", "ungraded"),
    }
