"""Nobody vanishes and nothing escapes: what students hand in is found, and unpacked or explained."""

import errno
import gzip
import hashlib
import io
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import trace
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nightly import examples

from autograder import ids
from autograder.errors import UserError
from autograder.ids import safe_id
from autograder.submissions import package_choice, unpacking
from autograder.submissions.discovery import find_submissions
from autograder.submissions.sources import archive_process, archives, contents, files, limits
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import unpacked

ASSIGNMENTS = ("derivative", "engine", "backprop", "nn", "training", "stretch")
TREE = {"micrograd/__init__.py": b"", "micrograd/engine.py": b"class Value: ...", "micrograd/a/b.txt": b"data"}
Tree = Mapping[str, bytes]


# --- building what students hand in


def folder(at: Path, tree: Tree) -> Path:
    at.mkdir(parents=True, exist_ok=True)
    for name, content in tree.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(content)
    return at


def zipped(tree: Tree) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in tree.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 11, 20, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def tarred(tree: Tree, packing: str = "", *extra: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{packing}") as archive:  # type: ignore[call-overload]
        for name, content in tree.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_700_000_000
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info)
    return file.getvalue()


def odd(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_link(name: str, target: str) -> bytes:
    file = io.BytesIO(zipped(TREE))
    with zipfile.ZipFile(file, "a") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return file.getvalue()


FORMATS: dict[str, Callable[[Tree], bytes]] = {
    ".zip": zipped,
    ".tar": tarred,
    ".tar.gz": lambda tree: tarred(tree, "gz"),
    ".tgz": lambda tree: tarred(tree, "gz"),
}


def files_in(root: Path | None) -> dict[str, bytes] | None:
    """The copied files; none of what is in there may be anything but plain files and folders."""
    if root is None:
        return None
    assert {path.name for path in root.iterdir()} <= {"micrograd", "tests"}
    assert all(stat.S_ISREG(p.lstat().st_mode) or stat.S_ISDIR(p.lstat().st_mode) for p in root.rglob("*"))
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in (root / "micrograd").rglob("*") if p.is_file()}


def unpack(source: Path | files.Bundle) -> SimpleNamespace:
    with unpacked(source) as package:
        root, digest, problem = package.root, package.digest, package.problem
        assert digest.startswith("sha256:") and len(digest) == 71
        assert root or problem
        assert problem.isprintable() and "Traceback" not in problem
        result = SimpleNamespace(files=files_in(root), digest=digest, problem=problem)
    assert root is None or not root.exists()
    return result


def unpack_bytes(content: bytes, name: str = "s01.zip") -> SimpleNamespace:
    with tempfile.TemporaryDirectory() as at:
        source = Path(at, name)
        source.write_bytes(content)
        result = unpack(source)
        assert os.listdir(at) == [name], "something was written beside the archive"
        return result


letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\:")
names = st.text(letters, min_size=1, max_size=8).filter(lambda name: name != ".." and not limits.is_noise((name,)))
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
trees = st.dictionaries(paths, st.binary(max_size=40), max_size=6)


def without_clashes(tree: Tree) -> dict[str, bytes]:
    """Without files that are folders too, for a file system could not hold them."""
    return {name: tree[name] for name in tree if not any(other.startswith(name + "/") for other in tree)}


# --- unpacking


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_files_and_digest(tmp_path: Path, suffix: str) -> None:
    plain = unpack(folder(tmp_path / "s01", TREE))
    archive = tmp_path / f"other{suffix.upper()}"
    archive.write_bytes(FORMATS[suffix](TREE))
    packed = unpack(archive)
    assert plain.files == packed.files == TREE
    assert plain.digest == packed.digest
    assert plain.problem == packed.problem == ""


@settings(max_examples=examples(30), deadline=None)
@given(trees.map(without_clashes))
def test_any_tree_survives_any_format(tree: dict[str, bytes]) -> None:
    inside = {f"micrograd/{name}": content for name, content in {"nn.py": b"", **tree}.items()}
    inside = without_clashes(inside)
    with tempfile.TemporaryDirectory() as at:
        results = [unpack(folder(Path(at, "s01"), inside))]
    results += [unpack_bytes(zipped(inside)), unpack_bytes(tarred(inside, "gz"), "s01.tgz")]
    assert all(result.files == inside for result in results)
    assert len({result.digest for result in results}) == 1


@settings(max_examples=examples(30), deadline=None)
@given(trees.map(without_clashes), trees.map(without_clashes))
def test_digests_differ_exactly_when_the_files_do(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    def digest(tree: Tree) -> str:
        with tempfile.TemporaryDirectory() as at:
            return unpacking._digest(*unpacking._contents(folder(Path(at) / "micrograd", tree).parent))

    assert (digest(one) == digest(other)) == (one == other)


def test_a_digest_does_not_confuse_names_with_contents(tmp_path: Path) -> None:
    trees = [{"a": b"b", "c": b""}, {"a": b"", "c": b"b"}, {"ab": b""}, {"a": b"b0 1 c"}, {"a": b"", "b0 1 c": b""}]
    sources = [folder(tmp_path / str(n) / "micrograd", tree) for n, tree in enumerate(trees)]
    assert len({unpack(source).digest for source in sources}) == 5


def test_copies_are_for_everybody_to_read_whatever_the_umask(tmp_path: Path) -> None:
    source = folder(tmp_path / "s01", TREE)
    (source / "micrograd/engine.py").chmod(0o4700)
    before = os.umask(0o077)
    try:
        with unpacked(source) as package:
            assert package.root
            for path in [package.root, *package.root.rglob("*")]:
                assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path
    finally:
        os.umask(before)


def test_the_copy_goes_even_when_grading_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), unpacked(folder(tmp_path / "s01", TREE)) as package:
        root = package.root
        raise ZeroDivisionError
    assert root and not root.exists()


NOISE = ("__MACOSX", ".git", ".venv", "node_modules", "site-packages", "build", ".ipynb_checks")


@pytest.mark.parametrize(
    ("tree", "graded"),
    [
        ({"hw/deep/micrograd/engine.py": b"1"}, "hw/deep/micrograd"),
        ({"b/micrograd/engine.py": b"1", "a/x/micrograd/engine.py": b"2"}, "b/micrograd"),
        ({"b/micrograd/engine.py": b"1", "a/micrograd/engine.py": b"2"}, "a/micrograd"),
        ({"micrograd/setup.py": b"1", "micrograd/micrograd/engine.py": b"2"}, "micrograd/micrograd"),
        ({"micrograd/engine.py": b"1", "micrograd/micrograd/engine.py": b"2"}, "micrograd"),
        ({"Micrograd/engine.py": b"1"}, "Micrograd"),
        ({"a/MICROGRAD/nn.py": b"1", "z/micrograd/nn.py": b"2"}, "z/micrograd"),
        ({"micrograd/notes.txt": b"1", "nets/nn.py": b"2"}, "micrograd"),
        ({"x/micrograd/nn.py": b"1", "micrograd.zip": b"broken"}, "x/micrograd"),
        *(
            ({f"{noise}/micrograd/engine.py": b"1", "z/y/micrograd/engine.py": b"2"}, "z/y/micrograd")
            for noise in NOISE
        ),
    ],
)
def test_the_right_folder_is_graded(tmp_path: Path, tree: Tree, graded: str) -> None:
    expected = {f"micrograd/{n[len(graded) + 1 :]}": c for n, c in tree.items() if n.startswith(graded + "/")}
    for result in (unpack(folder(tmp_path / "s01", tree)), unpack_bytes(zipped(tree))):
        assert result.files == expected
        several = [name for name in tree if name.lower().endswith(("micrograd/engine.py", "micrograd/nn.py"))
                   and not name.startswith(NOISE)]  # fmt: skip
        assert result.problem.startswith(f"several packages that differ: graded {graded}, " if len(several) > 1 else "")
        assert bool(result.problem) == (len(several) > 1)


@pytest.mark.parametrize(
    ("tree", "graded", "why", "also"),
    [
        ({"micrograd/nn.py": b"1", "backup/micrograd/nn.py": b"2"}, "micrograd", "set aside", "backup/micrograd"),
        ({"old/micrograd/nn.py": b"1", "z/y/micrograd/nn.py": b"2"}, "z/y/micrograd", "set aside", "old/micrograd"),
        ({"micrograd_old/engine.py": b"1", "micrograd/engine.py": b"2"}, "micrograd", "set aside", "micrograd_old"),
        ({"micrograd 2/engine.py": b"1", "micrograd/engine.py": b"2"}, "micrograd", "called", "micrograd 2"),
        ({"a/micrograd/nn.py": b"1", "b/x/micrograd/nn.py": b"2"}, "a/micrograd", "higher", "b/x/micrograd"),
        ({"a/micrograd/nn.py": b"1", "b/micrograd/nn.py": b"2"}, "a/micrograd", "first", "b/micrograd"),
    ],
)
def test_of_two_packages_both_are_named(tmp_path: Path, tree: Tree, graded: str, why: str, also: str) -> None:
    for result in (unpack(folder(tmp_path / "s01", tree)), unpack_bytes(zipped(tree))):
        assert result.files == {
            f"micrograd/{n[len(graded) + 1 :]}": c for n, c in tree.items() if n.startswith(graded + "/")
        }
        assert result.problem.startswith(f"several packages that differ: graded {graded}, since")
        assert why in result.problem and result.problem.endswith(f", and not {also}; hand in one alone")


@pytest.mark.parametrize(
    "tree",
    [
        {"micrograd/nn.py": b"a = 1\n", "backup/micrograd/nn.py": b"a = 1\r\n"},
        {"micrograd/nn.py": b"a = 1\n", "micrograd/engine.py": b"b\n", "micrograd_old/engine.py": b"b\n"},
        {"micrograd/engine.py": b"a = 1\n", "micrograd/old/engine.py": b"a = 2\n"},
        {"micrograd/engine.py": b"a = 1\n", "micrograd/tests/test_engine.py": b"a = 2\n"},
    ],
)
def test_a_copy_that_is_the_same_needs_no_words(tmp_path: Path, tree: Tree) -> None:
    for result in (unpack(folder(tmp_path / "s01", tree)), unpack_bytes(zipped(tree))):
        assert result.problem == ""


RENAMED = ("Engine.py", "engine (1).py", "engine-1.py", "engine.py.txt", "engine_final.py", "engine 2.py",
           "Copy of engine.py", "engine - Copy.py", "ENGINE.PY", "engine_v2.py", "engine(1).py")  # fmt: skip


@pytest.mark.parametrize("name", RENAMED)
def test_a_module_under_another_name_is_taken_where_there_is_no_doubt(tmp_path: Path, name: str) -> None:
    for prefix in ("micrograd/", ""):
        result = unpack_bytes(zipped({f"{prefix}{name}": b"1", f"{prefix}nn.py": b"2"}))
        assert result.files == {"micrograd/engine.py": b"1", "micrograd/nn.py": b"2"}
        assert result.problem.endswith(f"{name} was taken for engine.py")
    result = unpack_bytes(zipped({"micrograd/engine.py": b"1", "micrograd/engine_v3.py": b"2"}))
    assert result.problem == "engine.py was graded, and not engine_v3.py: they differ, hand in one alone"
    assert unpack_bytes(zipped({"micrograd/engine.py": b"1\n", "micrograd/engine (1).py": b"1\r\n"})).problem == ""
    result = unpack_bytes(zipped({"micrograd/engine (1).py": b"1", "micrograd/engine (2).py": b"2"}))
    said = "there is no engine.py but engine (1).py and engine (2).py, which differ: hand in the right one as engine.py"
    assert result.problem == said


@pytest.mark.parametrize("name", ["engineer.py", "my_engine.py", "test_engine.py", "engine.txt", "engine_old.py"])
def test_a_module_of_another_name_is_left_alone(name: str) -> None:
    result = unpack_bytes(zipped({f"micrograd/{name}": b"1"}))
    assert list(result.files) == [f"micrograd/{name}"] and result.problem == ""


def test_a_folder_that_is_the_package(tmp_path: Path) -> None:
    package = unpack(folder(tmp_path / "s01", TREE) / "micrograd")
    assert package.files == TREE and package.problem == ""
    (tmp_path / "micrograd").mkdir()
    assert unpack(tmp_path / "micrograd").files == {}


@pytest.mark.parametrize("prefix", ["", "hw 1/", "micrograd/src/"])
def test_loose_modules_are_graded(tmp_path: Path, prefix: str) -> None:
    tree = {f"{prefix}engine.py": b"1", f"{prefix}nn.py": b"2"}
    for result in (unpack(folder(tmp_path / "s01", tree)), unpack_bytes(zipped(tree))):
        assert result.files == {"micrograd/engine.py": b"1", "micrograd/nn.py": b"2"}
        assert result.problem == ""  # it is all that there is


def test_junk_stays_behind(tmp_path: Path) -> None:
    junk = ("__pycache__/engine.pyc", "nn.pyc", "fast.so", "fast.pyd", "._engine.py", ".DS_Store", ".git/config")
    tree = {**TREE, **{f"micrograd/{name}": b"junk" for name in junk}}
    for result in (unpack(folder(tmp_path / "s01", tree)), unpack_bytes(zipped(tree))):
        assert result.files == TREE and result.problem == ""


def test_an_archive_in_a_folder_or_archive_is_opened_twice_but_not_three_times(tmp_path: Path) -> None:
    once = {"Jane/micrograd.tar.gz": tarred(TREE, "gz"), "readme.md": b"", "__MACOSX/._micrograd.zip": b""}
    twice = {"inner.zip": zipped(once)}
    thrice = {"outer.zip": zipped(twice)}
    for tree in (once, twice):
        assert unpack(folder(tmp_path / str(len(tree)), tree)).files == TREE
        assert unpack_bytes(tarred(tree), "s01.tar").files == TREE
    assert "no micrograd/ folder" in unpack(folder(tmp_path / "thrice", thrice)).problem
    assert unpack_bytes(zipped(thrice)).files is None


KIT = (Path(__file__).parents[1] / "student/micrograd/engine.py").read_bytes()
DONE = KIT.replace(b'raise NotImplementedError("engine-mul")', b"out = Value(self.data * other.data)")


def test_pieces_of_a_bundle_may_lie_in_folders(tmp_path: Path) -> None:
    folder(tmp_path, {"1": zipped(TREE), "2": b"class Value: pass"})
    pieces = files.Bundle("ada", (("hw/mine.zip", tmp_path / "1"), ("notes/x.py", tmp_path / "2")))
    assert unpack(pieces).files == TREE


def test_of_several_archives_one_is_graded_and_the_others_are_named(tmp_path: Path) -> None:
    other = {**TREE, "micrograd/engine.py": b"class Value: pass"}
    assert unpack(folder(tmp_path / "s01", {"a.zip": zipped(TREE), "b.zip": zipped(TREE)})).problem == ""
    result = unpack(folder(tmp_path / "s02", {"notes.zip": zipped({"x": b""}), "homework.zip": zipped(TREE)}))
    assert result.files == TREE and result.problem == ""
    result = unpack(folder(tmp_path / "s03", {"a.zip": zipped(TREE), "b.zip": zipped(other)}))
    assert result.files == TREE
    assert result.problem == (
        "several packages that differ: graded a.zip/micrograd, since its name comes first, and not b.zip/micrograd; "
        "hand in one alone"
    )
    result = unpack(folder(tmp_path / "s04", {"a.zip": b"broken", "b.zip": zipped(other)}))
    assert result.files == other and result.problem == ""


@pytest.mark.parametrize(
    ("tree", "engine", "says"),
    [
        ({"micrograd/engine.py": KIT, "micrograd.zip": zipped({"micrograd/engine.py": DONE})}, DONE,
         "graded micrograd.zip/micrograd, since the other is as it was handed out, and not micrograd"),
        ({"micrograd/engine.py": DONE, "micrograd.zip": zipped({"micrograd/engine.py": KIT})}, DONE,
         "graded micrograd, since the other is as it was handed out, and not micrograd.zip/micrograd"),
        ({"backup/micrograd/engine.py": b"def", "final/micrograd/engine.py": DONE}, DONE,
         "graded final/micrograd, since the other looks like a copy that was set aside"),
        ({"hw/micrograd/engine.py": KIT, "mine/engine.py": DONE}, DONE,
         "graded mine, since the other is as it was handed out, and not hw/micrograd"),
        ({"micrograd/engine.py": KIT, "micrograd/engine_final_v2.py": DONE}, DONE,
         "engine_final_v2.py was taken for engine.py, since engine.py is still as it was handed out"),
        ({"micrograd/engine.py": KIT, "engine_final_v2.py": DONE}, DONE,
         "engine_final_v2.py beside micrograd/ was taken for engine.py, since engine.py is still as it was handed out"),
        ({"micrograd/engine.py": KIT, "engine_v1.py": DONE, "engine_v2.py": DONE + b"#"}, KIT,
         "engine.py is still as it was handed out, and there are engine_v1.py beside micrograd/ and "
         "engine_v2.py beside micrograd/, which differ: hand in the right one as engine.py"),
        ({"micrograd/nn.py": b"1", "engine.py": DONE}, DONE, "engine.py beside micrograd/ was taken for engine.py"),
        ({"micrograd/nn.py": b"1", "micrograd/engine.py": DONE, "nn.py": b"class MLP: 2"}, DONE,
         "nn.py was graded, and not nn.py beside micrograd/: they differ, hand in one alone"),
        ({"micrograd/engine.py": b"1", "engine.py": b"Value = 2"}, b"1",
         "engine.py was graded, and not engine.py beside micrograd/: they differ, hand in one alone"),
        ({"micrograd/engine.py": KIT, "engine.py": KIT, "old/engine.py": KIT}, KIT, ""),
        ({"micrograd/engine.py": DONE, "micrograd/train.py": b"def fit(): 1", "train.py": b"net = MLP()"}, DONE, ""),
        ({"micrograd/engine.py": DONE, "micrograd/data.py": b"def make_moons(): 1", "data.py": b"x = 1"}, DONE, ""),
        ({"micrograd/engine.py": KIT, "engine.py": b"# a game's\nclass Engine: ..."}, KIT, ""),
    ],
)  # fmt: skip
def test_what_was_worked_on_is_graded_and_what_else_there_was_is_said(
    tmp_path: Path, tree: Tree, engine: bytes, says: str
) -> None:
    for result in (unpack(folder(tmp_path / "s01", tree)), unpack_bytes(zipped(tree))):
        assert result.files and result.files["micrograd/engine.py"] == engine
        assert says in result.problem and bool(says) == bool(result.problem), result.problem


@pytest.mark.parametrize("text", [Path(trace.__file__).read_bytes(), b"def draw(): ...", b"\xff\xfe", b""])
def test_a_trace_of_python_s_own_is_not_the_course_s(tmp_path: Path, text: bytes) -> None:
    """A file is taken for a module, or for one to choose from, where it defines what is asked of it."""
    kit = (Path(__file__).parents[1] / "student/micrograd/trace.py").read_bytes()
    for mine in (kit, b"def trace(root): ...", None):
        tree = {"micrograd/engine.py": DONE, "trace.py": text, **({"micrograd/trace.py": mine} if mine else {})}
        result = unpack(folder(tmp_path / f"{mine}"[:9], tree))
        assert result.files.get("micrograd/trace.py") == mine and result.problem == ""
    for written in (b"def draw_dot(root, format='svg'):\r\n    ...", b"import x\ntrace = x.trace\n"):
        result = unpack(folder(tmp_path / "s", {"micrograd/trace.py": kit, "trace.py": written}))
        assert result.files["micrograd/trace.py"] == written and "trace.py was taken" in result.problem.replace(
            "trace.py beside micrograd/", "trace.py"
        )


def test_an_archive_is_told_by_its_first_bytes() -> None:
    assert unpack_bytes(tarred(TREE, "gz"), "s01.zip").files == TREE
    assert unpack_bytes(zipped(TREE), "s01.tar.gz").files == TREE
    assert unpack_bytes(b"#!/bin/sh\n" + zipped(TREE), "s01.zip").files == TREE


def test_windows_archives_with_backslashes() -> None:
    assert unpack_bytes(zipped({"hw\\micrograd\\engine.py": b"1"})).files == {"micrograd/engine.py": b"1"}
    tarball = tarred({"./": b"", "./micrograd/./engine.py": b"1"})
    assert unpack_bytes(tarball, "s01.tar").files == {"micrograd/engine.py": b"1"}


# --- hostile submissions


UP = "../" * 9
ESCAPES = (
    *("../evil", "/micrograd/evil", "micrograd/../../evil", "..\\evil", "C:\\evil", "micrograd/C:/evil"),
    *(f"{UP}TMP/evil", "/TMP/evil", f"micrograd/{UP}TMP/evil", "micrograd/x\\..\\..\\evil"),
)


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_leads_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hostile = {**TREE, name.replace("TMP", str(tmp_path)[1:]): b"evil"}
    for result in (unpack_bytes(zipped(hostile)), unpack_bytes(tarred(hostile), "s01.tar")):
        assert result.files == TREE
        assert ("left out" in result.problem) == name.startswith("micrograd")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "engine.py", "."])
def test_links_and_devices_are_left_out_and_named(tmp_path: Path, target: str) -> None:
    (tmp_path / "secret").write_text("secret")
    source = folder(tmp_path / "s01", TREE)
    (source / "micrograd/link.py").symlink_to(target)
    archives = [unpack_bytes(zip_link("micrograd/link.py", target))]
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        archives.append(unpack_bytes(tarred(TREE, "", odd("micrograd/link.py", kind, target)), "s01.tar"))
    for result in [unpack(source), *archives]:
        assert result.files == TREE
        assert result.problem == "left out micrograd/link.py: only plain files with plain names are graded"


def test_no_file_goes_through_a_link(tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(odd("micrograd/out", tarfile.SYMTYPE, str(tmp_path)))
        info = tarfile.TarInfo("micrograd/out/evil.py")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"1"))
    assert unpack_bytes(file.getvalue(), "s01.tar").files == {"micrograd/out/evil.py": b"1"}
    assert not (tmp_path / "evil.py").exists()


def test_link_loops_and_pipes_in_a_folder(tmp_path: Path) -> None:
    source = folder(tmp_path / "s01", TREE)
    (source / "loop").symlink_to(source)
    (source / "micrograd/a/loop").symlink_to("..")
    (source / "micrograd/dead").symlink_to("nowhere")
    os.mkfifo(source / "micrograd/pipe.py")
    os.mkfifo(source / "pipe.zip")
    result = unpack(source)
    assert result.files == TREE
    assert all(name in result.problem for name in ("micrograd/a/loop", "micrograd/dead", "micrograd/pipe.py"))
    assert "is not a regular file" in unpack(source / "pipe.zip").problem


def test_a_package_that_is_only_a_link(tmp_path: Path) -> None:
    folder(tmp_path / "other", TREE)
    (tmp_path / "s01").mkdir()
    (tmp_path / "s01/micrograd").symlink_to(tmp_path / "other/micrograd")
    result = unpack(tmp_path / "s01")
    assert result.files is None and result.problem.startswith("micrograd is a link")


def test_only_a_few_of_many_left_out_are_named() -> None:
    result = unpack_bytes(tarred(TREE, "", *(odd(f"micrograd/{n}", tarfile.SYMTYPE) for n in range(5))), "s01.tar")
    assert result.problem.startswith("left out micrograd/0, micrograd/1, micrograd/2 and 2 more: ")


MB = 1_000_000
BOMBS: dict[str, tuple[Tree, str]] = {
    "one file": ({"micrograd/engine.py": bytes(5 * MB + 1)}, "micrograd/engine.py is larger than 5 MB"),
    "total": ({f"micrograd/{n}.py": bytes(4 * MB + 1) for n in range(5)}, "more than 20 MB"),
    "count": ({f"micrograd/{n}.py": b"" for n in range(2001)}, "more than 2,000 files"),
    "depth": ({"micrograd/" + "d/" * 16 + "engine.py": b""}, "folders nested more than 16 deep"),
}


@pytest.mark.parametrize(("tree", "problem"), BOMBS.values(), ids=BOMBS)
def test_limits(tmp_path: Path, tree: Tree, problem: str) -> None:
    results = [unpack_bytes(tarred(tree, "gz"), "s01.tgz")]
    if len(tree) == 1:
        results += [unpack(folder(tmp_path / "s01", tree)), unpack_bytes(zipped(tree))]
    for result in results:
        assert result.files is None
        assert result.problem == f"{problem}: hand in micrograd/ alone"


@pytest.mark.parametrize(
    "tree",
    [
        {"micrograd/engine.py": bytes(5 * MB)},
        {f"micrograd/{n}.py": bytes(4 * MB) for n in range(5)},
        {f"micrograd/{n}.py": b"" for n in range(2000)},
        {"micrograd/" + "d/" * 15 + "helper.py": b""},
        {"micrograd/nn.py": b"", "big.pdf": bytes(21 * MB), ".venv/big.txt": bytes(9 * MB)},
        {"micrograd/nn.py": b"", **{f"notes/{n}.txt": b"" for n in range(2001)}, "d/" * 30 + "x": b""},
        {"micrograd/nn.py": b"", **{f".venv/{n}.py": b"" for n in range(2001)}},
    ],
    ids=["one file", "total", "count", "depth", "big rest", "many", "noise"],
)
def test_within_limits_all_is_graded_and_only_the_package_counts(tmp_path: Path, tree: Tree) -> None:
    package = {name: content for name, content in tree.items() if name.startswith("micrograd/")}
    assert unpack_bytes(zipped(tree)).files == package
    if len(tree) < 5:
        assert unpack(folder(tmp_path / "s01", tree)).files == package


def test_a_deep_folder_ends(tmp_path: Path) -> None:
    deep = tmp_path / "s01"
    for _ in range(60):
        deep = deep / "d"
    folder(deep, TREE)
    assert "no micrograd/ folder" in unpack(tmp_path / "s01").problem


def lying(content: bytes, size: int) -> bytes:
    """A zip of one file whose headers both declare another size."""
    patched = bytearray(content)
    struct.pack_into("<L", patched, content.index(b"PK\3\4") + 22, size)
    struct.pack_into("<L", patched, content.index(b"PK\1\2") + 24, size)
    return bytes(patched)


def test_declared_sizes_are_not_believed() -> None:
    bomb = {"micrograd/engine.py": bytes(30 * MB)}
    assert unpack_bytes(lying(zipped(bomb), 10)).files is None
    tiny = {"micrograd/engine.py": b"1"}
    assert unpack_bytes(lying(zipped(tiny), 2**31)).files in (None, tiny)
    short = bytearray(tarred({"micrograd/engine.py": b"1"}))
    header = tarfile.TarInfo("micrograd/engine.py")
    header.size = 2**33
    short[:512] = header.tobuf(tarfile.GNU_FORMAT)
    assert "too large" in unpack_bytes(bytes(short), "s01.tar").problem


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (unpacking, package_choice):
        monkeypatch.setattr(module, "STUDENT", replace(unpacking.STUDENT, seen=50, stream=200_000))
    monkeypatch.setattr(
        archive_process, "unpack", partial(unpacking.unpack, apart=False)
    )  # in this process, which has them


@pytest.mark.usefixtures("small_limits")
def test_what_is_only_looked_at_is_limited_too(tmp_path: Path) -> None:
    many = {**TREE, **{f"notes/{n}.txt": b"" for n in range(60)}}
    for result in (unpack(folder(tmp_path / "s01", many)), unpack_bytes(zipped(many))):
        assert result.files is None and "more than 50 files: hand in micrograd/ alone" in result.problem
    for name, big in [("s01.tgz", tarred({**TREE, "x": bytes(300_000)}, "gz")), ("s01.tar", bytes(300_000))]:
        result = unpack_bytes(big, name)
        assert result.files is None and "too large" in result.problem
    crowded = zipped({f"{n:0200}.txt": b"" for n in range(60)})
    assert "too large" in unpack_bytes(crowded).problem, "the table of contents is read into memory"


def test_a_header_of_any_size_is_not_read_into_memory() -> None:
    info = tarfile.TarInfo("micrograd/nn.py")
    info.pax_headers = {"comment": "x" * 100_000}
    assert "too large" in unpack_bytes(tarred(TREE, "gz", info), "s01.tgz").problem


def test_a_bomb_is_not_skipped_by_unpacking_it() -> None:
    guarded = archives._Guarded(io.BytesIO(bytes(1000)), limits.STUDENT, longest=10, stream=100)
    with pytest.raises(files.Refused):
        guarded.seek(101)
    assert guarded.tell() == 0 and guarded.seek(100) == 100


def test_a_zip_that_names_one_content_often_is_still_a_bomb() -> None:
    content = zipped({"micrograd/00.py": bytes(4 * MB)})
    at = content.index(b"PK\1\2")
    entry = content[at : content.index(b"PK\5\6")]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 40, 40, 40 * len(entry), at, 0)
    assert unpack_bytes(content[:at] + entry * 40 + end).files is None


def test_encrypted() -> None:
    content = bytearray(zipped(TREE))
    for start, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.find(start)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(start, at + 1)
    result = unpack_bytes(bytes(content))
    assert result.problem == "s01.zip is encrypted: hand in an archive without a password"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_cannot_be_bounded(method: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("micrograd/engine.py", b"1")
    assert "ordinary .zip" in unpack_bytes(file.getvalue()).problem


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("content", [b"", b"\0", b"PK", b"PK\5\6", b"hello", b"\x1f\x8b", b"BZh9", b"Rar!\x1a\7"])
def test_what_is_no_archive_is_explained(suffix: str, content: bytes) -> None:
    result = unpack_bytes(content, f"s01{suffix}")
    assert result.files is None
    assert "hand in a folder or archive (.zip, .tar.gz) that holds micrograd/" in result.problem


@pytest.mark.parametrize("name", ["s01.rar", "s01.7z", "notes.pdf", "engine.py"])
def test_other_files_are_explained(name: str) -> None:
    result = unpack_bytes(b"Rar!\x1a\7", name)
    assert result.files is None and name in result.problem and "hand in a folder or archive" in result.problem


@pytest.mark.parametrize("kind", ["bz2", "xz"])
@pytest.mark.parametrize("name", ["s01.tar.{}", "s01.t{}", "s01.zip", "s01"])
def test_what_is_packed_otherwise_is_told_what_to_hand_in(kind: str, name: str) -> None:
    name = name.format(kind)
    result = unpack_bytes(tarred(TREE, kind), name)
    advice = "hand in a folder or archive (.zip, .tar.gz) that holds micrograd/"
    assert result.files is None and result.problem == f"{name} cannot be read, for {kind} is not supported: {advice}"


def test_missing_and_empty_sources(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    nothing = "no micrograd/ folder in this submission: hand in a folder or archive"
    assert unpack(tmp_path / "empty").problem.startswith(nothing)
    assert unpack_bytes(zipped({})).problem.startswith(nothing)
    assert unpack_bytes(bytes(1024), "s01.tar").problem.startswith(nothing)
    assert unpack(tmp_path / "missing").files is unpack(tmp_path / "missing.zip").files is None


def test_digests_of_what_cannot_be_graded_tell_it_apart(tmp_path: Path) -> None:
    sources = [folder(tmp_path / "a", {"x": b""}), folder(tmp_path / "b", {"y": b""})]
    digests = [unpack(source).digest for source in sources]
    digests += [unpack_bytes(content).digest for content in (b"1", b"2", zipped({}), zipped({"x": b""}))]
    assert len(set(digests)) == 6
    assert unpack_bytes(b"1").digest == digests[2]


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
@settings(max_examples=examples(25), deadline=None)
@given(st.data())
def test_a_cut_archive_is_never_taken_for_a_whole_one(suffix: str, data: st.DataObject) -> None:
    tree = {f"micrograd/{n}.py": hashlib.sha512(b"%d" % n).digest() * 9 for n in range(4)}
    whole = FORMATS[suffix](tree)
    if suffix == ".tar":
        whole = whole[: 4 * 3 * 512 // 2]  # within the members: the zeros after them say nothing
    cut = data.draw(st.integers(0, len(whole) - 1))
    result = unpack_bytes(whole[:cut], f"s01{suffix}")
    if suffix != ".tar" or cut % 512:
        # The last bytes of a compressed tar hold zeros and checksums, not members.
        assert result.files is None or (suffix != ".zip" and result.files == tree)
    assert result.files is not None or result.problem


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
@settings(max_examples=examples(25), deadline=None)
@given(st.data())
def test_no_damage_gets_through_as_an_exception(suffix: str, data: st.DataObject) -> None:
    damaged = bytearray(FORMATS[suffix](TREE))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    unpack_bytes(bytes(damaged), f"s01{suffix}")


def test_a_damaged_header_in_a_tar_is_not_its_end() -> None:
    content = bytearray(tarred({"micrograd/engine.py": b"1", "micrograd/nn.py": b"2"}))
    content[1024 + 5] ^= 1
    result = unpack_bytes(bytes(content), "s01.tar")
    assert result.files is None and "damaged or cut off" in result.problem


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_or_for_a_file_and_a_folder() -> None:
    def many(*members: tuple[str, bytes]) -> Iterator[SimpleNamespace]:
        file, ball = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive, tarfile.open(fileobj=ball, mode="w") as tar:
            for name, content in members:
                archive.writestr(name, content)
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        yield unpack_bytes(file.getvalue())
        yield unpack_bytes(ball.getvalue(), "s01.tar")

    for result in many(("micrograd/nn.py", b"1"), ("micrograd/nn.py", b"2")):
        assert result.files == {"micrograd/nn.py": b"2"}
    for result in many(("micrograd/nn.py", b"1"), ("micrograd/nn.py/x.py", b"2"), ("micrograd/NN.py", b"3")):
        assert result.files == {"micrograd/nn.py": b"1", "micrograd/NN.py": b"3"}
        assert "micrograd/nn.py/x.py" in result.problem
    for result in many(("micrograd/nn.py/x.py", b"2"), ("micrograd/nn.py", b"1")):
        assert result.files == {"micrograd/nn.py/x.py": b"2"}


def test_names_that_are_no_unicode_or_too_long(tmp_path: Path) -> None:
    source = folder(tmp_path / "s01", {"micrograd/nn.py": b"1"})
    with open(os.fsencode(source / "micrograd") + b"/\xff.py", "wb") as file:
        file.write(b"2")
    result = unpack(source)
    assert result.files == {"micrograd/nn.py": b"1", "micrograd/\udcff.py": b"2"}
    assert unpack_bytes(tarred(result.files), "s01.tar").digest == result.digest
    for name in ("x" * 250, "/".join(["y" * 150] * 8), "zip\nbell\a\x1b[31m" + "z" * 200):
        result = unpack_bytes(tarred({**TREE, f"micrograd/{name}": b"1"}), "s01.tar")
        assert result.files == TREE and "left out" in result.problem and len(result.problem) < 250


def test_hostile_names_are_printable_in_messages(tmp_path: Path) -> None:
    assert "\x1b" not in unpack_bytes(b"", "s\x1b[31m01.zip").problem
    link = odd("micrograd/\x1b[31m\n", tarfile.SYMTYPE, "x")
    assert "\x1b" not in unpack_bytes(tarred(TREE, "", link), "s01.tar").problem


def refusing(error: Exception, name: str) -> Callable[..., object]:
    scandir = os.scandir

    def fake(path: str | Path = ".") -> object:
        if isinstance(path, (str, Path)) and Path(path).name == name:
            raise error
        return scandir(path)

    return fake


@pytest.mark.parametrize(
    "error", [MemoryError(), *map(OSError, (errno.EMFILE, errno.EIO, errno.ENOMEM, errno.EACCES), "wxyz")]
)
def test_our_own_trouble_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    source = folder(tmp_path / "s01", TREE)
    monkeypatch.setattr(os, "scandir", refusing(error, "micrograd"))
    with pytest.raises(type(error)), unpacked(source):
        pass


def test_a_full_disk_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    source = folder(tmp_path / "s01", TREE)
    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="No space left"), unpacked(source):
        pass


def test_memory_stays_flat() -> None:
    import tracemalloc

    bombs = {
        "s.zip": zipped({"micrograd/a.bin": bytes(60 * MB)}),
        "s.tgz": gzip.compress(tarred({"micrograd/a.bin": bytes(30 * MB)}), 1),
        "s.tar.xz": lzma.compress(tarred({"micrograd/a.bin": bytes(10 * MB)}), preset=0),
    }
    tracemalloc.start()
    try:
        for name, content in bombs.items():
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            assert unpack_bytes(content, name).files is None
            assert tracemalloc.get_traced_memory()[1] - before < 4 * MB, name
    finally:
        tracemalloc.stop()


# --- finding


def find(*paths: Path) -> dict[str, dict[str, Path]]:
    found = find_submissions(paths, ASSIGNMENTS)
    assert [each.student for each in found] == sorted({each.student for each in found})
    return {each.student: each.folders for each in found}


def one(path: Path) -> dict[str, Path]:
    return {"": path}


def test_one_folder_or_archive(tmp_path: Path) -> None:
    plain, flat = folder(tmp_path / "s01", TREE), folder(tmp_path / "s02", {"engine.py": b""})
    archive = tmp_path / "s03.tar.gz"
    archive.write_bytes(tarred(TREE, "gz"))
    wrapped = tmp_path / "s04.zip"
    wrapped.write_bytes(zipped({f"hw-main/{name}": content for name, content in TREE.items()} | {"notes/x": b""}))
    broken = tmp_path / "s05.zip"
    broken.write_bytes(b"")
    copies = tmp_path / "s06.zip"
    copies.write_bytes(zipped({**TREE, "v1/engine.py": b"", "v2/micrograd/nn.py": b""}))
    for path in (plain, flat, archive, wrapped, broken, copies):
        assert find(path) == {path.name[:3]: one(path)}
    assert find(plain / "micrograd") == {"s01": one(plain / "micrograd")}
    assert find_submissions([plain], ASSIGNMENTS) == [Submission("s01", one(plain), "s01")]


def of_others(at: Path) -> list[Path]:
    """What a student hands in who wants to be ada and bob, in each form that a class may have."""
    trees = {"ada": TREE, "bob": TREE}
    flat = {f"{name}/{path}": content for name, tree in trees.items() for path, content in tree.items()}
    course = {f"submitted/{name}": content for name, content in flat.items()}
    nbgrader = {f"{name}/engine/micrograd/engine.py": b"" for name in trees}
    moodle = {f"{name}_17_assignsubmission_file_/{path}": content for name in trees for path, content in TREE.items()}
    canvas = {f"{name}_17_1234567_micrograd.zip": zipped(TREE) for name in trees}
    forms = {
        "plain": flat, "around": {f"hw/{name}": content for name, content in flat.items()}, "course": course,
        "whole": {**course, "source/x.ipynb": b"", "nbgrader_config.py": b""}, "nbgrader": nbgrader,
        "moodle": moodle, "canvas": canvas, "archives": {f"{name}.zip": zipped(TREE) for name in trees},
        "download": {f"download/{name}": content for name, content in canvas.items()},
    }  # fmt: skip
    for name, tree in forms.items():
        folder(at / f"folder_{name}", tree)
        (at / f"zip_{name}.zip").write_bytes(zipped(tree))
        (at / f"tar_{name}.tar.gz").write_bytes(tarred(tree, "gz"))
    return sorted(at.iterdir())


def test_nobody_becomes_other_students_by_what_lies_in_a_submission(tmp_path: Path) -> None:
    """In a class folder, and where each submission is given by itself."""
    hostile = of_others(tmp_path / "class")
    honest = [folder(tmp_path / "class" / name, TREE) for name in ("ada", "bob")]
    folder(tmp_path / "class" / "submitted", {"zoe/micrograd/engine.py": b""})
    paths = sorted((tmp_path / "class").iterdir())
    expected = {archives.without_suffix(path.name): one(path) for path in paths}
    assert len(expected) == len(hostile) + len(honest) + 1
    assert find(*paths) == find(tmp_path / "class") == expected
    for path in hostile:
        name = archives.without_suffix(path.name)
        assert find(path, *honest) == {name: one(path), "ada": one(honest[0]), "bob": one(honest[1])}


def test_what_looks_like_a_class_among_submissions_is_named(tmp_path: Path) -> None:
    said: list[str] = []
    hostile, honest = folder(tmp_path / "x", {"ada/engine.py": b"", "bob/engine.py": b""}), folder(tmp_path / "y", TREE)
    find_submissions([hostile, honest], ASSIGNMENTS, said.append)
    (remark,) = said
    assert remark.startswith(f"{hostile} looks like a class, but among the other paths it counts as one student's: ")
    find_submissions([hostile], ASSIGNMENTS, said.append)
    assert len(said) == 1


def test_several_classes_are_read_together(tmp_path: Path) -> None:
    for name in ("1", "2"):
        folder(tmp_path / name, {f"s{name}a/engine.py": b"", f"s{name}b/engine.py": b""})
        zip_folder(folder(tmp_path / f"z{name}", {f"z{name}a/engine.py": b"", f"z{name}b/engine.py": b""}))
        zip_folder(folder(tmp_path / f"n{name}" / "submitted", {f"n{name}{s}/nn/x.py": b"" for s in "ab"}))
    paths = [tmp_path / "1", tmp_path / "2", *tmp_path.glob("z?.zip"), *tmp_path.glob("n?/submitted.zip")]
    assert list(find(*paths)) == [f"{kind}{name}{s}" for kind in "nsz" for name in "12" for s in "ab"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no list of open files")
def test_many_classes_hold_no_more_open_than_one(tmp_path: Path) -> None:
    """A process may open 1,024 files, and some of them see no further."""
    path = zip_folder(folder(tmp_path / "class", {"ada/engine.py": b"", "bob/engine.py": b""}))
    find(path)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        find(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_class_has_students_of_any_name(tmp_path: Path) -> None:
    names = ["ada", "assignments", "autograder", "release", "solutions", "source", "student", "submitted", "tests"]
    for name in names:
        folder(tmp_path / name, TREE)
    assert list(find(tmp_path)) == list(find(*tmp_path.iterdir())) == names


def test_the_current_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder(tmp_path / "s01", TREE))
    assert find(Path(".")) == {"s01": one(tmp_path / "s01")}


def test_a_folder_of_submissions_loses_nobody(tmp_path: Path) -> None:
    kinds = {"a.zip": zipped(TREE), "b.tar.gz": b"broken", "c.rar": b"Rar!", "D.ZIP": zipped(TREE), "e.7z": b""}
    folder(tmp_path, kinds)
    for name, tree in {"f": TREE, "g": {"hw/micrograd/nn.py": b""}, "h": {"notes.txt": b""}, "i": {}}.items():
        folder(tmp_path / name, tree)
    folder(tmp_path, {"README.md": b"", "grades.csv": b"", "stray.py": b"", ".DS_Store": b"", "__MACOSX/a.zip": b""})
    folder(tmp_path / ".git", {"config": b""})
    (tmp_path / "j").symlink_to(tmp_path / "nowhere")
    (tmp_path / "k").symlink_to(tmp_path / "f")
    found = find(tmp_path)
    assert list(found) == ["D", "a", "b", "c", "e", "f", "g", "h", "i", "j", "k", "stray"]
    assert found["a"] == one(tmp_path / "a.zip") and found["g"] == one(tmp_path / "g")
    assert unpack(tmp_path / "j").problem and unpack(tmp_path / "k").files == TREE


def test_an_nbgrader_tree(tmp_path: Path) -> None:
    submitted = tmp_path / "course/submitted"
    folder(submitted / "s01/engine/micrograd", {"engine.py": b""})
    folder(submitted / "s01/backprop", {"timestamp.txt": b""})
    folder(submitted / "s01/other", {"x": b""})
    folder(submitted / "s02/derivative", {})
    folder(submitted / "s03", TREE)
    folder(submitted / "s03/engine", {"x": b""})
    folder(submitted / "s04", {})
    folder(tmp_path / "course/source/engine", {"engine.ipynb": b""})
    s01 = {"engine": submitted / "s01/engine", "backprop": submitted / "s01/backprop"}
    whole = {"s01": s01, "s02": {"derivative": submitted / "s02/derivative"}}
    whole |= {name: one(submitted / name) for name in ("s03", "s04")}
    assert find(submitted) == find(tmp_path / "course") == whole
    assert find(submitted / "s01") == {"s01": s01}
    assert find(submitted / "s01", submitted / "s03", submitted) == whole


def test_a_linked_assignment_is_not_followed(tmp_path: Path) -> None:
    folder(tmp_path / "s01/engine", TREE)
    (tmp_path / "s02").mkdir()
    (tmp_path / "s02/engine").symlink_to(tmp_path / "s01/engine")
    assert find(tmp_path) == {"s01": {"engine": tmp_path / "s01/engine"}, "s02": one(tmp_path / "s02")}
    assert unpack(tmp_path / "s02").files is None


def canvas(at: Path) -> Path:
    return folder(
        at,
        {
            "doejane_12345_678910_micrograd.zip": zipped(TREE),
            "leebo_LATE_12346_678911_micrograd-1.zip": zipped(TREE),
            "poeann_12347_678915_notes.zip": zipped({"notes.txt": b""}),
            "poeann_12347_678913_homework.zip": zipped(TREE),
            "poeann_12347_678914_slides.pdf": b"%PDF",
            "raykim_12348_678915_micrograd-2.zip": zipped(TREE),
            "raykim_LATE_12348_678916_micrograd-10.zip": zipped(TREE),
            "raykim_12348_678917_micrograd.zip": zipped(TREE),
            "textonly_12349_text.html": b"<p>",
            "pdfonly_12350_678918_essay.pdf": b"%PDF",
            "broken_12351_678920_micrograd.zip": b"",
            "broken_12351_678921_essay.pdf": b"%PDF",
        },
    )


def test_canvas(tmp_path: Path) -> None:
    found = {student: place[""].name for student, place in find(canvas(tmp_path / "submissions")).items()}
    pieces = find(tmp_path / "submissions")["poeann"][""]
    assert [name for name, _ in pieces.pieces] == ["homework.zip", "slides.pdf", "notes.zip"]
    assert unpack(pieces).files == TREE
    assert found == {
        "doejane": "doejane_12345_678910_micrograd.zip",
        "leebo": "leebo_LATE_12346_678911_micrograd-1.zip",
        "poeann": "poeann",
        "raykim": "raykim_LATE_12348_678916_micrograd-10.zip",
        "textonly": "textonly_12349_text.html",
        "pdfonly": "pdfonly_12350_678918_essay.pdf",
        "broken": "broken",
    }
    pdf = find(tmp_path / "submissions")["pdfonly"][""]
    assert unpack(pdf).problem.startswith("no micrograd/ folder in this submission, which holds essay.pdf: hand in")


def test_an_upload_by_itself(tmp_path: Path) -> None:
    upload = tmp_path / "Jane Doe_12345_assignsubmission_file_hw.zip"
    upload.write_bytes(zipped({"v1/micrograd/nn.py": b"", "v2/micrograd/nn.py": b""}))
    assert find(upload) == {"Jane_Doe": one(upload)}
    for tree in (TREE, {"hw/micrograd/nn.py": b""}, {"micrograd.zip": zipped(TREE)}, {"notes.txt": b""}):
        upload = folder(Path(tempfile.mkdtemp(dir=tmp_path), "doejane_12345_678910_hw"), tree)
        assert find(upload) == {"doejane": one(upload)}


def test_a_class_named_like_an_upload(tmp_path: Path) -> None:
    folder(tmp_path / "cs_101_2025_spring", {"s01/micrograd/nn.py": b"", "s02/micrograd/nn.py": b""})
    assert list(find(tmp_path / "cs_101_2025_spring")) == ["s01", "s02"]
    assert list(find(zip_folder(tmp_path / "cs_101_2025_spring"))) == ["s01", "s02"]


def test_a_class_of_one(tmp_path: Path) -> None:
    first, second, slides = (f"doejane_12345_67891{file}" for file in ("0_m.zip", "1_m-1.zip", "2_slides.pdf"))
    for number, others in enumerate(({}, {first: zipped({"x": b""})}, {slides: b"%PDF"})):
        found = find(folder(tmp_path / str(number), {second: zipped(TREE), **others}))
        assert list(found) == ["doejane"] and unpack(found["doejane"][""]).files == TREE
    for tree in ({second: zipped(TREE)}, {f"{second}/nn.py": b""}, {f"doejane/engine/{name}": b"" for name in TREE}):
        (tmp_path / "download.zip").write_bytes(zipped({f"download/{name}": tree[name] for name in tree}))
        assert list(find(tmp_path / "download.zip")) == ["doejane"]


def test_what_a_student_downloaded_is_no_download_of_the_class(tmp_path: Path) -> None:
    folder(tmp_path / "s01", {"doejane_12345_678910_m.zip": zipped(TREE)})
    folder(tmp_path / "s02", TREE)
    assert list(find(tmp_path)) == ["s01", "s02"]


def test_a_file_that_is_called_like_an_upload_hides_no_neighbours(tmp_path: Path) -> None:
    """One folder that looks like a download is the class, unless there are archives beside it."""
    folder(tmp_path / "mallory", {**TREE, "x_12345_67890_notes.txt": b""})
    for name in ("ada.zip", "zoe.zip"):
        (tmp_path / name).write_bytes(zipped(TREE))
    assert list(find(tmp_path)) == ["ada", "mallory", "zoe"]


def test_canvas_namesakes_stay_apart(tmp_path: Path) -> None:
    names = ("doejane_12345_678910_m.zip", "doejane_777_678911_m.zip", "DoeJane_778_678912_m.zip", "poe_9_9.zip")
    folder(tmp_path, dict.fromkeys(names, b""))
    assert list(find(tmp_path)) == ["DoeJane_778", "doejane_12345", "doejane_777", "poe_9_9"]


def test_a_prefix_of_all_files_is_no_canvas_student(tmp_path: Path) -> None:
    folder(tmp_path, {f"hw_2025_101_{name}.zip": zipped(TREE) for name in ("ann", "bo", "cy")})
    assert list(find(tmp_path)) == ["hw_2025_101_ann", "hw_2025_101_bo", "hw_2025_101_cy"]


def moodle(at: Path) -> Path:
    folder(at / "Jane Doe_1234567_assignsubmission_file_", {"micrograd.zip": zipped(TREE)})
    folder(at / "Jane Doe_1234567_assignsubmission_onlinetext_", {"onlinetext.html": b""})
    folder(at / "Zoë Ångström_1234568_assignsubmission_file_", TREE)
    folder(at / "Participant_41_assignsubmission_file", TREE)
    folder(at / "Participant_42_assignsubmission_file", {})
    return folder(at, {"Bo Li_1234569_assignsubmission_file_micrograd.zip": zipped(TREE)})


def test_moodle(tmp_path: Path) -> None:
    found = {student: place[""].name for student, place in find(moodle(tmp_path)).items()}
    assert found == {
        "Jane_Doe": "Jane Doe_1234567_assignsubmission_file_",
        "Zoë_Ångström": "Zoë Ångström_1234568_assignsubmission_file_",
        "Participant_41": "Participant_41_assignsubmission_file",
        "Participant_42": "Participant_42_assignsubmission_file",
        "Bo_Li": "Bo Li_1234569_assignsubmission_file_micrograd.zip",
    }
    jane = tmp_path / found["Jane_Doe"]
    assert find_submissions([jane], ASSIGNMENTS) == [Submission("Jane_Doe", one(jane), "Jane Doe")]
    assert unpack(jane).files == TREE


def test_an_upload_belongs_to_whom_the_system_says_whatever_the_file_is_called(tmp_path: Path) -> None:
    of_moodle, of_canvas = "_17_assignsubmission_file_", "_17_1234567_"
    for number, (mine, others) in enumerate([(of_moodle, of_moodle), (of_canvas, of_canvas), (of_moodle, of_canvas)]):
        at = folder(tmp_path / str(number), {f"ada{mine}hw.zip": zipped(TREE), f"bob{mine}ada{others}hw.zip": b""})
        assert list(find(at)) == ["ada", "bob"]


def zip_folder(at: Path) -> Path:
    paths = sorted(at.rglob("*"))
    named = {f"{path.relative_to(at.parent)}{'/' * path.is_dir()}": path for path in paths}
    archive = at.with_name(f"{at.name}.zip")
    archive.write_bytes(zipped({name: b"" if p.is_dir() else p.read_bytes() for name, p in named.items()}))
    return archive


@pytest.mark.parametrize("download", [canvas, moodle])
def test_a_download_that_is_still_zipped_or_in_a_folder(tmp_path: Path, download: Callable[[Path], Path]) -> None:
    plain = download(tmp_path / "week 1/submissions")
    expected = find(plain)
    assert list(find(plain.parent)) == list(expected)
    found = find(zip_folder(plain))
    assert list(found) == list(expected)
    for student in found:
        assert unpack(found[student][""]).files == unpack(expected[student][""]).files


def test_a_zipped_class_without_the_names_of_a_system(tmp_path: Path) -> None:
    for name, tree in {"s01": TREE, "s02": {"hw/engine.py": b""}, "s03": {}}.items():
        folder(tmp_path / "class" / name, tree)
    folder(tmp_path / "class", {"s04.zip": zipped(TREE)})
    assert list(find(zip_folder(tmp_path / "class"))) == ["s01", "s02", "s03", "s04"]
    tree = {"s01/engine/micrograd/nn.py": b"", "s01/nn/micrograd/nn.py": b""}
    found = find(zip_folder(folder(tmp_path / "submitted", tree)))
    assert {student: set(places) for student, places in found.items()} == {"s01": {"engine", "nn"}}


def test_an_unpacked_class_outlives_the_search_but_not_the_process(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from autograder.submissions.discovery import find_submissions\n"
        "place = find_submissions([Path(sys.argv[1])], [])[1].folders['']\n"
        "if os.fork() == 0: sys.exit()\n"
        "os.wait(); assert place.exists(); print(place)"
    )
    import subprocess
    import sys

    archive = zip_folder(canvas(tmp_path / "download"))
    run = subprocess.run([sys.executable, "-c", code, archive], capture_output=True, text=True, check=True)
    place = Path(run.stdout.strip())
    assert place.name.startswith("doejane") and not place.exists() and not place.parent.exists()


def test_a_zipped_class_keeps_to_limits_and_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = [odd("jo_12345_678910_x/micrograd", tarfile.SYMTYPE, "/etc"), odd("../evil", tarfile.REGTYPE)]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    archive = tmp_path / "class.tar"
    archive.write_bytes(tarred({f"s{n}_1234{n}_67891{n}_m.zip": zipped(TREE) for n in range(5)}, "", *links))
    monkeypatch.setattr(unpacking, "STUDENT", replace(unpacking.STUDENT, seen=2, total=50))
    found = find(archive)
    assert list(found) == ["s0", "s1", "s2", "s3", "s4"]
    assert not (tmp_path / "evil").exists()
    small = replace(limits.CLASS, total=500)
    monkeypatch.setattr(archive_process, "copy_class", lambda *parts: contents.copy(*parts, small))
    with pytest.raises(UserError, match=r"class\.tar was not unpacked .*unpack it and give the folder"):
        find(archive)


def test_paths_are_joined_and_counted_once(tmp_path: Path) -> None:
    a, b = folder(tmp_path / "a/s01", TREE), folder(tmp_path / "b/s01", TREE)
    folder(tmp_path / "b/s01-2", TREE)
    folder(tmp_path / "b/S01", TREE)
    folder(tmp_path / "a/s02", TREE)
    (tmp_path / "link").symlink_to(a)
    expected = {"S01": "b/S01", "s01-2": "b/s01-2", "s01-3": "a/s01", "s01-4": "b/s01", "s02": "a/s02"}
    for paths in ((a.parent, b.parent), (b.parent, a.parent, a, a / "../s01", tmp_path / "link")):
        found = find(*paths)
        assert {student: str(place[""].relative_to(tmp_path)) for student, place in found.items()} == expected


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missing", "missing does not exist: give a submission, or a folder of submissions"),
        ("notes.txt", "notes.txt is neither a folder nor an archive: give a submission, or"),
        ("empty", "no submissions in .*empty: give a folder with a folder or archive a student"),
        ("loose", "no submissions in .*loose: give a folder with a folder or archive a student"),
        ("pipe.zip", "pipe.zip is neither a folder nor an archive"),
    ],
)
def test_bad_paths_are_user_errors(tmp_path: Path, name: str, problem: str) -> None:
    folder(tmp_path, {"notes.txt": b"", "loose/README.md": b""})
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.zip")
    folder(tmp_path / "s01", TREE)
    with pytest.raises(UserError, match=problem):
        find_submissions([tmp_path / "s01", tmp_path / name], ASSIGNMENTS)


def test_an_unreadable_path_is_a_user_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UserError, match="Permission denied; check its permissions"):
        find_submissions([tmp_path], ASSIGNMENTS)


file_names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12)
awkward = st.sampled_from(["s01", "S01", "s 01", "s_01", "é", "e\u0301", "ﬁ", "fi", "CON", "index.html", "x" * 100])
skipped = ("micrograd", "submitted", "__MACOSX")


@settings(max_examples=examples(25), deadline=None)
@given(st.sets(file_names | awkward, min_size=1, max_size=8))
@example({"engine.py", "derivative.py"})
def test_every_child_of_a_class_gets_an_id_of_its_own(children: set[str]) -> None:
    children = {name for name in children if not name.startswith((".", *skipped))} | {"s01"}
    with tempfile.TemporaryDirectory() as at:
        for name in children:
            Path(at, name).mkdir()
        found = find_submissions([Path(at)], ())
    assert {each.folders[""].name for each in found} == children
    folded = {unicodedata.normalize("NFD", each.student).casefold() for each in found}
    assert len(folded) == len(found) == len(children)


# --- ids


def test_nobody_takes_an_id_away_by_a_name_that_becomes_the_same(tmp_path: Path) -> None:
    for name in (" ada", "-ada", "..ada", "ada", "ada.", "\uff41da"):
        folder(tmp_path / name, TREE)
    found = find(tmp_path)
    assert len(found) == 5  # hidden files are nobody's
    assert found["ada"][""].name == "ada"


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("s01", "s01"),
        ("Jane Doe", "Jane_Doe"),
        ("jane.doe+x@school.edu", "jane.doe+x@school.edu"),
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("李雷", "李雷"),
        ("नीना", "नीना"),
        ("a/b\\c:d", "a_b_c_d"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "student"),
        ("", "student"),
        (" \t", "student"),
        ("-rf", "rf"),
        (".lock", "lock"),
        ("x.lock", "x.lock_"),
        ("index.html", "index.html_"),
        ("Grades.CSV", "Grades.CSV_"),
        ("summary.json", "summary.json_"),
        ("Report", "Report_"),
        ("con", "con_"),
        ("Nul.txt", "Nul_.txt_"),
        ("COM¹", "COM1_"),
        ("conrad", "conrad"),
        ("ann.", "ann"),
        ("\udcff\x1b[31m", "___31m"),
        ("<script>", "_script_"),
        ("x" * 80, "x" * 80),
        ("𐐀" * 60, "𐐀" * 47 + "-" + hashlib.sha256("𐐀".encode() * 60).hexdigest()[:8]),
        ("x" * 81, "x" * 71 + "-" + hashlib.sha256(b"x" * 81).hexdigest()[:8]),
    ],
)
def test_safe_id(name: str, student: str) -> None:
    assert safe_id(name) == student


reserved = st.sampled_from(sorted(ids._DEVICES | ids._RESULTS | set(ids._RESULT_FILES)))


@settings(max_examples=examples(150))
@given(st.text() | st.text(min_size=75, max_size=90) | st.tuples(reserved, st.text(max_size=3)).map("".join))
def test_any_id_is_safe(name: str) -> None:
    student = safe_id(name)
    assert student and len(student) <= 80 and len(student.encode()) <= 255
    assert student[0] not in ".-" and student[-1] != "."
    assert all(c in "._-@+" or c.isalnum() or unicodedata.category(c)[0] in "MN" for c in student)
    assert student.partition(".")[0].casefold() not in ids._DEVICES
    assert student.casefold() not in ids._RESULTS
    assert not student.casefold().endswith((".html", ".csv", ".json", ".lock"))
    assert safe_id(student) == student
    assert unicodedata.normalize("NFC", student) == student
