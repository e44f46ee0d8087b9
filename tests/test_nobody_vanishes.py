"""Whatever students hand in, in whatever layout: each file is graded, or named with a reason, or named as nobody's."""

import gzip
import io
import shutil
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nightly import examples
from test_submissions import folder as write
from test_submissions import tarred, zipped

from autograder.submissions.discovery import find_submissions
from autograder.submissions.sources.files import Bundle
from autograder.submissions.sources.limits import is_clutter
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import unpacked, worth_grading

ASSIGNMENTS = ("derivative", "engine", "backprop", "nn", "training", "stretch")
Tree = Mapping[str, bytes]


def within(top: str, tree: Tree) -> Tree:
    return {f"{top}/{name}": content for name, content in tree.items()}


def raw_zip(prefix: str, tree: Tree, separator: str = "/") -> bytes:
    """A zip with names as they are, wherever they lead."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in tree.items():
            archive.writestr(zipfile.ZipInfo(prefix + name.replace("/", separator)), content)
    return buffer.getvalue()


# What a student hands in, made of their engine; "right" where just that has to be graded, as it is.
Form = tuple[Callable[[bytes], Tree], bool]


def package(engine: bytes) -> Tree:
    return {"micrograd/__init__.py": b"", "micrograd/engine.py": engine}


FORMS: dict[str, Form] = {
    "a package": (package, True),
    "loose": (lambda e: {"engine.py": e, "nn.py": b"class MLP: ..."}, True),
    "a branch": (lambda e: within("micrograd-main", package(e)), True),
    "a zip": (lambda e: {"micrograd.zip": zipped(package(e))}, True),
    "zips two deep": (lambda e: {"hw.zip": zipped({"in.zip": zipped(package(e))})}, True),
    "zips four deep": (lambda e: {"h.zip": zipped({"i.zip": zipped({"j.zip": zipped({"k.zip": zipped(package(e))})})})},
                       False),
    "tar.xz": (lambda e: {"m.tar.xz": tarred(package(e), "xz")}, False),
    "tgz": (lambda e: {"m.tgz": tarred(package(e), "gz")}, True),
    "backslashes": (lambda e: {"m.zip": raw_zip("", package(e), "\\")}, True),
    "absolute names": (lambda e: {"m.zip": raw_zip("/home/me/", package(e))}, False),
    "a drive": (lambda e: {"m.zip": raw_zip("C:\\", package(e), "\\")}, False),
    "names that lead up": (lambda e: {"m.zip": raw_zip("../", package(e))}, False),
    "an empty zip": (lambda _: {"m.zip": zipped({})}, False),
    "no bytes": (lambda _: {"m.zip": b""}, False),
    ".git alone": (lambda _: {".git/HEAD": b"ref: refs/heads/main"}, False),
    "checkpoints alone": (lambda e: {".ipynb_checkpoints/engine.py": e}, False),
    "checkpoints beside": (lambda e: {**package(e), "micrograd/.ipynb_checkpoints/engine.py": b"1"}, True),
    "Windows": (lambda e: {**package(e), "desktop.ini": b"", "Thumbs.db": b"", "micrograd/Thumbs.db": b""}, True),
    "desktop.ini alone": (lambda _: {"desktop.ini": b"", "Thumbs.db": b""}, False),
    ".Rhistory": (lambda _: {".Rhistory": b""}, False),
    "a fork of resources": (lambda e: {"._engine.py": b"\0", "engine.py": e}, True),
    "a fork of resources alone": (lambda _: {"._engine.py": b"\0\5\x16\7"}, False),
    "engine.py.txt": (lambda e: {"engine.py.txt": e}, True),
    "engine (1).py": (lambda e: {"engine (1).py": e}, True),
    "Engine.PY": (lambda e: {"Engine.PY": e}, True),
    "an environment": (lambda e: {**package(e), "venv/pyvenv.cfg": b"", "env/site-packages/x/engine.py": b"1"}, True),
    "an environment alone": (lambda e: {"venv/lib/site-packages/micrograd/engine.py": e}, False),
    "__pycache__ alone": (lambda _: {"micrograd/__pycache__/engine.cpython-311.pyc": b"1"}, False),
    "bytecode in a package": (lambda _: {"micrograd/engine.pyc": b"1"}, False),
    "bytecode alone": (lambda _: {"engine.pyc": b"1"}, False),
    "UTF-16": (lambda e: {"engine.py": e.decode().encode("utf-16")}, True),
    "a byte order mark": (lambda e: {"engine.py": b"\xef\xbb\xbf" + e}, True),
    "Latin-1": (lambda e: {"engine.py": b"# caf\xe9\n" + e}, True),
    "CRLF": (lambda e: {"engine.py": e.replace(b"\n", b"\r\n")}, True),
    "a notebook": (lambda _: {"engine.ipynb": b"{}"}, False),
    "a picture": (lambda _: {"screen.png": b"\x89PNG"}, False),
    "a report": (lambda _: {"report.docx": b"PK\3\4"}, False),
    "a text": (lambda _: {"notes.txt": b"sorry"}, False),
    "no suffix": (lambda e: {"engine": e}, False),
    "other modules": (lambda _: {"main.py": b"print(1)"}, False),
    "gzip": (lambda e: {"engine.py.gz": gzip.compress(e)}, False),
    "a long name": (lambda e: {f"{'n' * 120}.py": e}, False),
    "others' names": (lambda e: {"m.zip": zipped({"bob_12_345_engine.py": e, "eve_13_346_engine.py": e})}, False),
}  # fmt: skip
PEOPLE = ["Ada Lovelace", "ada lovelace", "ADA LOVELACE", unicodedata.normalize("NFC", "Chloé Ünal"),
          unicodedata.normalize("NFD", "Chloé Ünal"), "משה כהן", "王 小明", "Олександра Христорождественская",
          "build", "con", "Bob O'Hara", "x" * 60, "Wei Wu", "Wei Wu ", "-rf", "index.html"]  # fmt: skip


def small(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum() or unicodedata.combining(c)) or "x"


# Where what a student of this name and number handed in lies, and whether files lie there side by side.
LAYOUTS: dict[str, tuple[str, Callable[[str, int], str], bool]] = {
    "folders": ("class", lambda name, number: f"{name} {number}/", False),
    "archives": ("class", lambda name, number: f"{name} {number}.zip", False),
    "canvas": ("submissions", lambda name, number: f"{small(name)}_{number}_67{{}}_", True),
    "moodle": ("HW1", lambda name, number: f"{name}_{number}_assignsubmission_file/", False),
    "moodle-flat": ("HW1", lambda name, number: f"{name}_{number}_assignsubmission_file_", True),
    "brightspace": ("HW1", lambda name, number: f"{number}-89 - {name} - Jan 15, 2026 1023 PM - ", True),
    "blackboard": ("HW1", lambda name, number: f"HW1_{small(name)}{number}_attempt_2026-01-15-22-23-45_", True),
    "sakai": ("HW1", lambda name, number: f"{name}, A.(s{number})/Submission attachment(s)/", False),
    "gradescope": ("assignment_9_export", lambda _, number: f"submission_{number}/", False),
    "google": ("HW1", lambda name, number: f"N{number} {name} - ", True),
    "github": ("hw1-submissions", lambda name, number: f"hw1-{small(name)}{number}/", False),
}  # fmt: skip


def handed_over(layout: str, class_: Sequence[tuple[str, str]]) -> dict[str, bytes]:
    """What the system hands over of students who have these names, and handed in these forms."""
    _, where, side_by_side = LAYOUTS[layout]
    tree: dict[str, bytes] = {}
    metadata = []
    for number, (name, form) in enumerate(class_, 1001):
        files = dict(FORMS[form][0](engine(number)))
        if layout == "archives":
            tree[where(name, number)] = zipped(files)
            continue
        if side_by_side and (deep := {file: text for file, text in files.items() if "/" in file}):
            files = {file: text for file, text in files.items() if "/" not in file} | {"work.zip": zipped(deep)}
        for place, (file, text) in enumerate(files.items()):
            tree[where(name, number).replace("{}", f"{number}{place}") + file] = text
        metadata += [f"submission_{number}:", "  :submitters:", f"  - :name: {name!r}"]
    if layout == "gradescope":
        tree["submission_metadata.yml"] = "\n".join(metadata).encode()
    return tree


def engine(number: int) -> bytes:
    return f"class Value:\n    mine = {number}\n".encode()


def places(submission: Submission) -> Iterator[Path]:
    for source in submission.folders.values():
        assert isinstance(source, Path | Bundle)
        yield from [path for _, path in source.pieces] if isinstance(source, Bundle) else [source]


@settings(max_examples=examples(30))
@example("canvas", [(PEOPLE[place % len(PEOPLE)], form) for place, form in enumerate(FORMS)], False)
@example("folders", [(PEOPLE[place % len(PEOPLE)], form) for place, form in enumerate(FORMS)], True)
@example("google", [(PEOPLE[place % len(PEOPLE)], form) for place, form in enumerate(FORMS)], True)
@given(
    st.sampled_from([*LAYOUTS]), st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from([*FORMS])), min_size=2),
    st.booleans(),
)  # fmt: skip
def test_every_file_ends_in_one_of_three_ways(layout: str, class_: list[tuple[str, str]], packed: bool) -> None:
    tree = handed_over(layout, class_)
    with tempfile.TemporaryDirectory() as at:
        top = write(Path(at, "in", LAYOUTS[layout][0]), tree)
        given = [*{name.split("/")[0] for name in tree}]
        if packed:
            top = Path(shutil.make_archive(str(Path(at, "out", top.name)), "zip", top.parent, top.name))
        said: list[str] = []
        left: list[str] = []
        found = find_submissions([top], ASSIGNMENTS, said.append, leave=left.append)
        taken = {part for each in found for path in places(each) for part in path.parts}
        if packed and any("counts as one student's" in each for each in said):
            given = []  # nothing tells such an archive from a student's own
            assert len(found) == 1
        for name in given:
            assert name in taken or is_clutter(name) or any(each.startswith(f"{name} ") for each in left), (name, left)
        right = {number: form for number, (_, form) in enumerate(class_, 1001) if FORMS[form][1]}
        seen = []
        for each in found:
            with unpacked(each.folders[""]) as copied:
                holds = worth_grading(copied)
                if holds.root is None:
                    assert holds.problem
                    continue
                texts = [path.read_bytes() for path in (holds.root / "micrograd").glob("*.py")]
                assert texts
                mine = [number for number, _ in enumerate(class_, 1001)
                        if any(str(number) in text.decode(codec(text), "replace") for text in texts)]  # fmt: skip
                assert len(mine) == 1, "nobody has anything of another's"
                seen += mine
        assert sorted(seen) == sorted({*seen}) and {*seen} >= right.keys(), right
        assert len({each.student.casefold() for each in found}) == len(found)


def codec(text: bytes) -> str:
    return "utf-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"


@pytest.mark.skipif(sys.platform == "win32", reason="the names of files are shorter there")
@pytest.mark.parametrize("length", [201, 255, 300])
def test_a_long_name_in_the_archive_of_a_class_is_read_or_named(tmp_path: Path, length: int) -> None:
    """A name in Cyrillic letters takes two bytes each, and Moodle adds the file's."""
    rest = "_77_assignsubmission_file_engine.py"
    letters = length - len(rest)
    long = "Ж" * (letters // 2) + "x" * (letters % 2) + rest
    assert len(long.encode()) == length
    tree = {f"HW1/{long}": engine(77), "HW1/Bo_78_assignsubmission_file_engine.py": engine(78)}
    (tmp_path / "HW1.zip").write_bytes(zipped(tree))
    left: list[str] = []
    found = find_submissions([tmp_path / "HW1.zip"], ASSIGNMENTS, leave=left.append)
    assert len(found) + len(left) == 2 and len(left) == (length > 255)
    assert not left or "its name is too long" in left[0]


def test_a_class_in_an_archive_in_an_archive_or_alone_in_a_folder(tmp_path: Path) -> None:
    tree = {"ada_12345_67890_engine.py": engine(1), "bob_12346_67891_engine.py": engine(2)}
    write(tmp_path, {"download/submissions.zip": zipped(tree), "twice.zip": zipped({"in/all.zip": zipped(tree)}),
                     "alone/ada.zip": zipped({"a/micrograd/engine.py": b"1", "b/micrograd/engine.py": b"1"}),
                     "one.zip": zipped({"ada.zip": zipped(package(b"1"))})})  # fmt: skip
    for path in ("download", "twice.zip", "download/submissions.zip"):
        assert [each.student for each in find_submissions([tmp_path / path], ASSIGNMENTS)] == ["ada", "bob"]
    assert [each.student for each in find_submissions([tmp_path / "alone"], ASSIGNMENTS)] == ["ada"]
    assert [each.student for each in find_submissions([tmp_path / "one.zip"], ASSIGNMENTS)] == ["one"]


def test_hidden_names_are_named_and_clutter_is_not(tmp_path: Path) -> None:
    tree = {"ada/micrograd/engine.py": b"1", ".bob/micrograd/engine.py": b"2", ".eve.zip": b"", ".DS_Store": b"",
            "__MACOSX/x": b"", "Thumbs.db": b"", "desktop.ini": b"", ".git/HEAD": b"", "notes.pyc": b""}  # fmt: skip
    write(tmp_path / "class", tree)
    for path in (tmp_path / "class", Path(shutil.make_archive(str(tmp_path / "c"), "zip", tmp_path, "class"))):
        left: list[str] = []
        assert [each.student for each in find_submissions([path], ASSIGNMENTS, leave=left.append)][-1] == "ada"
        assert {said.split(" ")[0] for said in left} == {".bob", ".eve.zip", "notes.pyc"}
