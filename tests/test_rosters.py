"""Rosters as courses' systems write them: who is found by what, and who is named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from test_report import report, verdict

from autograder.errors import UserError
from autograder.report.needs import needs
from autograder.settings.roster import Roster
from autograder.submissions.roster_file import read_roster

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (55),Current Score
    Points Possible,,,,,100.00,(read only)
,,,,,Manual Posting,
"Lovelace, Ada",12345,u1,ada@x.org,CS 1,,
"de la Cruz, Juan",12346,u2,juan,CS 1,,
"Ångström, Håkon",12347,u3,hakon,CS 1,,
"Student, Test",999,,5e1f,CS 1,,
"""
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments
Participant 101,Ada Lovelace,ada@x.org,Submitted for grading,,100.00,-,
Participant 102,Juan de la Cruz,juan@x.org,No submission,,100.00,-,
Participant 103,Håkon Ångström,hakon@x.org,No submission,,100.00,-,
"""
PARTICIPANTS = """\
First name,Last name,ID number,Email address,Roles
Ada,Lovelace,7001,ada@x.org,Student
Juan,de la Cruz,7002,juan@x.org,Student
Håkon,Ångström,7003,hakon@x.org,Student
Tea,Cher,7009,tea@x.org,Teacher
"""
GRADESCOPE = """\
First Name,Last Name,SID,Email,Role,Section
Ada,Lovelace,7001,ada@x.org,Student,A
Juan,de la Cruz,7002,juan@x.org,Student,A
Håkon,Ångström,7003,hakon@x.org,Student,B
Tea,Cher,,tea@x.org,Instructor,
"""
SCORES = """\
Name,SID,Email,Total Score,Max Points,Status,Submission ID
Ada Lovelace,7001,ada@x.org,,100,Graded,1
Juan de la Cruz,7002,juan@x.org,,100,Missing,
Håkon Ångström,7003,hakon@x.org,,100,Missing,
"""
METADATA = """\
---
submission_111:
  :submitters:
  - :name: Ada Lovelace
    :sid: '7001'
    :email: ada@x.org
  - :name: Juan de la Cruz
    :sid: '7002'
    :email: juan@x.org
submission_112:
  :submitters:
  - :name: Håkon Ångström
    :sid: '7003'
    :email: hakon@x.org
"""
GITHUB = """\
"identifier","github_username","github_id","name"
"ada@x.org","ada","1","Ada Lovelace"
"juan@x.org","juan","2","Juan de la Cruz"
"hakon@x.org","hakon","3","Håkon Ångström"
"""
PLAIN = "Name;E-Mail;Matrikel\nAda Lovelace;ada@x.org;1\nJuan de la Cruz;juan@x.org;2\nHåkon Ångström;hakon@x.org;3\n"
ROSTERS = {
    "canvas.csv": CANVAS, "worksheet.csv": WORKSHEET, "participants.csv": PARTICIPANTS, "gradescope.csv": GRADESCOPE,
    "scores.csv": SCORES, "submission_metadata.yml": METADATA, "github.csv": GITHUB, "plain.csv": PLAIN,
}  # fmt: skip
# What the names of files say of the three, in each system.
CLASSES: dict[str, Mapping[str, Mapping[str, str]]] = {
    "canvas": {
        "lovelaceada": {"name": "lovelaceada", "canvas_id": "12345"},
        "delacruzjuan": {"name": "delacruzjuan", "canvas_id": "12346"},
        "ångströmhåkon": {"name": "ångströmhåkon", "canvas_id": "12347"},
    },
    "moodle": {
        "Ada_Lovelace": {"name": "Ada Lovelace", "participant": "101"},
        "Juan_de_la_Cruz": {"name": "Juan de la Cruz", "participant": "102"},
        "Håkon_Ångström": {"name": "Håkon Ångström", "participant": "103"},
    },
    "gradescope": {
        "A": {"name": "A", "email": "ADA@x.org"}, "J": {"name": "J", "email": "juan@x.org"},
        "H": {"name": "H", "email": "hakon@x.org"},
    },
    "logins": {"ada": {"name": "ada"}, "juan": {"name": "juan", "username": "juan"}, "hakon": {"name": "hakon"}},
}  # fmt: skip


def roster(path: Path, text: str | bytes) -> Roster:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_roster(path)


@pytest.mark.parametrize("system", CLASSES)
@pytest.mark.parametrize("file", ROSTERS)
def test_everybody_is_found_in_every_roster(tmp_path: Path, file: str, system: str) -> None:
    found = roster(tmp_path / file, ROSTERS[file])
    assert len(found.rows) == 3
    match = found.match(CLASSES[system])
    assert not match.doubt and not match.absent
    for (_, row), first in zip(match.known.items(), ("Ada", "Juan", "Håkon"), strict=True):
        assert first in row["name"]
    told = found.tell(CLASSES[system])
    if file != "canvas.csv":
        assert [each["email"].casefold() for each in told.values()] == ["ada@x.org", "juan@x.org", "hakon@x.org"]


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_are_read_as_spreadsheets_save_them(tmp_path: Path, encoding: str, separator: str) -> None:
    text = PLAIN.replace(";", separator).replace("\n", "\r\n")
    found = roster(tmp_path / "r.csv", text.encode(encoding))
    assert [row["name"] for row in found.rows] == ["Ada Lovelace", "Juan de la Cruz", "Håkon Ångström"]
    assert any("Windows-1252" in said for said in found.said) == (encoding == "cp1252")
    assert found.said[-1] == "columns of r.csv that say nothing of who is who: Matrikel"


def test_the_surest_counts(tmp_path: Path) -> None:
    found = roster(tmp_path / "r.csv", "student,name,canvas_id,email\nx,Ada Lovelace,1,a@x.org\n,,,\n")
    assert found.match({"x": {"name": "Bob"}}).known["x"]["name"] == "Ada Lovelace"
    assert found.match({"ada": {"name": "Ada Lovelace"}, "x": {"name": "x"}}).known.keys() == {"x"}
    other = roster(tmp_path / "o.csv", "name,canvas_id\nAda Lovelace,1\n")
    assert not other.match({"lovelaceada": {"name": "lovelaceada", "canvas_id": "2"}}).known
    two = other.match({"a": {"name": "a", "canvas_id": "1"}, "b": {"name": "Ada Lovelace"}})
    assert two.known.keys() == {"a"} and not two.doubt


def test_namesakes_are_in_doubt_and_named(tmp_path: Path) -> None:
    found = roster(tmp_path / "r.csv", "name,email\nWei Wu,w1@x.org\nWei Wu,w2@x.org\nAda Lovelace,a@x.org\n")
    people = {"wuwei": {"name": "wuwei"}, "x": {"name": "Lovelace Ada"}, "y": {"name": "Ada Lovelace"}}
    match = found.match(people)
    assert match.known == {} and match.doubt.keys() == people.keys()
    assert match.doubt["wuwei"] == "2 rows of r.csv may be theirs: Wei Wu; Wei Wu"
    reports = [report(verdict(), student=student, who=who) for student, who in people.items()]
    kinds = [(need.student, need.kind) for need in needs(reports, roster=found)]
    assert kinds == [("Ada Lovelace", "missing"), ("Wei Wu", "missing"), ("Wei Wu", "missing"), ("wuwei", "stranger"),
                     ("x", "stranger"), ("y", "stranger")]  # fmt: skip


def test_the_numbers_of_this_assignment_hold(tmp_path: Path) -> None:
    found = roster(tmp_path / "r.csv", WORKSHEET)
    (told,) = found.tell({"a": {"name": "Ada Lovelace", "participant": "990"}}).values()
    assert (told["participant"], told["email"]) == ("990", "ada@x.org")


@pytest.mark.parametrize("text", ["", "\n", "Mood,Weather\ngood,fine\n", "\ufeff"])
def test_what_is_no_roster_ends_in_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError):
        roster(tmp_path / "r.csv", text)
