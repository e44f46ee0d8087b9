"""A class of forty comes out the same, whatever system hands it over."""

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from nightly import only
from shared import once
from test_submissions import folder as write
from test_submissions import zipped

from autograder.cli import main
from autograder.grading import exams
from autograder.report import files
from autograder.submissions import layouts
from autograder.submissions.discovery import find_submissions
from autograder.submissions.layouts import LAYOUTS
from autograder.submissions.places import Place, on_disk
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import unpacked

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = ("derivative", "engine", "backprop", "nn", "training", "stretch")
FIRST = ["Ada", "Bob", "Chloé", "Dmitri", "Eva-Maria", "Fatima", "Guo", "Håkon"]
LAST = ["Lovelace", "O'Hara", "de la Cruz", "Ångström", "Wu"]
PEOPLE = [(f"{first} {last}", number) for number, (first, last) in
          enumerate(((first, last) for first in FIRST for last in LAST), 101)]  # fmt: skip
Tree = dict[str, bytes]


def work(number: int) -> Tree:
    """What a student hands in: their own, so that nobody can be taken for another."""
    return {"engine.py": f"class Value: '{number}'".encode(), "nn.py": f"class MLP: '{number}'".encode()}


def package(number: int) -> Tree:
    return {f"micrograd/{name}": content for name, content in work(number).items()}


def sortable(name: str) -> str:
    """As Canvas writes names: the last one first, small, and of letters alone."""
    first, last = name.split(" ", 1)
    return "".join(c for c in f"{last}{first}".lower() if c.isalnum())


def login(name: str, number: int) -> str:
    return f"{name[:2].lower()}_{number}"


def gradescope() -> Tree:
    tree, lines = {}, ["---"]
    for name, number in PEOPLE:
        tree |= {f"submission_{number}/{file}": content for file, content in work(number).items()}
        lines += [f"submission_{number}:", "  :submitters:", f"  - :name: {name}", f"    :sid: '{number}'",
                  f"    :email: s{number}@example.edu", "  :created_at: 2026-01-15 22:23:45 -0800", "  :score: 1.0",
                  "  :status: processed", "  :history: []"]  # fmt: skip
    return {**tree, "submission_metadata.yml": "\n".join(lines).encode()}


def blackboard() -> Tree:
    tree = {}
    for name, number in PEOPLE:
        head = f"Homework_1_{login(name, number)}_attempt_2026-01-15-22-23-{number % 60:02}"
        tree[f"{head}_micrograd.zip"] = zipped(package(number))
        tree[f"{head}.txt"] = (
            f"Name: {name} ({login(name, number)})\nAssignment: Homework 1\n"
            "Date Submitted: Thursday, January 15, 2026 10:23:45 PM GMT\n\nFiles:\n\tOriginal filename: micrograd.zip\n"
        ).encode()
    return tree


def sakai() -> Tree:
    tree = {"grades.csv": b"Homework 1,Points\n"}
    for name, number in PEOPLE:
        first, last = name.split(" ", 1)
        top = f"{last}, {first}({login(name, number)})"
        tree |= {f"{top}/Submission attachment(s)/{file}": content for file, content in work(number).items()}
        tree |= {f"{top}/timestamp.txt": b"20260115222345000", f"{top}/comments.txt": b""}
        tree |= {f"{top}/{login(name, number)}_submissionText.html": b"", f"{top}/feedbackText.html": b""}
    return tree


def each(write: Callable[[str, int], Tree]) -> Callable[[], Tree]:
    return lambda: {name: content for person, number in PEOPLE for name, content in write(person, number).items()}


def loose(prefix: Callable[[str, int], str]) -> Callable[[], Tree]:
    """Loose files, each with something before its name; `{}` is a number of the file's own."""

    def files(name: str, number: int) -> Tree:
        before = prefix(name, number)
        return {before.replace("{}", f"{number}{place}") + file: content
                for place, (file, content) in enumerate(work(number).items())}  # fmt: skip

    return each(files)


def within(folder: Callable[[str, int], str], content: Callable[[int], Tree] = work) -> Callable[[], Tree]:
    """A folder a student."""
    return each(lambda name, number: {f"{folder(name, number)}/{file}": text for file, text in content(number).items()})


def archive(called: Callable[[str, int], str]) -> Callable[[], Tree]:
    return each(lambda name, number: {called(name, number): zipped(package(number))})


def as_is(name: str, _: int) -> str:
    return name


def as_canvas(name: str, _: int) -> str:
    return sortable(name)


def brightspace(name: str, number: int) -> str:
    return f"12345{number}-89{number} - {name} - Jan 15, 2026 1023 PM"


# What each system writes, in the folder that it calls so, and how names come out.
CLASSES: dict[str, tuple[str, Callable[[], Tree], Callable[[str, int], str]]] = {
    "folders": ("class", within(as_is, package), as_is),
    "archives": ("class", archive(lambda name, _: f"{name}.zip"), as_is),
    "canvas": ("submissions", loose(lambda name, number: f"{sortable(name)}_12{number}_67{{}}_"), as_canvas),
    "canvas-late": ("submissions", loose(lambda name, number: f"{sortable(name)}_LATE_12{number}_67{{}}_"), as_canvas),
    "canvas-anonymous": (
        "submissions", loose(lambda _, number: f"anon_aB{number}_67{{}}_"), lambda _, number: f"anon_aB{number}",
    ),
    "canvas-archives": (
        "submissions", archive(lambda name, number: f"{sortable(name)}_12{number}_67{number}_m-1.zip"), as_canvas,
    ),
    "moodle": ("HW1", within(lambda name, number: f"{name}_{number}_assignsubmission_file"), as_is),
    "moodle-flat": ("HW1", loose(lambda name, number: f"{name}_{number}_assignsubmission_file_"), as_is),
    "blackboard": ("gradebook_HW1", blackboard, as_is),
    "brightspace": (
        "HW1 Download Jan 16, 2026 0915 AM",
        lambda: {**archive(lambda *who: f"{brightspace(*who)} - m.zip")(), "index.html": b"<table>"}, as_is,
    ),
    "brightspace-folders": ("HW1 Download Jan 16, 2026 0915 AM", within(brightspace), as_is),
    "sakai": ("Homework 1", sakai, as_is),
    "gradescope": ("assignment_9_export", gradescope, as_is),
    "google": ("HW1", loose(lambda name, number: f"{name} - "), as_is),
    "github": ("hw1-submissions", within(lambda *who: f"hw1-{login(*who)}", package), login),
}  # fmt: skip
PLAIN = ("folders", "archives")


def graded(submission: Submission) -> Tree:
    with unpacked(submission.folders[""]) as found:
        assert found.root, found.problem
        return {path.name: path.read_bytes() for path in (found.root / "micrograd").iterdir()}


# Every time each system's folder, and a folder of Canvas's in each form that it may come in.
FORMS = [(system, form) for system in CLASSES for form in ("folder", "around", "zipped", "zipped around")]


@pytest.mark.parametrize("system, form", only(FORMS, lambda case: case[1] == "folder" or case[0] == "canvas"))
def test_everybody_is_there_and_named_and_graded_alike(tmp_path: Path, system: str, form: str) -> None:
    called, build, named = CLASSES[system]
    top = f"downloads/{called}" if "around" in form else called
    if system in PLAIN and "around" in form:
        pytest.skip("a folder in a folder, both with names of their own, is what one student handed in")
    write(tmp_path / "in" / top, build())
    given = tmp_path / "in" / Path(top).parts[0]
    if "zipped" in form:
        given = Path(shutil.make_archive(str(tmp_path / "out" / given.name), "zip", tmp_path / "in", given.name))
    said: list[str] = []
    left: list[str] = []
    found = find_submissions([given], ASSIGNMENTS, said.append, leave=left.append)
    assert {each.name for each in found} == {named(name, number) for name, number in PEOPLE}
    for submission in found:
        (number,) = [number for name, number in PEOPLE if named(name, number) == submission.name]
        assert graded(submission) == work(number)
    assert len(said) == (system not in PLAIN), said
    assert len(left) == (system in ("sakai", "brightspace", "gradescope")), left


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_example_of_a_layout_is_read(tmp_path: Path, layout: layouts.Layout) -> None:
    top = tmp_path / "hw1-submissions"
    metadata = b"submission_111: {':submitters': [{':name': Ada}]}"
    write(top, {layout.example: b"", **({"submission_metadata.yml": metadata} if layout.name == "gradescope" else {})})
    (upload,) = layout.read(on_disk(top))
    assert upload.who["name"].lower().replace(" ", "") in ("adalovelace", "lovelaceada", "ada")


@pytest.mark.parametrize("system", [name for name in CLASSES if name not in PLAIN])
def test_a_class_of_one(tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called, build, named = CLASSES[system]
    monkeypatch.setattr(f"{__name__}.PEOPLE", PEOPLE[:1])
    (found,) = find_submissions([write(tmp_path / called, build())], ASSIGNMENTS)
    assert graded(found) == work(101)
    if system != "blackboard":  # which does not say where the assignment ends, and the login begins
        assert found.name == named(PEOPLE[0][0], 101)


def test_what_a_system_says_of_a_student_is_kept(tmp_path: Path) -> None:
    def who(system: str) -> Mapping[str, str]:
        called, build, _ = CLASSES[system]
        return find_submissions([write(tmp_path / system / called, build())], ASSIGNMENTS)[0].who

    assert who("canvas-late")["canvas_id"].startswith("12") and who("canvas-late")["late"] == "yes"
    assert "late" not in who("canvas")
    assert who("gradescope").keys() == {"name", "email", "id_number"}
    assert who("sakai")["username"] == who("blackboard")["username"] == "ad_101"


FIRST_TRY = {
    "HW1_ada_attempt_2026-01-15-22-23-45_m.zip": zipped(package(1)),
    "HW1_bob_attempt_2026-01-15-22-23-45_m.zip": b"",
}
ATTEMPTS: list[tuple[Tree, int, str]] = [
    ({**FIRST_TRY, "HW1_ada_attempt_2026-01-16-22-23-45_m.zip": zipped(package(2))}, 2, ""),
    ({**FIRST_TRY, "HW1_ada_attempt_2026-01-16-22-23-45_m.zip": b"broken"}, 1, "cannot be graded: HW1_ada"),
    ({**FIRST_TRY, "HW1_ada_attempt_2026-01-16-22-23-45.txt": b"Name: ada (ada)"}, 1, "cannot be graded: no micrograd"),
    ({"ada_12345_67890_m.zip": zipped(package(1)), "ada_12345_67891_m-1.zip": zipped(package(2)),
      "bo_12_34567_m.zip": b""}, 2, ""),
    ({"1-2 - ada - Jan 9, 2026 1023 PM - m.zip": zipped(package(1)),
      "1-3 - ada - Jan 10, 2026 123 AM - m.zip": zipped(package(2))}, 2, ""),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "right", "says"), ATTEMPTS)
def test_of_several_attempts_the_latest_that_can_be_opened_is_graded(
    tmp_path: Path, tree: Tree, right: int, says: str
) -> None:
    (ada,) = [each for each in find_submissions([write(tmp_path, tree)], ASSIGNMENTS) if each.name == "ada"]
    assert graded(ada) == work(right)
    assert says in ada.remark and bool(says) == bool(ada.remark)
    assert ada.who.get("attempts") == (None if says or "canvas_id" in ada.who else "2")  # one in Canvas' eyes


def test_files_of_a_student_are_joined(tmp_path: Path) -> None:
    """Loose ones, and those that a system numbered because they were there already."""
    files = work(7)
    write(tmp_path, {"ada_12345_100_engine.py": b"old", "ada_12345_101_nn.py": files["nn.py"],
                     "ada_12345_200_engine-1.py": files["engine.py"], "bo_77_300_train.py": b""})  # fmt: skip
    ada, _ = find_submissions([tmp_path], ASSIGNMENTS)
    assert graded(ada) == files


# --- ways that a file can end -------------------------------------------------------------------------------

MIXED: Tree = {
    "ada.zip": zipped(package(1)), "grace.py": b"class Value: pass", "turing.ipynb": b"{}",
    "barbara": zipped(package(2)), "alonzo.7z": b"7z\xbc\xaf\x27\x1c", "edsger.rar": b"Rar!\x1a\x07",
    "kurt.docx": b"PK\3\4", "haskell.pdf": b"%PDF", "empty.zip": b"", "folder/notes.txt": b"", "README.md": b"",
    "grades.csv": b"", ".DS_Store": b"", "__MACOSX/._ada.zip": b"", "results/grades.csv": b"",
    "results/summary.json": b"{}", "results/ada/report.json": b"",
}  # fmt: skip
STUDENTS = ["ada", "alonzo", "barbara", "dangling", "edsger", "empty", "folder", "grace", "haskell", "kurt", "turing"]


def test_nothing_that_was_given_vanishes(tmp_path: Path) -> None:
    """Each file is a student's, with a reason where it cannot be graded, or is named as nobody's."""
    write(tmp_path, MIXED)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    left: list[str] = []
    found = {each.student: each for each in find_submissions([tmp_path], ASSIGNMENTS, leave=left.append)}
    assert list(found) == STUDENTS
    nobodys = ["README.md", "grades.csv", "results"]
    assert left == [f"{name} is not a student's, and was not graded" for name in nobodys]
    problems = {}
    for name, submission in found.items():
        with unpacked(submission.folders[""]) as holds:
            if holds.root is None:
                problems[name] = holds.problem
    assert problems.keys() == set(STUDENTS) - {"ada", "barbara"}
    assert "7z is not supported" in problems["alonzo"] and "rar is not supported" in problems["edsger"]
    for file in ("grace.py", "turing.ipynb", "kurt.docx", "haskell.pdf"):
        assert f"which holds {file}" in problems[Path(file).stem]


def test_a_layout_can_be_forced(tmp_path: Path) -> None:
    write(tmp_path, {"hw1 - ada.zip": zipped(package(1)), "hw1 - bob.zip": zipped(package(2))})
    assert [each.student for each in find_submissions([tmp_path], ASSIGNMENTS)] == ["hw1_-_ada", "hw1_-_bob"]
    write(tmp_path, {"Ada - engine.py": b"", "Bob - engine.py": b""})
    found = find_submissions([tmp_path], ASSIGNMENTS, layout="google")
    assert [each.student for each in found] == ["Ada", "Bob", "hw1"]


def test_a_folder_is_read_once(tmp_path: Path) -> None:
    looks = []

    def inside() -> list[Place]:
        looks.append(1)
        return []

    place = Place(tmp_path, inside)
    assert all(layout.read(place) == [] for layout in LAYOUTS)
    assert len(looks) == 1


# --- what cannot be graded, and what an instructor chooses ----------------------------------------------------


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first run of `gradschool grade` makes of a mixed class."""
    top = tmp_path_factory.mktemp("mixed")
    write(top / "class", MIXED)
    shutil.copytree(ROOT / "solutions" / "micrograd", top / "class" / "zoe" / "micrograd")
    (top / "class" / "dangling").symlink_to(top / "nowhere")
    assert graded_in(top).exit_code == 0
    return top


def harmless() -> list[str]:
    """Options to grade what is ours: neither to try a sandbox nor to look for an exam takes long, but each time."""
    exam = once("exam", lambda folder: write(folder, {"exam.json": exams.get().to_json().encode()})) / "exam.json"
    return ["--exam", str(exam), "--sandbox", "none", "--jobs", "1"]


def graded_in(top: Path, *more: object) -> Result:
    options = ["--out", f"{top}/results", *harmless(), *map(str, more)]
    done = CliRunner().invoke(main, ["grade", f"{top}/class", *options])
    assert "Traceback" not in done.output
    return done


def rows(top: Path) -> dict[str, dict[str, str]]:
    with (top / "results" / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_what_cannot_be_read_has_no_verdicts(results: Path) -> None:
    found = rows(results)
    assert {name: row["status"] for name, row in found.items() if row["status"] != "graded"} == {
        **dict.fromkeys(["alonzo", "dangling", "edsger", "empty"], "unreadable"),
        **dict.fromkeys(["folder", "grace", "haskell", "kurt", "turing"], "empty"),
    }
    for row in found.values():
        assert (row["status"] == "graded") == (row["score"] != "") == (row["engine-add"] != "")
        assert bool(row["remark"]) == (row["status"] != "graded")
    summary = json.loads((results / "results" / "summary.json").read_text("utf-8"))
    assert (
        summary["graded"] == 3 and summary["max"] == 100 and summary["ungraded"] == [] and len(summary["unread"]) == 9
    )
    page = (results / "results" / "alonzo" / "index.html").read_text("utf-8")
    assert "7z is not supported" in page and "There was nothing to grade" in page and "engine-add" not in page
    report = json.loads((results / "results" / "alonzo" / "report.json").read_text("utf-8"))
    assert report["status"] == "unreadable" and report["items"] == [] and report["max_score"] == 100
    jsonschema.validate(report, files.schema())


def needing(top: Path) -> list[str]:
    with (top / "results" / "needs-you.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["student"] for row in csv.DictReader(file)]


def test_the_list_of_what_needs_the_instructor(results: Path) -> None:
    with (results / "results" / "needs-you.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [row["student"] for row in listed if row["student"]] == [
        *("alonzo", "dangling", "edsger", "empty"), *("folder", "grace", "haskell", "kurt", "turing"),
    ]  # fmt: skip
    assert listed[0]["type"] == "gradschool grade … --use alonzo=FILE" and "7z is not supported" in listed[0]["why"]
    assert [row["kind"] for row in listed if not row["student"]] == ["ignored"] * 3
    page = (results / "results" / "index.html").read_text("utf-8")
    assert "Needs you" in page and "7z is not supported" in page


def test_another_file_can_be_chosen_and_is_remembered(results: Path) -> None:
    done = graded_in(results, "--use", f"kurt={ROOT / 'solutions'}")
    assert done.exit_code == 0 and rows(results)["kurt"]["score"] == "100"
    assert rows(results)["kurt"]["remark"] == "solutions was chosen by hand"
    for page in ("index.html", "kurt/index.html"):
        assert "solutions was chosen by hand" in (results / "results" / page).read_text("utf-8")
    assert "kurt" not in needing(results)  # who chose need not look again
    assert rows(results)["alonzo"]["status"] == "unreadable"
    assert graded_in(results).exit_code == 0 and rows(results)["kurt"]["score"] == "100"
    assert graded_in(results, "--use", "kurt=").exit_code == 0 and rows(results)["kurt"]["status"] == "empty"


@pytest.mark.parametrize(
    ("use", "says"),
    [("kurt", "say which file is whose"), ("nobody=x", "nobody of that name"), ("kurt=x", "there is no x")],
)
def test_a_choice_that_cannot_be_is_one_sentence(results: Path, use: str, says: str) -> None:
    done = graded_in(results, "--use", use)
    assert done.exit_code == 2 and says in done.output
