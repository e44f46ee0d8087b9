"""What students read, in the language of the course: whole, in force where it should be, and nowhere else."""

from __future__ import annotations

import ast
import json
import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog
from babel.messages.pofile import write_po
from click.testing import CliRunner
from conftest import ENDLESS, HOSTILE, ROOT, SAMPLES, Graded, Hasty
from kits import make_kit, solve
from language import GERMAN, english, lines_of_page, sentences, shipped
from nightly import only

from autograder import texts
from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.cli import main
from autograder.course import adopt, in_use, taught
from autograder.errors import UserError
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.explanation import Explanation
from autograder.grading import exams
from autograder.grading.judging import judge_answer
from autograder.kit.browser import sources
from autograder.kit.bundle import kit_files
from autograder.phrase import Phrase, data
from autograder.report import ItemResult, Report
from autograder.report.exports.gradescope import results as gradescope
from autograder.report.exports.markdown import markdown
from autograder.report.github import annotations
from autograder.report.late import Late
from autograder.report.push import push_lines
from autograder.report.text import late_words, reckoning
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.scheme import OWN, Scheme
from autograder.settings.in_force import drop, in_force, take
from autograder.settings.language import TEMPLATE, check, empty, read
from autograder.settings.shown import shown
from autograder.submissions.discovery import find_submissions
from autograder.submissions.sources.files import Refused
from autograder.submissions.unpacking import unpacked
from autograder.texts import _, in_english, ngettext

sys.path.insert(0, str(ROOT / "docs"))
import words

sys.path.remove(str(ROOT / "docs"))

COURSE = taught()
DE = Scheme(language="de")
WORDS = ROOT / "autograder" / "courses" / "micrograd"
STALE = "run `make words`, and translate what is new"
_TAKES_A_SENTENCE = ("_", "N_", "Phrase", "Plain", "Layers", "Nodes", "Raised", "ngettext")


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    drop()


def run(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    return done.exit_code, done.output


# --- the catalogue ----------------------------------------------------------------------------------------------


def test_the_template_holds_the_sentences_of_the_sources_and_no_others() -> None:
    assert shipped(TEMPLATE).keys() == {each.id for each in words.gathered() if each.id}, STALE


def test_no_sentence_of_the_sources_is_overlooked() -> None:
    """Babel reads tokens, and so nothing that stands within an f-string."""
    known = {one for id in shipped(TEMPLATE) for one in ([id] if isinstance(id, str) else id)}
    lost = []
    sources = {path: path.read_text("utf-8") for path in sorted((ROOT / "autograder").rglob("*.py"))}
    taking = re.compile(rf"\b({'|'.join(_TAKES_A_SENTENCE)})\s*\(")
    for path, text in sources.items():
        tree = ast.walk(ast.parse(text)) if taking.search(text) else ()
        for call in (each for each in tree if isinstance(each, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in _TAKES_A_SENTENCE and call.args:
                said = [arg.value for arg in call.args[:2] if isinstance(arg, ast.Constant)]
                lost += [f"{path.name}: {each}" for each in said if isinstance(each, str) and each not in known]
    assert lost == []


def test_the_german_translation_is_whole_and_compiled() -> None:
    german = words.read(GERMAN)
    assert shipped(GERMAN).keys() == shipped(TEMPLATE).keys(), STALE
    assert [each.id for each in german if each.id and not words.is_whole(each)] == [], STALE
    assert not german.obsolete
    assert GERMAN.with_suffix(".mo").read_bytes() == words.compiled(german), STALE


def test_places_agree_in_the_german_translation() -> None:
    check(read(GERMAN), GERMAN.name)


def test_numbers_stay_in_programmers_form() -> None:
    adopt(DE)
    assert _("... ({count:,} more lines)", count=12345) == "... (12,345 weitere Zeilen)"


@pytest.mark.parametrize("name", ["hints", "pitfalls"])
def test_the_german_hints_have_all_that_the_english_ones_have(name: str) -> None:
    ours, german = (tomllib.loads((WORDS / f"{name}{end}.toml").read_text("utf-8")) for end in ("", ".de"))
    assert _texts(german) == _texts(ours)


def _texts(table: Any, place: str = "") -> set[str]:
    """The places of all texts in a file of words, but of the names of headings."""
    if isinstance(table, dict):
        return {each for name, value in table.items() for each in _texts(value, f"{place}.{name}") if name != "section"}
    return {f"{place}.{at}" for at in range(len(table))} if isinstance(table, list) else {place}


def test_a_text_that_is_still_english_is_found() -> None:
    """The checker of the pages below, tried."""
    adopt(OWN)
    said = [_("{name} should be {expected}, yours is {got}", name="a.grad", expected=3, got=4), "passed"]
    assert [*english(said)] == ["{name} should be {expected}, yours is {got}", "passed"]
    assert english(["a.grad sollte 3 sein, bei dir ist es 4", "the code passed it on"]) == {}


# --- which language is in force ---------------------------------------------------------------------------------


def test_a_language_holds_for_its_course_alone() -> None:
    assert _("passed") == "passed"
    adopt(DE)
    assert (_("passed"), texts.language()) == ("bestanden", "de")
    with in_english():
        assert (_("passed"), texts.language()) == ("passed", "en")
    assert _("passed") == "bestanden"
    adopt(OWN)
    assert _("passed") == "passed"


@pytest.mark.parametrize(("code", "said"), [("de", "Punkte"), ("de-AT", "Punkte"), ("en-GB", "points")])
def test_a_kin_of_a_shipped_language_is_that(code: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(f'language = "{code}"\n')
    take(tmp_path)
    assert _("{score} points", score=3) == f"3 {said}"


def test_plurals() -> None:
    adopt(DE)
    said = [ngettext("{count} day late", "{count} days late", count) for count in (1, 2)]
    assert said == ["1 Tag verspätet", "2 Tage verspätet"]


def test_a_language_travels_to_workers_and_with_an_exam(exam: Exam) -> None:
    german = exam.under(COURSE.under(DE))
    assert pickle.loads(pickle.dumps(german)).course.scheme == DE
    assert Exam.from_json(german.to_json(), course=COURSE).course.scheme == DE


def test_another_language_is_graded_anew(exam: Exam, tmp_path: Path) -> None:
    (submission,) = find_submissions([SAMPLES / "ada"], COURSE.assignments)
    schemes = (
        OWN,
        DE,
        Scheme(language="fr", texts=texts.packed(b"1")),
        Scheme(language="fr", texts=texts.packed(b"2")),
    )
    jobs = [Job(exam.under(COURSE.under(scheme)), NO_SANDBOX, ()) for scheme in schemes]
    assert len({job.key(submission) for job in jobs}) == len(jobs)
    assert exam.course.scheme.marks == ""  # English is as it always was


# --- German pages -----------------------------------------------------------------------------------------------


# Those in whose reports most kinds of sentences stand; at night the others, too, but for those who take long.
TELLING = {"farah", "goran", "jun", "marek", "rosa"}


@pytest.fixture(scope="module", params=only(["telling", "others"], "telling".__eq__))
def german(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    """The sample class in German, or some of it."""
    folder = tmp_path_factory.mktemp("german")
    (folder / "course.toml").write_text('language = "de"\n[dates]\ndue = 2020-01-01\n[late]\nper_day = 10\n')
    take(folder)
    submissions = [
        each
        for each in find_submissions([SAMPLES], COURSE.assignments)
        if each.student not in ENDLESS and (each.student in TELLING) == (request.param == "telling")
    ]
    job = Hasty(exams.get(), choose("auto"), item_ids(()))
    assert job.exam.course.scheme == DE
    reports: dict[str, Report] = {}
    grade_class(submissions, job, Results(folder / "results", job), jobs=1, progress=reports.__setitem__)
    yield Graded(folder / "results", reports)
    drop()


def test_pages_of_students_are_german(german: Graded) -> None:
    pages = {path.parent.name: path.read_text("utf-8") for path in german.folder.glob("*/index.html")}
    assert pages.keys() == german.reports.keys()
    found = {name: english(lines_of_page(page)) for name, page in pages.items()}
    assert {name: said for name, said in found.items() if said} == {}
    assert all('<html lang="de">' in page and "Was du als Nächstes tun kannst" in page for page in pages.values())


def test_lines_to_paste_end_in_german(german: Graded) -> None:
    pasted = [item.reproduce for report in german.reports.values() for item in report.items if item.reproduce]
    assert any("# soll " in each for each in pasted)
    assert not any("# should" in each for each in pasted)


def test_reports_in_words_are_german(german: Graded) -> None:
    adopt(DE)
    for name, report in german.reports.items():
        shown = [markdown(report), *push_lines(report), annotations(report).replace("%0A", "\n")]
        shown += [each["output"] for each in gradescope(report)["tests"]] + [gradescope(report)["output"]]
        lines = [line.strip() for text in shown for line in text.split("\n") if not line.startswith("print(")]
        assert english(lines) == {}, name


def test_what_machines_read_stays_as_it_is(german: Graded) -> None:
    for student in german.reports:
        ours, golden = (
            json.loads(text)["items"]
            for text in (german.text(student), (ROOT / "tests" / "golden" / f"{student}.json").read_text("ascii"))
        )
        assert json.loads(german.text(student))["language"] == "de"
        for key in ("id", "assignment", "points", "earned", "status", "diagnosis", "file", "line"):
            if student not in HOSTILE:
                assert [item[key] for item in ours] == [item[key] for item in golden], (student, key)


def test_results_in_another_language_are_not_exported_in_halves(german: Graded, tmp_path: Path) -> None:
    code, output = run("export", "markdown", german.folder, "--out", tmp_path / "out")
    assert (code, output.count("\n")) == (2, 1) and "is in the language de, and the course file says en" in output
    code, output = run("export", "markdown", german.folder, "--out", tmp_path / "out", "--course", german.folder.parent)
    assert code == 0, output
    summaries = [*(tmp_path / "out").glob("*/summary.md")]
    assert len(summaries) == len(german.reports)
    assert english([line for path in summaries for line in path.read_text("utf-8").split("\n")]) == {}


def test_pages_of_instructors_stay_english(german: Graded) -> None:
    page = (german.folder / "index.html").read_text("utf-8")
    assert '<html lang="en">' in page and "needs you" in page.lower() and " points" in page
    assert "Punkte" not in (german.folder / "grades.csv").read_text("utf-8-sig").partition("\n")[0]


def test_what_is_late_is_german() -> None:
    late = [Late("engine", "2027-02-01 23:59", "2027-02-03 09:00", 2, 0.2, 5.2)]
    items = [
        ItemResult("engine-add", "engine", "Add", 26, 26, "passed"),
        ItemResult("nn-mlp", "nn", "Net", 4, 4, "passed"),
    ]
    report = Report("ada", "sha256:1", "sha256:2", [], items, dated=True, late=late)
    adopt(DE)
    assert late_words(report) == ["engine 2 Tage verspätet", "5.2 Punkte Abzug, also zählen 24.8"]
    assert reckoning(report) == "Punkte 30, Abzug 5.2, am Ende 24.8"


def test_what_is_wrong_with_an_archive_is_german(tmp_path: Path) -> None:
    """It is read by a process of its own, which knows no course."""
    (tmp_path / "ada.zip").write_bytes(b"PK\x03\x04 and no more")
    for scheme, words_ in ((DE, "ist kein lesbares Archiv"), (OWN, "is not a readable archive")):
        adopt(scheme)
        with unpacked(tmp_path / "ada.zip") as package:
            assert words_ in package.problem


def test_hints_of_the_instructor_win_over_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[items.engine-add]\nhints = ['Wie viel ist es zusammen?']\n")
    (tmp_path / "course.toml").write_text('language = "de"\nhints = "mine.toml"\n')
    take(tmp_path)
    found = in_use().find("hint_words")().items
    assert found["engine-add"].hints == ("Wie viel ist es zusammen?",)
    assert found["engine-mul"].hints[0].startswith("Sie ist gebaut wie die Addition.")
    assert in_use().find("pitfalls")()["overwrites-gradient"].does.startswith("eine Regel den Gradienten")


def test_a_sandbox_is_no_translator(exam: Exam) -> None:
    """What comes out of it is a template only where it is a sentence of ours."""
    adopt(DE)
    sheet, item = exam.sheets["engine-add"], COURSE.items["engine-add"]
    question, right = sheet.questions[0], sheet.answers[0]

    def said(phrase: Any) -> str:
        given = {"odd": "what it says", "said": phrase, "lacks": "", "absent": False, "nothing": False}
        return judge_answer(item, sheet, question, right, given).said.problem

    kind = Phrase("a {kind}", kind="list")
    assert said(data(Phrase("the result should be a Value, yours is {what}", what=kind))) == (
        "das Ergebnis sollte ein Value sein, deines ist ein list"
    )
    hostile = [
        {"phrase": "{x:>999999999}", "with": {"x": "1"}}, {"phrase": "a {kind}", "with": {}}, ["a {kind}", {}], 3,
        {"phrase": "a {kind}", "with": {"kind": {"phrase": "{kind.__class__}", "with": {"kind": "x"}}}}, "passed",
    ]  # fmt: skip
    assert [said(each) for each in hostile] == ["what it says"] * len(hostile)


# --- a kit ------------------------------------------------------------------------------------------------------


OWN_TESTS = """
from micrograd.engine import Value


def test_one_sum():
    assert (Value(1.0) + Value(2.0)).data == 3.0


def test_that_fails():
    assert (Value(1.0) + Value(2.0)).data == 4.0
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit of a German course, in which something is right, something wrong, and much to do; with tests of the
    student's own, of which one counts and one does not."""
    practice = exams.get(PRACTICE_SEED).under(COURSE.under(DE))
    made = make_kit(tmp_path_factory.mktemp("kit") / "kit", practice)
    for name, content in kit_files().items():
        if name == "pyproject.toml" or name.startswith("tests/"):
            (made / name).parent.mkdir(exist_ok=True)
            (made / name).write_bytes(content)
    solve(made, "derivative-central", "engine-add", "engine-mul")
    engine = made / "micrograd" / "engine.py"
    engine.write_text(engine.read_text().replace("self.data * other.data", "self.data + other.data"))
    with (made / "tests" / "test_engine.py").open("a", encoding="utf-8") as file:
        file.write(OWN_TESTS)
    return made


@pytest.mark.parametrize(("command", "said"), [
    ("check", ["engine-mul  0/2    Multiplizieren  (falsche Antwort)"]),
    ("check --format markdown --item engine-mul", ["| ✗ falsch | engine-mul |"]),
    ("check --format github --item engine-mul", ["Um es zu sehen, füg das in Python ein"]),
    ("hint engine-mul", ["Tipp 1 von 2"]),
    ("try engine-mul --no-run", ["Das Beispiel ist in "]),
    ("hand-in", ["ist das, was du abgibst, so wie es ist", "Deine eigenen Tests sind dabei: tests/test_engine.py."]),
    ("check --item testing-forward", ["Fehlern: sie übersehen eine Engine, deren ",
                                      "schlägt bei einer richtigen Engine fehl, die deine eigene ist"]),
])  # fmt: skip
def test_a_german_kit_prints_german(command: str, said: list[str], kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kit)
    _code, output = run(*command.split())
    assert [each for each in said if each not in output] == []
    lines = [line.strip() for line in output.split("\n") if not line.startswith(("print(", "from ", "# "))]
    assert english(lines) == {}


def test_the_example_of_a_german_kit_is_commented_in_german(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kit)
    run("try", "engine-mul", "--no-run")
    text = (kit / "try_engine_mul.py").read_text("utf-8")
    assert "gradschool schreibt es nur neu" in text and "soll " in text
    assert "wurde geändert" not in run("try", "engine-mul", "--no-run")[1]


def test_pytest_in_a_german_kit_says_it_in_german(kit: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-k", "engine-mul or engine-pow"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=kit, capture_output=True, encoding="utf-8", env=environment, timeout=120)
    assert "Um es zu sehen, füg das in Python ein" in done.stdout and "ist noch zu schreiben, bei" in done.stdout
    assert "0 von 4 Punkten" in done.stdout


def test_the_page_in_a_browser_is_given_the_words_of_its_course() -> None:
    def given(scheme: Scheme) -> set[str]:
        found = {name for name in sources._modules(COURSE.under(scheme)) if name.endswith((".toml", ".mo"))}
        return {name.removeprefix("autograder/courses/micrograd/") for name in found}

    ours = {"hints.toml", "pitfalls.toml", "testing/mistakes.toml"}
    assert given(OWN) == ours
    german = {"hints.de.toml", "pitfalls.de.toml", "autograder/locale/de/LC_MESSAGES/gradschool.mo"}
    assert given(DE) == ours | german


def test_the_kit_that_is_meant_is_named_in_its_language(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kit.parent)
    assert "prüfe kit" in run("check", "--item", "engine-mul")[1]


# --- a language that is not shipped -----------------------------------------------------------------------------


def written(folder: Path, *said: tuple[Any, Any], code: str = "fr", raw: bytes | None = None) -> Path:
    """A course in that language, with these sentences."""
    catalog = Catalog(locale=code)
    for id, text in said:
        catalog.add(id, text)
    with (folder / f"{code}.po").open("wb") as file:
        write_po(file, catalog)
    if raw is not None:
        (folder / f"{code}.po").write_bytes(raw)
    (folder / "course.toml").write_text(f'language = "{code}"\ntexts = "{code}.po"\n')
    return folder


def test_an_instructor_hands_in_a_language(tmp_path: Path, exam: Exam) -> None:
    take(written(tmp_path, ("passed", "réussi"), ("{score} points", "{score} points en tout")))
    assert (_("passed"), _("{score} points", score=3), _("failed")) == ("réussi", "3 points en tout", "failed")
    said = "\n".join(shown(in_force(), in_use()))
    left = len(shipped(TEMPLATE)) - 2
    assert f"in the language fr, as fr.po has it; {left} sentences have no translation and stay English" in said
    assert "hints, and what is said of mistakes, stay English" in said
    kept = exam.under(in_use()).to_json()
    drop()
    assert _("passed") == "passed"
    adopt(Exam.from_json(kept, course=COURSE).course.scheme)  # as a kit does
    assert _("passed") == "réussi"


def test_plurals_of_a_language_with_more_of_them(tmp_path: Path) -> None:
    days = ("{count} dzień spóźnienia", "{count} dni spóźnienia", "{count} dni po terminie")
    take(written(tmp_path, (("{count} day late", "{count} days late"), days), code="pl"))
    said = [ngettext("{count} day late", "{count} days late", count) for count in (1, 3, 5)]
    assert said == ["1 dzień spóźnienia", "3 dni spóźnienia", "5 dni po terminie"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("pased", "réussi"), "there is no sentence 'pased'; did you mean 'passed'?"),
        (("{score} points", "{points} points"),
         "'{points} points' has {points}, which is not filled in; there may be: {score}"),
        (("{score} points", "des points"), "'des points' has no {score}: put it where it belongs"),
        (("{score} points", "{score points"), "braces do not go together in '{score points'"),
        (("{score} points", "{score.real} points"), "has {score.real}, which is not filled in"),
    ],
)  # fmt: skip
def test_texts_that_make_no_sense_are_told_in_one_sentence(said: tuple[str, str], told: str, tmp_path: Path) -> None:
    code, output = run("course", "show", "--course", written(tmp_path, said))
    assert (code, output.count("\n")) == (2, 1) and "fr.po, line " in output
    assert told in output


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'msgid "passed"\nmsgstr "r\xe9ussi"\n', "fr.po cannot be read"),
        (b"passed = right\n", "fr.po cannot be read"),
        (b"\x00\x01\x02", "fr.po cannot be read"),
    ],
)
def test_a_file_that_is_no_po_is_told_in_one_sentence(raw: bytes, told: str, tmp_path: Path) -> None:
    code, output = run("course", "show", "--course", written(tmp_path, raw=raw))
    assert (code, output.count("\n")) == (2, 1) and told in output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('language = "fr"', "language: 'fr' is not shipped; there are de and en: take one of them"),
        ('texts = "fr.po"', "texts: there is no fr.po in "),
        ('texts = "course.toml"', "texts: nothing says in which language they are"),
    ],
)
def test_languages_that_there_are_not_are_told_in_one_sentence(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(f"{text}\n")
    code, output = run("course", "show", "--course", tmp_path)
    assert (code, output.count("\n")) == (2, 1) and told in output


def test_a_file_to_translate_is_written_and_taken(tmp_path: Path) -> None:
    code, output = run("course", "words", "fr", "--course", tmp_path)
    file = tmp_path / "gradschool.fr.po"
    assert code == 0 and f"{file} written" in output
    assert sentences(file).keys() == shipped(TEMPLATE).keys()
    check(read(file), file.name)
    assert run("course", "words", "fr", "--course", tmp_path)[0] == 2  # it is there already
    assert run("course", "words", "xx", "--course", tmp_path) == (
        2, "gradschool: there is no language 'xx': give its code, such as fr or pt_BR\n",
    )  # fmt: skip


def test_a_shipped_language_is_written_as_it_is_to_be_changed(tmp_path: Path) -> None:
    (tmp_path / "de.po").write_bytes(empty("de"))
    assert sentences(tmp_path / "de.po") == shipped(GERMAN)


def test_a_damaged_language_in_an_exam_is_refused(exam: Exam) -> None:
    kept = json.loads(exam.under(COURSE.under(DE)).to_json())
    kept["scheme"]["texts"] = "no texts"
    with pytest.raises(UserError, match="is not an exam"):
        Exam.from_json(json.dumps(kept), course=COURSE)


def test_refusals_and_explanations_are_made_when_they_are_said() -> None:
    """Nothing is translated while modules are imported."""
    said = Explanation(waits=("engine-add",))
    assert said.text() == "waits for engine-add"
    adopt(DE)
    assert said.text() == "wartet auf engine-add"
    assert issubclass(Refused, Exception)
