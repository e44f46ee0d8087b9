"""`gradschool hand-in`: the one file to upload, what it says, and that every layout knows it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from kits import make_kit, solve
from nightly import WHOLE
from test_check import run
from test_layouts import CLASSES
from test_submissions import folder as write

from autograder.courses.micrograd import COURSE
from autograder.exam.paper import PRACTICE_SEED
from autograder.grading import exams
from autograder.submissions.discovery import find_submissions
from autograder.submissions.unpacking import unpacked

FILES = {path.name for path in (ROOT / "solutions" / "micrograd").glob("*.py")}


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return make_kit(tmp_path / "kit", exams.get(PRACTICE_SEED))


def test_the_archive_holds_the_package_alone_and_says_how_it_does(kit: Path) -> None:
    solve(kit, "derivative-central")
    (kit / "micrograd" / "__pycache__").mkdir()
    (kit / "micrograd" / "__pycache__" / "engine.pyc").write_bytes(b"")
    (kit / "micrograd" / ".DS_Store").write_bytes(b"")
    said = run(kit, "hand-in")
    assert "micrograd.zip is what you hand in, as it is: micrograd/ with 7 files." in said
    assert "it gets 2/100 points" in said and "Not begun: derivative-gradcheck, engine-add" in said
    with zipfile.ZipFile(kit / "micrograd.zip") as archive:
        assert set(archive.namelist()) == {f"micrograd/{name}" for name in FILES}
    first = (kit / "micrograd.zip").read_bytes()
    if WHOLE:
        run(kit / "micrograd", "hand-in")  # from within as well
        assert (kit / "micrograd.zip").read_bytes() == first


def test_a_syntax_error_is_said_and_handed_in(kit: Path) -> None:
    with (kit / "micrograd" / "nn.py").open("a") as file:
        file.write("def (\n")
    said = run(kit, "hand-in")
    assert "! micrograd/nn.py, line" in said and said.count("is not valid Python: ") == 1
    assert (kit / "micrograd.zip").is_file()


def test_where_nothing_is_written_there_is_nothing_to_hand_in(kit: Path) -> None:
    assert "everything in micrograd/ is still to be written" in run(kit, "hand-in", code=2)
    for path in (kit / "micrograd").glob("*.py"):
        path.unlink()
    assert "holds no Python file" in run(kit, "hand-in", code=2)
    os.rmdir(kit / "micrograd")
    assert "there is no micrograd/ in" in run(kit, "hand-in", code=2)
    assert not (kit / "micrograd.zip").exists()


HANDED = {
    "moodle": "Ada Lovelace_101_assignsubmission_file/micrograd.zip",
    "moodle-flat": "Ada Lovelace_101_assignsubmission_file_micrograd.zip",
    "canvas": "lovelaceada_12345_67890_micrograd.zip",
    "canvas-late": "lovelaceada_LATE_12345_67890_micrograd-2.zip",
    "canvas-anonymous": "anon_aB3x0_678000_micrograd.zip",
    "blackboard": "HW1_ada_attempt_2026-01-15-22-23-45_micrograd.zip",
    "brightspace": "1234567-89012 - Ada Lovelace - Jan 15, 2026 1023 PM - micrograd.zip",
    "sakai": "Lovelace, Ada(alove)/Submission attachment(s)/micrograd.zip",
    "gradescope": "submission_111/micrograd.zip",
    "google": "Ada Lovelace - micrograd.zip",
    "github": "hw1-ada/micrograd.zip",
    "folders": "ada/micrograd.zip",
}


def test_every_layout_knows_it(kit: Path, tmp_path: Path) -> None:
    """Beside somebody else's, which lies in the same place of another class."""
    assert {name.partition("-archives")[0].partition("-folders")[0] for name in CLASSES} <= {*HANDED, "archives"}
    solve(kit, "derivative-central")
    run(kit, "hand-in")
    content = (kit / "micrograd.zip").read_bytes()
    for name, place in HANDED.items():
        tree = {place: content}
        if name == "gradescope":
            tree["submission_metadata.yml"] = b"submission_111: {':submitters': [{':name': Ada Lovelace}]}"
        called = "hw1-submissions" if name == "github" else "class"
        (found,) = find_submissions([write(tmp_path / name / called, tree)], COURSE.assignments)
        assert "ada" in found.name.casefold() or name == "canvas-anonymous", name
        with unpacked(found.folders[""]) as package:
            assert package.root, (name, package.problem)
            assert {path.name for path in (package.root / "micrograd").iterdir()} == FILES
