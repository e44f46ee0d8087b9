"""The course file: what may stand in it, what is said of what may not, and what follows from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import SAMPLES
from kits import make_kit

from autograder.cli import main
from autograder.course import adopt, in_use, taught
from autograder.errors import UserError
from autograder.exam.paper import Exam
from autograder.kit.bundle import kit_files
from autograder.project import CONFIG, INSTALLED
from autograder.scheme import OWN, Scheme
from autograder.settings import schema
from autograder.settings.dates import Dates, Penalty
from autograder.settings.in_force import drop, in_force, take
from autograder.settings.language import empty
from autograder.settings.reading import Settings, read_settings
from autograder.settings.shown import first_file, shown

COURSE = taught()
NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    drop()


def read(folder: Path, text: str) -> Settings:
    file = folder / "course.toml"
    file.write_text(text, "utf-8")
    return read_settings(file, COURSE)


def run(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    return done.exit_code, done.output


# --- what is wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel = 'x'", "there is no key 'titel'; did you mean 'title'?"),
        ("[datez]\ndue = 2027-02-01", "there is no key 'datez'; did you mean 'dates'?"),
        ("due = 2027-02-01", "course.toml: due belongs into [dates]"),
        ("[late]\ntitle = 'x'", "late: title belongs above all tables"),
        ("[dates]\ndew = 2027-02-01", "there is no key 'dew'; did you mean 'due'?"),
        ("[points]\nengine-mull = 3", "points: there is no item 'engine-mull'; did you mean 'engine-mul'?"),
        ("[points]\nengine = 3", "engine is an assignment: give points to its items, such as engine-add"),
        ("[points]\nengine-mul = 0", "points.engine-mul: there must be a whole number, 1 or more, and not '0'"),
        ("[points]\nengine-mul = 1.5", "there must be a whole number"),
        ("[points]\nengine-mul = true", "there must be a whole number"),
        ("leave_out = ['strech']", "leave_out: there is no item or assignment 'strech'; did you mean 'stretch'?"),
        ("leave_out = 'stretch'", "there must be a list of names"),
        ("leave_out = ['engine-mul']\n[points]\nengine-mul = 3", "engine-mul has points and is left out"),
        (f"leave_out = {[*COURSE.assignments]}", "nothing is left to be asked"),
        ("bonus = ['engine-ad']", "did you mean 'engine-add'?"),
        ("total = 90", "what is no bonus is worth 100 points, and not 90"),
        ("title = 3", "title: there must be a text"),
        ("title = ''", "title: there must be a text"),
        ("hints = 'hints.de.toml'", "there is no hints.de.toml in"),
        ("[dates]\ndue = '2027-02-01'", "there must be a date such as 2027-02-01"),
        ("[dates]\ndue = 2027-02-01\ntime_zone = 'Europe/Berln'", "did you mean 'Europe/Berlin'?"),
        ("[dates]\ndue = 2027-02-01\ngrace = '3 dayz'", "there is no unit of time 'dayz'; did you mean 'day'?"),
        ("[dates]\ndue = 2027-02-01\ngrace = 3", 'there must be a time such as "3 days"'),
        ("[dates.due]\nengin = 2027-02-01", "there is no assignment 'engin'; did you mean 'engine'?"),
        ("[dates]\ndue = 2027-02-01\nextensions = { ada = { engin = '1 day' } }", "did you mean 'engine'?"),
        ("[dates]\ntime_zone = 'UTC'", "nothing is due: write due into [dates]"),
        ("[late]\nper_day = 10", "nothing is due"),
        ("[dates]\ndue = 2027-02-01\n[late]\nper_day = 110", "a number of percent from 0 to 100"),
        ("[dates]\ndue = 2027-02-01\n[late]\nat_most = 50", "a day costs nothing: write per_day, too"),
        ("[feedback]\nbefore = 'scores'", "before and after differ, and nothing has a due date"),
        ("[feedback]\nafter = 'item'", "there is no choice 'item'; did you mean 'items'?"),
        ("[time]\nbudget = 0", "a number of seconds from 0.1 to 3600"),
        ("[pages]\nby_section = 'yes'", "there must be true or false"),
        ("[points]\ntotal = 96", "points: total belongs above all tables, at the top of the file"),
        ("[dates]\ndue = 2027-02-01\nextensions = { ada = 3 }", 'a time such as "3 days", or a date such as'),
        ("title = 'x'\ntitle = 'y'\n", "a name stands there twice (at line 2, column 12)"),
        ("[dates]\n[dates]\n", "a name stands there twice (at line 2"),
        ("title = ", "cannot be read"),
        ("points = 3", "points: there must be a table"),
        ("dates = 3", "dates: there must be a table"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as found:
        read(tmp_path, text)
    assert said in str(found.value)
    assert "\n" not in str(found.value).strip()


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "titel = 'x'\nleave_out = ['strech', 'engine-ad']\n[dates]\ndue = 'x'\n[late]\nper_day = 10\n[pages]\nby = 1\n"
    )
    with pytest.raises(UserError) as found:
        read(tmp_path, text)
    assert [line.partition(":")[0] for line in str(found.value).splitlines()] == [
        "course.toml", "course.toml, dates.due", "course.toml, pages", "course.toml, leave_out",
        "course.toml, leave_out",
    ]  # and not that nothing is due, for something is  # fmt: skip


def test_all_that_is_wrong_in_a_table_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as found:
        read(tmp_path, "[points]\nengine-add = 0\nengine-mul = '3'\nengine-pow = 2\n")
    assert [line.partition(":")[0] for line in str(found.value).splitlines()] == [
        "course.toml, points.engine-add", "course.toml, points.engine-mul",
    ]  # fmt: skip


def test_what_is_no_file_or_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text("")
    file = tmp_path / "course.toml"
    file.write_bytes("title = 'Netze für alle'".encode("latin-1"))
    assert run("course", "show", "--course", tmp_path) == (
        2, f"gradschool: {file} cannot be read (it is not written in UTF-8): save it as UTF-8 in your editor\n",
    )  # fmt: skip
    file.unlink()
    file.mkdir()
    code, said = run("course", "show", "--course", tmp_path)
    assert (code, "cannot be read" in said, "it must be a file that you may read" in said) == (2, True, True)
    file.rmdir()
    file.symlink_to(tmp_path / "nowhere")
    assert run("course", "show", "--course", tmp_path)[0] == 2


def test_a_command_says_it_and_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text("titel = 'x'")
    for command in (["course", "show"], ["grade", str(tmp_path)], ["export", "csv"], ["release"], ["exam", "seed"]):
        code, said = run(*command, "--course", tmp_path)
        assert (code, said) == (2, "gradschool: course.toml: there is no key 'titel'; did you mean 'title'?\n")


# --- without a file, and the first one -------------------------------------------------------------------------


def test_no_file_means_the_course_as_it_comes() -> None:
    drop()
    assert in_use() is COURSE
    assert in_force() == Settings()
    code, said = run("course", "show")
    assert code == 0
    assert "this is the course as it comes" in said
    assert "in all      100 points, and 30 bonus" in said


def test_the_first_file_changes_nothing_and_is_never_written_over(tmp_path: Path) -> None:
    code, said = run("course", "init", "--course", tmp_path / "mine")
    assert code == 0
    assert f"gradschool course show --course {tmp_path / 'mine'}" in said
    settings = read_settings(tmp_path / "mine" / "course.toml", COURSE)
    assert settings.scheme == OWN
    assert not settings.dates
    code, said = run("course", "init", "--course", tmp_path / "mine")
    assert (code, "is there already" in said) == (2, True)


def test_each_line_of_the_first_file_may_be_taken_in(tmp_path: Path) -> None:
    """All at once, but for what must agree with the rest: the names of files, and a sum."""
    (tmp_path / "hints.de.toml").write_text("")
    (tmp_path / "gradschool.fr.po").write_bytes(empty("fr"))
    text = re.sub(r"(?m)^#(?=[\w-]+ = )", "", first_file(COURSE))
    text = re.sub(r"(?m)^(derivative-|testing-training).* = \d+\n|^total = .*\n", "", text)
    settings = read(tmp_path, text)
    assert {name for name in schema.NAMES if name != "total"} == {*settings.said}


def test_all_keys_are_explained() -> None:
    code, said = run("course", "show", "--keys")
    assert code == 0
    assert [name for name in schema.NAMES if name not in said] == []
    assert [name for name in schema.NAMES if f"`{name}`" not in PAGE] == []


# --- what counts ------------------------------------------------------------------------------------------------


def test_points_bonus_and_what_is_left_out(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "title = 'Nets'\nleave_out = ['stretch', 'testing', 'engine-exp']\nbonus = ['nn-dropout']\ntotal = 97\n"
        "[points]\nengine-mul = 3\n",
    )
    course = COURSE.under(settings.scheme)
    assert course.title == "Nets"
    assert "stretch" not in course.assignments
    assert "engine-exp" not in course.items
    assert course.items["engine-mul"].points == 3
    assert course.items["nn-dropout"].bonus
    assert [item.id for item in course.items.values() if "engine-exp" in item.needs] == []
    assert COURSE.items["engine-mul"].points == 2
    lines = "\n".join(shown(settings, course, NOW))
    assert "other points: engine-mul 3" in lines
    assert "left out: engine-exp" in lines
    assert "stretch     left out: students get it ready-made" in lines
    assert "in all      97 points, and 3 bonus" in lines


def test_a_sum_that_is_not_100_is_remarked(tmp_path: Path) -> None:
    settings = read(tmp_path, "leave_out = ['nn-dropout']")
    assert settings.remarks == ("what is no bonus is worth 97 points, and not 100: if that is meant, write total = 97",)


def test_a_marking_scheme_travels_as_plain_data() -> None:
    scheme = Scheme("Nets", {"engine-mul": 3}, ("nn-dropout",), ("stretch-deep",), 3.0, "none", {"file": "x"})
    assert Scheme.from_dict(json.loads(json.dumps(scheme.as_dict()))) == scheme
    assert OWN.as_dict() == {}


PAGE = (Path(__file__).parents[1] / "docs" / "course-file.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("wish", "typed", "follows"),
    [
        ("a title of your own", 'title = "Nets"\nterm = "Spring 2027"', "Nets, Spring 2027"),
        ("one assignment a week", "[dates.due]\nengine = 2027-02-08", "16 items, 26 points, due 2027-02-08 23:59"),
        ("no tests by students", 'leave_out = ["testing"]', "in all      100 points, and 20 bonus"),
        ("no bonus", 'leave_out = ["stretch", "testing"]', "in all      100 points, and 0 bonus"),
        ("no bonus", "bonus = []", "in all      130 points, and 0 bonus"),
        ("other points", "[points]\nengine-mul = 3", "other points: engine-mul 3"),
        ("a due date and a penalty", "[dates]\ndue = 2027-03-01\n[late]\nper_day = 10", "each day begun costs 10 %"),
        ("everything that students read in German", 'language = "de"', "what students read is in the language de"),
        ("the same in French", 'language = "fr"\ntexts = "gradschool.fr.po"', "fr, as gradschool.fr.po has it"),
        ("hints in other words", 'hints = "hints.de.toml"', "in the words of hints.de.toml"),
        ("feedback that waits", '[dates]\ndue = 2027-03-01\n[feedback]\nbefore = "scores"',
         "students read scores alone before a due date, and all there is to say after"),
        ("a time limit for items", "[time]\nitem = 4", "4 s of the processor an item"),
    ],
)  # fmt: skip
def test_what_the_page_says_to_type_for_a_wish(wish: str, typed: str, follows: str, tmp_path: Path) -> None:
    (row,) = re.findall(rf"^\| {wish} \| (.+) \|$", PAGE, re.M)
    assert [line for line in typed.split("\n") if f"`{line}`" not in row and line != "[dates]"] == []
    (tmp_path / "hints.de.toml").write_text("")
    (tmp_path / "gradschool.fr.po").write_bytes(empty("fr"))
    (tmp_path / "course.toml").write_text(typed)
    code, said = run("course", "show", "--course", tmp_path)
    assert (code, follows in said) == (0, True), said


def test_each_wish_of_the_page_is_tried() -> None:
    wishes = re.findall(r"^\| (.+?) \| .+ \|$", PAGE.partition("## All keys")[0], re.M)[2:]
    tried = {mark.args[1][place][0] for mark in test_what_the_page_says_to_type_for_a_wish.pytestmark
             for place in range(len(mark.args[1]))}  # fmt: skip
    assert {*wishes} - tried == {"a roster by e-mail"}  # which needs nothing


# --- when -------------------------------------------------------------------------------------------------------

DATES = """
[dates]
time_zone = "Europe/Berlin"
grace = "15 minutes"
extensions = { ada = "3 days", bela = { engine = 2027-02-15 } }
[dates.due]
derivative = 2027-02-01
engine = 2027-02-08T18:00:00
[late]
per_day = 10
at_most = 50
"""


def test_due_dates_are_by_the_courses_clock(tmp_path: Path) -> None:
    dates = read(tmp_path, DATES).dates
    assert dates.due_at("derivative") == datetime(2027, 2, 1, 22, 59, 59, tzinfo=UTC)  # the end of the day, in Berlin
    assert dates.due_at("engine") == datetime(2027, 2, 8, 17, tzinfo=UTC)
    assert dates.due_at("nn") is None
    assert dates.due_at("engine", "ada") == datetime(2027, 2, 11, 17, tzinfo=UTC)
    assert dates.due_at("engine", "bela") == datetime(2027, 2, 15, 22, 59, 59, tzinfo=UTC)
    assert dates.due_at("derivative", "bela") == dates.due_at("derivative")


@pytest.mark.parametrize(
    ("later", "days", "share"),
    [
        (timedelta(), 0, 0),
        (timedelta(minutes=15), 0, 0),
        (timedelta(minutes=16), 1, 0.1),
        (timedelta(days=1), 1, 0.1),
        (timedelta(days=1, seconds=1), 2, 0.2),
        (timedelta(days=30), 30, 0.5),
    ],
)
def test_late_is_counted_in_days_begun(later: timedelta, days: int, share: float, tmp_path: Path) -> None:
    dates = read(tmp_path, DATES).dates
    due = dates.due_at("engine")
    assert due is not None
    late = dates.late("engine", "cy", due + later)
    assert (late.days if late else 0, late.share if late else 0) == (days, share)


def test_summer_time_moves_no_due_date() -> None:
    dates = Dates("Europe/Berlin", {"": datetime(2027, 3, 28, 12)}, penalty=Penalty(10))
    assert dates.due_at("engine") == datetime(2027, 3, 28, 10, tzinfo=UTC)
    assert Dates("Europe/Berlin", {"": datetime(2027, 3, 27, 12)}).due_at("engine") == datetime(
        2027, 3, 27, 11, tzinfo=UTC
    )


def test_dates_in_the_past_are_remarked(tmp_path: Path) -> None:
    settings = read(tmp_path, DATES)
    after = "\n".join(shown(settings, COURSE, datetime(2027, 2, 3, tzinfo=UTC)))
    assert "! derivative was due at 2027-02-01 23:59, which has passed" in after
    assert "! engine" not in after
    assert "is the year right?" in "\n".join(shown(settings, COURSE, datetime(2028, 2, 3, tzinfo=UTC)))
    assert "!" not in "\n".join(shown(settings, COURSE, NOW))


# --- hints ------------------------------------------------------------------------------------------------------

GERMAN = """
[items.engine-add]
hints = ["Was ist die Summe?"]
[pitfalls.overwrites-gradient]
does = "der Gradient überschrieben wird"
"""


def test_hints_in_other_words_take_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "hints.de.toml").write_text(GERMAN, "utf-8")
    (tmp_path / "course.toml").write_text('hints = "hints.de.toml"\n')
    before = COURSE.find("hint_words")().items["engine-mul"], COURSE.find("pitfalls")()["overwrites-gradient"]
    take(tmp_path)
    words, pitfalls = in_use().find("hint_words")(), in_use().find("pitfalls")()
    assert words.items["engine-add"].hints == ("Was ist die Summe?",)
    assert words.items["engine-mul"] == before[0]
    assert pitfalls["overwrites-gradient"].does == "der Gradient überschrieben wird"
    assert pitfalls["overwrites-gradient"].hints == before[1].hints
    drop()
    assert COURSE.find("pitfalls")()["overwrites-gradient"] == before[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[items.engine-ad]\nhints = ['x']", "hints.de.toml, items: there is no item 'engine-ad'"),
        ("[items.engine-add]\nhint = ['x']", "hints.de.toml, items.engine-add: there is no key 'hint'"),
        ("[pitfalls.overwrites]\ndoes = 'x'", "hints.de.toml: there is no pitfall 'overwrites'"),
        ("pitfalls = 3", "hints.de.toml, pitfalls: there must be a table"),
        ("[items", "hints.de.toml cannot be read"),
    ],
)
def test_hints_that_make_no_sense_are_told_in_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "hints.de.toml").write_text(text)
    (tmp_path / "course.toml").write_text('hints = "hints.de.toml"\n')
    with pytest.raises(UserError) as found:
        take(tmp_path)
    assert said in str(found.value)


def test_a_kit_brings_hints_and_how_many_there_are(tmp_path: Path, exam: Exam) -> None:
    words = {"file": "hints.de.toml", "items": {"engine-add": {"hints": ["Was ist die Summe?"]}}}
    for hints, said in (("all", "Hint 1 of 1: Was ist die Summe?"), ("none", "Your course gives no hints.")):
        kit = make_kit(tmp_path / hints, exam.under(COURSE.under(Scheme(hints=hints, words=words))))
        assert said in run("hint", "engine-add", kit)[1]
        assert ("For a hint" in run("check", kit)[1]) == (hints == "all")


# --- exams, and where a file is looked for ----------------------------------------------------------------------


def test_an_exam_changes_with_what_is_left_out_and_with_nothing_else(exam: Exam) -> None:
    fewer = exam.under(COURSE.under(Scheme(left_out=("engine-exp",))))
    assert fewer.address != exam.address
    assert "engine-exp" not in fewer.sheets
    others = Scheme(title="Nets", points={"engine-mul": 9}, bonus=("nn-dropout",), hints="none")
    assert exam.under(COURSE.under(others)).address == exam.address


def test_an_exam_brings_its_marking_scheme_along(exam: Exam) -> None:
    scheme = Scheme(points={"engine-mul": 9}, left_out=("engine-exp",))
    read_again = Exam.from_json(exam.under(COURSE.under(scheme)).to_json())
    assert read_again.course.scheme == scheme
    assert read_again.course.items["engine-mul"].points == 9
    assert '"scheme"' not in exam.to_json()[:500]
    adopt(Scheme(left_out=("engine-exp", "engine-log")))  # the instructor's own word counts
    assert "engine-log" not in Exam.from_json(exam.to_json()).sheets
    adopt(Scheme(points={"engine-mul": 1}))
    with pytest.raises(UserError, match="the exam has no engine-exp, which the course asks for"):
        Exam.from_json(exam.under(COURSE.under(scheme)).to_json())


def test_no_file_is_looked_for_where_a_command_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "course.toml").write_text("title = 'Not mine'")
    (tmp_path / "assignments").mkdir()
    (tmp_path / "assignments" / "course.toml").write_text("title = 'Not mine'")
    monkeypatch.chdir(tmp_path)
    assert "Not mine" not in run("course", "show")[1]
    assert "Not mine" in run("course", "show", "--course", ".")[1]


def test_what_is_left_out_cannot_be_graded(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text("leave_out = ['stretch']")
    code, said = run("grade", tmp_path, "--assignment", "stretch", "--course", tmp_path)
    assert (code, "stretch is left out by the course file" in said) == (2, True)


def test_a_folder_with_nothing_but_a_course_file_is_a_course(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text("title = 'Nets'")
    assert take(tmp_path).scheme.title == "Nets"
    assert in_use().title == "Nets"
    drop()
    assert in_use().title == COURSE.title


def test_a_kits_first_page_knows_what_is_left_out() -> None:
    assert ("(bonus)" in readme(), "finished here already" in readme()) == (True, False)
    adopt(Scheme(left_out=tuple(id for id, item in COURSE.items.items() if item.bonus)))
    assert ("(bonus)" in readme(), "finished here already" in readme()) == (False, True)


def readme() -> str:
    return kit_files()["README.md"].decode("utf-8")


def test_pages_by_section_need_sections(tmp_path: Path, exam: Exam) -> None:
    (tmp_path / "course.toml").write_text("[pages]\nby_section = true\n")
    (tmp_path / "exam.json").write_text(exam.to_json())
    grade = [
        "grade",
        SAMPLES / "ada",
        "--course",
        tmp_path,
        "--out",
        tmp_path / "results",
        "--exam",
        tmp_path / "exam.json",
    ]
    said = "course.toml wants pages by section, and no roster names a section"
    code, told = run(*grade)
    assert (code, said in told) == (0, True), told
    (tmp_path / "roster.csv").write_text("Student,Section\nada,A\n")
    code, told = run(*grade, "--roster", tmp_path / "roster.csv")
    assert (code, said in told) == (0, False), told
    assert (tmp_path / "results" / "section-A.html").is_file()


def test_without_a_time_zone_it_is_said_whose_clock_it_is(tmp_path: Path) -> None:
    settings = read(tmp_path, "[dates]\ndue = 2027-02-01\n")
    assert "dates are those of UTC, for no time_zone is said" in [*shown(settings, COURSE, NOW)]
    settings = read(tmp_path, "[dates]\ntime_zone = 'Asia/Tokyo'\ndue = 2027-02-01\n")
    assert "dates are those of Asia/Tokyo" in [*shown(settings, COURSE, NOW)]


@pytest.mark.parametrize("more", [[], ["--check"], ["--notebooks"]])
def test_the_checkouts_stubs_do_not_follow_another_folders_file(tmp_path: Path, more: list[str]) -> None:
    (tmp_path / "course.toml").write_text("leave_out = ['stretch']")
    before = {path: path.read_bytes() for path in (INSTALLED / "student").rglob("*.py")}
    code, said = run("release", "--course", tmp_path, *more)
    assert code == 2 and "write a kit with --kit FOLDER" in said and "Traceback" not in said
    assert {path: path.read_bytes() for path in before} == before
