"""The notebooks of the course: what they hold, and what they show when they are run, each in a kernel of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT, SAMPLES
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from kits import make_kit
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import determine_grade, is_grade, is_solution
from nightly import WHOLE, nightly, only
from traitlets import default

from autograder import notebook
from autograder.courses.micrograd import COURSE, load_items
from autograder.errors import UserError
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.explanation import Explanation
from autograder.grading import exams
from autograder.report import ItemResult
from autograder.report.notebook import Lines, Verdict
from autograder.student.kit import open_kit
from autograder.todos import Todo, find_todos

ITEMS = load_items()
SOURCE = ROOT / "assignments" / "source"
by_assignment = pytest.mark.parametrize("assignment", COURSE.assignments)
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz's dot is not installed")


@cache
def text_of(assignment: str) -> str:
    return (SOURCE / assignment / f"{assignment}.ipynb").read_text("utf-8")


def read(assignment: str) -> NotebookNode:
    return nbformat.reads(text_of(assignment), as_version=nbformat.NO_CONVERT)


def graded_cells(book: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in book.cells if is_grade(cell) and not is_solution(cell)]


# --- what they hold -----------------------------------------------------------------------------------------


@by_assignment
def test_a_notebook_is_valid_and_carries_no_outputs(assignment: str) -> None:
    book = read(assignment)
    nbformat.validate(book)
    MetadataValidator().validate_nb(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert book.metadata.kernelspec.name == "python3"
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert len(code) > 2
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert not [cell for cell in book.cells if re.fullmatch("[0-9a-f]{8}", cell.id)]  # ids that somebody chose


@by_assignment
def test_pictures_are_shown_and_by_every_jupyter(assignment: str) -> None:
    for cell in read(assignment).cells:
        named = re.findall(r"!\[[^\]]+\]\(attachment:([^)]+)\)", cell.source)
        attached = cell.get("attachments", {})
        assert sorted(attached) == sorted(named) and cell.source.count("![") == len(named)
        assert all(list(picture) == ["image/png"] for picture in attached.values())  # JupyterLab takes no SVG here


@by_assignment
def test_the_grade_cells_are_the_items_of_the_rubric(assignment: str) -> None:
    cells = graded_cells(read(assignment))
    items = [item for item in ITEMS.values() if item.assignment == assignment]
    assert [(cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points) for cell in cells] == [
        (item.id, item.points) for item in items
    ]
    for cell in cells:
        assert cell.cell_type == "code" and cell.metadata.nbgrader.locked
        assert cell.source == f'check("{cell.id}")' and cell.id == cell.metadata.nbgrader.grade_id


def test_a_few_questions_are_left_to_the_instructor() -> None:
    asked = {}
    for assignment in COURSE.assignments:
        for cell in read(assignment).cells:
            if "nbgrader" in cell.metadata and cell not in graded_cells(read(assignment)):
                assert (cell.cell_type, is_grade(cell), is_solution(cell)) == ("markdown", True, True)
                assert not cell.metadata.nbgrader.locked and cell.id == cell.metadata.nbgrader.grade_id
                asked[cell.id] = cell.metadata.nbgrader.points
    assert 2 <= len(asked) <= 3 and set(asked.values()) <= {1, 2}
    assert not set(asked) & set(ITEMS)


@by_assignment
def test_prose_before_a_grade_cell_names_the_file_and_the_function(assignment: str) -> None:
    prose = ""
    for cell in read(assignment).cells:
        if cell.cell_type == "markdown":
            prose += cell.source
        elif cell.id in ITEMS and not ITEMS[cell.id].suite:
            module, _, function = ITEMS[cell.id].target.partition(":")
            named = [f"micrograd/{module}.py", f"`{function}`"]
            assert [name for name in named if name not in prose] == [], cell.id
            prose = ""


@by_assignment
def test_what_may_stop_at_a_todo_does_not_stop_the_rest(assignment: str) -> None:
    for cell in read(assignment).cells:
        if cell.cell_type == "code" and "micrograd" in cell.source:
            assert cell.metadata.tags == ["raises-exception"], cell.id


# --- run ----------------------------------------------------------------------------------------------------


class ThisPython(AsyncKernelManager):
    """Starts kernels of the Python that runs the tests, whatever kernels the machine has."""

    @default("kernel_spec_manager")
    def _no_others(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])


@pytest.fixture(scope="module")
def practice() -> Exam:
    return exams.get(PRACTICE_SEED)


def run(book: NotebookNode, kit: Path) -> NotebookNode:
    """The notebook after all of its cells were run, beside the micrograd/ in `kit`."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "IPYTHONDIR": str(kit / ".ipython"),
    }
    client = NotebookClient(
        book, kernel_manager_class=ThisPython, resources={"metadata": {"path": str(kit)}}, timeout=300
    )
    return client.execute(env=environment)


def shown(cell: NotebookNode, kind: str = "text/plain") -> str:
    """What stands under a cell, but for its result."""
    texts = []
    for output in cell.outputs:
        if output.output_type == "display_data":
            texts.append(output.data.get(kind, ""))
        elif output.output_type == "stream":
            texts.append(output.text)
    return "\n".join(texts)


def troubles(book: NotebookNode) -> list[tuple[str, str]]:
    """Errors, tracebacks, and whatever came on stderr, which nbgrader takes for a failure."""
    found = []
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error" or output.get("name") == "stderr" or "Traceback" in json.dumps(output):
                found.append((cell.id, str(output)))
    return found


def grades(book: NotebookNode) -> dict[str, Any]:
    return {cell.id: determine_grade(cell)[0] for cell in graded_cells(book)}


def with_package(folder: Path, package: Path, practice: Exam) -> Path:
    """A folder with the practice exam and a copy of a package."""
    folder.mkdir()
    (folder / "practice-exam.json").write_text(practice.to_json())
    shutil.copytree(package, folder / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@needs_dot
@pytest.mark.parametrize("assignment", only(COURSE.assignments, "backprop".__eq__))
def test_with_the_reference_each_item_earns_its_points(assignment: str, tmp_path: Path, practice: Exam) -> None:
    kit = with_package(tmp_path / "kit", ROOT / "solutions" / "micrograd", practice)
    shutil.copytree(ROOT / "solutions" / "suite", kit / "tests", dirs_exist_ok=True)
    book = run(read(assignment), kit)
    assert troubles(book) == []
    assert grades(book) == {item.id: item.points for item in ITEMS.values() if item.assignment == assignment}
    results = [output for cell in book.cells for output in cell.get("outputs", []) if "data" in output]
    drawn = [result.data["image/svg+xml"] for result in results if "image/svg+xml" in result.data]
    assert bool(drawn) == (assignment not in ("derivative", "testing"))
    if assignment == "training":
        assert drawn[-1].count("<circle") == 40 and len(set(re.findall('<rect[^>]*fill="(.*?)"', drawn[-1]))) == 2


def says_what_is_to_do(said: str, id: str, todos: dict[str, Todo]) -> bool:
    """Whether a check says of an item of the stubs what is still to do, and where."""
    assert re.search(rf"^\S {id}  0/{ITEMS[id].points}  ", said), id
    if ITEMS[id].suite:
        return "no test of your own yet: write some in tests/test_engine.py" in said
    named = re.search(r"^    TODO ([a-z0-9-]+), at (\S+):(\d+)\n        (.+)", said, re.M)
    assert named is not None, id
    todo = todos[named[1]]
    assert (named[2], int(named[3])) == (todo.file, todo.line) and named[4] == todo.asks.split("\n")[0]
    return todo.id in (id, *ITEMS[id].needs)


@nightly
@by_assignment
def test_with_the_stubs_each_cell_says_what_is_still_to_do(assignment: str, tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    todos = find_todos(kit, ITEMS)
    book = run(read(assignment), kit)
    assert troubles(book) == []
    assert set(grades(book).values()) == {0}
    for cell in book.cells:
        if cell.id in ITEMS:
            assert says_what_is_to_do(shown(cell), cell.id, todos)
        elif "raises-exception" in cell.metadata.get("tags", []) and "(" in cell.source.replace("def ", ""):
            assert shown(cell).startswith("TODO ") or cell.id == "compare", cell.id


@nightly
@needs_dot
def test_a_wrong_package_is_told_the_same_as_by_the_command(tmp_path: Path, practice: Exam) -> None:
    kit = with_package(tmp_path / "kit", SAMPLES / "emil" / "micrograd", practice)
    with open_kit(kit).grader() as grader:
        report = grader.grade("emil", kit, [item.id for item in ITEMS.values() if item.assignment == "backprop"])
    cells = {cell.id: cell for cell in run(read("backprop"), kit).cells}
    assert {item.status for item in report.items} == {"passed", "failed", "blocked"}
    for item in report.items:
        cell = cells[item.id]
        assert determine_grade(cell)[0] == item.earned
        for line in item.message.split("\n"):
            assert line.strip() in shown(cell)
        if item.status == "failed":
            assert item.reproduce and item.reproduce.splitlines()[0] in shown(cell)
            assert "<svg" in shown(cell, "text/html") and f'hint("{item.id}")' in shown(cell)
    assert "overwrites the gradient" in shown(cells["backprop-mul"])
    assert not [output for id in cells if id in ITEMS for output in cells[id].outputs if output.output_type == "error"]


EDITING = {
    "start": "from autograder.notebook import check, start\nstart()",
    "before": "from micrograd import nn\nfrom micrograd.engine import Value\nbefore, a = id(Value), Value(3.0)\na * a",
    "edit": """
from pathlib import Path
path = Path("micrograd/engine.py")
stub = path.read_text()
mended = "out = Value(self.data * other.data, (self, other), '*')"
noise = "\\nimport sys\\nsys.stderr.write('read again')\\n"
_ = path.write_text(stub.replace('raise NotImplementedError("engine-mul")', mended) + noise)
""",
    "after": "print(id(Value) != before, nn.Value is Value, type(a) is Value, (a * a).data)",
    "check": 'check("engine-mul")',
    "break": "_ = path.write_text(stub + '\\nclass')",
    "broken": "print((a * a).data)\nfrom micrograd.engine import Value",
    "mend": "_ = path.write_text(stub)",
    "mended": "print(nn.Value is Value, type(a) is Value)\na * a",
    "other": "raise NotImplementedError('of somebody else')",
    "light": "import sys\nprint(sorted({'torch', 'hypothesis', 'pytest', 'nbgrader'} & set(sys.modules)))",
    "unknown": 'check("engine-mull")',
    "gone": "import shutil\nshutil.rmtree('micrograd')\ncheck('engine-mul')",
}


def test_an_edit_counts_at_once_and_for_what_was_made_before(tmp_path: Path, practice: Exam) -> None:
    kit = make_kit(tmp_path / "kit", practice)
    tags = {"tags": ["raises-exception"]}
    book = new_notebook(cells=[new_code_cell(source, id=id, metadata=tags) for id, source in EDITING.items()])
    cells = {cell.id: cell for cell in run(book, kit).cells}
    errors = {
        id: output.traceback for id, cell in cells.items() for output in cell.outputs if output.output_type == "error"
    }
    assert set(errors) == {"broken", "other", "unknown", "gone"}
    assert not [id for id, cell in cells.items() for output in cell.outputs if output.get("name") == "stderr"]
    assert shown(cells["before"]).startswith("TODO engine-mul, at micrograd/engine.py:")
    assert shown(cells["after"]).strip() == "True True True 9.0"
    assert (
        shown(cells["check"]).startswith("✓ engine-mul  2/2") and cells["check"].outputs[-1].data["text/plain"] == "2"
    )
    assert shown(cells["broken"]).strip() == "9.0" and "SyntaxError" in "\n".join(errors["broken"])
    assert shown(cells["mended"]).startswith("True True\n") and "TODO engine-mul" in shown(cells["mended"])
    assert len(errors["other"]) > 1
    assert shown(cells["light"]).strip() == "[]"
    assert errors["unknown"] == ["gradschool: there is no item 'engine-mull'; did you mean 'engine-mul'?"]
    assert re.fullmatch(
        r"gradschool: there is no micrograd/ beside this notebook, in \S+: copy yours there", errors["gone"][0]
    )


@nightly
def test_without_graphviz_the_graph_is_text(tmp_path: Path, practice: Exam) -> None:
    kit = with_package(tmp_path / "kit", SAMPLES / "emil" / "micrograd", practice)
    sources = {"start": "import os\nos.environ['PATH'] = ''\n" + EDITING["start"], "wrong": 'check("backprop-mul")'}
    book = new_notebook(cells=[new_code_cell(source, id=id) for id, source in sources.items()])
    start, wrong = run(book, kit).cells
    assert "graphviz is missing" in shown(start)
    page = shown(wrong, "text/html")
    assert "<svg" not in page and "└─ a" in page and "&lt;-- first wrong" in page


# --- check, without a notebook ------------------------------------------------------------------------------


@pytest.fixture
def kit(tmp_path: Path, practice: Exam, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A kit of stubs, in which one stands."""
    kit = make_kit(tmp_path / "kit", practice)
    monkeypatch.chdir(kit)
    yield kit
    notebook._close()


def test_with_the_stubs_each_check_says_what_is_still_to_do(kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As cells do, which is tried in kernels by night."""
    todos = find_todos(kit, ITEMS)
    for id in [id for id, item in ITEMS.items() if WHOLE or item.assignment in ("nn", "testing")]:
        assert notebook.check(id) == 0
        assert says_what_is_to_do(capsys.readouterr().out, id, todos)


def test_each_call_reads_the_files_again_and_keeps_the_worker(kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = kit / "micrograd" / "engine.py"
    stub = path.read_text()
    todo = 'raise NotImplementedError("engine-add")'
    assert notebook.check("engine-add") == 0
    worker = notebook._grader
    path.write_text(stub.replace(todo, "out = Value(self.data + other.data, (self, other), '+')"))
    assert notebook.check("engine-add") == 2
    path.write_text(stub.replace(todo, "out = Value(self.data - other.data, (self, other), '+')"))
    assert notebook.check("engine-add") == 0
    assert notebook._grader is worker
    said = capsys.readouterr()
    assert [line for line in said.out.split("\n") if re.match(r"\S engine-add", line)] == [
        "○ engine-add  0/2  Add", "✓ engine-add  2/2  Add", "✗ engine-add  0/2  Add",
    ]  # fmt: skip
    assert "engine-add no longer passes." in said.out and said.err == ""


def test_hints_come_one_by_one(kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook.hint("engine-mul")
    notebook.hint("engine-mul")
    said = capsys.readouterr().out
    assert said.count("Hint 1 of 2") == 2 and said.count("Hint 2 of 2") == 1
    assert 'For the next one: hint("engine-mul")' in said


def test_a_todo_without_its_comment_is_named_where_it_stands(kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = kit / "micrograd" / "engine.py"
    path.write_text(path.read_text().replace("# TODO engine-mul:", "#"))
    line = 1 + path.read_text().split("\n").index('        raise NotImplementedError("engine-mul")')
    notebook.check("engine-mul")
    assert f"TODO engine-mul: is still to be written, at micrograd/engine.py:{line}" in capsys.readouterr().out


def test_an_interrupted_check_leaves_no_answer_for_the_next(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook.check("engine-mul")
    with monkeypatch.context() as patch:
        patch.setattr("autograder.sandbox.process.Process.receive", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            notebook.check("engine-add")
    assert notebook._grader is None
    assert notebook.check("engine-mul") == 0


@pytest.mark.parametrize("call", [notebook.check, notebook.hint])
def test_bad_usage_is_one_sentence(call: Any, kit: Path) -> None:
    def sentence(id: object = "engine-mul") -> str:
        with pytest.raises(UserError) as caught:
            call(id)
        (line,) = caught.value._render_traceback_()
        assert "\n" not in line
        return line

    assert "did you mean 'engine-mul'?" in sentence("engine-mull")
    assert "there is no item '3'" in sentence(3)
    (kit / "practice-exam.json").write_text("{")
    assert "from the kit again" in sentence()
    shutil.rmtree(kit / "micrograd")
    assert "there is no micrograd/" in sentence()


def test_start_is_for_notebooks(kit: Path) -> None:
    with pytest.raises(UserError, match="gradschool check"):
        notebook.start()


def test_what_students_write_is_inert_in_a_page() -> None:
    evil = "<script>alert(1)</script>\x1b[2J"
    said = Explanation(evil)
    item = ItemResult("engine-mul", "engine", evil, 2, 0, "failed", explanation=said, reproduce=evil, hint=evil,
                      file=evil, line=1, stdout=evil)  # fmt: skip
    pages = [
        Verdict(item, Todo("engine-mul", evil, 1, evil, True), [evil])._repr_html_(),
        Verdict(ItemResult("engine-mul", "engine", evil, 2, 0, "blocked", explanation=said))._repr_html_(),
        Lines(evil, [evil])._repr_html_(),
    ]
    for page in pages:
        assert "<script" not in page and "\x1b" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert pages[0].count("&lt;script&gt;") == 9
