"""What a group hands in is each member's, and is said where nobody knows who they are."""

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_layouts import graded, harmless, work
from test_report import report, verdict
from test_submissions import folder as write

from autograder.cli import main
from autograder.report import files
from autograder.report.exports import canvas, canvas_comments, moodle_feedback
from autograder.report.needs import briefly, line, needs
from autograder.settings.roster import NO_ROSTER, Roster
from autograder.submissions.discovery import find_submissions
from autograder.submissions.roster_file import read_roster

ROOT = Path(__file__).parents[1]
Tree = dict[str, bytes]

# As Canvas' "Download Course Roster CSV" of a group set: files begin with the group's name and one member's number.
CANVAS = """\
name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id
"Lovelace, Ada",12345,s1,ada,Section 1,Team 1,45,
"Babbage, Charles",12346,s2,charles,Section 1,Team 1,45,
"Hopper, Grace",12347,s3,grace,Section 1,,,
"""
# Moodle's grading worksheet where students submit in groups; what is in no group is the default group's.
MOODLE = """\
Identifier,Full name,Email address,Group,Status,Grade,Maximum grade
Participant 901,Ada Lovelace,ada@x.org,Team 1,Submitted for grading,,100
Participant 902,Charles Babbage,charles@x.org,Team 1,Submitted for grading,,100
Participant 77,Grace Hopper,grace@x.org,Default group,Submitted for grading,,100
"""
# As GitHub Classroom's grades; repositories end in the name of the team as an address spells it.
GITHUB = """\
"assignment_name","github_username","roster_identifier","student_repository_name","points_awarded","group_name"
"HW1","ada","ada@x.org","hw1-team-1","","Team 1"
"HW1","charles","charles@x.org","hw1-team-1","","Team 1"
"HW1","grace","grace@x.org","hw1-grace","",""
"""
GRADESCOPE = """\
---
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: s1
    :email: ada@x.org
  - :name: Charles Babbage
    :sid: s2
    :email: charles@x.org
  :created_at: 2026-01-15 22:23:45 -0800
submission_2:
  :submitters:
  - :name: Grace Hopper
    :sid: s3
    :email: grace@x.org
"""


def class_of(tmp_path: Path, system: str) -> tuple[Path, Roster]:
    """What a system hands over of a group of two and of one who works alone, and its roster."""
    first = {
        "canvas": "submissions/team1_12345_6789{}_", "moodle": "HW1/Team 1_77_assignsubmission_file/",
        "github": "hw1-submissions/hw1-team-1/micrograd/", "gradescope": "assignment_9_export/submission_1/",
    }[system]  # fmt: skip
    other = {
        "canvas": "submissions/hoppergrace_12347_6788{}_", "moodle": "HW1/Default group_assignsubmission_file/",
        "github": "hw1-submissions/hw1-grace/micrograd/", "gradescope": "assignment_9_export/submission_2/",
    }[system]  # fmt: skip
    tree = {top.format(place) + file: text for top, number in ((first, 1), (other, 2))
            for place, (file, text) in enumerate(work(number).items())}  # fmt: skip
    if system == "gradescope":
        tree["assignment_9_export/submission_metadata.yml"] = GRADESCOPE.encode()
    write(tmp_path, tree)
    text = {"canvas": CANVAS, "moodle": MOODLE, "github": GITHUB}.get(system)
    if text is None:
        return tmp_path / Path(first).parts[0], NO_ROSTER
    (tmp_path / "roster.csv").write_text(text, "utf-8")
    return tmp_path / Path(first).parts[0], read_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize("system", ["canvas", "moodle", "github", "gradescope"])
def test_each_member_gets_what_the_group_handed_in(tmp_path: Path, system: str) -> None:
    path, roster = class_of(tmp_path, system)
    found = find_submissions([path], ("engine",), members=roster.members)
    told = roster.tell({each.student: each.who for each in found})
    names = [told[each.student]["name"].split()[-1].rstrip(",") for each in found]
    if system != "github":  # whose table says no names
        assert {frozenset(told[each.student]["name"].replace(",", "").split()) for each in found} == {
            frozenset(("Ada", "Lovelace")), frozenset(("Charles", "Babbage")), frozenset(("Grace", "Hopper")),
        }  # fmt: skip
    assert len(names) == 3
    for each in found:
        who = told[each.student]
        alone = "grace" in " ".join(who.values()).casefold()
        assert graded(each) == work(2 if alone else 1)
        assert ("group" in who) == (not alone or system == "moodle")
    match = roster.match({each.student: each.who for each in found})
    assert not (match.absent or match.doubt or match.alone)
    key = {"canvas": "canvas_id", "moodle": "participant", "github": "github", "gradescope": "email"}[system]
    assert len({who[key] for who in told.values()}) == 3


def reports_of(path: Path, roster: Roster) -> list[files.Report]:
    found = find_submissions([path], ("engine",), members=roster.members)
    told = roster.tell({each.student: each.who for each in found})
    made = []
    for each in found:
        one = report(verdict(), student=each.student, who=told[each.student])
        made.append(replace(one, submission="sha256:1"))
    return made


def test_a_group_is_no_copy_of_itself(tmp_path: Path) -> None:
    made = reports_of(*class_of(tmp_path, "gradescope"))
    assert [each.student for each in made] == ["Ada_Lovelace", "Charles_Babbage", "Grace_Hopper"]
    assert files.copies(made) == [made]  # the third is none of theirs
    assert files.copies(made[:2]) == []


def test_exports_know_each_member(tmp_path: Path) -> None:
    made = reports_of(*class_of(tmp_path / "c", "canvas"))
    rows = [*csv.reader(canvas.EXPORT.write(made).splitlines())][2:]
    assert [row[1] for row in rows] == ["12345", "12346", "12347"]
    comments = canvas_comments.EXPORT.write(made)
    assert len(comments) == 2  # Canvas gives a comment on one member's file to the group
    made = reports_of(*class_of(tmp_path / "m", "moodle"))
    assert {name.split("_")[1] for name in moodle_feedback.EXPORT.write(made)} == {"901", "902", "77"}


def test_a_group_that_nobody_knows_is_asked_about(tmp_path: Path) -> None:
    """By Canvas' number one member would get it alone; in Moodle a group's number may be that of somebody else."""
    for system, kind, who in (("canvas", "group", "team1"), ("moodle", "stranger", "Team_1")):
        path, roster = class_of(tmp_path / system, system)
        roster = Roster(roster.name, [{key: row[key] for key in row if key != "group"} for row in roster.rows])
        (need,) = [each for each in needs(reports_of(path, roster), roster=roster) if each.student == who]
        assert need.kind == kind and "--roster FILE" in need.type
        (told,) = [each.who for each in reports_of(path, roster) if each.student == who]
        assert told.get("participant") != "77"


def test_a_member_is_nobody_of_the_same_name() -> None:
    roster = Roster("r", [{"name": "Ada", "group": "Bob"}, {"name": "Bob", "group": "x"}])
    assert roster.members({"name": "Bob"}) == [] and roster.members({"name": ""}) == []
    assert roster.members({"name": "x", "late": "yes"}) == [{"name": "Bob", "group": "x", "late": "yes"}]


# --- a roster is remembered, and nobody is bothered -----------------------------------------------------------


def grade(top: Path, *more: object) -> Result:
    options = ["--out", f"{top}/results", *harmless(), "--assignment", "derivative"]
    done = CliRunner().invoke(main, ["grade", f"{top}/submissions", *options, *map(str, more)])
    assert done.exit_code == 0 and "Traceback" not in done.output, done.output
    return done


def needing(top: Path) -> list[Mapping[str, str]]:
    with (top / "results" / "needs-you.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """Four students with loose files, as Canvas has them, and what it says of them."""
    return class_with_loose_files(tmp_path, 4)


def class_with_loose_files(tmp_path: Path, size: int) -> Path:
    source = (ROOT / "solutions" / "micrograd" / "derivative.py").read_bytes()
    lines = ["Student,ID,SIS User ID,SIS Login ID,Section"]
    for number in range(100, 100 + size):
        name = f"lovelace{chr(97 + number % 26)}{chr(97 + number // 26)}"
        lines.append(f'"Lovelace, {name.removeprefix("lovelace")}",{number},,{name}@x.org,S')
        head = f"submissions/{name}_{number}_9{number}"
        write(tmp_path, {f"{head}1_derivative.py": source + b"# %d\n" % number, f"{head}2_engine.py": b""})
    (tmp_path / "canvas.csv").write_text("\n".join(lines), "utf-8")
    return tmp_path


def test_what_is_usual_needs_nobody(tmp_path: Path) -> None:
    loose = class_with_loose_files(tmp_path, 12)
    done = grade(loose)
    assert needing(loose) == [] and "needs you" not in done.output
    assert "Needs you" not in (loose / "results" / "index.html").read_text("utf-8")


def test_a_roster_is_remembered_until_it_is_dropped(loose: Path) -> None:
    given = loose / "canvas.csv"
    given.write_text(given.read_text("utf-8") + '\n"Hopper, Grace",999,,grace@x.org,S', "utf-8")
    assert "was given before" not in grade(loose, "--roster", given).output
    assert [row["student"] for row in needing(loose)] == ["Hopper, Grace"]
    given.unlink()  # it is known as it was
    done = grade(loose)
    assert done.output.count("the class is that of the roster canvas.csv, which was given before") == 1
    assert [row["student"] for row in needing(loose)] == ["Hopper, Grace"]
    exported = CliRunner().invoke(main, ["export", "canvas", f"{loose}/results"])
    assert exported.exit_code == 0 and "@x.org" in exported.output
    assert "in canvas.csv, but without results: Hopper, Grace" in exported.output
    assert CliRunner().invoke(main, ["export", "csv", f"{loose}/results"]).exit_code == 0  # which needs none
    (loose / "other.csv").write_text("name,email\nAda,a@x.org\n", "utf-8")
    grade(loose, "--roster", loose / "other.csv")
    assert "roster other.csv" in grade(loose).output
    assert "given before" not in grade(loose, "--no-roster").output and needing(loose) == []
    assert "given before" not in grade(loose).output


def test_a_damaged_memory_is_none(loose: Path) -> None:
    grade(loose, "--roster", loose / "canvas.csv")
    (loose / "results" / ".roster.json").write_text("[]", "utf-8")
    assert "given before" not in grade(loose).output


def test_who_cannot_be_graded_any_more_had_something_before(loose: Path) -> None:
    """It is said wherever somebody looks, in each run, until there is something to grade again."""
    (student, *_) = sorted({path.name.split("_")[0] for path in (loose / "submissions").iterdir()})
    files = [*(loose / "submissions").glob(f"{student}_*")]
    kept = {path: path.read_bytes() for path in files}
    grade(loose)
    score = row_of(loose, student)["score"]
    assert float(score) > 0 and not (loose / "results" / student / "earlier.json").exists()
    for path in files:
        path.unlink()
    name = files[0].with_name(f"{student}_100_990_m.zip")
    for content in (b"broken", b"", b""):
        name.write_bytes(content)
        grade(loose)
        row = row_of(loose, student)
        assert (row["score"], row["status"]) == ("", "unreadable") and f"{score} points before" in row["remark"]
        (need,) = needing(loose)
        assert need["why"].endswith(f"; what was handed in before had {score} points")
        assert json.loads((loose / "results" / student / "earlier.json").read_text())["score"] == float(score)
    name.unlink()
    for path, content in kept.items():
        path.write_bytes(content)
    grade(loose)
    assert row_of(loose, student)["score"] == score and needing(loose) == []
    assert not (loose / "results" / student / "earlier.json").exists()


def row_of(top: Path, student: str) -> Mapping[str, str]:
    with (top / "results" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}[student]


def test_many_who_were_late_are_one_line_for_people() -> None:
    made = []
    for number in range(40):
        message = "" if number else "odd"
        made.append(report(verdict(), student=f"s{number:02}", message=message, who={"late": "yes"}))
    found = needs(made, ["x"])
    assert [need.kind for need in found] == ["look", *["late"] * 40, "ignored"]
    shown = briefly(found)
    assert [need.kind for need in shown] == ["look", "late", "ignored"]
    assert line(shown[1]).endswith("says: s00, s01, s02, s03, s04, s05, s06, s07 and 32 more")
    assert briefly(found[:3]) == found[:3]
