"""Exports of finished results: each as the receiving system documents it, whole in `tests/golden_exports`.

After a change that was meant, write the golden ones anew and read the difference:

    GOLDEN=1 python -m pytest tests/test_exports.py -k golden && git diff tests/golden_exports
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from reports import sample_reports
from test_report import HOSTILE, WIDE, report, reports, verdict

from autograder import cli
from autograder.errors import UserError
from autograder.report import Report
from autograder.report.exports import export, formats
from autograder.report.exports.gradescope import results as gradescope
from autograder.report.files import table, write_report
from autograder.report.roster import read_roster

GOLDEN = Path(__file__).parent / "golden_exports"
FORMULA = re.compile("\\s*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
CLASS = [
    report(
        verdict("engine-add", "passed"),
        verdict("engine-mul", message="`a * b`: should be 6.0, yours is 5.0", file="micrograd/engine.py", line=12,
                hint="Multiply.", reproduce="print(2 * 3)", diagnosis="adds", stdout="</pre><b>hm</b>\n"),
        verdict("backprop-mul", "blocked", 4, message="waits for engine-mul"),
        verdict("stretch-deep", "passed", 3),
        student="bob",
    ),
    report(
        verdict("engine-add", "error", message="raised ]]></failure><script>alert(1)</script>"),
        verdict("engine-mul", "todo", message="=cmd|' /C calc'!A1"),
        verdict("backprop-mul", "passed", 4),
        verdict("stretch-deep", "timeout", 3),
        student="=HYPERLINK(1)", message="@left out x",
    ),
    report(verdict("engine-add", "passed"), verdict("engine-mul", "ungraded", message="out of memory"), student="zoe"),
]  # fmt: skip
ROSTER = """\
\ufeffStudent,Name,Canvas ID,SIS User ID,sis_login_id,Section,username,ID number,email,Mood
bob,"O'Neil, Bob",101,u-7,bob@x.org,CS 1,bob7,7007,bob@x.org,good
=HYPERLINK(1),+Eve,102,u-8,eve@x.org,-1,eve8,,eve@x.org,
zoe,Zoe,103,,,,zoe,,,
lost,Lost,104,,,,lost,,,
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for each in CLASS:
        write_report(folder, each)
    return folder


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, "utf-8")
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- each format --------------------------------------------------------------------------------------------


def made(name: str, results: Path, roster: Path) -> str:
    """The whole export as one text."""
    used = [read_roster(roster)] if name in ("canvas", "moodle") else []
    done = export(name, results, None, *used)
    files = {path.relative_to(results): path for path in sorted(results.rglob("*")) if path.name != "report.json"}
    written = [f"--- {name}\n{path.read_text()}" for name, path in files.items() if path.is_file()]
    return done.text + "".join(written)


@pytest.mark.parametrize("name", formats())
def test_exports_equal_the_golden_ones(name: str, results: Path, roster: Path) -> None:
    golden = GOLDEN / f"{name}.txt"
    text = made(name, results, roster)
    if os.environ.get("GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_every_format_has_a_golden_export_and_stands_in_the_documents() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(formats())
    page = (Path(__file__).parents[1] / "docs" / "reports.md").read_text()
    shown = CliRunner().invoke(cli.main, ["export", "--help"]).output
    for name in formats():
        assert f"`{name}`" in page and name in shown


def test_canvas_takes_its_export(results: Path, roster: Path) -> None:
    """What lib/gradebook_importer.rb of Canvas asks of a file."""
    title, possible, *students = csv.reader(io.StringIO(export("canvas", results, None, read_roster(roster)).text))
    assert "Student" in title[0] and "ID" in title[1] and "Section" in title[4]
    assert re.search(r"SIS\s+User\s+ID", title[2]) and re.search(r"SIS\s+Login\s+ID", title[3])
    assert "Points Possible" in possible[0] and possible[5:] == ["4", "4", "0"]
    assert not re.search("Current|Final|Override", " ".join(title[5:])) and len(set(title)) == len(title)
    assert [row[1] for row in students] == ["102", "101"]
    assert all(len(row) == len(title) and float(cell) >= 0 for row in students for cell in row[5:])
    assert students[1] == ["O'Neil, Bob", "101", "u-7", "bob@x.org", "CS 1", "2", "0", "3"]


def test_moodle_finds_users_by_the_roster(results: Path, roster: Path) -> None:
    eve, bob = rows(export("moodle", results, None, read_roster(roster)).text)
    assert (bob["Username"], bob["ID number"], bob["Email address"]) == ("bob7", "7007", "bob@x.org")
    assert (eve["Username"], eve["ID number"]) == ("eve8", "")
    assert bob["engine"] == "2" and bob["score"] == "2" and bob["stretch"] == "3"
    assert bob["feedback"] == "engine 2/4, backprop 0/4, stretch 3/3; next: engine-mul"


TEXTS = {"type": "string"}
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
# The output format of the Autograder Specifications, https://gradescope-autograders.readthedocs.io/en/latest/specs/
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "tests"],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": TEXTS,
        "output_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["score", "max_score", "name", "output"],
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": TEXTS,
                    "name_format": FORMAT,
                    "number": TEXTS,
                    "output": TEXTS,
                    "output_format": FORMAT,
                    "tags": {"type": "array", "items": TEXTS},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}


@WIDE
@given(reports())
def test_gradescope_gets_what_it_documents(found: Report) -> None:
    data = gradescope(found)
    jsonschema.validate(data, GRADESCOPE)
    assert data["score"] == found.score + found.bonus == sum(test["score"] for test in data["tests"])
    assert {test["output_format"] for test in data["tests"]} <= {"text"}
    numbers = [test["number"] for test in data["tests"]]
    assert len(set(numbers)) == len(numbers)


def test_junit_and_markdown_are_those_of_a_check(results: Path) -> None:
    export("junit", results)
    root = ET.parse(results / "bob" / "junit.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "0")
    export("markdown", results)
    assert "**2/8 points**, 3 bonus" in (results / "bob" / "summary.md").read_text()


def test_the_sample_class_gets_out_whole(tmp_path: Path) -> None:
    for each in sample_reports():
        write_report(tmp_path, each)
    for name in formats():
        assert export(name, tmp_path).complete
    assert [row["score"] for row in rows(export("csv", tmp_path).text)] == [f"{r.score:g}" for r in sample_reports()]
    assert len(list(tmp_path.glob("*/results.json"))) == 19


# --- nobody's text is a formula -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [*HOSTILE, "-1", "+1", "\r=1", "\t=1", " =1", "\uff1d1", "\u202e=1", "\x00@x", "\ufeff=1"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    ((cell,),) = csv.reader(io.StringIO(table([[text]])), strict=True) if text.strip() else [[""]]
    assert not FORMULA.match(cell) and "\n" not in cell


def test_formulas_of_a_roster_are_disarmed(results: Path, roster: Path) -> None:
    for name in ("canvas", "moodle"):
        text = export(name, results, None, read_roster(roster)).text
        assert not [cell for row in csv.reader(io.StringIO(text)) for cell in row if FORMULA.match(cell)]
    assert "'+Eve" in export("canvas", results, None, read_roster(roster)).text
    assert "'=HYPERLINK(1)" in export("csv", results).text


# --- the command --------------------------------------------------------------------------------------------

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    def run(*arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(cli.main, [str(argument) for argument in arguments], prog_name="gradschool")
        assert result.exit_code == code, (result.output, result.exception)
        assert "Traceback" not in result.output
        return result

    return run


def test_who_does_not_get_out_is_named(run: Run, results: Path, roster: Path) -> None:
    result = run("export", "canvas", results, "--roster", roster, code=1)
    assert result.stderr == (
        "gradschool: left out, for they are ungraded: zoe\n"
        "gradschool: in roster.csv, but without results: lost\n"
    )  # fmt: skip
    assert len(rows(result.stdout)) == 3
    roster.write_text("student,email\nzoe,z@x.org\nbob,\n")
    result = run("export", "moodle", results, "--roster", roster, code=1)
    assert "gradschool: left out, for roster.csv has no id of theirs: =HYPERLINK(1), bob\n" in result.stderr
    assert rows(result.stdout) == []
    for each in range(30):
        write_report(results, report(verdict(), student=f"s{each:02}"))
    assert "bob, s00, s01, s02, s03, s04, s05 and 24 more" in run(
        "export", "moodle", results, "--roster", roster, code=1
    ).stderr  # fmt: skip


def test_a_roster_with_everybody_is_complete(run: Run, results: Path, roster: Path) -> None:
    write_report(results, report(verdict(), student="zoe"))
    result = run("export", "canvas", results, "--roster", roster)
    assert result.stderr == "gradschool: in roster.csv, but without results: lost\n"


def test_without_a_roster_students_keep_their_ids(run: Run, results: Path) -> None:
    shown = rows(run("export", "canvas", results, code=1).stdout)
    assert [row["SIS Login ID"] for row in shown[1:]] == ["'=HYPERLINK(1)", "bob"]
    assert [row["Username"] for row in rows(run("export", "moodle", results, code=1).stdout)] == [
        "'=HYPERLINK(1)",
        "bob",
    ]


def test_ungraded_is_never_a_zero(run: Run, results: Path) -> None:
    zoe = rows(run("export", "csv", results).stdout)[-1]
    assert (zoe["student"], zoe["score"], zoe["engine-add"], zoe["engine-mul"]) == ("zoe", "", "2", "")
    result = run("export", "gradescope", results, code=1)
    assert "ungraded: zoe" in result.stderr and not (results / "zoe" / "results.json").exists()
    assert run("export", "gradescope", results / "zoe", code=1).stdout == ""


def test_where_exports_go(run: Run, results: Path, tmp_path: Path) -> None:
    whole = run("export", "csv", results).stdout
    assert run("export", "csv", results, "--out", tmp_path / "deep" / "grades.csv").stdout == ""
    assert (tmp_path / "deep" / "grades.csv").read_text() == whole
    one = run("export", "gradescope", results / "bob").stdout
    assert json.loads(one)["score"] == 5
    run("export", "gradescope", results / "bob", "--out", tmp_path / "results.json")
    assert (tmp_path / "results.json").read_text() == one
    shown = run("export", "markdown", results, "--out", tmp_path / "pages")
    assert "3 files written" in shown.stderr and shown.stdout == ""
    assert (tmp_path / "pages" / "bob" / "summary.md").is_file() and not (results / "bob" / "summary.md").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["latin", "results"], "there is no format 'latin'; there are canvas, csv, gradescope, junit, markdown"),
        (["csv", "nowhere"], "there are no results in nowhere"),
        (["csv", "torn"], "torn/x/report.json is not a report of this version"),
        (["csv", "list"], "list/x/report.json is not a report of this version"),
        (["csv", "moved"], "moved/ann/report.json is the report of somebody else ('bob')"),
        (["csv", "results", "--roster", "roster.csv"], "csv names students by the ids that gradschool gives"),
        (["canvas", "results", "--roster", "nowhere.csv"], "cannot read the roster nowhere.csv (No such file"),
        (["canvas", "results", "--roster", "binary.csv"], "cannot read the roster binary.csv"),
        (["canvas", "results", "--roster", "empty.csv"], "empty.csv has no column student"),
        (["canvas", "results", "--roster", "emails.csv"], "emails.csv has none of the columns by which canvas knows"),
        (["canvas", "results", "--roster", "twice.csv"], "twice.csv names bob twice: see row 3"),
        (["canvas", "results", "--roster", "nobody.csv"], "nobody.csv names nobody in the column student: see row 2"),
        (["canvas", "results", "--roster", "short.csv"], "short.csv has 1 cells in row 2, but 2 in its first"),
    ],
)
def test_bad_input_ends_in_a_sentence(
    run: Run, results: Path, roster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str],
    says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for folder, name, text in (
        ("torn", "x", "{"),
        ("list", "x", "[]"),
        ("moved", "ann", json.dumps(CLASS[0].as_dict())),
    ):
        (tmp_path / folder / name).mkdir(parents=True)
        (tmp_path / folder / name / "report.json").write_text(text)
    files: dict[str, Any] = {
        "binary": b"student\n\xff", "empty": b"", "emails": b"student,email\nbob,b@x.org\n",
        "twice": b"student,canvas_id\nbob,1\nbob,2\n", "nobody": b"student,canvas_id\n,1\n",
        "short": b"student,canvas_id\nbob\n",
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_bytes(content)
    result = run("export", *arguments, code=2)
    assert result.stdout == "" and result.stderr.startswith("gradschool: ") and result.stderr.count("\n") == 1
    assert says in result.stderr


def test_pages_are_opened(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert "there is no page in" in run("open", tmp_path, code=2).stderr
    (tmp_path / "index.html").write_text("")
    run("open", tmp_path)
    assert opened == [(tmp_path / "index.html").as_uri()]
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    assert (tmp_path / "index.html").as_uri() in run("open", tmp_path, code=1).stderr


def test_reading_results_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there are no results"):
        export("csv", tmp_path)
