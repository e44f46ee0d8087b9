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
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from reports import rubric, sample_reports
from test_report import HOSTILE, WIDE, report, reports, verdict

from autograder.cli import app as cli
from autograder.errors import UserError
from autograder.report import Report
from autograder.report.exports import export, formats
from autograder.report.exports.gradescope import results as gradescope
from autograder.report.files import table, write_report, write_summary
from autograder.report.html.pages import Pages
from autograder.submissions.roster_file import read_roster

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
\ufeffStudent,Name,Canvas ID,SIS User ID,sis_login_id,Section,username,ID number,email,Mood,Identifier
bob,"O'Neil, Bob",101,u-7,bob@x.org,CS 1,bob7,7007,bob@x.org,good,21
=HYPERLINK(1),+Eve,102,u-8,eve@x.org,-1,eve8,,eve@x.org,,22
zoe,Zoe,103,,,,zoe,,,,Participant 23
lost,Lost,104,,,,lost,,,,24
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
    used = [read_roster(roster)] if name in ("canvas", "moodle", "moodle-feedback", "mail") else []
    done = export(name, results, None, *used)
    for path in results.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(path.with_suffix(""))
        path.unlink()
    files = {path.relative_to(results): path for path in sorted(results.rglob("*")) if path.name != "report.json"}
    files = {name: path for name, path in files.items() if path.is_file()}
    pages = {name: "(a page)\n" for name in files if name.suffix == ".html"}
    written = [f"--- {name}\n{pages.get(name) or path.read_text()}" for name, path in files.items()]
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
    shown = re.sub(r"-\s+", "-", CliRunner().invoke(cli.main, ["export", "--help"]).output)  # broken behind hyphens
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
        assert export(name, tmp_path).complete or name in ("canvas-comments", "mail", "moodle-feedback")
    assert [row["score"] for row in rows(export("csv", tmp_path).text)] == [
        "" if r.unread else f"{r.score:g}" for r in sample_reports()
    ]
    assert len(list(tmp_path.glob("*/results.json"))) == 19


# --- a class that came from a course's system ---------------------------------------------------------------


def handed_in(folder: Path, *students: Report) -> Path:
    """The results of a run, as it leaves them."""
    for each in students:
        write_report(folder, each)
    write_summary(folder / "summary.json", students, rubric())
    return folder


def who(student: str, *items: Any, unread: str = "", message: str = "", **known: str) -> Report:
    return replace(
        report(*(items or ([] if unread else [verdict()])), student=student, message=message),
        who=known, unread=unread, out_of=100.0,
    )  # fmt: skip


UNREAD = who("eva", unread="unreadable", message="m.rar cannot be read", name="eva", canvas_id="13", email="e@x.org",
             upload="eva_13_69_m.rar", participant="103")  # fmt: skip
CAME = (
    who("lovelaceada", name="Lovelace, Ada", canvas_id="11", late="yes", email="a@x.org", participant="101",
        upload="lovelaceada_LATE_11_67_micrograd.zip"),
    who("Håkon", verdict("engine-add", "passed"), name="Håkon Å_s", canvas_id="12", email="h@x.org", participant="102",
        upload="åshåkon_12_68_engine.py"),
    UNREAD,
)  # fmt: skip


def test_canvas_finds_everybody_by_user_id_without_a_roster(tmp_path: Path) -> None:
    """As lib/gradebook_importer.rb reads a file: by ID, columns whose titles hold "Final Score" left alone."""
    text = export("canvas", handed_in(tmp_path, *CAME)).text
    assert text.startswith("\ufeffStudent,")  # the importer asks whether the first title includes "Student"
    title, possible, *students = csv.reader(io.StringIO(text))
    ours = [place for place, each in enumerate(title) if place > 4 and not re.search("Final Score|Current Score", each)]
    assert [title[place] for place in ours] == ["engine"] and "read only" in possible[-1]
    assert {row[1]: [row[place] for place in ours] for row in students} == {"11": ["0"], "12": ["2"], "13": [""]}
    assert [row[-1] for row in students] == ["", "unreadable: m.rar cannot be read", "late"]


def test_moodle_leaves_who_could_not_be_read_without_a_score(tmp_path: Path) -> None:
    text = export("moodle", handed_in(tmp_path, *CAME)).text
    by = {row["Email address"]: row for row in rows(text.removeprefix("\ufeff"))}
    assert by["e@x.org"]["score"] == by["e@x.org"]["engine"] == "" and "m.rar" in by["e@x.org"]["feedback"]
    assert by["a@x.org"]["feedback"].startswith("late; engine 0/2") and by["h@x.org"]["score"] == "2"


def test_moodle_takes_its_feedback(tmp_path: Path) -> None:
    """As is_valid_filename_for_import of Moodle's importziplib.php reads names, of old and new."""
    export("moodle-feedback", handed_in(tmp_path, *CAME))
    with zipfile.ZipFile(tmp_path / "moodle-feedback.zip") as archive:
        found = {}
        for name in archive.namelist():
            _, participant, kind, plugin, file = name.split("_", 4)
            assert (kind, plugin, file) == ("assignsubmission", "file", "feedback.html") and name[0] not in ".~"
            found[int(participant)] = archive.read(name).decode()
    assert found.keys() == {101, 102, 103}
    assert "lovelaceada" in found[101] and "m.rar cannot be read" in found[103]


def test_canvas_takes_comments_back(tmp_path: Path) -> None:
    """As infer_comment_context_from_filename of Canvas' assignment.rb reads names: user and attachment are the first
    two parts that are digits; and each file is what its name says."""
    export("canvas-comments", handed_in(tmp_path, *CAME))
    with zipfile.ZipFile(tmp_path / "canvas-comments.zip") as archive:
        assert set(archive.namelist()) == {each.who["upload"] for each in CAME}
        found = {tuple(filter(str.isdigit, name.split("_")))[:2]: archive.read(name) for name in archive.namelist()}
    assert found.keys() == {("11", "67"), ("12", "68"), ("13", "69")}
    with zipfile.ZipFile(io.BytesIO(found["11", "67"])) as inner:
        assert b"lovelaceada" in inner.read("feedback.html")
    compile(found["12", "68"], "engine.py", "exec")
    assert b"2/2 points" in found["12", "68"]


def test_a_mail_merge_has_a_page_for_everybody(tmp_path: Path) -> None:
    export("mail", handed_in(tmp_path, *CAME))
    data = (tmp_path / "mail" / "mail.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    merged = rows(data.decode("utf-8-sig"))
    assert [(row["name"], row["email"], row["score"], row["late"], row["status"]) for row in merged] == [
        ("Håkon Å_s", "h@x.org", "2", "", "graded"), ("eva", "e@x.org", "", "", "unreadable"),
        ("Ada Lovelace", "a@x.org", "0", "yes", "graded"),
    ]  # fmt: skip
    assert all((tmp_path / "mail" / row["file"]).is_file() for row in merged)


@pytest.mark.parametrize("name", formats())
def test_late_is_in_every_export(tmp_path: Path, name: str) -> None:
    done = export(name, handed_in(tmp_path, CAME[0]))
    files = [
        path for path in tmp_path.rglob("*") if path.is_file() and path.name not in ("report.json", "summary.json")
    ]
    said = [done.text]
    for path in files:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                inner = [archive.read(each) for each in archive.namelist()]
            pages = [zipfile.ZipFile(io.BytesIO(each)).read("feedback.html") if each[:2] == b"PK" else each
                     for each in inner]  # fmt: skip
            said += [page.decode() for page in pages]
        else:
            said.append(path.read_text())
    assert any(re.search(r"\blate\b", re.sub("(?i)LATE_|<style.*?</style>|<script.*?</script>", "", each, flags=re.S))
               for each in said)  # fmt: skip


# --- who is told why there is no score -----------------------------------------------------------------------

TABLE = re.compile(r"^\| `([\w-]+)` \| [^|]+ \| [^|]+ \| [^|]*(?:you|student|whoever)[^|]*\|$", re.M)
Shown = tuple[str, str]  # a score and what is said beside it, as somebody sees it in the receiving system


def by_mail(text: str, score: str, *said: str) -> dict[str, Shown]:
    return {row["email"]: (row[score], " ".join(row[each] for each in said)) for row in rows(text.lstrip("\ufeff"))}


def in_zip(folder: Path, name: str, number: int) -> dict[str, Shown]:
    """The texts of files by the number in their names, archives opened."""
    with zipfile.ZipFile(folder / f"{name}.zip") as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    pages = {file: zipfile.ZipFile(io.BytesIO(data)).read("feedback.html") if data[:2] == b"PK" else data
             for file, data in files.items()}  # fmt: skip
    return {[each for each in file.split("_") if each.isdigit()][number]: ("", shown(data.decode()))
            for file, data in pages.items()}  # fmt: skip


def shown(page: str) -> str:
    return " ".join(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", page, flags=re.S).split())


def texts(folder: Path, file: str) -> dict[str, str]:
    return {path.parent.name: path.read_text("utf-8") for path in folder.glob(f"*/{file}")}


def as_canvas(text: str) -> dict[str, Shown]:
    """Cells of assignments, by ID; the last column is for people."""
    title, _, *students = csv.reader(io.StringIO(text))
    assert "Final Score" in title[-1]
    return {row[1]: ("".join(row[5:-1]), row[-1]) for row in students}


def as_pipeline(text: str) -> Shown:
    """As GitLab and Jenkins show it: how many fail, and what failed cases say."""
    root = ET.fromstring(text)
    assert int(root.get("tests", 0)) == len(root.findall(".//testcase"))
    failed = [*root.findall(".//failure"), *root.findall(".//error")]
    standing = [each.get("value", "") for each in root.findall(".//property[@name='standing']")]
    return f"{len(failed)} failed", " ".join([*(str(each.text) for each in failed), *standing])


READ: dict[str, Callable[[str, Path], dict[str, Shown]]] = {
    "csv": lambda text, _: {
        row["student"]: (row["score"], f"{row['status']} {row['remark']}") for row in rows(text.lstrip("\ufeff"))
    },
    "canvas": lambda text, _: as_canvas(text),
    "canvas-comments": lambda _, folder: in_zip(folder, "canvas-comments", 0),
    "moodle": lambda text, _: {
        row["Email address"]: (row["score"], row["feedback"]) for row in rows(text.lstrip("\ufeff"))
    },
    "moodle-feedback": lambda _, folder: in_zip(folder, "moodle-feedback", 0),
    "mail": lambda _, folder: by_mail(
        (folder / "mail" / "mail.csv").read_text("utf-8-sig"), "score", "status", "remark"
    ),
    "gradescope": lambda _, folder: {
        student: (str(data["score"]), data["output"])
        for student, text in texts(folder, "results.json").items() if (data := json.loads(text))
    },
    "junit": lambda _, folder: {student: as_pipeline(text) for student, text in texts(folder, "junit.xml").items()},
    "markdown": lambda _, folder: {
        student: (text.split("**")[1].split("/")[0], text) for student, text in texts(folder, "summary.md").items()
    },
}  # fmt: skip


@pytest.mark.parametrize("name", [row for row in formats() if row in READ])
def test_who_has_no_score_is_told_why(tmp_path: Path, name: str) -> None:
    """Each export read as its system does: no zero for who could not be read, and the reason beside it."""
    done = export(name, handed_in(tmp_path, *CAME))
    found = READ[name](done.text, tmp_path)
    ada, hakon, eva = (next(found[key] for key in found if key in keys) for keys in (
        ("11", "101", "a@x.org", "lovelaceada"), ("12", "102", "h@x.org", "Håkon"), ("13", "103", "e@x.org", "eva"),
    ))  # fmt: skip
    scores = {"gradescope": "0.0", "markdown": "-", "junit": "1 failed"}
    assert eva[0] == scores.get(name, "")
    assert "m.rar cannot be read" in eva[1] and re.search(r"unreadable|There was nothing to grade", eva[1])
    assert re.search(r"\blate\b", ada[1]) and not re.search(r"\blate\b|unreadable|m\.rar", hakon[1])


def test_the_table_of_who_is_told_is_whole() -> None:
    text = (Path(__file__).parents[1] / "docs" / "reports.md").read_text("utf-8")
    told = text.partition("the reason stands in")[2].partition("\n\n")[0]
    assert sorted(TABLE.findall(told)) == sorted([*formats(), "nbgrader"])  # which has a test of its own
    assert READ.keys() == {*formats()}


def test_an_export_is_of_the_last_run(run: Run, tmp_path: Path) -> None:
    handed_in(tmp_path, who("old"), who("both"))
    handed_in(tmp_path, who("both"), who("new"))
    for name in ("csv", "canvas"):
        result = run("export", name, tmp_path)
        assert (
            "left out, for they are of an earlier run than the last one" in result.stderr and ": old;" in result.stderr
        )
        assert "both" in result.stdout and "new" in result.stdout and "old" not in result.stdout


def test_who_cannot_be_known_is_said(run: Run, tmp_path: Path) -> None:
    handed_in(tmp_path, who("ada", name="ada"), CAME[0])
    assert "SIS Login ID holds what gradschool calls them (--roster FILE says more): ada" in run(
        "export", "canvas", tmp_path
    ).stderr  # fmt: skip
    for name in ("mail", "moodle-feedback", "canvas-comments"):
        result = run("export", name, tmp_path, code=1)
        assert re.search(r"left out, for .*: ada\n", result.stderr)


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
        "gradschool: columns of roster.csv that say nothing of who is who: Mood\n"
        "gradschool: in roster.csv, but without results: Lost\n"
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
    assert result.stderr.endswith("who is who: Mood\ngradschool: in roster.csv, but without results: Lost\n")


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
        (["latin", "results"], "there is no format 'latin'; there are canvas, canvas-comments, csv, gradescope"),
        (["csv", "nowhere"], "there are no results in nowhere"),
        (["csv", "torn"], "torn/x/report.json is not a report of this version"),
        (["csv", "list"], "list/x/report.json is not a report of this version"),
        (["csv", "moved"], "moved/ann/report.json is the report of somebody else ('bob')"),
        (["csv", "results", "--roster", "roster.csv"], "csv names students by the ids that gradschool gives"),
        (["canvas", "results", "--roster", "nowhere.csv"], "cannot read the roster nowhere.csv (No such file"),
        (["canvas", "results", "--roster", "binary.csv"], "cannot read the roster binary.csv"),
        (["canvas", "results", "--roster", "empty.csv"], "cannot read the roster empty.csv (it is empty)"),
        (["canvas", "results", "--roster", "mood.csv"], "mood.csv says nothing of who is in the class"),
        (["canvas", "results", "--roster", "emails.csv"], "emails.csv has none of the columns by which canvas knows"),
        (["canvas", "results", "--roster", "twice.csv"], "twice.csv names bob twice"),
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
        "binary": b"student\n\xff\0", "mood": b"Mood\ngood\n", "empty": b"", "emails": b"student,email\nbob,b@x.org\n",
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


def test_what_lies_in_the_current_folder_is_shown_where_no_script_of_others_runs(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a student's folder. Who names it wants to see it."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "results" / "index.html"
    pages = Pages(page.parent)
    pages.write_class([report(verdict())], rubric(), None)
    assert pages.trouble == ""
    run("open")
    ours = page.read_text("utf-8")
    evil = "<script>alert(1)</script>"
    for text in (
        evil,
        "",
        ours.replace("<!doctype html>", f"<!doctype html>{evil}"),
        ours.replace("<head>", f"<head>{evil}"),
        ours.replace("script-src ", f"script-src 'sha256-{'A' * 43}=' "),
        ours.replace("Content-Security", "X"),
    ):
        page.write_text(text, "utf-8")
        assert "is no page that this gradschool wrote" in run("open", code=2).stderr
    page.write_text(ours + evil, "utf-8")  # which the policy of the page keeps from running
    run("open")
    assert len(opened) == 2
    page.write_text(evil)
    run("open", "results")
    assert len(opened) == 3


def test_reading_results_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there are no results"):
        export("csv", tmp_path)
