"""Stubs hold every TODO and no solution; a release is exact, refuses mistakes, and deletes nobody's work."""

import ast
import importlib
import re
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nightly import examples

from autograder.courses.micrograd.words import catalogue, hint_words
from autograder.errors import UserError
from autograder.exam.regions import Region, RegionError, regions, stub
from autograder.kit import bundle as exporting
from autograder.kit.bundle import kit_files
from autograder.kit.stubs import MARKER, release, stale

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "solutions"
IDS = ("engine-add", "engine-mul", "stretch-edges")
MUL = """\
def mul(a, b):
    # Multiply them.
    ### BEGIN SOLUTION engine-mul
    product = a * b
    ### END SOLUTION
    return product
"""
EDGES = """\
def edges(a):
    # Refuse strings.
    ### BEGIN SOLUTION stretch-edges (bonus)
    check(a)
    ### END SOLUTION
    return a
"""
BONUS = ["# More.", "### BEGIN SOLUTION stretch-edges (bonus)", "a = 2", "### END SOLUTION"]
REGION = ["# Do it.", "### BEGIN SOLUTION engine-mul", "a = 1", "### END SOLUTION"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a small reference in `solutions/`."""
    package = tmp_path / "solutions" / "micrograd"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""A package."""\n')
    (package / "engine.py").write_text(MUL)
    (package / "nn.py").write_text(EDGES)
    return tmp_path


def put(project: Path, extra: dict[str, bytes] | None = None) -> list[str]:
    changed = release(project / "solutions", project / "student", IDS, extra or {})
    return [path.relative_to(project).as_posix() for path in changed]


def look(project: Path, extra: dict[str, bytes] | None = None) -> list[str]:
    return stale(project / "solutions", project / "student", IDS, extra or {})


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Regions and stubs


def test_regions_are_found_with_the_lines_of_their_markers() -> None:
    assert regions(MUL + EDGES, "engine.py", IDS) == [
        Region("engine-mul", False, 3, 5),
        Region("stretch-edges", True, 9, 11),
    ]


def test_a_region_becomes_a_todo_that_raises() -> None:
    assert stub(MUL, "engine.py", IDS) == textwrap.dedent("""\
        def mul(a, b):
            # TODO engine-mul: Multiply them.
            raise NotImplementedError("engine-mul")
            return product
        """)


def test_a_bonus_region_leaves_code_that_works() -> None:
    assert stub(EDGES, "engine.py", IDS) == textwrap.dedent("""\
        def edges(a):
            # TODO stretch-edges (bonus): Refuse strings.
            return a
        """)


WALK = """\
def mul(a, b):
    # Multiply them.
    ### BEGIN SOLUTION engine-mul
    product = a

    # Refuse what is too long
    # to be multiplied.
    ### BEGIN SOLUTION stretch-edges (bonus)
    check(a)
    ### END SOLUTION
    product *= b
    ### END SOLUTION
    return product
"""


def test_a_bonus_within_a_region_leaves_its_todo_below_that_one(project: Path) -> None:
    assert regions(WALK, "engine.py", IDS) == [Region("engine-mul", False, 3, 12), Region("stretch-edges", True, 8, 10)]
    told = textwrap.dedent("""\
        def mul(a, b):
            # TODO engine-mul: Multiply them.
            raise NotImplementedError("engine-mul")
            # TODO stretch-edges (bonus): Refuse what is too long
            # to be multiplied.
            return product
        """)
    assert stub(WALK, "engine.py", IDS) == told
    (project / "solutions" / "micrograd" / "engine.py").write_text(WALK)
    put(project)
    assert (project / "student" / "micrograd" / "engine.py").read_text() == told
    with pytest.raises(RegionError, match="a solution also stands in student"):
        put(project, {"notes.py": b"product *= b\n"})


def test_windows_line_ends_make_the_same_stub() -> None:
    assert stub(MUL.replace("\n", "\r\n"), "engine.py", IDS) == stub(MUL, "engine.py", IDS)


def test_a_comment_belongs_to_its_own_region_alone() -> None:
    source = """\
# Above.

# First.
# Second.
### BEGIN SOLUTION engine-add
a = 1
### END SOLUTION
# Third.
### BEGIN SOLUTION engine-mul
b = 2
### END SOLUTION
"""
    made = """\
# Above.

# TODO engine-add: First.
# Second.
raise NotImplementedError("engine-add")
# TODO engine-mul: Third.
raise NotImplementedError("engine-mul")
"""
    assert stub(source, "x.py", IDS) == made


@pytest.mark.parametrize("prose", ["", " prose"])
def test_long_lines_flow_on_and_lists_keep_their_shape(prose: str) -> None:
    comment = f"# {'word ' * 19}and at last\n" + f"#{prose}\n" * bool(prose) + "#   - item"
    lines = stub("\n".join([comment, *REGION[1:]]), "x.py", IDS).split("\n")
    assert lines[1:3] == [f"# last{prose}", "#   - item"]


PROSE = st.lists(st.text("abcdefgh,.()`-*0123456789é", min_size=1, max_size=30), min_size=1, max_size=30)


@st.composite
def sources(draw: st.DrawFn) -> tuple[str, list[tuple[str, bool, list[str]]]]:
    """A file of functions `f0`, `f1`, … at several depths; each has a region and returns its own number."""
    lines: list[str] = []
    todos: list[tuple[str, bool, list[str]]] = []
    for number in range(draw(st.integers(0, 5))):
        bonus, depth = draw(st.booleans()), draw(st.integers(0, 3))
        words = draw(st.lists(PROSE, min_size=1, max_size=4))
        lines += [f"{'    ' * level}if True:" for level in range(depth)]
        body = [f"# {' '.join(line)}" for line in words]
        body += [f"### BEGIN SOLUTION item-{number}{' (bonus)' * bonus}"]
        body += [f"secret_{number}_{i} = {i}" for i in range(draw(st.integers(1, 3)))]
        body += draw(st.sampled_from([[], [""], ["# secret remark"]]))
        body += ["### END SOLUTION", f"return {number}"]
        lines += [f"{'    ' * depth}def f{number}():"]
        lines += [f"{'    ' * (depth + 1)}{line}" if line else "" for line in body]
        todos.append((f"item-{number}", bonus, [word for line in words for word in line]))
    return "\n".join(lines), todos


@given(sources())
@settings(deadline=None)
def test_any_stub_tells_all_and_gives_nothing_away(
    drawn: tuple[str, list[tuple[str, bool, list[str]]]],
) -> None:
    source, todos = drawn
    made = stub(source, "x.py", [id for id, _, _ in todos])
    assert "secret" not in made and "SOLUTION" not in made
    assert all(len(line) <= 120 for line in made.split("\n"))
    space: dict[str, Callable[[], int]] = {}
    exec(made, space)
    for number, (id, bonus, words) in enumerate(todos):
        if bonus:
            assert space[f"f{number}"]() == number
        else:
            with pytest.raises(NotImplementedError, match=f"^{id}$"):
                space[f"f{number}"]()
        label = f"# TODO {id}{' (bonus)' * bonus}:"
        comment = made[made.index(label) + len(label) :]
        end = re.search(r"^\s*(raise|return)", comment, re.M)
        assert end and [word for word in comment[: end.start()].split() if word != "#"] == words


# Mistakes in the reference


BONUS = ["# Do it.", "### BEGIN SOLUTION stretch-edges (bonus)", "return 1", "### END SOLUTION"]


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def with_line(number: int, line: str) -> list[str]:
    return [*REGION[: number - 1], line, *REGION[number:]]


MISTAKES = {
    "unclosed": (REGION[:3], 2, "without an end"),
    "nested": ([*REGION[:3], *REGION], 5, "inside the one of line 2"),
    "nested in a bonus": ([REGION[0], f"{REGION[1]} (bonus)", *BONUS], 4, "inside the one of line 2"),
    "end alone": (["a = 1", "### END SOLUTION"], 2, "without a beginning"),
    "no id": (with_line(2, "### BEGIN SOLUTION"), 2, "without an id"),
    "bonus without id": (with_line(2, "### BEGIN SOLUTION (bonus)"), 2, "without an id"),
    "unknown id": (with_line(2, "### BEGIN SOLUTION engine_mull"), 2, "mull; did you mean engine-mul?"),
    "unheard-of id": (with_line(2, "### BEGIN SOLUTION zzz"), 2, "no item has the id zzz; use the id of"),
    "end further out": (["if a:", *indented(REGION[:3]), REGION[3]], 5, "not indented like"),
    "no comment": (REGION[1:], 1, "without a comment"),
    "blank comment": (with_line(1, "#"), 2, "without a comment"),
    "comment elsewhere": (["# Do it.", "", *REGION[1:]], 3, "without a comment"),
    "comment further out": (["if a:", "# Do it.", *indented(REGION[1:])], 3, "without a comment"),
    "comment of the last": ([*REGION, *REGION[1:]], 5, "without a comment"),
    "empty": ([*REGION[:2], "", REGION[3]], 2, "empty region"),
    "only remarks": ([*REGION[:2], "# a = 1", REGION[3]], 2, "empty region"),
    "empty block": (["def f():", *indented(BONUS), "x = 1"], 6, "not valid Python without the solutions"),
    "half a statement": (["", *REGION[:2], "a = (", REGION[3], "    1)"], 6, "not valid Python"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_name_file_and_line(case: str) -> None:
    lines, number, problem = MISTAKES[case]
    with pytest.raises(RegionError, match=rf"^solutions/engine\.py:{number}: .*{re.escape(problem)}.*"):
        stub("\n".join(lines), "solutions/engine.py", IDS)


TYPOS = """\
## BEGIN SOLUTION engine-mul
###BEGIN SOLUTION engine-mul
# BEGIN SOLUTION engine-mul
#BEGIN SOLUTION engine-mul
#### BEGIN SOLUTION engine-mul
### begin solution engine-mul
# begin solution engine-mul
### BEGIN  SOLUTION engine-mul
### BEGIN_SOLUTION engine-mul
### BEGINSOLUTION engine-mul
### BEGN SOLUTION engine-mul
# BEGN SOLUTION engine-mul
# BEGIN SOLUTON engine-mul
### BEGIN SOLUTIONS engine-mul
### BEGIN SOLUTION engine-mul # the product
### BEGIN SOLUTION engine-mul(bonus)
### BEGIN SOLUTION engine-mul (Bonus)
### BEGIN SOLUTION engine-mul bonus
### BEGIN SOLUTION: engine-mul
## END SOLUTION
###END SOLUTION
### End Solution
# end of SOLUTION
### END SOLUTION engine-mul
### END SOLUTIONS
### END
### ENDSOLUTION
x = 1  ### BEGIN SOLUTION engine-mul
x = 1  ### END SOLUTION"""


@pytest.mark.parametrize("typo", TYPOS.splitlines())
def test_no_typo_in_a_marker_goes_unnoticed(typo: str) -> None:
    with pytest.raises(RegionError, match=r"^x\.py:2: this looks like a marker but is none; write"):
        regions(f"# Do it.\n{typo}\na = 1\n", "x.py", IDS)


@given(st.data())
def test_no_damaged_pair_of_markers_publishes_a_solution(data: st.DataObject) -> None:
    lines = [*REGION]
    for number in data.draw(st.sampled_from([(1,), (3,), (1, 3)])):
        place, slip = data.draw(st.integers(0, 15)), data.draw(st.sampled_from(["", "x", " ", "#"]))
        lines[number] = lines[number][:place] + slip + lines[number][place + 1 :]
    try:
        made = stub("\n".join(lines), "x.py", IDS)
    except RegionError:
        return
    assert "a = 1" not in made


def test_ordinary_comments_are_no_markers() -> None:
    source = "# The solution begins here, and in the end a solution remains.\nx = '#'  # ends\nformat(1, '##x')\n"
    assert stub(source, "x.py", IDS) == source


def test_one_region_an_item_but_bonus_may_repeat(project: Path) -> None:
    (project / "solutions/micrograd/train.py").write_text(EDGES)
    put(project)
    (project / "solutions/micrograd/train.py").write_text("\n" + MUL)
    with pytest.raises(RegionError, match=r"^solutions/micrograd/train.py:4: .* at .*/engine.py:3 already"):
        look(project)


def test_a_reference_in_another_encoding(project: Path) -> None:
    (project / "solutions/micrograd/nn.py").write_bytes(b"# \xe9\n")
    with pytest.raises(RegionError, match=r"^solutions/micrograd/nn.py:1: .*UTF-8"):
        look(project)


@pytest.mark.parametrize("call", [release, stale])
@pytest.mark.parametrize("place", ["README.md", "exam/practice.json", "micrograd/hint.txt"])
def test_no_solution_leaves_in_another_file(project: Path, call: Callable[..., object], place: str) -> None:
    found = rf"^solutions/micrograd/engine.py:4: .* stands in student/{place}:2; "
    with pytest.raises(RegionError, match=found):
        call(project / "solutions", project / "student", IDS, {place: b"Hint:\r\n  product = a * b\r\n"})
    assert not (project / "student").exists()


def test_lines_that_are_public_or_say_nothing_are_no_leak(project: Path) -> None:
    source = MUL.replace("product = a * b", "if a:\n        return True\n    return product")
    (project / "solutions/micrograd/engine.py").write_text(source)
    put(project, {"README.md": b"return True\nreturn product\n"})


# Releases


def test_a_release_holds_stubs_copies_and_extras(project: Path) -> None:
    assert len(look(project)) == 4
    extra = {"README.md": b"Read me.\r\n", ".github/grade.yml": b"on: push\n", "exam.bin": b"\xff\x00"}
    assert put(project, extra) == sorted(f"student/{name}" for name in files(project / "student"))
    made = files(project / "student")
    assert made.pop(MARKER).count(b"\n") == 1
    assert made == extra | {
        "micrograd/__init__.py": b'"""A package."""\n',
        "micrograd/engine.py": stub(MUL, "", IDS).encode(),
        "micrograd/nn.py": stub(EDGES, "", IDS).encode(),
    }
    assert put(project, extra) == look(project, extra) == []


def test_caches_and_hidden_files_are_not_released(project: Path) -> None:
    package = project / "solutions/micrograd"
    for name in ("__pycache__/x.py", ".ipynb_checkpoints/x.py", "sub/.x.py", "sub/y.py", "notes.txt"):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text("x = 1\n")
    put(project)
    released = {name for name in files(project / "student") if name.startswith("micrograd/")}
    assert released == {f"micrograd/{name}" for name in ("__init__.py", "engine.py", "nn.py", "sub/y.py")}


def test_what_differs_is_named_and_mended(project: Path) -> None:
    student = project / "student"
    put(project, {"Makefile": b"check:\n"})
    (student / "micrograd/engine.py").write_text(MUL)
    (student / "micrograd/old.py").write_text("")
    (student / "micrograd/results").mkdir()
    (student / "micrograd/results/x.csv").write_text("")
    (student / "notes").mkdir()
    (student / "notes/x.txt").write_text("")
    (student / ".DS_Store").write_text("")
    (project / "solutions/micrograd/nn.py").unlink()
    (student / "micrograd/__init__.py").unlink()
    (project / "solutions/micrograd/new.py").write_text("x = 1\n")
    assert look(project) == [
        "student/.DS_Store should not be there",
        "student/Makefile should not be there",
        "student/micrograd/__init__.py is missing",
        "student/micrograd/engine.py differs",
        "student/micrograd/new.py is missing",
        "student/micrograd/nn.py should not be there",
        "student/micrograd/old.py should not be there",
        "student/micrograd/results/x.csv should not be there",
        "student/notes/x.txt should not be there",
    ]
    told = [line.split()[0] for line in look(project)]
    assert put(project) == told
    assert look(project) == []
    assert not (student / "notes").exists() and not (student / "micrograd/results").exists()


def test_what_tools_keep_stays(project: Path) -> None:
    put(project)
    kept = (".git/HEAD", ".venv/x.py", ".cache/x", "results/x.csv", "kit.egg-info/x", "__pycache__/x.pyc")
    for name in (*kept, "micrograd/__pycache__/x.pyc"):
        (project / "student" / name).parent.mkdir(exist_ok=True)
        (project / "student" / name).write_text("kept")
    assert look(project) == put(project) == []
    assert list(files(project / "student").values()).count(b"kept") == len(kept) + 1


@given(st.data())
@settings(max_examples=examples(40), deadline=None)
def test_a_release_mends_any_damage(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        package, student = project / "solutions/micrograd", project / "student"
        package.mkdir(parents=True)
        (package / "engine.py").write_text(MUL)
        (package / "sub").mkdir()
        (package / "sub/nn.py").write_text(EDGES)
        extra = {"README.md": b"Read me.\n"}
        put(project, extra)
        pristine = files(student)
        names = ["micrograd/engine.py", "micrograd/sub/nn.py", "README.md", "a", "a.d/b/c"]
        touched = data.draw(st.sets(st.sampled_from(names)))
        for path in (student / name for name in sorted(touched)):
            kind = data.draw(st.sampled_from(["text", "link", "gone", "folder"]))
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            if kind == "text":
                path.write_text("other")
            elif kind == "link":
                path.symlink_to(package)
            elif kind == "folder":
                path.mkdir()
                (path / "inside").write_text("other")
        assert bool(look(project, extra)) == (
            files(student) != pristine or any(p.is_symlink() for p in student.rglob("*"))
        )
        before = files(package)
        put(project, extra)
        assert look(project, extra) == []
        assert files(student) == pristine and files(package) == before


def test_links_are_replaced_and_never_written_through(project: Path) -> None:
    put(project)
    before = files(project / "solutions")
    shutil.rmtree(project / "student/micrograd")
    (project / "student/micrograd").symlink_to(project / "solutions/micrograd")
    assert "student/micrograd should not be there" in look(project)
    put(project)
    assert files(project / "solutions") == before
    assert look(project) == [] and not (project / "student/micrograd").is_symlink()


@pytest.mark.parametrize("notice", [None, "something else"])
def test_a_folder_of_someone_else_is_left_alone(project: Path, notice: str | None) -> None:
    thesis = project / "student/thesis.tex"
    thesis.parent.mkdir()
    thesis.write_text("years of work")
    if notice:
        (project / "student" / MARKER).write_text(notice)
    before = files(project / "student")
    with pytest.raises(UserError, match="choose an empty or a new folder"):
        put(project)
    with pytest.raises(UserError, match="choose an empty or a new folder"):
        release(project / "solutions", thesis, IDS)
    with pytest.raises(UserError, match="choose an empty or a new folder"):
        release(project / "solutions", project / "solutions", IDS)
    assert files(project / "student") == before
    assert "student/thesis.tex should not be there" in look(project)


def export(project: Path, extra: dict[str, bytes] | None = None) -> list[str]:
    changed = release(project / "solutions", project / "kit", IDS, extra or {}, exported=True)
    return [path.relative_to(project).as_posix() for path in changed]


def test_an_export_touches_only_what_it_wrote(project: Path) -> None:
    kit = project / "kit"
    export(project, {"Makefile": b"check:\n", "wheels/old.whl": b"old"})
    assert (
        stale(project / "solutions", kit, IDS, {"Makefile": b"check:\n", "wheels/old.whl": b"old"}, exported=True) == []
    )
    (kit / "notes.txt").write_text("Monday")
    (kit / "wheels/mine.whl").write_text("mine")
    assert export(project, {"Makefile": b"check: x\n"}) == ["kit/.gradschool", "kit/Makefile", "kit/wheels/old.whl"]
    assert (kit / "notes.txt").read_text() == "Monday" and (kit / "wheels/mine.whl").exists()
    assert export(project, {"Makefile": b"check: x\n"}) == []


@pytest.mark.parametrize("change", ["edit", "link", "parent", "folder", "mine"])
def test_an_export_refuses_where_there_is_work(project: Path, change: str) -> None:
    kit = project / "kit"
    export(project)
    engine = kit / "micrograd/engine.py"
    if change == "edit":
        engine.write_text(MUL)
    elif change == "link":
        engine.unlink()
        engine.symlink_to(project / "solutions/micrograd/engine.py")
    elif change == "parent":
        shutil.move(kit / "micrograd", project / "work")
        (kit / "micrograd").symlink_to(project / "work")
    elif change == "folder":
        engine.unlink()
        engine.mkdir()
    else:
        (kit / "Makefile").write_text("mine:\n")
    before = files(project)
    with pytest.raises(UserError, match=r"kit/(micrograd|micrograd/engine.py|Makefile) is not as gradschool wrote it"):
        export(project, {"Makefile": b"check:\n"})
    assert files(project) == before


def test_what_check_remembers_is_no_stranger(project: Path) -> None:
    put(project)
    (project / "student/.gradschool.json").write_text("{}")
    assert look(project) == put(project) == []


def test_an_empty_folder_and_a_fresh_clone_are_fine(project: Path) -> None:
    (project / "student/.git").mkdir(parents=True)
    (project / "student/.git/HEAD").write_text("ref: refs/heads/main\n")
    assert f"student/{MARKER}" in put(project)
    (project / "kit").mkdir()
    assert release(project / "solutions", project / "kit", IDS)


def test_a_mistake_leaves_the_last_release_as_it_was(project: Path) -> None:
    put(project)
    before = files(project / "student")
    (project / "solutions/micrograd/engine.py").write_text(MUL.replace("return", "# return"))
    (project / "solutions/micrograd/nn.py").write_text(EDGES.replace("### END", "## END"))
    with pytest.raises(RegionError):
        put(project)
    assert files(project / "student") == before


@pytest.mark.parametrize("made", ["", "solutions", "solutions/micrograd"])
def test_no_reference_is_a_sentence(tmp_path: Path, made: str) -> None:
    (tmp_path / made).mkdir(parents=True, exist_ok=True)
    for call in (release, stale):
        with pytest.raises(UserError, match="holds no Python files; name the folder"):
            call(tmp_path / "solutions", tmp_path / "student", IDS)


@pytest.mark.parametrize("name", ["micrograd/engine.py", MARKER, "../x", "/x"])
def test_extras_stay_in_their_place(project: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be called"):
        put(project, {name: b""})


# The real reference


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a module of the package that students get."""
    release(REFERENCE, tmp_path / "kit", reference_ids())
    for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path / "kit")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield importlib.import_module
    for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd"]:
        del sys.modules[name]


def reference_ids() -> set[str]:
    text = "".join(path.read_text("utf-8") for path in REFERENCE.rglob("*.py"))
    return set(re.findall(r"### BEGIN SOLUTION (\S+)", text))


def test_each_region_of_the_reference_becomes_a_todo() -> None:
    for path in (REFERENCE / "micrograd").glob("*.py"):
        source = path.read_text("utf-8")
        made = stub(source, path.name, reference_ids())
        found = regions(source, path.name, reference_ids())
        todos = re.findall(r"^ *# TODO ([\w-]+)( \(bonus\))?: \S", made, re.M)
        assert [(id, bool(bonus)) for id, bonus in todos] == [(region.id, region.bonus) for region in found]
        raised = [
            node.exc.args[0].value
            for node in ast.walk(ast.parse(made))
            if isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and isinstance(node.exc.func, ast.Name)
            and node.exc.func.id == "NotImplementedError"
            and isinstance(node.exc.args[0], ast.Constant)
        ]
        assert set(raised) == {region.id for region in found if not region.bonus}
        if not found:
            assert made == source


def test_the_kit_imports_and_raises_where_something_is_to_do(kit: Callable[[str], ModuleType]) -> None:
    for path in (REFERENCE / "micrograd").glob("*.py"):
        kit("micrograd" if path.stem == "__init__" else f"micrograd.{path.stem}")
    Value = kit("micrograd.engine").Value
    assert repr(Value(1)) == "Value(data=1, grad=0.0)"
    for id, call in {
        "engine-mul": lambda: Value(1) * Value(2),
        "engine-add": lambda: Value(1) + 2,
        "engine-rsub": lambda: 1 - Value(2),
        "backprop-order": lambda: Value(1).backward(),
    }.items():
        with pytest.raises(NotImplementedError, match=f"^{id}$"):
            call()
    points, labels = kit("micrograd.data").make_moons(5)
    assert len(points) == len(labels) == 5


# --- the lecture ------------------------------------------------------------------------------------------------

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _anchors(page: str) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_in_the_kit_leads_somewhere_in_it() -> None:
    files = kit_files()
    pages = {name: content.decode() for name, content in files.items() if name.endswith(".md")}
    assert {"README.md", "docs/micrograd.md"} <= set(pages)
    followed = 0
    for name, page in pages.items():
        for link in _LINK.findall(page):
            if link.startswith(("https://", "http://")):
                continue
            path, _, anchor = link.partition("#")
            target = (PurePosixPath(name).parent / path).as_posix() if path else name
            assert target in files, f"{name}: {link}"
            assert not anchor or anchor in _anchors(pages[target]), f"{name}: {link}"
            followed += 1
    assert followed > 20


def test_hints_lead_to_headings_of_the_lecture_in_the_kit() -> None:
    known = _anchors(kit_files()["docs/micrograd.md"].decode())
    words = (*hint_words().items.values(), *catalogue().values())
    assert {word.section for word in words} <= known


def test_the_lecture_is_small_and_has_its_pictures() -> None:
    files = {name: content for name, content in kit_files().items() if name.startswith("docs/")}
    assert len([name for name in files if name.endswith(".svg")]) == 5
    assert sum(map(len, files.values())) < 100_000


def test_a_course_without_a_lecture_hands_out_the_one_that_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "project_root", lambda: tmp_path)
    assert kit_files()["docs/micrograd.md"] == (ROOT / "docs" / "micrograd.md").read_bytes()
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    (tmp_path / "docs" / "pictures" / "mine.svg").write_text("<svg/>")
    (tmp_path / "docs" / "micrograd.md").write_text("# Mine\n\n![mine](pictures/mine.svg)\n")
    assert {name for name in kit_files() if name.startswith("docs/")} == {"docs/micrograd.md", "docs/pictures/mine.svg"}
    monkeypatch.setattr(exporting, "INSTALLED", tmp_path / "nowhere")
    (tmp_path / "docs" / "micrograd.md").unlink()
    with pytest.raises(UserError, match=r"there is no micrograd\.md"):
        kit_files()
